# SPDX-License-Identifier: MIT
# Names: quoted, mixed case, reserved, qualified, shadowed.

SELECT @{"from"@|"order"@|"from", "order"@|"group" + 1@|*@|"select".*@|"select"."from"@|"table" AS "table"@|"from" AS "where"@|count("group")@|"from" AS x@} FROM "select"@{@| WHERE "from" > 1@| WHERE "select"."group" = 5@}
SELECT @{"Id"@|"Some Name"@|"UPPER"@|"a""b"@|"Id", "Some Name" AS "some name"@|*@|m."Id"@|m.*@|m."UPPER" * 2 AS "Up 2"@|m."a""b" || 'x'@} FROM "Mixed Case" @{m@|AS m@|AS "m"@}@{@| WHERE "Id" = 1@| ORDER BY "Id" DESC@| WHERE m."Some Name" LIKE 'f%'@}
SELECT @{ID@|Id@|NAME@|"id"@|USERS.id@|users.ID@|Users.Name@|"users"."id"@|users."name"@} FROM @{users@|USERS@|Users@|"users"@|public.users@|PUBLIC.Users@|"public"."users"@}
SELECT @{U.id@|u.ID@|"u".id@} FROM users @{U@|u@|AS U@|AS "u"@}
SELECT "U".id FROM users @{AS "U"@|"U"@}
SELECT x.id AS @{y@|"y"@|Y@|"Y"@|"a b"@|"a""b"@|"ünï"@|"select"@|"$x"@|"1"@|"."@|""""@|ünï@|_x@|x1@|"'"@} FROM users x WHERE x.id = 1
SELECT name, name AS Name2, name AS "NAME" FROM users ORDER BY @{name@|"NAME"@|Name2@|1@}
SELECT id FROM users WHERE users.id = (SELECT max(users.id) FROM @{users@|orders AS users@|teams AS users@})
SELECT u.id FROM users u WHERE EXISTS (SELECT 1 FROM orders u WHERE u.user_id @{= u.id@|> 1@|IS NOT NULL@})
SELECT id FROM users WHERE EXISTS (SELECT 1 FROM orders WHERE user_id = users.id@{@| AND id > 11@| AND orders.id > 11@})
SELECT name FROM users WHERE id IN (SELECT id FROM teams WHERE @{name IS NOT NULL@|title = name OR id > 0@|users.age > 20@})
SELECT a1.id, a2.id FROM users a1 JOIN users a2 ON a1.id = a2.id@{@| JOIN users q1 ON q1.id = a1.id@| JOIN users c0 ON c0.id = a1.id@}
WITH q1 AS (SELECT id AS c0, name AS c1 FROM users), a1 AS (SELECT c0 AS c1, c1 AS c0 FROM q1) SELECT @{c0@|c1, c0@|a1.*@} FROM a1@{@| ORDER BY c1@}
WITH u AS (SELECT id FROM users) SELECT u.id FROM u JOIN users ON users.id = u.id@{@| WHERE users.id > 2@}
WITH "Q" AS (SELECT id AS "I" FROM users) SELECT @{"I"@|"Q"."I"@|"Q".*@} FROM "Q"
SELECT s."A", s.a FROM (SELECT 1 AS "A", 2 AS a) s@{@| WHERE s."A" < s.a@}
SELECT t.users FROM (SELECT id AS users FROM users) t@{@| ORDER BY users@}
SELECT count(*) AS count, max(id) AS max, min(id) AS @{min@|"order"@|value@} FROM users
SELECT users.id, u.id FROM other.users u JOIN public.users ON users.id = u.id@{@| WHERE u.nick = 'annie'@}
SELECT "o"."Rank", nick FROM other.users @{o@|AS o@|"o"@}@{@| ORDER BY "Rank"@}
SELECT log.what, log.id FROM log@{@| WHERE what = 'START'@}
SELECT @{day@|state@|day, state@|placed AS at@} FROM orders@{@| ORDER BY day@}
SELECT at, kind AS "type", d AS date, t AS time, span AS "interval" FROM events
SELECT k, v, n FROM kv WHERE @{k@|v@|kv.k@} IS NOT NULL
# ---- refused ----
!refused: SELECT nosuch FROM users
!refused: SELECT id FROM nosuch
!refused: SELECT nosuch.id FROM users
!refused: SELECT users.id FROM users u
!refused: SELECT "ID" FROM users
!refused: SELECT id FROM "Users"
!refused: SELECT id FROM "USERS"
!refused: SELECT Id FROM "Mixed Case"
!refused: SELECT from FROM "select"
!refused: SELECT u.id FROM users u, teams u
!refused: SELECT id FROM users WHERE n = 1
!refused: SELECT name AS n FROM users WHERE n = 'ann'
!refused: SELECT id FROM users@{ AS@| AS 'x'@| AS 1@}
!refused: SELECT id FROM other.nosuch
!refused: SELECT id FROM nosuch.users
SELECT public.users.id FROM users
!refused: SELECT users FROM users
!refused: SELECT users.* IS NULL FROM users
!refused: SELECT @{users::text@|row_to_json(users)@|count(users)@|(users).name@|(users.*)::text@} FROM users
!refused: SELECT u.@{row_to_json@|to_jsonb@|users@} FROM users u
!refused: SELECT @{'users'::regclass@|'users'::regtype@|1::regproc@|'users'::name@|CAST('users' AS regclass)@} AS x
!refused: SELECT @{tableoid@|ctid@|xmin@|cmax@|users.ctid@} FROM users
SELECT id AS x$1 FROM users
# ---- names longer than the database keeps ----
SELECT id AS @{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@|éééééééééééééééééééééééééééééééééééééééé@} FROM users WHERE id < 3
