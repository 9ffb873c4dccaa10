/* SPDX-License-Identifier: MIT */
/*
 * Which shard a statement goes to, and that it is refused where that cannot be
 * shown.  Statements go the real way (parse, rewrite); the catalogue, the policy
 * and the strategy (key modulo three; texts by their length) are made here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include <dbnexus/value.h>

#include "error/error.h"
#include "plan/route.h"
#include "sql/parse.h"

/* ---- catalogue ---- */

#define T(s) { "" s, sizeof(s) - 1 }
#define INT(n) { .name = T(n), .declared = T("INTEGER"), .type = DBN_INT64, .flags = DBN_COL_BINARY }
#define STR(n) { .name = T(n), .declared = T("TEXT"), .type = DBN_TEXT, .flags = DBN_COL_BINARY }
#define NOCASE(n) { .name = T(n), .declared = T("TEXT"), .type = DBN_TEXT }
#define NAME(n) { T("main"), T("main"), T(n) }
#define REL(n, c) { .name = NAME(n), .kind = DBN_REL_TABLE, \
	.ncolumns = sizeof(c) / sizeof((c)[0]), .columns = (c) }

static const dbn_sql_column c_customers[] = { INT("id"), STR("name"), INT("other") };
static const dbn_sql_column c_orders[] = { INT("id"), INT("customer_id"), INT("total"), STR("note"),
	{ .name = T("odds"), .declared = T("REAL"), .type = DBN_DOUBLE, .flags = DBN_COL_BINARY } };
static const dbn_sql_column c_countries[] = { INT("id"), STR("code"), INT("customer_id") };
static const dbn_sql_column c_settings[] = { INT("id"), STR("v") };
static const dbn_sql_column c_pairs[] = { INT("a"), STR("b"), INT("n") };
static const dbn_sql_column c_folded[] = { NOCASE("k"), INT("n") };
static const dbn_sql_column c_words[] = { STR("k"), NOCASE("loose"), INT("n") };
static const dbn_sql_column c_real[] = { { .name = T("k"), .type = DBN_DOUBLE } };
static const dbn_sql_column c_view[] = { INT("id"), INT("customer_id") };

static const dbn_sql_effect e_customers[] = {
	{ DBN_EFFECT_CASCADE_DELETE, 0, NAME("orders"), T("fk_customer") } };
static const dbn_sql_effect e_orders[] = {
	{ DBN_EFFECT_FK_READS, 0, NAME("customers"), T("fk_customer") } };
static const dbn_sql_effect e_view[] = { { DBN_EFFECT_VIEW_READS, 0, NAME("orders"), T("v_orders") } };
static const dbn_sql_effect e_noisy[] = {
	{ DBN_EFFECT_TRIGGER_WRITES, 0, NAME("orders"), T("tr_noisy") } };
static const dbn_sql_effect e_ticks[] = {
	{ DBN_EFFECT_TRIGGER_WRITES, 0, NAME("countries"), T("tr_ticks") } };

static const dbn_sql_relation relations[] = {
	{ .name = NAME("customers"), .kind = DBN_REL_TABLE, .ncolumns = 3, .columns = c_customers,
		.effects = e_customers, .neffects = 1 },
	{ .name = NAME("orders"), .kind = DBN_REL_TABLE, .ncolumns = 5, .columns = c_orders,
		.effects = e_orders, .neffects = 1 },
	REL("countries", c_countries), REL("settings", c_settings), REL("archive", c_settings),
	REL("pairs", c_pairs), REL("folded", c_folded), REL("words", c_words), REL("real", c_real),
	REL("logs", c_settings), REL("a.orders", c_orders), REL("misplaced", c_settings),
	{ .name = NAME("v_orders"), .kind = DBN_REL_VIEW, .ncolumns = 2, .columns = c_view,
		.effects = e_view, .neffects = 1 },
	{ .name = NAME("noisy"), .kind = DBN_REL_TABLE, .ncolumns = 2, .columns = c_view,
		.effects = e_noisy, .neffects = 1 },
	{ .name = NAME("ticks"), .kind = DBN_REL_TABLE, .ncolumns = 2, .columns = c_view,
		.effects = e_ticks, .neffects = 1 }
};

static dbn_status
lookup(void *user, const dbn_sql_name *name, const dbn_sql_relation **out, dbn_error **err)
{
	(void)user;
	for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++)
		if (dbn_text_ieq(relations[i].name.name, name->name)) {
			*out = &relations[i];
			return DBN_OK;
		}
	return dbn_fail(err, DBN_E_NOT_FOUND, "no such table");
}

static const dbn_sql_catalog catalog = { lookup, NULL, T("main"), T("main") };

/* ---- policy: everything, with these conditions on two tables ---- */

static const dbn_text star = T("*");
static const char *orders_rule, *customers_rule;

static dbn_status
p_open(void *self, const dbn_call *call, struct dbn_policy **out, uint64_t *epoch, dbn_error **err)
{
	(void)self;
	(void)call;
	(void)err;
	*out = NULL;
	*epoch = 1;
	return DBN_OK;
}

static void
p_close(struct dbn_policy *p)
{
	(void)p;
}

static dbn_status
p_attributes(struct dbn_policy *p, dbn_array *out, dbn_error **err)
{
	(void)p;
	(void)err;
	memset(out, 0, sizeof(*out));
	return DBN_OK;
}

static dbn_status
p_resolve(struct dbn_policy *p, const dbn_identity_in *who, const dbn_call *call,
	dbn_subject_out *out, dbn_error **err)
{
	(void)p;
	(void)call;
	(void)err;
	memset(out, 0, sizeof(*out));
	out->struct_size = sizeof(*out);
	out->user = who->user;
	return DBN_OK;
}

static void
p_release(struct dbn_policy *p, dbn_subject_out *s)
{
	(void)p;
	(void)s;
}

static dbn_status
p_rules(struct dbn_policy *p, dbn_text view_key, const dbn_text *roles, size_t nroles,
	const dbn_resource *res, uint32_t actions, dbn_status (*each)(const dbn_rule *, void *user),
	void *user, dbn_error **err)
{
	dbn_rule r = { .struct_size = sizeof(r), .effect = DBN_RULE_ALLOW, .kind = DBN_RULE_PERMISSIVE,
		.mode = DBN_RULE_ENFORCE, .flags = DBN_RULE_TRIGGERS_TRUSTED, .id = T("all"), .where = T(""),
		.roles = { &star, 1, sizeof(star) }, .resource_kind = res->kind, .actions = actions,
		.database = T("*"), .schema = T("*"), .name = T("*") };
	const char *rule = NULL;

	(void)p;
	(void)view_key;
	(void)roles;
	(void)nroles;
	(void)err;
	if (res->kind == DBN_RESOURCE_RELATION && dbn_text_ieqz(res->name, "orders"))
		rule = orders_rule;
	if (res->kind == DBN_RESOURCE_RELATION && dbn_text_ieqz(res->name, "customers"))
		rule = customers_rule;
	if (rule)
		r.using_ = dbn_text_z(rule);
	return each(&r, user);
}

static dbn_status
p_list(struct dbn_policy *p, uint32_t what, dbn_status (*each)(const void *item, void *user),
	void *user, dbn_error **err)
{
	(void)p;
	(void)what;
	(void)each;
	(void)user;
	(void)err;
	return DBN_OK;
}

static const dbn_permission_ops policy = { .struct_size = sizeof(policy), .open_snapshot = p_open,
	.close_snapshot = p_close, .attributes = p_attributes, .resolve = p_resolve,
	.release_subject = p_release, .rules = p_rules, .list = p_list };

/* ---- shards ---- */

static dbn_status
s_bind(void *self, const dbn_array *shards, const dbn_type *types, size_t nkey, dbn_error **err)
{
	(void)self;
	(void)shards;
	(void)types;
	(void)nkey;
	(void)err;
	return DBN_OK;
}

static dbn_status
s_route(void *self, const dbn_value *keys, size_t nkey, size_t n, uint32_t *shards, dbn_error **err)
{
	(void)self;
	(void)err;
	for (size_t i = 0; i < n; i++) {
		uint64_t sum = 0;

		for (size_t k = 0; k < nkey; k++)
			sum += keys[i * nkey + k].type == DBN_INT64 ? keys[i * nkey + k].u.u64
				: keys[i * nkey + k].len;
		shards[i] = (uint32_t)(sum % 3);
	}
	return DBN_OK;
}

static const dbn_shard_ops ops = { .struct_size = sizeof(ops), .bind = s_bind, .route = s_route };
static const dbn_shard_conf_shard shard_list[] = { { T("s0"), 1 }, { T("s1"), 1 }, { T("s2"), 1 } };
static const dbn_type t_int[] = { DBN_INT64 }, t_text[] = { DBN_TEXT },
	t_pair[] = { DBN_INT64, DBN_TEXT };
static const dbn_text k_id[] = { T("id") }, k_customer[] = { T("customer_id") }, k_k[] = { T("k") },
	k_pair[] = { T("a"), T("b") }, k_gone[] = { T("gone") };
static const dbn_shard_conf_map maps[] = { { T("ints"), NULL, &ops, t_int, 1 },
	{ T("texts"), NULL, &ops, t_text, 1 }, { T("pairs"), NULL, &ops, t_pair, 2 } };
static const dbn_shard_conf_table tables[] = {
	{ T("customers"), DBN_PLACE_SHARDED, T("ints"), k_id, 1, T("") },
	{ T("orders"), DBN_PLACE_SHARDED, T("ints"), k_customer, 1, T("") },
	{ T("pairs"), DBN_PLACE_SHARDED, T("pairs"), k_pair, 2, T("") },
	{ T("folded"), DBN_PLACE_SHARDED, T("texts"), k_k, 1, T("") },
	{ T("words"), DBN_PLACE_SHARDED, T("texts"), k_k, 1, T("") },
	{ T("real"), DBN_PLACE_SHARDED, T("ints"), k_k, 1, T("") },
	{ T("misplaced"), DBN_PLACE_SHARDED, T("ints"), k_gone, 1, T("") },
	{ T("countries"), DBN_PLACE_REFERENCE, T(""), NULL, 0, T("") },
	{ T("v_orders"), DBN_PLACE_REFERENCE, T(""), NULL, 0, T("") },
	{ T("settings"), DBN_PLACE_SINGLE, T(""), NULL, 0, T("s1") },
	{ T("noisy"), DBN_PLACE_SINGLE, T(""), NULL, 0, T("s1") },
	{ T("ticks"), DBN_PLACE_SINGLE, T(""), NULL, 0, T("s1") },
	{ T("archive"), DBN_PLACE_SINGLE, T(""), NULL, 0, T("s2") }
};

static dbn_shards *shards;
static dbn_authority *authority;
static dbn_subject *subject;
static dbn_arena arena;

static void
setup(void)
{
	const dbn_shard_conf conf = { shard_list, maps, tables, 3, 3, sizeof(tables) / sizeof(tables[0]) };
	const dbn_authority_conf auth = { .name = "permission", .ops = &policy };
	const dbn_identity_in who = { .struct_size = sizeof(who), .user = T("ann") };
	const dbn_client client = { 0 };
	dbn_error *err = NULL;

	orders_rule = customers_rule = NULL;
	dbn_arena_init(&arena, 0);
	cr_assert_eq(dbn_shards_open(&conf, &shards, &err), DBN_OK, "%s", dbn_error_message(err));
	cr_assert_eq(dbn_authority_open(&auth, &authority, &err), DBN_OK, "%s", dbn_error_message(err));
	cr_assert_eq(dbn_subject_open(authority, &who, &client, &subject, &err), DBN_OK, "%s",
		dbn_error_message(err));
}

static void
teardown(void)
{
	dbn_subject_close(subject);
	dbn_authority_close(authority);
	dbn_shards_close(shards);
	dbn_arena_free(&arena);
}

TestSuite(route, .init = setup, .fini = teardown);

/* "s1", "any", "!" and the status' name with the message; args: "5 6 tbob n". */
static char answer[600];

static const char *
failed(const char *when, dbn_status rc, dbn_error *err)
{
	(void)snprintf(answer, sizeof(answer), "!%s%s %s", when, dbn_status_name(rc) + 6,
		dbn_error_message(err));
	if (rc == DBN_E_NO_SHARD)
		cr_assert(*dbn_error_hint(err), "no hint: %s", answer);
	dbn_error_free(err);
	return answer;
}

static dbn_status
planned(const char *sql, dbn_route *r, dbn_error **err)
{
	const dbn_sql_dialect *d = dbn_sql_dialect_get(DBN_DIALECT_SQLITE);
	dbn_rewrite_in in = { subject, 0, d, &catalog, DBN_CAP_REQUIRE_FN | DBN_CAP_RETURNING };
	dbn_rewritten rw;
	dbn_sql_stmt *s = NULL;

	cr_assert_eq(dbn_sql_parse(&arena, d, NULL, dbn_text_z(sql), &s, err), DBN_OK, "%s: %s", sql,
		dbn_error_message(*err));
	cr_assert_eq(dbn_rewrite(s, &in, &rw, err), DBN_OK, "%s: %s", sql, dbn_error_message(*err));
	return dbn_route_plan(s, &rw, shards, &arena, r, err);
}

static const char *
route(const char *sql, const char *args)
{
	dbn_value v[16];
	size_t n = 0;
	uint32_t shard = 99;
	dbn_error *err = NULL;
	dbn_route r;
	char copy[200], *save = NULL;
	dbn_status rc = planned(sql, &r, &err);

	if (rc != DBN_OK)
		return failed("", rc, err);
	if (r.kind == DBN_ROUTE_ANY)
		return "any";
	(void)snprintf(copy, sizeof(copy), "%s", args);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		v[n++] = *w == 't' ? dbn_v_textn(dbn_text_z(w + 1)) : *w == 'n' ? dbn_v_null(NULL)
			: dbn_v_i64(strtoll(w, NULL, 10));
	rc = dbn_route_find(&r, shards, v, n, &shard, &err);
	if (rc != DBN_OK)
		return failed("find ", rc, err);
	(void)snprintf(answer, sizeof(answer), "s%u", shard);
	return answer;
}

#define GOES(sql, args, want) do { \
		const char *got_ = route((sql), (args)); \
		cr_expect(strcmp(got_, (want)) == 0, "%s\n  [%s] gives %s, not %s", (sql), (args), got_, (want)); \
	} while (0)
#define REFUSED(sql, args, part) do { \
		const char *got_ = route((sql), (args)); \
		cr_expect(got_[0] == '!' && strstr(got_, (part)), "%s\n  [%s] gives %s, not %s", (sql), (args), \
			got_, (part)); \
	} while (0)
#define UNPINNED(sql) REFUSED((sql), "5 5 5 5", "!NO_SHARD table \"")

Test(route, a_key_that_equals_a_parameter_or_literal_pins)
{
	GOES("SELECT * FROM orders WHERE customer_id = ?", "4", "s1");
	GOES("SELECT * FROM orders WHERE customer_id = ?", "5", "s2");
	GOES("SELECT * FROM orders WHERE total > ? AND (? = customer_id AND note = 'x')", "4 5", "s2");
	GOES("SELECT * FROM orders WHERE customer_id = 7", "", "s1");
	GOES("SELECT * FROM orders WHERE customer_id IN (?)", "4", "s1");
	GOES("SELECT * FROM orders WHERE (customer_id, total) = (?, 3)", "4", "s1");
	GOES("SELECT count(*) FROM orders WHERE customer_id = ? GROUP BY note HAVING sum(total) > 3", "4",
		"s1");
	GOES("SELECT * FROM pairs WHERE b = ? AND a = ?", "tabc 5", "s2");
	GOES("SELECT * FROM words WHERE k = ?", "tab", "s2");
}

Test(route, what_does_not_always_hold_does_not_pin)
{
	REFUSED("SELECT * FROM orders", "", "table \"orders\" is sharded and its key \"customer_id\"");
	UNPINNED("SELECT * FROM orders WHERE id = ?");
	UNPINNED("SELECT * FROM orders WHERE customer_id = ? OR total = 1");
	UNPINNED("SELECT * FROM orders WHERE NOT (customer_id = ?)");
	UNPINNED("SELECT * FROM orders WHERE customer_id <> ?");
	UNPINNED("SELECT * FROM orders WHERE customer_id >= ? AND customer_id <= ?");
	UNPINNED("SELECT * FROM orders WHERE customer_id NOT IN (?)");
	UNPINNED("SELECT * FROM orders WHERE customer_id IN (?, ?)");
	UNPINNED("SELECT * FROM orders WHERE customer_id = ? + 1");
	UNPINNED("SELECT * FROM orders WHERE +customer_id = ?");
	UNPINNED("SELECT * FROM orders WHERE customer_id = total");
	UNPINNED("SELECT customer_id = ? FROM orders");
	UNPINNED("SELECT count(*) FROM orders GROUP BY customer_id HAVING customer_id = ?");
	UNPINNED("SELECT CASE WHEN customer_id = ? THEN 1 END FROM orders");
	UNPINNED("SELECT * FROM pairs WHERE a = ?");
	REFUSED("SELECT * FROM pairs WHERE a = ?", "1", "its key \"b\"");
	UNPINNED("SELECT * FROM words WHERE k = ? COLLATE nocase");
}

Test(route, values_are_routed_exactly_or_refused)
{
	REFUSED("SELECT * FROM orders WHERE customer_id = ?", "n", "!find VALUE");
	REFUSED("SELECT * FROM orders WHERE customer_id = ?", "t5", "!find VALUE");
	REFUSED("SELECT * FROM orders WHERE customer_id = ?", "", "!find INVALID");
	REFUSED("SELECT * FROM folded WHERE k = ?", "tx", "column \"k\" of table \"folded\"");
	REFUSED("SELECT * FROM real WHERE k = ?", "5", "column \"k\" of table \"real\"");
	REFUSED("SELECT * FROM misplaced WHERE id = ?", "5", "has no column \"gone\"");
}

Test(route, keys_of_one_statement_must_meet)
{
	GOES("SELECT * FROM customers c, orders o WHERE c.id = ? AND o.customer_id = ?", "4 7", "s1");
	REFUSED("SELECT * FROM customers c, orders o WHERE c.id = ? AND o.customer_id = ?", "4 5",
		"!find NO_SHARD the keys of the statement are on shard \"s1\" and on shard \"s2\"");
	GOES("SELECT * FROM orders WHERE customer_id = 4 UNION ALL SELECT * FROM orders WHERE "
		"customer_id = ?", "7", "s1");
	REFUSED("SELECT * FROM orders WHERE customer_id = 4 UNION ALL SELECT * FROM orders WHERE "
		"customer_id = ?", "8", "!find NO_SHARD");
	UNPINNED("SELECT * FROM orders WHERE customer_id = ? UNION SELECT * FROM orders");
}

Test(route, inner_joins_carry_a_key_on)
{
	GOES("SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id = ?", "5", "s2");
	GOES("SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id AND o.customer_id = ?", "5",
		"s2");
	GOES("SELECT * FROM customers c, orders o WHERE o.customer_id = c.id AND o.customer_id = ?", "5",
		"s2");
	GOES("SELECT * FROM orders a, orders b, orders c WHERE a.customer_id = b.customer_id AND "
		"b.customer_id = c.customer_id AND c.customer_id = ?", "5", "s2");
	GOES("SELECT * FROM countries r JOIN orders o ON o.customer_id = r.customer_id WHERE "
		"r.customer_id = ?", "5", "s2");
	UNPINNED("SELECT * FROM customers c JOIN orders o ON o.id = c.id WHERE c.id = ?");
	UNPINNED("SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id OR o.total = 1 "
		"WHERE c.id = ?");
	UNPINNED("SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id");
}

Test(route, outer_joins_pin_by_where_alone)
{
	UNPINNED("SELECT * FROM orders o LEFT JOIN countries r ON o.customer_id = ?");
	UNPINNED("SELECT * FROM customers c LEFT JOIN orders o ON o.total = 1 AND c.id = ? AND "
		"o.customer_id = ?");
	UNPINNED("SELECT * FROM countries r LEFT JOIN orders o ON o.customer_id = ?");
	UNPINNED("SELECT * FROM countries r FULL JOIN orders o ON o.customer_id = ?");
	GOES("SELECT * FROM orders o LEFT JOIN countries r ON r.id = o.id WHERE o.customer_id = ?", "5",
		"s2");
	GOES("SELECT * FROM customers c LEFT JOIN orders o ON o.total = 1 WHERE c.id = ? AND "
		"o.customer_id = c.id", "5", "s2");
}

Test(route, a_filter_on_another_item_of_that_name_does_not_pin)
{
	UNPINNED("SELECT * FROM orders o, countries orders WHERE orders.customer_id = ?");
	UNPINNED("SELECT * FROM orders a, orders b WHERE a.customer_id = ? AND a.customer_id = ?");
	UNPINNED("SELECT o.* FROM orders o, countries r WHERE r.customer_id = ?");
	UNPINNED("WITH orders AS (SELECT * FROM main.orders) SELECT * FROM orders JOIN main.orders b "
		"ON b.id = orders.id WHERE orders.customer_id = ?");
	UNPINNED("SELECT o.total AS customer_id FROM orders o ORDER BY customer_id = ?");
}

Test(route, folding_columns_carry_nothing)
{
	UNPINNED("SELECT * FROM words a, words b WHERE a.k = b.loose AND b.loose = ? AND b.k = ?");
	GOES("SELECT * FROM words a, words b WHERE a.k = b.k AND b.k = ?", "tab", "s2");
	UNPINNED("SELECT * FROM words w JOIN countries r ON w.k = r.customer_id WHERE r.customer_id = ?");
	UNPINNED("SELECT * FROM orders o JOIN orders p ON o.customer_id = p.odds WHERE p.odds = ? AND "
		"p.customer_id = ?");
}

Test(route, subqueries_lean_on_what_is_around_them)
{
	GOES("SELECT * FROM customers c WHERE c.id = ? AND EXISTS (SELECT 1 FROM orders o WHERE "
		"o.customer_id = c.id)", "5", "s2");
	GOES("SELECT (SELECT max(total) FROM orders WHERE customer_id = ?) FROM countries", "5", "s2");
	GOES("SELECT * FROM countries WHERE id IN (SELECT id FROM orders WHERE customer_id = ?)", "5",
		"s2");
	UNPINNED("SELECT * FROM countries WHERE id IN (SELECT id FROM orders)");
	/* The other way round says nothing of the outer rows. */
	UNPINNED("SELECT * FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE "
		"o.customer_id = c.id AND o.customer_id = ?)");
	UNPINNED("SELECT * FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = ? "
		"AND c.id = ?) = 0");
	UNPINNED("SELECT * FROM customers c WHERE c.other = ? AND EXISTS (SELECT 1 FROM orders o WHERE "
		"o.customer_id = c.other)");
}

Test(route, derived_tables_and_ctes)
{
	GOES("SELECT * FROM (SELECT * FROM orders WHERE customer_id = ?)", "5", "s2");
	GOES("SELECT * FROM (SELECT id, customer_id AS k FROM orders) d WHERE d.k = ?", "5", "s2");
	GOES("SELECT * FROM (SELECT customer_id AS k FROM orders UNION ALL SELECT id FROM customers) d "
		"WHERE d.k = ?", "5", "s2");
	GOES("WITH q AS (SELECT * FROM orders WHERE customer_id = ?) SELECT * FROM q, q b", "5", "s2");
	GOES("WITH RECURSIVE q(n) AS (SELECT id FROM orders WHERE customer_id = ? UNION SELECT o.id FROM "
		"orders o JOIN q ON o.total = q.n WHERE o.customer_id = ?) SELECT n FROM q", "5 8", "s2");
	UNPINNED("WITH q AS (SELECT * FROM orders) SELECT * FROM q WHERE customer_id = ?");
	UNPINNED("SELECT * FROM (SELECT id, total AS customer_id FROM orders) d WHERE d.customer_id = ?");
	UNPINNED("SELECT * FROM (SELECT customer_id AS k FROM orders LIMIT 3) d WHERE d.k = ?");
	UNPINNED("SELECT * FROM (SELECT customer_id AS k, count(*) FROM orders) d WHERE d.k = ?");
	UNPINNED("SELECT * FROM (SELECT customer_id AS k, sum(total) FROM orders) d WHERE d.k = ?");
	UNPINNED("SELECT * FROM (SELECT customer_id AS k, row_number() OVER () FROM orders) d WHERE d.k = ?");
	UNPINNED("SELECT * FROM (SELECT customer_id AS k FROM orders UNION SELECT total FROM orders) d "
		"WHERE d.k = ?");
	UNPINNED("SELECT * FROM (SELECT o.customer_id AS k FROM countries r LEFT JOIN orders o ON 1) d, "
		"orders x WHERE d.k = ?");
}

Test(route, inserts_name_the_key_in_every_row)
{
	GOES("INSERT INTO orders (id, customer_id) VALUES (?, ?)", "1 5", "s2");
	GOES("INSERT INTO orders VALUES (?, ?, 1, '', 0)", "1 5", "s2");
	GOES("INSERT INTO orders (customer_id, id) VALUES (?, 1), (?, 2), (8, 3)", "5 2", "s2");
	REFUSED("INSERT INTO orders (customer_id, id) VALUES (?, 1), (?, 2)", "5 6", "!find NO_SHARD");
	REFUSED("INSERT INTO orders (id) VALUES (?)", "1", "gives no value for its shard key \"customer_id\"");
	REFUSED("INSERT INTO orders DEFAULT VALUES", "", "gives no value");
	REFUSED("INSERT INTO orders (customer_id, id) VALUES (?, 1), (? + 1, 2)", "5 5",
		"the value of its shard key \"customer_id\"");
	REFUSED("INSERT INTO orders (customer_id) VALUES (NULL)", "", "!find VALUE");
	REFUSED("INSERT INTO orders (customer_id) VALUES ((SELECT 5))", "", "the value of its shard key");
}

Test(route, inserts_from_queries)
{
	GOES("INSERT INTO orders (customer_id, id) SELECT ?, id FROM orders WHERE customer_id = ?", "5 8",
		"s2");
	GOES("INSERT INTO orders (customer_id) SELECT customer_id FROM orders WHERE customer_id = ?", "5",
		"s2");
	GOES("INSERT INTO orders (customer_id, id) SELECT ?, id FROM countries", "5", "s2");
	REFUSED("INSERT INTO orders (customer_id, id) SELECT ?, id FROM orders WHERE customer_id = ?",
		"5 6", "!find NO_SHARD");
	REFUSED("INSERT INTO orders (customer_id) SELECT customer_id FROM countries", "",
		"the value of its shard key");
	UNPINNED("INSERT INTO orders (customer_id) SELECT ? FROM orders");
	REFUSED("INSERT INTO orders (customer_id) SELECT total FROM orders WHERE customer_id = ?", "5",
		"the value of its shard key");
}

Test(route, updates_and_deletes)
{
	GOES("UPDATE orders SET total = 1 WHERE customer_id = ?", "5", "s2");
	GOES("UPDATE orders SET total = c.other FROM customers c WHERE c.id = orders.customer_id AND "
		"c.id = ?", "5", "s2");
	GOES("DELETE FROM orders WHERE customer_id = ? AND id = ?", "5 1", "s2");
	GOES("DELETE FROM customers WHERE id = ?", "5", "s2");
	UNPINNED("UPDATE orders SET total = 1 WHERE id = ?");
	UNPINNED("DELETE FROM orders");
	UNPINNED("UPDATE orders SET total = 1 FROM customers c WHERE orders.customer_id = ?");
	REFUSED("UPDATE orders SET customer_id = ? WHERE customer_id = ?", "5 5",
		"column \"customer_id\" is the shard key of table \"orders\"");
	REFUSED("UPDATE orders SET (total, customer_id) = (1, ?) WHERE customer_id = ?", "5 5",
		"column \"customer_id\" is the shard key");
	REFUSED("INSERT INTO orders (id, customer_id) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET "
		"customer_id = 9", "5", "column \"customer_id\" is the shard key");
	GOES("INSERT INTO orders (id, customer_id) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET total = 9",
		"5", "s2");
	/* RETURNING sees what was written, not what was asked for. */
	UNPINNED("UPDATE customers SET other = 9 WHERE id = ? AND other = ? RETURNING (SELECT max(total) "
		"FROM orders o WHERE o.customer_id = customers.other)");
}

Test(route, placements)
{
	GOES("SELECT * FROM countries", "", "any");
	GOES("SELECT 1", "", "any");
	GOES("SELECT * FROM settings", "", "s1");
	GOES("SELECT * FROM settings, countries", "", "s1");
	GOES("INSERT INTO settings (v) VALUES ('x')", "", "s1");
	GOES("SELECT * FROM settings, orders WHERE customer_id = ?", "4", "s1");
	REFUSED("SELECT * FROM settings, orders WHERE customer_id = ?", "5",
		"!find NO_SHARD the keys of the statement are on shard \"s1\" and on shard \"s2\"");
	REFUSED("SELECT * FROM settings, archive", "", "table \"settings\" is on shard \"s1\" and table "
		"\"archive\" on shard \"s2\"");
	REFUSED("SELECT * FROM logs", "", "table \"logs\" is not placed");
	REFUSED("SELECT * FROM countries WHERE id IN (SELECT id FROM logs)", "", "table \"logs\"");
	REFUSED("SELECT * FROM \"a.orders\" WHERE customer_id = ?", "5", "table \"a.orders\" is not placed");
	REFUSED("UPDATE countries SET code = 'x'", "", "table \"countries\" is a reference table");
	REFUSED("INSERT INTO countries (id) VALUES (1)", "", "table \"countries\" is a reference table");
}

Test(route, what_the_database_does_by_itself)
{
	REFUSED("SELECT * FROM v_orders WHERE customer_id = ?", "5",
		"table \"orders\" is sharded and reached through \"v_orders\"");
	REFUSED("INSERT INTO noisy (id) VALUES (1)", "", "reached through \"tr_noisy\"");
	REFUSED("INSERT INTO ticks (id) VALUES (1)", "", "table \"countries\" is a reference table");
	GOES("SELECT * FROM noisy", "", "s1");
}

Test(route, rules_count_as_the_conditions_they_are)
{
	orders_rule = "total > 0";
	GOES("SELECT * FROM orders WHERE customer_id = ?", "5", "s2");
	GOES("SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id = ?", "5", "s2");
	GOES("UPDATE orders SET note = 'x' WHERE customer_id = ?", "5", "s2");
	GOES("SELECT * FROM orders WHERE customer_id = ? AND abs(total) = 3", "5", "s2");
	UNPINNED("SELECT * FROM orders");
	UNPINNED("SELECT * FROM orders WHERE id = ?");
}

Test(route, a_rule_may_pin_by_a_constant_and_not_by_the_subject)
{
	orders_rule = "customer_id = 5";
	GOES("SELECT * FROM orders", "", "s2");
	GOES("DELETE FROM orders", "", "s2");
	/* Both at once hold of no row: any shard says so. */
	GOES("SELECT * FROM orders WHERE customer_id = ?", "4", "s1");
}

Test(route, a_rules_own_parameters_are_not_the_users)
{
	orders_rule = "note = $user.id";
	customers_rule = "name = $user.id";
	GOES("SELECT * FROM orders WHERE customer_id = ?", "5", "s2");
	UNPINNED("SELECT * FROM orders WHERE total = ?");
}

Test(route, a_rules_subquery_is_pinned_as_any_other)
{
	orders_rule = "customer_id IN (SELECT c.id FROM customers c WHERE c.name = 'x')";
	REFUSED("SELECT * FROM orders WHERE customer_id = ?", "5", "table \"customers\" is sharded");
}

Test(route, a_rules_subquery_may_lean_on_the_row)
{
	orders_rule = "EXISTS (SELECT 1 FROM customers c WHERE c.id = customer_id)";
	GOES("SELECT * FROM orders WHERE customer_id = ?", "5", "s2");
}

Test(route, a_rules_subquery_reads_placed_tables)
{
	orders_rule = "total IN (SELECT s.id FROM logs s)";
	REFUSED("SELECT * FROM orders WHERE customer_id = ?", "5", "table \"logs\" is not placed");
}

Test(route, lists)
{
	const dbn_value four_seven[] = { dbn_v_i64(4), dbn_v_i64(7) }, four_five[] = { dbn_v_i64(4),
		dbn_v_i64(5) };
	dbn_value v = dbn_list_of(four_seven, 2);
	dbn_error *err = NULL;
	uint32_t shard = 9;
	dbn_route r;

	cr_assert_eq(planned("SELECT * FROM orders WHERE customer_id IN (?)", &r, &err), DBN_OK);
	cr_assert_eq(dbn_route_find(&r, shards, &v, 1, &shard, &err), DBN_OK);
	cr_assert_eq(shard, 1);
	v = dbn_list_of(four_five, 2);
	cr_assert_eq(dbn_route_find(&r, shards, &v, 1, &shard, &err), DBN_E_NO_SHARD);
	dbn_error_free(err);
	v.len = 0;
	cr_assert_eq(dbn_route_find(&r, shards, &v, 1, &shard, &err), DBN_E_NO_SHARD);
	dbn_error_free(err);
	cr_assert_eq(planned("SELECT * FROM pairs WHERE a IN (?) AND b = 'x'", &r, &err), DBN_OK);
	v = dbn_list_of(four_seven, 1);
	cr_assert_eq(dbn_route_find(&r, shards, &v, 1, &shard, &err), DBN_OK);
	cr_assert_eq(shard, 2);
	v.len = 2;
	cr_assert_eq(dbn_route_find(&r, shards, &v, 1, &shard, &err), DBN_E_NO_SHARD);
	dbn_error_free(err);
}

Test(route, without_shards_any_will_do)
{
	dbn_shards *were = shards;

	shards = NULL;
	GOES("SELECT * FROM orders", "", "any");
	GOES("UPDATE logs SET v = 'x'", "", "any");
	shards = were;
}
