# * over joins with USING and NATURAL, one in another
SELECT * FROM teams a @{JOIN@|LEFT JOIN@} (SELECT id, age, name FROM users) b USING (id) @{JOIN@|LEFT JOIN@} (SELECT id, 3 AS z, 31 AS age FROM docs) c USING (@{id@|id, age@}) ORDER BY 1
SELECT * FROM (SELECT 1 AS a, 2 AS b, 3 AS c) x NATURAL @{JOIN@|LEFT JOIN@|RIGHT JOIN@} (SELECT 3 AS c, 9 AS d, 1 AS a) y
SELECT * FROM (SELECT 1 AS a, 2 AS b, 3 AS c) x NATURAL JOIN (SELECT 3 AS c, 9 AS d, 1 AS a) y NATURAL @{JOIN@|LEFT JOIN@} (SELECT 9 AS d, 7 AS e, 2 AS b) z
SELECT * FROM (SELECT 1 AS a, 2 AS b) x JOIN ((SELECT 5 AS c, 1 AS a) y JOIN (SELECT 8 AS d, 5 AS c) z USING (c)) USING (a)
SELECT * FROM (SELECT 1 AS a, 2 AS b) x JOIN (SELECT 1 AS a, 5 AS c) y USING (a), (SELECT 4 AS a) w
SELECT x.*, y.a FROM (SELECT 1 AS a, 2 AS b) x JOIN (SELECT 1 AS a, 5 AS c) y USING (a)
# schema.table.*
!refused(no such table): SELECT main.u.* FROM main.users u
!refused(no such table): SELECT other.users.* FROM main.users
# a JOIN b JOIN c ON .. ON ..
SELECT u.id, t.title, o.id FROM users u LEFT JOIN teams t @{LEFT JOIN@|JOIN@} orders o ON o.user_id = t.id ON t.id = u.team_id @{@|WHERE u.age > 20 @|WHERE t.id < 9 @}ORDER BY 1, 3
SELECT u.id, t.title, o.id, p.id FROM users u @{LEFT@|RIGHT@} JOIN teams t LEFT JOIN orders o LEFT JOIN orders p ON p.id = o.id ON o.user_id = t.id ON t.id = u.team_id @{@|WHERE u.age > 20 @|WHERE t.id = 1 @|WHERE o.id IS NULL @}ORDER BY 1, 2, 3, 4
SELECT u.id, t.title, o.id FROM users u LEFT JOIN teams t LEFT JOIN orders o ON o.user_id = t.id LEFT JOIN items i ON i.order_id = o.id ON t.id = u.team_id WHERE u.id < 4 ORDER BY 1, 3
!refused(ON behind a join that has its condition): SELECT u.id FROM users u JOIN teams t JOIN orders o ON o.user_id = t.id ON t.id = u.team_id
SELECT count(*) AS n, team_id + 1 AS k FROM users GROUP BY team_id ORDER BY @{k + 1, n@|-k@|k * 2@|n, k + 1@}
!refused(an expression of ORDER BY over the aggregate n): SELECT count(*) AS n, team_id AS k FROM users GROUP BY team_id ORDER BY @{n + k@|-n@}
