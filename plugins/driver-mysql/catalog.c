/* SPDX-License-Identifier: MIT */
/*
 * Describing relations out of information_schema.  The connection's own database
 * goes by the name "main", so that a policy says the same on every engine and
 * statements name its tables without a schema; any other database of the server
 * goes by its own name.
 */
#include <stdio.h>
#include <stdlib.h>

#include "driver.h"

/* ---- SQL being put together ---- */

void
my_add_n(my_text *t, const char *s, size_t n)
{
	if (t->nomem || !plug_grow(t->host, &t->p, &t->cap, t->n + n + 1, 1)) {
		t->nomem = true;
		return;
	}
	if (n)
		memcpy(t->p + t->n, s, n);
	t->n += n;
	t->p[t->n] = 0;
}

void
my_add(my_text *t, const char *s)
{
	my_add_n(t, s, strlen(s));
}

void
my_add_literal(my_text *t, const char *s, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	if (!n) {
		my_add(t, "''");
		return;
	}
	my_add(t, "_utf8mb4 X'");
	for (size_t i = 0; i < n; i++) {
		char two[2] = { digits[(unsigned char)s[i] >> 4], digits[(unsigned char)s[i] & 15] };

		my_add_n(t, two, 2);
	}
	my_add(t, "'");
}

void
my_add_name(my_text *t, const char *s, size_t n)
{
	my_add(t, "`");
	for (size_t i = 0; i < n; i++)
		my_add_n(t, s[i] == '`' ? "``" : &s[i], s[i] == '`' ? 2 : 1);
	my_add(t, "`");
}

void
my_text_free(my_text *t)
{
	t->host->release(t->host, t->p);
	t->p = NULL;
	t->n = t->cap = 0;
}

dbn_status
my_ask(struct dbn_conn *c, my_text *t, MYSQL_RES **out, dbn_error **err)
{
	dbn_status st = t->nomem ? plug_nomem(c->host, err) : my_own_rows(c, t->p, t->n, out, err);

	my_text_free(t);
	return st;
}

dbn_text
my_cell(MYSQL_RES *r, MYSQL_ROW row, unsigned i)
{
	const unsigned long *lengths = mysql_fetch_lengths(r);

	return row[i] ? (dbn_text){ row[i], lengths[i] } : (dbn_text){ NULL, 0 };
}

/* ---- the description ---- */

static bool
is_system(dbn_text schema)
{
	static const char *const names[] = { "information_schema", "mysql", "performance_schema", "sys" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (plug_text_same(schema, plug_text(names[i])))
			return true;
	return false;
}

static uint32_t
kind_for(dbn_text schema, dbn_text type)
{
	if (is_system(schema) || plug_text_is(type, "SYSTEM VIEW"))
		return DBN_RELATION_SYSTEM;
	if (plug_text_is(type, "VIEW"))
		return DBN_RELATION_VIEW;
	return plug_text_is(type, "SEQUENCE") ? DBN_RELATION_VIRTUAL : DBN_RELATION_TABLE;
}

/* What is meant by a schema: "" and "main" are the connection's own. */
static bool
schema_of(const struct dbn_conn *c, dbn_text asked, dbn_text *out, bool *own)
{
	*own = !asked.len || plug_text_is(asked, MY_OWN_SCHEMA);
	*out = *own ? plug_text(c->url.database) : asked;
	/* One table, one name: rules are looked up by it. */
	return *own || !plug_text_same(asked, plug_text(c->url.database));
}

static dbn_status
not_found(struct dbn_conn *c, const dbn_name *name, const char *hint, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f, .status = DBN_E_NOT_FOUND };

	memcpy(f.sqlstate, "42P01", 6);
	f.relation = name->name;
	f.hint = plug_text(hint);
	return plug_fail(c->host, err, &f, "no such table or view: \"%.*s%s%.*s\"",
		(int)name->schema.len, name->schema.len ? name->schema.ptr : "", name->schema.len ? "." : "",
		(int)name->name.len, name->name.ptr);
}

dbn_status
my_find_relation(my_description *d, dbn_text schema, dbn_text name, char *canonical, uint32_t *kind,
	dbn_error **err)
{
	my_text t = { .host = d->conn->host };
	MYSQL_RES *r = NULL;
	MYSQL_ROW row;
	dbn_text found;
	dbn_status st;

	my_add(&t, "SELECT t.TABLE_NAME,t.TABLE_TYPE,(SELECT e.TRANSACTIONS FROM "
		"information_schema.ENGINES e WHERE e.ENGINE=t.ENGINE) FROM information_schema.TABLES t "
		"WHERE t.TABLE_SCHEMA=");
	my_add_literal(&t, schema.ptr, schema.len);
	my_add(&t, " AND t.TABLE_NAME=");
	my_add_literal(&t, name.ptr, name.len);
	st = my_ask(d->conn, &t, &r, err);
	if (st != DBN_OK)
		return st;
	row = r ? mysql_fetch_row(r) : NULL;
	found = row ? my_cell(r, row, 0) : (dbn_text){ NULL, 0 };
	if (found.len && found.len < MY_NAME_SIZE) {
		memcpy(canonical, found.ptr, found.len + 1);
		*kind = kind_for(schema, my_cell(r, row, 1));
		if (*kind == DBN_RELATION_TABLE && !plug_text_is(my_cell(r, row, 2), "YES"))
			d->rel.facts |= DBN_RELATION_NOT_TRANSACTIONAL;
	} else {
		st = DBN_DONE;
	}
	mysql_free_result(r);
	return st;
}

dbn_status
my_relation(struct dbn_conn *c, const dbn_name *name, const dbn_call *call,
	dbn_relation_info *out, dbn_error **err)
{
	my_description d = { .conn = c, .rel.host = c->host };
	uint32_t at_name, at_schema;
	dbn_status st = my_enter(c, call, err);

	if (st != DBN_OK)
		return st;
	if (!schema_of(c, name->schema, &d.schema, &d.own))
		return not_found(c, name, "Write the tables of the connection's own database without its "
			"name.", err);
	st = my_find_relation(&d, d.schema, name->name, d.name, &d.kind, err);
	if (st == DBN_DONE)
		return not_found(c, name, "", err);
	at_name = plug_relation_text(&d.rel, plug_text(d.name));
	at_schema = d.own ? 0 : plug_relation_text(&d.rel, d.schema);
	if (st == DBN_OK)
		st = my_find_columns(&d, err);
	if (st == DBN_OK && d.rel.nomem)
		st = plug_nomem(c->host, err);
	if (st == DBN_OK && !d.rel.ncolumns)
		st = not_found(c, name, "It may be a view of what is no longer there.", err);
	if (st == DBN_OK)
		st = my_find_effects(&d, err);
	if (st == DBN_OK && !plug_relation_pack(&d.rel, d.kind, at_schema, at_name, 0, out))
		st = plug_nomem(c->host, err);
	plug_relation_free(&d.rel);
	return st;
}

dbn_status
my_relations(struct dbn_conn *c, const dbn_name *pattern, const dbn_call *call,
	dbn_status (*each)(const dbn_name *, uint32_t kind, void *user), void *user, dbn_error **err)
{
	my_text t = { .host = c->host };
	MYSQL_RES *r = NULL;
	MYSQL_ROW row;
	dbn_text schema;
	bool own;
	dbn_status st = my_enter(c, call, err);

	if (st != DBN_OK || !schema_of(c, pattern ? pattern->schema : (dbn_text){ NULL, 0 }, &schema,
			&own))
		return st;
	my_add(&t, "SELECT TABLE_NAME,TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA=");
	my_add_literal(&t, schema.ptr, schema.len);
	if (pattern && pattern->name.len) {
		my_add(&t, " AND TABLE_NAME LIKE ");
		my_add_literal(&t, pattern->name.ptr, pattern->name.len);
		my_add(&t, " ESCAPE X'5c'");
	}
	my_add(&t, " ORDER BY TABLE_NAME");
	st = my_ask(c, &t, &r, err);
	while (st == DBN_OK && r && (row = mysql_fetch_row(r)) != NULL) {
		dbn_name n = { own ? PLUG_TEXT(MY_OWN_SCHEMA) : schema, my_cell(r, row, 0) };

		st = each(&n, kind_for(schema, my_cell(r, row, 1)), user);
	}
	mysql_free_result(r);
	return st;
}

/* When the server was started, as it counts itself: a connection has only one. */
static dbn_status
find_start(struct dbn_conn *c, dbn_error **err)
{
	my_text t = { .host = c->host };
	MYSQL_RES *r = NULL;
	MYSQL_ROW row;
	dbn_status st;

	my_add(&t, "SELECT UNIX_TIMESTAMP()-VARIABLE_VALUE FROM ");
	my_add(&t, c->mariadb ? "information_schema.GLOBAL_STATUS" : "performance_schema.global_status");
	my_add(&t, " WHERE VARIABLE_NAME='Uptime'");
	st = my_ask(c, &t, &r, err);
	row = st == DBN_OK && r ? mysql_fetch_row(r) : NULL;
	c->server_start = row && row[0] ? strtoull(row[0], NULL, 10) : 0;
	mysql_free_result(r);
	return st;
}

static void
put64(uint8_t *to, uint64_t v)
{
	for (size_t i = 0; i < sizeof v; i++)
		to[i] = (uint8_t)(v >> (8 * i));
}

/*
 * Counters of the server: they move when a statement that changes a schema
 * begins, and again when the first one opens what it left, so that nobody keeps
 * what was read in between.  They begin anew with the server, so its start
 * belongs to them.
 */
dbn_status
my_schema_epoch(struct dbn_conn *c, const dbn_call *call, dbn_token *out, dbn_error **err)
{
	static const char sql[] = "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_alter_db',"
		"'Com_alter_table','Com_alter_function','Com_alter_procedure','Com_create_db',"
		"'Com_create_function','Com_create_index','Com_create_procedure','Com_create_sequence',"
		"'Com_create_table','Com_create_temporary_table','Com_create_trigger','Com_create_view',"
		"'Com_drop_db','Com_drop_function','Com_drop_index','Com_drop_procedure',"
		"'Com_drop_sequence','Com_drop_table','Com_drop_trigger','Com_drop_view','Com_flush',"
		"'Com_rename_table','Com_truncate','Com_optimize','Com_grant','Com_revoke',"
		"'Opened_table_definitions')";
	MYSQL_RES *r = NULL;
	MYSQL_ROW row;
	uint64_t sum = 0;
	dbn_status st = my_enter(c, call, err);

	if (st == DBN_OK && !c->server_start)
		st = find_start(c, err);
	if (st == DBN_OK)
		st = my_own_rows(c, sql, sizeof sql - 1, &r, err);
	if (st != DBN_OK)
		return st;
	while (r && (row = mysql_fetch_row(r)) != NULL)
		sum += row[1] ? strtoull(row[1], NULL, 10) : 0;
	mysql_free_result(r);
	memset(out->bytes, 0, sizeof out->bytes);
	put64(out->bytes, sum);
	put64(out->bytes + 8, c->server_start);
	out->len = 16;
	return DBN_OK;
}
