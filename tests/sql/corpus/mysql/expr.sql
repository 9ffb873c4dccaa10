# SPDX-License-Identifier: MIT
# Expressions: operators, their levels, literals, casts.
SELECT id FROM users WHERE @{age@|id + 1@|-id@} @{=@|<>@|<@|<=@|>@|>=@|!=@|<=>@} @{25@|team_id@}
@args 25 @ SELECT name FROM users WHERE age @{=@|<>@} ?
# ---- levels: any two operators side by side, with parentheses on either side
SELECT id, @{age@|3@} @{+@|-@|*@|/@|%@} @{2@|id@} @{+@|-@|*@|/@|%@} 5, (age @{+@|-@} 2) * 3 FROM users ORDER BY id
SELECT id, 100 @{-@|/@|%@} (id @{-@|+@|*@} 2) FROM users ORDER BY id
SELECT id, id ^ 3 @{&@|*@} 2, (id @{+@|&@} 3) ^ 1 FROM users ORDER BY id
SELECT id, id @{&@|||@|<<@|>>@} 3 @{&@|<<@|+@|*@|=@} 2, (id @{&@|<<@} 3) + 1 FROM users ORDER BY id
SELECT id, id @{=@|<>@|<@|<=>@} 2 @{=@|>@|<=>@} @{1@|0@}, id @{=@|<@} (2 @{=@|>@} 1) FROM users ORDER BY id
SELECT id, @{NOT @|@}id @{= 2@|> 3@|IS NULL@|IN (1, 2)@|BETWEEN 2 AND 4@|LIKE '2'@} @{AND@|OR@} @{NOT @|@}age @{> 30@|IS NULL@} FROM users ORDER BY id
SELECT id, @{NOT @|@}id = 2 @{XOR@|&&@} @{NOT @|!@}(age > 30) FROM users ORDER BY id
SELECT id, NOT (@{id = 2@|id > 2 AND age > 30@|id = 1 OR age IS NULL@|age@|NOT id = 1@}) FROM users ORDER BY id
SELECT id, !@{active@|(id = 1)@|!active@} FROM users ORDER BY id
SELECT id, (NOT id) @{= 0@|+ 1@|IS NULL@}, NOT id @{= 0@|+ 1@|IS NULL@}, NOT NOT id FROM users ORDER BY id
SELECT id, (@{id = 1 OR id = 2@|age > 30@|NOT active@}) AND (@{active OR age > 50@|age < 40 AND score > 0@}) FROM users ORDER BY id
SELECT id, @{-@|+@|~@|- -@|-+@|~~@}@{age@|id@|(id + 1)@|(-id)@} FROM users ORDER BY id
SELECT id, @{-id * 2@|-(id * 2)@|~id & 1@|~(id & 1)@|- id - - id@|2 - -id@|id--1@|5--id@|id - -1 * 2@} FROM users ORDER BY id
SELECT id, @{name || id@|name || ' ' || id@|'a' || 1 + 2@|('1' || 2) * 3@|name || NULL@|'a' || 'b' = 'ab'@|1 + 2 || 3@} FROM users ORDER BY id
SELECT 1 @{OR@|AND@} 0 @{OR@|AND@} @{1@|NULL@}, (1 @{OR@|AND@} 0) @{OR@|AND@} @{1@|NULL@}, 1 @{OR@|AND@} (0 @{OR@|AND@} NULL)
SELECT 2 @{<@|>@|=@} 3 @{=@|<>@} 1, 2 @{<@|>@|=@} (3 @{=@|<>@} 1), 5 @{>@|<@} 4 @{>@|<=@} 3
SELECT 1 @{+@|-@|*@} NULL, NULL @{=@|<>@|AND@|OR@|<=>@} 1, NULL IS NULL, NULL <=> NULL
SELECT @{7/2@|7.0/2@|-7/2@|7%4@|-7%4@|7.5%2@|1/3@|5/-2@|10/4*2@|1e300*10@|0.1+0.2@|1-0.9@}
SELECT @{7 MOD 4@|7 DIV 2@|-7 DIV 2@|7 DIV 2 * 3@|5 ^ 1@}
SELECT 1 << @{0@|1@|62@|63@}, 256 >> @{4@|8@|70@}, 6 & @{3@|1@}, 6 | @{3@|8@}, ~@{0@|5@}
SELECT id FROM users WHERE name @{= 'ANN' COLLATE utf8mb4_general_ci@|COLLATE utf8mb4_general_ci = 'ANN'@|LIKE 'ANN'@|COLLATE utf8mb4_general_ci LIKE 'ANN'@|COLLATE utf8mb4_unicode_ci BETWEEN 'A' AND 'B'@|< 'B' COLLATE utf8mb4_bin@} ORDER BY id
# ---- literals
SELECT @{0@|1@|-1@|007@|9223372036854775807@|-9223372036854775808@|9223372036854775808@|18446744073709551615@|123456789012345678901234567890@}@{@| + 0@| AS n@}
SELECT @{1.0@|1.5@|.5@|5.@|1e3@|1E3@|1e-3@|1.5e+3@|1e308@|0.1@|0.30000000000000004@|123456789.123456789@|0.000001@|5e-324@}@{@| * 1@| AS f@}
SELECT 'new', @{''@|'a'@|'it''s'@|''''''@|'"'@|'back\slash'@|'\'@|'ünï日本'@|'--'@|'/* */'@|';'@|'?'@|'$1'@|':x'@|'@x'@|'a'';b'@|' '@|'	'@|'%_'@|'#'@|'`'@|'\n'@} AS t
SELECT 'a' 'b'@{@| AS t@|, 'c' "d"@}
SELECT x''@{@|, X'00'@|, x'DEADbeef'@|, length(x'0102')@|, x'61' = 'a'@|, hex(x'ff')@}
!refused: SELECT @{0xff@|b'101'@|0x41 + 0@|0b11@}
SELECT TRUE@{@|, FALSE@|, true + 1@|, NOT TRUE@|, TRUE AND NULL@|, (1 = 1) = TRUE@|, 5 IS TRUE@|, 0 IS NOT TRUE@|, NULL IS FALSE@}
SELECT 5 IS @{@|NOT @}UNKNOWN
SELECT @{DATE '2024-01-31'@|TIME '10:11:12'@|TIMESTAMP '2024-01-31 10:11:12'@|DATE'2024-02-29' = '2024-02-29'@}@{@| AS d@}
!refused: SELECT {d '2024-01-31'}
SELECT id, age IS @{@|NOT @}@{TRUE@|FALSE@|NULL@} FROM users ORDER BY id
# ---- comments
SELECT 1 @{/* c */@|/* '"-- */@|/**/@|/* /* */@}+ 1 @{-- end@|-- it's@|# "@|#@|--	tab@}
SELECT @{5--1@|5 --1@|5- -1@|5-/* */-1@} AS six
# ---- cast
SELECT CAST(@{'12'@|1.9@|-1.9@|NULL@|12@} AS @{SIGNED@|CHAR@|DOUBLE@|DECIMAL(10,2)@|SIGNED INTEGER@|UNSIGNED@|CHAR(3)@|BINARY@|INTEGER@|FLOAT@})
SELECT CAST(@{'2024-01-31'@|'2024-01-31 10:11:12.5'@} AS @{DATE@|DATETIME@|DATETIME(3)@|TIME@|TIME(2)@|CHAR@})
SELECT id, concat(CAST(age AS CHAR), ''), CAST(id AS @{CHAR@|DOUBLE@|DECIMAL(5,1)@}) FROM users ORDER BY CAST(id AS @{CHAR@|DOUBLE@}) DESC
SELECT @{CONVERT('12', SIGNED)@|CONVERT(12, CHAR)@|CONVERT('a' USING utf8mb4)@|BINARY 'a'@|BINARY name@} FROM users WHERE id = 1
# ---- case
SELECT CASE WHEN age > 30 THEN 'old' @{@|WHEN age IS NULL THEN 'none' @|WHEN id = 2 THEN NULL @}@{@|ELSE 'young' @|ELSE name @}END@{@| AS c@} FROM users ORDER BY id
SELECT CASE @{team_id@|age + 1@|NULL@|(team_id)@} WHEN 1 THEN 'one' WHEN @{2@|26@|NULL@} THEN 'two' @{@|ELSE 'more' @}END FROM users ORDER BY id
SELECT CASE WHEN CASE team_id WHEN 1 THEN 1 ELSE 0 END THEN @{'a'@|CASE WHEN age > 30 THEN 'b' ELSE 'c' END@} ELSE CASE id WHEN 3 THEN 'three' END END FROM users ORDER BY id
SELECT id FROM users WHERE CASE @{@|active @}WHEN @{1@|age > 30@|age IS NULL@} THEN id > 2 ELSE id < 2 END ORDER BY CASE WHEN id = 4 THEN 0 ELSE id END
SELECT 1 + CASE WHEN 1 THEN 2 END * 3, -CASE WHEN @{0@|1@} THEN 1 ELSE 2 END, CASE 1 WHEN 1.0 THEN 'eq' END, CASE '1' WHEN 1 THEN 'eq' ELSE 'ne' END
# ---- in, between, like as values
SELECT id, id @{@|NOT @}IN (1, @{age@|team_id@|NULL@|id + 0@}) AS i, id @{@|NOT @}BETWEEN team_id AND age AS b, name @{@|NOT @}LIKE '%n' AS l FROM users ORDER BY id
SELECT id, (id IN (1, 2)) @{+ 1@|= 0@|IS NULL@|AND age@}, (id BETWEEN 2 AND 3) @{= 1@|+ 1@|OR 0@}, (name LIKE 'a%') + @{1@|id@} FROM users ORDER BY id
SELECT id BETWEEN 1 + 1 AND @{2 * 2@|(1 OR 1)@|3 & 7@|-1 + 5@}, id BETWEEN (id = 1) AND (age > 1), 1 BETWEEN 0 AND 2 @{= 1@|AND 0@|OR 0@|IN (1)@} FROM users ORDER BY id
SELECT id, name LIKE @{concat('a', '%')@|name@|concat(substr(name, 1, 1), '%')@|NULL@} @{@|ESCAPE '!' @}, 'a_b' LIKE 'a!_b' ESCAPE '!' FROM users ORDER BY id
SELECT (id, age) @{=@|<@|<=>@} (team_id, 25), (1, 2) @{=@|>@|<=@} (@{1, 2@|1, 3@|0, NULL@}) FROM users ORDER BY id
SELECT id FROM users WHERE (id, name) IN ((1, 'ann'), (@{2, 'Bob'@|3, 'x'@|NULL, NULL@})) ORDER BY id
SELECT id = 2 IN (@{1@|0@|2@}), 0 = 2 IN (1), (0 = 2) IN (0), 1 IN (1) = @{1@|0@}, 1 LIKE '1' = 1, id BETWEEN 1 AND 3 LIKE @{'1'@|'0'@}, 1 = 1 BETWEEN 0 AND 2 FROM users ORDER BY id
SELECT NOT 1 BETWEEN 0 AND 2, NOT id IN (1), id BETWEEN 0 AND 5 BETWEEN 0 AND @{1@|9@}, id BETWEEN 0 AND id IS NULL FROM users ORDER BY id
# ---- types of cells
SELECT @{i2@|i8@|num@|f4@|f8@|i4 + 1@|num * 2@|f8 / 2@|i4 = 1@|-num@|i2 + num@|i4 * 1.5@|i4 / 3@|num / 3@|f4 + f8@|-i2@}, @{num@|f8@|i8@|i2@} FROM nums WHERE id <> @{4@|9@} ORDER BY id
SELECT concat(a@{, b@|, 1@|@}), @{length(a)@|upper(a)@|substr(a, 2, 3)@|char_length(a)@|hex(d)@|a = b@|a < b@|a <=> b@|reverse(a)@|concat(c, d)@} FROM texts ORDER BY id
SELECT sum(@{i2@|num@|f8@|i2 * 1.0@|i4 > 0@}), @{avg(i4)@|max(i8)@|min(f8)@|count(num)@|avg(num)@|sum(num)@} FROM nums@{@| WHERE id <> 4@}
SELECT @{d@|t@|at@|span@|d = '2024-01-05'@|d > '2024-01-31'@|at < '2025-01-01'@|t > '12:00'@|max(d)@|min(at)@} FROM events@{@| WHERE d IS NOT NULL@} ORDER BY 1
# ---- parameters in expressions
@args @{1@|2.5@|'x'@|null@} @ SELECT @{? IS NULL@|concat(?, 'a')@|coalesce(?, 'none')@} AS v
@args 1, 2, 3 @ SELECT @{? BETWEEN ? AND ?@|? IN (?, ?)@|greatest(?, ?, ?) > 0@} AS v
@args 'a%', 2 @ SELECT id FROM users WHERE name @{LIKE ?@|NOT LIKE ?@|= ?@|>= ?@} AND @{id > ?@|id <> ?@|team_id <=> ?@} ORDER BY id
# ---- refused
!refused: SELECT @{1 +@|* 2@|1 2 3@|()@|1 IN 1@|CASE END@|CASE WHEN 1 END@|CAST(1)@|CAST(1 AS)@|CAST(1 AS nosuch)@|a b c@|1 BETWEEN 2@|x'0'@|x'zz'@|0x@|1e@|'@|1 LIKE@|1 IS 2@|1 ISNULL@|1 == 1@|1 IN ()@}
!refused: SELECT @{:name@|@x@|id !< 3@|name GLOB 'a'@|MATCH (name) AGAINST ('x')@|$x@|_latin1'a'@|N'a'@|\N@} FROM users
SELECT id FROM users WHERE name SOUNDS LIKE @{'ann'@|note@}
SELECT id, @{age DIV 10@|age MOD 10@|-age DIV 10@|age DIV 10 MOD 2@|age ^ 3@|age ^ 3 * 2@|age ^ 3 & 7@|(age & 7) ^ 1@|!age@|!age + 1@|!(age > 30)@|age > 30 XOR id > 2@|age > 30 XOR id > 2 OR id = 1@|(age > 30 XOR id > 2) AND id = 1@|age > 30 && id > 2@|age > 30 && id > 2 || 'x'@|active IS UNKNOWN@|(age > 30) IS NOT UNKNOWN@} AS r FROM users ORDER BY id
SELECT id FROM users WHERE name @{@|NOT @}@{REGEXP@|RLIKE@} @{'^[a-c]'@|'B'@|'x|y'@}
SELECT id FROM users WHERE age @{=@|<>@|<@|>=@} @{ANY@|ALL@|SOME@} (SELECT @{age FROM users WHERE age > 30@|30@})
SELECT id, @{placed + INTERVAL 1 DAY@|placed - INTERVAL 2 MONTH@|placed + INTERVAL '1:30' HOUR_MINUTE@|placed + INTERVAL 1 DAY - INTERVAL 1 HOUR@|date_add(day, INTERVAL id DAY)@|date_sub(day, INTERVAL 1 + 1 YEAR)@|adddate(day, 3)@|adddate(day, INTERVAL 3 WEEK)@|timestampdiff(HOUR, '2024-01-01', placed)@|timestampadd(MINUTE, 5, placed)@|extract(year_month FROM placed)@|extract(day FROM day)@|datediff(placed, '2024-01-01')@|last_day(day)@|DATE '2024-01-01' < day@|TIMESTAMP '2024-02-01 00:00:00' < placed@} AS r FROM orders ORDER BY id
SELECT @{trim(BOTH 'a' FROM name)@|trim(LEADING FROM name)@|trim('n' FROM name)@|substring(name FROM 2)@|substring(name FROM 2 FOR 1)@|position('n' IN name)@|convert(age, CHAR)@|convert(name USING utf8mb4)@|convert('12', SIGNED)@|BINARY name@|BINARY name = 'ann'@|_utf8mb4'x'@|'a' 'b'@|soundex(name)@|field(name, 'ann', 'Bob')@|elt(1, name)@|insert(name, 1, 1, 'X')@|json_object('a', id)@|json_array(id, name)@|isnull(email)@|bit_count(age)@|crc32(name)@|to_base64(name)@|conv(id, 10, 2)@|format(1234.5, 1)@|quote(name)@|regexp_replace(name, 'n', 'N')@|regexp_substr(name, '[a-z]+')@|sha1(name)@|utc_timestamp() IS NULL@|utc_date IS NULL@|localtime IS NULL@|localtimestamp(3) IS NULL@} AS r FROM users ORDER BY id
SELECT @{group_concat(name ORDER BY id)@|group_concat(DISTINCT team_id ORDER BY team_id DESC SEPARATOR '; ')@|group_concat(name, '=', id ORDER BY age, id)@|json_arrayagg(id)@|round(stddev(age), 3)@|std(score)@|var_samp(age)@} AS r FROM users@{@| WHERE id < 5@}
!refused: SELECT @{@x@|@@version@|@x := 1@|0x41@|0b11@|b'1'@|N'a'@|_latin1'a'@|default(name)@|NEXT VALUE FOR s@|MATCH (name) AGAINST ('a')@|1 MEMBER OF ('[1]')@|INTERVAL 1 DAY + placed@|name -> '$.a'@|repeat('x', 3)@|other.f(1)@} FROM users
