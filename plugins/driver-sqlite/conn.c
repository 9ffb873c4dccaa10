/* SPDX-License-Identifier: MIT */
/*
 * Opening a file, pinning what statements rely on (foreign keys, recursive
 * triggers, defensive mode, no attached files), cleaning up between borrowers,
 * closing.  A connection has no mutex of SQLite's: one thread at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "driver.h"

/* dbn_require(cond, text): 1, or an error that undoes the statement. */
static void
sq_require(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct dbn_conn *c = (struct dbn_conn *)sqlite3_user_data(ctx);
	const char *text;
	size_t len, at = 0;
	int type = sqlite3_value_numeric_type(v[0]);

	(void)n;
	if ((type == SQLITE_INTEGER && sqlite3_value_int64(v[0]) != 0) ||
		(type == SQLITE_FLOAT && sqlite3_value_double(v[0]) != 0.0)) {
		sqlite3_result_int(ctx, 1);
		return;
	}
	text = (const char *)sqlite3_value_text(v[1]);
	len = text ? (size_t)sqlite3_value_bytes(v[1]) : 0;
	for (size_t i = 0; i < len && at < sizeof c->require_text - 1; i++)
		if ((unsigned char)text[i] >= ' ' && text[i] != 0x7f)
			c->require_text[at++] = text[i];
	c->require_text[at] = 0;
	sqlite3_result_error(ctx, "dbn_require", -1);
	sqlite3_result_error_code(ctx, SQLITE_CONSTRAINT_FUNCTION);
}

int
sq_own_exec(struct dbn_conn *c, const char *sql)
{
	uint32_t before = c->auth;
	int rc;

	c->auth = SQ_AUTH_OWN;
	rc = sqlite3_exec(c->db, sql, NULL, NULL, NULL);
	c->auth = before;
	return rc;
}

int
sq_own_prepare(struct dbn_conn *c, const char *sql, sqlite3_stmt **out)
{
	uint32_t before = c->auth;
	int rc;

	c->auth = SQ_AUTH_OWN;
	rc = sqlite3_prepare_v3(c->db, sql, -1, 0, out, NULL);
	c->auth = before;
	return rc;
}

int
sq_own_step(struct dbn_conn *c, sqlite3_stmt *q)
{
	uint32_t before = c->auth;
	int rc;

	c->auth = SQ_AUTH_OWN; /* a step may prepare again */
	rc = sqlite3_step(q);
	c->auth = before;
	return rc;
}

int
sq_own_run(struct dbn_conn *c, uint32_t which, int64_t *value)
{
	static const char *const texts[SQ_OWN_COUNT] = { "BEGIN", "BEGIN IMMEDIATE", "COMMIT",
		"ROLLBACK", "PRAGMA main.schema_version" };
	uint32_t before = c->auth;
	int rc = SQLITE_OK;

	c->auth = SQ_AUTH_OWN;
	if (!c->own[which])
		rc = sqlite3_prepare_v3(c->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
			&c->own[which], NULL);
	if (rc == SQLITE_OK) {
		rc = sqlite3_step(c->own[which]);
		if (rc == SQLITE_ROW) {
			if (value)
				*value = sqlite3_column_int64(c->own[which], 0);
			rc = SQLITE_DONE;
		}
		if (rc == SQLITE_DONE)
			rc = SQLITE_OK;
		(void)sqlite3_reset(c->own[which]);
	}
	c->auth = before;
	return rc;
}

/* Settings of the handle itself: no text can change them. */
static int
harden(struct dbn_conn *c)
{
	static const struct { int op, on; } config[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 }, { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 }, { SQLITE_DBCONFIG_DQS_DDL, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0 }, { SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 1 }, { SQLITE_DBCONFIG_ENABLE_VIEW, 1 },
		{ SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0 },
	};
	const sq_settings *set = &c->drv->set;
	int rc = SQLITE_OK, is;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof config / sizeof *config; i++) {
		rc = sqlite3_db_config(c->db, config[i].op, config[i].on, &is);
		if (rc == SQLITE_OK && is != config[i].on)
			rc = SQLITE_MISUSE;
	}
	(void)sqlite3_limit(c->db, SQLITE_LIMIT_ATTACHED, 0);
	(void)sqlite3_limit(c->db, SQLITE_LIMIT_LENGTH, (int)set->max_value_bytes);
	(void)sqlite3_limit(c->db, SQLITE_LIMIT_SQL_LENGTH, (int)set->max_sql_bytes);
	(void)sqlite3_limit(c->db, SQLITE_LIMIT_VARIABLE_NUMBER, (int)set->max_params);
	(void)sqlite3_limit(c->db, SQLITE_LIMIT_WORKER_THREADS, 0);
	return rc;
}

static int
pragma(struct dbn_conn *c, const char *fmt, ...)
{
	va_list ap;
	char *sql;
	int rc;

	va_start(ap, fmt);
	sql = sqlite3_vmprintf(fmt, ap);
	va_end(ap);
	if (!sql)
		return SQLITE_NOMEM;
	rc = sq_own_exec(c, sql);
	sqlite3_free(sql);
	return rc;
}

/* Settings that live in pragmas: for a new connection, and after administration. */
static int
pin(struct dbn_conn *c)
{
	static const char *const sync[] = { "FULL", "NORMAL", "EXTRA" };
	const sq_settings *set = &c->drv->set;
	int rc;

	rc = pragma(c, "PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; "
		"PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY; PRAGMA case_sensitive_like=OFF; "
		"PRAGMA ignore_check_constraints=OFF; PRAGMA reverse_unordered_selects=OFF; "
		"PRAGMA defer_foreign_keys=OFF; PRAGMA locking_mode=NORMAL; "
		"PRAGMA synchronous=%s; PRAGMA cache_size=-%lld; PRAGMA mmap_size=%lld; "
		"PRAGMA wal_autocheckpoint=%lld; PRAGMA query_only=%d",
		sync[set->synchronous], (long long)(set->cache_size / 1024),
		(long long)set->mmap_size, (long long)set->checkpoint_pages, c->read_only);
	return rc;
}

/*
 * Write-ahead logging is a property of the file.  SQLite does not call the busy
 * handler for the switch, so wait here.
 */
static int
set_journal(struct dbn_conn *c)
{
	static const char *const want[] = { "wal", "delete", "truncate" };
	const char *name = want[c->drv->set.journal];
	bool there = false;
	int rc, count = 0;

	if (c->memory || c->read_only)
		return SQLITE_OK;
	do {
		sqlite3_stmt *q = NULL;

		rc = sq_own_prepare(c, "PRAGMA main.journal_mode", &q);
		if (rc == SQLITE_OK && (rc = sq_own_step(c, q)) == SQLITE_ROW) {
			there = sqlite3_stricmp((const char *)sqlite3_column_text(q, 0), name) == 0;
			rc = SQLITE_OK;
		}
		(void)sqlite3_finalize(q);
		if (rc == SQLITE_OK && !there)
			rc = pragma(c, "PRAGMA main.journal_mode=%s", name);
	} while ((rc & 0xff) == SQLITE_BUSY && sq_on_busy(c, count++));
	return rc;
}

/*
 * Make an empty file that only its owner can read.  It appears under its name by
 * link(): opening and closing it there would drop the locks that another thread
 * of this process holds on it (POSIX).
 */
static dbn_status
make_file(struct dbn_conn *c, const char *path, dbn_error **err)
{
	struct stat st;
	char *tmp;
	int fd, saved;

	if (stat(path, &st) == 0)
		return DBN_OK;
	tmp = sqlite3_mprintf("%s.new-XXXXXX", path);
	if (!tmp)
		return plug_nomem(c->host, err);
	fd = mkostemp(tmp, O_CLOEXEC); /* 0600 */
	saved = errno;
	if (fd >= 0) {
		saved = link(tmp, path) == 0 || errno == EEXIST ? 0 : errno;
		(void)unlink(tmp);
		(void)close(fd);
	}
	sqlite3_free(tmp);
	if (fd < 0 || saved) {
		char why[128] = "";
		dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };

		memcpy(f.sqlstate, "08001", 6);
		f.native_code = saved;
		f.detail = plug_text(strerror_r(saved, why, sizeof why));
		return plug_fail(c->host, err, &f, "cannot create \"%s\"", path);
	}
	return DBN_OK;
}

/* "sqlite:/path" or "sqlite::memory:". */
static dbn_status
path_of(struct dbn_conn *c, dbn_text url, char **path, dbn_error **err)
{
	static const char scheme[] = "sqlite:";
	size_t n = sizeof scheme - 1;

	if (url.len <= n || memcmp(url.ptr, scheme, n) != 0 || memchr(url.ptr, 0, url.len))
		return plug_fail_hint(c->host, err, DBN_E_CONFIG,
			"Write sqlite:PATH or sqlite::memory: as the url.", "not a url of SQLite");
	c->memory = url.len == n + 8 && memcmp(url.ptr + n, ":memory:", 8) == 0;
	if (!c->memory && url.ptr[n] != '/')
		return plug_fail_hint(c->host, err, DBN_E_CONFIG,
			"The core makes paths absolute; one that begins like NAME=VALUE is written ./NAME=VALUE.",
			"the path of a SQLite file must be absolute");
	*path = sqlite3_mprintf("%.*s", (int)(url.len - n), url.ptr + n);
	return *path ? DBN_OK : plug_nomem(c->host, err);
}

static dbn_status
cannot_open(struct dbn_conn *c, const char *path, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f, .native_code = SQLITE_CANTOPEN };

	memcpy(f.sqlstate, "08001", 6);
	f.retryable = 2;
	f.hint = plug_text("Check the path and its rights; create = true (--create) makes a new file.");
	return plug_fail(c->host, err, &f, "cannot open \"%s\"", path);
}

static dbn_status
open_file(struct dbn_conn *c, const dbn_connect_opts *o, dbn_error **err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
		SQLITE_OPEN_EXRESCODE;
	char *path = NULL;
	dbn_status rc = path_of(c, o->url, &path, err);
	int r;

	if (rc != DBN_OK)
		return rc;
	if (c->memory)
		flags |= SQLITE_OPEN_CREATE;
	else if (o->create)
		rc = make_file(c, path, err);
	if (rc == DBN_OK) {
		r = sqlite3_open_v2(path, &c->db, flags, NULL);
		if (r == SQLITE_CANTOPEN)
			rc = cannot_open(c, path, err);
		else if (r != SQLITE_OK)
			rc = c->db ? sq_fail(c, r, SQ_PHASE_CONNECT, err) : plug_nomem(c->host, err);
	}
	sqlite3_free(path);
	return rc;
}

static dbn_status
set_up(struct dbn_conn *c, dbn_error **err)
{
	int rc = harden(c);

	(void)sqlite3_busy_handler(c->db, sq_on_busy, c);
	sqlite3_progress_handler(c->db, 1000, sq_on_progress, c);
	if (rc == SQLITE_OK)
		rc = sqlite3_create_function_v2(c->db, "dbn_require", 2,
			SQLITE_UTF8 | SQLITE_DIRECTONLY, c, sq_require, NULL, NULL, NULL);
	c->auth = SQ_AUTH_OWN;
	if (rc == SQLITE_OK)
		rc = sqlite3_set_authorizer(c->db, sq_authorize, c);
	if (rc == SQLITE_OK)
		rc = set_journal(c);
	if (rc == SQLITE_OK)
		rc = pin(c);
	c->auth = SQ_AUTH_STEP;
	/* The first read: is it a database at all? */
	if (rc == SQLITE_OK)
		rc = sq_own_run(c, SQ_OWN_VERSION, NULL);
	return rc == SQLITE_OK ? DBN_OK : sq_fail(c, rc, SQ_PHASE_CONNECT, err);
}

dbn_status
sq_connect(void *self, const dbn_connect_opts *o, struct dbn_conn **out, dbn_error **err)
{
	sq_driver *d = (sq_driver *)self;
	struct dbn_conn *c;
	dbn_status rc;

	if (o->server_role.len)
		return plug_fail_status(d->host, err, DBN_E_UNSUPPORTED, "SQLite has no roles");
	c = (struct dbn_conn *)plug_zalloc(d->host, 1, sizeof *c);
	if (!c)
		return plug_nomem(d->host, err);
	c->drv = d;
	c->host = d->host;
	c->read_only = o->read_only != 0;
	c->random = d->host->now_ns(d->host) ^ (uint64_t)(uintptr_t)c;
	(void)pthread_mutex_init(&c->cancel_mutex, NULL);
	sq_enter(c, &o->call);
	rc = open_file(c, o, err);
	if (rc == DBN_OK)
		rc = set_up(c, err);
	if (rc != DBN_OK) {
		sq_disconnect(c);
		return rc;
	}
	*out = c;
	return DBN_OK;
}

void
sq_disconnect(struct dbn_conn *c)
{
	const dbn_host *h;

	if (!c)
		return;
	h = c->host;
	while (c->stmts)
		sq_close_stmt(c->stmts);
	sq_not_running(c);
	for (size_t i = 0; i < SQ_OWN_COUNT; i++)
		(void)sqlite3_finalize(c->own[i]);
	c->auth = SQ_AUTH_OWN;
	(void)sqlite3_close_v2(c->db);
	sq_schema_free(c);
	sq_touches_free(h, &c->seen);
	(void)pthread_mutex_destroy(&c->cancel_mutex);
	h->release(h, c);
}

dbn_status
sq_ping(struct dbn_conn *c, const dbn_call *call, dbn_error **err)
{
	int moved = 0, rc;

	sq_enter(c, call);
	(void)sqlite3_file_control(c->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	if (moved) {
		c->broken = true;
		return plug_fail_status(c->host, err, DBN_E_CONN,
			"the database file was moved or removed while it was open");
	}
	rc = sq_own_run(c, SQ_OWN_VERSION, NULL);
	return rc == SQLITE_OK ? DBN_OK : sq_fail(c, rc, SQ_PHASE_RUN, err);
}

/* Anything in the temporary schema means that the connection is not as new. */
static int
temp_is_empty(struct dbn_conn *c)
{
	sqlite3_stmt *q = NULL;
	int rc = sq_own_prepare(c, "SELECT count(*) FROM temp.sqlite_schema", &q);

	if (rc == SQLITE_OK) {
		rc = sq_own_step(c, q);
		if (rc == SQLITE_ROW)
			rc = sqlite3_column_int64(q, 0) == 0 ? SQLITE_OK : SQLITE_LOCKED;
	}
	(void)sqlite3_finalize(q);
	return rc;
}

dbn_status
sq_reset(struct dbn_conn *c, const dbn_reset_opts *o, dbn_error **err)
{
	int rc = SQLITE_OK;

	sq_enter(c, o ? &o->call : NULL);
	sq_cut_cursors(c, false);
	if (!sqlite3_get_autocommit(c->db))
		rc = sq_own_run(c, SQ_OWN_ROLLBACK, NULL);
	c->txn = c->txn_read_only = false;
	if (rc == SQLITE_OK && o && o->how == DBN_RESET_FULL) {
		rc = harden(c);
		if (rc == SQLITE_OK)
			rc = pin(c);
		if (rc == SQLITE_OK)
			rc = temp_is_empty(c);
		if (rc == SQLITE_OK)
			rc = set_journal(c);
	}
	if (rc == SQLITE_OK)
		return DBN_OK;
	c->broken = true;
	return sq_fail(c, rc, SQ_PHASE_RUN, err);
}

void
sq_state(struct dbn_conn *c, dbn_conn_state *out)
{
	out->txn = sq_txn_state(c);
	out->broken = c->broken;
	out->in_flight = c->nopen;
	out->server_epoch = 0;
}
