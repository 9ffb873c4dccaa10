# SPDX-License-Identifier: MIT
# INSERT, UPDATE, DELETE and the dialect's own forms.
INSERT INTO kv(k) VALUES ('n')
UPDATE kv SET n = n + 1@{@| WHERE k = 'x'@}
DELETE FROM kv@{@| WHERE n > 1@}
# ---- insert
INSERT INTO teams @{(id, title) VALUES (9, 'x')@|VALUES (9, 'x', 1.5, 1)@|(title, id) VALUES ('x', 9)@|(id, title, budget) VALUES (9, 'x', NULL), (10, 'y', 1 + 1)@|(id, title, parent_id) SELECT 9, 'x', max(id) FROM teams@|(id, title) SELECT id + 100, name FROM users WHERE id < 3@|SELECT id + 100, name, age, 1 FROM users@|(id, title) VALUES (9, (SELECT max(name) FROM users))@|(id, title) SELECT 9, 'a' UNION SELECT 10, 'b'@}@{@| RETURNING id@| RETURNING *@| RETURNING id AS i, concat(title, '!')@| RETURNING budget IS NULL, upper(title) AS u@}
!refused: INSERT INTO log VALUES (@{@|1, 2@})
INSERT @{INTO log() VALUES ()@|log(what) VALUES ('a')@|INTO log(id, what) VALUES (DEFAULT, 'k')@|INTO log SET what = 'a', order_id = 1@|INTO log(what) VALUE ('a')@}@{@| RETURNING id, what@| RETURNING *@}
INSERT INTO log@{(what) VALUES ('a')@|(what, order_id) VALUES ('a', 1), ('b', NULL)@|(id, what) VALUES (77, 'k')@}@{@| RETURNING id, what@| RETURNING *@}
INSERT INTO gen(@{id, price) VALUES (9, 4)@|id) VALUES (9)@|id, price, label) VALUES (9, 4, 'l'), (10, NULL, NULL)@|id, price) SELECT id + 10, price FROM gen@}@{@| RETURNING twice@| RETURNING *@| RETURNING id, label, twice + 1 AS t@}
INSERT INTO orders(id, user_id, amount) VALUES (@{90, 1, 2.5@|91, 2, 0@|92, 1 + 1, 10 / 4.0@|93, (SELECT max(id) FROM users), 1@})@{@| RETURNING id, state@| RETURNING day IS NULL, amount * 2 AS twice@}
INSERT INTO users(id, name) SELECT id + 50, title FROM teams WHERE id @{< 3@|= 1@}
INSERT INTO users(id, name, @{note@|email@}) SELECT id + 50, title, @{budget@|NULL@|concat('m', id)@} FROM teams WHERE id @{< 3@|= 1@}
INSERT INTO @{`Mixed Case`(`Id`, `Some Name`, `a``b`) VALUES (9, 'n', 'z')@|`select`(`from`, `order`) VALUES (9, 'o')@|`select` VALUES (9, 'o', 1, 2)@|`Mixed Case`(id, `some name`) VALUES (9, 'm')@}@{@| RETURNING *@}
INSERT IGNORE INTO kv(k, v, n) VALUES @{('n', 'v', 5)@|('x', 'dup', 1)@|('n', '1', 1)@|('n', 'a', 1), ('x', 'b', 2), ('m', 'c', 3)@}
INSERT INTO kv(k, v, n) VALUES @{('x', 'dup', 1)@|('n', '1', 1)@|('n', 'a', 1), ('x', 'b', 2)@}
REPLACE INTO kv@{(k, v) VALUES ('x', 'new')@|(k, v, n) VALUES ('q', '1', 1)@| VALUES ('a', 'b', 3), ('x', 'y', 4)@| SELECT k, upper(v), n + 1 FROM kv@}@{@| RETURNING k, v@}
INSERT INTO kv(k, v, n) VALUES ('x', 'new', 9) ON DUPLICATE KEY UPDATE @{v = VALUES(v)@|n = n + 1@|v = concat(v, VALUES(v)), n = VALUES(n) + n@|v = upper(VALUES(v))@|n = (SELECT max(id) FROM users)@|v = NULL@|k = k@|n = kv.n * 2@|v = kv.k@}@{@| RETURNING k, v, n@}
INSERT INTO kv(k, v, n) VALUES ('y', 'new', 9), ('w', '1', 2) ON DUPLICATE KEY UPDATE v = @{concat(v, VALUES(v))@|VALUES(k)@|k@}, n = @{n@|VALUES(n)@|1@}
INSERT INTO kv(k, v) SELECT k, concat(v, '!') FROM kv WHERE @{true@|n > 1@} ON DUPLICATE KEY UPDATE v = VALUES(v)
INSERT INTO users(id, name, email) VALUES (1, 'n', 'bob@x.org') ON DUPLICATE KEY UPDATE @{name = VALUES(name)@|note = 'both'@|age = users.age + 1@}
@args 'p', 5 @ INSERT INTO kv(k, n) VALUES @{(?, ?)@|(upper(?), ? + 1)@|(?, ?) ON DUPLICATE KEY UPDATE n = VALUES(n)@}@{@| RETURNING k, n@}
@args 'p', 5, 'x' @ INSERT INTO kv(k, n, v) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE v = VALUES(v)@{@| RETURNING *@}
# ---- update
UPDATE @{users@|`users`@} SET age = @{age + 1@|NULL@|30@|id * 2@|-age@|coalesce(age, 0)@}@{@| WHERE id = 1@| WHERE age > 30@| WHERE users.id < 3@}
UPDATE users SET age = 1@{@| WHERE age > 20@} @{ORDER BY id LIMIT 2@|LIMIT 9@|ORDER BY age@}
UPDATE users SET @{name = 'x', note = concat(email, coalesce(note, ''))@|score = age, age = team_id@|active = NOT active@|created = '2025-01-01'@} WHERE @{id = 1@|id IN (2, 3)@|team_id IN (SELECT id FROM teams WHERE budget > 10)@|EXISTS (SELECT 1 FROM orders o WHERE o.user_id = users.id)@|0@}
!refused(SET that reads): UPDATE users SET @{name = 'x', note = name@|age = age + 1, score = age@|age = 1, score = age, team_id = 1@}
UPDATE users AS u SET age = @{u.age * 2@|(SELECT count(*) FROM orders o WHERE o.user_id = u.id)@} WHERE u.@{team_id = 1@|active@|id > 4@}
UPDATE users u SET u.age = 1 WHERE u.id = 1
UPDATE users @{u JOIN teams t ON t.id = u.team_id SET u.age = t.id@|u, teams t SET u.note = t.title WHERE t.id = u.team_id@}
!refused(several tables): UPDATE users u LEFT JOIN teams t ON t.id = u.team_id SET u.note = t.title, t.budget = 1
UPDATE orders SET @{state = 'paid'@|amount = amount * 2, state = upper(state)@|day = NULL@|user_id = 2@} WHERE @{id = 10@|state = 'new'@|user_id IN (SELECT id FROM users WHERE active)@}
UPDATE gen SET @{price = 9@|label = twice@|price = twice, label = 'n'@|price = price + 1@} @{WHERE id = 1@|WHERE twice > 10@|@}
UPDATE kv SET @{v = concat(upper(v), k)@|v = n, n = n + 1@|k = concat(k, '1')@|v = k@} WHERE @{k = 'x'@|n > 1@|v LIKE '1'@|k IN ('x', 'y')@}
UPDATE @{`select` SET `order` = 'n', `group` = `table`@|`Mixed Case` SET `Some Name` = 'n', upper = `Id`@|`select` SET `table` = `from` + 1@}
@args 41, 2 @ UPDATE users SET @{age = ? WHERE id = ?@|age = age + ? WHERE team_id = ?@|age = ? + id WHERE id > ?@}
# ---- delete
DELETE FROM items WHERE @{qty > 1@|product = 'pen'@|price BETWEEN 1 AND 6@|order_id IN (SELECT id FROM orders WHERE state = 'paid')@|1@}@{@| RETURNING product@| RETURNING *@| RETURNING order_id, line AS l@}
DELETE FROM orders@{@| WHERE user_id = 1@| WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.order_id = orders.id)@| WHERE amount > 10@}
DELETE FROM orders@{@| WHERE id > 10@} @{ORDER BY id LIMIT 2@|LIMIT 9@}
DELETE FROM orders@{@| WHERE user_id = 1@| WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.order_id = orders.id)@| WHERE amount > 10@}@{@| RETURNING id@| RETURNING id, amount * 2 AS a@}
DELETE FROM users WHERE @{id = 1@|id > 4@|team_id = 1@|name LIKE 'A%'@}@{@| RETURNING name@}
DELETE FROM @{docs@|nums@|texts@|things@|events@|gen@|log@}@{@| WHERE id = 1@}@{@| RETURNING *@}
@args 10, 'x' @ DELETE FROM @{orders WHERE id = ? AND state <> ?@|kv WHERE n < ? AND k = ?@|items WHERE order_id = ? OR product = ?@}@{@| RETURNING 1 AS one@}
!refused(several tables): DELETE o, i FROM orders o JOIN items i ON i.order_id = o.id
DELETE @{o@|o.*@} FROM orders o JOIN items i ON i.order_id = o.id WHERE @{i.qty > 1@|o.id = 10@}
# ---- not on this dialect, or not to be taken
!refused: INSERT INTO @{nope@|q@|nope.kv@} VALUES (1, 'a', 2)
!refused: INSERT INTO kv(@{k, k@|nope@|k, v, n, x@}) VALUES (1, 2)
!refused: INSERT INTO kv(k, v) VALUES @{(1)@|(1, 2, 3)@|(1, 2), (3)@}
!refused: UPDATE kv SET @{nope = 1@|k = nope@|(k, v) = (1, 2)@|excluded.k = 1@}
!refused: DELETE FROM @{nope@|kv, users@}
!refused: UPDATE kv SET n = 1 RETURNING k
!refused: @{MERGE INTO kv USING users ON 1 WHEN MATCHED THEN DELETE@|INSERT OR IGNORE INTO kv(k) VALUES (1)@|HANDLER kv OPEN@|DO sleep(1)@}
!refused: INSERT INTO kv(k) VALUES ('x') RETURNING @{nope@|users.id@|VALUES(k)@}
# ---- forms of INSERT
INSERT @{INTO @|@}kv@{ (k, v, n)@|(kv.k, v, kv.n)@} @{VALUES@|VALUE@} @{('a', DEFAULT, 1)@|('a', 'b', DEFAULT), ('c', 'd', 2)@|('a', NULL, 1 + 1)@}@{@| RETURNING k, n@}
INSERT @{INTO @|@}kv SET k = @{'a'@|concat('a', 'b')@}, @{n = 2@|n = DEFAULT@|kv.v = 'q', n = 7@}@{@| RETURNING *@}
INSERT INTO @{log@|gen@} () VALUES ()
INSERT IGNORE INTO kv(k, v, n) VALUES @{('x', 'dup', 1)@|('n', '1', 1)@|('n', 'a', 1), ('x', 'b', 2), ('m', 'c', 3)@}
INSERT IGNORE INTO kv(k, n) @{SELECT name, id FROM users@|SELECT k, n + 1 FROM kv@}
INSERT INTO kv(k, n) @{SELECT name, id FROM users WHERE id = 1@|WITH q AS (SELECT name, id FROM users WHERE id < 3) SELECT name, id FROM q WHERE id = 1@}@{@| RETURNING k@}
INSERT INTO kv(k, v, n) VALUES ('x', 'new', 9) ON DUPLICATE KEY UPDATE @{v = VALUES(v)@|n = n + 1@|n = kv.n + VALUES(n), v = concat(VALUES(v), '!')@|v = DEFAULT@|kv.n = 3@}
REPLACE @{INTO @|@}kv@{(k, v) VALUES ('x', 'new')@|(k, v, n) VALUES ('q', '1', 1)@| VALUES ('a', 'b', 3), ('x', 'y', 4)@| SELECT k, upper(v), n + 1 FROM kv@| SET k = 'x', n = 5@|(k, n) VALUES ('x', DEFAULT)@}
@args 'p', 5 @ INSERT INTO kv(k, n) VALUES @{(?, ?)@|(upper(?), ? + 1)@|(?, ?) ON DUPLICATE KEY UPDATE n = VALUES(n)@}
# ---- forms of UPDATE
UPDATE kv@{ AS t@| t@|@} SET @{n = DEFAULT@|n = n + 1@|v = NULL, n = 5@} @{WHERE k = 'x'@|ORDER BY k LIMIT 1@|WHERE n > 1 ORDER BY n DESC, k LIMIT 1@|ORDER BY v DESC@|LIMIT 0@}
UPDATE @{kv SET kv.n@|kv AS t SET t.n@|kv AS t SET n@} = 4 WHERE k = 'x'
@args 2 @ UPDATE users SET age = 1 ORDER BY id LIMIT ?
UPDATE users u @{JOIN@|INNER JOIN@} teams t ON t.id = u.team_id SET u.note = @{t.title@|concat(t.title, u.name)@|'c'@}@{@| WHERE u.age > 25@| WHERE t.title = 'red'@}
UPDATE @{users, teams@|teams CROSS JOIN users@} SET users.age = @{teams.id@|users.age + teams.id@}, users.note = @{'c'@|teams.title@} WHERE teams.id = users.team_id
UPDATE users u JOIN orders o ON u.id = o.user_id JOIN teams t ON t.id = u.team_id SET u.note = @{t.title@|'x'@} WHERE o.amount > @{5@|50@}
UPDATE (users u JOIN teams t ON t.id = u.team_id), teams p SET u.note = p.title WHERE p.id = t.parent_id
UPDATE teams t JOIN (SELECT team_id, count(*) AS c FROM users GROUP BY team_id) x ON x.team_id = t.id SET t.budget = x.c
UPDATE IGNORE users SET email = 'bob@x.org' WHERE id @{= 1@|= 2@|IN (1, 3)@}
!refused(has set before): UPDATE users u JOIN teams t ON t.id = u.team_id SET u.age = t.id, u.score = u.age
!refused(several tables): UPDATE users u JOIN teams t ON t.id = u.team_id SET @{u.age = 1, t.budget = 2@|age = 1@}
!refused(outer): UPDATE users u LEFT JOIN teams t ON t.id = u.team_id SET u.note = t.title
!refused(outer): UPDATE users u @{NATURAL JOIN teams t@|JOIN teams t USING (id)@} SET u.note = t.title
# ---- forms of DELETE
DELETE FROM kv @{ORDER BY n DESC LIMIT 1@|WHERE n > 0 ORDER BY k LIMIT 2@|LIMIT 0@|ORDER BY n@}
DELETE FROM kv WHERE n > 1@{@| ORDER BY k LIMIT 1@} RETURNING @{k@|*@|k, n + 1 AS m@}
@args 1 @ DELETE FROM kv ORDER BY k LIMIT ?
DELETE @{i FROM items i JOIN@|i.* FROM items AS i INNER JOIN@|FROM i USING items AS i JOIN@} orders o ON o.id = i.order_id WHERE o.@{state = 'paid'@|amount > 50@}
DELETE items FROM items, orders, users WHERE orders.id = items.order_id AND users.id = orders.user_id AND users.age @{> 30@|IS NULL@}
DELETE a FROM kv a JOIN kv b ON b.n > a.n
DELETE IGNORE FROM @{kv@|users@|teams@}@{@| WHERE 1 = 0@}
!refused(several tables): DELETE users, teams FROM users JOIN teams ON teams.id = users.team_id
!refused(ORDER BY or LIMIT): DELETE i FROM items i JOIN orders o ON o.id = i.order_id LIMIT 1
!refused(RETURNING): DELETE i FROM items i JOIN orders o ON o.id = i.order_id RETURNING product
!refused(UPDATE ... RETURNING): UPDATE kv SET n = 1 RETURNING k
!refused(MariaDB): WITH q AS (SELECT 1 AS i) @{DELETE FROM kv WHERE n IN (SELECT i FROM q)@|UPDATE kv SET n = 1 WHERE n IN (SELECT i FROM q)@}
!refused: INSERT @{DELAYED@|LOW_PRIORITY@|HIGH_PRIORITY@} INTO kv(k) VALUES ('x')
!refused: @{UPDATE LOW_PRIORITY kv SET n = 1@|DELETE QUICK FROM kv@|DELETE LOW_PRIORITY FROM kv@|REPLACE DELAYED INTO kv(k) VALUES ('x')@|DELETE FROM kv PARTITION (p0)@|INSERT INTO kv PARTITION (p0) VALUES ('x')@|UPDATE kv PARTITION (p0) SET n = 1@|DELETE HISTORY FROM kv@|DELETE FROM kv FOR PORTION OF p FROM 1 TO 2@}
!refused(other names): INSERT INTO kv(k, n) VALUES ('x', 1) AS new (a, b) ON DUPLICATE KEY UPDATE n = b
!refused: INSERT INTO kv(k) VALUES (@{DEFAULT + 1@|(SELECT DEFAULT)@|concat(DEFAULT)@})
!refused: INSERT INTO kv(users.k) VALUES ('x')
!refused: INSERT INTO kv(k) VALUES ('x') ON CONFLICT (k) @{WHERE n > 0 DO NOTHING@|DO UPDATE SET n = 1 WHERE kv.n > 0@|DO NOTHING ON CONFLICT DO NOTHING@}
