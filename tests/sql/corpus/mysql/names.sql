# SPDX-License-Identifier: MIT
# Names: quoted, mixed case, reserved, qualified, shadowed.
SELECT `from`, `order` FROM `select`
SELECT @{"from"@|`from`@|s."from"@|`s`.`from`@|s.`FROM`@}, @{"order"@|`order`@|s.`group`@|"table"@} FROM @{"select"@|`select`@} @{s@|AS s@|AS "s"@|AS `s`@} ORDER BY 1
SELECT @{*@|`select`.*@|`select`.`from`@|"select"."table"@} FROM `select` WHERE @{`from` > 0@|`select`.`group` = 5@|"table" IS NULL@} ORDER BY `order`
SELECT `Id`@{@|, `Some Name`@|, `some name`@|, `UPPER`@|, `upper`@|, `a``b`@|, "a`b"@} FROM @{`Mixed Case`@|"Mixed Case"@} @{@|AS m @|WHERE `Id` = 1 @}ORDER BY id
SELECT m.`Some Name` AS @{"x y"@|`x y`@|'x y'@|`select`@|`a``b`@|"ü"@|x@|X1@|_x@|`1`@} FROM `Mixed Case` m ORDER BY 1
SELECT @{NAME@|Name@|`NAME`@|users.NAME@|users.name@|users.`nAmE`@} FROM users ORDER BY ID
SELECT @{u@|`u`@|"u"@}.@{id@|ID@|`Id`@} FROM users @{u@|`u`@|AS "u"@} WHERE @{u.age@|u.AGE@} > 30 ORDER BY @{u.id@|1@}
SELECT s.from@{@|, s.order@} FROM `select` s ORDER BY 1
# ---- shadowing
SELECT users.id, teams.id FROM users JOIN teams ON teams.id = users.@{team_id@|id@} ORDER BY @{users.id@|1, 2@|teams.id, users.id@}
SELECT teams.id, teams.name FROM users AS teams WHERE teams.@{id < 3@|age > 30@|team_id = 1@} ORDER BY 1
SELECT a.id, (SELECT a.title FROM teams a WHERE a.id = @{1@|2@}) AS t, (SELECT b.id FROM teams b WHERE b.id = a.@{id@|team_id@}) FROM users a ORDER BY a.id
SELECT id, (SELECT count(*) FROM orders WHERE @{user_id = users.id@|users.id = user_id AND orders.id > 10@|id > 12 AND user_id = users.id@}) FROM users ORDER BY id
SELECT id FROM users WHERE EXISTS (SELECT 1 FROM teams WHERE @{id = users.team_id@|teams.id = team_id@|title = 'red' AND users.team_id = id@|parent_id = users.id@}) ORDER BY id
SELECT id FROM users u WHERE id IN (SELECT @{id@|u.id@|user_id@|orders.id - 9@} FROM orders) ORDER BY id
SELECT age AS id FROM users WHERE @{id = 1@|users.id < 4@} ORDER BY @{id@|users.id@|age@}
SELECT name AS age, age AS name FROM users WHERE age > 20 @{ORDER BY age, 2@|ORDER BY name, 1@}
SELECT length(name) AS name FROM users @{ORDER BY name, id@|WHERE name = 'ann'@}
WITH teams AS (SELECT 1 AS id, 'own' AS title) SELECT @{teams.title@|title@|*@} FROM teams
WITH x AS (SELECT id FROM users), y AS (SELECT x.id FROM x @{JOIN users ON users.id = x.id@|, teams WHERE teams.id = x.id@}) SELECT * FROM y ORDER BY id
SELECT x.id FROM (SELECT id FROM users) x JOIN (SELECT id FROM teams) y ON @{x.id = y.id@|y.id < x.id@} ORDER BY x.id, y.id
SELECT outer_q.id FROM users outer_q WHERE @{age@|outer_q.age@} > (SELECT avg(age) FROM users WHERE @{team_id <=> outer_q.team_id@|id <> outer_q.id@|users.id < outer_q.id@}) ORDER BY id
SELECT g.id, g.name FROM grown g @{@|WHERE g.age > 30 @|JOIN users u ON u.id = g.id WHERE u.active @}ORDER BY g.id
SELECT @{*@|title, members@|team_id, score@} FROM team_sums @{@|WHERE members > 0 @}ORDER BY team_id
SELECT t.title, s.members FROM teams t @{JOIN@|LEFT JOIN@} team_sums s ON s.team_id = t.id ORDER BY t.id
!refused: SELECT id FROM users@{, teams@| JOIN teams ON 1@| u JOIN users v ON u.id = v.id@}
!refused: SELECT u.id FROM users AS "x"@{@|, users u2@|, teams@}
!refused: SELECT @{user.id@|users.nope@|"users.id"@|users."nope"@|id.users@} FROM users
!refused: SELECT name FROM @{Users@|USERS@|mysql.user@|information_schema.tables@|other.users@|``@}
!refused: SELECT id FROM users WHERE @{q.id = 1@|EXISTS (SELECT 1 FROM orders o WHERE o.user_id = x.id)@|age > (SELECT o.nope FROM orders o)@}
# ---- names longer than the database keeps ----
SELECT @{'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' <> 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'@|'éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé' <> 'éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé'@}, id FROM users WHERE id < 3
