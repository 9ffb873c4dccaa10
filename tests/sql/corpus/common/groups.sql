# SPDX-License-Identifier: MIT
# Aggregates where they may stand and where not, the same in all dialects.
!refused(the aggregate count() in WHERE): SELECT id FROM users WHERE count(*) > 1
!refused(the aggregate max() in WHERE): SELECT id FROM users WHERE @{max(age)@|1 + max(age)@|NOT max(age) IS NULL@|CASE WHEN max(age) > 1 THEN 1 END@} > 1
!refused(the aggregate count() in ON): SELECT u.id FROM users u JOIN teams t ON @{count(*) = 1@|t.id = count(u.id)@}
!refused(the aggregate sum() in GROUP BY): SELECT @{sum(age)@|1@} FROM users GROUP BY sum(age)
!refused(the aggregate max() in SET): UPDATE users SET age = max(age) WHERE id = 1
!refused(the aggregate max() in WHERE): @{DELETE FROM users@|UPDATE users SET age = 1@} WHERE age = max(age)
!refused(the aggregate count() in VALUES): INSERT INTO teams (id, title) VALUES (count(*), 'x')
!refused(the aggregate count() in the arguments of another): SELECT @{sum(count(*))@|max(1 + count(*))@|count(count(id))@} FROM users
!refused(row_number() with OVER in WHERE): SELECT id FROM users WHERE row_number() OVER (ORDER BY id) = 1
!refused(count() with OVER in GROUP BY): SELECT 1 FROM users GROUP BY count(*) OVER ()
!refused(rank() with OVER in HAVING): SELECT count(*) FROM users HAVING rank() OVER (ORDER BY count(*)) = 1
!refused(rank() with OVER in the arguments): SELECT @{sum@|max@}(rank() OVER (ORDER BY id)) FROM users
SELECT id FROM users WHERE age = (SELECT max(age) FROM users)
SELECT team_id, @{(SELECT max(t.id) FROM teams t WHERE t.id > users.team_id)@|(SELECT count(*) FROM items)@} AS m FROM users GROUP BY team_id ORDER BY 1
SELECT team_id FROM users u GROUP BY team_id HAVING @{max(age) > 30@|sum(CASE WHEN age > 30 THEN 1 ELSE 0 END) > 0@} ORDER BY 1
SELECT team_id, sum(count(*)) OVER (ORDER BY team_id) AS running FROM users GROUP BY team_id ORDER BY 1
SELECT team_id, rank() OVER (ORDER BY count(*) DESC, team_id) AS r FROM users GROUP BY team_id ORDER BY 2
