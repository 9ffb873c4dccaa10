# SPDX-License-Identifier: MIT
# Constructs that the other files have seldom: at least a dozen of each.
@args 1 @ SELECT @{$1 + 0 AS p@|$1 + id AS p@} FROM users WHERE @{id = $1@|id > $1@|id <> $1@|id IN ($1, 3)@|id BETWEEN $1 AND $1 + 3@}
SELECT id FROM users WHERE @{id@|age@|team_id@} == @{1@|25@|id@|31@} @{OR id == 2@|OR name == 'ann'@}
SELECT id FROM users WHERE @{note ISNULL@|note NOTNULL@|age ISNULL@|age NOTNULL@|age + 1 NOTNULL@|note NOT NULL@|(note ISNULL) = 1@} @{OR id = 1@|AND id < 9@}
INSERT INTO kv(k, n) WITH s AS (SELECT name, id FROM users WHERE id < @{3@|5@}) SELECT @{name, id@|upper(name), -id@} FROM s@{@| WHERE id > 1@| ORDER BY 1@}
INSERT INTO kv(k, n) VALUES (@{'x', 5@|'w', 6@|'y', -1@|'v', 2@}) ON CONFLICT (k) @{DO NOTHING@|DO UPDATE SET n = excluded.n@|DO UPDATE SET v = 'c'@} ON CONFLICT (v, n) DO UPDATE SET n = @{excluded.n + 100@|77@}
UPDATE kv SET (v, n) = (SELECT @{name, id FROM users WHERE id = 1@|max(name), count(*) FROM users@|kv.k, 3@|name, age FROM users u WHERE u.id = kv.n + 90 OR u.id = 2 LIMIT 1@})@{@| WHERE k = 'x'@| WHERE n > 1@| RETURNING *@}
WITH s AS (SELECT id, name FROM users) @{UPDATE kv SET n = 0 WHERE n IN (SELECT id FROM s)@|UPDATE kv SET n = s.id FROM s WHERE s.id = kv.n@|DELETE FROM kv WHERE n IN (SELECT id FROM s)@|DELETE FROM items WHERE order_id > (SELECT max(id) FROM s)@|UPDATE users SET age = 1 WHERE id IN (SELECT id FROM s WHERE id > 2)@|DELETE FROM log WHERE EXISTS (SELECT 1 FROM s)@}@{@| RETURNING *@}
SELECT @{j.value@|count(*)@|j.key, j.value@} FROM json_each('[1, 2, @{3@|"x"@}]') @{j@|AS j@}@{@| WHERE j.value > 1@}
SELECT main.users.@{id@|name@|age@} FROM @{users@|main.users@}@{@| WHERE main.users.id < 3@}
