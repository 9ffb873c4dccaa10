/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "error/error.h"
#include "fixture.h"

static const char schema[] =
	"CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE,"
	"  age INT, score REAL, team_id INT, note, \"odd name\" TEXT);"
	"INSERT INTO users VALUES(1,'ann','ann@x.org',31,1.5,1,NULL,'o1'),"
	"  (2,'Bob','bob@x.org',25,2.25,1,'n','o2'),(3,'cy',NULL,NULL,NULL,2,x'0102','o3'),"
	"  (4,'dora','d@y.org',47,-3.0,NULL,'it''s','o4'),(5,'eve','eve@y.org',25,0.0,3,'',NULL);"
	"CREATE TABLE teams(team_id INTEGER PRIMARY KEY, title TEXT, budget INT);"
	"INSERT INTO teams VALUES(1,'red',100),(2,'blue',NULL),(4,'green',50);"
	"CREATE TABLE orders(id INTEGER PRIMARY KEY, user_id INT, amount REAL, day TEXT,"
	"  state TEXT DEFAULT 'new');"
	"INSERT INTO orders VALUES(10,1,9.5,'2024-01-05','new'),(11,1,20,'2024-02-01','paid'),"
	"  "
	"(12,2,5.25,'2024-02-03','paid'),(13,3,100,'2024-03-09','void'),(14,9,1,'2024-03-10','new');"
	"CREATE TABLE a1(id INTEGER PRIMARY KEY, v INT, w INT UNIQUE);"
	"INSERT INTO a1 VALUES(1,10,100),(2,20,200);"
	"CREATE TABLE kv(k TEXT PRIMARY KEY, v TEXT, n INT DEFAULT 0) WITHOUT ROWID;"
	"INSERT INTO kv VALUES('x','1',1),('y','2',2);"
	"CREATE TABLE gen(id INTEGER PRIMARY KEY, price INT, twice INT AS (price*2) STORED);"
	"INSERT INTO gen(id,price) VALUES(1,5),(2,7);"
	"CREATE TABLE plain(x,y);"
	"INSERT INTO plain VALUES(1,'{\"a\":{\"b\":7}}'),(2,'[1,2]'),(2,NULL);"
	"CREATE TABLE \"select\"(\"from\" INT, \"a\"\"b\" TEXT);"
	"INSERT INTO \"select\" VALUES(1,'q'),(2,'r');"
	"CREATE VIEW grown AS SELECT id, name FROM users WHERE age > 26;";

static dbn_text
keep(struct fixture *f, const unsigned char *z)
{
	return dbn_arena_text(&f->arena, dbn_text_z((const char *)z));
}

static dbn_sql_relation *
describe(struct fixture *f, const char *name)
{
	dbn_sql_relation *rel = dbn_arena_zalloc(&f->arena, sizeof(*rel));
	dbn_sql_column *cols = dbn_arena_array(&f->arena, 64, sizeof(*cols));
	sqlite3_stmt *st;

	sqlite3_prepare_v2(f->db, "SELECT name, type, pk, hidden, \"notnull\", dflt_value "
		"FROM pragma_table_xinfo(?1)", -1, &st, NULL);
	sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
	while (sqlite3_step(st) == SQLITE_ROW) {
		dbn_sql_column *c = &cols[rel->ncolumns++];

		c->name = keep(f, sqlite3_column_text(st, 0));
		c->declared = keep(f, sqlite3_column_text(st, 1));
		c->type = dbn_sql_declared_type(dbn_sql_dialect_get(DBN_DIALECT_SQLITE),
			c->declared);
		c->key_part = (uint32_t)sqlite3_column_int(st, 2);
		if (c->key_part) {
			rel->nkey++;
			if (dbn_text_ieqz(c->declared, "INTEGER"))
				c->flags |= DBN_COL_IDENTITY;
		}
		if (sqlite3_column_int(st, 3) >= 2)
			c->flags |= DBN_COL_GENERATED;
	}
	sqlite3_finalize(st);
	rel->columns = cols;
	rel->kind = DBN_REL_TABLE;
	rel->name.database = dbn_text_z("main");
	rel->name.schema = dbn_text_z("main");
	return rel;
}

static dbn_status
lookup(void *user, const dbn_sql_name *name, const dbn_sql_relation **out, dbn_error **err)
{
	struct fixture *f = user;
	dbn_sql_relation *rel;
	sqlite3_stmt *st;
	dbn_status rc = DBN_OK;

	f->lookups++;
	if (name->schema.len && !dbn_text_ieqz(name->schema, "main"))
		return dbn_fail(err, DBN_E_NOT_FOUND, "no such schema");
	sqlite3_prepare_v2(f->db, "SELECT name FROM sqlite_master WHERE name = ?1 COLLATE nocase "
		"AND "
		"type IN ('table', 'view')", -1, &st, NULL);
	sqlite3_bind_text(st, 1, name->name.ptr, (int)name->name.len, SQLITE_STATIC);
	if (sqlite3_step(st) == SQLITE_ROW) {
		dbn_text own = keep(f, sqlite3_column_text(st, 0));

		rel = describe(f, own.ptr);
		rel->name.name = own;
		*out = rel;
	} else {
		rc = dbn_fail(err, DBN_E_NOT_FOUND, "no such table");
	}
	sqlite3_finalize(st);
	return rc;
}

void
fixture_open(struct fixture *f)
{
	char *msg = NULL;

	memset(f, 0, sizeof(*f));
	dbn_arena_init(&f->arena, 0);
	cr_assert_eq(sqlite3_open(":memory:", &f->db), SQLITE_OK);
	sqlite3_db_config(f->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(f->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	cr_assert_eq(sqlite3_exec(f->db, schema, NULL, NULL, &msg), SQLITE_OK, "%s", msg);
	f->cat.lookup = lookup;
	f->cat.user = f;
	f->cat.default_database = dbn_text_z("main");
	f->cat.default_schema = dbn_text_z("main");
}

void
fixture_close(struct fixture *f)
{
	dbn_arena_free(&f->arena);
	sqlite3_close(f->db);
}

dbn_sql_stmt *
fixture_parse(struct fixture *f, const char *sql)
{
	dbn_sql_stmt *s = NULL;
	dbn_error *err = NULL;
	dbn_status rc = dbn_sql_parse(&f->arena, dbn_sql_dialect_get(DBN_DIALECT_SQLITE), NULL,
		dbn_text_z(sql), &s, &err);

	cr_assert_eq(rc, DBN_OK, "%s\n  %s (at %u)", sql, dbn_error_message(err),
		dbn_error_position(err));
	return s;
}

dbn_status
fixture_resolve(struct fixture *f, const char *sql, dbn_sql_stmt **s, dbn_sql_result *res,
	dbn_error **err)
{
	const dbn_sql_dialect *d = dbn_sql_dialect_get(DBN_DIALECT_SQLITE);
	dbn_status rc = dbn_sql_parse(&f->arena, d, NULL, dbn_text_z(sql), s, err);

	return rc == DBN_OK ? dbn_sql_resolve(*s, d, &f->cat, res, err) : rc;
}

char *
fixture_print(const dbn_sql_stmt *s, uint32_t mode)
{
	dbn_error *err = NULL;
	dbn_str out;
	char *z;

	dbn_str_init(&out, 0);
	cr_assert_eq(dbn_sql_print(s, dbn_sql_dialect_get(DBN_DIALECT_SQLITE), mode, NULL, 0, &out,
		&err), DBN_OK, "%.*s\n  %s", DBN_TEXT_ARG(s->text), dbn_error_message(err));
	z = strdup(dbn_str_z(&out));
	dbn_str_free(&out);
	return z;
}

char *
fixture_canonical(struct fixture *f, const char *sql, dbn_error **err)
{
	dbn_sql_stmt *s;
	dbn_sql_result res;

	if (fixture_resolve(f, sql, &s, &res, err) != DBN_OK)
		return strdup("");
	return fixture_print(s, DBN_PRINT_CANONICAL);
}

static void
add_cell(dbn_str *out, sqlite3_stmt *st, int i)
{
	switch (sqlite3_column_type(st, i)) {
	case SQLITE_NULL: dbn_str_adds(out, "null"); break;
	case SQLITE_INTEGER: dbn_str_addf(out, "i%lld", sqlite3_column_int64(st, i)); break;
	case SQLITE_FLOAT: dbn_str_addf(out, "f%.17g", sqlite3_column_double(st, i)); break;
	case SQLITE_TEXT: dbn_str_addf(out, "t%s", (const char *)sqlite3_column_text(st, i)); break;
	default:
		dbn_str_adds(out, "b");
		for (int k = 0; k < sqlite3_column_bytes(st, i); k++)
			dbn_str_addf(out, "%02x", ((const unsigned char *)sqlite3_column_blob(st,
				i))[k]);
		break;
	}
	dbn_str_addc(out, '|');
}

/* params: "i5 tbob n": one word a parameter. */
static void
bind(sqlite3_stmt *st, const char *params)
{
	char *copy = strdup(params ? params : ""), *save = NULL;
	int i = 1;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save), i++) {
		if (*w == 'i')
			sqlite3_bind_int64(st, i, strtoll(w + 1, NULL, 10));
		else if (*w == 't')
			sqlite3_bind_text(st, i, w + 1, -1, SQLITE_TRANSIENT);
		else
			sqlite3_bind_null(st, i);
	}
	free(copy);
}

char *
fixture_run(struct fixture *f, const char *sql, const char *params)
{
	sqlite3_stmt *st = NULL;
	dbn_str out;
	char *z;
	int rc;

	dbn_str_init(&out, 0);
	if (sqlite3_prepare_v2(f->db, sql, -1, &st, NULL) != SQLITE_OK) {
		dbn_str_addf(&out, "error: %s", sqlite3_errmsg(f->db));
	} else {
		bind(st, params);
		for (int i = 0; i < sqlite3_column_count(st); i++)
			dbn_str_addf(&out, "[%s]", sqlite3_column_name(st, i));
		dbn_str_addc(&out, '\n');
		while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
			for (int i = 0; i < sqlite3_column_count(st); i++)
				add_cell(&out, st, i);
			dbn_str_addc(&out, '\n');
		}
		if (rc != SQLITE_DONE)
			dbn_str_addf(&out, "error: %s", sqlite3_errmsg(f->db));
		dbn_str_addf(&out, "changed %d",
			sqlite3_stmt_readonly(st) ? 0 : sqlite3_changes(f->db));
	}
	sqlite3_finalize(st);
	z = strdup(dbn_str_z(&out));
	dbn_str_free(&out);
	return z;
}
