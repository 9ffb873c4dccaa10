# SPDX-License-Identifier: MIT
# INSERT, UPDATE, DELETE and the dialect's own forms.
INSERT INTO kv(k) VALUES ('n')
UPDATE kv SET n = n + 1@{@| WHERE k = 'x'@}
DELETE FROM kv@{@| WHERE n > 1@}
# ---- insert
INSERT INTO teams @{(id, title) VALUES (9, 'x')@|VALUES (9, 'x', 1.5, 1)@|(title, id) VALUES ('x', 9)@|(title) VALUES ('x'), ('y')@|(title, budget) VALUES ('x', NULL), ('y', 1 + 1)@|(id, title, parent_id) SELECT 9, 'x', max(id) FROM teams@|(title) SELECT name FROM users WHERE id < 3@|SELECT id + 100, name, age, 1 FROM users@|(title) VALUES ((SELECT max(name) FROM users))@|(title) SELECT 'a' UNION SELECT 'b'@|(title) WITH q(t) AS (VALUES ('w')) SELECT t FROM q@}@{@| RETURNING id@| RETURNING *@| RETURNING id AS i, title || '!', rowid@| RETURNING budget IS NULL, upper(title) AS u@}
INSERT INTO @{log@|main.log@|"log"@|log AS l@} @{(what) VALUES ('a')@|DEFAULT VALUES@|(what, order_id) VALUES ('a', 1), ('b', NULL)@|(id, what) VALUES (77, 'k')@|(rowid, what) VALUES (78, 'r')@}@{@| RETURNING id, what@| RETURNING *@}

INSERT INTO gen @{(id, price) VALUES (9, 4)@|(id) VALUES (9)@|(id, price, label) VALUES (9, 4, 'l'), (10, NULL, NULL)@|VALUES (9, 4, 'l')@|(id, price) SELECT id + 10, price FROM gen@}@{@| RETURNING twice@| RETURNING *@| RETURNING id, label, twice + 1 AS t@}
INSERT INTO orders(id, user_id, amount) VALUES (@{90, 1, 2.5@|91, 2, 0@|92, 1 + 1, 10 / 4.0@|93, (SELECT max(id) FROM users), 1@})@{@| RETURNING id, state@| RETURNING day IS NULL, amount * 2 AS twice@}
INSERT INTO users(id, name) SELECT id + 50, title FROM teams WHERE id @{< 3@|= 1@}
INSERT INTO users(id, name, @{note@|email@}) SELECT id + 50, title, @{budget@|NULL@|'m' || id@} FROM teams WHERE id @{< 3@|= 1@}
INSERT INTO @{"Mixed Case"("Id", "Some Name", "a""b") VALUES (9, 'n', 'z')@|"select"("from", "order") VALUES (9, 'o')@|"select" VALUES (9, 'o', 1, 2)@|[Mixed Case](id, [some name]) VALUES (9, 'm')@}@{@| RETURNING *@}
INSERT OR @{ABORT@|FAIL@|ROLLBACK@|IGNORE@|REPLACE@} INTO kv(k, v, n) VALUES @{('n', 'v', 5)@|('x', 'dup', 1)@|('n', '1', 1)@|('n', 'a', 1), ('x', 'b', 2), ('m', 'c', 3)@}@{@| RETURNING k@}
REPLACE INTO kv@{(k, v) VALUES ('x', 'new')@|(k, v, n) VALUES ('q', '1', 1)@| VALUES ('a', 'b', 3), ('x', 'y', 4)@| SELECT k, upper(v), n + 1 FROM kv@}@{@| RETURNING k, v@}
INSERT INTO kv(k, v, n) VALUES ('x', 'new', 9)@{, ('z2', 'n', 1)@|@} ON CONFLICT @{@|(k) @|("k") @}DO NOTHING@{@| RETURNING k@}
INSERT INTO kv(k, v, n) VALUES ('x', 'new', 9) ON CONFLICT (k) DO UPDATE SET @{v = excluded.v@|n = n + 1@|v = kv.v || excluded.v, n = excluded.n + kv.n@|(v, n) = (excluded.v, kv.n + 5)@|v = upper(excluded.v) || k@|n = (SELECT max(n) FROM kv)@|v = NULL@}@{@| WHERE kv.n < 5@| WHERE excluded.n > 10@| WHERE v IS NOT NULL@}@{@| RETURNING k, v, n@}
INSERT INTO kv AS o (k, v, n) VALUES ('y', 'new', 9), ('w', '1', 2) ON CONFLICT @{(k)@|(k) WHERE n > 0@} DO UPDATE SET v = @{o.v || excluded.v@|excluded.k@|o.k@|n@}, n = @{o.n@|excluded.n@|1@} RETURNING @{*@|k@|v AS vv, n@}
INSERT INTO kv(k, v, n) VALUES ('q', '1', 1) ON CONFLICT (@{v, n@|n, v@}) DO UPDATE SET n = @{excluded.n + 10@|kv.n - 1@}@{@| WHERE kv.k = 'x'@}
INSERT INTO kv(k, v) SELECT k, v || '!' FROM kv WHERE @{true@|1@|n > 1@} ON CONFLICT (k) DO UPDATE SET v = excluded.v@{@| RETURNING k, v@}
INSERT INTO users(id, name, email) VALUES (1, 'n', 'bob@x.org') ON CONFLICT @{(id) DO NOTHING ON CONFLICT (email)@|(email) DO NOTHING ON CONFLICT (id)@|(id) DO UPDATE SET name = excluded.name ON CONFLICT (email)@|(email) DO UPDATE SET name = excluded.name ON CONFLICT (id)@|(email) DO NOTHING ON CONFLICT@} DO UPDATE SET note = 'both'@{@| WHERE users.age > 1@}
@args 'p', 5 @ INSERT INTO kv(k, n) VALUES @{(?, ?)@|($1, $2)@|(upper(?), ? + 1)@|(?, ?) ON CONFLICT DO NOTHING@}@{@| RETURNING k, n@}
@args 'p', 5, 'x' @ INSERT INTO kv(k, n, v) VALUES (?, ?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v@{@| RETURNING *@}
WITH q AS (SELECT 'w' AS k, 3 AS n) INSERT INTO kv(k, n) SELECT @{k, n@|k || '1', n + 1@|q.k, q.n@} FROM q@{@| WHERE n > 1@}@{@| RETURNING k@}
# ---- update
UPDATE @{users@|main.users@|"users"@} SET age = @{age + 1@|NULL@|30@|id * 2@|-age@|coalesce(age, 0)@}@{@| WHERE id = 1@| WHERE age > 30@| WHERE users.id < 3@}@{@| RETURNING id, age@}
UPDATE users SET @{name = 'x', note = name || coalesce(note, '')@|score = age, age = team_id@|(age, score) = (1, 2.5)@|(note, age) = (SELECT title, budget FROM teams t WHERE t.id = users.team_id)@|active = NOT active@|created = '2025-01-01'@} WHERE @{id = 1@|id IN (2, 3)@|team_id IN (SELECT id FROM teams WHERE budget > 10)@|EXISTS (SELECT 1 FROM orders o WHERE o.user_id = users.id)@|0@}@{@| RETURNING *@}
UPDATE users AS u SET age = @{u.age * 2@|(SELECT count(*) FROM orders o WHERE o.user_id = u.id)@|(SELECT max(v.age) FROM users v WHERE v.team_id = u.team_id)@} WHERE u.@{team_id = 1@|active@|id > 4@}@{@| RETURNING id, age AS a@}
UPDATE users SET @{age = t.id@|note = t.title || users.id@|note = t.title, age = users.id@} FROM teams @{t WHERE t.id = users.team_id@|AS t WHERE t.id = users.team_id AND t.title = 'red'@|t JOIN teams p ON p.id = t.parent_id WHERE t.id = users.team_id@}@{@| RETURNING users.id, age@}
!refused: UPDATE users SET age = t.id FROM teams t WHERE t.id = users.team_id RETURNING t.title
UPDATE orders SET @{state = 'paid'@|amount = amount * 2, state = upper(state)@|day = NULL@|user_id = 2@} WHERE @{id = 10@|state = 'new'@|user_id IN (SELECT id FROM users WHERE active)@|amount > (SELECT avg(amount) FROM orders)@}@{@| RETURNING id, state@}
UPDATE OR @{IGNORE@|ABORT@|FAIL@|ROLLBACK@|REPLACE@} users SET email = 'bob@x.org' WHERE id @{= 1@|IN (1, 3)@}@{@| RETURNING id@}
UPDATE gen SET @{price = 9@|label = twice@|price = twice, label = 'n'@|price = price + 1@} @{WHERE id = 1@|WHERE twice > 10@|@}@{@| RETURNING id, twice@}
UPDATE kv SET @{v = upper(v) || k@|n = n + 1, v = n@|k = k || '1'@|(k, v) = (v, k)@} WHERE @{k = 'x'@|n > 1@|v LIKE '1'@|k IN ('x', 'y')@}@{@| RETURNING k, v, n@}
UPDATE @{"select" SET "order" = 'n', "group" = "table"@|"Mixed Case" SET "Some Name" = 'n', upper = "Id"@|[select] SET [table] = [from] + 1@}@{@| RETURNING *@}
@args 41, 2 @ UPDATE users SET @{age = ? WHERE id = ?@|age = $1 WHERE id = $2@|age = age + ? WHERE team_id = ?@|age = ? + id WHERE id > ?@}@{@| RETURNING age@}
WITH q AS (SELECT 2 AS i) UPDATE users SET age = 99 WHERE id IN (SELECT i FROM q)@{@| RETURNING id@| RETURNING (SELECT count(*) FROM q)@}
UPDATE users SET age = 5 WHERE id = 1 RETURNING @{users.id@|id + age@|(SELECT title FROM teams WHERE teams.id = users.team_id) AS t@|name, age AS name@|rowid@|*, 1 AS one@}
# ---- delete
DELETE FROM @{items@|main.items@|items AS i@} WHERE @{qty > 1@|product = 'pen'@|price BETWEEN 1 AND 6@|order_id IN (SELECT id FROM orders WHERE state = 'paid')@|1@|NULL@}@{@| RETURNING product@| RETURNING *@| RETURNING order_id, line AS l@}
DELETE FROM orders@{@| WHERE user_id = 1@| WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.order_id = orders.id)@| AS o WHERE o.amount > (SELECT avg(amount) FROM orders)@| WHERE id = (SELECT max(id) FROM orders)@}@{@| RETURNING id@| RETURNING id, amount * 2 AS a@}
DELETE FROM users WHERE @{id = 1@|id > 4@|team_id = 1@|name LIKE 'A%'@|rowid = 3@}@{@| RETURNING name@}
DELETE FROM @{docs@|nums@|texts@|things@|events@|gen@|log@|"select"@|"Mixed Case"@}@{@| WHERE rowid = 1@}@{@| RETURNING *@}
@args 10, 'x' @ DELETE FROM @{orders WHERE id = ? AND state <> ?@|kv WHERE n < ? AND k = ?@|items WHERE order_id = ? OR product = ?@}@{@| RETURNING 1 AS one@}
WITH q AS (SELECT 10 AS i UNION SELECT 12) DELETE FROM orders WHERE id IN (SELECT i FROM q@{@| WHERE i > 10@})@{@| RETURNING id@}
# ---- not on this dialect, or not to be taken
# A view: SQLite itself refuses.
INSERT INTO grown VALUES (1, 'a', 2)
DELETE FROM grown
!refused: INSERT INTO @{nope@|q@|main.nope@} VALUES (1, 'a', 2)
!refused: INSERT INTO kv(@{k, k@|nope@|k, v, n, x@}) VALUES (1, 2)
!refused: INSERT INTO kv(k, v) VALUES @{(1)@|(1, 2, 3)@|(1, 2), (3)@|(DEFAULT, 1)@}
!refused: UPDATE kv SET @{nope = 1@|k = nope@|(k, v) = (1, 2, 3)@|(k, v) = 1@|kv.k = 1@|excluded.k = 1@}
!refused: DELETE FROM @{nope@|kv, users@}
!refused: @{MERGE INTO kv USING users ON 1 WHEN MATCHED THEN DELETE@|TRUNCATE kv@|UPDATE kv, users SET n = 1@|DELETE kv FROM kv@|INSERT INTO kv SET k = 1@|INSERT IGNORE INTO kv(k) VALUES (1)@|INSERT INTO kv(k) VALUES ('a') ON DUPLICATE KEY UPDATE v = 1@}
!refused: INSERT INTO kv(k) VALUES ('x') ON CONFLICT (nope) DO NOTHING
!refused: INSERT INTO kv(k) VALUES ('x') RETURNING @{nope@|excluded.k@|users.id@}
# ---- LIMIT
DELETE FROM @{orders@|items@|kv@|users AS u@|log@} @{LIMIT 1@|LIMIT 0@|ORDER BY 1 LIMIT 1@|WHERE 1 LIMIT 2@}
DELETE FROM orders@{ AS o@|@} WHERE amount > 5 ORDER BY amount@{ DESC@|@}, id LIMIT @{1@|2@|100@}
DELETE FROM orders RETURNING id ORDER BY id DESC LIMIT 1
UPDATE orders SET state = 'x'@{@| WHERE user_id = 1@} ORDER BY amount@{@| DESC@} LIMIT @{1@|2@}
UPDATE users AS u SET age = u.age + 1 WHERE u.age IS NOT NULL@{@| RETURNING id@} ORDER BY u.age, u.id LIMIT 2
UPDATE kv SET n = n + 10 ORDER BY k DESC LIMIT 1
@args 2 @ UPDATE users SET age = 1 ORDER BY id LIMIT ?
@args 1 @ DELETE FROM items WHERE qty > 0 ORDER BY price DESC, line LIMIT ?
!refused(OFFSET): DELETE FROM orders LIMIT 1@{ OFFSET 2@|, 2@}
!refused(LIMIT): UPDATE users SET age = t.id FROM teams t WHERE t.id = users.team_id LIMIT 1
!refused(LIMIT of a write): DELETE FROM orders LIMIT @{1 + 1@|'1'@|-1@|(SELECT 1)@}
!refused(not in the SQL): @{UPDATE kv SET kv.n = 1@|UPDATE kv SET n = DEFAULT@|INSERT INTO kv SET k = 'a'@}
