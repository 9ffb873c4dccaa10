# SPDX-License-Identifier: MIT
# SELECT and its clauses.
SELECT @{@|DISTINCT @|ALL @}@{name@|team_id, age@|*@} FROM users@{@| WHERE age > 20@}@{@| ORDER BY 1@}@{@| LIMIT 2@}
# ---- outputs and their names
SELECT @{id@|Id@|"id"@|`id`@|users.id@|users.`ID`@} FROM @{users@|`users`@|"users"@}@{@| WHERE users.id < 3@} ORDER BY 1
SELECT @{*@|users.*@|id, users.*@|users.*, 1 AS one@} FROM users ORDER BY id
SELECT u.@{id@|*@|`name`@}, @{t.title@|t.*@|1@} FROM users @{AS u@|u@} JOIN teams @{AS t@|t@} ON t.id = u.team_id ORDER BY u.id
SELECT @{1@|'a'@|NULL@|1.5@|x'00ff'@|TRUE@|FALSE@|-1@|+1@|NOT 1@}@{@| AS v@| v@| AS "v w"@| AS 'v'@| AS `v`@}
SELECT @{id + 1@|id+1@|(id)@|+id@|-id@|(name)@|concat(name, '')@|upper(name)@|id  +  1@}@{@| AS "x y"@| AS `x`@} FROM users
SELECT id AS a, @{id@|age@|name@} AS @{b@|a@|`select`@|`A`@} FROM users ORDER BY 1
SELECT k, v FROM kv @{ORDER BY k@|ORDER BY 1 DESC@|WHERE k = 'x'@|ORDER BY v, k@}
# ---- where
SELECT id FROM users WHERE @{age > 25@|age >= 25 AND age < 50@|age < 30 OR team_id = 1@|NOT age > 30@|NOT (age > 30 OR id = 1)@|(age > 30 OR id = 1) AND team_id = 1@|age > 30 OR id = 1 AND team_id = 1@} ORDER BY id
SELECT name FROM users WHERE @{@|NOT @}active@{@| AND age > 20@| OR note IS NULL@} ORDER BY id
SELECT id FROM users WHERE @{note IS NULL@|note IS NOT NULL@|age <=> 25@|age <=> NULL@|NOT age <=> 25@|age IS TRUE@|age IS NOT TRUE@|active IS FALSE@|age <=> team_id@} ORDER BY id
SELECT id FROM users WHERE age @{@|NOT @}BETWEEN @{25 AND 40@|id AND id * 30@|20 + 5 AND 30 + 1@} @{@|AND id > 1 @|OR id = 4 @}ORDER BY id
SELECT id FROM users WHERE id @{@|NOT @}IN @{(1, 2, 3)@|(2)@|(1, NULL)@|(SELECT user_id FROM orders)@|(SELECT team_id FROM users WHERE age > 30)@|(1 + 1, 4 - 1)@} ORDER BY id
SELECT id FROM users WHERE name @{@|NOT @}@{LIKE 'a%'@|LIKE '%N%'@|LIKE '_o_'@|LIKE 'a!_%' ESCAPE '!'@|IN ('ann', 'eve')@} ORDER BY id
SELECT id FROM users WHERE note @{@|NOT @}LIKE @{'100!%' ESCAPE '!'@|'a!_b' ESCAPE '!'@|'%''%'@|''@} ORDER BY id
SELECT id FROM users WHERE (age, team_id) @{= (25, 1)@|<> (25, 1)@|> (25, 1)@|<= (31, 1)@|IN (SELECT 25, 3)@|IN ((25, 1), (31, 1))@|NOT IN (SELECT age, team_id FROM users WHERE id < 3)@} ORDER BY id
@args @{25@|31@|null@} @ SELECT id, name FROM users WHERE age @{= ?@|<> ?@|<=> ?@|> ?@|IN (?, 31)@|BETWEEN ? AND 40@} ORDER BY id
@args 25, 'e%' @ SELECT id FROM users WHERE age = ? @{AND@|OR@} name LIKE ? ORDER BY id
@args 2, 1 @ SELECT name FROM users ORDER BY id @{LIMIT ? OFFSET ?@|LIMIT ?, ?@}
@args 'ann', 1 @ SELECT id FROM users WHERE @{name = ? AND id = ?@|(name, id) = (?, ?)@|concat(name, '') = ? AND +id = ?@}
# ---- group, having
SELECT team_id@{@|, count(*)@|, count(age), sum(age)@|, min(name), max(name)@|, avg(score)@} FROM users GROUP BY team_id@{@| HAVING count(*) > 1@| HAVING max(age) > 30 OR team_id IS NULL@} ORDER BY team_id
SELECT age, team_id, count(*) AS n FROM users GROUP BY @{age, team_id@|team_id, age@|1, 2@|2, 1@} @{@|HAVING n = 1 @}ORDER BY @{1, 2@|age, team_id@|team_id DESC, age@}
SELECT @{age % 2@|team_id IS NULL@|substr(name, 1, 1)@|length(name)@} AS g, count(*) FROM users GROUP BY @{g@|1@} ORDER BY @{g@|1@|count(*), g@}
SELECT team_id, @{count(DISTINCT age)@|sum(DISTINCT age)@|group_concat(name)@|bit_or(id)@|count(*)@|max(name)@} FROM users GROUP BY team_id ORDER BY team_id
SELECT count(*)@{@|, max(age)@|, sum(age) * 2@|, max(age) - min(age)@} FROM users@{@| WHERE age > 100@| WHERE team_id = 1@}@{@| HAVING count(*) > 0@}
SELECT DISTINCT @{team_id@|active, team_id@|age IS NULL@|count(*) OVER ()@} FROM users @{@|WHERE id > 1 @}ORDER BY 1@{@|, 1 DESC@}
SELECT team_id AS t, count(*) AS c FROM users GROUP BY t @{@|HAVING t > 1 @|HAVING t IS NOT NULL AND c > 1 @}ORDER BY @{c, t@|c DESC, t DESC@|t@|2, 1@}
# ---- order, limit
SELECT id, age FROM users ORDER BY age@{@| ASC@| DESC@}, id@{@| DESC@}
SELECT id, name@{@| AS n@} FROM users ORDER BY @{name COLLATE utf8mb4_general_ci, id@|name COLLATE utf8mb4_bin, id@|length(name), name@|upper(name), id@|score + age, id@|CASE WHEN age > 30 THEN 0 ELSE 1 END, id@|age IS NULL, -age, id@}
SELECT id FROM users ORDER BY id @{LIMIT 3@|LIMIT 3 OFFSET 2@|LIMIT 2, 3@|LIMIT 0@|LIMIT 10 OFFSET 10@|LIMIT 3 OFFSET 0@|LIMIT 0, 5@}
SELECT name, age * 2 AS dbl FROM users ORDER BY @{dbl@|dbl DESC@|2@|2 DESC@|age@}, @{name@|id@|1@}
SELECT name, age * 2 AS dbl FROM users ORDER BY @{dbl + 1@|-dbl@|dbl IS NULL@}, id
SELECT id AS name, name AS id FROM users ORDER BY @{name@|id@|users.name, users.id@|users.id@|1 DESC@}
# ---- joins
SELECT u.id, t.title FROM users u @{JOIN@|INNER JOIN@|LEFT JOIN@|LEFT OUTER JOIN@|RIGHT JOIN@|CROSS JOIN@} teams t ON @{t.id = u.team_id@|t.id = u.team_id AND t.budget > 20@|t.id < u.id@} ORDER BY u.id, t.id
SELECT u.id, t.id FROM users u @{LEFT @|RIGHT @|@}JOIN teams t ON t.id = u.team_id WHERE @{t.title = 'red'@|t.id IS NULL@|u.id IS NULL@|u.age > 20 OR t.id = 4@} ORDER BY 1, 2
SELECT * FROM orders @{@|LEFT @|RIGHT @}JOIN (SELECT id AS user_id, name FROM users) u USING (user_id) ORDER BY 1, 2, 3
SELECT user_id, @{u.user_id@|o.user_id@|u.name@|o.amount@} FROM orders o @{@|LEFT @|RIGHT @}JOIN (SELECT id AS user_id, name FROM users) u USING (user_id) ORDER BY o.id, u.user_id
SELECT * FROM (SELECT id AS order_id, state FROM orders) o NATURAL @{@|LEFT @|RIGHT @|INNER @}JOIN items ORDER BY 1, 3
SELECT order_id, line FROM items NATURAL JOIN (SELECT id AS order_id FROM orders) o ORDER BY @{order_id, line@|1, 2 DESC@}
SELECT u.name, o.id, i.product FROM users u, orders o, items i WHERE @{o.user_id = u.id AND i.order_id = o.id@|i.order_id = o.id AND u.id = o.user_id AND i.qty > 1@} ORDER BY o.id, i.line
SELECT u.name, o.id, i.product FROM users u @{JOIN@|LEFT JOIN@} orders o ON o.user_id = u.id @{JOIN@|LEFT JOIN@} items i ON i.order_id = o.id ORDER BY u.id, o.id, i.line
SELECT u.id FROM teams t, users u @{JOIN@|LEFT JOIN@} orders o ON o.user_id = u.id WHERE t.id = u.team_id ORDER BY u.id, o.id
SELECT u.id, x.id FROM users u @{LEFT @|@}JOIN (orders x @{LEFT @|@}JOIN items y ON y.order_id = x.id) ON x.user_id = u.id ORDER BY u.id, x.id, y.line
SELECT a.id, b.id FROM users a @{JOIN@|LEFT JOIN@} users b ON @{b.team_id = a.team_id AND b.id <> a.id@|b.age > a.age@|a.id = b.id + 1@} ORDER BY a.id, b.id
SELECT t.title, p.title AS parent FROM teams t LEFT JOIN teams p ON p.id = t.parent_id @{@|WHERE p.id IS NOT NULL @}ORDER BY @{t.id@|parent, t.title@|p.title DESC, t.title@}
SELECT count(*) FROM users @{, teams@|CROSS JOIN teams@|JOIN teams@|, teams t WHERE t.id = users.team_id@|JOIN teams ON 1@|LEFT JOIN teams ON 0@}
SELECT a.id FROM users a JOIN users b USING (id) JOIN teams c USING (id) WHERE @{id > 2@|a.id > 2@|c.id > 2@} ORDER BY id
SELECT u.id FROM users u STRAIGHT_JOIN teams t @{ON t.id = u.team_id @|@}ORDER BY u.id, t.id
# ---- subqueries
SELECT id, (SELECT @{count(*)@|max(amount)@|sum(amount) + u.id@} FROM orders o WHERE o.user_id = u.id) AS n FROM users u ORDER BY id
SELECT id FROM users u WHERE @{@|NOT @}EXISTS (SELECT @{1@|*@|o.id@} FROM orders o WHERE o.user_id = u.id@{@| AND o.amount > u.age@}) ORDER BY id
SELECT id FROM users u WHERE age = (SELECT @{max(age) FROM users@|max(age) FROM users WHERE team_id = u.team_id@|min(v.age) FROM users v WHERE v.team_id <=> u.team_id@|age FROM users ORDER BY age DESC LIMIT 1@}) ORDER BY id
SELECT s.@{id@|*@} FROM (SELECT id, age FROM users @{@|WHERE age > 25 @|ORDER BY age, id LIMIT 3@}) @{AS s@|s@} ORDER BY 1
SELECT a, b FROM (SELECT @{id AS a, name AS b@|id AS a, age + 1 AS b@|id AS a, count(*) AS b@} FROM users GROUP BY @{id@|1@|a@}) q WHERE a @{> 1@|IS NOT NULL@} ORDER BY a, b
SELECT x.n FROM (SELECT y.m AS n FROM (SELECT z.id AS m FROM (SELECT id FROM users WHERE @{id > 2@|age > 30@}) z) y) x ORDER BY n@{@| DESC@}
SELECT id FROM users WHERE team_id IN (SELECT id FROM teams WHERE parent_id IN (SELECT id FROM teams WHERE title = @{'red'@|'green'@|'x'@})) ORDER BY id
SELECT u.id FROM users u WHERE (SELECT count(*) FROM orders o WHERE o.user_id = u.id AND EXISTS (SELECT 1 FROM items i WHERE i.order_id = o.id AND i.price < u.@{age@|score@|id@})) @{> 0@|= 0@} ORDER BY u.id
SELECT id, (SELECT name FROM users i WHERE i.id = users.id @{+ 1@|- 1@|@}) FROM users ORDER BY id
SELECT title FROM teams WHERE id @{= (SELECT team_id FROM users WHERE users.id = teams.id)@|IN (SELECT team_id FROM users WHERE users.id >= teams.id)@} ORDER BY id
SELECT (SELECT count(*) FROM users), (SELECT @{max(id) FROM orders@|title FROM teams WHERE id = 3@|NULL@})@{@| AS z@}
SELECT CASE WHEN EXISTS (SELECT 1 FROM orders WHERE user_id = users.id) THEN @{'buyer'@|name@} ELSE @{'none'@|NULL@} END FROM users ORDER BY id
# ---- set operations
SELECT id FROM users @{UNION@|UNION ALL@|INTERSECT@|EXCEPT@} SELECT @{id FROM teams@|team_id FROM users@|user_id FROM orders@} ORDER BY 1@{@| DESC@}@{@| LIMIT 3@}
SELECT id, name FROM users @{UNION@|UNION ALL@|EXCEPT@|INTERSECT@} SELECT id, title FROM teams ORDER BY @{1, 2@|name, id@|2 DESC, 1@}
SELECT id FROM users @{UNION@|EXCEPT@|INTERSECT@} DISTINCT SELECT id FROM teams ORDER BY 1
SELECT 1 AS a, 2 UNION @{@|ALL @}SELECT 3@{, 4@| AS b, 4@} ORDER BY @{1@|a@}
!refused: SELECT 1, 2 UNION SELECT 3
SELECT id FROM users @{UNION@|EXCEPT@|UNION ALL@} SELECT id FROM teams @{UNION@|EXCEPT@|UNION ALL@} SELECT 3 ORDER BY 1
SELECT id FROM users INTERSECT SELECT user_id FROM orders @{UNION@|EXCEPT@|UNION ALL@|INTERSECT@} SELECT 3 ORDER BY 1
SELECT * FROM (SELECT id FROM users @{UNION@|EXCEPT@} SELECT id FROM teams) q @{WHERE id > 2 @|@}ORDER BY id
SELECT id FROM users WHERE id IN (SELECT id FROM teams @{UNION@|UNION ALL@|EXCEPT@|INTERSECT@} SELECT user_id FROM orders) ORDER BY id
# ---- CTE
WITH q AS (SELECT id, age FROM users WHERE age > @{20@|30@}) SELECT @{id@|q.id@|*@|q.*@|count(*)@} FROM q ORDER BY 1
WITH q(a, b) AS (SELECT id, name FROM users) SELECT @{a, b@|b, a@|q.a, upper(b)@} FROM q @{@|WHERE a > 2 @}ORDER BY a
WITH q AS (SELECT 1 AS x), r AS (SELECT x + 1 AS x FROM q) SELECT @{q.x, r.x@|q.x + r.x AS s@|*@} FROM q@{, @| JOIN @| CROSS JOIN @}r
WITH q AS (SELECT team_id, count(*) AS n FROM users GROUP BY team_id) SELECT @{a.n, b.n@|a.team_id@} FROM q a @{JOIN@|LEFT JOIN@} q b ON b.n = a.n ORDER BY a.team_id, b.team_id
WITH RECURSIVE n(i) AS (SELECT 1 UNION @{@|ALL @}SELECT i + 1 FROM n WHERE i < @{3@|10@}) SELECT @{i@|sum(i)@|i * i AS sq@} FROM n
WITH RECURSIVE t(id, depth) AS (SELECT id, 0 FROM teams WHERE parent_id IS NULL UNION ALL SELECT c.id, depth + 1 FROM teams c @{JOIN t ON c.parent_id = t.id@|, t WHERE c.parent_id = t.id@}) SELECT @{id, depth@|id@|depth, id + 1@} FROM t ORDER BY @{id@|depth, id@}
# MariaDB would read the outer a.
!refused(as a query around it does): WITH a AS (SELECT 1 AS v), b AS (WITH a AS (SELECT 2 AS v) SELECT v FROM a) SELECT @{a.v, b.v@|b.v@|a.v@} FROM a, b
WITH a AS (SELECT 1 AS v), b AS (WITH c AS (SELECT 2 AS v) SELECT c.v + a.v AS v FROM a, c) SELECT @{a.v, b.v@|b.v@|a.v@} FROM a, b
SELECT * FROM (WITH q AS (SELECT id FROM users WHERE age > 30) SELECT id@{@|, id * 2 AS d@} FROM q) s ORDER BY id
SELECT id FROM users WHERE id IN (WITH q(x) AS (SELECT user_id FROM orders WHERE amount > @{10@|50@}) SELECT x FROM q) ORDER BY id
# ---- windows
SELECT id, @{row_number()@|rank()@|dense_rank()@|percent_rank()@|cume_dist()@|ntile(2)@|count(*)@|sum(age)@|avg(score)@|first_value(name)@|last_value(name)@|nth_value(name, 2)@|lag(age)@|lead(age, 2)@} OVER (@{ORDER BY id@|PARTITION BY team_id ORDER BY id@|PARTITION BY active ORDER BY age DESC, id@}) AS w FROM users ORDER BY id
SELECT id, sum(age) OVER (ORDER BY id @{ROWS@|RANGE@} @{UNBOUNDED PRECEDING@|BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW@|BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING@|BETWEEN 1 PRECEDING AND 1 FOLLOWING@|BETWEEN 2 PRECEDING AND 1 PRECEDING@|BETWEEN 1 FOLLOWING AND 2 FOLLOWING@|CURRENT ROW@|1 PRECEDING@}) FROM users ORDER BY id
SELECT id, @{sum(age)@|count(*)@|max(age)@} OVER @{w@|(w)@|(w ROWS 1 PRECEDING)@}, rank() OVER w FROM users WINDOW w AS (@{PARTITION BY team_id @|@}ORDER BY id) ORDER BY id
SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY team_id ORDER BY age DESC, id) AS r FROM users) q WHERE r @{= 1@|<= 2@} ORDER BY id
SELECT team_id, sum(count(*)) OVER (@{@|ORDER BY team_id@}) FROM users GROUP BY team_id
# ---- locks
SELECT id FROM users WHERE id = @{1@|2@} @{FOR UPDATE@|LOCK IN SHARE MODE@}
# ---- refused
!refused: SELECT @{nope@|users.nope@|nope.id@|t.id@} FROM users
!refused: SELECT id FROM @{nope@|nope.users@|users x, users x@}
!refused: SELECT id FROM users u WHERE users.id = 1
!refused: SELECT u.id FROM users u FULL JOIN teams t ON t.id = u.team_id
!refused: SELECT @{1@|id@} FROM users; SELECT 2
!refused: SELECT @{'a@|"a@|`a@|1 +@|(1@|1)@|,@|@} FROM users
!refused: SELECT id FROM users LIMIT @{-1@|1 + 1@|id@|(SELECT 1)@|name@}
!refused: SELECT id FROM users @{/*! UNION SELECT 1 */@|/*M! UNION SELECT 1 */@|/*!50000 WHERE 1 */@|INTO OUTFILE '/tmp/x'@|INTO @x@|PROCEDURE ANALYSE()@}
!refused: WITH q AS (SELECT 1), q AS (SELECT 2) SELECT * FROM q
!refused: SELECT @{@@version@|@x@|@x := 1@|:x@|DATABASE()@|USER()@|CONNECTION_ID()@|LAST_INSERT_ID()@|SLEEP(1)@|BENCHMARK(1, 1)@|LOAD_FILE('/etc/passwd')@|GET_LOCK('a', 1)@|UUID()@|FOUND_ROWS()@|ROW_COUNT()@|VERSION()@|NEXTVAL(s)@}
# ---- forms of queries ----
SELECT id FROM users @{EXCEPT ALL@|INTERSECT ALL@} SELECT id FROM teams ORDER BY 1
(SELECT id FROM users ORDER BY id DESC LIMIT 1) UNION ALL (SELECT id FROM teams ORDER BY id LIMIT 1) ORDER BY @{id@|1@|id DESC@}
(SELECT id FROM users ORDER BY id LIMIT @{1@|2@})
(SELECT id FROM users ORDER BY id LIMIT 3) ORDER BY id DESC LIMIT 1
SELECT id FROM users EXCEPT (SELECT id FROM teams UNION SELECT 1) ORDER BY id
SELECT id FROM users @{UNION@|UNION ALL@|EXCEPT@} SELECT id FROM teams INTERSECT SELECT @{1@|id FROM orders@} ORDER BY 1
SELECT * FROM ((SELECT id FROM users) UNION (SELECT id FROM teams)) s ORDER BY 1
SELECT id FROM users ORDER BY id @{FETCH FIRST 2 ROWS ONLY@|FETCH NEXT ROW ONLY@|OFFSET 1 ROW FETCH FIRST 3 ROWS ONLY@|OFFSET 2 ROWS@|LIMIT 1 OFFSET 1@}
SELECT id, age FROM users ORDER BY age @{FETCH FIRST 2 ROWS WITH TIES@|OFFSET 1 ROWS FETCH NEXT 1 ROW WITH TIES@}
SELECT team_id, count(*) AS n FROM users GROUP BY @{team_id@|team_id, active@} WITH ROLLUP
SELECT team_id, max(age) AS m FROM users GROUP BY team_id WITH ROLLUP HAVING m > 30
SELECT @{SQL_NO_CACHE@|SQL_SMALL_RESULT@|SQL_BIG_RESULT@|SQL_BUFFER_RESULT@|DISTINCTROW@|STRAIGHT_JOIN@|ALL@|SQL_NO_CACHE DISTINCT@} id FROM users ORDER BY id
SELECT STRAIGHT_JOIN u.id, t.title FROM users u JOIN teams t ON t.id = u.team_id ORDER BY 1
SELECT id FROM users @{USE@|FORCE@|IGNORE@} @{INDEX@|KEY@} @{@|FOR JOIN @|FOR ORDER BY @|FOR GROUP BY @}(PRIMARY) WHERE id < 3 ORDER BY id
SELECT u.id FROM users u USE INDEX () IGNORE INDEX (PRIMARY) WHERE u.id = 1
SELECT @{1@|1 + 1 AS x@|'a' AS b@} FROM DUAL@{@| WHERE 1 = 1@| LIMIT 1@}
SELECT id FROM users WHERE id < 3 ORDER BY id @{FOR UPDATE@|LOCK IN SHARE MODE@} @{NOWAIT@|SKIP LOCKED@|WAIT 1@}
SELECT id + 1 AS x FROM users HAVING x > @{2@|3@} ORDER BY x
!refused(LATERAL): SELECT u.id FROM users u, LATERAL (SELECT u.id AS x) q
!refused(SQL_CALC_FOUND_ROWS): SELECT SQL_CALC_FOUND_ROWS id FROM users LIMIT 1
!refused(HIGH_PRIORITY): SELECT HIGH_PRIORITY id FROM users
!refused(SQL_CACHE): SELECT SQL_CACHE id FROM users
!refused(LIMIT ROWS EXAMINED): SELECT id FROM users LIMIT @{2 @|@}ROWS EXAMINED 10
!refused(FOR SYSTEM_TIME): SELECT id FROM users FOR SYSTEM_TIME @{ALL@|AS OF NOW()@}
!refused(a function in FROM): SELECT j.a FROM json_table('[1]', '$[*]' COLUMNS (a INT PATH '$')) j
!refused(OF names): SELECT u.id FROM users u FOR UPDATE OF u
!refused(ASC and DESC in GROUP BY): SELECT team_id FROM users GROUP BY team_id DESC
!refused(PROCEDURE): SELECT id FROM users PROCEDURE ANALYSE()
!refused(INTO OUTFILE): SELECT id @{INTO OUTFILE '/tmp/x' FROM users@|FROM users INTO DUMPFILE '/tmp/x'@}
!refused(INTO variables): SELECT id @{INTO @x FROM users@|FROM users INTO @x@}
!refused(CYCLE): WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 5) CYCLE i RESTRICT SELECT i FROM n
# ---- types that are another when the statement has run ----
SELECT @{max@|min@}(flag) AS m, id FROM things GROUP BY id@{@| HAVING count(*) < 20@| ORDER BY 2@}
SELECT id FROM users WHERE id @{<= ALL@|= ANY@|>= SOME@} ((SELECT @{3@|id FROM teams@}) @{UNION@|UNION ALL@|INTERSECT@} SELECT @{3@|id FROM users@})
# ---- parts in parentheses whose outputs share a name ----
SELECT id, name FROM users @{UNION@|UNION ALL@|EXCEPT@} (SELECT t.id, @{t.title AS id2@|t.id AS x@} FROM teams t @{UNION@|EXCEPT@} SELECT id, title FROM docs)
# ---- rows of one side alone, under a column of USING ----
SELECT id, @{g.price@|t.title@|g.id@} FROM gen g @{RIGHT@|LEFT@} JOIN (SELECT id + 2 AS id, title FROM teams) t USING (id)@{@| WHERE id > 1@| ORDER BY 1@}
# ---- without RECURSIVE a name is the table's until its query is done ----
WITH teams AS (SELECT @{id@|id, title@} FROM teams WHERE id @{< 3@|> 1@}) SELECT * FROM teams
WITH teams AS (SELECT 7 AS id UNION ALL SELECT id + 10 FROM teams WHERE id < @{3@|9@}) SELECT id FROM teams@{@| ORDER BY id@}
WITH users AS (SELECT id FROM teams), teams AS (SELECT id + 1 AS id FROM users WHERE id @{< 3@|> 1@}) SELECT u.id, t.id FROM users u JOIN teams t ON t.id = u.id
!refused: WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n
