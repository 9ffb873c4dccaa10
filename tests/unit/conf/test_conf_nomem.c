/* SPDX-License-Identifier: MIT */
/*
 * The n-th allocation of ours fails, for every n: the answer is DBN_E_NOMEM and
 * nothing is lost.  What libconfig allocates is its own (it ends the process).
 */
#include <stdlib.h>
#include <criterion/criterion.h>

#include "conf/stack.h"

static unsigned calls, fail_at;
static long live;

static void *
counted_alloc(size_t size)
{
	void *p = ++calls == fail_at ? NULL : malloc(size);

	live += p != NULL;
	return p;
}

static void *
counted_resize(void *old, size_t size)
{
	void *p = ++calls == fail_at ? NULL : realloc(old, size);

	live += p && !old;
	return p;
}

static void
counted_release(void *p)
{
	live -= p != NULL;
	free(p);
}

static const struct dbn_mem_hooks hooks = { counted_alloc, counted_resize, counted_release };

static const char text[] =
	"databases = { main = { driver = { plugin = \"x\"; settings = { a = [ 1, 2 ]; }; };\n"
	"nodes = ( { name = \"n0\"; url = \"x:a\"; settings = { b = 1; }; }, { name = \"n1\"; url = \"x:b\"; } );\n"
	"shards = ( { name = \"s0\"; node = \"n0\"; }, { name = \"s1\"; node = \"n1\"; } );\n"
	"maps = ( { name = \"m\"; plugin = \"h\"; key = [ \"int64\" ]; } );\n"
	"tables = ( { table = \"t\"; map = \"m\"; key = [ \"x\" ]; } ); }; };\n"
	"permission = { plugin = \"p\"; };\n"
	"audit = ( { name = \"a\"; plugin = \"f\"; record = ( { action = \"read\"; } ); } );\n"
	"cache = { plugin = \"c\"; rules = ( { relation = \"r\"; ttl = \"1 s\"; } ); };\n"
	"unknown = 1;\n";

static dbn_status
whole_way(void)
{
	dbn_problems problems;
	dbn_stack_conf *s = NULL;
	dbn_config *c = NULL;
	dbn_error *err = NULL;
	char *value = NULL;
	dbn_status rc;

	dbn_problems_init(&problems);
	rc = dbn_config_open_text(dbn_text_z(text), "t.conf", DBN_CONFIG_NO_ENV, &c, &err);
	if (rc == DBN_OK)
		rc = dbn_config_set_many(c, "limits.depth = 9; list = [ 1, 2 ]", "here", &err);
	if (rc == DBN_OK)
		rc = dbn_config_get(c, "databases.main.nodes", &value, NULL, &err);
	if (rc == DBN_OK)
		rc = dbn_stack_load(c, &problems, &s);
	if (rc == DBN_OK)
		rc = dbn_problems_fail(&problems, &err);
	cr_assert(!err || dbn_error_code(err) == rc);
	dbn_error_free(err);
	dbn_config_free_text(value);
	dbn_stack_free(s);
	dbn_config_free(c);
	dbn_problems_free(&problems);
	return rc;
}

Test(conf_nomem, every_allocation_may_fail)
{
	unsigned n = 0;
	dbn_status rc;

	dbn_mem_set_hooks(&hooks);
	fail_at = 0;
	cr_assert_eq(whole_way(), DBN_E_CONFIG, "the unknown key");
	cr_assert_eq(live, 0);
	do {
		calls = 0;
		fail_at = ++n;
		rc = whole_way();
		cr_assert(rc == DBN_E_NOMEM || (rc == DBN_E_CONFIG && calls < n), "allocation %u: %d", n,
			(int)rc);
		cr_assert_eq(live, 0, "leak after allocation %u", n);
	} while (calls >= n);
	cr_assert_gt(n, 30);
	dbn_mem_set_hooks(NULL);
}
