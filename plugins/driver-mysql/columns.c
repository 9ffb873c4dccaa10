/* SPDX-License-Identifier: MIT */
/*
 * The columns of a relation: types, keys, collations, what a generated column is
 * made of.
 */
#include <stdlib.h>

#include "driver.h"

static const struct { const char *name; dbn_type type; } types[] = {
	{ "tinyint", DBN_INT64 }, { "smallint", DBN_INT64 }, { "mediumint", DBN_INT64 },
	{ "int", DBN_INT64 }, { "bigint", DBN_INT64 }, { "year", DBN_INT64 }, { "bit", DBN_UINT64 },
	{ "float", DBN_FLOAT }, { "double", DBN_DOUBLE }, { "decimal", DBN_DECIMAL },
	{ "char", DBN_TEXT }, { "varchar", DBN_TEXT }, { "tinytext", DBN_TEXT }, { "text", DBN_TEXT },
	{ "mediumtext", DBN_TEXT }, { "longtext", DBN_TEXT }, { "set", DBN_TEXT },
	{ "inet4", DBN_TEXT }, { "inet6", DBN_TEXT }, { "enum", DBN_ENUM }, { "json", DBN_JSON },
	{ "uuid", DBN_UUID }, { "date", DBN_DATE }, { "time", DBN_TIME },
	{ "datetime", DBN_TIMESTAMP }, { "timestamp", DBN_TIMESTAMPTZ },
};

static dbn_type
type_of(const struct dbn_conn *c, dbn_text data, dbn_text declared)
{
	static const char bool_type[] = "tinyint(1)", unsigned_big[] = "unsigned";

	if (plug_text_is(declared, bool_type) && !c->drv->set.tinyint1)
		return DBN_BOOL;
	if (plug_text_is(data, "bigint") && declared.len > sizeof unsigned_big &&
		strstr(declared.ptr, unsigned_big))
		return DBN_UINT64;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (plug_text_is(data, types[i].name))
			return types[i].type;
	return DBN_BYTES; /* blobs and geometry */
}

static bool
ends(dbn_text t, const char *with)
{
	size_t n = strlen(with);

	return t.len >= n && memcmp(t.ptr + t.len - n, with, n) == 0;
}

/* Do equal texts have equal bytes?  Others ignore case, or blanks at the end. */
static bool
is_exact(dbn_text collation)
{
	return !collation.len || plug_text_is(collation, "binary") || ends(collation, "_nopad_bin") ||
		ends(collation, "_0900_bin");
}

static bool
has_word(dbn_text t, const char *word)
{
	return t.len && strstr(t.ptr, word) != NULL;
}

static uint32_t
flags_of(MYSQL_RES *r, MYSQL_ROW row)
{
	dbn_text dflt = my_cell(r, row, 3), extra = my_cell(r, row, 4), expr = my_cell(r, row, 6);
	uint32_t flags = plug_text_is(my_cell(r, row, 5), "NO") ? DBN_COLUMN_NOT_NULL : 0;

	if (has_word(extra, "auto_increment"))
		flags |= DBN_COLUMN_IDENTITY;
	if (expr.len || has_word(extra, "STORED GENERATED") || has_word(extra, "VIRTUAL GENERATED"))
		flags |= DBN_COLUMN_GENERATED;
	if (has_word(extra, "INVISIBLE"))
		flags |= DBN_COLUMN_HIDDEN;
	/* MariaDB writes NULL as a default where none is declared. */
	if (dflt.ptr && !plug_text_is(dflt, "NULL"))
		flags |= DBN_COLUMN_DEFAULT;
	return flags | (is_exact(my_cell(r, row, 7)) ? DBN_COLUMN_BINARY : 0);
}

static void
add_column(my_description *d, MYSQL_RES *r, MYSQL_ROW row)
{
	dbn_text name = my_cell(r, row, 0), data = my_cell(r, row, 1), declared = my_cell(r, row, 2);
	dbn_text expr = my_cell(r, row, 6), collation = my_cell(r, row, 7);
	plug_column c = { .flags = flags_of(r, row), .type = type_of(d->conn, data, declared) };

	c.name = plug_relation_text(&d->rel, name);
	c.declared = plug_relation_text(&d->rel, declared);
	c.collation = plug_relation_text(&d->rel, collation);
	c.own = plug_relation_text(&d->rel, expr);
	plug_relation_column(&d->rel, &c);
}

static plug_column *
column(my_description *d, dbn_text name, uint32_t *ordinal)
{
	for (size_t i = 0; i < d->rel.ncolumns; i++)
		if (plug_text_same(plug_text(d->rel.texts + d->rel.columns[i].name), name)) {
			*ordinal = (uint32_t)i;
			return &d->rel.columns[i];
		}
	return NULL;
}

/* A name between quotes at or behind p (with ANSI_QUOTES the server writes "a");
 * *p moves past it. */
static bool
next_name(const char **p, dbn_text *name)
{
	const char *s = *p + strcspn(*p, "`\"'"), *end = *s ? strchr(s + 1, *s) : NULL;

	if (!end)
		return false;
	*name = *s == '\'' ? (dbn_text){ NULL, 0 } : (dbn_text){ s + 1, (size_t)(end - s - 1) };
	*p = end + 1;
	return true;
}

/* The server writes an expression with every column between quotes. */
static void
find_inputs(my_description *d, size_t i)
{
	plug_column *c = &d->rel.columns[i];
	const char *p = d->rel.texts + c->own;
	dbn_text name;
	uint32_t at;

	c->first_input = (uint32_t)d->rel.ninputs;
	while (c->own && next_name(&p, &name))
		if (name.len && column(d, name, &at))
			(void)plug_relation_input(&d->rel, c, at);
}

static void
add_where(const my_description *d, my_text *t)
{
	my_add(t, " WHERE TABLE_SCHEMA=");
	my_add_literal(t, d->schema.ptr, d->schema.len);
	my_add(t, " AND TABLE_NAME=");
	my_add_literal(t, d->name, strlen(d->name));
}

static dbn_status
find_key(my_description *d, dbn_error **err)
{
	my_text t = { .host = d->conn->host };
	MYSQL_RES *r = NULL;
	MYSQL_ROW row;
	dbn_status st;

	my_add(&t, "SELECT COLUMN_NAME,SEQ_IN_INDEX FROM information_schema.STATISTICS");
	add_where(d, &t);
	my_add(&t, " AND INDEX_NAME='PRIMARY'");
	st = my_ask(d->conn, &t, &r, err);
	while (st == DBN_OK && r && (row = mysql_fetch_row(r)) != NULL) {
		uint32_t at;
		plug_column *c = column(d, my_cell(r, row, 0), &at);

		if (c)
			c->key_part = (uint32_t)strtoul(row[1], NULL, 10);
	}
	mysql_free_result(r);
	return st;
}

/* MariaDB's JSON is a text with a check that it is JSON. */
static dbn_status
find_json(my_description *d, dbn_error **err)
{
	static const char start[] = "json_valid(";
	my_text t = { .host = d->conn->host };
	MYSQL_RES *r = NULL;
	MYSQL_ROW row;
	dbn_status st;

	if (!d->conn->mariadb || d->kind != DBN_RELATION_TABLE)
		return DBN_OK;
	my_add(&t, "SELECT CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE "
		"CONSTRAINT_SCHEMA=");
	my_add_literal(&t, d->schema.ptr, d->schema.len);
	my_add(&t, " AND TABLE_NAME=");
	my_add_literal(&t, d->name, strlen(d->name));
	st = my_ask(d->conn, &t, &r, err);
	while (st == DBN_OK && r && (row = mysql_fetch_row(r)) != NULL) {
		dbn_text clause = my_cell(r, row, 0), name;
		const char *p = clause.ptr;
		uint32_t at;
		plug_column *c;

		if (clause.len < sizeof start || memcmp(p, start, sizeof start - 1) != 0 ||
			!next_name(&p, &name) || p[0] != ')' || p[1])
			continue;
		c = column(d, name, &at);
		if (c && c->type == DBN_TEXT)
			c->type = DBN_JSON;
	}
	mysql_free_result(r);
	return st;
}

dbn_status
my_find_columns(my_description *d, dbn_error **err)
{
	my_text t = { .host = d->conn->host };
	MYSQL_RES *r = NULL;
	MYSQL_ROW row;
	dbn_status st;

	my_add(&t, "SELECT COLUMN_NAME,DATA_TYPE,COLUMN_TYPE,COLUMN_DEFAULT,EXTRA,IS_NULLABLE,"
		"GENERATION_EXPRESSION,COLLATION_NAME FROM information_schema.COLUMNS");
	add_where(d, &t);
	my_add(&t, " ORDER BY ORDINAL_POSITION");
	st = my_ask(d->conn, &t, &r, err);
	while (st == DBN_OK && r && (row = mysql_fetch_row(r)) != NULL)
		add_column(d, r, row);
	mysql_free_result(r);
	if (st == DBN_OK && d->kind == DBN_RELATION_TABLE)
		st = find_key(d, err);
	if (st == DBN_OK)
		st = find_json(d, err);
	for (size_t i = 0; st == DBN_OK && !d->rel.nomem && i < d->rel.ncolumns; i++)
		find_inputs(d, i);
	return st;
}
