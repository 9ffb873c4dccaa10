/* SPDX-License-Identifier: MIT */
/*
 * Bulk load by COPY in the binary format.  Outside of a transaction the load is
 * one of its own; within one, a load that is not committed leaves it failed, as
 * any failing statement does.  A row is taken whole or not at all: one that does
 * not fit is refused with its number, and the load can go on without it.
 */
#include <stdlib.h>

#include "driver.h"

#define SEND_BYTES 65536

struct dbn_bulk {
	struct dbn_conn *conn;
	struct dbn_stmt *shape;     /* SELECT of the columns: their types; never run */
	uint64_t rows;
	uint8_t *p;
	size_t n, cap;
	bool failed, in_txn;
};

static dbn_status
quote(struct dbn_conn *c, FILE *f, dbn_text name, dbn_error **err)
{
	char *q;

	if (!name.len || memchr(name.ptr, 0, name.len))
		return plug_fail_status(c->host, err, DBN_E_INVALID, "not a name");
	q = PQescapeIdentifier(c->pg, name.ptr, name.len);
	if (!q)
		return plug_nomem(c->host, err);
	(void)fputs(q, f);
	PQfreemem(q);
	return DBN_OK;
}

/* before "a", "b" between schema.relation after */
static dbn_status
make_text(struct dbn_conn *c, const dbn_name *rel, const dbn_text *cols, size_t n, bool copy,
	char **text, dbn_error **err)
{
	dbn_text schema = rel->schema.len ? rel->schema : PLUG_TEXT("public");
	dbn_status rc = DBN_OK;
	size_t len = 0;
	FILE *f;

	*text = NULL;
	f = open_memstream(text, &len);
	if (!f)
		return plug_nomem(c->host, err);
	(void)fputs(copy ? "COPY " : "SELECT ", f);
	for (int part = 0; rc == DBN_OK && part < 2; part++) {
		if ((part == 0) == copy) {
			rc = quote(c, f, schema, err);
			(void)fputc('.', f);
			if (rc == DBN_OK)
				rc = quote(c, f, rel->name, err);
			(void)fputs(copy ? " (" : "", f);
			continue;
		}
		for (size_t i = 0; rc == DBN_OK && i < n; i++) {
			(void)fputs(i ? ", " : "", f);
			rc = quote(c, f, cols[i], err);
		}
		(void)fputs(copy ? ") FROM STDIN (FORMAT binary)" : " FROM ", f);
	}
	if (fclose(f) != 0 && rc == DBN_OK)
		rc = plug_nomem(c->host, err);
	return rc;
}

/* Which types the columns have. */
static dbn_status
learn_shape(struct dbn_bulk *b, const dbn_name *rel, const dbn_text *cols, size_t n, dbn_error **err)
{
	dbn_prepare_opts o = { .call = DBN_CALL_INIT };
	PGresult *d = NULL;
	char *text;
	dbn_status rc = make_text(b->conn, rel, cols, n, false, &text, err);

	if (rc == DBN_OK)
		rc = pg_stmt_new(b->conn, plug_text(text), &o, &b->shape, err);
	if (rc == DBN_OK)
		rc = pg_prepare_trip(b->shape, &d, err);
	if (rc == DBN_OK)
		rc = pg_stmt_understand(b->shape, d, err);
	PQclear(d);
	free(text);
	return rc;
}

static dbn_status
begin_copy(struct dbn_bulk *b, const dbn_name *rel, const dbn_text *cols, size_t n, dbn_error **err)
{
	struct dbn_conn *c = b->conn;
	PGresult *r = NULL;
	char *text;
	dbn_status rc = make_text(c, rel, cols, n, true, &text, err);

	if (rc == DBN_OK && !PQsendQuery(c->pg, text))
		rc = pg_lost(c, err);
	free(text);
	if (rc == DBN_OK)
		rc = pg_next_result(c, &r, err);
	if (rc == DBN_OK && PQresultStatus(r) != PGRES_COPY_IN) {
		rc = pg_fail_result(c, r, err);
		if (!c->broken)
			(void)pg_finish(c, NULL);
	}
	PQclear(r);
	return rc;
}

void
pg_bulk_free(struct dbn_bulk *b)
{
	struct dbn_conn *c;

	if (!b)
		return;
	c = b->conn;
	if (c->bulk == b)
		c->bulk = NULL;
	pg_close_stmt(b->shape);
	c->host->release(c->host, b->p);
	c->host->release(c->host, b);
}

dbn_status
pg_bulk_open(struct dbn_conn *c, const dbn_name *relation, const dbn_text *columns, size_t ncolumns,
	const dbn_call *call, struct dbn_bulk **out, dbn_error **err)
{
	static const uint8_t head[19] = { 'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xff, '\r', '\n', 0 };
	struct dbn_bulk *b;
	dbn_status rc = pg_enter(c, call, err);

	if (rc == DBN_OK && (!ncolumns || ncolumns > INT16_MAX))
		rc = plug_fail_status(c->host, err, DBN_E_INVALID, "a load of %zu columns", ncolumns);
	if (rc != DBN_OK)
		return rc;
	b = (struct dbn_bulk *)plug_zalloc(c->host, 1, sizeof *b);
	if (!b)
		return plug_nomem(c->host, err);
	b->conn = c;
	b->in_txn = pg_txn(c) != DBN_TXN_NONE;
	rc = learn_shape(b, relation, columns, ncolumns, err);
	if (rc == DBN_OK && !plug_grow(c->host, &b->p, &b->cap, SEND_BYTES, 1))
		rc = plug_nomem(c->host, err);
	if (rc == DBN_OK)
		rc = begin_copy(b, relation, columns, ncolumns, err);
	if (rc != DBN_OK) {
		pg_bulk_free(b);
		return rc;
	}
	memcpy(b->p, head, sizeof head);
	b->n = sizeof head;
	c->bulk = b;
	*out = b;
	return DBN_OK;
}

static bool
add(struct dbn_bulk *b, const void *p, size_t n)
{
	if (!plug_grow(b->conn->host, &b->p, &b->cap, b->n + n, 1))
		return false;
	memcpy(b->p + b->n, p, n);
	b->n += n;
	return true;
}

static dbn_status
misfit(struct dbn_bulk *b, uint32_t col, const dbn_value *v, const char *why, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };

	if (!why)
		return plug_nomem(b->conn->host, err);
	memcpy(f.sqlstate, "22018", 6);
	f.detail = plug_text(why);
	f.column = b->shape->columns[col].name;
	return plug_fail(b->conn->host, err, &f,
		"row %llu, column \"%.*s\": the %s does not fit the type %s exactly",
		(unsigned long long)b->rows + 1, (int)f.column.len, f.column.ptr, plug_type_name(v->type),
		b->shape->cols[col].type->name);
}

/* One row behind what is there; on failure nothing of it is left. */
static dbn_status
add_row(struct dbn_bulk *b, const dbn_value *v, dbn_error **err)
{
	struct dbn_stmt *s = b->shape;
	size_t before = b->n;
	dbn_status rc = DBN_OK;
	uint8_t fixed[16], size[4];

	pg_put16(size, (uint16_t)s->ncols);
	if (!add(b, size, 2))
		return plug_nomem(b->conn->host, err);
	if (s->arena.chunks)
		pg_arena_clear(&s->arena);
	for (uint32_t i = 0; rc == DBN_OK && i < s->ncols; i++) {
		const char *p, *why = NULL;
		int len, format;

		if (!pg_write_value(b->conn, s->cols[i].type, &v[i], fixed, &s->arena, &p, &len, &format,
				&why))
			rc = misfit(b, i, &v[i], why, err);
		else if (p && !format)
			rc = misfit(b, i, &v[i], "the type has no binary form that is known", err);
		pg_put32(size, rc == DBN_OK && p ? (uint32_t)len : UINT32_MAX);
		if (rc == DBN_OK && (!add(b, size, 4) || (p && !add(b, p, (size_t)len))))
			rc = plug_nomem(b->conn->host, err);
	}
	if (rc != DBN_OK)
		b->n = before;
	else
		b->rows++;
	return rc;
}

/* What is there goes to the server, waiting where it must. */
static dbn_status
send_rows(struct dbn_bulk *b, dbn_error **err)
{
	struct dbn_conn *c = b->conn;
	size_t at = 0;
	dbn_status rc = DBN_OK;

	while (rc == DBN_OK && at < b->n) {
		size_t n = b->n - at < SEND_BYTES ? b->n - at : SEND_BYTES;
		int r = PQputCopyData(c->pg, (const char *)b->p + at, (int)n);

		if (r < 0)
			return pg_lost(c, err);
		at += r > 0 ? n : 0;
		rc = pg_push(c, err);
	}
	b->n = 0;
	return rc;
}

dbn_status
pg_bulk_write(struct dbn_bulk *b, const dbn_value *values, size_t nrows, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	if (b->failed)
		return plug_fail_status(b->conn->host, err, DBN_E_INVALID, "the load has failed before");
	for (size_t i = 0; rc == DBN_OK && i < nrows; i++) {
		rc = add_row(b, values + i * b->shape->ncols, err);
		if (rc == DBN_OK && b->n >= SEND_BYTES) {
			rc = send_rows(b, err);
			b->failed = rc != DBN_OK;
		}
	}
	return rc;
}

dbn_status
pg_bulk_close(struct dbn_bulk *b, uint32_t commit, uint64_t *rows, dbn_error **err)
{
	struct dbn_conn *c = b->conn;
	dbn_status rc = DBN_OK;
	PGresult *r = NULL;

	c->bulk = NULL;
	if (commit && b->failed)
		rc = plug_fail_status(c->host, err, DBN_E_INVALID, "the load has failed before");
	if (rc == DBN_OK && commit && !add(b, "\xff\xff", 2))
		rc = plug_nomem(c->host, err);
	if (rc == DBN_OK && commit)
		rc = send_rows(b, err);
	if (!c->broken && PQputCopyEnd(c->pg, commit && rc == DBN_OK ? NULL : "given up") != 1)
		rc = pg_lost(c, rc == DBN_OK ? err : NULL);
	c->phase = commit && rc == DBN_OK && !b->in_txn ? PG_PHASE_COMMIT : PG_PHASE_RUN;
	if (!c->broken) {
		dbn_status end = pg_next_result(c, &r, rc == DBN_OK ? err : NULL);

		if (end == DBN_OK && commit && rc == DBN_OK && pg_is_error(r))
			end = pg_fail_result(c, r, err);
		else if (end == DBN_OK && rows)
			*rows = commit ? pg_affected(r) : 0;
		PQclear(r);
		if (!c->broken)
			(void)pg_finish(c, NULL);
		rc = rc == DBN_OK ? end : rc;
	}
	pg_bulk_free(b);
	return rc;
}
