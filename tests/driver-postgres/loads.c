/* SPDX-License-Identifier: MIT */
/*
 * Many rows: arrays through unnest, pipelines, COPY.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define ROWS 5000

/* Rows (i, "name i" or NULL, i / 4 as a decimal), ended by dup != 0: the row dup again. */
static dbn_value *
make_rows(size_t n, size_t dup, char (*names)[32])
{
	static const char *const quarters[] = { "0", "0.25", "0.50", "-0.75" };
	dbn_value *v = (dbn_value *)calloc(n * 3, sizeof *v);

	for (size_t i = 0; v && i < n; i++) {
		(void)snprintf(names[i], sizeof names[i], "name %zu", i);
		v[3 * i] = dbn_v_i64(dup && i == n - 1 ? (int64_t)dup : (int64_t)i);
		v[3 * i + 1] = i % 3 ? dbn_v_text(names[i]) : dbn_v_null(NULL);
		v[3 * i + 2] = dbn_decimal_of(quarters[i % 4]);
	}
	return v;
}

static dbn_status
many(drv *d, drv_stmt *s, const dbn_value *v, size_t nrows, uint32_t how, dbn_outcome *out)
{
	dbn_exec_item item = { .struct_size = (uint32_t)sizeof item, .stmt = s->s, .values = v,
		.nrows = nrows, .nvalues = 3 };
	dbn_many_opts o = { .call = DBN_CALL_INIT, .how = how };

	memset(out, 0, sizeof *out);
	out->struct_size = (uint32_t)sizeof *out;
	o.statement_no = ++d->no;
	return d->ops->execute_many(d->c, &item, 1, &o, out, &d->cf->err);
}

#define MAKE "CREATE TABLE l (id bigint PRIMARY KEY, name varchar(20), q numeric)"
#define INSERT "INSERT INTO l (id, name, q) VALUES (?, ?, ?)"
#define COUNT "SELECT count(*) FROM l"

static void
loads_rows(conform *cf)
{
	static char names[ROWS][32];
	dbn_value *v = make_rows(ROWS, 0, names), *twice = make_rows(ROWS, 17, names);
	dbn_outcome out;
	char shown[64];
	drv_stmt s;
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, MAKE))
		return;
	CF_OK(cf, drv_prepare(&d, d.c, INSERT, "i l", &s));
	for (uint32_t how = DBN_MANY_ATOMIC; how <= DBN_MANY_FLUSH; how++) {
		CF_OK(cf, many(&d, &s, v, ROWS, how, &out));
		CF_CHECK(cf, out.status == DBN_OK && out.affected == ROWS, "mode %u: %s, %d", how,
			dbn_error_message(out.error), (int)out.affected);
		CF_CHECK(cf, pgt_text(&d, d.c, "SELECT count(*)::text || ' ' || count(name) || ' ' || sum(q) || "
			"' ' || count(*) FILTER (WHERE name = 'name ' || id) FROM l", shown, sizeof shown) &&
			strcmp(shown, "5000 3333 0.00 3333") == 0, "mode %u: %s", how, shown);
		CF_OK(cf, drv_run(&d, d.c, "DELETE FROM l", "d l", DBN_NO_ARGS, NULL));
		CF_OK(cf, many(&d, &s, twice, ROWS, how, &out));
		CF_CHECK(cf, out.status == DBN_E_DUPLICATE && out.affected == 0, "mode %u: %s", how,
			dbn_status_name(out.status));
		dbn_error_free(out.error);
		CF_CHECK(cf, drv_int(&d, d.c, COUNT, "", DBN_NO_ARGS) == 0, "mode %u: rows of a failed item", how);
	}
	/* a value that does not fit is found before anything is sent */
	v[3 * 4000] = dbn_v_f64(1.5);
	CF_OK(cf, many(&d, &s, v, ROWS, DBN_MANY_ATOMIC, &out));
	CF_CHECK(cf, out.status == DBN_E_VALUE && out.sent == DBN_SENT_NO &&
		strstr(dbn_error_message(out.error), "row 4001, parameter 1"), "%s",
		dbn_error_message(out.error));
	dbn_error_free(out.error);
	CF_CHECK(cf, drv_int(&d, d.c, COUNT, "", DBN_NO_ARGS) == 0, "rows of a refused item");
	/* the statement goes with its connection */
	free(v);
	free(twice);
	drv_close(&d);
}

/* Forms that do not go through unnest, and their rows. */
static void
loads_forms(conform *cf)
{
	static const struct { const char *sql; int64_t sum; } forms[] = {
		{ "INSERT INTO f (a, b) VALUES (?, ? || 'x)')", 45 },
		{ "INSERT INTO f (a, b) VALUES (CAST(? AS bigint) + 1, ?)", 55 },
		{ "INSERT INTO f (a, b, c) VALUES (?, ?, DEFAULT)", 45 },
		{ "INSERT INTO f (b, a) VALUES ('it''s', ?) ON CONFLICT DO NOTHING", 45 },
		{ "INSERT INTO f (a) SELECT ?", 45 }, { "UPDATE f SET a = a + ?", 45 },
		{ "INSERT INTO f (a, m) VALUES (?, 'ok')", 45 },
	};
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, "CREATE TYPE mood AS ENUM ('ok')") ||
		!drv_admin(&d, d.c, "CREATE TABLE f (a bigint, b text, c int DEFAULT 3, m mood)"))
		return;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		dbn_value v[10][2];
		drv_stmt s;
		dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
		dbn_many_opts o = { .call = DBN_CALL_INIT, .how = DBN_MANY_ATOMIC };
		dbn_exec_item item = { .struct_size = (uint32_t)sizeof item, .nrows = 10 };
		dbn_value flat[20];

		CF_OK(cf, drv_run(&d, d.c, "DELETE FROM f", "d f", DBN_NO_ARGS, NULL));
		if (i == 5)
			CF_OK(cf, drv_run(&d, d.c, "INSERT INTO f (a) VALUES (0)", "i f", DBN_NO_ARGS, NULL));
		CF_OK(cf, drv_prepare(&d, d.c, forms[i].sql, "i f", &s));
		for (int k = 0; k < 10; k++) {
			v[k][0] = dbn_v_i64(k);
			v[k][1] = dbn_v_text("$1 ?");
			memcpy(flat + (size_t)k * s.info.nparams, v[k], s.info.nparams * sizeof *flat);
		}
		item.stmt = s.s;
		item.values = flat;
		item.nvalues = s.info.nparams;
		o.statement_no = ++d.no;
		CF_OK(cf, d.ops->execute_many(d.c, &item, 1, &o, &out, &cf->err));
		CF_CHECK(cf, out.status == DBN_OK && out.affected == 10, "%s: %s, %d", forms[i].sql,
			dbn_error_message(out.error), (int)out.affected);
		dbn_error_free(out.error);
		CF_CHECK(cf, drv_int(&d, d.c, "SELECT sum(a)::bigint FROM f", "", DBN_NO_ARGS) == forms[i].sum,
			"%s: the rows", forms[i].sql);
		d.ops->close_stmt(s.s);
	}
	drv_close(&d);
}

/* Many rows go by COPY, also where the statement gives the relation another name. */
static void
loads_by_copy(conform *cf)
{
	static const char *const texts[] = { INSERT,
		"INSERT INTO \"public\".\"l\" AS \"a1\" (\"id\", \"name\", \"q\") VALUES (?, ?, ?)" };
	static char names[ROWS][32];
	dbn_value *v = make_rows(ROWS, 0, names);
	char shown[200];
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, MAKE) || !drv_admin(&d, d.c,
			"CREATE TABLE ran (sql text)") || !drv_admin(&d, d.c, "CREATE FUNCTION note() RETURNS "
			"trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO ran VALUES (current_query()); RETURN NULL; "
			"END'") || !drv_admin(&d, d.c, "CREATE TRIGGER note AFTER INSERT ON l EXECUTE FUNCTION note()"))
		return;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		dbn_outcome out;
		drv_stmt s;

		CF_OK(cf, drv_prepare(&d, d.c, texts[i], "i l", &s));
		CF_OK(cf, many(&d, &s, v, ROWS, DBN_MANY_ATOMIC, &out));
		CF_CHECK(cf, out.status == DBN_OK && out.affected == ROWS, "%s", dbn_error_message(out.error));
		dbn_error_free(out.error);
		d.ops->close_stmt(s.s);
		CF_CHECK(cf, pgt_text(&d, d.c, "SELECT string_agg(sql, '; ') FROM ran", shown, sizeof shown) &&
			strncmp(shown, "COPY ", 5) == 0 && !strstr(shown, "; "), "it went by %s", shown);
		CF_OK(cf, drv_run(&d, d.c, "DELETE FROM ran", "d ran", DBN_NO_ARGS, NULL));
		CF_OK(cf, drv_run(&d, d.c, "DELETE FROM l", "d l", DBN_NO_ARGS, NULL));
	}
	free(v);
	drv_close(&d);
}

/* Where COPY is not the same as INSERT it is not used: rules, row security, identities. */
static void
loads_not_by_copy(conform *cf)
{
	static char names[ROWS][32];
	dbn_value *v = make_rows(ROWS, 0, names);
	dbn_outcome out;
	drv_stmt s;
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, MAKE) || !drv_admin(&d, d.c,
			"CREATE TABLE other (id bigint)") || !drv_admin(&d, d.c,
			"CREATE RULE also AS ON INSERT TO l DO ALSO INSERT INTO other VALUES (new.id)"))
		return;
	CF_OK(cf, drv_prepare(&d, d.c, INSERT, "i l", &s));
	CF_OK(cf, many(&d, &s, v, ROWS, DBN_MANY_ATOMIC, &out));
	CF_CHECK(cf, out.status == DBN_OK && drv_int(&d, d.c, "SELECT count(*) FROM other", "",
		DBN_NO_ARGS) == ROWS, "the rule: %s", dbn_error_message(out.error));
	dbn_error_free(out.error);
	d.ops->close_stmt(s.s);
	if (!drv_admin(&d, d.c, "DROP TABLE l") || !drv_admin(&d, d.c,
			"CREATE TABLE l (id bigint GENERATED ALWAYS AS IDENTITY, name varchar(20), q numeric)"))
		return;
	/* the server refuses it by itself; with OVERRIDING it runs, and not as COPY */
	CF_CHECK(cf, drv_prepare(&d, d.c, INSERT, "i l", &s) != DBN_OK &&
		strcmp(dbn_error_sqlstate(cf->err), "428C9") == 0, "the identity");
	pgt_forget_error(cf);
	CF_OK(cf, drv_prepare(&d, d.c, "INSERT INTO l (id, name, q) OVERRIDING USER VALUE VALUES (?, ?, ?)",
		"i l", &s));
	CF_OK(cf, many(&d, &s, v, ROWS, DBN_MANY_ATOMIC, &out));
	CF_CHECK(cf, out.status == DBN_OK && drv_int(&d, d.c, "SELECT min(id) FROM l", "", DBN_NO_ARGS) == 1,
		"overridden: %s", dbn_error_message(out.error));
	dbn_error_free(out.error);
	d.ops->close_stmt(s.s);
	free(v);
	drv_close(&d);
}

/* Within a transaction: a value that does not fit leaves it open, a duplicate does not. */
static void
loads_in_transaction(conform *cf)
{
	static char names[ROWS][32];
	dbn_value *v = make_rows(ROWS, 0, names);
	dbn_outcome out;
	drv_stmt s;
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, MAKE))
		return;
	CF_OK(cf, drv_prepare(&d, d.c, INSERT, "i l", &s));
	CF_OK(cf, drv_begin(&d, d.c, 0));
	v[3 * 4000] = dbn_v_text("x");
	CF_OK(cf, many(&d, &s, v, ROWS, DBN_MANY_ATOMIC, &out));
	CF_CHECK(cf, out.status == DBN_E_VALUE && drv_txn(&d, d.c) == DBN_TXN_OPEN, "a misfit");
	dbn_error_free(out.error);
	v[3 * 4000] = dbn_v_i64(4000);
	CF_OK(cf, many(&d, &s, v, ROWS, DBN_MANY_ATOMIC, &out));
	CF_CHECK(cf, out.status == DBN_OK && out.affected == ROWS && out.txn == DBN_TXN_OPEN, "rows: %s",
		dbn_error_message(out.error));
	CF_OK(cf, many(&d, &s, v, ROWS, DBN_MANY_ATOMIC, &out));
	CF_CHECK(cf, out.status == DBN_E_DUPLICATE && out.txn == DBN_TXN_FAILED &&
		strcmp(dbn_error_constraint(out.error), "l_pkey") == 0, "%s", dbn_status_name(out.status));
	dbn_error_free(out.error);
	CF_OK(cf, drv_rollback(&d, d.c));
	CF_CHECK(cf, drv_int(&d, d.c, COUNT, "", DBN_NO_ARGS) == 0, "rows");
	free(v);
	drv_close(&d);
}

static const dbn_driver_bulk_1 *
bulk_of(drv *d)
{
	return (const dbn_driver_bulk_1 *)d->cf->plugin.desc->get_extension(d->self, DBN_DRIVER_BULK_1);
}

static void
loads_copy(conform *cf)
{
	static char names[ROWS][32];
	const dbn_text cols[] = { { "id", 2 }, { "name", 4 }, { "q", 1 } };
	const dbn_name rel = { { "public", 6 }, { "l", 1 } }, none = { { "public", 6 }, { "nowhere", 7 } };
	dbn_value *v = make_rows(ROWS, 0, names), odd[3] = { v[3], dbn_v_i64(1), v[5] };
	const dbn_driver_bulk_1 *b;
	dbn_call call = DBN_CALL_INIT;
	struct dbn_bulk *load;
	uint64_t n = 0;
	char shown[64];
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, MAKE))
		return;
	b = bulk_of(&d);
	CF_OK(cf, b->open(d.c, &rel, cols, 3, &call, &load, &cf->err));
	CF_CHECK(cf, drv_prepare(&d, d.c, "SELECT 1", "", &(drv_stmt){ 0 }) == DBN_E_BUSY, "beside a load");
	pgt_forget_error(cf);
	CF_OK(cf, b->write(load, v, 4000, &cf->err));
	CF_FAILS(cf, b->write(load, odd, 1, &cf->err), DBN_E_VALUE, NULL);
	CF_OK(cf, b->write(load, v + 3 * 4000, ROWS - 4000, &cf->err));
	CF_OK(cf, b->close(load, 1, &n, &cf->err));
	CF_CHECK(cf, n == ROWS, "%d rows", (int)n);
	CF_CHECK(cf, pgt_text(&d, d.c, "SELECT count(*)::text || ' ' || count(name) || ' ' || sum(q) FROM l",
		shown, sizeof shown) && strcmp(shown, "5000 3333 0.00") == 0, "%s", shown);
	/* given up: nothing of it stays */
	CF_OK(cf, b->open(d.c, &rel, cols, 3, &call, &load, &cf->err));
	CF_OK(cf, b->write(load, v, 1000, &cf->err));
	CF_OK(cf, b->close(load, 0, &n, &cf->err));
	CF_CHECK(cf, n == 0 && drv_int(&d, d.c, COUNT, "", DBN_NO_ARGS) == ROWS, "rows of a load given up");
	/* a duplicate is told at the end */
	CF_OK(cf, b->open(d.c, &rel, cols, 3, &call, &load, &cf->err));
	CF_OK(cf, b->write(load, v, 1, &cf->err));
	CF_FAILS(cf, b->close(load, 1, &n, &cf->err), DBN_E_DUPLICATE, "23505");
	CF_FAILS(cf, b->open(d.c, &none, cols, 3, &call, &load, &cf->err), DBN_E_SCHEMA, "42P01");
	CF_CHECK(cf, drv_txn(&d, d.c) == DBN_TXN_NONE && !pgt_broken(&d, d.c), "the connection");
	/* left open: it goes with the connection */
	CF_OK(cf, b->open(d.c, &rel, cols, 3, &call, &load, &cf->err));
	free(v);
	drv_close(&d);
}

/* A connection ends with the statement still there, and what was made for it. */
static void
loads_left(conform *cf)
{
	static const dbn_type types[] = { DBN_INT64, DBN_TEXT, DBN_DECIMAL };
	static char names[ROWS][32];
	dbn_value *v = make_rows(ROWS, 0, names);
	dbn_outcome out;
	drv_stmt s;
	drv d;

	if (!drv_open(cf, &d) || !drv_admin(&d, d.c, MAKE))
		return;
	CF_OK(cf, drv_prepare_typed(&d, d.c, INSERT, "i l", types, 3, NULL, 0, DBN_PREPARE_KEEP, &s));
	CF_OK(cf, many(&d, &s, v, ROWS, DBN_MANY_ATOMIC, &out));
	CF_CHECK(cf, out.affected == ROWS, "%d rows", (int)out.affected);
	drv_close(&d); /* memory that is left, or freed twice, fails the case */
	free(v);
}

/* Keys that RETURNING gives: over arrays, by statements of a row each, and where a
 * trigger leaves rows out and nobody knows whose keys the others are. */
static void
loads_keys(conform *cf)
{
	static const char *const forms[] = { "INSERT INTO k (a) VALUES (?) RETURNING id",
		"INSERT INTO k (a) VALUES (?) ON CONFLICT DO NOTHING RETURNING id" };
	int64_t *keys = (int64_t *)calloc(ROWS, sizeof *keys);
	dbn_value *v = (dbn_value *)calloc(ROWS, sizeof *v);
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	dbn_many_opts o = { .call = DBN_CALL_INIT, .how = DBN_MANY_ATOMIC };
	drv d;

	if (!keys || !v || !drv_open(cf, &d) || !drv_admin(&d, d.c,
			"CREATE TABLE k (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a bigint)"))
		goto out;
	for (size_t i = 0; i < ROWS; i++)
		v[i] = dbn_v_i64((int64_t)i * 7);
	for (size_t f = 0; f < 4; f++) {
		dbn_exec_item item = { .struct_size = (uint32_t)sizeof item, .flags = DBN_EXEC_KEYS,
			.values = v, .nvalues = 1, .nrows = f % 2 ? 700 : ROWS, .keys = keys };
		int64_t first = 0;
		size_t wrong = 0;
		drv_stmt s;

		if (f == 2 && (!drv_admin(&d, d.c, "CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql "
				"AS 'BEGIN RETURN CASE WHEN new.a = 21 THEN NULL ELSE new END; END'") ||
			!drv_admin(&d, d.c, "CREATE TRIGGER t BEFORE INSERT ON k FOR EACH ROW "
				"EXECUTE FUNCTION skip()")))
			goto out;
		CF_OK(cf, drv_prepare(&d, d.c, forms[f % 2], "i k; r k", &s));
		item.stmt = s.s;
		o.statement_no = ++d.no;
		memset(keys, -1, ROWS * sizeof *keys);
		CF_OK(cf, d.ops->execute_many(d.c, &item, 1, &o, &out, &cf->err));
		CF_CHECK(cf, out.status == DBN_OK && out.affected == item.nrows - (f > 1), "%s: %s, %d",
			forms[f % 2], dbn_error_message(out.error), (int)out.affected);
		dbn_error_free(out.error);
		first = f == 2 ? keys[item.nrows - 1] - (int64_t)item.nrows + 1 : keys[0];
		for (size_t i = 0; i < item.nrows; i++) {
			bool unknown = f == 2 ? i < 2048 : f == 3 && i == 3;

			wrong += keys[i] != (unknown ? 0 : first + (int64_t)i);
		}
		CF_CHECK(cf, first > 0 && wrong == 0, "%s, %zu: %zu keys are wrong", forms[f % 2], f, wrong);
		CF_CHECK(cf, out.generated_key.type == DBN_INT64 &&
			out.generated_key.u.i64 == keys[item.nrows - 1], "the last key");
		d.ops->close_stmt(s.s);
		if (f == 1)
			CF_OK(cf, drv_run(&d, d.c, "DELETE FROM k", "d k", DBN_NO_ARGS, NULL));
	}
	drv_close(&d);
out:
	free(keys);
	free(v);
}

const conform_case pgt_loads[] = {
	{ "loads.rows_of_an_item", loads_rows, 0, 120 },
	{ "loads.forms_of_insert", loads_forms, 0, 120 },
	{ "loads.left_to_the_connection", loads_left, 0, 120 },
	{ "loads.keys", loads_keys, 0, 120 },
	{ "loads.by_copy", loads_by_copy, 0, 120 },
	{ "loads.not_by_copy", loads_not_by_copy, 0, 120 },
	{ "loads.in_a_transaction", loads_in_transaction, 0, 120 },
	{ "loads.copy", loads_copy, 0, 120 },
};
const size_t pgt_nloads = sizeof pgt_loads / sizeof *pgt_loads;
