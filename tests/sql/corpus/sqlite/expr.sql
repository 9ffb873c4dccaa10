# SPDX-License-Identifier: MIT
# Expressions: operators, their levels, literals, casts.
SELECT id FROM users WHERE @{age@|id + 1@|-id@} @{=@|<>@|<@|<=@|>@|>=@} @{25@|team_id@}
@args 25 @ SELECT name FROM users WHERE age @{=@|<>@} ?
# ---- levels: any two operators side by side, with parentheses on either side
SELECT id, @{age@|3@} @{+@|-@|*@|/@|%@} @{2@|id@} @{+@|-@|*@|/@|%@} 5, (age @{+@|-@} 2) * 3 FROM users ORDER BY id
SELECT id, 100 @{-@|/@|%@|||@} (id @{-@|+@|*@|||@} 2) FROM users ORDER BY id
SELECT id, id @{&@|||@|<<@|>>@} 3 @{&@|<<@|+@|*@|=@} 2, (id @{&@|<<@} 3) + 1 FROM users ORDER BY id
SELECT id, id @{=@|<>@|<@|IS@} 2 @{=@|>@|IS NOT@} @{1@|0@}, id @{=@|<@} (2 @{=@|>@} 1) FROM users ORDER BY id
SELECT id, @{NOT @|@}id @{= 2@|> 3@|IS NULL@|IN (1, 2)@|BETWEEN 2 AND 4@|LIKE '2'@} @{AND@|OR@} @{NOT @|@}age @{> 30@|IS NULL@} FROM users ORDER BY id
SELECT id, NOT (@{id = 2@|id > 2 AND age > 30@|id = 1 OR age IS NULL@|age@|NOT id = 1@}) FROM users ORDER BY id
SELECT id, (NOT id) @{= 0@|+ 1@|IS NULL@}, NOT id @{= 0@|+ 1@|IS NULL@}, NOT NOT id FROM users ORDER BY id
SELECT id, (@{id = 1 OR id = 2@|age > 30@|NOT active@}) AND (@{active OR age > 50@|age < 40 AND score > 0@}) FROM users ORDER BY id
SELECT id, @{-@|+@|~@|- -@|-+@|~-@|-~@}@{age@|id@|(id + 1)@|(-id)@|score@} FROM users ORDER BY id
SELECT id, @{-id * 2@|-(id * 2)@|- id || 'x'@|-(id || '1')@|~id & 1@|~(id & 1)@|- id - - id@|2 - -id@} FROM users ORDER BY id
SELECT id, @{name || note@|name || ' ' || id@|name || (id + 1)@|(name || id) + 1@|name || id + 1@|'a' || 1 || 2 * 3@|('1' || 2) * 3@} FROM users ORDER BY id
SELECT 1 @{OR@|AND@} 0 @{OR@|AND@} @{1@|NULL@}, (1 @{OR@|AND@} 0) @{OR@|AND@} @{1@|NULL@}, 1 @{OR@|AND@} (0 @{OR@|AND@} NULL)
SELECT 2 @{<@|>@|=@} 3 @{=@|<>@} 1, 2 @{<@|>@|=@} (3 @{=@|<>@} 1), 5 @{>@|<@} 4 @{>@|<=@} 3
SELECT 1 @{+@|-@|*@} NULL, NULL @{=@|<>@|AND@|OR@|||@|IS@} 1, NULL IS NULL, NULL = NULL
SELECT @{7/2@|7.0/2@|-7/2@|7%4@|-7%4@|7/0@|7%0@|7.5%2@|1e300*1e300@|9223372036854775807+1@|-9223372036854775807-2@|2147483647*2@|1/3.0@|5/-2@}
SELECT 1 << @{0@|1@|62@|63@|64@|-1@}, 256 >> @{4@|8@|70@}, 6 & @{3@|-1@}, 6 | @{3@|8@}, ~@{0@|-1@|5@}
SELECT age @{= 25 COLLATE nocase@|IS 25 COLLATE binary@} FROM users ORDER BY id
SELECT id FROM users WHERE name @{= 'ANN' COLLATE nocase@|COLLATE nocase = 'ANN'@|COLLATE nocase IN ('ANN', 'x')@|IN ('ANN' COLLATE nocase)@|LIKE 'ANN'@|COLLATE nocase BETWEEN 'A' AND 'B'@|= 'ann ' COLLATE rtrim@|< 'B' COLLATE nocase@} ORDER BY id
SELECT min(name COLLATE nocase), max(name), @{name < 'B' COLLATE nocase@|'a' || 'B' COLLATE nocase = 'AB'@|'a' COLLATE nocase = 'A'@|('a' = 'A') COLLATE nocase@} FROM users WHERE id = 1
# ---- literals
SELECT @{0@|1@|-1@|007@|9223372036854775807@|-9223372036854775808@|9223372036854775808@|123456789012345678901234567890@|0x10@|0xFF@|0x7fffffffffffffff@|0xffffffffffffffff@}@{@| + 0@| AS n@}
SELECT @{1.0@|1.5@|.5@|5.@|1e3@|1E3@|1e-3@|1.5e+3@|1e308@|1e999@|-1e999@|0.1@|0.30000000000000004@|123456789.123456789@|2.2250738585072014e-308@|5e-324@}@{@| * 1@| AS f@}
SELECT @{''@|'a'@|'it''s'@|'"'@|'back\slash'@|'%_'@|'ünï'@|'日本'@|'--'@|'/* */'@|';'@|'?'@|'$1'@} AS t
SELECT 'new', @{''@|'a'@|'it''s'@|''''''@|'"'@|'back\slash'@|'\'@|'ünï日本'@|'--'@|'/* */'@|';'@|'?'@|'$1'@|':x'@|'@x'@|'a'';b'@|' '@|'	'@} AS t
SELECT x''@{@|, X'00'@|, x'DEADbeef'@|, length(x'0102')@|, x'61' = 'a'@|, hex(x'ff')@|, typeof(x'')@|, x'6162' || 'c'@}
SELECT TRUE@{@|, FALSE@|, true + 1@|, NOT TRUE@|, TRUE AND NULL@|, (1 = 1) = TRUE@|, 5 IS TRUE@|, 0 IS NOT TRUE@|, NULL IS FALSE@|, 'a' IS TRUE@}
SELECT id, age IS @{@|NOT @}@{TRUE@|FALSE@|NULL@|25@|team_id@|'x'@|(age > 1)@} FROM users ORDER BY id
SELECT CURRENT_TIMESTAMP @{IS NOT NULL@|> '2020'@}, length(current_date), typeof(CURRENT_TIME)
# ---- comments
SELECT 1 @{/* c */@|/* '"-- */@|/**/@|/* /* */@}+ 1 -- @{end@|it's@|"@|/*@}
# ---- cast
SELECT CAST(@{'12'@|'1.9'@|'abc'@|' 7 '@|1.9@|-1.9@|x'3132'@|NULL@|'1e2'@|''@} AS @{INTEGER@|TEXT@|REAL@|NUMERIC@|BLOB@|INT@|VARCHAR(10)@|DECIMAL(10, 2)@|DOUBLE PRECISION@})
SELECT id, CAST(age AS @{TEXT@|REAL@|INTEGER@}) || '', CAST(name AS INTEGER) FROM users ORDER BY CAST(id AS @{TEXT@|REAL@}) DESC
SELECT typeof(CAST(@{num@|f8@|i8@|i2@} AS @{TEXT@|INTEGER@|REAL@|NUMERIC@})) FROM nums ORDER BY id
# ---- case
SELECT CASE WHEN age > 30 THEN 'old' @{@|WHEN age IS NULL THEN 'none' @|WHEN id = 2 THEN NULL @}@{@|ELSE 'young' @|ELSE name @}END@{@| AS c@| || '!'@} FROM users ORDER BY id
SELECT CASE @{team_id@|name@|age + 1@|NULL@|(team_id)@} WHEN 1 THEN 'one' WHEN @{2@|26@|'ann'@|NULL@} THEN 'two' @{@|ELSE 'more' @}END FROM users ORDER BY id
SELECT CASE WHEN CASE team_id WHEN 1 THEN 1 ELSE 0 END THEN @{'a'@|CASE WHEN age > 30 THEN 'b' ELSE 'c' END@} ELSE CASE id WHEN 3 THEN 'three' END END FROM users ORDER BY id
SELECT id FROM users WHERE CASE @{@|active @}WHEN @{1@|age > 30@|age IS NULL@} THEN id > 2 ELSE id < 2 END ORDER BY CASE WHEN id = 4 THEN 0 ELSE id END
SELECT 1 + CASE WHEN 1 THEN 2 END * 3, -CASE WHEN @{0@|1@} THEN 1 ELSE 2 END, CASE 1 WHEN 1.0 THEN 'eq' END, CASE '1' WHEN 1 THEN 'eq' ELSE 'ne' END
# ---- in, between, like as values
SELECT id, id @{@|NOT @}IN (1, @{age@|team_id@|NULL@|id + 0@}) AS i, id @{@|NOT @}BETWEEN team_id AND age AS b, name @{@|NOT @}LIKE '%n' AS l FROM users ORDER BY id
SELECT id, (id IN (1, 2)) @{+ 1@|= 0@|IS NULL@|AND age@}, (id BETWEEN 2 AND 3) @{= 1@|+ 1@|OR 0@}, (name LIKE 'a%') + @{1@|id@} FROM users ORDER BY id
SELECT id BETWEEN 1 + 1 AND @{2 * 2@|(1 OR 1)@|3 & 7@|-1 + 5@}, id BETWEEN (id = 1) AND (age > 1), 1 BETWEEN 0 AND 2 @{= 1@|AND 0@|OR 0@|IN (1)@} FROM users ORDER BY id
SELECT id, name LIKE @{'a' || '%'@|name@|substr(name, 1, 1) || '%'@|NULL@|1@} @{@|ESCAPE '\' @|ESCAPE '!' @}, 'a_b' LIKE 'a\_b' ESCAPE '\' FROM users ORDER BY id
SELECT (id, age) @{=@|<@|IS@|IS NOT@} (team_id, 25), (1, 2) @{=@|>@|<=@} (@{1, 2@|1, 3@|0, NULL@}) FROM users ORDER BY id
SELECT id FROM users WHERE (id, name) IN ((1, 'ann'), (@{2, 'Bob'@|3, 'x'@|NULL, NULL@})) ORDER BY id
# ---- json operators
SELECT id, body @{->@|->>@} @{'$.a'@|'$.n'@|'a'@|0@|'$[0]'@|'$.tags[1]'@|'$.none'@} FROM docs ORDER BY id
SELECT id, body -> 'a' @{->@|->>@} 'b', (raw ->> 'a') + 1, raw @{->@|->>@} 'b' -> 1 FROM docs ORDER BY id
SELECT id FROM docs WHERE @{body ->> 'a' IS NULL@|raw -> '$.a' = '1'@|raw ->> 'a' = 1@|body ->> '$.n' > 1 AND id < 3@} ORDER BY id
# ---- types of cells
SELECT typeof(@{i2@|i8@|num@|f4@|f8@|i4 + i8@|num * 2@|f8 / 2@|i2 || ''@|i4 = 1@|-num@|~i2@|i8 / 3@}), @{num@|f8@|i8@|i2@} FROM nums ORDER BY id
SELECT a@{ || b@| || c || d@| = b@| < b@| IS b@| || 1@| COLLATE nocase = b@}, @{length(a)@|upper(a)@|substr(a, 2, 3)@|quote(a)@|hex(d)@|a@} FROM texts ORDER BY id
SELECT sum(@{i2@|i4@|num@|f8@|i2 * 1.0@|i4 > 0@}), @{avg(i4)@|total(num)@|max(i8)@|min(f8)@|count(num)@} FROM nums@{@| WHERE id <> 4@}
# ---- parameters in expressions
@args @{1@|2.5@|'x'@|null@} @ SELECT @{?@|? || 'a'@|coalesce(?, 'none')@|? IS NULL@|typeof(?)@|CASE WHEN ? THEN 1 ELSE 0 END@|-?@} AS v
@args 'x' @ SELECT CAST(? AS TEXT)@{@| || 'a'@| AS v@}
@args 7 @ SELECT CAST(? AS @{INTEGER@|REAL@|NUMERIC@}) AS v, 1
@args 1, 2, 3 @ SELECT @{? + ? * ?@|(? + ?) * ?@|$3 - $2 - $1 AS a@|$1 + $1 + $3 - $2 AS b@|? BETWEEN ? AND ?@|? IN (?, ?)@|max(?, ?, ?)@}
@args 'a%', 2 @ SELECT id FROM users WHERE name @{LIKE ?@|NOT LIKE ?@|GLOB ?@|= ?@|>= ?@} AND @{id > ?@|id <> ?@|team_id IS ?@} ORDER BY id
# ---- refused
!refused: SELECT @{1 +@|* 2@|1 2 3@|()@|1 IN 1@|CASE END@|CASE WHEN 1 END@|CAST(1)@|CAST(1 AS)@|a b c@|1 BETWEEN 2@|x'0'@|x'zz'@|0x@|1e@|'@|1 LIKE@}
!refused: SELECT @{:name@|@x@|#1@|$x@|1 MATCH 2@|RAISE(ABORT, 'x')@|name REGEXP 'a'@|id !< 3@|id <=> 3@|id ^ 2@} FROM users
