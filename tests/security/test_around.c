/* SPDX-License-Identifier: MIT */
/* What all three databases have words for. */
#include "around.h"

static const char *const names[][2] = {
	{ "SELECT * FROM users ORDER BY id", "1|bob|mine|- 3|bob|also|-" },
	{ "SELECT u.* FROM users AS u ORDER BY 1", "1|bob|mine|- 3|bob|also|-" },
	{ "SELECT id FROM/**/users/* vault */ORDER BY id", "1 3" },
	{ "SELECT id FROM \"users\" ORDER BY id -- vault", "1 3" },
	{ "WITH users AS (SELECT 7 AS id) SELECT id FROM users", "7" },
	{ "WITH vault AS (SELECT * FROM users) SELECT count(*) FROM vault", "2" },
	{ "WITH x AS (SELECT * FROM vault) SELECT 1", "!DBN_E_DENIED" },
	{ "SELECT * FROM vault", "!DBN_E_DENIED" },
	{ "SELECT 1 WHERE 1 = 0 AND EXISTS (SELECT 1 FROM vault)", "!DBN_E_DENIED" },
	{ "SELECT * FROM everybody", NO },
	{ "SELECT pin FROM users", NO },
	{ "SELECT users.pin FROM users", NO },
	{ "SELECT 1; SELECT * FROM vault", "!DBN_E_SYNTAX" },
	{ "SELECT 1;; DELETE FROM users", "!DBN_E_SYNTAX" },
	{ "SELECT * FROM information_schema.tables", NO },
	{ "SELECT * FROM other.users", NO },
	{ "SELECT * FROM users TABLESAMPLE BERNOULLI (100)", NO },
	{ "TABLE users", "?1|bob|mine|- 3|bob|also|-" },
	{ "TABLE vault", NO },
	{ "SELECT tell(name) FROM users", NO },
	{ "SET ROLE tester", NO },
	{ "PREPARE q AS SELECT * FROM vault", NO },
	{ "EXECUTE q", NO },
	{ "CREATE TEMPORARY TABLE users (id INTEGER)", NO },
	{ "CREATE VIEW q AS SELECT * FROM users", NO },
	{ "EXPLAIN SELECT * FROM vault", NO },
	{ "LOCK TABLE users", NO },
	{ "CALL x()", NO },
	{ "BEGIN", NO },
	{ "COMMIT", NO },
	{ NULL, NULL }
};

static const char *const reads[][2] = {
	{ "SELECT count(*), max(id) FROM users", "2|3" },
	{ "SELECT id FROM users ORDER BY name", "3 1" },
	{ "SELECT id FROM users ORDER BY salary", NO },
	{ "SELECT id FROM users ORDER BY ssn", NO },
	{ "SELECT id FROM users ORDER BY 1, 1 + 1", "1 3" },
	{ "SELECT ssn FROM users ORDER BY 1", NO },
	{ "SELECT ssn AS x FROM users ORDER BY x", NO },
	{ "SELECT ssn, count(*) FROM users GROUP BY ssn", NO },
	{ "SELECT count(*) FROM users GROUP BY salary", NO },
	{ "SELECT count(*) FROM users GROUP BY owner HAVING max(pin) > 'a'", NO },
	{ "SELECT count(*) FROM users GROUP BY owner HAVING max(ssn) > 'a'", NO },
	{ "SELECT DISTINCT ssn FROM users", NO },
	{ "SELECT ssn FROM users UNION SELECT 'x'", NO },
	{ "SELECT max(ssn) FROM users", NO },
	{ "SELECT id FROM users WHERE ssn IS NULL", NO },
	{ "SELECT CASE WHEN ssn = 'SECRET-1' THEN 1 END FROM users", NO },
	{ "SELECT coalesce(ssn, 'x') FROM users", NO },
	{ "SELECT (SELECT ssn FROM users WHERE id = 1)", "" },
	{ "SELECT q.s FROM (SELECT ssn AS s FROM users) q WHERE q.s IS NOT NULL", NO },
	{ "WITH q AS (SELECT ssn AS s FROM users) SELECT 1 FROM q WHERE s = 'SECRET-1'", NO },
	{ "SELECT u.id FROM users u JOIN users v USING (ssn)", NO },
	{ "SELECT u.id FROM users u NATURAL JOIN users v", NO },
	{ "SELECT u.id FROM users u JOIN users v USING (pin)", NO },
	{ "SELECT u.id, v.id FROM solo u NATURAL JOIN solo v ORDER BY 1", "1|1 2|2" },
	{ "SELECT * FROM solo NATURAL JOIN (SELECT 1 AS id, 'x' AS pin) q", "1|x" },
	{ "SELECT id FROM solo NATURAL LEFT JOIN (SELECT 'x' AS pin) q ORDER BY 1", "1 2" },
	{ "SELECT u.id FROM users u NATURAL JOIN solo v ORDER BY 1", "1" },
	{ "SELECT n.id, u.id, u.ssn FROM notes n LEFT JOIN users u ON u.id = n.id ORDER BY 1", "1|1|- 2|-|-" },
	{ "SELECT n.id, u.id FROM users u RIGHT JOIN notes n ON u.id = n.id ORDER BY 1", "1|1 2|-" },
	{ "SELECT n.id FROM notes n WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = n.id)", "2" },
	{ "SELECT n.id FROM notes n WHERE n.id NOT IN (SELECT id FROM users)", "2" },
	{ "SELECT id, row_number() OVER (ORDER BY id), count(*) OVER () FROM users ORDER BY id", "1|1|2 3|2|2" },
	{ "SELECT id, row_number() OVER (ORDER BY ssn) FROM users", NO },
	{ "SELECT id, lag(name) OVER (ORDER BY id) FROM users ORDER BY id", "1|- 3|mine" },
	{ "SELECT name FROM users UNION ALL SELECT note FROM notes ORDER BY 1", "also mine one two" },
	{ "SELECT id FROM users EXCEPT SELECT id FROM notes", "3" },
	{ "SELECT id FROM notes WHERE note = (SELECT code FROM vault)", NO },
	{ "SELECT id FROM notes LIMIT (SELECT id FROM vault)", NO },
	{ "SELECT id FROM notes ORDER BY (SELECT code FROM vault)", NO },
	{ "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t JOIN users u ON u.id >= n WHERE n < 9)"
	  " SELECT max(n) FROM t", "4" },
	{ NULL, NULL }
};

/* A condition that fails, or changes its words, on what is hidden. */
static const char *const conditions[][2] = {
	{ "SELECT id FROM users WHERE id = 2 AND 10 / CAST(name AS DECIMAL(10,0)) > 0", "" },
	{ "SELECT id FROM users WHERE CAST(name AS DECIMAL(10,0)) > 0 AND id = 2", "" },
	{ "SELECT id FROM users WHERE id = 2 AND name LIKE 'H\\'", "" },
	{ "SELECT id FROM users WHERE id = 2 AND name LIKE name", "" },
	{ "SELECT id FROM users WHERE id = 2 AND id + 2147483647 > 0", "" },
	{ "SELECT id FROM users WHERE id IN (2, 4) AND -id * 9223372036854775807 < 0", "" },
	{ "SELECT 1 FROM (SELECT CAST(name AS DECIMAL(10,0)) AS n, id FROM users) q WHERE q.id = 2 AND q.n > 0", "" },
	{ "SELECT 1 FROM notes n JOIN users u ON u.id = 2 AND CAST(u.name AS DECIMAL(10,0)) > 0", "" },
	{ "SELECT n.id FROM notes n LEFT JOIN users u ON u.id = 2 AND CAST(u.name AS DECIMAL(10,0)) > 0 ORDER BY 1", "" },
	{ "SELECT 1 FROM users u JOIN users v ON u.id = v.id AND CAST(v.name AS DECIMAL(10,0)) > 0 WHERE u.id = 2", "" },
	{ "WITH q AS (SELECT name AS n, id FROM users) SELECT 1 FROM q WHERE id = 2 AND CAST(n AS DECIMAL(10,0)) > 0", "" },
	{ "SELECT id FROM users WHERE id = 2 AND (SELECT CAST(users.name AS DECIMAL(10,0)) > 0)", "" },
	{ "SELECT id FROM notes WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = 2 AND CAST(u.name AS DECIMAL(10,0)) > 0)", "" },
	{ "SELECT id FROM users WHERE id = 2 GROUP BY id, name HAVING CAST(name AS DECIMAL(10,0)) > 0", "" },
	{ "SELECT id FROM users WHERE id = 2 ORDER BY CAST(name AS DECIMAL(10,0))", "" },
	{ "SELECT sum(CAST(name AS DECIMAL(10,0))) FROM users WHERE id = 2", "" },
	{ "SELECT id FROM users WHERE id = (SELECT id FROM users v WHERE v.id > 1)", "" },
	{ "SELECT id FROM notes WHERE id = (SELECT id FROM users WHERE owner = 'eve')", "" },
	{ "UPDATE users SET name = 'n' WHERE id = 2 AND CAST(name AS DECIMAL(10,0)) > 0", "" },
	{ "UPDATE users SET name = 'n' WHERE CAST(name AS DECIMAL(10,0)) > 0 AND id = 2", "" },
	{ "DELETE FROM users WHERE id = 2 AND CAST(name AS DECIMAL(10,0)) > 0", "" },
	{ "UPDATE notes SET note = 'x' WHERE id = (SELECT CAST(name AS DECIMAL(10,0)) FROM users WHERE id = 2)", "" },
	{ "UPDATE notes SET note = 'x' WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = 2 AND CAST(u.name AS DECIMAL(10,0)) > 0)", "" },
	{ "INSERT INTO notes (id, note) SELECT 50, name FROM users WHERE id = 2 AND CAST(name AS DECIMAL(10,0)) > 0", "" },
	{ "DELETE FROM notes WHERE id = (SELECT CAST(name AS DECIMAL(10,0)) FROM users WHERE id = 2)", "" },
	{ NULL, NULL }
};

static const char *const writes[][2] = {
	{ "UPDATE users SET name = 'x' WHERE id = 2", "" },
	{ "UPDATE users SET name = 'x' WHERE id = 2 OR 1 = 1", "" },
	{ "UPDATE users SET owner = 'eve' WHERE id = 1", "!DBN_E_DENIED" },
	{ "UPDATE users SET owner = 'bob' WHERE id = 2", "" },
	{ "UPDATE users SET owner = NULL WHERE id = 1", "!DBN_E_DENIED" },
	{ "UPDATE users SET salary = 5 WHERE id = 1", NO },
	{ "UPDATE users SET pin = 'x' WHERE id = 1", NO },
	{ "UPDATE users SET name = pin WHERE id = 1", NO },
	{ "UPDATE users SET name = ssn WHERE id = 1", NO },
	{ "UPDATE users SET name = (SELECT ssn FROM users WHERE id = 1) WHERE id = 1", NO },
	{ "UPDATE users SET name = (SELECT code FROM vault) WHERE id = 1", NO },
	{ "UPDATE notes SET note = (SELECT max(name) FROM users) WHERE id = 1", "" },
	{ "INSERT INTO users (id, owner, name) VALUES (20, 'eve', 'x')", "!DBN_E_DENIED" },
	{ "INSERT INTO users (id, owner, name) VALUES (21, 'bob', 'x'), (22, 'eve', 'x')", "!DBN_E_DENIED" },
	{ "INSERT INTO users (id, name) VALUES (23, 'x')", NO },
	{ "INSERT INTO users (id, owner, salary) VALUES (24, 'bob', 5)", NO },
	{ "INSERT INTO users VALUES (25, 'bob', 'x', 1, 's', 'p')", NO },
	{ "INSERT INTO notes (id, note) SELECT id + 30, name FROM users", "" },
	{ "INSERT INTO notes (id, note) SELECT id + 40, ssn FROM users", NO },
	{ "INSERT INTO notes (id, note) SELECT id + 40, pin FROM users", NO },
	{ "INSERT INTO notes (id, note) SELECT id + 40, code FROM vault", NO },
	{ "INSERT INTO notes (id, note) VALUES (60, (SELECT code FROM vault))", NO },
	{ "REPLACE INTO users (id, owner, name) VALUES (2, 'bob', 'x')", NO },
	{ "DELETE FROM users WHERE id = 2", "" },
	{ "DELETE FROM users WHERE owner = 'eve'", "" },
	{ "DELETE FROM vault", NO },
	{ "DELETE FROM everybody WHERE id = 2", NO },
	{ "INSERT INTO everybody (id, name) VALUES (70, 'x')", NO },
	{ "UPDATE everybody SET name = 'x'", NO },
	{ "TRUNCATE TABLE users", NO },
	{ "DELETE FROM users", "" },
	{ NULL, NULL }
};

/* Computed from what is hidden; errors that quote the row. */
static const char *const columns[][2] = {
	{ "SELECT doubled FROM made", NO },
	{ "SELECT id FROM made WHERE doubled > 100", NO },
	{ "SELECT * FROM made", "" },
	{ "UPDATE made SET name = NULL WHERE id = 1", NO },
	{ "UPDATE made SET name = 'bad' WHERE id = 1", NO },
	{ "UPDATE made SET name = 'bad' WHERE id = 2", "" },
	{ "UPDATE made SET id = 2 WHERE id = 1", NO },
	{ "UPDATE made SET day = '2020-02-30' WHERE id = 1", NO },
	{ "UPDATE made SET name = 'x' WHERE id = 2 AND day > '2020-02-30'", "" },
	{ "UPDATE made SET name = 'x' WHERE id = 2 AND day = name", "" },
	{ "UPDATE made SET name = 'x' WHERE id = 2 AND id = 'abc'", "" },
	{ "SELECT id FROM made WHERE day > '2019-01-01'", "1" },
	{ "SELECT id FROM made WHERE day IN ('2020-01-01', '2021-01-01')", "1" },
	{ "SELECT id FROM made WHERE id = '1'", "" },
	{ "UPDATE made SET doubled = 1 WHERE id = 1", NO },
	{ "INSERT INTO made (id, owner, name, doubled) VALUES (30, 'bob', 'x', 4)", NO },
	{ "INSERT INTO made (id, owner, name, pay) VALUES (30, 'bob', 'x', 4)", NO },
	{ "INSERT INTO made (id, owner) VALUES (31, 'bob')", NO },
	{ "INSERT INTO made (id, owner, name) VALUES (32, 'bob', 'x')", "" },
	{ "INSERT INTO made (id, owner, name) VALUES (33, 'bob', 'bad')", NO },
	{ "INSERT INTO made (id, owner, name) VALUES (2, 'bob', 'x')", NO },
	{ "SELECT owner, count(*) FROM users GROUP BY owner HAVING CAST(owner AS CHAR(3)) = 'eve'", "=" },
	{ "SELECT id, count(*) FROM users GROUP BY id HAVING id = 2 AND 10 / (id - 2) > 0", "=" },
	{ "SELECT id, count(*) FROM users GROUP BY id HAVING id < 3 AND 10 / (id + 1) > 0", "1|1" },
	{ "SELECT count(*) FROM users HAVING count(*) > 1 AND max(id) + 1 > 3", "2" },
	{ "SELECT id FROM users WHERE id IN (SELECT name FROM users)", "" },
	{ "SELECT count(*) FROM users WHERE (SELECT max(name) FROM users) = 'mine'", "2" },
	{ "SELECT (SELECT count(*) FROM users v WHERE v.owner <> users.owner) FROM users WHERE id = 1", "0" },
	{ NULL, NULL }
};

AROUND(columns)
AROUND(names)
AROUND(reads)
AROUND(conditions)
AROUND(writes)

/* Values of the caller. */
Test(around_values, tried, .init = around_start, .fini = around_stop, .timeout = 300)
{
	const dbn_value nul = dbn_v_textn((dbn_text){ "bo\0b", 4 });

	around_with("UPDATE users SET name = 'n' WHERE id = 2 AND name = ?", DBN_ARGS(1), "");
	around_with("UPDATE users SET name = 'n' WHERE id = 2 AND name > ?", DBN_ARGS(1.5), "");
	around_with("UPDATE users SET name = 'n' WHERE name IN (?, ?) AND id = 2", DBN_ARGS(1, "x"), "");
	around_with("UPDATE users SET name = 'n' WHERE id = 2 AND id = ?", DBN_ARGS("abc"), "");
	around_with("UPDATE users SET name = 'n' WHERE id = 2 AND ? = name", DBN_ARGS(0), "");
	around_with("UPDATE users SET name = 'n' WHERE id = 2 AND name LIKE ?", DBN_ARGS("H\\"), "");
	around_with("SELECT id FROM users WHERE id = 2 AND name LIKE ?", DBN_ARGS("H\\"), "=");
	around_with("SELECT id FROM users WHERE owner = ?", DBN_ARGS("eve"), "=");
	around_with("SELECT id FROM users WHERE owner = ?", DBN_ARGS(nul), "");
	around_with("SELECT id FROM users WHERE owner = ?", DBN_ARGS("x' OR '1' = '1"), "=");
	around_with("SELECT id FROM users ORDER BY id LIMIT ?", DBN_ARGS(-1), NO);
	around_with("SELECT id FROM users ORDER BY id LIMIT ?", DBN_ARGS("1"), "");
	around_with("UPDATE users SET owner = ? WHERE id = 1", DBN_ARGS("eve"), "!DBN_E_DENIED");
	around_with("UPDATE users SET owner = ? WHERE id = 1", DBN_ARGS("bob "), "!DBN_E_DENIED");
	around_with("UPDATE users SET owner = ? WHERE id = 1", DBN_ARGS("BOB"), "!DBN_E_DENIED");
	around_with("UPDATE users SET owner = ? WHERE id = 1", DBN_ARGS(nul), NO);
	around_with("UPDATE users SET owner = ? WHERE id = 1", DBN_ARGS(0), NO);
	around_with("INSERT INTO users (id, owner, name) VALUES (?, ?, ?)", DBN_ARGS(50, "eve", "x"), "!DBN_E_DENIED");
	around_many("INSERT INTO users (id, owner, name) VALUES (?, ?, ?)",
		DBN_ARGS(50, "bob", "x", 51, "bob", "y"), 2, "");
	around_many("INSERT INTO users (id, owner, name) VALUES (?, ?, ?)",
		DBN_ARGS(50, "bob", "x", 51, "eve", "y"), 2, "!DBN_E_DENIED");
	around_many("INSERT INTO users (id, owner, name) VALUES (?, ?, ?)",
		DBN_ARGS(50, "eve", "x", 51, "bob", "y"), 2, "!DBN_E_DENIED");
	around_many("UPDATE users SET owner = ? WHERE id = ?", DBN_ARGS("bob", 1, "eve", 3), 2, "!DBN_E_DENIED");
	around_many("UPDATE users SET name = ? WHERE id = ?", DBN_ARGS("a", 2, "b", 4), 2, "");
	around_many("DELETE FROM users WHERE id = ?", DBN_ARGS(2, 4), 2, "");
	around_many("DELETE FROM vault WHERE id = ?", DBN_ARGS(1, 2), 2, "!DBN_E_DENIED");
}
