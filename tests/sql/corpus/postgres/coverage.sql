# SPDX-License-Identifier: MIT
# Constructs that the other files have seldom: at least a dozen of each.

# ---- lexical ----
SELECT @{id@|name@|id, name@} @{-- to the end@/@|/* inside */@|/* in /* side */ it */@|/* a -- b */@} FROM users
SELECT @{id@|name@} FROM users -- @{the@|/* 'end@|"of it@|last@}
SELECT @{1@|'a'@|id@|id + 1@} FROM users /* outer /* @{inner@|-- inner@|'x@} */ end */@{@| WHERE id > 1@}
SELECT id AS @{U&"\0061b"@|U&"d\0061t\+000061"@|U&"x!0061" UESCAPE '!'@|U&"a""b"@} FROM users WHERE @{id < 3@|true@|U&"id" = 1@}
SELECT @{U&'\0041b'@|U&'d\0061t\+000061'@|U&'x!0061' UESCAPE '!'@|U&'it''s'@} @{AS x@|AS u FROM users@|x@}
SELECT @{E'a\tb'@|E'\'x'@|E'\\'@|E'\u00e9'@|E'a''b'@} @{AS x@|AS e FROM users@|x@}
SELECT @{$$a$$@|$$it's \n$$@|$t$a $$ b$t$@|$é$x$é$@|$$$$@} @{AS x@|AS d FROM users@|x@}
SELECT @{count(*)@|max(id)@|min(name)@} FROM users WHERE name <> @{$$x$$@|E'x\n'@|U&'\0078'@|'x'@}
# ---- operators ----
SELECT 1 @{OPERATOR(pg_catalog.+)@|OPERATOR(pg_catalog.-)@|OPERATOR(pg_catalog.*)@|OPERATOR(pg_catalog.<)@} @{2@|id@|(id + 1)@} AS r FROM users
SELECT id FROM users WHERE id OPERATOR(pg_catalog.@{>=@|<>@|>@}) @{1@|0@} AND name OPERATOR(pg_catalog.@{<>@|<@}) 'zz'
SELECT @{2 ^ 3@|id ^ 2@|2 ^ id@|2 ^ 3 ^ 2@|2 ^ (1 ^ 2)@|-2 ^ 2@|(-2) ^ 2@|2 * 3 ^ 2@|id ^ 2 + 1@|2.5 ^ 2@} AS r FROM users WHERE id @{< 4@|> 0@}
SELECT @{|/ 4@||/ (id * id)@|||/ 27@|@ -5@|@ (id - 3)@|@ -id@||/ 16 + 1@} AS r FROM users WHERE id @{< 4@|> 0@}
SELECT @{5 # 3@|id # 1@|id # id@|1 # 2 # 4@|(1 | 2) # 3@|7 # 2 & 3@|~id # 1@} AS r FROM users WHERE id @{< 4@|> 0@}
SELECT id, body @{#>@|#>>@} @{'{a}'@|'{a,b}'@|'{tags,0}'@|'{n}'@} AS r FROM docs@{@| WHERE id = 1@}
SELECT id, body #- @{'{a}'@|'{a,b}'@|'{0}'@} AS r FROM docs WHERE id @{= 1@|< 3@}
SELECT id FROM docs WHERE @{body ? 'a'@|body ?| '{a,n}'@|body ?& '{a,n}'@|body ? 's'@|NOT body ? 'zz'@|body -> 'a' ? 'b'@} @{OR id = 1@|AND id < 9@}
SELECT id FROM docs WHERE @{body @? '$.a'@|body @@ '$.n > 1'@|body @? '$.tags[*]'@|body @@ '$.on == true'@|NOT body @? '$.zz'@|body @? '$[*]'@} @{OR id = 1@|AND id < 9@}
SELECT id FROM things WHERE @{ints @> ARRAY[1]@|ints <@ ARRAY[1, 2, 3]@|ints && ARRAY[5, 1]@|ARRAY[1, 2] <@ ints@|words @> ARRAY['a']@|words && '{a,c}'@} @{OR id = 1@|AND id < 9@}
SELECT id FROM docs WHERE body @{@> '{"n": 1.5}'@|@> '{"a": {"b": 7}}'@|<@ '{"a": null, "s": "text", "z": 1}'@|@> '[1]'@}
SELECT id, name @{~@|~*@|!~@|!~*@} @{'^a'@|'n$'@|'[a-c]'@|'o|e'@} AS r FROM users
SELECT id, name @{~~@|~~*@|!~~@|!~~*@} @{'a%'@|'%n'@|'_nn'@|'%o%'@} AS r FROM users
SELECT id, name ^@ @{'a'@|'An'@|''@|lower('D')@|'zz'@|substr(name, 1, 1)@} AS r FROM users@{@| WHERE name ^@ 'a'@}
# ---- predicates ----
SELECT id FROM users WHERE @{note ISNULL@|note NOTNULL@|age ISNULL@|age NOTNULL@|age + 1 NOTNULL@|(note ISNULL) = true@} @{OR id = 1@|AND id < 9@}
SELECT id, @{active IS UNKNOWN@|active IS NOT UNKNOWN@|age > 30 IS UNKNOWN@|(age > 30) IS NOT UNKNOWN@|NULL IS UNKNOWN@|(age = 25) IS UNKNOWN OR active@} AS r FROM users@{@| WHERE id < 5@}
SELECT id, @{a IS NORMALIZED@|a IS NOT NORMALIZED@|a IS NFC NORMALIZED@|a IS NFD NORMALIZED@|a IS NOT NFKC NORMALIZED@|normalize(a)@|normalize(a, NFD)@|normalize(a, NFKC) = a@} AS r FROM texts@{@| WHERE id = 4@}
SELECT id FROM users WHERE id @{= ANY@|<> ALL@|> SOME@|<= ALL@|<> ANY@|< ALL@} (SELECT @{id FROM teams WHERE id < 3@|user_id FROM orders WHERE user_id > 1@|7@})
SELECT id FROM users WHERE id @{= ANY@|<> ALL@|> SOME@|<= ALL@|<> ANY@|< ALL@} (@{ARRAY[1, 2, 7]@|'{1,9}'::int[]@})
SELECT id FROM users WHERE age @{BETWEEN SYMMETRIC@|NOT BETWEEN SYMMETRIC@} @{30 AND 20@|20 AND 30@|id AND 40@|60 AND 25@} @{OR id = 1@|AND id < 9@}
SELECT id FROM users WHERE name @{ILIKE@|NOT ILIKE@} @{'A%'@|'%N'@|'%!_%' ESCAPE '!'@|'a' || '%'@}
SELECT id FROM users WHERE name @{SIMILAR TO@|NOT SIMILAR TO@} @{'a(n)*'@|'(A|a)%'@|'%[on]%'@|'a#%' ESCAPE '#'@} @{OR id = 1@|AND id < 9@}
SELECT id FROM users WHERE @{ROW(id, age) = ROW(1, 31)@|ROW(id, age) <> ROW(1, 31)@|ROW(id, age) > ROW(2, 20)@|ROW(id, 1) IN (ROW(1, 1), ROW(2, 1))@|ROW(id, age) IS DISTINCT FROM ROW(1, 2)@|ROW(id, age) = (1, 31)@|ROW(id + 1, age) < (9, 9)@} @{OR id = 1@|AND id < 9@}
SELECT id, (d, @{d + 1@|interval '1 day'@|d@}) OVERLAPS (@{date '2024-01-01', date '2024-12-31'@|d, interval '1 hour'@|date '2024-02-29', d@|date '2024-01-05', interval '2 days'@}) AS r FROM events WHERE d IS NOT NULL
# ---- arrays ----
SELECT @{ARRAY(SELECT id FROM users ORDER BY id)@|ARRAY(SELECT name FROM users WHERE id < 3 ORDER BY 1)@|ARRAY(SELECT 1)@|ARRAY(SELECT id FROM users WHERE false)@|1 = ANY (ARRAY(SELECT id FROM teams))@|ARRAY(SELECT t.id FROM teams t WHERE t.id = u.team_id)@} AS r FROM users u WHERE id @{= 1@|< 4@}
SELECT id, @{ints[1]@|ints[2] + 1@|words[1] || 'x'@|ints[id]@|(ints || 4)[1]@|(ARRAY[7, 8])[id]@} AS r FROM things@{@| WHERE ints[1] = 1@| WHERE id < 3@}
SELECT id, @{ints[1:2]@|ints[:2]@|ints[2:]@|words[1:1]@|(ints || 4)[2:3]@|ints[id:3]@|ints[:]@} AS r FROM things@{@| WHERE id < 3@}
SELECT @{'{1,2}'::int[]@|ARRAY[]::text[]@|CAST('{a}' AS text[])@|'{1.5}'::numeric[]@|ARRAY[1, 2]::bigint[]@|CAST(ARRAY['1'] AS int[])@|'{}'::int[]@|NULL::int[]@} AS r@{@| FROM users WHERE id < 3@}
# ---- typed literals and time ----
SELECT @{date '2024-01-05'@|time '10:00'@|timestamp '2024-01-05 10:00'@|timestamptz '2024-01-05 10:00+02'@|interval '1 day'@|jsonb '{"a": 1}'@|int '5' + 1@|bool 't'@|numeric '1.5' * 2@|text 'x' || 'y'@} AS r@{@| FROM users WHERE id < 3@}
SELECT @{interval '1' day@|interval '2' hour@|interval '1-2' year to month@|interval '1 02:03' day to minute@|interval '3' month@|interval '5' second@|interval '4' year@|interval '1' minute + interval '2' second@} AS r@{@| FROM users WHERE id < 3@}
SELECT id, @{at AT TIME ZONE 'UTC'@|at AT TIME ZONE 'Europe/Berlin'@|at AT TIME ZONE interval '2 hours'@|(at AT TIME ZONE 'UTC') + '1 day'@|d::timestamp AT TIME ZONE 'UTC'@|at AT TIME ZONE 'UTC' AT TIME ZONE 'UTC'@} AS r FROM events@{@| WHERE id < 3@}
# ---- functions with a grammar of their own ----
SELECT id, @{substring(a FROM 1 FOR 2)@|substring(a FROM 2)@|substring(a FOR 3)@|substring(a FROM 2 FOR 1) || 'x'@|upper(substring(a FROM 1 FOR 1))@|substring(a FROM id FOR 2)@} AS r FROM texts@{@| WHERE id < 4@}
SELECT id, substring(a SIMILAR @{'%#"l#"%'@|'p#"%#"n'@|'#"_#"%'@} ESCAPE '#') AS r FROM texts@{@| WHERE id < 4@| WHERE a IS NOT NULL@| ORDER BY id@}
SELECT id, @{position('n' IN a)@|position('l' IN a) + 1@|position(b IN a)@|position('' IN a)@|position('la' IN a || 'x')@|position('p' IN lower(a))@} AS r FROM texts@{@| WHERE id < 4@}
SELECT id, @{trim(BOTH 'p' FROM a)@|trim(LEADING FROM a)@|trim(TRAILING 'n' FROM a)@|trim(LEADING 'p' FROM a)@|trim(BOTH FROM a)@|trim(FROM a)@|upper(trim(BOTH 'x' FROM b))@} AS r FROM texts@{@| WHERE id < 4@}
SELECT id, @{overlay(a PLACING 'x' FROM 1)@|overlay(a PLACING 'xyz' FROM 2 FOR 1)@|overlay(a PLACING b FROM 1)@|upper(overlay(a PLACING '' FROM 1 FOR 2))@|overlay(a PLACING 'q' FROM id)@|overlay('abc' PLACING 'z' FROM 3)@} AS r FROM texts@{@| WHERE id < 4@}
SELECT @{string_agg(name, ',' ORDER BY id)@|array_agg(id ORDER BY id DESC)@|array_agg(DISTINCT age ORDER BY age)@|string_agg(name, ';' ORDER BY age NULLS FIRST, id)@|array_agg(id ORDER BY -id)@|string_agg(upper(name), '' ORDER BY name COLLATE "C" DESC)@} AS r FROM users@{@| WHERE id < 4@| GROUP BY active@}
SELECT @{percentile_cont(0.5) WITHIN GROUP (ORDER BY age)@|percentile_disc(0.5) WITHIN GROUP (ORDER BY id)@|mode() WITHIN GROUP (ORDER BY active)@|percentile_cont(0.25) WITHIN GROUP (ORDER BY score DESC)@|percentile_disc(0.9) WITHIN GROUP (ORDER BY age) FILTER (WHERE id > 1)@} AS r FROM users@{@| WHERE id < 4@| GROUP BY active@}
SELECT id, @{pg_catalog.upper(name)@|pg_catalog.length(name)@|pg_catalog.abs(id)@|pg_catalog.lower(pg_catalog.upper(name))@|pg_catalog.round(1.5)@|pg_catalog.substr(name, 1, 2)@} AS r FROM users@{@| WHERE id < 4@}
SELECT pg_catalog.@{count(*)@|max(id)@|min(name)@} AS r FROM users@{@| GROUP BY team_id@}
# ---- writes ----
INSERT INTO kv(k, n) WITH s AS (SELECT name, id FROM users WHERE id < @{3@|5@}) SELECT @{name, id@|upper(name), -id@} FROM s@{@| WHERE id > 1@| ORDER BY 1@}
INSERT INTO kv(k, n) WITH s AS (SELECT name, id FROM users) SELECT name, s.id FROM s@{@| RETURNING k@| WHERE id < 4@| ON CONFLICT (k) DO NOTHING@|, teams WHERE teams.id = s.id AND s.id = 1@}
WITH s AS @{@|MATERIALIZED @}(SELECT id, name FROM users WHERE id < 4) @{INSERT INTO kv(k, n) SELECT name, id FROM s@|INSERT INTO log(what) SELECT name FROM s@|INSERT INTO kv(k) SELECT max(name) FROM s@}@{@| WHERE s.id > 1@}
WITH s AS (SELECT id, name FROM users) @{UPDATE kv SET n = 0 WHERE n IN (SELECT id FROM s)@|UPDATE kv SET n = s.id FROM s WHERE s.id = kv.n@|DELETE FROM kv WHERE n IN (SELECT id FROM s)@|DELETE FROM items WHERE order_id > (SELECT max(id) FROM s)@|UPDATE users SET age = 1 WHERE id IN (SELECT id FROM s WHERE id > 2)@|DELETE FROM log WHERE EXISTS (SELECT 1 FROM s)@}@{@| RETURNING *@}
INSERT INTO log DEFAULT VALUES@{@| RETURNING id > 0 AS made@| RETURNING what@| RETURNING order_id, what@| RETURNING what AS w@| RETURNING coalesce(what, 'none') AS w@| RETURNING log.what@| RETURNING 1 AS one@}
INSERT INTO log AS l DEFAULT VALUES@{@| RETURNING l.what@| RETURNING l.order_id AS o@| RETURNING l.id IS NULL AS n@| RETURNING what, l.what AS w@}
INSERT INTO log(id, what) OVERRIDING SYSTEM VALUE VALUES (@{900, 'a'@|901, NULL@|902 + 1, 'b'@|904, upper('c')@})@{@| RETURNING what@}
!refused: INSERT INTO log(id, what) OVERRIDING USER VALUE VALUES (@{900, 'a'@|901, NULL@|902 + 1, 'b'@|904, upper('c')@})@{@| RETURNING what@}
@args 1 @ SELECT @{$1::int AS p@|$1 + id AS p@} FROM users WHERE @{id = $1@|id > $1@|id <> $1@|id IN ($1, 3)@}
UPDATE ONLY @{users SET age = 1@|kv SET n = 2@|parted_2024 SET v = 'x'@|items SET qty = 3@}@{@| WHERE true@| RETURNING *@}
DELETE FROM ONLY @{kv@|items@|log@|parted_2024@}@{@| WHERE true@| RETURNING *@}
INSERT INTO log(id, order_id) OVERRIDING SYSTEM VALUE SELECT 700 + id, id FROM users@{@| WHERE id < 3@| RETURNING order_id@}
SELECT id FROM users /* @{one@|two@|three@|four@|'five@|"six@|seven -- eight@} */
SELECT @{'a'@/'b'@|'it'@/'''s'@|'a'  @/  'b'@/'c'@|'a'@/'b' || 'c'@|'x'@/''@} @{AS x@|AS s FROM users WHERE id < 3@|x@}
SELECT @{localtime IS NOT NULL@|localtimestamp > '2000-01-01'@|localtime(0) IS NOT NULL@|localtimestamp(3) > now() - interval '1 day'@|localtimestamp::date = current_date@|current_date - localtimestamp::date@} AS r@{@| FROM users WHERE id < 3@| FROM teams@}
INSERT INTO kv(k, n) VALUES (@{'x', 5@|'w', 6@|'y', -1@}) ON CONFLICT (k) WHERE @{true@|n > 0@|k <> 'q'@} @{DO NOTHING@|DO UPDATE SET n = excluded.n@|DO UPDATE SET n = kv.n + 1 WHERE kv.n < 50@}
# ---- queries ----
SELECT @{id@|team_id@} FROM users @{UNION DISTINCT@|INTERSECT DISTINCT@|EXCEPT DISTINCT@} @{SELECT id FROM teams@|SELECT 3@} ORDER BY 1
TABLE @{users@|teams@|other.users@|grown@|"select"@|public.kv@}@{@| ORDER BY 1@| ORDER BY 1 DESC LIMIT 2@}
SELECT id FROM users ORDER BY id@{@| DESC@} @{FETCH FIRST 2 ROWS ONLY@|FETCH NEXT ROW ONLY@|OFFSET 1 ROW FETCH FIRST 3 ROWS ONLY@|OFFSET 2 ROWS@|OFFSET 1 ROW FETCH NEXT 1 ROW ONLY@|LIMIT ALL@|LIMIT ALL OFFSET 1@|FETCH FIRST ROW ONLY@}
SELECT name, id FROM users ORDER BY id@{@| DESC@|, name@} LIMIT ALL@{@| OFFSET 1@| OFFSET 2@|  OFFSET 0@}
SELECT @{age@|team_id@|active@} FROM users ORDER BY 1@{@| DESC@} FETCH FIRST @{1 ROW@|2 ROWS@|3 ROWS@} WITH TIES
SELECT team_id, active, count(*) FROM users GROUP BY GROUPING SETS (@{(team_id), (active)@|(team_id, active), (team_id), ()@|(team_id, active)@}@{@|, (active, team_id)@})@{@| HAVING count(*) > 1@}
SELECT @{team_id@|active@|age@}, count(*) FROM users GROUP BY @{ALL@|DISTINCT@} 1@{@|, id@|, ROLLUP (id)@}
SELECT @{*@|count(*)@|x.id@} FROM ONLY @{users@|parted_2024@|teams@} @{x@|AS x@}
SELECT @{x.id@|count(*)@|max(x.id)@} FROM @{users * x@|teams * AS x@|parted * x@}@{@| WHERE x.id < 9@}
SELECT @{x.id@|count(*)@} FROM users x TABLESAMPLE @{SYSTEM@|BERNOULLI@} (100)@{@| REPEATABLE (5)@}@{@| WHERE x.id < 9@}
SELECT @{*@|count(*)@|x.a@} FROM ROWS FROM (@{generate_series(1, 3), generate_series(5, 6)@|generate_series(1, 2), unnest(ARRAY['p', 'q'])@}) AS x(a, b)@{@| WHERE x.a > 1@}
SELECT public.users.@{id@|name@|age@} FROM @{users@|public.users@}@{@| WHERE public.users.id < 3@}
INSERT INTO kv@{@| AS t@|(k, v, n)@} TABLE kv ON CONFLICT (k) DO UPDATE SET @{n = excluded.n + 1@|v = excluded.k@|n = 9@}@{@| RETURNING k@| RETURNING *@}
