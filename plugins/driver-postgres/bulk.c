/* SPDX-License-Identifier: MIT */
/*
 * Bulk load by COPY in the binary format.  Outside of a transaction the load is
 * one of its own; within one, a load that is not committed leaves it failed, as
 * any failing statement does.  A row is taken whole or not at all: one that does
 * not fit is refused with its number, and the load can go on without it.  Memory is
 * that of a block, however many rows there are.
 */
#include <stdlib.h>

#include "driver.h"

#define SEND_BYTES 65536

struct dbn_bulk {
	struct dbn_conn *conn;
	struct dbn_stmt *shape;     /* SELECT of the columns: their types; never run */
	const struct dbn_stmt *insert; /* or an INSERT of that shape, not ours */
	pg_param *params;           /* the columns */
	uint32_t ncols;
	pg_arena arena;
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
begin_copy(struct dbn_bulk *b, const char *text, dbn_error **err)
{
	struct dbn_conn *c = b->conn;
	PGresult *r = NULL;
	dbn_status rc;

	if (!PQsendQuery(c->pg, text))
		return pg_lost(c, err);
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
	pg_arena_free(&b->arena);
	c->host->release(c->host, b->params);
	c->host->release(c->host, b->p);
	c->host->release(c->host, b);
}

/* With the head of the format in its buffer. */
static struct dbn_bulk *
bulk_new(struct dbn_conn *c, size_t ncols)
{
	static const uint8_t head[19] = { 'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xff, '\r', '\n', 0 };
	struct dbn_bulk *b = (struct dbn_bulk *)plug_zalloc(c->host, 1, sizeof *b);

	if (!b)
		return NULL;
	b->conn = c;
	b->arena.host = c->host;
	b->ncols = (uint32_t)ncols;
	b->in_txn = pg_txn(c) != DBN_TXN_NONE;
	b->params = (pg_param *)plug_zalloc(c->host, ncols, sizeof *b->params);
	if (!b->params || !plug_grow(c->host, &b->p, &b->cap, SEND_BYTES + 4096, 1)) {
		c->host->release(c->host, b->params);
		c->host->release(c->host, b);
		return NULL;
	}
	memcpy(b->p, head, sizeof head);
	b->n = sizeof head;
	return b;
}

dbn_status
pg_bulk_open(struct dbn_conn *c, const dbn_name *relation, const dbn_text *columns, size_t ncolumns,
	const dbn_call *call, struct dbn_bulk **out, dbn_error **err)
{
	struct dbn_bulk *b;
	char *text = NULL;
	dbn_status rc = pg_enter(c, call, err);

	if (rc == DBN_OK && (!ncolumns || ncolumns > INT16_MAX))
		rc = plug_fail_status(c->host, err, DBN_E_INVALID, "a load of %zu columns", ncolumns);
	if (rc != DBN_OK)
		return rc;
	b = bulk_new(c, ncolumns);
	if (!b)
		return plug_nomem(c->host, err);
	rc = learn_shape(b, relation, columns, ncolumns, err);
	for (uint32_t i = 0; rc == DBN_OK && i < b->ncols; i++) {
		b->params[i].type = b->shape->cols[i].type;
		b->params[i].plain = pg_plain_type(b->params[i].type, DBN_NULL);
	}
	if (rc == DBN_OK)
		rc = make_text(c, relation, columns, ncolumns, true, &text, err);
	if (rc == DBN_OK)
		rc = begin_copy(b, text, err);
	free(text);
	if (rc != DBN_OK) {
		pg_bulk_free(b);
		return rc;
	}
	c->bulk = b;
	*out = b;
	return DBN_OK;
}

static inline bool
add(struct dbn_bulk *b, const void *p, size_t n)
{
	if (n > b->cap - b->n && !plug_grow(b->conn->host, &b->p, &b->cap, b->n + n, 1))
		return false;
	memcpy(b->p + b->n, p, n);
	b->n += n;
	return true;
}

static dbn_status
misfit(struct dbn_bulk *b, uint32_t col, const dbn_value *v, const char *why, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };
	unsigned long long row = (unsigned long long)b->rows + 1;

	if (!why)
		return plug_nomem(b->conn->host, err);
	memcpy(f.sqlstate, "22018", 6);
	f.detail = plug_text(why);
	if (b->insert)
		return plug_fail(b->conn->host, err, &f,
			"row %llu, parameter %u: the %s does not fit the type %s exactly", row, col + 1,
			plug_type_name(v->type), b->params[col].type->name);
	f.column = b->shape->columns[col].name;
	return plug_fail(b->conn->host, err, &f,
		"row %llu, column \"%.*s\": the %s does not fit the type %s exactly", row,
		(int)f.column.len, f.column.ptr, plug_type_name(v->type), b->params[col].type->name);
}

static inline bool
keeps(const dbn_value *v, dbn_type want)
{
	return want == DBN_NULL || v->type == DBN_NULL || v->type == want || pg_keeps_promise(v, want);
}

/* The bytes of one value, or why there are none. */
static dbn_status
write_cell(struct dbn_bulk *b, uint32_t i, const dbn_value *v, uint8_t *fixed, const char **p,
	int *len, dbn_error **err)
{
	const pg_param *col = &b->params[i];
	const char *why = NULL;
	int format;

	if (!keeps(v, col->want))
		return misfit(b, i, v, "it is not of the type that the statement was prepared with", err);
	if (!pg_write_value(b->conn, col->type, v, fixed, &b->arena, p, len, &format, &why))
		return misfit(b, i, v, why, err);
	return *p && !format ? misfit(b, i, v, "the type has no binary form that is known", err) : DBN_OK;
}

static dbn_status
add_cell(struct dbn_bulk *b, uint32_t i, const dbn_value *v, dbn_error **err)
{
	uint8_t fixed[16], size[4];
	const char *p;
	size_t at;
	int len;
	dbn_status rc;

	at = pg_put_cell(b->p + b->n, b->cap - b->n, b->params[i].plain, v);
	if (at) {
		b->n += at;
		return DBN_OK;
	}
	rc = write_cell(b, i, v, fixed, &p, &len, err);
	if (rc != DBN_OK)
		return rc;
	pg_put32(size, p ? (uint32_t)len : UINT32_MAX);
	if (!add(b, size, 4) || (p && !add(b, p, (size_t)len)))
		return plug_nomem(b->conn->host, err);
	return DBN_OK;
}

/* One row behind what is there; on failure nothing of it is left. */
static dbn_status
add_row(struct dbn_bulk *b, const dbn_value *v, dbn_error **err)
{
	size_t before = b->n;
	dbn_status rc = DBN_OK;
	uint8_t head[2];

	pg_put16(head, (uint16_t)b->ncols);
	if (!add(b, head, 2))
		return plug_nomem(b->conn->host, err);
	if (b->arena.chunks)
		pg_arena_clear(&b->arena);
	for (uint32_t i = 0; rc == DBN_OK && i < b->ncols; i++)
		rc = add_cell(b, i, &v[i], err);
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
		rc = add_row(b, values + i * b->ncols, err);
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
	c->phase = commit && rc == DBN_OK && !b->in_txn ? PG_PHASE_COMMIT : PG_PHASE_RUN;
	if (!c->broken && PQputCopyEnd(c->pg, commit && rc == DBN_OK ? NULL : "given up") != 1)
		rc = pg_lost(c, rc == DBN_OK ? err : NULL);
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

/* ---- a plain INSERT of many rows ---- */

/*
 * COPY passes by rules and row security and takes values for identities that are
 * always generated: only where there is none of these is it the same as INSERT.
 */
static bool
is_same_as_insert(struct dbn_conn *c, const char *relation)
{
	const char *values[1] = { relation };
	PGresult *r = NULL;
	bool same = pg_query(c, "SELECT c.relkind IN ('r', 'p') AND NOT c.relrowsecurity AND NOT "
		"c.relhasrules AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid "
		"AND a.attidentity = 'a') FROM pg_catalog.pg_class c WHERE c.oid = "
		"pg_catalog.to_regclass($1)", 1, values, &r, NULL) == DBN_OK && PQntuples(r) == 1 &&
		*PQgetvalue(r, 0, 0);

	PQclear(r);
	return same;
}

bool
pg_copy_ready(struct dbn_stmt *s)
{
	struct dbn_conn *c = s->conn;
	char *relation = NULL, *text = NULL;
	bool can = !s->ncols && s->nparams && !s->admin && pg_txn(c) != DBN_TXN_FAILED;

	if (s->copy || s->no_copy)
		return s->copy != NULL;
	s->no_copy = true;
	for (uint32_t i = 0; can && i < s->nparams; i++)
		can = s->params[i].type->form != PG_OTHER && s->params[i].type->form != PG_VOID;
	if (can && pg_text_insert_copy(plug_text(s->text), s->nparams, &relation, &text) &&
		is_same_as_insert(c, relation)) {
		s->copy = text;
		s->no_copy = false;
		text = NULL;
	}
	free(relation);
	free(text);
	return s->copy != NULL;
}

/* Rows from the b->rows'th on, until a block is full or there are no more. */
static dbn_status
add_block(struct dbn_bulk *b, const dbn_exec_item *item, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	while (rc == DBN_OK && b->rows < item->nrows && b->n < SEND_BYTES)
		rc = add_row(b, item->values + b->rows * item->nvalues, err);
	return rc;
}

/* Do all of them fit?  Asked before anything is sent: what was refused did not run. */
static dbn_status
check_rows(struct dbn_bulk *b, const dbn_exec_item *item, dbn_error **err)
{
	const dbn_value *v = item->values;
	dbn_status rc = DBN_OK;
	uint8_t fixed[16];
	const char *p;
	size_t plain;
	int len;

	for (b->rows = 0; b->rows < item->nrows; b->rows++) {
		if (b->arena.chunks)
			pg_arena_clear(&b->arena);
		for (uint32_t i = 0; rc == DBN_OK && i < b->ncols; i++, v++)
			if (!pg_plain(b->params[i].plain, v, fixed, &p, &plain))
				rc = write_cell(b, i, v, fixed, &p, &len, err);
		if (rc != DBN_OK)
			return rc;
	}
	b->rows = 0;
	return DBN_OK;
}

dbn_status
pg_copy_rows(const dbn_exec_item *item, uint64_t *affected, bool *sent, dbn_error **err)
{
	struct dbn_stmt *s = item->stmt;
	struct dbn_bulk *b = bulk_new(s->conn, s->nparams);
	dbn_status rc = DBN_OK, end;
	dbn_error *why = NULL;

	*sent = false;
	if (!b)
		return plug_nomem(s->conn->host, err);
	b->insert = s;
	memcpy(b->params, s->params, s->nparams * sizeof *b->params);
	rc = check_rows(b, item, err);
	if (rc == DBN_OK)
		rc = begin_copy(b, s->copy, err);
	if (rc != DBN_OK) {
		pg_bulk_free(b);
		return rc;
	}
	*sent = true;
	while (rc == DBN_OK && b->rows < item->nrows) {
		rc = add_block(b, item, err);
		if (rc == DBN_OK)
			rc = send_rows(b, err);
	}
	end = pg_bulk_close(b, rc == DBN_OK, affected, &why);
	if (rc != DBN_OK || end == DBN_OK) {
		s->conn->host->error_free(why);
		return rc;
	}
	if (err)
		*err = why;
	else
		s->conn->host->error_free(why);
	return end;
}
