/* SPDX-License-Identifier: MIT */
/*
 * Preparing one statement: text to program, what it touches judged, columns and
 * buffers laid out in one block, so that running it allocates nothing.
 */
#include "driver.h"

/* Is there anything after the first statement but blanks, comments and ';'? */
static bool
more_text(const char *p, const char *end)
{
	while (p < end) {
		if (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r' || *p == '\f' || *p == ';') {
			p++;
		} else if (end - p >= 2 && p[0] == '-' && p[1] == '-') {
			while (p < end && *p != '\n')
				p++;
		} else if (end - p >= 2 && p[0] == '/' && p[1] == '*') {
			for (p += 2; p < end && !(p[0] == '*' && end - p >= 2 && p[1] == '/'); p++)
				;
			p = end - p >= 2 ? p + 2 : end;
		} else {
			return true;
		}
	}
	return false;
}

static bool
is_vacuum(dbn_text sql)
{
	return sql.len >= 6 && sqlite3_strnicmp(sql.ptr, "vacuum", 6) == 0;
}

static size_t
align(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

/* Where the parts of the block go. */
typedef struct layout {
	size_t cells, want, scratch, params, columns, touches, names, texts, total;
} layout;

static layout
lay_out(const struct dbn_conn *c, uint32_t ncols, uint32_t nparams, size_t ntexts, bool converts)
{
	layout l;

	l.cells = align(sizeof(struct dbn_stmt));
	l.want = l.cells + align(ncols * sizeof(dbn_value));
	l.scratch = l.want + align(ncols * sizeof(dbn_type));
	l.params = l.scratch + (converts ? align((size_t)ncols * SQ_SCRATCH_BYTES) : 0);
	l.columns = l.params + align(nparams * sizeof(dbn_type));
	l.touches = l.columns + align(ncols * sizeof(dbn_column_info));
	l.names = l.touches + align(c->seen.n * sizeof(sq_touch));
	l.texts = l.names + align(c->seen.nnames);
	l.total = l.texts + align(ntexts);
	return l;
}

static dbn_type
type_at(const dbn_array *a, uint32_t i)
{
	return i < a->count ? *(const dbn_type *)plug_at(a, i) : (dbn_type)DBN_NULL;
}

static void
fill_columns(struct dbn_stmt *s, char *texts, const dbn_prepare_opts *o)
{
	for (uint32_t i = 0; i < s->cur.ncols; i++) {
		const char *name = sqlite3_column_name(s->q, (int)i);
		size_t n = name ? strlen(name) : 0;

		memcpy(texts, name ? name : "", n + 1);
		s->cur.want[i] = type_at(&o->result_types, i);
		s->columns[i].struct_size = (uint32_t)sizeof s->columns[i];
		s->columns[i].type = s->cur.want[i];
		s->columns[i].name = (dbn_text){ texts, n };
		texts += n + 1;
	}
}

static dbn_status
check_types(struct dbn_conn *c, const dbn_prepare_opts *o, uint32_t ncols, bool *converts,
	dbn_error **err)
{
	*converts = false;
	if (o->result_types.count && o->result_types.count != ncols)
		return plug_fail_status(c->host, err, DBN_E_INVALID,
			"%u result types for %u columns", o->result_types.count, ncols);
	for (uint32_t i = 0; i < o->result_types.count; i++) {
		dbn_type want = type_at(&o->result_types, i);

		if (want == DBN_INTERVAL || want == DBN_ARRAY || want == DBN_LIST ||
			want >= DBN_EXTENSION)
			return plug_fail_status(c->host, err, DBN_E_UNSUPPORTED,
				"SQLite has no values of type %s", plug_type_name(want));
		*converts = *converts || sq_type_converts(want);
	}
	return DBN_OK;
}

/* Lay the statement out around its program, which it owns from here on. */
static dbn_status
build(struct dbn_conn *c, sqlite3_stmt *q, const dbn_prepare_opts *o, struct dbn_stmt **out,
	dbn_error **err)
{
	uint32_t ncols = (uint32_t)sqlite3_column_count(q);
	uint32_t nparams = (uint32_t)sqlite3_bind_parameter_count(q);
	size_t ntexts = 0;
	bool converts;
	struct dbn_stmt *s;
	char *block;
	layout l;
	dbn_status rc = check_types(c, o, ncols, &converts, err);

	if (rc != DBN_OK)
		return rc;
	for (uint32_t i = 0; i < ncols; i++) {
		const char *name = sqlite3_column_name(q, (int)i);

		ntexts += (name ? strlen(name) : 0) + 1;
	}
	l = lay_out(c, ncols, nparams, ntexts, converts);
	block = (char *)plug_zalloc(c->host, l.total, 1);
	if (!block)
		return plug_nomem(c->host, err);
	s = (struct dbn_stmt *)(void *)block;
	s->q = q;
	s->conn = c;
	s->nparams = nparams;
	s->flags = o->flags;
	s->admin = (o->flags & DBN_PREPARE_ADMIN) != 0;
	s->read_only = sqlite3_stmt_readonly(q) != 0;
	s->dml = (c->seen.flags & SQ_TOUCH_WRITES) && !(c->seen.flags & SQ_TOUCH_DDL);
	s->cur.stmt = s;
	s->cur.ncols = ncols;
	s->cur.cells = (dbn_value *)(void *)(block + l.cells);
	s->cur.want = (dbn_type *)(void *)(block + l.want);
	s->cur.scratch = converts ? (char (*)[SQ_SCRATCH_BYTES])(void *)(block + l.scratch) : NULL;
	s->columns = (dbn_column_info *)(void *)(block + l.columns);
	fill_columns(s, block + l.texts, o);
	if (o->param_types.count) {
		s->param_types = (dbn_type *)(void *)(block + l.params);
		for (uint32_t i = 0; i < nparams; i++)
			s->param_types[i] = type_at(&o->param_types, i);
	}
	s->touches = c->seen;
	s->touches.v = (sq_touch *)(void *)(block + l.touches);
	s->touches.names = block + l.names;
	if (c->seen.n)
		memcpy(s->touches.v, c->seen.v, c->seen.n * sizeof *c->seen.v);
	if (c->seen.nnames)
		memcpy(s->touches.names, c->seen.names, c->seen.nnames);
	s->next = c->stmts;
	s->link = &c->stmts;
	if (s->next)
		s->next->link = &s->next;
	c->stmts = s;
	*out = s;
	return DBN_OK;
}

static dbn_status
compile(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o, sqlite3_stmt **q,
	dbn_error **err)
{
	unsigned flags = o->flags & DBN_PREPARE_KEEP ? SQLITE_PREPARE_PERSISTENT : 0;
	bool admin = (o->flags & DBN_PREPARE_ADMIN) != 0;
	const char *tail = NULL;
	int rc;

	if (sql.len > c->drv->set.max_sql_bytes)
		return plug_fail_hint(c->host, err, DBN_E_LIMIT,
			"Shorten the statement, or raise the driver's setting max_statement.",
			"the statement has %zu bytes as it is sent: the limit is %zu", sql.len,
			(size_t)c->drv->set.max_sql_bytes);
	if (!sql.len || memchr(sql.ptr, 0, sql.len))
		return plug_fail_status(c->host, err, DBN_E_SYNTAX,
			"the statement is empty or holds a NUL byte");
	sq_touches_clear(&c->seen);
	c->refused_code = 0;
	c->current = NULL;
	c->auth = admin ? SQ_AUTH_ADMIN : SQ_AUTH_COLLECT;
	rc = sqlite3_prepare_v3(c->db, sql.ptr, (int)sql.len, flags, q, &tail);
	c->auth = SQ_AUTH_STEP;
	if (rc != SQLITE_OK) {
		if (c->seen.flags & SQ_TOUCH_NOMEM)
			return plug_nomem(c->host, err);
		if (c->refused_code)
			return sq_access_refused(c, DBN_E_ACCESS, err);
		return sq_fail(c, rc, SQ_PHASE_PREPARE, err);
	}
	if (!*q || more_text(tail, sql.ptr + sql.len))
		return plug_fail_status(c->host, err, DBN_E_SYNTAX,
			*q ? "more than one statement" : "there is no statement in the text");
	if (!admin && sqlite3_stmt_isexplain(*q))
		return plug_fail_status(c->host, err, DBN_E_ACCESS, "EXPLAIN was not foretold");
	if (admin && is_vacuum(sql))
		c->seen.flags |= SQ_TOUCH_VACUUM | SQ_TOUCH_DDL;
	return admin ? DBN_OK : sq_access_decide(c, o, err);
}

/*
 * A connection meets a virtual table when a statement first names it, and then the
 * module reads tables of its own, which nobody has foretold.  Meet those that this
 * statement was foretold to touch; true: it is worth another try.
 */
static bool
meet_virtual(struct dbn_conn *c, const dbn_array *accesses)
{
	bool met = false;

	if (sq_schema_load(c) != SQLITE_OK)
		return false;
	for (uint32_t i = 0; i < accesses->count; i++) {
		const dbn_access *e = (const dbn_access *)plug_at(accesses, i);
		const sq_object *o = sq_schema_find(&c->schema, e->relation.name, false);
		sqlite3_stmt *q = NULL;
		char *sql;

		if (!o || o->kind != SQ_OBJECT_VIRTUAL)
			continue;
		sql = sqlite3_mprintf("SELECT 1 FROM main.\"%.*w\" LIMIT 0", (int)e->relation.name.len,
			e->relation.name.ptr);
		met = (sql && sq_own_prepare(c, sql, &q) == SQLITE_OK) || met;
		(void)sqlite3_finalize(q);
		sqlite3_free(sql);
	}
	return met;
}

static dbn_status
compile_met(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o, sqlite3_stmt **q,
	dbn_error **err)
{
	dbn_status rc = compile(c, sql, o, q, err);

	if (rc != DBN_E_ACCESS || (o->flags & DBN_PREPARE_ADMIN) || !meet_virtual(c, &o->accesses))
		return rc;
	(void)sqlite3_finalize(*q);
	*q = NULL;
	if (err && *err) {
		c->host->error_free(*err);
		*err = NULL;
	}
	return compile(c, sql, o, q, err);
}

dbn_status
sq_prepare(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o, struct dbn_stmt **out,
	dbn_stmt_info *info, dbn_error **err)
{
	sqlite3_stmt *q = NULL;
	struct dbn_stmt *s = NULL;
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };
	dbn_status rc;

	sq_enter(c, &o->call);
	rc = compile_met(c, sql, o, &q, err);
	if (rc == DBN_OK && !sqlite3_stmt_readonly(q) &&
		(c->read_only || (o->flags & DBN_PREPARE_READ_ONLY))) {
		memcpy(f.sqlstate, "25006", 6);
		rc = plug_fail(c->host, err, &f, "the statement writes, but %s is read-only",
			c->read_only ? "the connection" : "it");
	}
	if (rc == DBN_OK)
		rc = build(c, q, o, &s, err);
	if (rc != DBN_OK) {
		(void)sqlite3_finalize(q);
		return rc;
	}
	info->nparams = s->nparams;
	info->columns = (dbn_array){ s->columns, s->cur.ncols, (uint32_t)sizeof *s->columns };
	info->read_only = s->read_only;
	*out = s;
	return DBN_OK;
}

void
sq_close_stmt(struct dbn_stmt *s)
{
	struct dbn_conn *c;

	if (!s)
		return;
	c = s->conn;
	sq_close_cursor(&s->cur);
	if (c->current == s)
		c->current = NULL;
	(void)sqlite3_finalize(s->q);
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	sq_rows_free(c->host, &s->cur.rows);
	c->host->release(c->host, s->param_scratch);
	c->host->release(c->host, s);
}
