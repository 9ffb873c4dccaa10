# SPDX-License-Identifier: MIT
# Constructs that the other files have seldom: at least a dozen of each.
SELECT @{id@|name@|id + 1@} FROM users # @{to the end@|'of@|"it@|-- all@|/* off@}
SELECT @{'a' 'b'@|'it' '''s'@|'a'  'b' 'c'@|'x' ''@|'a' 'b' = 'ab'@} AS x@{@| FROM users WHERE id < 3@| FROM teams@}
SELECT @{_utf8mb4'text'@|_utf8mb4 'x'@|_utf8mb4'it''s'@|_utf8mb4'é' = 'é'@} AS x@{@| FROM users WHERE id < 3@| FROM teams@}
SELECT id, @{active XOR id = 1@|id > 2 XOR id > 4@|(id = 1) XOR true@|age IS NULL XOR active@} AS r FROM users@{@| WHERE id < 5@| WHERE id > 1 XOR id > 4@}
SELECT id FROM users WHERE @{id > 1 && id < 5@|active && id > 0@|id = 1 || id && 0@|(id > 1 && active)@}@{@| && id < 9@| && true && id > 0@}
SELECT id, @{!active@|!(id = 1)@|!!active@|! (id > 2 AND active)@} AS r FROM users@{@| WHERE !(id = 3)@| WHERE id < 4@}
SELECT id, @{id DIV 2@|id * 7 DIV 3@|10 DIV id@|(id + 1) DIV 2@} AS r FROM users@{@| WHERE id < 4@| WHERE id DIV 2 = 1@}
SELECT id, @{id MOD 2@|id * 7 MOD 3@|10 MOD id@|(id + 1) MOD 2@} AS r FROM users@{@| WHERE id < 4@| WHERE id MOD 2 = 1@}
SELECT id, @{id ^ 1@|5 ^ id@|id ^ id@|1 ^ 2 ^ id@|(1 | 2) ^ id@} AS r FROM users@{@| WHERE id < 4@| WHERE id ^ 1 > 1@}
SELECT id, @{active IS UNKNOWN@|age > 30 IS NOT UNKNOWN@|(age > 30) IS UNKNOWN@|NULL IS UNKNOWN@} AS r FROM users@{@| WHERE id < 4@| WHERE (age > 1) IS NOT UNKNOWN@}
SELECT id FROM users WHERE id @{= ANY@|<> ALL@|> SOME@|<= ALL@|<> ANY@|< ALL@} (SELECT @{id FROM teams WHERE id < 3@|user_id FROM orders WHERE user_id > 1@|7@})
SELECT id, title @{REGEXP@|RLIKE@|NOT REGEXP@|NOT RLIKE@} @{'^r'@|'e$'@|'[a-c]'@|'d|e'@} AS r FROM teams
SELECT id, title SOUNDS LIKE @{'rad'@|'red'@|'blu'@|title@} AS r FROM teams@{@| WHERE id < 3@| WHERE title SOUNDS LIKE 'red'@}
SELECT id FROM users WHERE @{ROW(id, age) = ROW(1, 31)@|ROW(id, age) <> ROW(1, 31)@|ROW(id, 1) IN (ROW(1, 1), ROW(2, 1))@|ROW(id, age) = (1, 31)@|ROW(id, age) > ROW(2, 20)@|ROW(id + 1, age) < (9, 9)@} @{OR id = 1@|AND id < 9@}
SELECT @{DATE '2024-01-05'@|TIME '10:00:00'@|TIMESTAMP '2024-01-05 10:00:00'@|DATE '2024-01-05' < '2024-02-01'@} AS r@{@| FROM users WHERE id < 3@| FROM teams@}
SELECT id, @{d + INTERVAL 1 DAY@|d - INTERVAL 2 MONTH@|d + INTERVAL id HOUR@|date_add(d, INTERVAL 1 WEEK)@|date_sub(d, INTERVAL 1 YEAR)@|at + INTERVAL 5 MINUTE@} AS r FROM events@{@| WHERE id < 3@| WHERE d > '2024-01-01' - INTERVAL 1 DAY@}
SELECT id, @{timestampdiff(DAY, d, '2024-12-31')@|timestampdiff(HOUR, '2024-01-01', at)@|timestampdiff(MONTH, d, d)@|timestampadd(DAY, 1, d)@|timestampadd(MONTH, id, d)@} AS r FROM events@{@| WHERE id < 3@| WHERE d IS NOT NULL@}
SELECT id, extract(@{year@|MONTH@|day@|hour@|minute@|quarter@} FROM at) AS r FROM events@{@| WHERE id < 3@| WHERE extract(year FROM at) = 2024@}
SELECT id, @{substring(title FROM 1 FOR 2)@|substring(title FROM 2)@|substring(title FROM 2 FOR 1)@|upper(substring(title FROM 1 FOR 1))@|substr(title FROM 2)@} AS r FROM teams@{@| WHERE id < 3@| WHERE substring(title FROM 1 FOR 1) = 'r'@}
SELECT id, @{position('e' IN title)@|position('l' IN title) + 1@|position('' IN title)@|position('x' IN lower(title))@} AS r FROM teams@{@| WHERE id < 3@| WHERE position('e' IN title) > 0@}
SELECT id, @{trim(BOTH 'r' FROM title)@|trim(LEADING 'r' FROM title)@|trim(TRAILING 'd' FROM title)@|trim('e' FROM title)@|trim(LEADING FROM title)@} AS r FROM teams@{@| WHERE id < 3@| WHERE trim(BOTH 'r' FROM title) <> ''@}
SELECT id, @{convert(id, char)@|convert(id, signed) + 1@|convert('12', signed)@|convert(title, char(2))@|convert(budget, decimal(10, 1))@} AS r FROM teams@{@| WHERE id < 3@| WHERE convert(id, signed) > 1@}
SELECT id, @{convert(title USING utf8mb4)@|upper(convert(title USING utf8mb4))@|convert('x' USING utf8mb4)@|length(convert(title USING utf8mb4))@} AS r FROM teams@{@| WHERE id < 3@| WHERE convert(title USING utf8mb4) <> 'x'@}
SELECT id FROM teams WHERE @{BINARY title = 'red'@|title = BINARY 'red'@|BINARY title < 'm'@|BINARY upper(title) = 'RED'@} @{OR id = 1@|AND id < 9@|OR id = 3@}
SELECT @{LOCALTIME > '2000-01-01'@|LOCALTIMESTAMP > '2000-01-01'@|localtime() IS NOT NULL@|LOCALTIMESTAMP() IS NOT NULL@|year(LOCALTIME) > 2000@} AS r@{@| FROM users WHERE id < 3@| FROM teams@}
SELECT @{UTC_DATE > '2000-01-01'@|UTC_TIMESTAMP > '2000-01-01'@|UTC_TIME IS NOT NULL@|UTC_DATE() IS NOT NULL@|year(UTC_TIMESTAMP) > 2000@} AS r@{@| FROM users WHERE id < 3@| FROM teams@}
SELECT @{group_concat(title ORDER BY id)@|group_concat(title ORDER BY id DESC)@|group_concat(DISTINCT title ORDER BY title)@|group_concat(upper(title) ORDER BY -id)@} AS r FROM teams@{@| WHERE id < 3@| GROUP BY parent_id@}
SELECT @{group_concat(title ORDER BY id SEPARATOR ';')@|group_concat(title SEPARATOR '')@|group_concat(DISTINCT title ORDER BY title SEPARATOR ' - ')@|group_concat(id SEPARATOR '/')@} AS r FROM teams@{@| WHERE id < 3@| WHERE id = 1@}
INSERT INTO kv(k, n) WITH s AS (SELECT title, id FROM teams WHERE id < @{3@|5@}) SELECT @{title, id@|upper(title), -id@} FROM s@{@| WHERE id > 1@| ORDER BY 1@}
INSERT INTO log () VALUES ()@{@| RETURNING what IS NULL AS n@| RETURNING coalesce(what, 'x') AS c@| RETURNING order_id AS o@| RETURNING 'x' AS x@| RETURNING what, 2 AS two@| RETURNING log.what@| RETURNING what@| RETURNING order_id@| RETURNING what AS w@| RETURNING 1 AS one@| RETURNING order_id, what@}
# ---- queries ----
SELECT id FROM users WHERE id @{= 1@|< 4@|IN (2, 3)@} @{FOR UPDATE@|LOCK IN SHARE MODE@|FOR UPDATE WAIT 1@|FOR UPDATE WAIT 5@|FOR UPDATE NOWAIT@|FOR UPDATE SKIP LOCKED@}
SELECT id FROM users WHERE id > @{1@|2@|3@|4@} @{FOR UPDATE WAIT 2@|LOCK IN SHARE MODE@}
SELECT id FROM users @{UNION@|INTERSECT@|EXCEPT@} DISTINCT SELECT @{id FROM teams@|3@|id FROM users WHERE id < 3@|user_id FROM orders@} ORDER BY 1
SELECT id FROM users @{INTERSECT@|EXCEPT@} ALL SELECT @{id FROM teams@|3@|id FROM users WHERE id < 3@|user_id FROM orders@|id FROM docs@|id FROM nums@} ORDER BY 1
SELECT id FROM users @{UNION@|UNION ALL@|EXCEPT@} (SELECT id FROM teams @{UNION@|EXCEPT@|INTERSECT@} SELECT 3)
SELECT id FROM users ORDER BY id@{@| DESC@} @{FETCH FIRST 2 ROWS ONLY@|FETCH NEXT ROW ONLY@|OFFSET 1 ROW FETCH FIRST 3 ROWS ONLY@|OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY@}
SELECT @{age@|team_id@} FROM users ORDER BY 1@{@| DESC@} FETCH FIRST @{1 ROW@|2 ROWS@|3 ROWS@} WITH TIES
SELECT @{team_id@|active@|age@}, count(*) FROM users GROUP BY 1 WITH ROLLUP@{@| HAVING count(*) > 1@| HAVING count(*) < 5@}
SELECT @{1 AS one@|'x' AS x@|1 + 1 AS two@} FROM DUAL@{@| WHERE 1 = 1@}
SELECT u.id, t.id FROM users u STRAIGHT_JOIN teams t@{ ON t.id = u.team_id@| ON t.id = u.team_id AND u.id > 1@|@}@{@| WHERE u.id < 4@| WHERE t.id = 1@}
SELECT @{SQL_SMALL_RESULT@|SQL_BIG_RESULT@|SQL_BUFFER_RESULT@} @{id@|name@|id, age@} FROM users@{@| WHERE id < 4@}
SELECT id FROM users WHERE id IN (@{1, 2@|2, 3, 4@|5@}) INTERSECT SELECT @{id FROM users@|user_id FROM orders@|id FROM users WHERE id < 6@|id FROM nums@}
