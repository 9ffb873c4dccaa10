# SPDX-License-Identifier: MIT
# INSERT, UPDATE, DELETE and the dialect's own forms.

# ---- INSERT ----
INSERT INTO kv@{@| AS t@}@{ (k)@|@} @{VALUES ('n1')@|SELECT 'n2'@|SELECT name FROM users WHERE id = 1@}
INSERT INTO kv(k, v, n) @{VALUES ('n', 'v', 5)@|VALUES ('n', NULL, 1 + 1), ('m', 'a' || 'b', -1)@|SELECT name, email, id FROM users@|SELECT 'n', NULL, 7@|SELECT name, min(email), count(*) FROM users GROUP BY name@|VALUES ('n', (SELECT max(name) FROM users), (SELECT count(*) FROM teams))@|SELECT k || 'x', v, n + 10 FROM kv@|SELECT * FROM (VALUES ('p', 'q', 1)) AS x@}@{@| RETURNING k@| RETURNING *@| RETURNING n + 1 AS m, k@| RETURNING kv.k, upper(v) AS up@}
INSERT INTO kv VALUES @{('n')@|('n', 'v')@|('n', 'v', 3)@|('n', 'v', 3), ('m', 'w', 4)@|('n', NULL, NULL)@}
INSERT INTO @{gen(id, price)@|public.gen(price, id)@|gen AS g(id, price)@} VALUES (@{10, 11@|20, 21@}), (30, @{31@|3 * 7@})@{@| RETURNING id, twice@}
INSERT INTO log @{DEFAULT VALUES@|(what) VALUES ('x')@|(what, order_id) SELECT state, id FROM orders@|(what) SELECT 'a' UNION ALL SELECT 'b'@}@{@| RETURNING what@}
INSERT INTO orders(id, user_id, amount, day) SELECT 100 + id, id, @{5, NULL@|age, created::date@|id * 2.5, '2024-05-05'@} FROM users WHERE id < 3
INSERT INTO orders(id, user_id, amount, day, state) VALUES (200, 1, @{1.5@|10 / 4.0@|'7.25'@|(SELECT max(price) FROM items)@}, @{'2024-05-05'@|NULL@|current_date@}, 'paid')@{@| RETURNING id, amount@}
INSERT INTO docs(id, title, body) VALUES (50, 'd', @{'{"a": 1}'@|NULL@|'[1, 2]'::jsonb@|(SELECT body FROM docs WHERE id = 1)@})
INSERT INTO things(id, u, b, flag) VALUES (50, @{'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a99'@|NULL@}, @{'\x00ff'@|'abc'::bytea@|NULL@}, @{true@|false@|1 = 1@})
INSERT INTO events(id, kind, at, d, t, span) VALUES (50, 'x', @{'2024-01-01 00:00:00+00'@|'2024-01-01'::timestamptz + '1 hour'@|'2024-01-01'::timestamptz@}, @{'2024-01-01'@|current_date@}, '10:00', @{'1 hour'@|NULL@|'1 day'::interval * 2@})
INSERT INTO parted(id, day, v) VALUES (9, @{'2024-02-02'@|'2023-02-02'::date@}, 'p')@{@| RETURNING *@}
INSERT INTO "Mixed Case"("Id", @{"Some Name"@|"a""b"@}) VALUES (9, 'nine')@{@| RETURNING "Id", "Some Name"@}
INSERT INTO "select"("from", "order", "group") VALUES (9, 'x', 1)@{@| RETURNING "from"@}
INSERT INTO other.users(id, nick, "Rank") @{VALUES (9, 'n', 1)@|SELECT id + 10, name, age FROM public.users@}
WITH s AS (SELECT id, name FROM users@{@| WHERE age > 26@}) INSERT INTO kv(k, n) SELECT name, id FROM s@{@| WHERE id > 1@}
INSERT INTO kv(k) WITH s AS (SELECT name FROM users WHERE id = @{1@|2@}) SELECT name FROM s
@args 'n9', 5 @ INSERT INTO kv(k, n) @{VALUES (?, ?)@|VALUES ($1, $2)@|VALUES ($1, $2 + 1)@|SELECT ?, ?@|VALUES ($1, (SELECT count(*) FROM users WHERE id < $2))@|VALUES ($1, coalesce($2, 0))@}@{@| RETURNING k, n@}
# ---- ON CONFLICT ----
INSERT INTO kv(k, v, n) VALUES ('x', 'new', 9)@{, ('w', 'w', 1)@|@} ON CONFLICT @{@|(k) @|(v, n) @}DO NOTHING@{@| RETURNING k@}
INSERT INTO kv(k, v, n) VALUES ('x', 'new', 9) ON CONFLICT (k) DO UPDATE SET @{v = 'y'@|v = excluded.v@|n = kv.n + 1@|n = kv.n + excluded.n, v = excluded.v@|(v, n) = ('z', 1)@|v = kv.v || excluded.v@|n = coalesce(excluded.n, kv.n)@|n = (SELECT max(id) FROM users)@|v = NULL@}@{@| WHERE kv.n < 5@| WHERE excluded.n > kv.n@}@{@| RETURNING k, v, n@| RETURNING *@}
INSERT INTO kv AS t(k, n) VALUES ('x', 1) ON CONFLICT (k) DO UPDATE SET n = @{t.n + 1@|excluded.n@|t.n + excluded.n@}@{@| WHERE t.n > 0@}
INSERT INTO kv(k, n) SELECT name, id FROM users ON CONFLICT (k) @{DO NOTHING@|DO UPDATE SET n = excluded.n@}
INSERT INTO "select"("from", "order") VALUES (1, 'x') ON CONFLICT ("from") DO UPDATE SET "order" = @{excluded."order"@|'y'@|"select"."order" || 'z'@}
INSERT INTO "Mixed Case"("Id", "UPPER") VALUES (1, 2) ON CONFLICT ("Id") DO UPDATE SET "UPPER" = @{excluded."UPPER"@|"Mixed Case"."UPPER" + 1@}@{@| RETURNING "UPPER"@}
@args 'x', 3 @ INSERT INTO kv(k, n) VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET n = @{$2@|excluded.n@|kv.n + $2@}@{@| WHERE kv.n <> $2@}
# ---- UPDATE ----
UPDATE kv SET @{n = n + 1@|n = 5@|v = k@|v = NULL@|n = n + 1, v = 'a' || k@|n = (SELECT count(*) FROM users)@|v = upper(k), n = -n@|(v, n) = ('p', 1)@|(v, n) = (SELECT name, id FROM users WHERE id = 1)@|n = CASE WHEN n > 1 THEN 0 ELSE n END@|n = coalesce(n, 0) * 2@}@{@| WHERE k = 'x'@| WHERE n > 1@| WHERE k IN (SELECT name FROM users)@| WHERE n = (SELECT min(n) FROM kv)@}@{@| RETURNING k, n@| RETURNING *@}
UPDATE kv @{t@|AS t@|AS "T"@} SET n = 1@{@| WHERE k = 'x'@}
UPDATE kv AS t SET @{n = t.n + 1@|v = t.k || t.v@|n = n + t.n@} WHERE @{t.k = 'x'@|t.n > 0@|EXISTS (SELECT 1 FROM users u WHERE u.id = t.n)@}@{@| RETURNING t.k, t.n@| RETURNING t.*@}
UPDATE users SET @{age = age + 1@|name = upper(name)@|active = NOT active@|score = score * 1.5@|note = NULL, email = NULL@|team_id = (SELECT min(id) FROM teams)@|created = '2024-05-05'@|created = created + '1 day'@|age = NULL@} WHERE @{id = 1@|age > 30@|team_id IN (SELECT id FROM teams WHERE title = 'red')@|active@}@{@| RETURNING id, name@| RETURNING age, active@}
UPDATE orders SET @{amount = amount * 1.1@|state = 'paid'@|day = day + 1@|amount = (SELECT sum(price) FROM items i WHERE i.order_id = orders.id)@} WHERE id @{= 10@|IN (10, 11)@|> 12@} AND @{true@|amount IS NOT NULL@}
UPDATE gen SET price = @{price + 1@|NULL@|twice@|id * 3@}@{@| WHERE twice > 10@}@{@| RETURNING twice@}
UPDATE parted SET v = @{'x'@|v || 'y'@|NULL@}@{@| WHERE day >= '2024-01-01'@}
UPDATE docs SET @{title = 't'@|body = '{"z": 1}'@|owner_id = NULL@|title = body ->> 's'@} WHERE id @{= 1@|< 3@}
UPDATE "Mixed Case" SET @{"Some Name" = 'x'@|"UPPER" = "UPPER" + 1, "a""b" = 'y'@}@{@| WHERE "Id" = 1@}
UPDATE "select" SET "order" = 'x', "group" = "from" + 1@{@| WHERE "table" IS NULL@}
UPDATE other.users SET nick = @{'x'@|nick || 'y'@}@{@| WHERE id = 1@}
WITH s AS (SELECT id FROM users WHERE age > 26) UPDATE kv SET n = 0 WHERE n IN (SELECT id FROM s)@{@| RETURNING k@}
UPDATE kv SET n = s.@{id@|age@} FROM users s WHERE @{s.name = kv.k@|s.id = kv.n@}@{@| RETURNING kv.k, kv.n@}
UPDATE kv SET n = s.id FROM users s WHERE s.id = kv.n RETURNING kv.k, s.name
UPDATE kv SET n = x.c FROM (SELECT @{team_id, count(*) AS c FROM users GROUP BY team_id@|1 AS team_id, 2 AS c@}) x WHERE x.team_id = kv.n
UPDATE items SET price = o.amount FROM orders o@{@| JOIN users u ON u.id = o.user_id@} WHERE o.id = items.order_id@{@| AND o.state = 'paid'@}
@args 5, 'x' @ UPDATE kv SET n = @{$1@|n + $1@|$1 * 2@} WHERE k = $2@{@| AND n < $1@}@{@| RETURNING n@}
# ---- DELETE ----
DELETE FROM kv@{@| t@| AS t@}@{@| WHERE n > 1@| WHERE k = 'x' OR n IS NULL@| WHERE k IN (SELECT name FROM users)@| WHERE true@}@{@| RETURNING k@| RETURNING *@}
DELETE FROM kv t WHERE @{t.n > 1@|EXISTS (SELECT 1 FROM users u WHERE u.id = t.n)@|NOT EXISTS (SELECT 1 FROM kv b WHERE b.n > t.n)@|(t.k, t.n) IN (('x', 1), ('y', 2))@}@{@| RETURNING t.k || '!' AS k@}
DELETE FROM @{orders@|log@|events@|docs@|public.docs@|parted@|other.users@|gen@}@{@| WHERE id > 11@}
DELETE FROM items WHERE order_id @{= 10@|IN (SELECT id FROM orders WHERE state = 'paid')@|> 12 AND line = 1@}@{@| RETURNING product, qty * price AS total@}
DELETE FROM "select" WHERE "from" = @{1@|"group"@}@{@| RETURNING "order"@}
WITH old AS (SELECT id FROM orders WHERE day < '2024-02-02') DELETE FROM items WHERE order_id IN (SELECT id FROM old)@{@| RETURNING line@}
@args 1 @ DELETE FROM kv WHERE @{n = ?@|n > $1 AND n < $1 + 5@|n = ?::int + 1@}@{@| RETURNING n@}
# ---- still to come ----
INSERT INTO kv(k, v) VALUES ('n', DEFAULT)
INSERT INTO kv(k, n) VALUES ('x', 1) ON CONFLICT ON CONSTRAINT kv_pkey DO @{NOTHING@|UPDATE SET n = 1@}
INSERT INTO gen OVERRIDING SYSTEM VALUE VALUES (50, 1)
!refused(OVERRIDING USER): INSERT INTO gen OVERRIDING USER VALUE VALUES (50, 1)
UPDATE kv SET n = DEFAULT
UPDATE kv SET (k, n) = ROW('a', 1)
DELETE FROM kv USING users u WHERE u.id = kv.n@{@| RETURNING u.name@}
!refused(inside WITH): WITH d AS (DELETE FROM kv WHERE n = 1 RETURNING k) SELECT @{*@|count(*)@} FROM d
!refused(inside WITH): WITH i AS (INSERT INTO kv(k) VALUES ('n') RETURNING k, n) SELECT k FROM i
!refused(inside WITH): WITH u AS (UPDATE kv SET n = 1 RETURNING *) INSERT INTO log(what) SELECT k FROM u
INSERT INTO kv TABLE kv
# ---- refused ----
!refused(MERGE): MERGE INTO kv USING users u ON u.name = kv.k WHEN MATCHED THEN DELETE
!refused: INSERT OR IGNORE INTO kv(k) VALUES ('x')
!refused: REPLACE INTO kv(k) VALUES ('x')
!refused: INSERT INTO kv(k) VALUES ('x') ON DUPLICATE KEY UPDATE n = 1
!refused: UPDATE kv SET n = 1 LIMIT 1
!refused: DELETE FROM kv ORDER BY k LIMIT 1
!refused: UPDATE kv SET nosuch = 1
!refused: UPDATE kv SET n = 1, n = 2
!refused: INSERT INTO kv(k, k) VALUES ('a', 'b')
!refused: INSERT INTO kv(k) VALUES ('a', 'b')
!refused: INSERT INTO kv(k, v) VALUES ('a')
!refused: UPDATE users, teams SET age = 1
!refused: DELETE users FROM users
!refused: INSERT INTO gen VALUES (50, 1, 2)
!refused: INSERT INTO kv VALUES ('a', 'b', 1, 2)
DELETE FROM @{ONLY parted@|ONLY parted_2024@|ONLY kv AS t@|parted *@}
UPDATE ONLY @{parted@|parted_2023 AS p@} SET v = 'x'@{@| WHERE id < 3@}@{@| RETURNING id@}
!refused(CURRENT OF): DELETE FROM kv WHERE CURRENT OF c
INSERT INTO kv(k, v, n) VALUES @{('a', DEFAULT, DEFAULT)@|('a', 'b', DEFAULT), ('c', DEFAULT, 7)@|(DEFAULT, 'x', 1)@}@{@| RETURNING *@}
@args 'n9' @ INSERT INTO kv(k, n) VALUES ($1, DEFAULT) RETURNING k, n
INSERT INTO log(id, what) @{VALUES (DEFAULT, 'd')@|OVERRIDING SYSTEM VALUE VALUES (77, 'o')@|VALUES (78, 'error')@} RETURNING what
!refused(generated): INSERT INTO gen(id, price, twice) VALUES (60, 2, DEFAULT)
!refused: INSERT INTO kv(k) @{SELECT DEFAULT@|VALUES (DEFAULT || 'x')@|VALUES ((SELECT DEFAULT))@|VALUES (coalesce(DEFAULT, 'x'))@}
UPDATE kv SET @{n = DEFAULT, v = 'd'@|(v, n) = ('e', DEFAULT)@|(v, n) = (DEFAULT, n + 1)@} WHERE k = @{'x'@|'y'@} RETURNING k, v, n
UPDATE gen SET label = DEFAULT@{, price = price + 1@|@}@{@| WHERE id = 2@} RETURNING *
DELETE FROM items i USING orders o@{@| JOIN users u ON u.id = o.user_id@} WHERE o.id = i.order_id@{@| AND o.state = 'paid'@}@{@| RETURNING i.product, o.state@| RETURNING i.*@| RETURNING o.id + i.line AS s@}
DELETE FROM kv USING (SELECT min(n) AS m FROM kv) x WHERE kv.n = x.m RETURNING *
UPDATE kv SET n = 10 FROM users u WHERE u.id = kv.n RETURNING @{*@|kv.*, u.name@|u.age + kv.n AS s@}
INSERT INTO kv(k, n) VALUES ('x', 1) ON CONFLICT ON CONSTRAINT kv_pkey DO UPDATE SET n = @{excluded.n@|kv.n + 1@|DEFAULT@} WHERE kv.n < @{5@|0@} RETURNING k, n
INSERT INTO kv(k, v, n) VALUES ('w', '1', 1) ON CONFLICT ON CONSTRAINT kv_v_n_key DO @{NOTHING@|UPDATE SET v = 'c'@}@{@| RETURNING k@}
!refused(a part of a column): UPDATE things SET @{rng.x = 1@|ints[1] = 5@|ints[1:2] = '{1,2}', flag = true@}
!refused(a part of a column): INSERT INTO things(id, ints[1]) VALUES (9, 1)
!refused(more than one): INSERT INTO kv(k) VALUES ('x') ON CONFLICT (k) DO NOTHING ON CONFLICT DO NOTHING
!refused(not in the SQL): @{UPDATE kv SET n = 1 LIMIT 1@|DELETE FROM kv LIMIT 1@|INSERT OR IGNORE INTO kv(k) VALUES ('x')@}
