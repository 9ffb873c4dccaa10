/* SPDX-License-Identifier: MIT */
/*
 * Texts that one parser reads otherwise than another: comments, quotes, dollars and
 * signs that are code on one database and nothing on the next, and names that a
 * database's own check takes for others.
 */
#include "around.h"

static const char *const lite_traps[][2] = {
	{ "SELECT 5--1 FROM vault", "5" },
	{ "SELECT 1 /* /* */ AS x", "1" },
	{ "SELECT 1 /* /* */ , (SELECT code FROM vault) */", NO },
	{ "SELECT \"nosuchcolumn\" FROM users", NO },
	{ "SELECT id FROM users WHERE name = \"mine\"", NO },
	{ "SELECT 'a\\' , id FROM users --'\n ORDER BY id", "a\\|1 a\\|3" },
	{ "SELECT name 'pin' FROM users ORDER BY 1", "" },
	{ "SELECT $$pin$$", NO }, { "SELECT E'x'", NO }, { "SELECT 1 # 2", NO },
	{ "SELECT id FROM users WHERE 1=?1", NO },
	{ "WITH everybody AS (SELECT pin FROM main.users) SELECT * FROM everybody", NO },
	{ "WITH everybody AS (SELECT id FROM main.users) SELECT * FROM everybody ORDER BY 1", "1 3" },
	{ "SELECT sql FROM sqlite_stmt", NO }, { "SELECT * FROM dbstat", NO }, { "SELECT * FROM pragma_table_info('vault')", NO },
	{ "SELECT sql FROM sqlite_master", NO }, { "SELECT sql FROM sqlite_schema", NO }, { "SELECT * FROM sqlite_stat1", NO },
	{ "SELECT fts3_tokenizer('simple')", NO }, { "SELECT highlight(users, 0, '', '') FROM users", NO },
	{ "SELECT load_extension('x')", NO }, { "SELECT sqlite_source_id()", "" }, { "VACUUM INTO '/tmp/x'", NO },
	{ "SELECT changes()", NO }, { "SELECT last_insert_rowid()", NO }, { "SELECT replace(hex(zeroblob(200000000)), '0', '11')", NO },
	{ NULL, NULL }
};

static const char *const pg_traps[][2] = {
	{ "SELECT 5--1 FROM vault", "5" },
	{ "SELECT 1 /* /* */ , (SELECT code FROM vault) */ AS x", "1" },
	{ "SELECT 1 /* /* */ , (SELECT code FROM vault)", NO },
	{ "SELECT 1 /*!50000 UNION SELECT code FROM vault */", "1" },
	{ "SELECT $$pin$$", "pin" }, { "SELECT $$ , (SELECT code FROM vault) $$", " , (SELECT code FROM vault) " },
	{ "SELECT 5 # 1", "4" }, { "SELECT 5 #1 , (SELECT code FROM vault)", NO },
	{ "SELECT 'a\\' , id FROM users --'\n ORDER BY id", "a\\|1 a\\|3" },
	{ "SELECT E'a\\' , id FROM users --'", "a' , id FROM users --" },
	{ "SELECT id FROM users WHERE name = \"mine\"", NO },
	{ "SELECT name 'pin' FROM users", NO }, { "SELECT `id` FROM users", NO }, { "SELECT id FROM users LIMIT 0, 1", NO },
	{ "SELECT id FROM users WHERE 1=?1", NO }, { "SELECT 1_000", NO },
	{ "SELECT query_to_xml('SELECT * FROM vault', true, true, '')", NO },
	{ "SELECT set_config('role', 'tester', false)", NO }, { "SELECT nextval('x')", NO }, { "SELECT lastval()", NO },
	{ "SELECT 'vault'::regclass::int", NO }, { "SELECT * FROM pg_shadow", NO }, { "SELECT * FROM pg_stats", NO },
	{ NULL, NULL }
};

static const char *const my_traps[][2] = {
	{ "SELECT 5--1 FROM vault", NO },
	{ "SELECT 5--1 FROM users WHERE id = 1", "6" },
	{ "SELECT 1 /* /* */ AS x", "1" },
	{ "SELECT 1 /* /* */ , (SELECT code FROM vault) */", NO },
	{ "SELECT 1 /*!50000 UNION SELECT code FROM vault */", NO },
	{ "SELECT 1 /*M!100000 UNION SELECT code FROM vault */", NO },
	{ "SELECT 'a\\' , (SELECT max(id) FROM users) -- '", "a\\|3" }, /* pinned: no escape */
	{ "SELECT name 'pin' FROM users ORDER BY 1", "" },
	{ "SELECT $$ FROM users", NO }, { "SELECT $1 FROM users", NO }, { "SELECT E'pin' FROM users", NO },
	{ "SELECT id FROM users WHERE owner = 'b\xc3\xb6" "b' ORDER BY id", "" },
	{ "UPDATE users SET owner = 'b\xc3\xb6" "b' WHERE id = 1", "!DBN_E_DENIED" },
	{ "UPDATE users SET owner = 'Bob' WHERE id = 1", "!DBN_E_DENIED" },
	{ "UPDATE notes SET id = id + 10, note = CAST(id AS CHAR) WHERE id = 1", NO },
	{ "SELECT id FROM users ORDER BY id LIMIT 1.5", NO }, { "SELECT id FROM users ORDER BY id LIMIT -1", NO },
	{ "SELECT id FROM users WHERE owner LIKE 'BOB' ORDER BY id", "" },
	{ "UPDATE users SET name = 'x' WHERE id = 2 AND CASE WHEN id = 1 THEN 1 ELSE (SELECT 1 UNION ALL SELECT 2) END", "" },
	{ NULL, NULL }
};

AROUND_ON("sqlite", lite_traps)
AROUND_ON("postgres", pg_traps)
AROUND_ON("mysql", my_traps)
