/* SPDX-License-Identifier: MIT */
/*
 * The catalogue: columns, keys, effects, versions.
 */
#include <string.h>

#include "conformance/driver.h"

static void
forget(drv *d, dbn_relation_info *r)
{
	d->host->release(d->host, r->memory);
}

static void
catalog_columns(conform *cf)
{
	static const struct { const char *name; dbn_type type; uint32_t set, clear; } want[] = {
		{ "id", DBN_INT64, DBN_COLUMN_NOT_NULL | DBN_COLUMN_IDENTITY, DBN_COLUMN_GENERATED },
		{ "name", DBN_TEXT, DBN_COLUMN_NOT_NULL | DBN_COLUMN_BINARY, DBN_COLUMN_DEFAULT },
		{ "price", DBN_DECIMAL, DBN_COLUMN_DEFAULT, DBN_COLUMN_NOT_NULL },
		{ "ok", DBN_BOOL, 0, DBN_COLUMN_IDENTITY }, { "born", DBN_DATE, 0, 0 },
		{ "seen", DBN_TIMESTAMP, 0, 0 }, { "raw", DBN_BYTES, 0, 0 }, { "f", DBN_DOUBLE, 0, 0 },
	};
	const char *blob = conform_quirk(cf, "blob-type");
	const char *identity = conform_quirk(cf, "identity"), *ts = conform_quirk(cf, "timestamp-type");
	dbn_relation_info r;
	char sql[512];
	drv d;

	if (!drv_open(cf, &d))
		return;
	(void)snprintf(sql, sizeof sql, "CREATE TABLE things (id %s, name VARCHAR(20) NOT NULL, "
		"price DECIMAL(10,2) DEFAULT 0, ok BOOLEAN, born DATE, seen %s, raw %s, "
		"f DOUBLE PRECISION)", identity ? identity : "INTEGER PRIMARY KEY", ts ? ts : "TIMESTAMP",
		blob ? blob : "BLOB");
	if (!drv_admin(&d, d.c, sql))
		return;
	CF_OK(cf, drv_describe(&d, d.c, "", "things", &r));
	CF_CHECK(cf, r.kind == DBN_RELATION_TABLE, "kind %u", r.kind);
	CF_CHECK(cf, r.columns.count == 8, "%u columns", r.columns.count);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		const dbn_column_desc *c = drv_column(&r, want[i].name);

		CF_NEED(cf, c != NULL, "no column %s", want[i].name);
		CF_CHECK(cf, c->type == want[i].type, "%s: type %u", want[i].name, c->type);
		CF_CHECK(cf, (c->flags & want[i].set) == want[i].set && !(c->flags & want[i].clear),
			"%s: flags %x", want[i].name, c->flags);
	}
	CF_CHECK(cf, drv_column(&r, "id")->key_part == 1 && drv_column(&r, "name")->key_part == 0, "the key");
	forget(&d, &r);
	drv_close(&d);
}

static void
catalog_keys(conform *cf)
{
	const dbn_column_desc *c;
	dbn_relation_info r;
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "CREATE TABLE k (c INTEGER, a VARCHAR(9), "
			"b INTEGER NOT NULL, PRIMARY KEY (b, a))"))
		return;
	CF_OK(cf, drv_describe(&d, d.c, "", "k", &r));
	CF_CHECK(cf, (c = drv_column(&r, "b")) && c->key_part == 1 && !(c->flags & DBN_COLUMN_IDENTITY), "b");
	CF_CHECK(cf, (c = drv_column(&r, "a")) && c->key_part == 2, "a");
	CF_CHECK(cf, (c = drv_column(&r, "c")) && c->key_part == 0, "c");
	forget(&d, &r);
	drv_close(&d);
}

static void
catalog_generated(conform *cf)
{
	const dbn_column_desc *s, *w;
	const uint32_t *in;
	dbn_relation_info r;
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "CREATE TABLE g (x INTEGER, a INTEGER, "
			"b INTEGER, s INTEGER GENERATED ALWAYS AS (a + b) STORED)"))
		return;
	CF_OK(cf, drv_describe(&d, d.c, "", "g", &r));
	CF_NEED(cf, (s = drv_column(&r, "s")) && (s->flags & DBN_COLUMN_GENERATED), "s is not generated");
	CF_CHECK(cf, (w = drv_column(&r, "a")) && !(w->flags & DBN_COLUMN_GENERATED), "a is generated");
	CF_NEED(cf, s->inputs.count == 2, "%u inputs", s->inputs.count);
	in = (const uint32_t *)s->inputs.items;
	CF_CHECK(cf, in[0] + in[1] == 3 && in[0] * in[1] == 2, "inputs %u, %u", in[0], in[1]);
	forget(&d, &r);
	drv_close(&d);
}

static void
catalog_effects(conform *cf)
{
	const char *trigger = conform_quirk(cf, "trigger"), *first = conform_quirk(cf, "trigger-first");
	dbn_relation_info r;
	drv d;

	if (!drv_open(cf, &d) || (first && !drv_admin(&d, d.c, first)) ||
		!drv_admin(&d, d.c, "CREATE TABLE emp (id INTEGER PRIMARY KEY, salary BIGINT)") ||
		!drv_admin(&d, d.c, "CREATE TABLE log (who INTEGER)") ||
		!drv_admin(&d, d.c, "CREATE TABLE pay (id INTEGER PRIMARY KEY, emp INTEGER "
			"REFERENCES emp(id) ON DELETE CASCADE)") ||
		!drv_admin(&d, d.c, "CREATE VIEW rich AS SELECT id FROM emp WHERE salary > 5") ||
		!drv_admin(&d, d.c, "CREATE VIEW richer AS SELECT id FROM rich") ||
		!drv_admin(&d, d.c, trigger ? trigger : "CREATE TRIGGER tell AFTER UPDATE ON emp BEGIN "
			"INSERT INTO log (who) VALUES (new.salary); END"))
		return;
	CF_OK(cf, drv_describe(&d, d.c, "", "emp", &r));
	CF_CHECK(cf, drv_has_effect(&r, DBN_EFFECT_CASCADE_DELETE, "pay", DBN_ACT_DELETE), "the cascade");
	CF_CHECK(cf, drv_has_effect(&r, DBN_EFFECT_TRIGGER_WRITES, "log", DBN_ACT_UPDATE), "the trigger");
	CF_CHECK(cf, !drv_has_effect(&r, DBN_EFFECT_TRIGGER_WRITES, "log", DBN_ACT_INSERT),
		"the trigger is not for INSERT");
	forget(&d, &r);
	CF_OK(cf, drv_describe(&d, d.c, "", "pay", &r));
	CF_CHECK(cf, drv_has_effect(&r, DBN_EFFECT_FK_READS, "emp", DBN_ACT_INSERT), "the parent is read");
	forget(&d, &r);
	CF_OK(cf, drv_describe(&d, d.c, "", "richer", &r));
	CF_CHECK(cf, r.kind == DBN_RELATION_VIEW, "kind %u", r.kind);
	CF_CHECK(cf, drv_has_effect(&r, DBN_EFFECT_VIEW_READS, "rich", DBN_ACT_READ), "reads the view");
	CF_CHECK(cf, drv_has_effect(&r, DBN_EFFECT_VIEW_READS, "emp", DBN_ACT_READ), "reads its table");
	forget(&d, &r);
	CF_OK(cf, drv_describe(&d, d.c, "", "log", &r));
	CF_CHECK(cf, r.effects.count == 0, "%u effects of a plain table", r.effects.count);
	forget(&d, &r);
	drv_close(&d);
}

static void
catalog_versions(conform *cf)
{
	dbn_token one = { .struct_size = (uint32_t)sizeof one }, two = one;
	dbn_call call = DBN_CALL_INIT;
	struct dbn_conn *c2;
	dbn_relation_info r;
	uint64_t t, other;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 1) ||
		!drv_admin(&d, d.c, "CREATE TABLE other (a INTEGER)") || !(c2 = drv_connect(&d, 0)))
		return;
	CF_OK(cf, drv_describe(&d, d.c, "", "t", &r));
	t = r.version;
	forget(&d, &r);
	CF_OK(cf, drv_describe(&d, c2, "", "t", &r));
	CF_CHECK(cf, r.version == t, "another connection gives another version");
	forget(&d, &r);
	CF_OK(cf, drv_describe(&d, d.c, "", "other", &r));
	other = r.version;
	forget(&d, &r);
	CF_OK(cf, d.ops->schema_epoch(d.c, &call, &one, &cf->err));
	CF_OK(cf, drv_run(&d, d.c, "UPDATE t SET n = 1", "u t n", DBN_NO_ARGS, NULL));
	CF_OK(cf, d.ops->schema_epoch(d.c, &call, &two, &cf->err));
	CF_CHECK(cf, one.len == two.len && memcmp(one.bytes, two.bytes, one.len) == 0,
		"the epoch moved with the data");
	if (!drv_admin(&d, c2, "ALTER TABLE t ADD COLUMN extra INTEGER"))
		return;
	CF_OK(cf, d.ops->schema_epoch(d.c, &call, &two, &cf->err));
	CF_CHECK(cf, one.len != two.len || memcmp(one.bytes, two.bytes, one.len) != 0,
		"the epoch did not move with the schema");
	CF_OK(cf, drv_describe(&d, d.c, "", "t", &r));
	CF_CHECK(cf, r.version != t && drv_column(&r, "extra"), "the description is old");
	forget(&d, &r);
	CF_OK(cf, drv_describe(&d, d.c, "", "other", &r));
	CF_CHECK(cf, r.version == other, "the version of an unchanged table moved");
	forget(&d, &r);
	CF_FAILS(cf, drv_describe(&d, d.c, "", "nowhere", &r), DBN_E_NOT_FOUND, NULL);
	d.ops->disconnect(c2);
	drv_close(&d);
}

struct seen {
	unsigned n, t, v;
};

static dbn_status
note(const dbn_name *name, uint32_t kind, void *user)
{
	struct seen *s = (struct seen *)user;

	s->n++;
	s->t += name->name.len == 1 && *name->name.ptr == 't' && kind == DBN_RELATION_TABLE;
	s->v += name->name.len == 2 && memcmp(name->name.ptr, "tv", 2) == 0 &&
		kind == DBN_RELATION_VIEW;
	return DBN_OK;
}

static dbn_status
enough(const dbn_name *name, uint32_t kind, void *user)
{
	(void)name;
	(void)kind;
	++*(unsigned *)user;
	return DBN_DONE;
}

static void
catalog_lists(conform *cf)
{
	dbn_call call = DBN_CALL_INIT;
	dbn_name all = { { NULL, 0 }, { NULL, 0 } }, some = { { NULL, 0 }, { "oth%", 4 } };
	struct seen s = { 0, 0, 0 };
	unsigned calls = 0;
	drv d;

	if (!drv_open(cf, &d) || !drv_make_t(&d, 1) ||
		!drv_admin(&d, d.c, "CREATE TABLE other (a INTEGER)") ||
		!drv_admin(&d, d.c, "CREATE VIEW tv AS SELECT id FROM t"))
		return;
	CF_OK(cf, d.ops->relations(d.c, &all, &call, note, &s, &cf->err));
	CF_CHECK(cf, s.n >= 3 && s.t == 1 && s.v == 1, "%u relations, t %u, tv %u", s.n, s.t, s.v);
	memset(&s, 0, sizeof s);
	CF_OK(cf, d.ops->relations(d.c, &some, &call, note, &s, &cf->err));
	CF_CHECK(cf, s.n == 1, "%u relations like oth%%", s.n);
	CF_CHECK(cf, d.ops->relations(d.c, &all, &call, enough, &calls, &cf->err) == DBN_DONE &&
		calls == 1, "a callback cannot end it");
	drv_close(&d);
}

const conform_case drv_cases_catalog[] = {
	{ "catalog.columns", catalog_columns, 0, 0 },
	{ "catalog.keys", catalog_keys, 0, 0 },
	{ "catalog.generated_columns", catalog_generated, 0, 0 },
	{ "catalog.effects", catalog_effects, 0, 0 },
	{ "catalog.versions", catalog_versions, 0, 0 },
	{ "catalog.lists", catalog_lists, 0, 0 },
};
const size_t drv_ncases_catalog = sizeof drv_cases_catalog / sizeof *drv_cases_catalog;
