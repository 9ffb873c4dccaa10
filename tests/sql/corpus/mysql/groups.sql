# aggregates, windows and rows where none may stand
!refused(the aggregate count() in RETURNING): DELETE FROM users WHERE id = 1 RETURNING count(*)
!refused(row of 2 values): SELECT @{(1, 2)@|(id, age)@|(SELECT 1, 2)@} FROM users
!refused(row of 2 values): SELECT * FROM (SELECT (1, 2) AS r) q
# HAVING names grouped columns, and outputs by their alias
!refused(HAVING with the column age): SELECT @{id@|id, name@|age + 1 AS a@|age@|id, age@} FROM users HAVING age > 30
!refused(HAVING with the column name): SELECT count(*) FROM users GROUP BY team_id HAVING name = 'x'
!refused(HAVING with the column age): SELECT age FROM users GROUP BY id HAVING @{age@|users.age@} > 30
SELECT @{id, age AS a@|age AS a, name@|u.age AS a@} FROM users u HAVING a > 30 ORDER BY 1
SELECT count(*) AS n FROM users GROUP BY team_id HAVING @{team_id > 1@|users.team_id IS NOT NULL@|max(age) > 30@|n > 1@} ORDER BY 1
SELECT team_id AS t, count(*) AS n FROM users GROUP BY t HAVING @{team_id > 1@|t > 1@|EXISTS (SELECT 1 FROM teams WHERE teams.id = users.team_id)@} ORDER BY 1
