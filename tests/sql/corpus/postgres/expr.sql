# SPDX-License-Identifier: MIT
# Expressions: operators and their levels, literals, casts.

# ---- literals ----
SELECT @{0@|1@|-1@|007@|2147483647@|2147483648@|9223372036854775807@|-9223372036854775808@|9223372036854775808@|123456789012345678901234567890@|0.1@|.5@|5.@|1e3@|1E-3@|1.5e+10@|00.10@|-.5@|- 5@|+5@|1e400@}
SELECT @{''@|'a'@|'it''s'@|'"'@|'%'@|'a\b'@|'ünïcödé 日本'@|E'a\nb'@|E'\''@|E'\\'@|E'\x41\101\u00e9'@|$$dollar$$@|$$it's$$@|$tag$a $$ b$tag$@|$$$$@|E''@}
SELECT @{TRUE@|FALSE@|true@|False@|NULL@|null@}
SELECT @{'2024-01-05'::date@|'10:00'::time@|'2024-01-05 10:00'::timestamp@|'2024-01-05 10:00+02'::timestamptz@|'1 day'::interval@|'{"a": 1}'::jsonb@|'[1]'::json@|'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid@|'\x00ff'::bytea@|'1.50'::numeric@|'t'::bool@|'5'::int@|'abc'::text@|'abc'::varchar(2)@|'abc'::char(5)@|'12:00+01'::timetz@}
# ---- comparison ----
SELECT id FROM users WHERE @{age@|id + 1@|-id@|team_id@|(age)@} @{=@|<>@|!=@|<@|<=@|>@|>=@} @{25@|team_id@|id * 10@|(SELECT 3)@}
SELECT @{1 = 1@|1 < 2@|'a' < 'b'@|NULL = NULL@|1 <> 2@|(1 = 1) = true@|(1 < 2) = (2 < 3)@|1 = 1 AND 2 = 2@|'a' = 'a' OR false@|NOT 1 = 2@|1 + 1 = 2@}
SELECT id FROM texts WHERE @{a = b@|a <> b@|a < b@|a = 'plain'@|'plain' = a@|a || b = 'plainPlain'@|a IS NOT DISTINCT FROM b@|c = 'var'@|d = 'abc'@|d = 'abc  '@|a COLLATE "C" < b@|a < b COLLATE "C"@|(a COLLATE "C") = 'plain'@|lower(b) = a@|upper(a) = upper(b)@}
SELECT id FROM nums WHERE @{i2 = i4@|i4 < i8@|num = 1.5@|f8 > 1@|f4 = 1.25@|f8 = f4 * 2@|i8 = 10000000000@|num > i4@|f8 > num@|i2 + i4 > i8@|-i4 > 0@|i4 = -20@|i8 < -5@|num = -0.000001@|f8 = 1e100@|i4 / 2 = 5@|i4 % 3 = 1@}
SELECT id FROM events WHERE @{d = '2024-01-05'@|d > '2024-01-01'::date@|at > '2024-02-01'@|at = '2024-01-05 10:00:00+00'@|t = '10:00'@|span > '1 day'@|d < at@|at BETWEEN '2024-01-01' AND '2024-12-31'@|d IN ('2024-01-05', '2024-03-01')@|t < '12:00' AND d IS NOT NULL@|at - '2024-01-01'::timestamptz > '1 day'@|d + 1 = '2024-01-06'@|d - 1 < '2024-01-05'@|at + span > '2024-06-01'@|d - '2024-01-01'::date = 4@}
SELECT id FROM users WHERE (@{id, age@|team_id, id@|age, -id@}) @{=@|<>@} (@{1, 31@|1, 1@|2, 3@})@{@| OR id = 5@}
SELECT id FROM users WHERE (id, age) @{<@|<=@|>@|>=@} (3, 30)
SELECT id FROM users WHERE (id, age, team_id) = (1, 31, 1) @{AND active@|OR (id, age) IN ((2, 25), (5, 25))@}
# ---- AND OR NOT ----
SELECT @{true AND false OR true@|true AND (false OR true)@|(true AND false) OR true@|NOT true AND false@|NOT (true AND false)@|NOT true = false@|NOT (NOT true)@|true OR false AND NULL@|(true OR false) AND NULL@|true AND true AND true AND false@|(true AND true) AND (true AND false)@|true AND (true AND (true AND false))@|false OR (false OR true)@|(false OR false) OR true@|NOT NULL@}
# ---- arithmetic ----
SELECT @{1 + 2 * 3@|(1 + 2) * 3@|1 - 2 - 3@|1 - (2 - 3)@|10 / 2 / 5@|10 / (4 / 2)@|10 % 4 % 3@|2 * 3 + 4 * 5@|2 * (3 + 4) * 5@|-(-5)@|- -5@|-(1 + 2)@|- 2 * 3@|-2 + 3@|+1 - +2@|7 / 2@|-7 / 2@|7 % -3@|7.0 / 2@|1 + 2 - 3 + 4@|1 * 2 / 3 * 4@|100 - 10 % 3 * 2@|((1))@|(((1 + 1)))@|5 - -5@|5 - (-5)@|5 + -5@|5 * -1@}
SELECT i4 @{+@|-@|*@} @{1@|i2@|num@|f8@|-1@|(i2 + 1)@|i8 % 10@|abs(i4)@} AS r FROM nums WHERE id IN (1, 5)
SELECT i4 @{/@|%@} @{3@|(i2 + 1)@|2@} AS r FROM nums WHERE id = 1
SELECT -@{i4@|num@|f8@|(i4 + i2)@|abs(i4)@|i4 * 2@} AS n FROM nums WHERE id < 4
SELECT @{num / 3@|num * num@|f8 * 2@|f4 + f8@|i8 - i4@|i4 + num@|num % 1@|i2 * i2@|f8 / 3@} AS r FROM nums WHERE id = 1
# ---- bits ----
SELECT @{1 & 3@|1 | 2@|1 << 3@|16 >> 2@|~0@|~5 & 7@|1 | 2 & 3@|(1 | 2) & 3@|1 << 2 + 1@|(1 << 2) + 1@|6 & 3 | 8@|~(1 + 2)@|1 + 2 << 3@|- 1 & 3@|1 << 2 << 1@|1 << (2 << 1)@|5 & 3 = 1@|2 | 1 > 2@}
SELECT i4 @{&@||@|<<@|>>@} @{1@|2@|3@} AS r FROM nums WHERE id IN (1, 5)
# ---- text ----
SELECT @{'a' || 'b'@|'a' || 'b' || 'c'@|'a' || ('b' || 'c')@|'a' || 1@|1 || 'a'@|'a' || 1 + 2@|('a' || 1)@|'a' || NULL@|'x' || 'y' = 'xy'@|'a' || 'b' < 'ac'@|'a' || 2 * 3@|'a' || -1@}
SELECT name || @{'!'@|' ' || email@|age@|(id + 1)@|id::text@|coalesce(note, '-')@|upper(name)@} AS r FROM users
# ---- IS ----
SELECT id, @{age IS NULL@|age IS NOT NULL@|age ISNULL@|age NOTNULL@|active IS TRUE@|active IS NOT TRUE@|active IS FALSE@|active IS NOT FALSE@|age IS DISTINCT FROM 25@|age IS NOT DISTINCT FROM 25@|age IS DISTINCT FROM NULL@|age IS NOT DISTINCT FROM team_id@|age + 1 IS NULL@|NOT age IS NULL@|(age IS NULL) = false@|(age > 20) IS TRUE@|age > 20 IS TRUE@|age IS NULL IS FALSE@|age = 25 IS NOT TRUE@|age IS NULL OR active@|(age IS NULL) IS NOT TRUE@} AS r FROM users
# ---- BETWEEN, IN, LIKE ----
SELECT id FROM users WHERE age @{BETWEEN@|NOT BETWEEN@} @{20 AND 30@|team_id AND 50@|10 + 10 AND 3 * 10@|(SELECT 20) AND (SELECT 40)@|-1 AND +60@|20 AND 30 AND id < 5@|20 AND 30 OR id = 6@}
SELECT @{1 BETWEEN 0 AND 2@|NOT 1 BETWEEN 0 AND 2@|1 BETWEEN 0 AND 2 AND 3 BETWEEN 1 AND 2@|(1 BETWEEN 0 AND 2) = true@|'b' BETWEEN 'a' AND 'c'@|1 + 1 BETWEEN 2 AND 2@|1 NOT BETWEEN 2 AND 3 OR false@}
SELECT id FROM users WHERE @{id@|age@|id + 1@|team_id@} @{IN@|NOT IN@} (@{1@|1, 2, 3@|25, 31@|NULL, 1@|1 + 1, 2 * 3@|team_id, 5@|(SELECT 1), 2@})
SELECT id FROM users WHERE name @{IN@|NOT IN@} (@{'ann'@|'ann', 'Bob'@|lower('EVE'), email@})
SELECT id FROM users WHERE @{(id, age) IN ((1, 31), (2, 25))@|(id, name) NOT IN ((1, 'ann'), (2, 'x'))@|(id) IN (1, 2)@|id IN (1) AND age IN (31)@|NOT id IN (1, 2)@|(id IN (1)) = true@}
SELECT id FROM users WHERE @{name@|email@|lower(name)@|name || 'x'@} @{LIKE@|NOT LIKE@} @{'a%'@|'%n'@|'_nn'@|'%'@|''@|'a' || '%'@|lower('A%')@}
SELECT id FROM users WHERE note @{LIKE@|NOT LIKE@} @{'100!%' ESCAPE '!'@|'a#_b' ESCAPE '#'@|'100\%'@|'a\_b'@|'%' ESCAPE ''@}
SELECT @{'abc' LIKE 'a%'@|NOT 'abc' LIKE 'a%'@|('abc' LIKE 'a%') = true@|'abc' LIKE 'a%' AND true@|'a' || 'bc' LIKE 'ab' || '%'@|'abc' NOT LIKE 'x' OR false@}
# ---- CASE ----
SELECT CASE WHEN @{age > 30@|active@|age IS NULL@|name LIKE 'a%'@|id IN (1, 2)@} THEN @{'yes'@|name@|NULL@} @{@|WHEN age > 20 THEN 'mid' @}@{ELSE 'no' @|@}END@{@| AS c@} FROM users
SELECT CASE @{age@|id@|team_id@|id % 3@} WHEN @{25@|1@|team_id@} THEN 'a' WHEN 31 THEN 'b' @{ELSE name @|@}END FROM users
SELECT @{CASE WHEN NULL THEN 1 ELSE 2 END@|CASE 1 WHEN 1 THEN 'one' END@|CASE WHEN true THEN CASE WHEN false THEN 1 ELSE 2 END END@|CASE 1 + 1 WHEN 2 THEN 3 END + 1@|CASE WHEN 1 = 1 AND 2 = 2 THEN 'x' ELSE 'y' END || 'z'@|CASE (SELECT 1) WHEN 1 THEN (SELECT 2) ELSE (SELECT 3) END@|CASE WHEN 1 IN (1, 2) THEN 1 END@|-CASE WHEN true THEN 1 END@}
SELECT name FROM users WHERE CASE WHEN @{age IS NULL THEN false ELSE age > 30 END@|active THEN age > 26 ELSE true END@|id = 1 THEN true END@}
SELECT sum(CASE WHEN @{active@|age > 26@|team_id = 1@} THEN 1 ELSE 0 END) AS n@{, count(CASE WHEN age > 30 THEN id END) AS m@|@} FROM users
# ---- casts ----
SELECT @{CAST(age AS text)@|age::text@|CAST(age AS bigint)@|age::smallint@|CAST(age AS numeric(10, 2))@|age::numeric@|age::float8@|CAST(age AS real)@|CAST(name AS varchar(2))@|name::char(3)@|CAST(id AS boolean)@|active::int@|active::text@|id::text || 'x'@|(id + 1)::text@|-id::int@|(-id)::text@|created::date@|CAST(created AS timestamptz)@|created::time@|score::int@|CAST(score AS numeric)@|score::double precision@|id::int8::text@|CAST(CAST(id AS text) AS int)@|name::character varying(10)@|CAST(created AS timestamp with time zone)@|score::decimal(5, 1)@|id::dec@} AS c FROM users WHERE id < 3
@args '5' @ SELECT @{?::text || 'x'@|length(?::text)@|upper(?)@|?::text LIKE '5%'@|? || 'x'@}
@args 5 @ SELECT @{?::int@|CAST(? AS int) + 1@|?::bigint * 2@|? + 1.5@|abs(?::int)@|?::int IN (5, 6)@|?::int BETWEEN 1 AND 9@}
@args 1 @ SELECT @{$1::int@|$1 + 1@|$1::int + $1@|-$1::int@|coalesce($1, 2)@|CASE WHEN $1 = 1 THEN 'one' END@|$1::int::text@}
SELECT @{1::int + 2::int@|'1'::int + 1@|-'1'::int@|'a'::text || 'b'@|(1 + 1)::text@|1 + 1::int@|'2024-01-01'::date + 1@|('1'::int)::text@|'1'::text::int@|NULL::int@|NULL::text IS NULL@|1.5::int@|'x'::text = 'x'@|2 * '3'::int::bigint@}
# ---- JSON ----
SELECT id, @{body -> 'a'@|body ->> 'a'@|body -> 'a' -> 'b'@|body -> 'a' ->> 'b'@|body -> 0@|raw -> 'b' -> 1@|raw ->> 'a'@|(body -> 'a') ->> 'b'@|body -> 'tags' ->> 0@|(body ->> 'n')::numeric@|body -> 'a' IS NULL@|body ->> 's' = 'text'@|body ->> 's' || 'x'@|(body ->> 's') || 'x'@|body ->> ('a' || '')@} AS j FROM docs
SELECT id FROM docs WHERE @{body ->> 's' = 'text'@|body -> 'a' IS NOT NULL@|(body ->> 'n')::numeric > 1@|raw ->> 'a' = '1'@|body -> 'a' ->> 'b' IN ('7', '8')@|jsonb_typeof(body) = 'object'@|body ->> 's' LIKE 't%'@|body -> 'a' = '{"b": 7}'@|body = '[1, 2, {"k": "v"}]'@}
# ---- dates ----
SELECT id, @{d + 1@|d - 1@|d - '2024-01-01'@|at + '1 day'@|at - at@|d + t@|span * 2@|span + '1 hour'@|at::date@|d::timestamp@|t + '1 hour'@|-span@|at > d@|extract(year FROM d)@|extract(epoch FROM at)@|extract(hour FROM t)@|date_trunc('day', at)@|span / 2@} AS r FROM events
SELECT @{current_date > '2000-01-01'@|now() > '2000-01-01'@|current_timestamp IS NOT NULL@|current_time IS NOT NULL@|CURRENT_DATE - 1 < CURRENT_DATE@} AS t
# ---- collations ----
SELECT name FROM users ORDER BY name COLLATE @{"C"@|"POSIX"@|"ucs_basic"@}@{@| DESC@}
SELECT a COLLATE "C" @{|| b@|AS x@|= b@|< b COLLATE "C"@|LIKE 'p%'@|IN ('plain', '')@|IS NULL@} FROM texts
# ---- still to come ----
SELECT @{date '2024-01-05'@|time '10:00'@|timestamp '2024-01-05 10:00'@|timestamp with time zone '2024-01-05 10:00+02'@|interval '1 day'@|interval '1' day@|interval '1-2' year to month@|jsonb '{}'@|int '5'@|numeric '1.5'@|bool 't'@}
SELECT @{ARRAY[1, 2]@|ARRAY['a', NULL]@|ARRAY[[1], [2]]::text@|(ARRAY[[1], [2]])[2][1]@|'{1,2}'::int[]@|ARRAY[]::int[]@|ARRAY(SELECT id FROM users ORDER BY id)@|(ARRAY[1, 2])[1]@|(ARRAY[1, 2, 3])[2:3]@}
SELECT id, @{ints || 4@|ints = '{1,2,3}'@|ints || '{7}'@|words = '{}'@|ints IS NULL@|ints || ints@} AS r FROM things
SELECT id, @{ints[1]@|ints[1:2]@|ints[:2]@|words[2]@|ints || ARRAY[4]@|ints @> ARRAY[1]@|ints && ARRAY[5]@|ints <@ ARRAY[1, 2, 3, 4]@|ints[id]@} AS r FROM things
SELECT id FROM things WHERE @{1 = ANY (ints)@|5 <> ALL (ints)@|id = ANY (ARRAY[1, 2])@|id = ANY ('{1,2}'::int[])@|'a' = ANY (words)@|id = ANY (SELECT id FROM users)@|id > ALL (SELECT 1)@|id = SOME (ARRAY[1])@}
SELECT id FROM docs WHERE @{body - 'a' IS NOT NULL@|body || '{"z": 1}' IS NOT NULL@|body || body = body@|body - 0 IS NOT NULL@}
SELECT id FROM docs WHERE @{body @> '{"n": 1.5}'@|body ? 'a'@|body ?| '{a,b}'@|body ?& '{a,b}'@|body #> '{a,b}' IS NOT NULL@|body #>> '{a,b}' = '7'@|body @@ '$.n > 1'@|body @? '$.a'@|body['a'] IS NOT NULL@|body <@ '{}'@|body #- '{a}' IS NOT NULL@}
SELECT id FROM users WHERE name @{ILIKE@|NOT ILIKE@} @{'a%'@|'%N' ESCAPE '!'@}
SELECT id FROM users WHERE name @{~@|!~@|~*@|!~*@} '^a'
SELECT id FROM users WHERE name @{SIMILAR TO@|NOT SIMILAR TO@} 'a(n)*'
SELECT id FROM users WHERE age BETWEEN SYMMETRIC 30 AND 20
SELECT @{ROW(1, 2)@|ROW(1)@|ROW()@} FROM users
!refused: SELECT @{(users).id@|users@} FROM users
SELECT @{2 ^ 3@|5 # 3@||/ 4@|@ -5@|at AT TIME ZONE 'UTC'@|at AT TIME ZONE 'UTC' + '1 day'@|1 OPERATOR(pg_catalog.+) 2@|(d, at) OVERLAPS (d, at)@} FROM events
SELECT id FROM texts WHERE a IS @{NORMALIZED@|NOT NORMALIZED@|NFC NORMALIZED@}
SELECT active IS @{UNKNOWN@|NOT UNKNOWN@} FROM users
!refused: SELECT @{xmlelement(name a)@|xmlparse(content 'a')@|json_object()@}
SELECT @{U&'\0041'@|U&'d!0061t' UESCAPE '!'@|U&'\\\+01F600'@} AS x
!refused: SELECT @{B'101'@|X'1F'@|N'a'@} AS x
SELECT id FROM users WHERE @{name @{~@|~*@|!~@|!~*@} @{'^[a-c]'@|'N$'@|'(?i)BOB'@}@|name @{~~@|!~~@|~~*@|!~~*@} @{'a%'@|'%O%'@}@|name ^@ @{'a'@|'x'@}@}
SELECT id FROM users WHERE name @{@|NOT @}@{LIKE@|ILIKE@} @{ANY@|ALL@|SOME@} (ARRAY[@{'a%', 'B%'@|'%x%'@}])
SELECT id FROM users WHERE age @{=@|<>@|<@|>=@} @{ANY@|ALL@} (@{ARRAY[25, 31]@|SELECT age FROM users WHERE age > 30@|'{25,47}'::int[]@})
@args 25 @ SELECT id FROM users WHERE age = ANY (ARRAY[?, 31]@{@|::int[]@})
SELECT id, @{body ? 'a'@|body ?| ARRAY['a', 's']@|body ?& ARRAY['a', 'n']@|body #> '{a,b}'@|body #>> '{a,b}'@|body #- '{a}'@|body @> '{"n": 1.5}'@|'{"n": 1.5}' <@ body@|body @? '$.tags[*]'@|body @@ '$.n > 1'@|body - 'a'@|body || '{"z": 1}'@|body -> 'tags' -> 0@|body -> 'tags' ->> 1@} AS r FROM docs ORDER BY id
@args 'a', 1 @ SELECT id FROM docs WHERE body ? $1 AND id >= $2
@args 1 @ SELECT id FROM docs WHERE body ? 'a' AND id = ?
SELECT @{2 ^ 3 ^ 2@|-2 ^ 2@|2 * 3 ^ 2@|(2 * 3) ^ 2@|2 ^ -1@|7 # 3@|7 # 3 & 1@|~5 & 7@|~(5 & 7)@|~ 1 + 2@| |/ 25 + 1@|(|/ 25) + 1@|abs(-5)@} AS r
SELECT @{1 OPERATOR(pg_catalog.+) 2 * 3@|2 * 3 OPERATOR(pg_catalog.-) 1@|2 OPERATOR(pg_catalog.*) 3 + 1@|1 OPERATOR(pg_catalog.=) 1@|'a' OPERATOR(pg_catalog.||) 'b'@} AS r
SELECT @{'abc'@|name@} @{IS NORMALIZED@|IS NFD NORMALIZED@|IS NOT NFKC NORMALIZED@} AS r FROM users WHERE id = 1
SELECT @{placed AT TIME ZONE 'UTC'@|placed AT TIME ZONE 'Europe/Berlin' AT TIME ZONE 'UTC'@|placed + INTERVAL '1' DAY@|placed - INTERVAL '1-2' YEAR TO MONTH@|day + 1@|day - DATE '2024-01-01'@|placed::date@|placed::time(0)@|placed::timestamp(3)@|extract(epoch FROM placed)@|extract('dow' FROM day)@|date_trunc('month', placed)@|(day, INTERVAL '1 day') OVERLAPS (DATE '2024-02-01', DATE '2024-03-01')@|age(placed, TIMESTAMP '2024-01-01')@|day BETWEEN SYMMETRIC DATE '2024-03-01' AND DATE '2024-01-01'@} AS r FROM orders ORDER BY id
SELECT @{ints[1]@|ints[2:]@|ints[:1]@|ints[1:2]@|(ints)[id]@|ints || 9@|9 || ints@|ints || ARRAY[1, 2]@|array_length(ints, 1)@|cardinality(ints)@|array_to_string(words, ',')@|ints = ARRAY[1, 2, 3]@|ints && ARRAY[5]@|ARRAY[id, 2]@|ARRAY[words[1], 'z']@|ARRAY(SELECT i.line FROM items i WHERE i.order_id = 10 ORDER BY 1)@} AS r FROM things ORDER BY id
SELECT @{'{1,2}'::int[]@|'{a}'::text[]@|'{1.5}'::numeric(5,2)[]@|ARRAY[1, 2]::bigint[]@|ARRAY[]::text[]@|CAST('{1}' AS int ARRAY)@} AS r
SELECT @{U&'d\0061t\+000061'@|U&'x' UESCAPE '!'@|E'a\tb\x41\101'@|$q$it's$q$@} AS r
