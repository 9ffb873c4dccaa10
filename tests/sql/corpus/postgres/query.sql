# SPDX-License-Identifier: MIT
# SELECT and its clauses.

# ---- outputs ----
SELECT @{@|DISTINCT @|ALL @}@{name@|team_id, age@|*@|users.*@|id, users.*, name@} FROM users@{@| WHERE age > 20@}@{@| ORDER BY 1@}@{@| LIMIT 2@}
SELECT @{1@|'a'@|NULL@|true@|1.5@|-1@|1 AS one@|1 one@|1 AS "One"@|1, 2, 3@|'a' AS a, 'b' AS b@}
SELECT @{u.id@|u.name AS n@|u.name n@|u.name AS "N n"@|u.*@|u.*, 1 AS one@|u.id, u.id@|count(*)@|(u.age)@|((u.age))@|u.age + 1@|u.age + 1 AS older@} FROM users @{u@|AS u@|AS "u"@}
SELECT @{id AS value@|id AS name@|id AS "select"@|id AS type@|id AS key@|id AS date@|id AS "from"@} FROM users WHERE id < 4
SELECT @{1@|id@|NULL::int@} AS x@{, name AS y@|@} FROM users ORDER BY @{x@|1@|id@|id DESC@|name, id@}
SELECT 1 AS a@{;@| ;  @|@}
SELECT id /* a comment */, name /* and another@{@| of mine@} */ FROM users -- to the end
SELECT 1 -- of the line
SELECT /* nested /* twice */ here */ @{id@|name@} FROM users
# ---- FROM: tables, views, schemas, aliases ----
SELECT * FROM @{users@|teams@|orders@|items@|events@|docs@|things@|nums@|texts@|gen@|kv@|log@|parted@|parted_2024@|grown@|team_sums@|other.users@|"Mixed Case"@|"select"@|public.users@|public.grown@}
SELECT x.* FROM @{users@|public.users@|other.users@|grown@|gen@|parted@|"Mixed Case"@} @{x@|AS x@|AS "x"@}
SELECT @{t.id@|t.title@|t.budget, t.title@|count(t.budget)@} FROM @{teams@|public.teams@} @{t@|AS t@} WHERE t.id @{> 0@|IS NOT NULL@|IN (1, 2)@}
SELECT a.id, b.id FROM users a, users b WHERE a.@{team_id = b.team_id@|id < b.id@|id = b.id AND a.age > 20@|name = b.name@}
SELECT * FROM (SELECT @{id, name@|*@|name, id AS i, age@|DISTINCT name, 1 AS id@} FROM users@{@| WHERE age > 26@}) @{s@|AS s@} WHERE s.@{name IS NOT NULL@|name <> 'x'@|name LIKE '%n%'@}
SELECT s.@{a@|*@|b = b@} FROM (SELECT 1 AS a, @{2@|3@|'b' || 'c'@} AS b) AS s@{@| WHERE s.a = 1@}
SELECT @{*@|v.a@|v.b, v.a@|count(*)@} FROM (SELECT @{1 AS a, 'x' AS b@|id AS a, name AS b FROM users@|id AS a, title AS b FROM teams ORDER BY id LIMIT 2@|max(id) AS a, min(name) AS b FROM users@}) AS v@{@| WHERE a > 0@}
SELECT d.n FROM (SELECT count(*) AS n FROM @{users@|orders GROUP BY user_id@|teams WHERE budget > 10@|users u JOIN teams t ON t.id = u.team_id@}) d
SELECT o.x FROM (SELECT i.x FROM (SELECT id AS x FROM @{users@|teams@|grown@}) i@{@| WHERE i.x > 1@}) o@{@| ORDER BY o.x DESC@| LIMIT 1@}
# ---- joins ----
SELECT u.name, t.title FROM users u @{JOIN@|INNER JOIN@|LEFT JOIN@|LEFT OUTER JOIN@|RIGHT JOIN@|RIGHT OUTER JOIN@|FULL JOIN@|FULL OUTER JOIN@} teams t ON @{u.team_id = t.id@|t.id = u.team_id AND true@|(u.team_id = t.id)@|u.team_id = t.id@}@{@| WHERE u.id > 2@| WHERE t.id IS NULL@| ORDER BY u.id, t.id@}
SELECT u.id, t.id FROM users u @{JOIN@|LEFT JOIN@|RIGHT JOIN@|INNER JOIN@} teams t ON @{u.team_id > t.id@|u.team_id = t.id AND t.budget > 20@|u.team_id = t.id OR t.id = 4@|u.age BETWEEN t.id AND 30@|true@|u.name = t.title@|EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND t.id = 1)@|t.id IN (u.team_id, 2)@}
SELECT * FROM users CROSS JOIN teams@{@| WHERE users.team_id = teams.id@| ORDER BY users.id, teams.id LIMIT 5@}
SELECT id, order_id, line, @{product@|amount@|state, qty@|qty * price AS sum@} FROM orders @{JOIN@|LEFT JOIN@} (SELECT order_id, line, product, qty, price FROM items) i ON i.order_id = orders.id@{@| WHERE qty > 1@}
SELECT @{id@|id, title, name@|*@|a.title@|b.*@|count(*)@} FROM docs a @{JOIN@|LEFT JOIN@|FULL JOIN@|RIGHT JOIN@} users b USING (id)
SELECT * FROM (SELECT id, 1 AS v FROM users) a @{JOIN@|LEFT JOIN@|FULL OUTER JOIN@} (SELECT id, 2 AS w FROM teams) b USING (id) @{JOIN@|LEFT JOIN@} (SELECT id, 3 AS z FROM docs) c USING (id)
SELECT @{id@|id, v@|v, w, z@} FROM (SELECT id, 1 AS v FROM users) a @{JOIN@|LEFT JOIN@|FULL OUTER JOIN@} (SELECT id, 2 AS w FROM teams) b USING (id) @{JOIN@|LEFT JOIN@} (SELECT id, 3 AS z FROM docs) c USING (id)@{@| ORDER BY id@}
SELECT @{*@|id@|id, name@|count(*)@} FROM users NATURAL @{JOIN@|INNER JOIN@|LEFT JOIN@|RIGHT JOIN@|FULL JOIN@} (SELECT id, kind FROM events) e
SELECT order_id, line FROM items a JOIN items b USING (order_id, line)@{@| WHERE a.qty = b.qty@| WHERE line = 1@}
SELECT u.name, o.amount, i.product FROM users u @{JOIN@|LEFT JOIN@} orders o ON o.user_id = u.id @{JOIN@|LEFT JOIN@} items i ON i.order_id = o.id@{@| WHERE i.qty > 1@| ORDER BY u.id, o.id, i.line@}
SELECT u.name, x.title FROM users u @{LEFT JOIN@|JOIN@|RIGHT JOIN@|FULL JOIN@} (teams x @{JOIN@|LEFT JOIN@} orders o ON o.id = x.id + 9) ON u.team_id = x.id@{@| ORDER BY u.id@}
SELECT u.name FROM (users u JOIN teams t ON u.team_id = t.id) @{JOIN@|LEFT JOIN@} orders o ON o.user_id = u.id
SELECT @{a.id, b.id, c.id@|*@} FROM teams a, teams b @{JOIN@|LEFT JOIN@} teams c ON c.parent_id = b.id WHERE a.id = b.parent_id
SELECT count(*) FROM users u@{, teams t@|, teams t, orders o@|, (SELECT 1 AS one) s@| CROSS JOIN teams t CROSS JOIN kv@|, teams t CROSS JOIN kv@}
SELECT p.v, n.num FROM parted p @{JOIN@|LEFT JOIN@} nums n ON n.id = p.id WHERE p.day @{>= '2024-01-01'@|= '2024-05-01'@|BETWEEN '2023-01-01' AND '2024-12-31'@|< '2024-01-01'@|IS NOT NULL@}
SELECT g.name, s.members FROM grown g JOIN users u ON u.id = g.id @{JOIN@|LEFT JOIN@} team_sums s ON s.team_id = u.team_id
SELECT a.nick, b.name FROM other.users a @{JOIN@|LEFT JOIN@|FULL JOIN@|RIGHT JOIN@} public.users b ON a.id = b.id
SELECT u.id FROM other.users o, users u WHERE o.id = u.id@{@| AND o."Rank" > 1@}
# ---- WHERE ----
SELECT id FROM users WHERE @{true@|false@|active@|NOT active@|active AND age > 20@|active OR age > 20@|age IS NULL@|NOT (age IS NULL)@|(active)@|active IS TRUE@|active = true@|NOT NOT active@}
SELECT id, name FROM users WHERE @{age > 20 AND team_id = 1 OR id = 6@|(age > 20 AND team_id = 1) OR id = 6@|age > 20 AND (team_id = 1 OR id = 6)@|NOT (age > 20 AND team_id = 1)@|NOT age > 20 AND team_id = 1@|age > 20 AND NOT team_id = 1@|age > 20 OR team_id = 1 OR id = 6 OR id = 2@|age > 20 AND team_id = 1 AND id = 1 AND active@|(age > 20 OR team_id = 1) AND (id = 6 OR id = 1)@|age > 20 OR (team_id = 1 AND (id = 6 OR active))@}
@args 25 @ SELECT id FROM users WHERE age @{=@|<>@|!=@|<@|<=@|>@|>=@} @{?@|$1@|?::int@|CAST(? AS int)@|(?)@|? + 1@|-?::int@}
@args 1, 2 @ SELECT id FROM users WHERE @{id BETWEEN ? AND ?@|id = $1 OR id = $2@|id IN (?, ?)@|id = $2 AND team_id = $1@|id > ? AND id < ? + 10@|(id, team_id) = ($2, $1)@|id = CASE WHEN $1 = 1 THEN $2 ELSE 5 END@|id = coalesce($2, id) AND $1 < 5@}
@args 'ann' @ SELECT id FROM users WHERE @{name = ?@|? = name@|name = $1 OR note = $1@|lower(name) = ?@|name || '' = ?@|name LIKE ?@|name IN (?, 'Bob')@|name <> ? AND note IS NULL@|email = ? || '@x.org'@}
# ---- GROUP BY, HAVING ----
SELECT team_id@{, count(*)@|, max(age), min(age)@|, avg(score)@|, sum(id) AS s@|@} FROM users GROUP BY @{team_id@|1@|users.team_id@|(team_id)@}@{@| HAVING count(*) > 1@| HAVING max(age) IS NOT NULL AND min(id) < 5@}@{@| ORDER BY team_id@}
SELECT @{team_id AS t@|age AS t@|name AS t@|lower(name) AS t@|age % 10 AS t@|length(name) AS t@|CASE WHEN age > 30 THEN 'old' ELSE 'young' END AS t@}, count(*) AS n FROM users GROUP BY @{t@|1@} ORDER BY @{n DESC, 1@|t@|count(*), t@|2, 1@}
SELECT u.team_id, t.title, count(*) FROM users u JOIN teams t ON t.id = u.team_id GROUP BY @{u.team_id, t.title@|1, 2@|t.title, 1@}@{@| HAVING count(*) >= 2@| HAVING t.title <> 'red'@}
SELECT u.id, u.name, count(o.id), sum(o.amount) FROM users u LEFT JOIN orders o ON o.user_id = u.id GROUP BY u.id@{@|, u.name@}@{@| HAVING sum(o.amount) > 10@| HAVING count(o.id) = 0@} ORDER BY @{u.id@|3 DESC, 1@|sum(o.amount) NULLS FIRST, u.id@}
SELECT count(*)@{@|, max(id)@|, sum(age)@|, count(DISTINCT age)@} FROM users HAVING @{count(*) > 1@|true@|count(*) > 1 AND max(id) = 6@|sum(age) > 1000@}
SELECT state, day, sum(amount) FROM orders GROUP BY state, day@{@| HAVING sum(amount) > 5@} ORDER BY state, day
SELECT date_trunc('month', placed) AS m, count(*) FROM orders GROUP BY @{m@|1@|date_trunc('month', placed)@} ORDER BY 1
SELECT DISTINCT @{team_id@|team_id, active@|age IS NULL AS a@|lower(name)@|count(*) OVER () AS c@} FROM users@{@| ORDER BY 1@| ORDER BY 1 DESC LIMIT 2@}
# ---- ORDER BY ----
SELECT id, name, age FROM users ORDER BY @{id@|name@|age@|age, name@|2@|2, 1@|name DESC@|name ASC@|age NULLS FIRST@|age NULLS LAST@|age DESC NULLS LAST@|age DESC NULLS FIRST, id@|length(name), id@|-id@|id % 2, id@|age + id@|lower(name), id@|users.name, users.id@|CASE WHEN id = 3 THEN 0 ELSE id END@|name COLLATE "C"@|name COLLATE "C" DESC NULLS LAST@|age IS NULL, id@|(SELECT 1), id@|coalesce(age, 0), id@}@{@| LIMIT 3@}
SELECT name AS n, age + 1 AS a FROM users ORDER BY @{n@|a@|a DESC, n@|name COLLATE "C"@|a NULLS FIRST, n DESC@|age, n@|1@}
SELECT DISTINCT name FROM users ORDER BY @{name@|1 DESC@|name DESC@|name NULLS LAST@}
# ---- LIMIT, OFFSET ----
SELECT id FROM users ORDER BY id@{ LIMIT 2@| LIMIT 2 OFFSET 1@| OFFSET 2@| LIMIT 0@| OFFSET 0@| LIMIT 100@}
!refused(anything but an integer): SELECT id FROM users ORDER BY id@{ LIMIT 1 + 1@| LIMIT (SELECT 2)@| OFFSET 1 + 1@| LIMIT 2::bigint@| OFFSET (SELECT count(*) FROM teams) - 2@| LIMIT -1@| LIMIT 1.5@}
SELECT id FROM users ORDER BY id LIMIT NULL
!refused: SELECT name AS n FROM users ORDER BY n COLLATE "C"
@args 2 @ SELECT id FROM users ORDER BY id@{ LIMIT ?@| OFFSET ?@| LIMIT $1 OFFSET $1@| LIMIT 3 OFFSET ?@}
@args 2, 1 @ SELECT id, $1::int AS p FROM users ORDER BY id LIMIT @{$2@|$1 OFFSET $2@|$1@}
# ---- subqueries ----
SELECT name, (SELECT @{title@|budget@|count(*)@|max(t.id)@} FROM teams t WHERE t.id = u.team_id) @{AS x@|@} FROM users u
SELECT name FROM users u WHERE @{@|NOT @}EXISTS (SELECT @{1@|*@|o.id@|NULL@} FROM orders o WHERE o.user_id = u.id@{@| AND o.amount > 10@| AND o.state = 'paid'@})
SELECT name FROM users WHERE team_id @{IN@|NOT IN@} (SELECT id FROM teams@{@| WHERE budget > 60@| WHERE title = 'red'@| WHERE parent_id IS NOT NULL@})
SELECT name FROM users u WHERE id @{=@|<>@|<@|>=@} (SELECT @{max(user_id)@|min(user_id)@|count(*)@} FROM orders@{@| WHERE amount > 5@| o WHERE o.user_id = u.id@})
SELECT name FROM users WHERE (team_id, active) @{IN@|NOT IN@} (SELECT id, @{true@|budget > 60@|id = 1@} FROM teams WHERE budget IS NOT NULL)
SELECT (SELECT count(*) FROM @{users@|teams@|orders@|items@|grown@}) @{AS c@|+ 1 AS c@|> 2 AS c@}
SELECT id FROM users WHERE age = (SELECT max(age) FROM users@{@| WHERE team_id = 1@| v WHERE v.team_id = users.team_id@})
SELECT u.name FROM users u WHERE 2 <= (SELECT count(*) FROM orders o WHERE o.user_id = u.id AND EXISTS (SELECT 1 FROM items i WHERE i.order_id = o.id@{@| AND i.qty > 1@| AND i.price > u.id@}))
SELECT name FROM users WHERE id IN (SELECT user_id FROM orders WHERE id IN (SELECT order_id FROM items WHERE @{qty > 1@|product = 'pen'@|price BETWEEN 1 AND 6@}))
SELECT CASE WHEN EXISTS (SELECT 1 FROM @{users WHERE age > 50@|teams WHERE id = 99@|orders@}) THEN 'yes' ELSE 'no' END AS answer
SELECT (SELECT name FROM users WHERE id = t.id), (SELECT count(*) FROM users WHERE team_id = t.id) AS n FROM teams t@{@| ORDER BY 2, 1@| WHERE t.id < 3@}
# ---- CTEs ----
WITH q AS (SELECT @{id, name FROM users@|1 AS id, 'x' AS name@|id, title AS name FROM teams@|id, name FROM grown@}) SELECT @{*@|id@|name AS n@|count(*)@} FROM q@{@| WHERE id > 1@| AS r@}
WITH q(a) AS (SELECT id, name FROM users) SELECT a FROM q
WITH q(a, b) AS (SELECT id, @{name@|age@} FROM users) SELECT @{a@|*@|a + 1 AS c@} FROM q WHERE a > 1
WITH q(a, b) AS @{@|MATERIALIZED @|NOT MATERIALIZED @}(SELECT id, name FROM users@{@| WHERE age > 20@}) SELECT q.b, q.a FROM q@{@| JOIN users u ON u.id = q.a@|, q AS r WHERE q.a = r.a@}
WITH a AS (SELECT id FROM users), b AS (SELECT id FROM @{a@|users@|teams@} WHERE id > 1) SELECT @{b.id@|b.id, a.id@|count(*)@} FROM b @{JOIN@|LEFT JOIN@} a ON a.id = b.id
WITH users AS (SELECT @{7 AS id, 'seven' AS name@|id, name FROM public.users@|id, nick AS name FROM other.users@}) SELECT id, name FROM users@{@| ORDER BY id@}
WITH RECURSIVE c(n) AS (@{VALUES (1)@|SELECT 1@} @{UNION ALL@|UNION@} SELECT n + 1 FROM c WHERE n < @{5@|3@}) SELECT @{n@|sum(n)@|*@|count(*), max(n)@} FROM c
WITH RECURSIVE up AS (SELECT id, parent_id, 0 AS depth FROM teams WHERE id = @{3@|4@|1@} UNION ALL SELECT t.id, t.parent_id, up.depth + 1 FROM teams t JOIN up ON t.id = up.parent_id) SELECT @{*@|id, depth@|max(depth)@} FROM up@{@| WHERE depth > 0@}
WITH RECURSIVE down(id, path) AS (SELECT id, title::text FROM teams WHERE parent_id IS NULL UNION ALL SELECT t.id, d.path || '/' || t.title FROM teams t, down d WHERE t.parent_id = d.id) SELECT @{path@|id, path@|max(length(path))@} FROM down
WITH a AS (WITH b AS (SELECT id FROM users) SELECT id FROM b WHERE id > @{1@|3@}) SELECT id FROM a@{@| ORDER BY id DESC@}
SELECT * FROM (WITH x AS (SELECT 5 AS f) SELECT f, f + 1 AS g FROM x) s@{@| WHERE g = 6@}
SELECT name FROM users WHERE id IN (WITH z AS (SELECT @{2@|max(user_id) FROM orders@}) SELECT * FROM z)
WITH x AS (SELECT id, team_id FROM users) SELECT t.title, (SELECT count(*) FROM x WHERE x.team_id = t.id) AS n FROM teams t@{@| ORDER BY n, t.id@}
WITH unused AS (SELECT @{1@|id FROM users@|budget FROM teams@}) SELECT 2 AS two
# ---- set operations ----
SELECT name FROM users @{UNION@|UNION ALL@|INTERSECT@|EXCEPT@} SELECT @{title FROM teams@|name FROM users WHERE id > 3@|'ann'@|nick FROM other.users@}@{@| ORDER BY 1@| ORDER BY name LIMIT 3@}
SELECT id, name FROM users @{UNION@|UNION ALL@|EXCEPT@} SELECT id, title FROM teams @{UNION@|UNION ALL@|EXCEPT@} SELECT 99, 'x'@{@| ORDER BY 2, 1@}
SELECT 1 AS a UNION SELECT @{2@|NULL@|1@} UNION ALL SELECT 2@{@| EXCEPT SELECT 1@| ORDER BY a DESC@| LIMIT 2@}
SELECT id FROM users INTERSECT SELECT @{id FROM teams@|user_id FROM orders@} @{UNION@|UNION ALL@|EXCEPT@} SELECT 3
SELECT count(*) FROM (SELECT name FROM users @{UNION@|UNION ALL@|INTERSECT@|EXCEPT@} SELECT title FROM teams) s
SELECT id FROM users WHERE id IN (SELECT id FROM teams @{UNION@|UNION ALL@|INTERSECT@|EXCEPT@} SELECT 3)
SELECT u.id AS "Id", 'u' AS k FROM users u UNION ALL SELECT t.id, 't' FROM teams t UNION ALL SELECT o.id, o.state FROM orders o ORDER BY @{"Id"@|1, 2@|k, "Id"@|2 DESC, 1@}@{@| LIMIT 4 OFFSET 2@}
# ---- VALUES ----
VALUES @{(1)@|(1, 'a')@|(1), (2)@|(1, 'a'), (2, NULL)@|(1 + 1, 'a' || 'b')@|(NULL)@|(true), (false)@}@{@| ORDER BY 1@| LIMIT 1@}
SELECT @{*@|column1@|v.column1@|count(*)@} FROM (VALUES @{(1)@|(1), (2)@|(3), (NULL)@}) @{v@|AS v@}
SELECT column2, column1 + 1 AS a FROM (VALUES (1, 'a'), (2, 'b')) AS v@{@| WHERE column1 = 2@| ORDER BY column2 DESC@}
VALUES (1, 2) @{UNION@|UNION ALL@|EXCEPT@} @{SELECT 3, 4@|VALUES (1, 2)@|SELECT id, age FROM users@}
SELECT id FROM users WHERE (id, team_id) IN (VALUES (1, 1), (3, 2))
# ---- windows ----
SELECT id, @{row_number()@|rank()@|dense_rank()@|percent_rank()@|cume_dist()@|ntile(2)@|count(*)@|sum(age)@|max(name)@|first_value(name)@|last_value(name)@|nth_value(name, 2)@|lag(name)@|lag(name, 1)@|lead(age, 1, 0)@} OVER (@{ORDER BY id@|PARTITION BY team_id ORDER BY id@|PARTITION BY team_id, active ORDER BY age DESC NULLS LAST, id@|ORDER BY age, id@}) FROM users
SELECT id, sum(age) OVER (@{@|PARTITION BY team_id@|PARTITION BY team_id, active@|ORDER BY id@}) AS s FROM users@{@| ORDER BY id@}
SELECT id, sum(id) OVER (ORDER BY id @{ROWS@|GROUPS@} @{UNBOUNDED PRECEDING@|1 PRECEDING@|CURRENT ROW@|BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW@|BETWEEN 1 PRECEDING AND 1 FOLLOWING@|BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING@|BETWEEN 2 PRECEDING AND 1 PRECEDING@|BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING@|BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING@}) FROM users
SELECT id, sum(id) OVER (ORDER BY id RANGE @{UNBOUNDED PRECEDING@|BETWEEN 1 PRECEDING AND 1 FOLLOWING@|CURRENT ROW@|BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING@}@{@| EXCLUDE CURRENT ROW@| EXCLUDE GROUP@| EXCLUDE TIES@| EXCLUDE NO OTHERS@}) FROM users
SELECT id, @{sum(age) OVER w@|rank() OVER w@|count(*) OVER (w)@|sum(id) OVER (w ROWS 1 PRECEDING)@} FROM users WINDOW w AS (@{ORDER BY id@|PARTITION BY team_id ORDER BY id@})@{@| ORDER BY id@}
SELECT id, max(id) OVER a, min(id) OVER b FROM users WINDOW a AS (PARTITION BY team_id), b AS (@{a ORDER BY id@|ORDER BY id@|PARTITION BY active ORDER BY id ROWS 1 PRECEDING@})
SELECT team_id, sum(count(*)) OVER (ORDER BY team_id) FROM users GROUP BY team_id@{@| ORDER BY 1@}
SELECT id, avg(age) FILTER (WHERE @{age > 26@|active@|team_id IS NOT NULL@}) OVER (@{@|ORDER BY id@|PARTITION BY team_id@}) FROM users
SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY @{team_id@|active@|age > 30@} ORDER BY id DESC) AS rn FROM users) s WHERE rn = 1
SELECT id FROM users ORDER BY @{row_number() OVER (ORDER BY name DESC)@|count(*) OVER (PARTITION BY team_id), id@|sum(id) OVER (ORDER BY id), id@}
# ---- still to come ----
SELECT u.name, x.amount FROM users u @{JOIN LATERAL@|LEFT JOIN LATERAL@} (SELECT o.amount FROM orders o WHERE o.user_id = u.id ORDER BY o.amount DESC LIMIT 1) x@{ ON true@| ON x.amount > 5@}
SELECT u.name, x.amount FROM users u CROSS JOIN LATERAL (SELECT o.amount FROM orders o WHERE o.user_id = u.id ORDER BY o.amount DESC LIMIT @{1@|2@}) @{x@|AS x@|x(amount)@}
SELECT u.id, t.title, x.n FROM users u, teams t, LATERAL (SELECT count(*) AS n FROM orders o WHERE o.user_id = u.id AND t.id = u.team_id) x
SELECT u.id, y.n FROM users u JOIN (teams t JOIN LATERAL (SELECT t.id * 2 AS n) y ON true) ON t.id = u.team_id
SELECT u.id, z.m FROM users u, LATERAL (SELECT u.id + 1 AS n) y, LATERAL (SELECT y.n + u.id AS m) z WHERE z.m > 4
SELECT u.id, (SELECT max(y.n) FROM teams t, LATERAL (SELECT t.id + u.id AS n) y) AS m FROM users u
!refused(to the left of its RIGHT): SELECT 1 FROM users u @{RIGHT@|FULL@} JOIN LATERAL (SELECT u.id) x ON true
!refused: SELECT 1 FROM users u, (SELECT u.id) x
!refused(ON or USING): SELECT 1 FROM users u @{JOIN@|LEFT JOIN@|INNER JOIN@} teams t
!refused: SELECT 1 FROM users u CROSS JOIN teams t ON true
SELECT u.name, x.n FROM users u, LATERAL (SELECT @{count(*)@|max(o.id)@|sum(o.amount)@} AS n FROM orders o WHERE o.user_id = u.id) @{x@|AS x@}@{@| WHERE x.n > 0@}
SELECT id FROM users@{@| WHERE id = 1@} FOR @{UPDATE@|NO KEY UPDATE@|SHARE@|KEY SHARE@}@{@| OF users@}@{@| NOWAIT@| SKIP LOCKED@}
SELECT u.id FROM users u JOIN teams t ON t.id = u.team_id FOR @{UPDATE OF u@|SHARE OF u, t@|UPDATE OF u FOR SHARE OF t@}
SELECT DISTINCT ON (@{team_id@|team_id, active@|age % 2@}) id, name FROM users@{@| ORDER BY 1@}
SELECT team_id, active, count(*) FROM users GROUP BY @{GROUPING SETS ((team_id), (active))@|GROUPING SETS ((team_id, active), (team_id), ())@|ROLLUP (team_id, active)@|CUBE (team_id, active)@|team_id, ROLLUP (active)@}@{@| HAVING count(*) > 1@}
SELECT team_id, grouping(team_id) AS g, count(*) FROM users GROUP BY ROLLUP (team_id)
SELECT id FROM users ORDER BY id@{ FETCH FIRST 2 ROWS ONLY@| FETCH NEXT ROW ONLY@| OFFSET 1 ROW FETCH FIRST 3 ROWS ONLY@| OFFSET 2 ROWS@| LIMIT ALL@}
SELECT age FROM users ORDER BY age FETCH FIRST 2 ROWS WITH TIES
TABLE @{users@|teams@|public.users@}
(SELECT id FROM users) @{UNION@|INTERSECT@|EXCEPT@} @{SELECT id FROM teams@|(SELECT id FROM teams ORDER BY id LIMIT 1)@}
(SELECT id FROM users ORDER BY id LIMIT @{1@|2@})
SELECT * FROM @{users AS u(a, b)@|(SELECT id, name FROM users) AS s(a, b)@|(VALUES (1, 'a')) AS v(x, y)@|generate_series(1, 3) AS g(n)@|users u (a)@|grown AS g(x, y, z)@}
SELECT s.b, s.a FROM (SELECT id, name FROM users@{@| UNION SELECT id, title FROM teams@}) @{s@|AS s@}(a, b) WHERE s.a > 1 ORDER BY s.a, s.b
SELECT v.* FROM (VALUES @{(1, 'a'), (2, 'b')@|(3, NULL)@}) @{v@|v(x, y)@|AS v (x)@}@{@| ORDER BY 1@}
!refused(other columns than): SELECT 1 FROM (SELECT id FROM users) s(a, b)
!refused(an alias for a join): SELECT * FROM (users u JOIN teams t ON t.id = u.team_id) AS j
SELECT * FROM ((SELECT id FROM users) UNION (SELECT id FROM teams)) s
SELECT * FROM ((SELECT id FROM users ORDER BY id LIMIT 2)) s
SELECT s.id, t.title FROM ((SELECT id FROM users) s JOIN teams t ON t.id = s.id)
SELECT * FROM (((SELECT 1 AS x)) UNION ALL SELECT 2) s
(SELECT id FROM users LIMIT 2) ORDER BY id DESC
(SELECT id FROM users ORDER BY id) LIMIT 2
(SELECT id FROM users) OFFSET 4
WITH q AS (SELECT 1 AS x) (SELECT x FROM q)
!refused(inside and outside): (SELECT id FROM users ORDER BY id) ORDER BY id DESC
SELECT id FROM users @{UNION@|UNION ALL@|EXCEPT@|EXCEPT ALL@} SELECT id FROM teams @{INTERSECT@|INTERSECT ALL@} SELECT @{1@|id FROM orders@}@{@| UNION ALL SELECT 99@} ORDER BY 1
SELECT id FROM users INTERSECT SELECT id FROM teams UNION SELECT 7 INTERSECT SELECT 7 ORDER BY id
SELECT id FROM users EXCEPT (SELECT id FROM teams UNION SELECT 1) ORDER BY id
(SELECT id FROM users ORDER BY id DESC LIMIT 1) UNION ALL (SELECT id FROM teams ORDER BY id LIMIT 1) ORDER BY @{id@|1@|id DESC@}
SELECT 1 AS a UNION (VALUES (2), (3)) ORDER BY a
((SELECT 1 AS a) UNION SELECT 2) INTERSECT SELECT 2
SELECT team_id, age, grouping(team_id, age) AS g, count(*) FROM users GROUP BY @{ROLLUP (team_id, age)@|CUBE (1, age)@|GROUPING SETS ((1, 2), ())@|GROUPING SETS (ROLLUP (team_id), CUBE (age))@|ROLLUP ((team_id, age))@|team_id, ROLLUP (age)@|DISTINCT ROLLUP (team_id, age), ROLLUP (team_id)@|ALL ROLLUP (age), team_id@}@{@| HAVING count(*) > 1@} ORDER BY team_id NULLS FIRST, age NULLS FIRST, g, 4
SELECT active, count(*) FROM users GROUP BY ROLLUP (active) ORDER BY active @{NULLS FIRST@|NULLS LAST@|DESC NULLS LAST@}
SELECT upper(name) AS n, count(*) FROM users GROUP BY @{ROLLUP (n)@|ROLLUP (1)@|GROUPING SETS (upper(name), ())@|GROUPING SETS ((), ())@} HAVING true
!refused: SELECT count(*) FROM users GROUP BY ROLLUP (@{2@|nosuch@|)@}
SELECT DISTINCT ON (@{team_id@|1@|t@|team_id, active@|lower(name)@}) team_id AS t, id, name FROM users ORDER BY @{team_id, id@|1, id@|t, id DESC@}@{@| LIMIT 2@}
SELECT id, age FROM users ORDER BY age NULLS LAST @{FETCH FIRST 2 ROWS WITH TIES@|OFFSET 1 FETCH NEXT 1 ROW WITH TIES@|FETCH FIRST (2) ROWS ONLY@}
!refused(WITH TIES without ORDER BY): SELECT id FROM users FETCH FIRST 2 ROWS WITH TIES
SELECT id, sum(age) OVER (@{w@|w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW@|w GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING EXCLUDE TIES@|w RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE GROUP@|w ROWS 2 PRECEDING EXCLUDE NO OTHERS@}) FROM users WINDOW w AS (ORDER BY id)
SELECT id, sum(age) OVER v, count(*) OVER (v ROWS UNBOUNDED PRECEDING) FROM users WINDOW w AS (PARTITION BY team_id), v AS (w ORDER BY id)
SELECT id FROM users WHERE id IN (SELECT id FROM users ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
SELECT id FROM users ORDER BY id LIMIT 2 FOR UPDATE
SELECT id FROM users ORDER BY id FOR SHARE LIMIT 2
SELECT q.id FROM (SELECT id FROM users WHERE id < 3 FOR UPDATE) q
!refused(FOR UPDATE): SELECT @{DISTINCT id FROM users@|count(*) FROM users GROUP BY id@|id FROM users UNION SELECT 1@|s.id FROM (SELECT id FROM users) s@|id FROM grown@} FOR UPDATE
!refused(no such table in FROM): SELECT u.id FROM users u FOR UPDATE OF users
SELECT * FROM @{json_each('{"a": 1}')@|json_each_text('{"a": 1, "b": null}')@|jsonb_each('{"a": {"c": 2}}')@|jsonb_each_text('{"a": 1}')@|json_array_elements('[1, 2]')@|json_array_elements_text('["x", null]')@|jsonb_array_elements_text('["x"]')@|json_object_keys('{"a": 1, "b": 2}')@|jsonb_object_keys('{"z": 1}')@|regexp_split_to_table('a b c', ' ')@|string_to_table('a,b,,', ',')@|string_to_table('a,b', ',', 'b')@}@{@| AS f@| WITH ORDINALITY@| WITH ORDINALITY AS f@}
SELECT f.* FROM @{generate_series(1, 3)@|generate_series(5, 1, -2)@|generate_series(3, 1)@} f@{@|(n)@} ORDER BY 1 DESC
SELECT d.id, e.key, e.value FROM docs d@{, @| CROSS JOIN LATERAL @| CROSS JOIN @}jsonb_each(d.body) e WHERE d.id @{= 1@|IN (1, 4)@}
SELECT t.id, n, i FROM things t LEFT JOIN unnest(t.ints) WITH ORDINALITY AS a(n, i) ON true ORDER BY 1, 3
SELECT t.id, a.x, a.y FROM things t, unnest(t.ints, t.words) a(x, y)
SELECT t.id, w FROM things t, unnest(t.words) w WHERE w IS NOT NULL
SELECT * FROM @{unnest('{1,2,3}'::int[])@|generate_subscripts('{5,6}'::int[], 1)@}@{@| AS f@| WITH ORDINALITY@}
SELECT * FROM ROWS FROM (generate_series(1, 2), unnest('{a,b,c}'::text[])) @{r@|WITH ORDINALITY r@|AS r(a, b)@}
SELECT count(*) FROM ROWS FROM (jsonb_each('{"a": 1}'), generate_series(1, 4)) WITH ORDINALITY AS r
!refused: SELECT * FROM @{pg_ls_dir('.')@|dblink('x')@|nosuch(1)@|pg_catalog.generate_series(1, 2)@|json_to_record('{}') AS r(a int)@|abs(1)@|public.users(1)@}
WITH q(a) AS (SELECT id, name FROM users) SELECT a, name FROM q
TABLE teams ORDER BY id DESC LIMIT 2
SELECT * FROM (TABLE teams) t WHERE EXISTS (TABLE users)
SELECT id FROM users * ORDER BY id
SELECT id FROM ONLY (users) u
!refused(SELECT INTO): SELECT id INTO x FROM users
!refused(SEARCH): WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SEARCH DEPTH FIRST BY i SET o SELECT i FROM n
!refused(CYCLE): WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) CYCLE i SET c USING p SELECT i FROM n
SELECT * FROM ONLY @{parted@|users@}
SELECT id FROM users TABLESAMPLE @{SYSTEM@|BERNOULLI@} (100)@{@| REPEATABLE (1)@}
!refused: SELECT id FROM users TABLESAMPLE nosuch (50)
SELECT * FROM @{generate_series(1, 3)@|generate_series(1, 3) AS g(n)@|jsonb_array_elements('[1]')@|ROWS FROM (generate_series(1, 2))@}
SELECT * FROM unnest(ARRAY[1, 2]) WITH ORDINALITY
!refused(SELECT without outputs): SELECT FROM users
SELECT id FROM users INTERSECT ALL SELECT id FROM teams
SELECT id FROM users EXCEPT ALL SELECT id FROM teams
SELECT id FROM users UNION SELECT id FROM teams INTERSECT SELECT 1
!refused(an alias for the columns of USING): SELECT * FROM users JOIN teams USING (id) AS j
SELECT id FROM users ORDER BY id OFFSET 1 LIMIT 2
SELECT id FROM users UNION DISTINCT SELECT id FROM teams
SELECT public.users.id@{, public.users.name AS n@|@} FROM @{public.users@|users@|public.users, other.users AS o@} WHERE public.users.id < 3 ORDER BY public.users.id
SELECT u.nick, public.users.name FROM public.users, other.users u WHERE public.users.id = u.id
SELECT public.users.id, other.users.nick FROM public.users JOIN other.users ON public.users.id = other.users.id
!refused(no such column): SELECT @{other.users.id@|public.u.id@|nosuch.users.id@} FROM users @{@|u@}
SELECT id FROM users WHERE id IN (@{(SELECT id FROM teams) UNION SELECT 5@|(SELECT id FROM teams)@|(SELECT 1) UNION ALL (SELECT 2)@|(SELECT id FROM teams) EXCEPT (SELECT 1)@}) ORDER BY id
SELECT ((SELECT 1) UNION SELECT 1) AS x, (((SELECT 2))) AS y, ((SELECT 3) ORDER BY 1 LIMIT 1) AS z, (SELECT 1) + 1 AS w
SELECT id FROM users WHERE EXISTS ((SELECT 1 WHERE false) UNION SELECT id FROM teams WHERE teams.id = users.id) ORDER BY id
# ---- queries in parentheses behind ANY and ALL ----
SELECT id FROM users WHERE id @{<= ALL@|= ANY@|>= SOME@} ((SELECT @{3@|id FROM teams@}) @{UNION@|UNION ALL@|EXCEPT ALL@} SELECT @{2@|id FROM users@})
SELECT id FROM users WHERE id @{<= ALL@|= ANY@|>= SOME@} ((SELECT @{3@|id FROM teams@})@{@| ORDER BY 1 LIMIT 1@})
# ---- rows of one side alone, under a column of USING ----
SELECT id, @{g.price@|t.title@|g.id@} FROM gen g @{FULL@|RIGHT@|LEFT@} JOIN (SELECT id + 2 AS id, title FROM teams) t USING (id)@{@| WHERE id > 1@| ORDER BY 1@}
SELECT @{id@|*@|id + 1 AS x@} FROM gen g NATURAL @{FULL@|RIGHT@} JOIN (SELECT id + 2 AS id, title FROM teams) t @{FULL@|LEFT@|RIGHT@} JOIN (SELECT id + 4 AS id, body FROM docs) d USING (id)
# ---- without RECURSIVE a name is the table's until its query is done ----
WITH teams AS (SELECT @{id@|id, title@} FROM teams WHERE id @{< 3@|> 1@}) SELECT * FROM teams
WITH teams AS (SELECT 7 AS id UNION ALL SELECT id + 10 FROM teams WHERE id < @{3@|9@}) SELECT id FROM teams@{@| ORDER BY id@}
WITH users AS (SELECT id FROM teams), teams AS (SELECT id + 1 AS id FROM users WHERE id @{< 3@|> 1@}) SELECT u.id, t.id FROM users u JOIN teams t ON t.id = u.id
!refused: WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n
