/* SPDX-License-Identifier: MIT */
/*
 * Preparing one statement: the server reads it once, columns and buffers are laid
 * out in one block, so that running it allocates nothing but room for long texts.
 * What the server will not prepare (a few administrative statements) runs as text.
 */
#include <stdio.h>

#include "driver.h"

static size_t
align(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

static dbn_type
type_at(const dbn_array *a, uint32_t i)
{
	return i < a->count ? *(const dbn_type *)plug_at(a, i) : (dbn_type)DBN_NULL;
}

static dbn_status
refuse(struct dbn_conn *c, dbn_status status, const char *state, const char *text, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f, .status = status };

	(void)snprintf(f.sqlstate, sizeof f.sqlstate, "%s", state); /* "" is shorter */
	return plug_fail(c->host, err, &f, "%s", text);
}

/* Checks on the text alone. */
static dbn_status
check_text(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o, uint32_t word,
	dbn_error **err)
{
	bool admin = (o->flags & DBN_PREPARE_ADMIN) != 0;

	if (sql.len > c->drv->set.max_statement)
		return plug_fail_status(c->host, err, DBN_E_LIMIT,
			"a statement of %zu bytes is longer than the limit", sql.len);
	if (!sql.len || memchr(sql.ptr, 0, sql.len))
		return refuse(c, DBN_E_SYNTAX, "42601", "the statement is empty or holds a NUL byte", err);
	if (word == MY_WORD_NONE)
		return refuse(c, DBN_E_SYNTAX, "42601", "there is no statement in the text", err);
	if (admin && word == MY_WORD_TRANSACTION)
		return refuse(c, DBN_E_ACCESS, "", "transactions are begun and ended by their own calls",
			err);
	if (admin && c->txn && word == MY_WORD_OTHER)
		return plug_fail_hint(c->host, err, DBN_E_TXN_ACTIVE,
			"Commit or roll back first; MySQL commits before and after such a statement.",
			"the statement would commit the transaction that is active");
	if (!admin && word != MY_WORD_READ && word != MY_WORD_WITH && word != MY_WORD_WRITE &&
		word != MY_WORD_OTHER)
		return refuse(c, DBN_E_ACCESS, "", "a statement that was not foretold", err);
	return DBN_OK;
}

/* What the columns are, as the server says; their names are copied to texts. */
static void
take_columns(struct dbn_stmt *s, const MYSQL_FIELD *fields, char *texts)
{
	for (uint32_t i = 0; i < s->cur.ncols; i++) {
		const MYSQL_FIELD *f = &fields[i];
		my_column *col = &s->cur.columns[i];
		dbn_column_info *info = &s->infos[i];

		my_column_init(s->conn, f, col);
		memcpy(texts, f->name, f->name_length);
		texts[f->name_length] = 0;
		info->struct_size = (uint32_t)sizeof *info;
		info->type = col->want != DBN_NULL ? col->want : col->natural;
		info->name = (dbn_text){ texts, f->name_length };
		texts += f->name_length + 1;
	}
	s->cur.known = true;
}

static size_t
names_size(const MYSQL_FIELD *fields, uint32_t n)
{
	size_t size = 1;

	for (uint32_t i = 0; i < n; i++)
		size += fields[i].name_length + 1;
	return size;
}

/*
 * MariaDB says what INSERT and DELETE ... RETURNING return only when they have
 * run.  Where nobody told how many columns there are, they get their room now.
 */
dbn_status
my_learn_columns(struct dbn_stmt *s, dbn_error **err)
{
	const dbn_host *h = s->conn->host;
	const MYSQL_FIELD *fields = my_lib_fields(s->q);
	uint32_t n = mysql_stmt_field_count(s->q);
	size_t at_binds = 0, at_infos = 0, at_names = 0;
	bool all = s->cur.ncols == 0;
	char *block;

	if (n != s->cur.ncols && !all)
		return plug_fail_status(h, err, DBN_E_SCHEMA,
			"the columns have changed since the statement was prepared");
	if (all) {
		at_binds = align(n * sizeof(my_column));
		at_infos = at_binds + align(n * sizeof(MYSQL_BIND));
		at_names = at_infos + align(n * sizeof(dbn_column_info));
	}
	block = (char *)plug_zalloc(h, at_names + names_size(fields, n), 1);
	if (!block)
		return plug_nomem(h, err);
	if (all) {
		s->cur.columns = (my_column *)(void *)block;
		s->cur.binds = (MYSQL_BIND *)(void *)(block + at_binds);
		s->infos = (dbn_column_info *)(void *)(block + at_infos);
		s->cur.ncols = n;
	}
	if (!s->extra)
		s->extra = block;
	else
		h->release(h, s->names);
	s->names = s->extra == block ? NULL : block;
	take_columns(s, fields, block + at_names);
	return DBN_OK;
}

static dbn_status
check_types(struct dbn_conn *c, const dbn_prepare_opts *o, uint32_t ncols, dbn_error **err)
{
	if (o->result_types.count && o->result_types.count != ncols)
		return plug_fail_status(c->host, err, DBN_E_INVALID,
			"%u result types for %u columns", o->result_types.count, ncols);
	for (uint32_t i = 0; i < o->result_types.count; i++) {
		dbn_type want = type_at(&o->result_types, i);

		if (want == DBN_INTERVAL || want == DBN_ARRAY || want == DBN_LIST || want == DBN_TIMETZ ||
			want >= DBN_EXTENSION)
			return plug_fail_status(c->host, err, DBN_E_UNSUPPORTED,
				"MySQL has no values of type %s", plug_type_name(want));
	}
	return DBN_OK;
}

static struct dbn_stmt *
lay_out(struct dbn_conn *c, uint32_t ncols, uint32_t nparams, size_t ntexts)
{
	size_t at_cols = align(sizeof(struct dbn_stmt)), at_binds, at_infos, at_types, at_params;
	size_t at_slots, at_texts, total;
	struct dbn_stmt *s;
	char *block;

	at_binds = at_cols + align(ncols * sizeof(my_column));
	at_infos = at_binds + align(ncols * sizeof(MYSQL_BIND));
	at_types = at_infos + align(ncols * sizeof(dbn_column_info));
	at_params = at_types + align(nparams * sizeof(dbn_type));
	at_slots = at_params + align(nparams * sizeof(MYSQL_BIND));
	at_texts = at_slots + align(nparams * sizeof(my_param));
	total = at_texts + ntexts;
	block = (char *)plug_zalloc(c->host, total, 1);
	if (!block)
		return NULL;
	s = (struct dbn_stmt *)(void *)block;
	s->cur.columns = (my_column *)(void *)(block + at_cols);
	s->cur.binds = (MYSQL_BIND *)(void *)(block + at_binds);
	s->infos = (dbn_column_info *)(void *)(block + at_infos);
	s->param_types = (dbn_type *)(void *)(block + at_types);
	s->params = (MYSQL_BIND *)(void *)(block + at_params);
	s->slots = (my_param *)(void *)(block + at_slots);
	s->sql = block + at_texts; /* names follow it */
	s->cur.ncols = ncols;
	s->nparams = nparams;
	return s;
}

/* Lay the statement out around the server's, which it owns from here on. */
static dbn_status
build(struct dbn_conn *c, MYSQL_STMT *q, dbn_text sql, const dbn_prepare_opts *o, uint32_t word,
	struct dbn_stmt **out, dbn_error **err)
{
	uint32_t told = q ? mysql_stmt_field_count(q) : 0;
	uint32_t ncols = !told && word == MY_WORD_WRITE ? o->result_types.count : told;
	uint32_t nparams = q ? (uint32_t)mysql_stmt_param_count(q) : 0;
	const MYSQL_FIELD *fields = told ? my_lib_fields(q) : NULL;
	struct dbn_stmt *s;
	dbn_status st = check_types(c, o, ncols, err);

	if (st != DBN_OK)
		return st;
	s = lay_out(c, ncols, nparams, sql.len + 1 + names_size(fields, told));
	if (!s)
		return plug_nomem(c->host, err);
	s->q = q;
	s->conn = c;
	s->cur.stmt = s;
	s->flags = o->flags;
	s->word = word;
	s->admin = (o->flags & DBN_PREPARE_ADMIN) != 0;
	s->read_only = word == MY_WORD_READ || (word == MY_WORD_WITH && told);
	s->arrays = q && nparams && !ncols && my_lib_has_arrays(q);
	memcpy(s->sql, sql.ptr, sql.len);
	s->sql_len = sql.len;
	for (uint32_t i = 0; i < ncols; i++) {
		s->infos[i].struct_size = (uint32_t)sizeof *s->infos;
		s->infos[i].type = s->cur.columns[i].want = type_at(&o->result_types, i);
		s->infos[i].name = (dbn_text){ "", 0 };
	}
	if (told)
		take_columns(s, fields, s->sql + sql.len + 1);
	if (o->param_types.count)
		for (uint32_t i = 0; i < nparams; i++)
			s->param_types[i] = type_at(&o->param_types, i);
	s->next = c->stmts;
	s->link = &c->stmts;
	if (s->next)
		s->next->link = &s->next;
	c->stmts = s;
	*out = s;
	return DBN_OK;
}

void
my_stmt_drop(struct dbn_conn *c, MYSQL_STMT *q)
{
	if (!q)
		return;
	/* With nobody there it is freed without a word to the server. */
	if (!c->link.db || c->link.stuck)
		(void)mysql_stmt_close(q);
	else
		(void)my_lib_stmt_close(&c->link, q);
}

/* The server reads the text; *q NULL and DBN_OK: it does not prepare such statements. */
static dbn_status
compile(struct dbn_conn *c, dbn_text sql, bool admin, MYSQL_STMT **q, dbn_error **err)
{
	dbn_status st = DBN_OK;
	int ret = 1;

	*q = mysql_stmt_init(c->link.db);
	if (!*q)
		return plug_nomem(c->host, err);
	if (my_lib_stmt_prepare(&c->link, *q, sql.ptr, sql.len, &ret) && ret == 0)
		return DBN_OK;
	if (!admin || c->link.stuck || mysql_stmt_errno(*q) != ER_UNSUPPORTED_PS)
		st = my_fail(c, *q, MY_PHASE_PREPARE, err);
	my_stmt_drop(c, *q);
	*q = NULL;
	return st;
}

dbn_status
my_prepare(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *o, struct dbn_stmt **out,
	dbn_stmt_info *info, dbn_error **err)
{
	bool admin = (o->flags & DBN_PREPARE_ADMIN) != 0;
	uint32_t word = my_first_word(sql);
	struct dbn_stmt *s = NULL;
	MYSQL_STMT *q = NULL;
	dbn_status st = my_enter(c, &o->call, err);

	if (st == DBN_OK)
		st = check_text(c, sql, o, word, err);
	if (st == DBN_OK)
		st = compile(c, sql, admin, &q, err);
	if (st == DBN_OK && !admin && word == MY_WORD_OTHER)
		st = refuse(c, DBN_E_ACCESS, "", "a statement that was not foretold", err);
	if (st == DBN_OK && q && mysql_stmt_param_count(q) > (unsigned long)c->drv->set.max_params)
		st = plug_fail_status(c->host, err, DBN_E_LIMIT, "%lu parameters are more than the limit",
			mysql_stmt_param_count(q));
	if (st == DBN_OK)
		st = build(c, q, sql, o, word, &s, err);
	if (c->stop != MY_STOP_NONE)
		my_settle(c);
	if (st != DBN_OK) {
		my_stmt_drop(c, q);
		return st;
	}
	if (!s->read_only && !admin && (c->read_only || (o->flags & DBN_PREPARE_READ_ONLY))) {
		st = my_fail_state(c, "25006", c->read_only
			? "the statement writes, but the connection is read-only"
			: "the statement writes, but it was to be read-only", err);
		my_close_stmt(s);
		return st;
	}
	info->nparams = s->nparams;
	info->columns = (dbn_array){ s->infos, s->cur.ncols, (uint32_t)sizeof *s->infos };
	info->read_only = s->read_only;
	*out = s;
	return DBN_OK;
}

void
my_stmt_forget(struct dbn_stmt *s)
{
	if (!s->q)
		return;
	my_close_cursor(&s->cur);
	(void)mysql_stmt_close(s->q);
	if (s->keyed)
		(void)mysql_stmt_close(s->keyed);
	s->q = s->keyed = NULL;
	s->no_keyed = false;
	s->bound_mark = 0;
	s->cur.bound = false;
	s->stale = true;
}

dbn_status
my_stmt_ready(struct dbn_stmt *s, dbn_error **err)
{
	struct dbn_conn *c = s->conn;
	dbn_text sql = { s->sql, s->sql_len };
	MYSQL_STMT *q = NULL;
	dbn_status st;

	if (!s->stale)
		return DBN_OK;
	st = compile(c, sql, s->admin, &q, err);
	if (st == DBN_OK && (!q || mysql_stmt_param_count(q) != s->nparams ||
			(s->word != MY_WORD_WRITE && mysql_stmt_field_count(q) != s->cur.ncols))) {
		my_stmt_drop(c, q);
		return plug_fail_status(c->host, err, DBN_E_SCHEMA,
			"the schema has changed since the statement was prepared");
	}
	if (st != DBN_OK)
		return st;
	s->q = q;
	s->stale = false;
	return DBN_OK;
}

void
my_close_stmt(struct dbn_stmt *s)
{
	struct dbn_conn *c;

	if (!s)
		return;
	c = s->conn;
	my_close_cursor(&s->cur);
	my_keyed_forget(s);
	my_stmt_drop(c, s->q);
	*s->link = s->next;
	if (s->next)
		s->next->link = s->link;
	for (uint32_t i = 0; i < s->cur.ncols; i++)
		c->host->release(c->host, s->cur.columns[i].buf);
	c->host->error_free(s->cur.late);
	c->host->release(c->host, s->names);
	my_rows_free(c->host, &s->cur.rows);
	my_array_free(s);
	c->host->release(c->host, s->extra);
	c->host->release(c->host, s);
}
