/* SPDX-License-Identifier: MIT */
/*
 * The smallest driver: one table, numbers(n, name), whose rows are made from a
 * setting.  It reads
 *   SELECT column [AS name], ... FROM [schema.]numbers [AS name] [WHERE n = ?]
 * and refuses the rest by saying so.  A transaction is only remembered: nothing
 * can be written.
 */
#include "fail.h"
#include <dbnexus/plugin/driver.h>

#define COLUMNS 2
#define BLOCK   64

struct settings {
	int64_t rows;
};
static const dbn_conf_item conf[] = {
	{ "rows", "10", "rows of the table", NULL, DBN_CONF_INT, 0,
		0, 1000000, offsetof(struct settings, rows), 0, { NULL, 0, 0 } },
};

struct driver {
	const dbn_host *host;
	int64_t rows;
};
struct dbn_conn {
	struct driver *driver;
	uint32_t txn, open;             /* open: cursors */
};
struct dbn_stmt {
	struct dbn_conn *conn;
	uint32_t ncols, nparams;
	uint32_t column[COLUMNS * 4];   /* ordinals, in the order of the select list */
	char names[COLUMNS * 4][64];
	dbn_column_info info[COLUMNS * 4];
};
struct dbn_cursor {
	struct dbn_stmt *stmt;
	int64_t next, end;
	dbn_value cells[BLOCK * COLUMNS * 4];
	char texts[BLOCK][24];
};

static const char *const column_names[COLUMNS] = { "n", "name" };
static const dbn_type column_types[COLUMNS] = { DBN_INT64, DBN_TEXT };

static dbn_text
text(const char *z)
{
	dbn_text t = { z, strlen(z) };

	return t;
}

static int
same(dbn_text t, const char *z)
{
	return t.len == strlen(z) && memcmp(t.ptr, z, t.len) == 0;
}

static dbn_status
create(const dbn_create_info *info, void **self, dbn_error **err)
{
	const struct settings *settings = info->settings;
	struct driver *d = zalloc(info->host, sizeof *d);

	if (!d)
		return fail(info->host, err, DBN_E_NOMEM, "out of memory");
	d->host = info->host;
	d->rows = settings->rows;
	*self = d;
	return DBN_OK;
}

static void
destroy(void *self)
{
	struct driver *d = self;

	d->host->release(d->host, d);
}

/* ---- connections ---- */

static dbn_status
describe(void *self, dbn_dialect *out, dbn_error **err)
{
	(void)self;
	(void)err;
	out->id = DBN_DIALECT_SQLITE;
	out->capabilities = 0;
	out->default_schema = text("main");
	out->max_params = 1;
	out->max_statement_bytes = 65536;
	out->isolation_levels = 1u << DBN_ISOLATION_SERIALIZABLE;
	out->default_isolation = DBN_ISOLATION_SERIALIZABLE;
	out->version = text("1.0");
	return DBN_OK;
}

static dbn_status
connect(void *self, const dbn_connect_opts *opts, struct dbn_conn **out, dbn_error **err)
{
	struct driver *d = self;
	struct dbn_conn *c = zalloc(d->host, sizeof *c);

	(void)opts;
	if (!c)
		return fail(d->host, err, DBN_E_NOMEM, "out of memory");
	c->driver = d;
	*out = c;
	return DBN_OK;
}

static void
disconnect(struct dbn_conn *c)
{
	c->driver->host->release(c->driver->host, c);
}

static dbn_status
ping(struct dbn_conn *c, const dbn_call *call, dbn_error **err)
{
	(void)c;
	(void)call;
	(void)err;
	return DBN_OK;
}

static dbn_status
reset(struct dbn_conn *c, const dbn_reset_opts *opts, dbn_error **err)
{
	(void)opts;
	(void)err;
	c->txn = DBN_TXN_NONE;
	return DBN_OK;
}

static void
state(struct dbn_conn *c, dbn_conn_state *out)
{
	out->txn = c->txn;
	out->broken = 0;
	out->in_flight = c->open;
	out->server_epoch = 1;
}

/* ---- reading a statement ---- */

struct lexer {
	const char *p, *end;
	dbn_text token;                 /* ptr NULL: the end */
	int quoted;
};

static int
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Identifiers with or without quotes, single characters; parentheses say nothing. */
static void
next(struct lexer *l)
{
	l->quoted = 0;
	while (l->p < l->end && (*l->p == ' ' || *l->p == '\n' || *l->p == '(' || *l->p == ')'))
		l->p++;
	l->token.ptr = l->p < l->end ? l->p : NULL;
	l->token.len = 0;
	if (!l->token.ptr)
		return;
	if (*l->p == '"') {
		l->quoted = 1;
		l->token.ptr = ++l->p;
		while (l->p < l->end && *l->p != '"')
			l->p++;
		l->token.len = (size_t)(l->p - l->token.ptr);
		l->p += l->p < l->end;
		return;
	}
	if (is_word(*l->p))
		while (l->p < l->end && is_word(*l->p))
			l->p++;
	else
		l->p++;
	l->token.len = (size_t)(l->p - l->token.ptr);
}

static int
accept(struct lexer *l, const char *word)
{
	size_t n = strlen(word);

	if (l->quoted || l->token.len != n)
		return 0;
	for (size_t i = 0; i < n; i++) {
		char c = l->token.ptr[i];

		if ((c >= 'a' && c <= 'z' ? c - 32 : c) != word[i])
			return 0;
	}
	next(l);
	return 1;
}

/* [name.]...name: the last part. */
static dbn_text
name(struct lexer *l)
{
	dbn_text last = l->token;

	next(l);
	while (accept(l, ".")) {
		last = l->token;
		next(l);
	}
	return last;
}

static int
column(dbn_text t)
{
	for (int i = 0; i < COLUMNS; i++)
		if (same(t, column_names[i]))
			return i;
	return -1;
}

static int
select_list(struct lexer *l, struct dbn_stmt *s)
{
	do {
		dbn_text shown = name(l);
		int ordinal = column(shown);
		dbn_column_info *info = &s->info[s->ncols];

		if (ordinal < 0 || s->ncols == COLUMNS * 4)
			return 0;
		if (accept(l, "AS")) {
			shown = l->token;
			next(l);
		}
		if (!shown.len || shown.len >= sizeof s->names[0])
			return 0;
		memcpy(s->names[s->ncols], shown.ptr, shown.len);
		info->struct_size = (uint32_t)sizeof *info;
		info->type = column_types[ordinal];
		info->name.ptr = s->names[s->ncols];
		info->name.len = shown.len;
		s->column[s->ncols++] = (uint32_t)ordinal;
	} while (accept(l, ","));
	return 1;
}

static int
parse(struct lexer *l, struct dbn_stmt *s)
{
	if (!accept(l, "SELECT") || !select_list(l, s) || !accept(l, "FROM"))
		return 0;
	if (!same(name(l), "numbers"))
		return 0;
	if (accept(l, "AS"))
		next(l);
	if (accept(l, "WHERE")) {
		if (column(name(l)) != 0 || !accept(l, "=") || !accept(l, "?"))
			return 0;
		(void)accept(l, "1");   /* "?1" */
		s->nparams = 1;
	}
	return l->token.ptr == NULL;
}

static dbn_status
prepare(struct dbn_conn *c, dbn_text sql, const dbn_prepare_opts *opts, struct dbn_stmt **out,
	dbn_stmt_info *info, dbn_error **err)
{
	const dbn_host *host = c->driver->host;
	struct dbn_stmt *s = zalloc(host, sizeof *s);
	struct lexer l = { sql.ptr, sql.ptr + sql.len, { NULL, 0 }, 0 };

	(void)opts;
	if (!s)
		return fail(host, err, DBN_E_NOMEM, "out of memory");
	next(&l);
	if (!parse(&l, s)) {
		host->release(host, s);
		return fail(host, err, DBN_E_SYNTAX, "only numbers(n, name) can be read, by n or whole");
	}
	s->conn = c;
	info->nparams = s->nparams;
	info->columns.items = s->info;
	info->columns.count = s->ncols;
	info->columns.stride = (uint32_t)sizeof s->info[0];
	info->read_only = 1;
	*out = s;
	return DBN_OK;
}

static void
close_stmt(struct dbn_stmt *s)
{
	s->conn->driver->host->release(s->conn->driver->host, s);
}

/* ---- rows ---- */

static dbn_status
execute(struct dbn_stmt *s, const dbn_value *v, size_t nv, const dbn_exec_opts *opts,
	dbn_outcome *out, struct dbn_cursor **cur, dbn_error **err)
{
	const dbn_host *host = s->conn->driver->host;
	struct dbn_cursor *c;

	if (nv != s->nparams)
		return fail(host, err, DBN_E_INVALID, "%u parameters are wanted", (unsigned)s->nparams);
	if (nv && v[0].type != DBN_INT64 && v[0].type != DBN_NULL)
		return fail(host, err, DBN_E_VALUE, "the parameter is no int64");
	if (host->cancelled(host, &opts->call))
		return fail(host, err, DBN_E_TIMEOUT, "the deadline has passed");
	out->status = DBN_OK;
	out->sent = DBN_SENT_YES;
	out->txn = s->conn->txn;
	out->affected = 0;
	out->generated_key.type = DBN_NULL;
	*cur = NULL;
	if (!(opts->flags & DBN_EXEC_ROWS))
		return DBN_OK;
	c = zalloc(host, sizeof *c);
	if (!c)
		return fail(host, err, DBN_E_NOMEM, "out of memory");
	c->stmt = s;
	c->end = s->conn->driver->rows;
	if (nv && (v[0].type == DBN_NULL || v[0].u.i64 < 0 || v[0].u.i64 >= c->end)) {
		c->end = 0;
	} else if (nv) {
		c->next = v[0].u.i64;
		c->end = c->next + 1;
	}
	s->conn->open++;
	*cur = c;
	return DBN_OK;
}

/* "number 7" */
static size_t
write_name(char *to, int64_t n)
{
	char digits[20];
	size_t nd = 0, len = 7;

	memcpy(to, "number ", len);
	do
		digits[nd++] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	while (nd)
		to[len++] = digits[--nd];
	return len;
}

static dbn_status
fetch(struct dbn_cursor *c, uint32_t max_rows, dbn_rowset *out, dbn_error **err)
{
	const struct dbn_stmt *s = c->stmt;
	dbn_value *cell = c->cells;
	uint32_t n = 0;

	(void)err;
	if (c->next >= c->end)
		return DBN_DONE;
	for (; n < BLOCK && n < max_rows && c->next < c->end; n++, c->next++) {
		size_t len = write_name(c->texts[n], c->next);

		for (uint32_t i = 0; i < s->ncols; i++, cell++) {
			memset(cell, 0, sizeof *cell);
			cell->type = column_types[s->column[i]];
			if (cell->type == DBN_INT64) {
				cell->u.i64 = c->next;
			} else {
				cell->u.ptr = c->texts[n];
				cell->len = len;
			}
		}
	}
	out->ncols = s->ncols;
	out->cells = c->cells;
	out->nrows = n;
	return DBN_OK;
}

static void
close_cursor(struct dbn_cursor *c)
{
	const dbn_host *host = c->stmt->conn->driver->host;

	c->stmt->conn->open--;
	host->release(host, c);
}

/* ---- transactions ---- */

static dbn_status
begin(struct dbn_conn *c, const dbn_begin_opts *opts, dbn_error **err)
{
	(void)opts;
	if (c->txn != DBN_TXN_NONE)
		return fail(c->driver->host, err, DBN_E_TXN_ACTIVE, "a transaction is active already");
	c->txn = DBN_TXN_OPEN;
	return DBN_OK;
}

static dbn_status
end(struct dbn_conn *c, uint32_t how, const dbn_end_opts *opts, dbn_error **err)
{
	(void)opts;
	if (how != DBN_END_COMMIT && how != DBN_END_ROLLBACK)
		return fail(c->driver->host, err, DBN_E_UNSUPPORTED, "no two-phase commit");
	if (c->txn == DBN_TXN_NONE)
		return fail(c->driver->host, err, DBN_E_TXN_NONE, "no transaction is active");
	c->txn = DBN_TXN_NONE;
	return DBN_OK;
}

/* ---- catalogue ---- */

static dbn_status
relation(struct dbn_conn *c, const dbn_name *wanted, const dbn_call *call, dbn_relation_info *out,
	dbn_error **err)
{
	const dbn_host *host = c->driver->host;
	dbn_column_desc *columns;

	(void)call;
	if (!same(wanted->name, "numbers") || (wanted->schema.len && !same(wanted->schema, "main")))
		return fail(host, err, DBN_E_NOT_FOUND, "no such relation");
	columns = zalloc(host, COLUMNS * sizeof *columns);
	if (!columns)
		return fail(host, err, DBN_E_NOMEM, "out of memory");
	for (int i = 0; i < COLUMNS; i++) {
		columns[i].struct_size = (uint32_t)sizeof *columns;
		columns[i].flags = DBN_COLUMN_NOT_NULL | DBN_COLUMN_BINARY;
		columns[i].name = text(column_names[i]);
		columns[i].declared = text(i ? "TEXT" : "INTEGER");
		columns[i].type = column_types[i];
		columns[i].key_part = i ? 0 : 1;
	}
	out->kind = DBN_RELATION_TABLE;
	out->name.schema = text("main");
	out->name.name = text("numbers");
	out->columns.items = columns;
	out->columns.count = COLUMNS;
	out->columns.stride = (uint32_t)sizeof *columns;
	memset(&out->effects, 0, sizeof out->effects);
	out->version = 1;
	out->memory = columns;
	return DBN_OK;
}

static dbn_status
relations(struct dbn_conn *c, const dbn_name *pattern, const dbn_call *call,
	dbn_status (*each)(const dbn_name *, uint32_t kind, void *user), void *user, dbn_error **err)
{
	dbn_name only = { text("main"), text("numbers") };

	(void)c;
	(void)call;
	(void)err;
	if (pattern && ((pattern->schema.len && !same(pattern->schema, "main")) ||
		(pattern->name.len && !same(pattern->name, "numbers"))))
		return DBN_OK;
	return each(&only, DBN_RELATION_TABLE, user);
}

static dbn_status
schema_epoch(struct dbn_conn *c, const dbn_call *call, dbn_token *out, dbn_error **err)
{
	(void)c;
	(void)call;
	(void)err;
	out->len = 1;
	out->bytes[0] = 1;
	return DBN_OK;
}

/* NULL: optional ones that it does not have; the core answers in their place. */
static const dbn_driver_ops ops = {
	(uint32_t)sizeof(dbn_driver_ops), 0, describe, connect, disconnect, ping, reset, state,
	NULL, NULL, prepare, close_stmt, execute, NULL, fetch, NULL, close_cursor, begin, end,
	NULL, NULL, relation, relations, schema_epoch,
};

DBN_PLUGIN(DBN_KIND_DRIVER, DBN_THREADS_PER_HANDLE, 0, "template", "1.0",
	DBN_CONF_ITEMS(conf), sizeof(struct settings), create, NULL, NULL, NULL, destroy, NULL, &ops);
