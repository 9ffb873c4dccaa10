# aggregates, windows and rows where none may stand
!refused(row of 2 values): SELECT @{(1, 2)@|(id, age)@|(SELECT 1, 2)@} FROM users
!refused(row of 2 values): SELECT * FROM (SELECT (1, 2) AS r) q
!refused(the aggregate count() in RETURNING): @{DELETE FROM users WHERE id = 1@|INSERT INTO teams (id) VALUES (99)@} RETURNING count(*)
