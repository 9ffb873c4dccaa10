# SPDX-License-Identifier: MIT
# A little of everything.
SELECT id, age FROM users ORDER BY age, id
SELECT id, age FROM users ORDER BY age DESC NULLS LAST, id
SELECT upper(name), 1 + 1, 'x', NULL, true, id::text, CASE WHEN true THEN 1 END, age IS NULL FROM users WHERE id = 1
SELECT count(*), sum(age), coalesce(1, 2), current_date = current_date FROM users
SELECT (SELECT 1), EXISTS (SELECT 1), '5'::int4, CAST(1.5 AS numeric(5,2)), $$it's$$ FROM users WHERE id = 1
SELECT Name, USERS.ID FROM Users ORDER BY ID
SELECT id FROM users WHERE age IS DISTINCT FROM 25 ORDER BY id
SELECT max(age) FROM users ORDER BY max
SELECT extract(year FROM DATE_TRUNC('year', CAST('2024-05-06' AS timestamp))) AS y
SELECT string_agg(name, ',') AS s FROM users WHERE id < 2
SELECT count(*) FILTER (WHERE age > 26) AS n FROM users
SELECT a.id FROM users a FULL JOIN orders o ON o.user_id = a.id WHERE o.id > 0 ORDER BY o.id
SELECT v.column1 FROM (VALUES (1), (2)) v ORDER BY 1
SELECT left(name, 1), right(name, 1) FROM users WHERE id = 1
