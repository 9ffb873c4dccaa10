/* SPDX-License-Identifier: MIT */
/*
 * The same name by other ways: parentheses, aliases and WITH that are called as a
 * table is, columns behind their schema, what stands in windows, groups, HAVING and
 * RETURNING, and errors that a hidden row would make.
 */
#include "around.h"

static const char *const shapes[][2] = {
	{ "SELECT id FROM (users) ORDER BY id", "?1 3" },
	{ "SELECT pin FROM (users)", NO },
	{ "SELECT u.id FROM (users u JOIN notes n ON n.id = u.id)", "1" },
	{ "SELECT u.pin FROM (users u JOIN notes n ON n.id = u.id)", NO },
	{ "SELECT * FROM (users u JOIN notes n ON n.id = u.id)", "1|bob|mine|-|1|one" },
	{ "SELECT u.id FROM (users u JOIN (notes n JOIN vault v ON v.id = n.id) ON n.id = u.id)", NO },
	{ "SELECT u.id FROM users u JOIN (notes n JOIN users v ON v.pin = n.note) ON n.id = u.id", NO },
	{ "SELECT x.pin FROM (SELECT * FROM users) x", NO },
	{ "SELECT x.id FROM ((SELECT id FROM users)) x ORDER BY 1", "?1 3" },
	{ "SELECT x.id FROM ((SELECT id, pin FROM users)) x", NO },
	{ "SELECT x.id FROM (SELECT id FROM users UNION SELECT id FROM vault) x", NO },
	{ "SELECT ((SELECT max(name) FROM users))", "mine" },
	{ "SELECT ((SELECT max(pin) FROM users))", NO },
	{ "SELECT id FROM users WHERE id IN ((SELECT id FROM vault))", NO },
	{ "SELECT id FROM users WHERE id IN ((SELECT 1) UNION SELECT id FROM vault)", NO },
	{ "SELECT id FROM users WHERE id = ANY ((SELECT 1) UNION SELECT id FROM vault)", NO },
	{ "SELECT id FROM users WHERE id = ANY ((SELECT 1) UNION SELECT 2)", "?1" },
	{ "SELECT id FROM users WHERE (id, pin) = (1, 'PIN-1')", NO },
	{ "SELECT id FROM users WHERE (id, ssn) IN (SELECT id, ssn FROM users)", NO },
	{ "SELECT u.id FROM users u WHERE EXISTS (SELECT 1 FROM notes n WHERE n.note = u.pin)", NO },
	{ "SELECT u.id FROM users u WHERE EXISTS (SELECT 1 FROM notes n WHERE n.note = pin)", NO },
	{ "SELECT * FROM users u JOIN users v USING (id) ORDER BY 1", "1|bob|mine|-|bob|mine|- 3|bob|also|-|bob|also|-" },
	{ "SELECT * FROM users u JOIN users v USING (id, pin)", NO },
	{ "SELECT * FROM users u JOIN solo s USING (id)", "1|bob|mine|-" },
	{ "SELECT s.* FROM users u JOIN solo s USING (id)", "1" },
	{ "SELECT s.pin FROM users u JOIN solo s USING (id)", NO },
	{ "SELECT * FROM users u NATURAL JOIN solo s", "1|bob|mine|-" },
	{ NULL, NULL }
};

static const char *const shadows[][2] = {
	{ "SELECT notes.pin FROM users notes", NO },
	{ "SELECT vault.id FROM users vault ORDER BY 1", "1 3" },
	{ "SELECT vault.code FROM users vault", NO },
	{ "SELECT vault.code FROM users vault, vault v", NO },
	{ "SELECT users.note FROM notes users ORDER BY 1", "one two" },
	{ "SELECT users.pin FROM notes users", NO },
	{ "SELECT users.id FROM users u", NO },
	{ "SELECT u.id FROM users u, notes users WHERE users.id = u.id", "1" },
	{ "SELECT id FROM users vault WHERE EXISTS (SELECT 1 FROM vault)", NO },
	{ "SELECT vault.id FROM users vault WHERE EXISTS (SELECT 1 FROM notes WHERE notes.id = vault.id)", "1" },
	{ "WITH vault AS (SELECT id FROM users) SELECT id FROM vault ORDER BY 1", "1 3" },
	{ "WITH vault AS (SELECT id, code FROM vault) SELECT id FROM vault", NO },
	{ "WITH vault AS (SELECT 1 AS code UNION ALL SELECT id FROM vault) SELECT code FROM vault", NO },
	{ "WITH RECURSIVE vault AS (SELECT 1 AS id UNION ALL SELECT id + 1 FROM vault WHERE id < 3) SELECT id FROM vault",
	  "1 2 3" },
	{ "WITH users AS (SELECT * FROM users) SELECT * FROM users ORDER BY 1", "?1|bob|mine|- 3|bob|also|-" },
	{ "WITH users AS (SELECT pin FROM users) SELECT * FROM users", NO },
	{ "WITH users AS (SELECT 1 AS id, 'x' AS pin) SELECT pin FROM users", "x" },
	{ "WITH notes AS (SELECT name FROM users) SELECT * FROM notes ORDER BY 1", "also mine" },
	{ "WITH q AS (SELECT 1 AS id) SELECT q.id, v.code FROM q, vault v", NO },
	{ "WITH q (pin) AS (SELECT id FROM users) SELECT pin FROM q ORDER BY 1", "1 3" },
	{ "WITH q (id) AS (SELECT pin FROM users) SELECT id FROM q", NO },
	{ "WITH q (id) AS (SELECT ssn FROM users) SELECT 1 FROM q WHERE id = 'SECRET-1'", NO },
	{ "WITH vault AS (SELECT 1 AS id) SELECT (WITH users AS (SELECT 2 AS id) SELECT id FROM users) FROM vault", "?2" },
	{ "SELECT id AS pin FROM users ORDER BY pin", "1 3" },
	{ "SELECT id AS pin FROM users ORDER BY users.pin", NO },
	{ "SELECT id AS pin, count(*) FROM users GROUP BY users.pin", NO },
	{ "SELECT id AS x FROM users ORDER BY pin", NO },
	{ NULL, NULL }
};

static const char *const places[][2] = {
	{ "SELECT id FROM users GROUP BY id, pin", NO },
	{ "SELECT id FROM users GROUP BY id, ssn", NO },
	{ "SELECT count(*) OVER (PARTITION BY pin) FROM users", NO },
	{ "SELECT count(*) OVER (PARTITION BY ssn) FROM users", NO },
	{ "SELECT count(*) OVER w FROM users WINDOW w AS (ORDER BY pin)", NO },
	{ "SELECT count(*) OVER w FROM users WINDOW w AS (PARTITION BY ssn)", NO },
	{ "SELECT id FROM users WINDOW w AS (ORDER BY pin)", NO },
	{ "SELECT sum(salary) OVER () FROM users", NO },
	{ "SELECT max(ssn) OVER () FROM users", NO },
	{ "SELECT first_value(pin) OVER (ORDER BY id) FROM users", NO },
	{ "SELECT count(*) FROM users HAVING max(pin) > 'a'", NO },
	{ "SELECT count(*) FROM users HAVING max(ssn) > 'a'", NO },
	{ "SELECT owner FROM users GROUP BY owner HAVING max(salary) > 1", NO },
	{ "SELECT owner FROM users GROUP BY owner ORDER BY max(pin)", NO },
	{ "SELECT owner FROM users GROUP BY owner ORDER BY max(ssn)", NO },
	{ "SELECT count(DISTINCT pin) FROM users", NO },
	{ "SELECT count(ssn) FROM users", NO },
	{ "SELECT id FROM users LIMIT (SELECT max(salary) FROM users)", NO },
	{ "DELETE FROM users WHERE id = 1 RETURNING *", "1|bob|mine|-" },
	{ "DELETE FROM users WHERE id = 1 RETURNING id, pin", NO },
	{ "DELETE FROM users WHERE id = 1 RETURNING upper(ssn)", NO },
	{ "DELETE FROM notes WHERE id = 1 RETURNING (SELECT max(pin) FROM users)", NO },
	{ "DELETE FROM notes WHERE id = 1 RETURNING (SELECT max(code) FROM vault)", NO },
	{ "UPDATE users SET name = 'x' WHERE id = 1 RETURNING pin", NO },
	{ "UPDATE users SET name = 'x' WHERE id = 1 RETURNING *", "?1|bob|x|-" },
	{ "INSERT INTO users (id, owner, name) VALUES (80, 'bob', 'x') RETURNING pin", NO },
	{ "INSERT INTO users (id, owner, name) VALUES (80, 'bob', 'x') RETURNING *", "80|bob|x|-" },
	{ "INSERT INTO notes (id, note) SELECT 80, ssn FROM users WHERE id = 1", NO },
	{ "INSERT INTO users (id, owner, name) VALUES (1, 'bob', 'x') ON CONFLICT (id) DO UPDATE SET name = excluded.pin", NO },
	{ "INSERT INTO users (id, owner, name) VALUES (1, 'bob', 'x') ON CONFLICT (id) DO UPDATE SET name = excluded.ssn", "" }, /* his own */
	{ "INSERT INTO users (id, owner, name) VALUES (1, 'bob', 'x') ON CONFLICT (id) DO UPDATE SET owner = 'eve'", NO },
	{ "INSERT INTO users (id, owner, name) VALUES (1, 'bob', 'x') ON CONFLICT (id) DO UPDATE SET pin = excluded.name", NO },
	{ "INSERT INTO users (id, owner, name) VALUES (2, 'bob', 'x') ON CONFLICT (id) DO UPDATE SET name = excluded.name", NO },
	{ "INSERT INTO users (id, owner, name) VALUES (1, 'bob', 'x') ON CONFLICT (id) DO UPDATE SET name = 'y' WHERE users.pin = "
	  "'PIN-1'", NO },
	{ "INSERT INTO notes (id, note) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET note = (SELECT max(pin) FROM users)", NO },
	{ NULL, NULL }
};

/* An error that tells of a row that is not there, or of a value of it. */
static const char *const errors[][2] = {
	{ "SELECT id FROM users WHERE CASE WHEN id = 2 THEN 1 / (id - 2) ELSE 1 END = 1 ORDER BY id", "" },
	{ "SELECT id, 6 / (id - 2) FROM users ORDER BY id", "" },
	{ "SELECT id FROM users WHERE 1 / (id - 2) < 5 ORDER BY id", "" },
	{ "SELECT CAST(name AS DECIMAL(10,0)) FROM users WHERE id = 2", "" },
	{ "SELECT CAST(name AS DECIMAL(10,0)) + 1 FROM users WHERE owner = 'eve'", "" },
	{ "SELECT CAST(ssn AS DECIMAL(10,0)) FROM users", NO },
	{ "SELECT CAST(pin AS DECIMAL(10,0)) FROM users", NO },
	{ "SELECT sum(1 / (id - 2)) FROM users", "" },
	{ "SELECT max(id) FROM users GROUP BY 1 / (id - 2) ORDER BY 1", "" },
	{ "SELECT id, count(*) OVER (PARTITION BY 1 / (id - 2)) FROM users ORDER BY id", "" },
	{ "SELECT row_number() OVER (ORDER BY CAST(name AS DECIMAL(10,0))) FROM users WHERE id = 2", "" },
	{ "SELECT id FROM users ORDER BY 10 / (id - 2), id", "" },
	{ "SELECT id FROM users u WHERE u.id IN (SELECT 10 / (v.id - 2) FROM users v)", "" },
	{ "SELECT n.id FROM notes n JOIN users u ON 10 / (u.id - 2) > 100 ORDER BY 1", "" },
	{ "SELECT n.id, u.id FROM notes n LEFT JOIN users u ON u.id = n.id AND 10 / (u.id - 2) < 100 ORDER BY 1", "" },
	{ "SELECT x.n FROM (SELECT 10 / (id - 2) AS n FROM users) x ORDER BY 1", "" },
	{ "WITH q AS (SELECT 10 / (id - 2) AS n FROM users) SELECT n FROM q ORDER BY 1", "" },
	{ "SELECT (SELECT 10 / (v.id - 2) FROM users v WHERE v.id = u.id + 1) FROM users u WHERE u.id = 1", "" },
	{ "UPDATE notes SET note = 'x' WHERE 10 / (SELECT max(id) - 4 FROM users) < 0", "" },
	{ "UPDATE users SET name = 'x' WHERE 10 / (id - 2) > 100", "" },
	{ "UPDATE users SET name = CAST(10 / (id - 2) AS CHAR(5)) WHERE id > 0", "" },
	{ "DELETE FROM users WHERE 10 / (id - 4) < -100", "" },
	{ "INSERT INTO notes (id, note) SELECT 80 + 10 / (id - 2), name FROM users", "" },
	{ NULL, NULL }
};

static const char *const lite_shapes[][2] = {
	{ "SELECT main.users.id FROM users ORDER BY 1", "1 3" },
	{ "SELECT main.users.pin FROM users", NO },
	{ "SELECT main.users.ssn FROM main.users WHERE main.users.ssn = 'SECRET-1'", NO },
	{ "SELECT main.vault.code FROM users", NO },
	{ "SELECT main.vault.code FROM users vault", NO },
	{ "SELECT main.vault.id FROM users vault", "" },
	{ "SELECT temp.users.id FROM users", NO },
	{ "SELECT id FROM temp.users", NO },
	{ "SELECT a.main.users.id FROM users", NO },
	{ "SELECT id FROM main.main.users", "" },
	{ "SELECT code FROM other.main.vault", NO },
	{ "SELECT [pin] FROM users", NO }, { "SELECT `pin` FROM users", NO }, { "SELECT \"PIN\" FROM users", NO },
	{ "SELECT [code] FROM [vault]", NO }, { "SELECT id FROM [USERS] ORDER BY 1", "1 3" },
	{ "SELECT id FROM users WHERE [rowid] = 2", "" }, { "SELECT _rowid_ FROM users ORDER BY 1", "" },
	{ "SELECT oid FROM vault", NO },
	{ "UPDATE main.users SET pin = 'x'", NO },
	{ "UPDATE users SET name = main.users.pin", NO },
	{ "DELETE FROM main.vault", NO },
	{ "SELECT u FROM users u", NO }, { "SELECT users FROM users", NO },
	{ NULL, NULL }
};

static const char *const pg_shapes[][2] = {
	{ "SELECT public.users.id FROM users ORDER BY 1", "1 3" },
	{ "SELECT public.users.pin FROM users", NO },
	{ "SELECT public.users.ssn FROM public.users WHERE public.users.ssn = 'SECRET-1'", NO },
	{ "SELECT public.vault.code FROM users", NO },
	{ "SELECT public.vault.code FROM users vault", NO },
	{ "SELECT main.public.users.id FROM users", "" },
	{ "SELECT main.public.users.pin FROM users", NO },
	{ "SELECT id FROM main.public.users ORDER BY 1", "?1 3" },
	{ "SELECT code FROM main.public.vault", NO },
	{ "SELECT id FROM pg_temp.users", NO },
	{ "SELECT U&\"pi\\006e\" FROM users", NO },
	{ "SELECT U&\"c!006fde\" UESCAPE '!' FROM U&\"\\0076ault\"", NO },
	{ "SELECT id FROM U&\"us\\0065rs\" ORDER BY 1", "1 3" },
	{ "SELECT \"PIN\" FROM users", NO }, { "SELECT PIN FROM USERS", NO }, { "SELECT ID FROM USERS ORDER BY Id", "1 3" },
	{ "SELECT id FROM \"USERS\"", NO }, { "SELECT id FROM \"Vault\"", NO },
	{ "SELECT pin(users) FROM users", NO }, { "SELECT pin(u) FROM users u", NO }, { "SELECT u.tells FROM notes u", NO },
	{ "SELECT name(users) FROM users", NO }, { "SELECT users FROM users", NO }, { "SELECT u FROM users u", NO },
	{ "SELECT (u).* FROM users u", NO }, { "SELECT (u.*).pin FROM users u", NO }, { "SELECT (public.users).pin FROM users", NO },
	{ "SELECT ROW(u.*) FROM users u", NO }, { "SELECT u.*::text FROM users u", NO }, { "SELECT count(u) FROM users u", NO },
	{ "SELECT u IS NULL FROM users u", NO }, { "SELECT id FROM users u ORDER BY u", NO }, { "SELECT 1 FROM users u GROUP BY u", NO },
	{ "SELECT id FROM users u WHERE u = u", NO }, { "SELECT row_to_json(x) FROM (SELECT * FROM users) x", NO },
	{ "DELETE FROM users u RETURNING u", NO }, { "UPDATE users u SET name = u.pin", NO },
	{ "UPDATE public.users SET name = public.users.pin", NO },
	{ "INSERT INTO users AS vault (id, owner) VALUES (1, 'bob') ON CONFLICT (id) DO UPDATE SET name = vault.code", NO },
	{ "INSERT INTO users AS excluded (id, owner) VALUES (1, 'bob') ON CONFLICT (id) DO UPDATE SET name = excluded.pin", NO },
	{ "SELECT l.pin FROM notes n, LATERAL (SELECT * FROM users u WHERE u.id = n.id) l", NO },
	{ "SELECT l.id FROM notes n, LATERAL (SELECT * FROM users u WHERE u.id >= n.id) l ORDER BY 1", "" },
	{ "SELECT l.x FROM users u, LATERAL (SELECT u.pin AS x) l", NO },
	{ "SELECT l.x FROM users u, LATERAL (SELECT u.ssn || 'x' AS x) l", NO },
	{ "SELECT DISTINCT ON (pin) id FROM users", NO }, { "SELECT DISTINCT ON (ssn) id FROM users", NO },
	{ "SELECT id FROM users GROUP BY GROUPING SETS ((id), (pin))", NO },
	{ "SELECT count(*) FROM users GROUP BY ROLLUP (ssn)", NO },
	{ "SELECT count(*) FILTER (WHERE pin = 'PIN-1') FROM users", NO },
	{ "SELECT count(*) FILTER (WHERE ssn IS NULL) FROM users", NO },
	{ "SELECT string_agg(name, ',' ORDER BY pin) FROM users", NO },
	{ "SELECT * FROM unnest(ARRAY(SELECT pin FROM users)) x", NO },
	{ "SELECT * FROM string_to_table((SELECT max(code) FROM vault), ',') x", NO },
	{ NULL, NULL }
};

static const char *const my_shapes[][2] = {
	{ "SELECT mysql.users.id FROM users", NO },
	{ "SELECT x.y.users.id FROM users", NO },
	{ "SELECT `users`.`pin` FROM `users`", NO }, { "SELECT \"pin\" FROM \"users\"", NO },
	{ "SELECT `vault`.`id` FROM users `vault` ORDER BY 1", "1 3" },
	{ "SELECT users FROM users", NO }, { "SELECT u FROM users u", NO },
	{ "SELECT 1 FROM users GROUP BY pin WITH ROLLUP", NO }, { "SELECT count(*) FROM users GROUP BY ssn WITH ROLLUP", NO },
	{ "SELECT group_concat(name ORDER BY pin) FROM users", NO }, { "SELECT group_concat(pin SEPARATOR '') FROM users", NO },
	{ "INSERT INTO users (id, owner) VALUES (1, 'bob') ON DUPLICATE KEY UPDATE name = VALUES(pin)", NO },
	{ "INSERT INTO notes (id, note) VALUES (1, 'x') ON DUPLICATE KEY UPDATE note = (SELECT max(code) FROM vault)", NO },
	{ "UPDATE users SET users.name = users.pin WHERE id = 1", NO },
	{ "UPDATE users vault SET vault.name = vault.code", NO },
	{ "DELETE vault FROM users vault WHERE vault.id = 2", "" },
	{ "SELECT id FROM users WHERE id = ALL ((SELECT 1) UNION ALL SELECT pin FROM users)", NO },
	{ NULL, NULL }
};

AROUND(shapes)
AROUND(shadows)
AROUND(places)
AROUND(errors)
AROUND_ON("sqlite", lite_shapes)
AROUND_ON("postgres", pg_shapes)
AROUND_ON("mysql", my_shapes)
