# SPDX-License-Identifier: MIT
# A little of everything.
SELECT id, age FROM users ORDER BY age, id
SELECT upper(name), 1+1, 'x', NULL, ID, age IS NULL, count(*) OVER () FROM users WHERE id = 1
SELECT `name` FROM `users` WHERE `id` = 1 # comment
SELECT 5--1 AS six, 7 / 2 AS d, 7 % 4 AS m
SELECT id FROM users WHERE age <=> NULL ORDER BY id
SELECT if(age > 30, 'a', 'b') AS i, ifnull(age, 1) AS n FROM users ORDER BY id
SELECT id FROM users ORDER BY id LIMIT 1, 2
SELECT name AS 'who' FROM users WHERE id = 1
SELECT concat(name, 1) AS c, left(name, 1) AS l FROM users ORDER BY id
SELECT team_id AS t FROM users GROUP BY team_id HAVING t > 1 ORDER BY t
SELECT 1 | 2 & 3 << 1 AS b, 1 = 1 = 1 AS e
