# aggregates, windows and rows where none may stand
!refused(the aggregate count() in RETURNING): DELETE FROM users WHERE id = 1 RETURNING count(*)
!refused(row of 2 values): SELECT @{(SELECT 1, 2)@|id, (SELECT u.id, 2)@} FROM users u
