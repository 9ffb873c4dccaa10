/* SPDX-License-Identifier: MIT */
/*
 * Many rows of one INSERT as one execution: INSERT ... VALUES ($1, $2) becomes
 * INSERT ... SELECT u.a1, u.a2 FROM unnest($1, $2) AS u, whose parameters are
 * arrays with a column of the rows each.  The expressions, and so the types and
 * what they become, are those of the statement itself.  It is prepared once,
 * whatever the number of rows, and keeps up with COPY.
 */
#include <stdlib.h>

#include "driver.h"

#define ROWS_MIN 3
#define ROWS_AT_ONCE 2048

/* One parameter's array while it is filled. */
typedef struct column {
	uint8_t *p;
	size_t n, cap;
	uint32_t nulls;
} column;

typedef struct filling {
	const dbn_exec_item *item;
	column *cols;
} filling;

static const Oid *
array_types(const struct dbn_stmt *s)
{
	Oid *oids = (Oid *)plug_zalloc(s->conn->host, s->nparams, sizeof *oids);

	for (uint32_t i = 0; oids && i < s->nparams; i++) {
		const pg_type *a = pg_type_array_of(s->params[i].type->oid);

		if (!a) {
			s->conn->host->release(s->conn->host, oids);
			return NULL;
		}
		oids[i] = a->oid;
	}
	return oids;
}

static struct dbn_stmt *
make(struct dbn_stmt *s)
{
	struct dbn_conn *c = s->conn;
	dbn_prepare_opts o = { .call = DBN_CALL_INIT, .flags = s->flags };
	const Oid *oids = array_types(s);
	struct dbn_stmt *a = NULL;
	PGresult *d = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *f = oids ? open_memstream(&text, &len) : NULL;
	bool can = f && pg_text_insert_arrays(f, plug_text(s->text), s->nparams);
	dbn_status rc = DBN_E_UNSUPPORTED;

	if (f && fclose(f) != 0)
		can = false;
	if (can)
		rc = pg_stmt_new(c, (dbn_text){ text, len }, &o, &a, NULL);
	free(text);
	if (rc != DBN_OK) {
		c->host->release(c->host, (void *)(uintptr_t)oids);
		return NULL;
	}
	a->oids = oids;
	a->nparams = s->nparams;
	rc = pg_prepare_trip(a, &d, NULL);
	if (rc == DBN_OK && (uint32_t)PQnparams(d) == s->nparams && (uint32_t)PQnfields(d) == s->ncols)
		rc = pg_stmt_understand(a, d, NULL);
	PQclear(d);
	if (rc == DBN_OK && a->described)
		return a;
	pg_close_stmt(a);
	return NULL;
}

bool
pg_arrays_ready(struct dbn_stmt *s, uint64_t nrows)
{
	if (nrows < ROWS_MIN || s->no_arrays || !s->nparams || s->read_only || s->admin)
		return false;
	if (!s->arrays && (s->arrays = make(s)) != NULL)
		s->arrays->arrays_of = s;
	s->no_arrays = !s->arrays;
	return s->arrays != NULL;
}

static inline bool
add(const dbn_host *h, column *col, const void *p, size_t n)
{
	if (n > INT32_MAX - 64 - col->n ||
		(n > col->cap - col->n && !plug_grow(h, &col->p, &col->cap, col->n + n, 1)))
		return false;
	memcpy(col->p + col->n, p, n);
	col->n += n;
	return true;
}

static dbn_status
misfit(struct dbn_stmt *s, uint32_t param, uint64_t row, const dbn_value *v, const char *why,
	dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };

	if (!why)
		return plug_nomem(s->conn->host, err);
	memcpy(f.sqlstate, "22018", 6);
	f.detail = plug_text(why);
	return plug_fail(s->conn->host, err, &f,
		"row %llu, parameter %u: the %s does not fit the type %s exactly",
		(unsigned long long)row + 1, param + 1, plug_type_name(v->type), s->params[param].type->name);
}

static dbn_status
add_value(struct dbn_stmt *s, column *col, uint32_t param, uint64_t row, const dbn_value *v,
	dbn_error **err)
{
	const dbn_host *h = s->conn->host;
	uint8_t fixed[16], size[4];
	const char *p, *why = NULL;
	int len, format;
	size_t at;

	at = pg_put_cell(col->p + col->n, col->cap - col->n, s->params[param].plain, v);
	if (at && at <= INT32_MAX - 64 - col->n) {
		col->n += at;
		return DBN_OK;
	}
	if (s->params[param].want != v->type && s->params[param].want != DBN_NULL &&
		v->type != DBN_NULL && !pg_keeps_promise(v, s->params[param].want))
		return misfit(s, param, row, v, "it is not of the type that the statement was prepared with",
			err);
	if (!pg_write_value(s->conn, s->params[param].type, v, fixed, &s->arena, &p, &len, &format, &why))
		return misfit(s, param, row, v, why, err);
	pg_put32(size, p ? (uint32_t)len : UINT32_MAX);
	col->nulls |= !p;
	if (!add(h, col, size, 4) || (p && !add(h, col, p, (size_t)len)))
		return plug_nomem(h, err);
	return DBN_OK;
}

/* Bind rows i * ROWS_AT_ONCE .. of the item to the statement over arrays. */
static dbn_status
bind_chunk(struct dbn_stmt *a, uint64_t i, void *user, dbn_error **err)
{
	filling *f = (filling *)user;
	struct dbn_stmt *s = f->item->stmt;
	uint64_t first = i * ROWS_AT_ONCE, end = first + ROWS_AT_ONCE;
	static const uint8_t head[20] = { 0 };
	dbn_status rc = DBN_OK;

	if (end > f->item->nrows)
		end = f->item->nrows;
	for (uint32_t k = 0; k < s->nparams; k++) {
		f->cols[k].n = f->cols[k].nulls = 0;
		if (!add(a->conn->host, &f->cols[k], head, sizeof head))
			return plug_nomem(a->conn->host, err);
	}
	for (uint64_t row = first; rc == DBN_OK && row < end; row++) {
		if (s->arena.chunks)
			pg_arena_clear(&s->arena);
		for (uint32_t k = 0; rc == DBN_OK && k < s->nparams; k++)
			rc = add_value(s, &f->cols[k], k, row, &f->item->values[row * f->item->nvalues + k], err);
	}
	for (uint32_t k = 0; k < s->nparams; k++) {
		column *col = &f->cols[k];

		pg_put32(col->p, 1);
		pg_put32(col->p + 4, col->nulls);
		pg_put32(col->p + 8, s->params[k].type->oid);
		pg_put32(col->p + 12, (uint32_t)(end - first));
		pg_put32(col->p + 16, 1);
		a->values[k] = (const char *)col->p;
		a->lengths[k] = (int)col->n;
		a->formats[k] = 1;
	}
	return rc;
}

dbn_status
pg_arrays_submit(struct dbn_conn *c, const dbn_exec_item *item, dbn_error **err)
{
	struct dbn_stmt *s = item->stmt;
	uint64_t times = (item->nrows + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE;
	filling f = { item, NULL };
	dbn_status rc = DBN_OK;

	if (item->nvalues != s->nparams)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "%u values for %u parameters",
			item->nvalues, s->nparams);
	f.cols = (column *)plug_zalloc(c->host, s->nparams, sizeof *f.cols);
	if (!f.cols)
		return plug_nomem(c->host, err);
	/* Nothing is sent before every row is known to fit. */
	for (uint64_t i = 0; rc == DBN_OK && times > 1 && i < times; i++)
		rc = bind_chunk(s->arrays, i, &f, err);
	if (rc == DBN_OK)
		rc = pg_submit_arrays(c, s->arrays, item, ROWS_AT_ONCE, bind_chunk, &f, err);
	for (uint32_t k = 0; k < s->nparams; k++)
		c->host->release(c->host, f.cols[k].p);
	c->host->release(c->host, f.cols);
	return rc;
}
