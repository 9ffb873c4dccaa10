/* SPDX-License-Identifier: MIT */
/*
 * Every allocation on the way from a policy to a rewritten statement fails once:
 * the answer is "out of memory", nothing is left, and nothing is let through.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lab.h"

static long allowed, live;

static void *
limited(size_t size)
{
	void *p = allowed-- > 0 ? malloc(size) : NULL;

	live += p != NULL;
	return p;
}

static void *
limited_again(void *was, size_t size)
{
	void *p = allowed-- > 0 ? realloc(was, size) : NULL;

	live += p && !was;
	return p;
}

static void
let_go(void *p)
{
	live -= p != NULL;
	free(p);
}

static const char policy[] =
	"version = 1; attributes = ( { name = \"teams\"; type = \"int64[]\"; } ); roles = ( { name = \"r\"; } );\n"
	"users = ( { name = \"u\"; roles = [ \"r\" ]; attributes = { teams = [ 1, 2 ]; }; } );\n"
	"rules = ( { id = \"a\"; roles = [ \"r\" ]; relation = \"t\"; actions = [ \"*\" ]; hide = [ \"h\" ];\n"
	"   using = \"g = ANY($user.teams) AND EXISTS (SELECT 1 FROM t x WHERE x.id = t.id)\";\n"
	"   masks = ( { column = \"m\"; method = \"partial\"; keep_last = 2; } );\n"
	"   presets = ( { column = \"p\"; value = \"$user.id\"; } ); when = \"$op <> 'x'\"; },\n"
	" { id = \"b\"; roles = [ \"r\" ]; kind = \"restrictive\"; relation = \"t\"; actions = [ \"*\" ]; using = \"p <> 'q'\"; } );\n";

static const char *const statements[] = {
	"SELECT m, count(*) OVER () FROM t WHERE abs(id) = 1",
	"WITH q AS (SELECT id FROM t) SELECT q.id FROM q LEFT JOIN t ON t.id = q.id ORDER BY 1",
	"UPDATE t SET g = 2 WHERE id = 1 RETURNING m",
	"INSERT INTO t (id, g) VALUES (9, 1) ON CONFLICT (id) DO UPDATE SET g = 1 RETURNING id",
	"DELETE FROM t WHERE id = 5"
};

/* One whole life; true: it came to its end. */
static bool
life(lab *l, const char *sql)
{
	static const struct dbn_mem_hooks hooks = { limited, limited_again, let_go };
	dbn_authority_conf conf = { .name = "p", .self = l->plugin.self, .ops = l->plugin.desc->ops };
	dbn_identity_in who = { .struct_size = (uint32_t)sizeof(who), .user = { "u", 1 } };
	const dbn_sql_dialect *d = dbn_sql_dialect_get(DBN_DIALECT_SQLITE);
	dbn_authority *a = NULL;
	dbn_subject *s = NULL;
	dbn_error *err = NULL;
	dbn_arena arena;
	dbn_sql_stmt *stmt = NULL;
	dbn_rewritten out;
	dbn_str text;
	dbn_rewrite_in in = { NULL, 0, d, &l->catalog, DBN_CAP_REQUIRE_FN | DBN_CAP_RETURNING };
	dbn_status rc;

	dbn_mem_set_hooks(&hooks);
	dbn_arena_init(&arena, 0);
	dbn_str_init(&text, 0);
	rc = dbn_authority_open(&conf, &a, &err);
	if (rc == DBN_OK)
		rc = dbn_subject_open(a, &who, NULL, &s, &err);
	if (rc == DBN_OK)
		rc = dbn_sql_parse(&arena, d, NULL, dbn_text_z(sql), &stmt, &err);
	if (rc == DBN_OK) {
		in.subject = s;
		in.conditions = dbn_subject_conditions(s, DBN_ACT_READ, 0);
		rc = dbn_rewrite(stmt, &in, &out, &err);
	}
	if (rc == DBN_OK)
		rc = dbn_sql_print(stmt, d, DBN_PRINT_CANONICAL, NULL, 0, &text, &err);
	cr_assert(rc == DBN_OK || rc == DBN_E_NOMEM, "status %d: %s: %s", (int)rc, sql, dbn_error_message(err));
	dbn_error_free(err);
	dbn_str_free(&text);
	dbn_arena_free(&arena);
	dbn_subject_close(s);
	dbn_authority_close(a);
	dbn_mem_set_hooks(NULL);
	return rc == DBN_OK;
}

Test(permission_memory, every_allocation_may_fail, .timeout = 120)
{
	lab l;

	lab_open(&l, "CREATE TABLE t (id INTEGER PRIMARY KEY, g INTEGER, m TEXT, h TEXT, p TEXT);", policy);
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		free(lab_run(&l, "u", statements[i], NULL)); /* the catalogue is warm */
		for (long n = 0;; n++) {
			bool done;

			cr_assert_lt(n, 20000);
			allowed = n;
			live = 0;
			done = life(&l, statements[i]);
			cr_assert_eq(live, 0, "%ld left after allocation %ld of %s", live, n, statements[i]);
			if (done)
				break;
		}
	}
	lab_close(&l);
}
