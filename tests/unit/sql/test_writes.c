/* SPDX-License-Identifier: MIT */
/*
 * Writes without a server: one spelling for three databases, which table a join
 * writes, and fingerprints that tell statements apart but not their values.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "error/error.h"
#include "sql/parse.h"
#include "sql/print.h"
#include "sql/resolve.h"

#define LITE DBN_DIALECT_SQLITE
#define PG DBN_DIALECT_POSTGRES
#define MY DBN_DIALECT_MYSQL

static const dbn_sql_column columns[] = {
	{ .name = { "id", 2 }, .type = DBN_INT64, .key_part = 1, .flags = DBN_COL_NOT_NULL },
	{ .name = { "name", 4 }, .type = DBN_TEXT },
	{ .name = { "n", 1 }, .type = DBN_INT64, .flags = DBN_COL_DEFAULT },
};

static dbn_status
lookup(void *user, const dbn_sql_name *name, const dbn_sql_relation **out, dbn_error **err)
{
	dbn_sql_relation *rels = user;

	for (int i = 0; i < 3; i++)
		if (dbn_text_eq(rels[i].name.name, name->name)) {
			*out = &rels[i];
			return DBN_OK;
		}
	return dbn_fail(err, DBN_E_NOT_FOUND, "no such table");
}

/* The text, canonical or as a fingerprint, or what refused it.  free() it. */
static char *
printed(dbn_dialect_id id, const char *sql, uint32_t mode)
{
	dbn_sql_relation rels[3] = { { .name = { { 0 }, { 0 }, { "t", 1 } } },
		{ .name = { { 0 }, { 0 }, { "u", 1 } } }, { .name = { { 0 }, { 0 }, { "w", 1 } } } };
	dbn_sql_catalog cat = { .lookup = lookup, .user = rels };
	const dbn_sql_dialect *d = dbn_sql_dialect_get(id);
	dbn_error *err = NULL;
	dbn_sql_stmt *s;
	dbn_sql_result res;
	dbn_arena a;
	dbn_str text;
	dbn_status rc;
	char *out = malloc(2048);

	for (int i = 0; i < 3; i++) {
		rels[i].kind = DBN_REL_TABLE;
		rels[i].columns = columns;
		rels[i].ncolumns = 3;
		rels[i].nkey = 1;
	}
	dbn_arena_init(&a, 0);
	dbn_str_init(&text, 0);
	rc = dbn_sql_parse(&a, d, NULL, dbn_text_z(sql), &s, &err);
	if (rc == DBN_OK && mode == DBN_PRINT_CANONICAL)
		rc = dbn_sql_resolve(s, d, &cat, &res, &err);
	if (rc == DBN_OK)
		rc = dbn_sql_print(s, d, mode, NULL, 0, &text, &err);
	(void)snprintf(out, 2048, "%s", rc == DBN_OK ? dbn_str_z(&text) : dbn_error_message(err));
	dbn_error_free(err);
	dbn_str_free(&text);
	dbn_arena_free(&a);
	return out;
}

/* ---- one spelling ---- */

static const struct {
	dbn_dialect_id on;
	const char *sql, *want;
} forms[] = {
	{ MY, "INSERT INTO t (id, n) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET n = excluded.n",
	  "INSERT INTO `t` (`id`, `n`) VALUES (1, 2) ON DUPLICATE KEY UPDATE `n` = CASE WHEN `t`.`id` <=> VALUES(`id`) "
	  "THEN VALUES(`n`) ELSE (SELECT 1 UNION ALL SELECT 2) END" },
	{ PG, "INSERT INTO t (id, n) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET n = excluded.n",
	  "INSERT INTO \"t\" AS \"a1\" (\"id\", \"n\") VALUES (1, 2) ON CONFLICT (\"id\") DO UPDATE SET \"n\" = excluded.\"n\"" },
	{ LITE, "INSERT INTO t (id, n) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET n = excluded.n",
	  "INSERT INTO \"t\" AS \"a1\" (\"id\", \"n\") VALUES (1, 2) ON CONFLICT (\"id\") DO UPDATE SET \"n\" = excluded.\"n\"" },
	{ MY, "INSERT INTO t (id, n) VALUES (1, 2) AS new ON DUPLICATE KEY UPDATE n = new.n + t.n",
	  "INSERT INTO `t` (`id`, `n`) VALUES (1, 2) ON DUPLICATE KEY UPDATE `n` = VALUES(`n`) + `t`.`n`" },
	{ MY, "WITH q AS (SELECT id FROM u) INSERT INTO t (id) SELECT id FROM q",
	  "INSERT INTO `t` (`id`) WITH `q1`(`c0`) AS (SELECT `a1`.`id` FROM `u` AS `a1`) SELECT `a2`.`c0` FROM `q1` AS `a2`" },
	{ MY, "INSERT INTO t DEFAULT VALUES", "INSERT INTO `t` () VALUES ()" },
	{ MY, "INSERT t SET id = 1, n = DEFAULT", "INSERT INTO `t` (`id`, `n`) VALUES (1, DEFAULT)" },
	{ PG, "INSERT INTO t (id, n) VALUES (1, DEFAULT), (2, 3)",
	  "INSERT INTO \"t\" AS \"a1\" (\"id\", \"n\") VALUES (1, DEFAULT), (2, 3)" },
	{ MY, "UPDATE t SET n = u.n FROM u WHERE u.id = t.id",
	  "UPDATE `t` AS `a1` CROSS JOIN `u` AS `a2` SET `a1`.`n` = `a2`.`n` WHERE `a2`.`id` = `a1`.`id`" },
	{ PG, "UPDATE t SET n = u.n FROM u WHERE u.id = t.id",
	  "UPDATE \"t\" AS \"a1\" SET \"n\" = \"a2\".\"n\" FROM \"u\" AS \"a2\" WHERE \"a2\".\"id\" = \"a1\".\"id\"" },
	{ MY, "UPDATE u JOIN t x ON x.id = u.id JOIN w ON w.id = u.n SET x.n = w.n WHERE w.n > 1",
	  "UPDATE `t` AS `a1` CROSS JOIN (`u` AS `a2` CROSS JOIN `w` AS `a3`) SET `a1`.`n` = `a3`.`n` WHERE "
	  "`a3`.`id` = `a2`.`n` AND `a1`.`id` = `a2`.`id` AND `a3`.`n` > 1" },
	{ MY, "UPDATE (t JOIN u ON u.id = t.id), w SET t.n = 1",
	  "UPDATE `t` AS `a1` CROSS JOIN (`u` AS `a2` CROSS JOIN `w` AS `a3`) SET `a1`.`n` = 1 WHERE `a2`.`id` = `a1`.`id`" },
	{ MY, "DELETE FROM t USING u WHERE u.id = t.id",
	  "DELETE `a1` FROM `t` AS `a1` CROSS JOIN `u` AS `a2` WHERE `a2`.`id` = `a1`.`id`" },
	{ MY, "DELETE x FROM u JOIN t AS x ON x.id = u.id", "DELETE `a1` FROM `t` AS `a1` CROSS JOIN `u` AS `a2` WHERE" },
	{ MY, "DELETE FROM t USING t LEFT JOIN u ON u.id = t.id", "outer" },
	{ MY, "DELETE x FROM u JOIN t ON t.id = u.id", "x is none of the tables" },
	{ MY, "DELETE FROM t ORDER BY n LIMIT 2", "DELETE FROM `t` ORDER BY `t`.`n` LIMIT 2" },
	{ LITE, "DELETE FROM t ORDER BY n LIMIT 2", "DELETE FROM \"t\" AS \"a1\" ORDER BY \"a1\".\"n\" LIMIT 2" },
	{ PG, "DELETE FROM t ORDER BY n LIMIT 2", "not in the SQL" },
	{ PG, "DELETE FROM t USING u WHERE u.id = t.id RETURNING u.name, t.id",
	  "DELETE FROM \"t\" AS \"a1\" USING \"u\" AS \"a2\" WHERE \"a2\".\"id\" = \"a1\".\"id\" RETURNING \"a2\".\"name\" AS "
	  "\"name\", \"a1\".\"id\" AS \"id\"" },
	{ LITE, "DELETE FROM t USING u", "not in the SQL" },
	{ PG, "UPDATE ONLY t SET n = DEFAULT", "UPDATE ONLY \"t\" AS \"a1\" SET \"n\" = DEFAULT" },
	{ MY, "INSERT IGNORE INTO t (id) VALUES (1) ON CONFLICT (id) DO NOTHING", "IGNORE with ON CONFLICT" },
	{ MY, "UPDATE t JOIN u ON u.id = t.id SET t.n = t.id, t.name = t.n", "has set before" },
	{ MY, "UPDATE t JOIN u ON u.id = t.id SET t.name = t.n, t.n = t.id", "has set before" },
	{ MY, "UPDATE t SET name = n, n = id", "UPDATE `t` AS `a1` SET `name` = `a1`.`n`, `n` = `a1`.`id`" },
	{ PG, "INSERT INTO t (id) VALUES (1) ON CONFLICT ON CONSTRAINT \"K\" DO UPDATE SET n = t.n + 1",
	  "ON CONFLICT ON CONSTRAINT \"K\" DO UPDATE SET \"n\" = \"a1\".\"n\" + 1" },
	{ PG, "INSERT INTO t (id) OVERRIDING SYSTEM VALUE VALUES (1)", "(\"id\") OVERRIDING SYSTEM VALUE VALUES (1)" },
};

Test(writes, canonical)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		char *have = printed(forms[i].on, forms[i].sql, DBN_PRINT_CANONICAL);

		cr_expect_not_null(strstr(have, forms[i].want), "%s\n  have: %s\n  want: %s", forms[i].sql, have,
			forms[i].want);
		free(have);
	}
}

/* What SOURCE prints is read again as the same statement. */
Test(writes, source_is_read_again)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		char *source = printed(forms[i].on, forms[i].sql, DBN_PRINT_SOURCE);
		char *once = printed(forms[i].on, forms[i].sql, DBN_PRINT_CANONICAL);
		char *twice = printed(forms[i].on, source, DBN_PRINT_CANONICAL);

		if (strstr(once, "`a1`") || strstr(once, "\"a1\"") || strstr(once, "INSERT INTO"))
			cr_expect_str_eq(once, twice, "%s\n  source: %s", forms[i].sql, source);
		free(source);
		free(once);
		free(twice);
	}
}

/* ---- fingerprints ---- */

static const struct {
	dbn_dialect_id on;
	bool same;
	const char *a, *b;
} pairs[] = {
	{ LITE, true, "INSERT INTO t VALUES (1, 'a', 2)", "INSERT INTO t VALUES (3, 'b', NULL), (4, 'c', ?)" },
	{ PG, true, "INSERT INTO t VALUES (1, 'a', 2)", "INSERT INTO t VALUES ($1, $2, $3), (4, E'\\n', -5)" },
	{ MY, true, "INSERT INTO t SET id = 1, n = 2", "INSERT INTO t (id, n) VALUES (3, 4)" },
	{ LITE, true, "DELETE FROM t WHERE id IN (1)", "DELETE FROM t WHERE id IN (2, 3, ?)" },
	{ LITE, true, "UPDATE t SET n = 1 LIMIT 5", "UPDATE t SET n = 2 LIMIT ?" },
	{ MY, true, "DELETE FROM t ORDER BY n LIMIT 1", "DELETE FROM t ORDER BY n LIMIT 99" },
	{ PG, true, "UPDATE t SET (n, name) = (1, 'x')", "UPDATE t SET (n, name) = (2, 'secret')" },
	{ PG, true, "INSERT INTO t (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET n = 5 WHERE t.n < 6",
	  "INSERT INTO t (id) VALUES (9) ON CONFLICT (id) DO UPDATE SET n = 7 WHERE t.n < 8" },
	{ LITE, true, "DELETE FROM t RETURNING id, 'x'", "DELETE FROM t RETURNING id, 'yy'" },
	{ MY, false, "INSERT INTO t (id) VALUES (1)", "INSERT IGNORE INTO t (id) VALUES (1)" },
	{ MY, false, "INSERT INTO t (id) VALUES (1)", "REPLACE INTO t (id) VALUES (1)" },
	{ MY, false, "DELETE FROM t", "DELETE IGNORE FROM t" }, { MY, false, "DELETE FROM t", "DELETE FROM t LIMIT 1" },
	{ MY, false, "DELETE FROM t LIMIT 1", "DELETE FROM t ORDER BY n LIMIT 1" },
	{ MY, false, "DELETE FROM t ORDER BY n LIMIT 1", "DELETE FROM t ORDER BY n DESC LIMIT 1" },
	{ MY, false, "DELETE FROM t WHERE n = 1", "DELETE FROM t USING u WHERE n = 1" },
	{ PG, false, "UPDATE t SET n = 1", "UPDATE ONLY t SET n = 1" },
	{ PG, false, "UPDATE t SET n = 1", "UPDATE t SET n = DEFAULT" },
	{ PG, false, "INSERT INTO t (id, n) VALUES (1, 2)", "INSERT INTO t (id, n) VALUES (1, DEFAULT)" },
	{ PG, false, "INSERT INTO t (id) VALUES (1)", "INSERT INTO t (id) OVERRIDING SYSTEM VALUE VALUES (1)" },
	{ PG, false, "INSERT INTO t (id) VALUES (1) ON CONFLICT (id) DO NOTHING",
	  "INSERT INTO t (id) VALUES (1) ON CONFLICT ON CONSTRAINT k DO NOTHING" },
	{ PG, false, "INSERT INTO t (id) VALUES (1) ON CONFLICT ON CONSTRAINT l DO NOTHING",
	  "INSERT INTO t (id) VALUES (1) ON CONFLICT ON CONSTRAINT k DO NOTHING" },
	{ PG, false, "DELETE FROM t USING u", "DELETE FROM t USING w" }, { PG, false, "DELETE FROM t", "DELETE FROM t RETURNING id" },
	{ LITE, false, "UPDATE t SET n = 1", "UPDATE OR IGNORE t SET n = 1" },
};

Test(writes, fingerprints)
{
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		char *a = printed(pairs[i].on, pairs[i].a, DBN_PRINT_FINGERPRINT);
		char *b = printed(pairs[i].on, pairs[i].b, DBN_PRINT_FINGERPRINT);

		cr_expect_eq(strcmp(a, b) == 0, pairs[i].same, "%s\n%s\n  %s\n  %s", pairs[i].a, pairs[i].b, a, b);
		cr_expect(!strstr(a, "'") && !strstr(b, "secret"), "%s", a);
		cr_expect(!strstr(a, "not in") && !strstr(b, "expected"), "%s | %s", a, b);
		free(a);
		free(b);
	}
}
