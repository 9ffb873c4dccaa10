# SPDX-License-Identifier: MIT
# SELECT and its clauses.
SELECT @{@|DISTINCT @|ALL @}@{name@|team_id, age@|*@} FROM users@{@| WHERE age > 20@}@{@| ORDER BY 1@}@{@| LIMIT 2@}
# ---- outputs and their names
SELECT @{id@|Id@|"id"@|[id]@|`id`@|users.id@|USERS."Id"@} FROM @{users@|main.users@|Users@|"users"@|"main".[users]@}@{@| WHERE users.id < 3@} ORDER BY 1
SELECT @{*@|users.*@|id, users.*@|users.*, 1 AS one@|*, *@} FROM users ORDER BY id
SELECT u.@{id@|*@|"name"@}, @{t.title@|t.*@|1@} FROM users @{AS u@|u@} JOIN teams @{AS t@|t@} ON t.id = u.team_id ORDER BY u.id
SELECT @{1@|'a'@|NULL@|1.5@|x'00ff'@|TRUE@|FALSE@|0x1F@|-1@|+1@|~1@|NOT 1@}@{@| AS v@| v@| AS "v w"@| AS 'v'@}
SELECT @{id + 1@|id+1@|(id)@|+id@|-id@|(name)@|name || ''@|upper(name)@|count(*)@|max( id )@}@{@| AS "x y"@| AS [x]@} FROM users
SELECT id AS a, @{id@|age@|name@} AS @{b@|a@|"select"@|"A"@} FROM users ORDER BY 1
SELECT @{rowid@|oid@|_rowid_@|users.rowid@|ROWID AS r@|"rowid"@} FROM users WHERE @{rowid@|id@} = 2
SELECT k, v FROM kv @{ORDER BY k@|ORDER BY 1 DESC@|WHERE k = 'x'@|ORDER BY v, k@}
# ---- where
SELECT id FROM users WHERE @{age > 25@|age >= 25 AND age < 50@|age < 30 OR team_id = 1@|NOT age > 30@|NOT (age > 30 OR id = 1)@|(age > 30 OR id = 1) AND team_id = 1@|age > 30 OR id = 1 AND team_id = 1@} ORDER BY id
SELECT name FROM users WHERE @{@|NOT @}active@{@| AND age > 20@| OR note IS NULL@} ORDER BY id
SELECT id FROM users WHERE @{note IS NULL@|note IS NOT NULL@|note ISNULL@|note NOTNULL@|note NOT NULL@|age IS 25@|age IS NOT 25@|age IS team_id@|age IS DISTINCT FROM 25@|age IS NOT DISTINCT FROM NULL@} ORDER BY id
SELECT id FROM users WHERE age @{@|NOT @}BETWEEN @{25 AND 40@|id AND id * 30@|20 + 5 AND 30 + 1@} @{@|AND id > 1 @|OR id = 4 @}ORDER BY id
SELECT id FROM users WHERE id @{@|NOT @}IN @{(1, 2, 3)@|(2)@|()@|(1, NULL)@|(SELECT user_id FROM orders)@|(SELECT team_id FROM users WHERE age > 30)@|(VALUES (1), (4))@|(1 + 1, 4 - 1)@} ORDER BY id
SELECT id FROM users WHERE name @{@|NOT @}@{LIKE 'a%'@|LIKE '%N%'@|LIKE '_o_'@|GLOB 'a*'@|GLOB '[A-B]*'@|LIKE 'a!_%' ESCAPE '!'@} ORDER BY id
SELECT id FROM users WHERE note @{@|NOT @}LIKE @{'100!%' ESCAPE '!'@|'a!_b' ESCAPE '!'@|'%''%'@|''@} ORDER BY id
SELECT id FROM users WHERE (age, team_id) @{= (25, 1)@|<> (25, 1)@|> (25, 1)@|<= (31, 1)@|IN (SELECT 25, 3)@|IN (VALUES (25, 1), (31, 1))@|NOT IN (SELECT age, team_id FROM users WHERE id < 3)@} ORDER BY id
@args @{25@|31@|null@} @ SELECT id, name FROM users WHERE age @{= ?@|<> ?@|IS ?@|> ?@|IN (?, 31)@|BETWEEN ? AND 40@} ORDER BY id
@args 25, 'e%' @ SELECT id FROM users WHERE age = ? @{AND@|OR@} name LIKE ? ORDER BY id
@args 2, 1 @ SELECT name FROM users ORDER BY id @{LIMIT ? OFFSET ?@|LIMIT $1 OFFSET $2@|LIMIT $2 OFFSET $1@|LIMIT ?, ?@}
@args 'ann', 1 @ SELECT id FROM users WHERE @{name = ? AND id = ?@|name = $1 AND id = $2@|id = $2 AND name = $1@|(name, id) = (?, ?)@|name || '' = ? AND +id = ?@}
# ---- group, having
SELECT team_id@{@|, count(*)@|, count(age), sum(age)@|, min(name), max(name)@|, avg(score)@} FROM users GROUP BY team_id@{@| HAVING count(*) > 1@| HAVING max(age) > 30 OR team_id IS NULL@} ORDER BY team_id
SELECT age, team_id, count(*) AS n FROM users GROUP BY @{age, team_id@|team_id, age@|1, 2@|2, 1@} @{@|HAVING n = 1 @}ORDER BY @{1, 2@|age, team_id@|team_id DESC, age@}
SELECT @{age % 2@|team_id IS NULL@|substr(created, 1, 7)@|length(name)@} AS g, count(*) FROM users GROUP BY @{g@|1@} ORDER BY @{g@|1@|count(*), g@}
SELECT team_id, @{count(DISTINCT age)@|sum(DISTINCT age)@|group_concat(name, '/')@|total(score)@|count(*) FILTER (WHERE active)@|sum(age) FILTER (WHERE age > 25)@} FROM users GROUP BY team_id ORDER BY team_id
SELECT count(*)@{@|, max(age)@|, sum(age) * 2@|, max(age) - min(age)@} FROM users@{@| WHERE age > 100@| WHERE team_id = 1@}@{@| HAVING count(*) > 0@}
SELECT DISTINCT @{team_id@|active, team_id@|age IS NULL@|count(*) OVER ()@} FROM users @{@|WHERE id > 1 @}ORDER BY 1@{@|, 1 DESC@}
SELECT team_id AS t, count(*) AS c FROM users @{@|WHERE t IS NOT NULL @}GROUP BY t ORDER BY @{c, t@|c DESC, t DESC@|t@|2, 1@}
# ---- order, limit
SELECT id, age FROM users ORDER BY age@{@| ASC@| DESC@}@{@| NULLS FIRST@| NULLS LAST@}, id@{@| DESC@}
SELECT name@{@| AS n@} FROM users ORDER BY @{name COLLATE nocase, id@|name COLLATE BINARY@|length(name), name@|upper(name), id@|1 COLLATE nocase, id@|score + age, id@|CASE WHEN age > 30 THEN 0 ELSE 1 END, id@|age IS NULL, -age, id@}
SELECT id FROM users ORDER BY id @{LIMIT 3@|LIMIT 3 OFFSET 2@|LIMIT 2, 3@|LIMIT 0@|LIMIT 10 OFFSET 10@|LIMIT 3 OFFSET 0@}
SELECT name, age * 2 AS dbl FROM users ORDER BY @{dbl@|dbl + 1@|-dbl@|dbl DESC@|2@|2 DESC@|age@|dbl IS NULL@}, @{name@|id@|1@}
SELECT id AS name, name AS id FROM users ORDER BY @{name@|id@|users.name, users.id@|users.id@|1 DESC@}
# ---- joins
SELECT u.id, t.title FROM users u @{JOIN@|INNER JOIN@|LEFT JOIN@|LEFT OUTER JOIN@|RIGHT JOIN@|FULL JOIN@|FULL OUTER JOIN@|CROSS JOIN@} teams t ON @{t.id = u.team_id@|t.id = u.team_id AND t.budget > 20@|t.id < u.id@} ORDER BY u.id, t.id
SELECT u.id, t.id FROM users u @{LEFT @|RIGHT @|FULL @|@}JOIN teams t ON t.id = u.team_id WHERE @{t.title = 'red'@|t.id IS NULL@|u.id IS NULL@|u.age > 20 OR t.id = 4@} ORDER BY 1, 2
SELECT * FROM orders @{@|LEFT @|RIGHT @|FULL @}JOIN (SELECT id AS user_id, name FROM users) u USING (user_id) ORDER BY 1, 2, 3
SELECT user_id, @{u.user_id@|o.user_id@|u.name@|o.amount@} FROM orders o @{@|LEFT @|RIGHT @|FULL @}JOIN (SELECT id AS user_id, name FROM users) u USING (user_id) ORDER BY o.id, u.user_id
SELECT * FROM (SELECT id AS order_id, state FROM orders) o NATURAL @{@|LEFT @|RIGHT @|FULL @|INNER @}JOIN items ORDER BY 1, 3
SELECT order_id, line FROM items NATURAL JOIN (SELECT id AS order_id FROM orders) ORDER BY @{order_id, line@|1, 2 DESC@}
SELECT u.name, o.id, i.product FROM users u, orders o, items i WHERE @{o.user_id = u.id AND i.order_id = o.id@|i.order_id = o.id AND u.id = o.user_id AND i.qty > 1@} ORDER BY o.id, i.line
SELECT u.name, o.id, i.product FROM users u @{JOIN@|LEFT JOIN@} orders o ON o.user_id = u.id @{JOIN@|LEFT JOIN@|FULL JOIN@} items i ON i.order_id = o.id ORDER BY u.id, o.id, i.line
SELECT u.id, x.id FROM users u @{LEFT @|@}JOIN (orders x @{LEFT @|@}JOIN items y ON y.order_id = x.id) ON x.user_id = u.id ORDER BY u.id, x.id, y.line
SELECT a.id, b.id FROM users a @{JOIN@|LEFT JOIN@} users b ON @{b.team_id = a.team_id AND b.id <> a.id@|b.age > a.age@|a.id = b.id + 1@} ORDER BY a.id, b.id
SELECT t.title, p.title AS parent FROM teams t LEFT JOIN teams p ON p.id = t.parent_id @{@|WHERE p.id IS NOT NULL @}ORDER BY @{t.id@|parent, t.title@|p.title DESC, t.title@}
SELECT count(*) FROM users @{, teams@|CROSS JOIN teams@|JOIN teams@|, teams t WHERE t.id = users.team_id@|JOIN teams ON 1@|LEFT JOIN teams ON 0@}
SELECT a.id FROM users a JOIN users b USING (id) JOIN teams c USING (id) WHERE @{id > 2@|a.id > 2@|c.id > 2@} ORDER BY id
SELECT id, a.age, @{a.name@|b.name@|b.age@|id + 1@} FROM users a FULL JOIN (SELECT id + 3 AS id, age, name FROM users) b USING (id@{@|, age@}) ORDER BY 1, 2, 3
# ---- subqueries
SELECT id, (SELECT @{count(*)@|max(amount)@|sum(amount) + u.id@} FROM orders o WHERE o.user_id = u.id) AS n FROM users u ORDER BY id
SELECT id FROM users u WHERE @{@|NOT @}EXISTS (SELECT @{1@|*@|o.id@} FROM orders o WHERE o.user_id = u.id@{@| AND o.amount > u.age@}) ORDER BY id
SELECT id FROM users u WHERE age = (SELECT @{max(age) FROM users@|max(age) FROM users WHERE team_id = u.team_id@|min(v.age) FROM users v WHERE v.team_id IS u.team_id@|age FROM users ORDER BY age DESC LIMIT 1@}) ORDER BY id
SELECT s.@{id@|*@} FROM (SELECT id, age FROM users @{@|WHERE age > 25 @|ORDER BY age, id LIMIT 3@}) @{AS s@|s@} ORDER BY 1
SELECT a, b FROM (SELECT @{id AS a, name AS b@|id AS a, age + 1 AS b@|team_id AS a, count(*) AS b@} FROM users GROUP BY @{id@|1@|a@}) WHERE a @{> 1@|IS NOT NULL@} ORDER BY a, b
SELECT x.n FROM (SELECT y.m AS n FROM (SELECT z.id AS m FROM (SELECT id FROM users WHERE @{id > 2@|age > 30@}) z) y) x ORDER BY n@{@| DESC@}
SELECT id FROM users WHERE team_id IN (SELECT id FROM teams WHERE parent_id IN (SELECT id FROM teams WHERE title = @{'red'@|'green'@|'x'@})) ORDER BY id
SELECT u.id FROM users u WHERE (SELECT count(*) FROM orders o WHERE o.user_id = u.id AND EXISTS (SELECT 1 FROM items i WHERE i.order_id = o.id AND i.price < u.@{age@|score@|id@})) @{> 0@|= 0@} ORDER BY u.id
SELECT id, (SELECT name FROM users i WHERE i.id = users.id @{+ 1@|- 1@|@}) FROM users ORDER BY id
SELECT (SELECT id FROM users WHERE id = u.id) AS self, (SELECT @{age@|u.age@|users.age@} FROM users WHERE users.id = u.team_id) AS other FROM users u ORDER BY 1
SELECT title FROM teams WHERE id @{= (SELECT team_id FROM users WHERE users.id = teams.id)@|IN (SELECT team_id FROM users WHERE users.id >= teams.id)@} ORDER BY id
SELECT (SELECT count(*) FROM users), (SELECT @{max(id) FROM orders@|title FROM teams WHERE id = 3@|NULL@})@{@| AS z@}
SELECT CASE WHEN EXISTS (SELECT 1 FROM orders WHERE user_id = users.id) THEN @{'buyer'@|name@} ELSE @{'none'@|NULL@} END FROM users ORDER BY id
# ---- set operations
SELECT id FROM users @{UNION@|UNION ALL@|INTERSECT@|EXCEPT@} SELECT @{id FROM teams@|team_id FROM users@|user_id FROM orders@} ORDER BY 1@{@| DESC@}@{@| LIMIT 3@}
SELECT id, name FROM users @{UNION@|UNION ALL@|EXCEPT@|INTERSECT@} SELECT id, title FROM teams ORDER BY @{1, 2@|name, id@|2 DESC, 1@}
SELECT 1 AS a, 2 UNION @{@|ALL @}SELECT 3@{, 4@| AS b, 4@} ORDER BY @{1@|a@}
!refused: SELECT 1, 2 UNION SELECT 3
SELECT id FROM users @{UNION@|EXCEPT@|INTERSECT@|UNION ALL@} SELECT id FROM teams @{UNION@|EXCEPT@|INTERSECT@|UNION ALL@} SELECT 3 ORDER BY 1
SELECT id FROM users WHERE age > 30 @{UNION@|EXCEPT@} SELECT user_id FROM orders WHERE amount > 10 @{UNION ALL@|INTERSECT@} SELECT id FROM teams @{EXCEPT@|UNION@} VALUES (1) ORDER BY 1
SELECT * FROM (SELECT id FROM users @{UNION@|EXCEPT@} SELECT id FROM teams) @{WHERE id > 2 @|@}ORDER BY id
SELECT id FROM users WHERE id IN (SELECT id FROM teams @{UNION@|UNION ALL@|EXCEPT@|INTERSECT@} SELECT user_id FROM orders) ORDER BY id
VALUES (1, 'a')@{@|, (2, 'b')@|, (2, 'b'), (NULL, x'01')@}
SELECT * FROM (VALUES (1, 'a'), (2, @{'b'@|NULL@|2.5@}))@{@| ORDER BY 1@| AS v WHERE column1 > 1@}
SELECT column1@{@|, column2@|, v.column2@} FROM (VALUES (1, 2), (3, 4)) v@{@| WHERE v.column1 > 1@} ORDER BY 1
# ---- CTE
WITH q AS (SELECT id, age FROM users WHERE age > @{20@|30@}) SELECT @{id@|q.id@|*@|q.*@|count(*)@} FROM q ORDER BY 1
WITH q(a, b) AS (SELECT id, name FROM users) SELECT @{a, b@|b, a@|q.a, upper(b)@} FROM q @{@|WHERE a > 2 @}ORDER BY a
WITH q AS (SELECT 1 AS x), r AS (SELECT x + 1 AS x FROM q) SELECT @{q.x, r.x@|q.x + r.x AS s@|*@} FROM q@{, @| JOIN @| CROSS JOIN @}r
WITH users AS (SELECT id, title AS name FROM teams) SELECT @{u.id, u.name@|*@|u.id@} FROM users@{ u@| AS u JOIN main.users m ON m.id = u.id@} ORDER BY 1
WITH users AS (SELECT id, title AS name FROM teams) SELECT @{name@|users.name@|*@} FROM users ORDER BY users.id
WITH q AS @{@|MATERIALIZED @|NOT MATERIALIZED @}(SELECT team_id, count(*) AS n FROM users GROUP BY team_id) SELECT @{a.n, b.n@|a.team_id@} FROM q a @{JOIN@|LEFT JOIN@} q b ON b.n = a.n ORDER BY a.team_id, b.team_id
WITH RECURSIVE n(i) AS (SELECT 1 UNION @{@|ALL @}SELECT i + 1 FROM n WHERE i < @{3@|10@}) SELECT @{i@|sum(i)@|i * i AS sq@} FROM n
WITH RECURSIVE t(id, depth) AS (SELECT id, 0 FROM teams WHERE parent_id IS NULL UNION ALL SELECT c.id, depth + 1 FROM teams c @{JOIN t ON c.parent_id = t.id@|, t WHERE c.parent_id = t.id@}) SELECT @{*@|id@|max(depth)@|depth, count(*)@} FROM t GROUP BY @{id@|depth, id@} ORDER BY 1
WITH RECURSIVE fib(a, b) AS (VALUES (0, 1) UNION ALL SELECT b, a + b FROM fib LIMIT @{8@|3@}) SELECT a FROM fib@{@| ORDER BY a DESC@}
WITH a AS (SELECT 1 AS v), b AS (WITH a AS (SELECT 2 AS v) SELECT v FROM a) SELECT @{a.v, b.v@|b.v@|a.v@} FROM a, b
SELECT * FROM (WITH q AS (SELECT id FROM users WHERE age > 30) SELECT id@{@|, id * 2 AS d@} FROM q) ORDER BY id
SELECT id FROM users WHERE id IN (WITH q(x) AS (SELECT user_id FROM orders WHERE amount > @{10@|50@}) SELECT x FROM q) ORDER BY id
WITH q AS (SELECT id FROM users @{UNION@|EXCEPT@} SELECT id FROM teams ORDER BY 1 LIMIT 3) SELECT count(*), @{min(id)@|max(id)@} FROM q
WITH q AS (SELECT 1) SELECT * FROM q@{@| AS r@| r@}
# ---- windows
SELECT id, @{row_number()@|rank()@|dense_rank()@|percent_rank()@|cume_dist()@|ntile(2)@|count(*)@|sum(age)@|avg(score)@|first_value(name)@|last_value(name)@|nth_value(name, 2)@|lag(age)@|lead(age, 2)@|lag(age, 1, -1)@|group_concat(name, '')@} OVER (@{ORDER BY id@|PARTITION BY team_id ORDER BY id@|PARTITION BY active ORDER BY age DESC, id@}) AS w FROM users ORDER BY id
SELECT id, sum(age) OVER (ORDER BY id @{ROWS@|RANGE@|GROUPS@} @{UNBOUNDED PRECEDING@|BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW@|BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING@|BETWEEN 1 PRECEDING AND 1 FOLLOWING@|BETWEEN 2 PRECEDING AND 1 PRECEDING@|BETWEEN 1 FOLLOWING AND 2 FOLLOWING@|CURRENT ROW@|1 PRECEDING@}@{@| EXCLUDE CURRENT ROW@| EXCLUDE GROUP@| EXCLUDE TIES@| EXCLUDE NO OTHERS@}) FROM users ORDER BY id
SELECT id, @{sum(age)@|count(*)@|max(name)@} OVER @{w@|(w)@|(w ROWS 1 PRECEDING)@}, rank() OVER w FROM users WINDOW w AS (@{PARTITION BY team_id @|@}ORDER BY id) ORDER BY id
SELECT id, sum(id) OVER v FROM users WINDOW w AS (PARTITION BY active), v AS (w ORDER BY @{id@|age, id@|id DESC@}) ORDER BY id
SELECT id, count(*) FILTER (WHERE age > 25) OVER (@{@|ORDER BY id@|PARTITION BY team_id@}) FROM users ORDER BY id
SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY team_id ORDER BY age DESC, id) AS r FROM users) WHERE r @{= 1@|<= 2@} ORDER BY id
SELECT team_id, sum(count(*)) OVER (@{@|ORDER BY team_id@}) FROM users GROUP BY team_id ORDER BY 1
SELECT id FROM users ORDER BY @{row_number() OVER (ORDER BY name, id)@|sum(age) OVER (ORDER BY id), id@}
# ---- refused
!refused: SELECT @{nope@|users.nope@|nope.id@|t.id@} FROM users
!refused: SELECT id FROM @{nope@|main.nope@|nope.users@}
!refused: SELECT id FROM users u WHERE users.id = 1
!refused: SELECT * FROM users @{INDEXED BY x@|NOT INDEXED@}
!refused: SELECT name FROM users WHERE name @{MATCH@|REGEXP@} 'x'
!refused: SELECT @{1@|id@} FROM users; SELECT 2
!refused: SELECT @{'a@|"a@|[a@|`a@|1 +@|(1@|1)@|,@|@} FROM users
SELECT * FROM @{json_each('[1, "x", {"a": null}]')@|json_each('{"a": 1, "b": [2]}')@|json_tree('{"a": [1, {"b": 2}]}')@|json_each('{"a": [5]}', '$.a')@}
SELECT j.key, j.value AS v FROM json_each('[3, 4]') @{j@|AS j@} WHERE j.value > 3
SELECT count(*) FROM json_each('[1,2]')
SELECT u.id, j.value FROM users u@{, @| JOIN @| LEFT JOIN @}json_each('[' || u.id || ', 7]') j ORDER BY 1, 2
!refused: SELECT * FROM @{pragma_table_info('users')@|generate_series(1, 3)@}
!refused: SELECT "nosuchcolumn" FROM users
!refused: SELECT id FROM users LIMIT @{-1@|1 + 1@|1.5@|'1'@|id@|(SELECT 1)@|name@}
!refused: WITH q AS (SELECT 1), q AS (SELECT 2) SELECT * FROM q
SELECT main.users.id@{, main.users.name AS n@|@} FROM @{main.users@|users@} WHERE main.users.id < 3 ORDER BY main.users.id
!refused: SELECT @{temp.users.id@|main.u.id@|nosuch.users.id@} FROM users
!refused(LIMIT): SELECT id FROM users ORDER BY id LIMIT NULL
# ---- rows of one side alone, under a column of USING ----
SELECT id, @{g.price@|t.title@|g.id@} FROM gen g @{FULL@|RIGHT@|LEFT@} JOIN (SELECT id + 2 AS id, title FROM teams) t USING (id)@{@| WHERE id > 1@| ORDER BY id@}
SELECT @{id@|*@|id + 1 AS x@} FROM gen g NATURAL @{FULL@|RIGHT@} JOIN (SELECT id + 2 AS id, title FROM teams) t @{FULL@|LEFT@|RIGHT@} JOIN (SELECT id + 4 AS id, body FROM docs) d USING (id)
