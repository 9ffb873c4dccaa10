/* SPDX-License-Identifier: MIT */
/*
 * Preparing one statement: one trip for parse and describe, and one more per
 * connection where a type is seen for the first time.  Statements that are
 * closed are told to the server with the next one that is prepared.
 */
#include <stdlib.h>

#include "driver.h"

static dbn_type
type_at(const dbn_array *a, uint32_t i)
{
	return i < a->count ? *(const dbn_type *)plug_at(a, i) : (dbn_type)DBN_NULL;
}

static dbn_status
check_text(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o, uint32_t touches,
	dbn_error **err)
{
	bool read_only = c->read_only || (o->flags & DBN_PREPARE_READ_ONLY);

	if (!sql.len || memchr(sql.ptr, 0, sql.len) || (touches & PG_TOUCH_NOTHING))
		return plug_fail_status(c->host, err, DBN_E_SYNTAX,
			"the statement is empty or holds a NUL byte");
	if (sql.len > INT32_MAX / 2)
		return plug_fail_status(c->host, err, DBN_E_LIMIT, "a statement of %zu bytes", sql.len);
	/* an administrative one may have a body with semicolons; of two, the server's
	 * extended protocol refuses the second by itself */
	if ((touches & PG_TOUCH_MORE) && !(o->flags & DBN_PREPARE_ADMIN))
		return plug_fail_status(c->host, err, DBN_E_SYNTAX, "more than one statement");
	if (touches & PG_TOUCH_TXN)
		return plug_fail_hint(c->host, err, DBN_E_ACCESS,
			"Use the calls for transactions of the session.",
			"transactions are not controlled by statements");
	if ((touches & PG_TOUCH_SESSION) && !(o->flags & DBN_PREPARE_ADMIN))
		return plug_fail_status(c->host, err, DBN_E_ACCESS,
			"a statement that changes the session was not foretold");
	if ((touches & PG_TOUCH_WRITES) && read_only)
		return pg_fail_state(c->host, err, "25006", NULL, "the statement writes, but %s is read-only",
			c->read_only ? "the connection" : "it");
	return DBN_OK;
}

static bool
keep_wants(struct dbn_stmt *s, const dbn_array *from, dbn_type **to, uint32_t *n)
{
	*n = from->count;
	if (!from->count)
		return true;
	*to = (dbn_type *)plug_zalloc(s->conn->host, from->count, sizeof **to);
	for (uint32_t i = 0; *to && i < from->count; i++)
		(*to)[i] = type_at(from, i);
	return *to != NULL;
}

dbn_status
pg_stmt_new(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o, struct dbn_stmt **out,
	dbn_error **err)
{
	uint32_t touches = sql.len ? pg_text_touches(sql) : PG_TOUCH_NOTHING;
	dbn_status rc = check_text(c, sql, o, touches, err);
	struct dbn_stmt *s;

	if (rc != DBN_OK)
		return rc;
	s = (struct dbn_stmt *)plug_zalloc(c->host, 1, sizeof *s);
	if (!s)
		return plug_nomem(c->host, err);
	s->conn = c;
	s->flags = o->flags;
	s->admin = (o->flags & DBN_PREPARE_ADMIN) != 0;
	s->strict = !(o->flags & DBN_PREPARE_AS_STORED);
	s->touches = touches;
	s->read_only = !(touches & (PG_TOUCH_WRITES | PG_TOUCH_SESSION));
	s->cur.stmt = s;
	s->cur.conn = c;
	s->cur.arena.host = s->arena.host = c->host;
	s->next = c->stmts;
	s->link = &c->stmts;
	if (s->next)
		s->next->link = &s->next;
	c->stmts = s;
	s->id = ++c->names;
	(void)snprintf(s->name, sizeof s->name, "dbn_%llu", (unsigned long long)s->id);
	s->text = (char *)plug_zalloc(c->host, sql.len + 1, 1);
	if (!s->text || !keep_wants(s, &o->param_types, &s->want_params, &s->nwant_params) ||
		!keep_wants(s, &o->result_types, &s->want_cols, &s->nwant_cols)) {
		pg_close_stmt(s);
		return plug_nomem(c->host, err);
	}
	memcpy(s->text, sql.ptr, sql.len);
	*out = s;
	return DBN_OK;
}

size_t
pg_stmt_unknown(struct dbn_stmt *s, const PGresult *described, Oid *oids, size_t max)
{
	size_t n = 0;

	for (int i = 0; i < PQnparams(described) && n < max; i++)
		if (!pg_type_find(s->conn, PQparamtype(described, i)))
			oids[n++] = PQparamtype(described, i);
	for (int i = 0; i < PQnfields(described) && n < max; i++)
		if (!pg_type_find(s->conn, PQftype(described, i)))
			oids[n++] = PQftype(described, i);
	return n;
}

/* Can a cell of this type ever become what is wanted? */
static bool
may_become(const pg_type *t, dbn_type want)
{
	if (want == DBN_NULL || want == t->type || t->form == PG_VOID)
		return true;
	switch (want) {
	case DBN_BOOL:
		return t->type == DBN_INT64;
	case DBN_INT64:
	case DBN_UINT64:
		return t->type == DBN_INT64 || t->type == DBN_UINT64 || t->type == DBN_DECIMAL;
	case DBN_FLOAT:
	case DBN_DOUBLE:
		return t->type == DBN_INT64 || t->type == DBN_FLOAT || t->type == DBN_DOUBLE;
	case DBN_DECIMAL:
		return t->type == DBN_INT64 || t->type == DBN_UINT64;
	case DBN_TEXT:
		return t->type != DBN_BYTES && t->type != DBN_ARRAY && t->type != DBN_EXTENSION;
	case DBN_JSON:
	case DBN_ENUM:
		return t->type == DBN_TEXT;
	default:
		return false;
	}
}

/* May a cell of the type point to its bytes? */
static bool
points(dbn_type type)
{
	return type != DBN_BOOL && type != DBN_INT64 && type != DBN_UINT64 && type != DBN_FLOAT &&
		type != DBN_DOUBLE && type != DBN_DATE && type != DBN_TIME && type != DBN_TIMESTAMP &&
		type != DBN_TIMESTAMPTZ;
}

static dbn_status
fill_columns(struct dbn_stmt *s, const PGresult *d, dbn_error **err)
{
	size_t ntexts = 1;
	char *at;

	for (uint32_t i = 0; i < s->ncols; i++)
		ntexts += strlen(PQfname(d, (int)i)) + 1;
	s->texts = at = (char *)plug_zalloc(s->conn->host, ntexts, 1);
	if (!s->texts)
		return plug_nomem(s->conn->host, err);
	for (uint32_t i = 0; i < s->ncols; i++) {
		const char *name = PQfname(d, (int)i);
		size_t n = strlen(name);
		dbn_type want = i < s->nwant_cols ? s->want_cols[i] : (dbn_type)DBN_NULL;

		memcpy(at, name, n + 1);
		s->cols[i].type = pg_type_find(s->conn, PQftype(d, (int)i));
		s->cols[i].want = want;
		s->cols[i].plain = want == DBN_NULL || want == s->cols[i].type->type;
		s->cols[i].points = !s->cols[i].plain || points(s->cols[i].type->type);
		s->columns[i].struct_size = (uint32_t)sizeof s->columns[i];
		s->columns[i].type = want ? want : s->cols[i].type->type;
		s->columns[i].name = (dbn_text){ at, n };
		at += n + 1;
		if (s->strict && !may_become(s->cols[i].type, want)) {
			dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };

			memcpy(f.sqlstate, "22018", 6);
			f.column = s->columns[i].name;
			return plug_fail(s->conn->host, err, &f, "column \"%s\" is of type %s, which is "
				"never a %s", name, s->cols[i].type->name, plug_type_name(want));
		}
	}
	return DBN_OK;
}

static dbn_status
check_counts(struct dbn_stmt *s, dbn_error **err)
{
	if (s->nwant_cols && s->nwant_cols != s->ncols)
		return plug_fail_status(s->conn->host, err, DBN_E_INVALID,
			"%u result types for %u columns", s->nwant_cols, s->ncols);
	if (s->nwant_params > s->nparams)
		return plug_fail_status(s->conn->host, err, DBN_E_INVALID,
			"%u parameter types for %u parameters", s->nwant_params, s->nparams);
	return DBN_OK;
}

dbn_status
pg_stmt_describe(struct dbn_stmt *s, const PGresult *d, dbn_error **err)
{
	const dbn_host *h = s->conn->host;
	size_t np = (size_t)PQnparams(d), nc = (size_t)PQnfields(d);
	dbn_status rc;

	s->nparams = (uint32_t)np;
	s->ncols = (uint32_t)nc;
	rc = check_counts(s, err);
	if (rc != DBN_OK)
		return rc;
	s->params = (pg_param *)plug_zalloc(h, np + 1, sizeof *s->params);
	s->values = (const char **)plug_zalloc(h, np + 1, sizeof *s->values);
	s->lengths = (int *)plug_zalloc(h, 2 * np + 1, sizeof *s->lengths);
	s->fixed = (uint8_t (*)[16])plug_zalloc(h, np + 1, sizeof *s->fixed);
	s->cols = (pg_column *)plug_zalloc(h, nc + 1, sizeof *s->cols);
	s->columns = (dbn_column_info *)plug_zalloc(h, nc + 1, sizeof *s->columns);
	if (!s->params || !s->values || !s->lengths || !s->fixed || !s->cols || !s->columns)
		return plug_nomem(h, err);
	s->formats = s->lengths + np;
	for (uint32_t i = 0; i < s->nparams; i++) {
		s->params[i].type = pg_type_find(s->conn, PQparamtype(d, (int)i));
		s->params[i].want = i < s->nwant_params ? s->want_params[i] : (dbn_type)DBN_NULL;
		s->params[i].plain = pg_plain_type(s->params[i].type, s->params[i].want);
	}
	rc = fill_columns(s, d, err);
	s->described = rc == DBN_OK;
	return rc;
}

void
pg_stmt_facts(const struct dbn_stmt *s, dbn_stmt_info *info)
{
	info->nparams = s->nparams;
	info->columns = (dbn_array){ s->columns, s->ncols, (uint32_t)sizeof *s->columns };
	info->read_only = s->read_only;
}

/* Tell the server which statements are closed. */
static dbn_status
send_dead(struct dbn_conn *c, unsigned *sent, dbn_error **err)
{
	char sql[64];

	*sent = 0;
	while (c->ndead) {
		(void)snprintf(sql, sizeof sql, "DEALLOCATE dbn_%llu",
			(unsigned long long)c->dead[c->ndead - 1]);
		if (!PQsendQueryParams(c->pg, sql, 0, NULL, NULL, NULL, NULL, 1))
			return pg_lost(c, err);
		c->ndead--;
		++*sent;
	}
	return DBN_OK;
}

/* The replies up to the sync; *described: of the statement. */
static dbn_status
take_prepared(struct dbn_conn *c, unsigned before, PGresult **described, dbn_error **err)
{
	dbn_status rc, st = DBN_OK;
	unsigned n = 0;
	PGresult *r;

	for (;;) {
		rc = pg_next_result(c, &r, st == DBN_OK ? err : NULL);
		if (rc != DBN_OK)
			return st == DBN_OK ? rc : st;
		if (!r) { /* the end of one command */
			n++;
			continue;
		}
		if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
			PQclear(r);
			return st;
		}
		if (pg_is_error(r) && st == DBN_OK)
			st = pg_fail_result(c, r, err);
		if (st == DBN_OK && n == before + 1 && !*described)
			*described = r;
		else
			PQclear(r);
		if (PQstatus(c->pg) == CONNECTION_BAD)
			return st == DBN_OK ? pg_lost(c, err) : st;
	}
}

dbn_status
pg_prepare_trip(struct dbn_stmt *s, PGresult **described, dbn_error **err)
{
	struct dbn_conn *c = s->conn;
	unsigned dead = 0;
	dbn_status rc = DBN_OK;

	*described = NULL;
	if (!PQenterPipelineMode(c->pg))
		return pg_lost(c, err);
	if (pg_txn(c) != DBN_TXN_FAILED)
		rc = send_dead(c, &dead, err);
	if (rc == DBN_OK && (!PQsendPrepare(c->pg, s->name, s->text, s->oids ? (int)s->nparams : 0, s->oids) ||
			!PQsendDescribePrepared(c->pg, s->name) || !PQpipelineSync(c->pg)))
		rc = pg_lost(c, err);
	if (rc == DBN_OK)
		rc = take_prepared(c, dead, described, err);
	if (!c->broken && !PQexitPipelineMode(c->pg))
		c->broken = true;
	s->on_server = rc == DBN_OK;
	return rc;
}

dbn_status
pg_stmt_prepare_again(struct dbn_stmt *s, dbn_error **err)
{
	PGresult *d = NULL;
	dbn_status rc = pg_prepare_trip(s, &d, err);

	if (rc == DBN_OK && ((uint32_t)PQnparams(d) != s->nparams || (uint32_t)PQnfields(d) != s->ncols))
		rc = plug_fail_status(s->conn->host, err, DBN_E_SCHEMA,
			"the statement means something else than when it was prepared");
	for (uint32_t i = 0; rc == DBN_OK && i < s->ncols; i++)
		if (PQftype(d, (int)i) != s->cols[i].type->oid)
			rc = plug_fail_status(s->conn->host, err, DBN_E_SCHEMA,
				"column %u is of another type than when the statement was prepared", i + 1);
	for (uint32_t i = 0; rc == DBN_OK && i < s->nparams; i++)
		if (PQparamtype(d, (int)i) != s->params[i].type->oid)
			rc = plug_fail_status(s->conn->host, err, DBN_E_SCHEMA,
				"parameter %u is of another type than when the statement was prepared", i + 1);
	PQclear(d);
	return rc;
}

#define UNKNOWN_MAX 64

/* Learn what the statement is made of, then lay it out. */
dbn_status
pg_stmt_understand(struct dbn_stmt *s, const PGresult *described, dbn_error **err)
{
	Oid unknown[UNKNOWN_MAX];
	size_t n;
	dbn_status rc = DBN_OK;

	while (rc == DBN_OK && (n = pg_stmt_unknown(s, described, unknown, UNKNOWN_MAX)) != 0)
		rc = pg_types_learn(s->conn, unknown, n, err);
	return rc == DBN_OK ? pg_stmt_describe(s, described, err) : rc;
}

dbn_status
pg_prepare(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o, struct dbn_stmt **out,
	dbn_stmt_info *info, dbn_error **err)
{
	struct dbn_stmt *s = NULL;
	PGresult *d = NULL;
	dbn_status rc = pg_enter(c, &o->call, err);

	if (rc == DBN_OK && pg_txn(c) == DBN_TXN_FAILED)
		rc = pg_fail_state(c->host, err, "25P02", "Roll it back, or back to a savepoint.",
			"the transaction has failed");
	if (rc == DBN_OK)
		rc = pg_stmt_new(c, sql, o, &s, err);
	if (rc != DBN_OK)
		return rc;
	c->phase = PG_PHASE_PREPARE;
	c->sql = s->text;
	if (s->admin)
		rc = pg_admin_path(c, err);
	if (rc == DBN_OK)
		rc = pg_prepare_trip(s, &d, err);
	c->sql = NULL;
	if (rc == DBN_OK)
		rc = pg_stmt_understand(s, d, err);
	PQclear(d);
	if (rc != DBN_OK) {
		pg_close_stmt(s);
		return rc;
	}
	pg_stmt_facts(s, info);
	*out = s;
	return DBN_OK;
}

void
pg_close_stmt(struct dbn_stmt *s)
{
	struct dbn_conn *c;
	const dbn_host *h;

	if (!s)
		return;
	c = s->conn;
	h = c->host;
	pg_close_cursor(&s->cur);
	pg_cursor_free(&s->cur);
	pg_forget_stmt(c, s);
	pg_close_stmt(s->arrays);
	if (s->arrays_of) /* a connection closes them in any order */
		s->arrays_of->arrays = NULL;
	if (s->on_server && !c->broken && plug_grow(h, &c->dead, &c->cap_dead, c->ndead + 1,
			sizeof *c->dead))
		c->dead[c->ndead++] = s->id;
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	pg_arena_free(&s->arena);
	free(s->copy); /* asprintf() */
	h->release(h, s->text);
	h->release(h, (void *)(uintptr_t)s->oids);
	h->release(h, s->want_params);
	h->release(h, s->want_cols);
	h->release(h, s->params);
	h->release(h, s->values);
	h->release(h, s->lengths);
	h->release(h, s->fixed);
	h->release(h, s->cols);
	h->release(h, s->columns);
	h->release(h, s->texts);
	h->release(h, s);
}
