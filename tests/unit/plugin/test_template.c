/* SPDX-License-Identifier: MIT */
/*
 * The templates work: what an author copies must not be wrong.
 */
#include "stack.h"

static dbn_registry *registry;
static struct plugin_conf conf;

static dbn_instance *
open_template(uint32_t kind, const char *settings)
{
	char text[256];
	dbn_instance *i;
	dbn_error *err;

	count_memory();
	registry = registry_at(built_dir("plugins/template"));
	(void)snprintf(text, sizeof text, "x = { plugin = \"template\"; settings = { %s }; };", settings);
	plugin_conf_open(&conf, text);
	cr_assert_eq(dbn_instance_new(registry, kind, &conf.p, &i, &err), DBN_OK, "%s",
		dbn_error_message(err));
	return i;
}

static void
close_template(void)
{
	dbn_registry_free(registry);
	plugin_conf_close(&conf);
	cr_assert_eq(stack_live, 0, "%ld allocations are left", stack_live);
}

/* ---- driver ---- */

static struct dbn_stmt *
prepare(const dbn_driver_ops *ops, struct dbn_conn *c, const char *sql, dbn_stmt_info *info)
{
	dbn_prepare_opts opts = { .call = DBN_CALL_INIT };
	struct dbn_stmt *s = NULL;
	dbn_error *err = NULL;

	*info = (dbn_stmt_info){ .struct_size = sizeof *info };
	cr_assert_eq(ops->prepare(c, dbn_text_z(sql), &opts, &s, info, &err), DBN_OK, "%s: %s", sql,
		dbn_error_message(err));
	return s;
}

static int64_t
count_rows(const dbn_driver_ops *ops, struct dbn_stmt *s, const dbn_value *v, size_t nv,
	uint32_t block)
{
	dbn_exec_opts opts = { .call = DBN_CALL_INIT, .flags = DBN_EXEC_ROWS };
	dbn_outcome out = { .struct_size = sizeof out };
	dbn_rowset rows = { .struct_size = sizeof rows };
	struct dbn_cursor *cur = NULL;
	int64_t n = 0;
	dbn_status rc;

	cr_assert_eq(ops->execute(s, v, nv, &opts, &out, &cur, NULL), DBN_OK);
	while ((rc = ops->fetch(cur, block, &rows, NULL)) == DBN_OK) {
		cr_assert(rows.nrows >= 1 && rows.nrows <= block);
		n += rows.nrows;
	}
	cr_assert_eq(rc, DBN_DONE);
	ops->close_cursor(cur);
	return n;
}

Test(template, driver)
{
	dbn_instance *i = open_template(DBN_KIND_DRIVER, "rows = 150;");
	dbn_connect_opts connect = { .call = DBN_CALL_INIT };
	dbn_exec_opts exec = { .call = DBN_CALL_INIT, .flags = DBN_EXEC_ROWS };
	dbn_outcome out = { .struct_size = sizeof out };
	dbn_rowset rows = { .struct_size = sizeof rows };
	dbn_value key = { DBN_INT64, 0, 0, { 149 }, 0 };
	const dbn_driver_ops *ops = i->ops;
	dbn_stmt_info info;
	const dbn_column_info *cols;
	struct dbn_cursor *cur;
	struct dbn_conn *c;
	struct dbn_stmt *s;

	cr_assert_eq(ops->connect(i->self, &connect, &c, NULL), DBN_OK);
	s = prepare(ops, c, "SELECT \"numbers\".\"n\" AS \"n\", name AS \"who\" FROM \"main\".\"numbers\" AS "
		"\"numbers\" WHERE (\"numbers\".\"n\" = ?1)", &info);
	cols = info.columns.items;
	cr_assert_eq(info.nparams, 1);
	cr_assert_eq(info.columns.count, 2);
	cr_assert(dbn_text_eqz(cols[1].name, "who"));
	cr_assert_eq(ops->execute(s, &key, 1, &exec, &out, &cur, NULL), DBN_OK);
	cr_assert_eq(ops->fetch(cur, 10, &rows, NULL), DBN_OK);
	cr_assert_eq(rows.nrows, 1);
	cr_assert_eq(rows.cells[0].u.i64, 149);
	cr_assert_eq(rows.cells[1].len, 10);
	cr_assert_arr_eq(rows.cells[1].u.ptr, "number 149", 10);
	cr_assert_eq(ops->fetch(cur, 10, &rows, NULL), DBN_DONE);
	ops->close_cursor(cur);
	key.u.i64 = 150;
	cr_assert_eq(count_rows(ops, s, &key, 1, 10), 0);
	cr_assert_eq(ops->execute(s, NULL, 0, &exec, &out, &cur, NULL), DBN_E_INVALID);
	ops->close_stmt(s);
	s = prepare(ops, c, "select n from numbers", &info);
	cr_assert_eq(count_rows(ops, s, NULL, 0, 7), 150);
	cr_assert_eq(count_rows(ops, s, NULL, 0, 1000), 150);
	ops->close_stmt(s);
	ops->disconnect(c);
	close_template();
}

Test(template, driver_refuses_the_rest)
{
	static const char *const bad[] = { "", "SELECT", "SELECT n", "SELECT x FROM numbers",
		"SELECT n FROM other", "SELECT n FROM numbers WHERE name = ?", "DELETE FROM numbers",
		"SELECT n FROM numbers; SELECT n FROM numbers", "SELECT n FROM numbers LIMIT 1",
		"SELECT \"n FROM numbers", "SELECT n,n,n,n,n,n,n,n,n FROM numbers" };
	dbn_instance *i = open_template(DBN_KIND_DRIVER, "");
	dbn_connect_opts connect = { .call = DBN_CALL_INIT };
	dbn_prepare_opts prep = { .call = DBN_CALL_INIT };
	dbn_begin_opts begin = { .call = DBN_CALL_INIT };
	dbn_end_opts end = { .call = DBN_CALL_INIT };
	dbn_relation_info rel = { .struct_size = sizeof rel };
	dbn_name name = { { NULL, 0 }, { "numbers", 7 } };
	const dbn_driver_ops *ops = i->ops;
	dbn_stmt_info info = { .struct_size = sizeof info };
	struct dbn_conn *c;
	struct dbn_stmt *s;

	cr_assert_eq(ops->connect(i->self, &connect, &c, NULL), DBN_OK);
	for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
		cr_assert_eq(ops->prepare(c, dbn_text_z(bad[k]), &prep, &s, &info, NULL), DBN_E_SYNTAX,
			"%s", bad[k]);
	cr_assert_eq(ops->end(c, DBN_END_COMMIT, &end, NULL), DBN_E_TXN_NONE);
	cr_assert_eq(ops->begin(c, &begin, NULL), DBN_OK);
	cr_assert_eq(ops->begin(c, &begin, NULL), DBN_E_TXN_ACTIVE);
	cr_assert_eq(ops->end(c, DBN_END_ROLLBACK, &end, NULL), DBN_OK);
	cr_assert_eq(ops->relation(c, &name, NULL, &rel, NULL), DBN_OK);
	cr_assert_eq(rel.columns.count, 2);
	dbn_free(rel.memory);
	name.name = dbn_text_z("other");
	cr_assert_eq(ops->relation(c, &name, NULL, &rel, NULL), DBN_E_NOT_FOUND);
	ops->disconnect(c);
	close_template();
}

/* ---- cache ---- */

static uint32_t
look(const dbn_cache_ops *ops, void *self, const char *key, dbn_cache_hit *hit)
{
	dbn_get_opts opts = { .call = DBN_CALL_INIT };
	dbn_text k = dbn_text_z(key);

	*hit = (dbn_cache_hit){ .struct_size = sizeof *hit };
	cr_assert_eq(ops->get(self, &k, 1, &opts, hit, NULL), DBN_OK);
	return hit->state;
}

Test(template, cache)
{
	dbn_instance *i = open_template(DBN_KIND_CACHE, "entries = 4;");
	dbn_put_opts put = { .call = DBN_CALL_INIT, .ttl_ns = UINT64_MAX };
	dbn_text parts[2] = { { "ab", 2 }, { "cd", 2 } }, tag = { "t", 1 };
	dbn_cache_stats stats = { .struct_size = sizeof stats };
	const dbn_cache_ops *ops = i->ops;
	dbn_cache_hit hit, pinned;
	char key[16];

	cr_assert_eq(look(ops, i->self, "k", &hit), DBN_CACHE_LOAD);
	put.ticket = hit.ticket;
	cr_assert_eq(ops->put(i->self, dbn_text_z("k"), parts, 2, &put, NULL), DBN_OK);
	cr_assert_eq(look(ops, i->self, "k", &pinned), DBN_CACHE_HIT);
	cr_assert(dbn_text_eqz(pinned.value, "abcd"));
	/* others come and go, the pin holds */
	for (int n = 0; n < 50; n++) {
		(void)snprintf(key, sizeof key, "%d", n);
		cr_assert_eq(ops->put(i->self, dbn_text_z(key), parts, 1, &put, NULL), DBN_OK);
	}
	cr_assert(dbn_text_eqz(pinned.value, "abcd"));
	ops->release(i->self, &pinned, 1);
	/* a change in between makes the ticket worthless */
	cr_assert_eq(look(ops, i->self, "late", &hit), DBN_CACHE_LOAD);
	cr_assert_eq(ops->invalidate(i->self, NULL, 0, &tag, 1, DBN_INVALIDATE_NOW, NULL, NULL), DBN_OK);
	put.ticket = hit.ticket;
	cr_assert_eq(ops->put(i->self, dbn_text_z("late"), parts, 1, &put, NULL), DBN_DONE);
	cr_assert_eq(look(ops, i->self, "49", &hit), DBN_CACHE_LOAD);
	/* nothing is answered or filled between mark and release */
	cr_assert_eq(ops->invalidate(i->self, NULL, 0, &tag, 1, DBN_INVALIDATE_MARK, NULL, NULL), DBN_OK);
	put.ticket = hit.ticket;
	cr_assert_eq(look(ops, i->self, "x", &hit), DBN_CACHE_LOAD);
	put.ticket = hit.ticket;
	cr_assert_eq(ops->put(i->self, dbn_text_z("x"), parts, 1, &put, NULL), DBN_DONE);
	cr_assert_eq(ops->invalidate(i->self, NULL, 0, &tag, 1, DBN_INVALIDATE_RELEASE, NULL, NULL), DBN_OK);
	cr_assert_eq(look(ops, i->self, "x", &hit), DBN_CACHE_LOAD);
	put.ticket = hit.ticket;
	put.ttl_ns = 0;
	cr_assert_eq(ops->put(i->self, dbn_text_z("x"), parts, 1, &put, NULL), DBN_OK);
	cr_assert_eq(look(ops, i->self, "x", &hit), DBN_CACHE_LOAD, "its time is over");
	ops->stats(i->self, &stats);
	cr_assert_leq(stats.entries, 4);
	cr_assert_eq(stats.dropped, 2);
	cr_assert_eq(ops->clear(i->self, (dbn_text){ NULL, 0 }, NULL, NULL), DBN_OK);
	ops->stats(i->self, &stats);
	cr_assert_eq(stats.entries + stats.bytes, 0);
	close_template();
}

/* ---- permission ---- */

static dbn_status
count_rule(const dbn_rule *rule, void *user)
{
	cr_assert_eq(rule->actions, DBN_ACT_READ);
	++*(int *)user;
	return DBN_OK;
}

Test(template, permission)
{
	dbn_instance *i = open_template(DBN_KIND_PERMISSION, "reader = \"ann\";");
	dbn_identity_in who = { .struct_size = sizeof who, .user = { "ann", 3 } };
	dbn_subject_out subject = { .struct_size = sizeof subject };
	dbn_resource res = { .struct_size = sizeof res, .kind = DBN_RESOURCE_RELATION,
		.database = { "main", 4 }, .schema = { "main", 4 }, .name = { "t", 1 } };
	const dbn_permission_ops *ops = i->ops;
	struct dbn_policy *p;
	uint64_t epoch;
	int n = 0;

	cr_assert_eq(ops->open_snapshot(i->self, NULL, &p, &epoch, NULL), DBN_OK);
	cr_assert_eq(ops->resolve(p, &who, NULL, &subject, NULL), DBN_OK);
	cr_assert_eq(subject.roles.count, 1);
	cr_assert_eq(ops->rules(p, subject.view_key, subject.roles.items, 1, &res, DBN_ACT_READ,
		count_rule, &n, NULL), DBN_OK);
	cr_assert_eq(n, 1);
	cr_assert_eq(ops->rules(p, subject.view_key, subject.roles.items, 1, &res, DBN_ACT_DELETE,
		count_rule, &n, NULL), DBN_OK);
	cr_assert_eq(ops->rules(p, subject.view_key, NULL, 0, &res, DBN_ACT_READ, count_rule, &n, NULL),
		DBN_OK);
	cr_assert_eq(n, 1, "nothing else is granted");
	ops->release_subject(p, &subject);
	who.user = dbn_text_z("bob");
	cr_assert_eq(ops->resolve(p, &who, NULL, &subject, NULL), DBN_E_IDENTITY);
	ops->close_snapshot(p);
	close_template();
}

/* ---- shard ---- */

Test(template, shard)
{
	dbn_instance *i = open_template(DBN_KIND_SHARD, "");
	dbn_shard_desc shards[2] = { { sizeof shards[0], 1, { "a", 1 } }, { sizeof shards[0], 2, { "b", 1 } } };
	dbn_array array = { shards, 2, sizeof shards[0] };
	dbn_type type = DBN_INT64, wrong = DBN_TEXT;
	const dbn_shard_ops *ops = i->ops;
	int seen[2] = { 0, 0 };

	cr_assert_eq(ops->bind(i->self, &array, &wrong, 1, NULL), DBN_E_CONFIG);
	cr_assert_eq(ops->bind(i->self, &array, &type, 1, NULL), DBN_OK);
	for (int64_t k = -150; k < 150; k++) {
		dbn_value v = { DBN_INT64, 0, 0, { k }, 0 };
		uint32_t shard = 9;

		cr_assert_eq(ops->route(i->self, &v, 1, 1, &shard, NULL), DBN_OK);
		cr_assert_lt(shard, 2);
		seen[shard]++;
	}
	cr_assert(seen[1] > seen[0] + 90 && seen[0] > 90, "%d %d", seen[0], seen[1]);
	close_template();
}

/* ---- audit ---- */

static dbn_status
read_one(const dbn_audit_record *r, void *user)
{
	dbn_str_addf(user, "%d:%.*s\n", (int)r->seq, (int)r->line.len, r->line.ptr);
	return DBN_OK;
}

Test(template, audit)
{
	dbn_instance *i = open_template(DBN_KIND_AUDIT, "lines = 3;");
	dbn_audit_record records[2] = { { sizeof records[0], 0, 1, { "one", 3 } },
		{ sizeof records[0], 0, 2, { "two", 3 } } };
	dbn_array array = { records, 2, sizeof records[0] };
	dbn_audit_head head = { .struct_size = sizeof head };
	const dbn_audit_ops *ops = i->ops;
	dbn_str s;

	dbn_str_init(&s, 0);
	cr_assert_eq(ops->flags, DBN_AUDIT_READS_BACK, "flags pass the lock");
	cr_assert_eq(ops->open_stream(i->self, dbn_text_z("s"), &head, NULL), DBN_OK);
	cr_assert_eq(head.seq, 0);
	cr_assert_eq(ops->append(i->self, &array, 0, NULL, NULL), DBN_OK);
	cr_assert_eq(ops->append(i->self, &array, 0, NULL, NULL), DBN_E_AUDIT, "all or none");
	cr_assert_eq(ops->open_stream(i->self, dbn_text_z("s"), &head, NULL), DBN_OK);
	cr_assert_eq(head.seq, 2);
	cr_assert_eq(ops->read(i->self, 0, NULL, read_one, &s, NULL), DBN_OK);
	cr_assert_str_eq(dbn_str_z(&s), "1:one\n2:two\n");
	dbn_str_reset(&s);
	cr_assert_eq(ops->read(i->self, 2, NULL, read_one, &s, NULL), DBN_OK);
	cr_assert_str_eq(dbn_str_z(&s), "2:two\n");
	dbn_str_free(&s);
	close_template();
}
