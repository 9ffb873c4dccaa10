# * over joins with USING and NATURAL, one in another
SELECT * FROM teams a JOIN (SELECT id, age FROM users) b USING (id) JOIN (SELECT id, 3 AS z FROM docs) c USING (id) ORDER BY 1
!refused(is not in the SQL of sqlite): SELECT u.id FROM users u JOIN teams t JOIN orders o ON o.user_id = t.id ON t.id = u.team_id
!refused(is not in the SQL of sqlite): SELECT main.users.* FROM main.users
# names told apart
SELECT * FROM (SELECT * FROM teams a JOIN teams b ON a.id = b.id) ORDER BY 1
SELECT * FROM (SELECT a.id, b.id, a.id, a.title FROM teams a, teams b WHERE a.id = b.id) q ORDER BY 1
SELECT * FROM (SELECT * FROM (SELECT a.id, b.id FROM teams a, teams b WHERE a.id = b.id) x JOIN teams ON 1 = 1) y ORDER BY 1, 3
WITH q AS (SELECT a.id, b.id, a.title FROM teams a JOIN teams b ON a.id = b.id) SELECT * FROM q ORDER BY 1
SELECT "id:1" FROM (SELECT a.id, b.id FROM teams a JOIN teams b ON a.id = b.id) ORDER BY 1
