# SPDX-License-Identifier: MIT
# A little of everything, the same in all dialects.
SELECT @{a$b.id@|a$b.id AS x$y@|id AS n$@|name AS _$1@} FROM users @{AS a$b@|a$b@}@{@| WHERE a$b.id < 3@| ORDER BY id@}
SELECT 1 AS minus, minus.id FROM users minus ORDER BY 2
SELECT id, name FROM users ORDER BY id
SELECT * FROM users ORDER BY id
SELECT u.*, t.title FROM users u JOIN teams t ON t.id = u.team_id ORDER BY u.id
SELECT t.title, u.name FROM users u RIGHT JOIN teams t ON t.id = u.team_id ORDER BY t.id, u.id
SELECT u.id FROM users u, teams t WHERE u.team_id = t.id ORDER BY u.id
SELECT u.id FROM teams t, users u JOIN orders o ON o.user_id = u.id WHERE t.id = u.team_id ORDER BY o.id
SELECT name AS who, age + 1 AS older FROM users WHERE age > 20 AND age < 40 ORDER BY who
SELECT count(*) AS n, sum(age) AS s, min(name) AS a, max(name) AS b FROM users
SELECT team_id, count(*) AS n FROM users GROUP BY team_id HAVING count(*) > 1 ORDER BY team_id
SELECT team_id AS t, count(*) AS n FROM users WHERE team_id IS NOT NULL GROUP BY t ORDER BY n DESC, t
SELECT DISTINCT age FROM users WHERE age IS NOT NULL ORDER BY age DESC
SELECT id FROM users WHERE name IN ('ann', 'eve') OR id BETWEEN 2 AND 3 ORDER BY id
SELECT id FROM users WHERE name LIKE 'd%' OR name NOT LIKE '%e%' ORDER BY id
SELECT id FROM users WHERE NOT (age > 30) ORDER BY 1
SELECT id FROM users WHERE id IN (SELECT user_id FROM orders) ORDER BY id
SELECT id FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id) ORDER BY id
SELECT id FROM users u WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id) ORDER BY id
SELECT id, (SELECT count(*) FROM orders o WHERE o.user_id = u.id) AS n FROM users u ORDER BY id
SELECT CASE WHEN age > 30 THEN 'old' WHEN age IS NULL THEN 'none' ELSE 'young' END AS c FROM users ORDER BY id
SELECT CASE team_id WHEN 1 THEN 'one' ELSE 'more' END AS c FROM users ORDER BY id
SELECT coalesce(age, 0) AS a, nullif(age, 25) AS b FROM users ORDER BY id
SELECT id FROM users UNION SELECT id FROM teams ORDER BY id
SELECT id FROM users UNION ALL SELECT id FROM teams ORDER BY 1 LIMIT 3
SELECT id FROM users EXCEPT SELECT id FROM teams ORDER BY 1
SELECT id FROM users INTERSECT SELECT id FROM teams ORDER BY 1
WITH q AS (SELECT id, age FROM users WHERE age > 20) SELECT q.id FROM q ORDER BY q.id
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n ORDER BY i
SELECT s.id FROM (SELECT id, age FROM users ORDER BY age LIMIT 2) s ORDER BY s.id
SELECT id, row_number() OVER (ORDER BY name, id) AS n FROM users ORDER BY id
SELECT id, sum(age) OVER (PARTITION BY team_id ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM users ORDER BY id
SELECT upper(name) AS u, lower(name) AS l, length(name) AS n FROM users ORDER BY id
SELECT name || '-' || name AS d FROM users ORDER BY id
SELECT id FROM users ORDER BY id LIMIT 2 OFFSET 1
SELECT id FROM users WHERE (id, team_id) IN ((1, 1), (3, 2)) ORDER BY id
SELECT 1 + 2 * 3 - 4 AS a, (1 + 2) * 3 AS b, 7 % 4 AS c, -(-5) AS d
SELECT 'it''s' AS q, 'a\b' AS s, '%' AS p
SELECT "name" FROM "users" WHERE "id" = 1
SELECT id FROM users WHERE age IS NULL ORDER BY id
SELECT CAST('12' AS DECIMAL(10,2)) AS d, CAST(id AS CHAR(1)) AS c FROM users ORDER BY id
!refused: SELECT id FROM users, teams
!refused: INSERT INTO gen(id, twice) VALUES (1, 2)
!refused: UPDATE gen SET twice = 1
