/* SPDX-License-Identifier: MIT */
/*
 * Two-phase commit when servers and wires fail, at the driver's border: each of
 * its steps is cut, frozen and loses its server at every message.  What the driver
 * says must be so: done is done, an error means that nothing has changed, and only
 * a lost reply leaves it unknown; then asking the server and deciding again ends it,
 * and no row is lost or there twice.
 *
 * twophase [PART]: cut, frozen or killed alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dbnexus/plugin/driver.h>

#include "lib/fake_host.h"
#include "world.h"

enum { PREPARE, COMMIT, ROLLBACK, STEPS };
static const char *const names[STEPS] = { "prepare", "commit prepared", "rollback prepared" };
static const uint32_t ends[STEPS] = { DBN_END_PREPARE, DBN_END_COMMIT_PREPARED,
	DBN_END_ROLLBACK_PREPARED };

#define MAX_MESSAGES 64
#define PATIENCE_MS 60000

static world w;
static fake_plugin plugin;
static const dbn_driver_ops *ops;
static uint64_t statement_no;
static int64_t next_id;
static size_t done, failed, unknown;

/* One try: its row, its global id, and what its step answered. */
typedef struct try {
	struct dbn_conn *c;
	int64_t id, server_side;    /* the server's number of the connection */
	char gid[48];
	int step;
	dbn_status rc;
	char where[160];
} try;

static dbn_text
text_of(const char *z)
{
	return (dbn_text){ z, strlen(z) };
}

static dbn_call
within(uint64_t ms)
{
	dbn_call call = DBN_CALL_INIT;

	call.deadline_ns = plugin.fh.host.now_ns(&plugin.fh.host) + ms * MS;
	return call;
}

/* NULL: it cannot be reached. */
static struct dbn_conn *
connect_to(const char *url)
{
	dbn_connect_opts o = { .call = within(PATIENCE_MS) };
	struct dbn_conn *c = NULL;

	o.url = text_of(url);
	return ops->connect(plugin.self, &o, &c, NULL) == DBN_OK ? c : NULL;
}

/* A server that was away lets nobody in for a while. */
static struct dbn_conn *
reach(const char *url)
{
	for (int i = 0; i < 600; i++) {
		struct dbn_conn *c = connect_to(url);

		if (c)
			return c;
		sleep_ms(50);
	}
	printf("Bail out! the server cannot be reached\n");
	exit(1);
}

/* One integer, *out; or a statement without rows. */
static dbn_status
run(struct dbn_conn *c, const char *sql, int64_t *out)
{
	dbn_prepare_opts po = { .call = within(PATIENCE_MS) };
	dbn_exec_opts eo = { .call = po.call, .flags = out ? DBN_EXEC_ROWS : 0 };
	dbn_stmt_info info = { .struct_size = (uint32_t)sizeof info };
	dbn_outcome oc = { .struct_size = (uint32_t)sizeof oc };
	dbn_rowset rows = { .struct_size = (uint32_t)sizeof rows };
	struct dbn_stmt *s = NULL;
	struct dbn_cursor *cur = NULL;
	dbn_status rc = ops->prepare(c, text_of(sql), &po, &s, &info, NULL);

	eo.statement_no = ++statement_no;
	if (rc == DBN_OK)
		rc = ops->execute(s, NULL, 0, &eo, &oc, out ? &cur : NULL, NULL);
	if (rc == DBN_OK && out) {
		rc = cur ? ops->fetch(cur, 1, &rows, NULL) : DBN_DONE;
		if (rc == DBN_OK)
			*out = rows.cells[0].u.i64;
	}
	if (cur)
		ops->close_cursor(cur);
	if (s)
		ops->close_stmt(s);
	return rc;
}

static int64_t
number(struct dbn_conn *c, const char *sql)
{
	int64_t n = -1;
	dbn_status rc = run(c, sql, &n);

	if (rc != DBN_OK)
		tap_note("%s: %s", sql, dbn_status_name(rc));
	return n;
}

/* ---- a try, up to the step that is to be broken ---- */

static dbn_status
end_it(struct dbn_conn *c, const char *gid, uint32_t how, uint64_t ms, dbn_error **err)
{
	dbn_end_opts o = { .call = within(ms) };

	o.global_id = text_of(gid);
	return ops->end(c, how, &o, err);
}

static void
set_out(try *t, int step)
{
	dbn_begin_opts b = { .call = within(PATIENCE_MS) };
	char sql[160];

	*t = (try){ .id = next_id++, .step = step, .c = reach(w.proxy_url) };
	t->server_side = number(t->c, w.postgres ? "SELECT pg_backend_pid()::bigint"
		: "SELECT CAST(CONNECTION_ID() AS SIGNED)");
	(void)snprintf(t->gid, sizeof t->gid, "dbn-fault-%lld", (long long)t->id);
	b.global_id = text_of(t->gid);
	(void)snprintf(sql, sizeof sql, "INSERT INTO fault_two (id) VALUES (%lld)", (long long)t->id);
	if (ops->begin(t->c, &b, NULL) != DBN_OK || run(t->c, sql, NULL) != DBN_OK)
		tap_note("%s: it does not even begin", t->gid);
	if (step != PREPARE && end_it(t->c, t->gid, DBN_END_PREPARE, PATIENCE_MS, NULL) != DBN_OK)
		tap_note("%s: it is not prepared", t->gid);
	/* what needs no reply has passed the proxy, too */
	if (ops->ping(t->c, &b.call, NULL) != DBN_OK)
		tap_note("%s: no answer", t->gid);
}

/* ---- what is true afterwards ---- */

typedef struct seen {
	const char *gid;
	int times;
} seen;

static dbn_status
see(dbn_text gid, int64_t age_us, void *user)
{
	seen *s = (seen *)user;

	(void)age_us;
	s->times += gid.len == strlen(s->gid) && memcmp(gid.ptr, s->gid, gid.len) == 0;
	return DBN_OK;
}

static int
listed(struct dbn_conn *c, const char *gid)
{
	dbn_call call = within(PATIENCE_MS);
	seen s = { gid, 0 };

	if (ops->list_prepared(c, text_of("dbn-fault-"), &call, see, &s, NULL) != DBN_OK)
		tap_note("%s: what is prepared cannot be asked", gid);
	return s.times;
}

static int64_t
rows_of(struct dbn_conn *c, const try *t)
{
	char sql[120];

	(void)snprintf(sql, sizeof sql, "SELECT count(*) FROM fault_two WHERE id = %lld",
		(long long)t->id);
	return number(c, sql);
}

/* The server has noticed that the connection is gone: nothing happens there any more. */
static void
await_gone(struct dbn_conn *c, const try *t)
{
	char sql[160];

	(void)snprintf(sql, sizeof sql, w.postgres
		? "SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE pid = %lld"
		: "SELECT count(*) FROM information_schema.PROCESSLIST WHERE ID = %lld",
		(long long)t->server_side);
	for (int i = 0; i < 2000 && number(c, sql) != 0; i++)
		sleep_ms(5);
}

/* What the answer of the step promised.  A rollback that MariaDB answered may be
 * undone by a crash right after it: then the branch is there again, to be decided. */
static void
check_answer(struct dbn_conn *c, const try *t, bool crashed)
{
	int there = listed(c, t->gid);
	int64_t rows = rows_of(c, t);

	if (there > 1 || rows > 1 || rows < 0 || (there && rows))
		tap_note("%s: prepared %d times, %lld rows", t->where, there, (long long)rows);
	if (t->rc == DBN_E_UNKNOWN_OUTCOME)
		return;
	if (t->step == PREPARE && (there != (t->rc == DBN_OK) || rows))
		tap_note("%s: %s, but it is %sprepared", t->where, dbn_status_name(t->rc),
			there ? "" : "not ");
	if (t->step == COMMIT && (rows != (t->rc == DBN_OK) || there != (t->rc != DBN_OK)))
		tap_note("%s: %s, but %lld rows and %d prepared", t->where, dbn_status_name(t->rc),
			(long long)rows, there);
	if (t->step == ROLLBACK && (rows || (there != (t->rc != DBN_OK) && (w.postgres || !crashed))))
		tap_note("%s: %s, but %lld rows and %d prepared", t->where, dbn_status_name(t->rc),
			(long long)rows, there);
}

/* As a coordinator would: what is listed is decided, what is not is decided already.
 * Deciding twice says that there is nothing to decide. */
static void
resolve(struct dbn_conn *c, const try *t)
{
	bool commit = t->step == COMMIT || (t->step == PREPARE && t->rc == DBN_OK);
	uint32_t how = commit ? DBN_END_COMMIT_PREPARED : DBN_END_ROLLBACK_PREPARED;
	dbn_error *err = NULL;
	dbn_status rc;

	if (listed(c, t->gid) && (rc = end_it(c, t->gid, how, PATIENCE_MS, &err)) != DBN_OK)
		tap_note("%s: it is prepared and cannot be decided: %s: %s", t->where, dbn_status_name(rc),
			dbn_error_message(err));
	dbn_error_free(err);
	rc = end_it(c, t->gid, how, PATIENCE_MS, &err);
	if (rc != DBN_E_NOT_FOUND || !*dbn_error_hint(err))
		tap_note("%s: deciding again is %s: %s (%s)", t->where, dbn_status_name(rc),
			dbn_error_message(err), dbn_error_hint(err));
	dbn_error_free(err);
	if (listed(c, t->gid) || rows_of(c, t) != commit)
		tap_note("%s: decided, %lld rows", t->where, (long long)rows_of(c, t));
}

static void
finish(try *t, bool crashed)
{
	struct dbn_conn *c;

	ops->disconnect(t->c);
	proxy_arm(w.px, NULL);
	proxy_cut_all(w.px);
	c = reach(w.direct_url);
	await_gone(c, t);
	check_answer(c, t, crashed);
	resolve(c, t);
	ops->disconnect(c);
	done += t->rc == DBN_OK;
	unknown += t->rc == DBN_E_UNKNOWN_OUTCOME;
	failed += t->rc != DBN_OK && t->rc != DBN_E_UNKNOWN_OUTCOME;
}

/* ---- breaking it ---- */

static void
broken_step(int step, const proxy_fault *f, const char *how, uint64_t ms)
{
	static const dbn_status allowed[] = { DBN_E_CONN, DBN_E_TIMEOUT, DBN_E_UNKNOWN_OUTCOME, DBN_OK };
	dbn_conn_state st = { .struct_size = (uint32_t)sizeof st };
	dbn_error *err = NULL;
	uint64_t began;
	try t;

	set_out(&t, step);
	(void)snprintf(t.where, sizeof t.where, "%s, %s after %zu+%zu bytes %s", names[step], how,
		f->message, f->bytes, f->direction == PROXY_TO_SERVER ? "to the server" : "to us");
	proxy_arm(w.px, f);
	began = now_ns();
	t.rc = end_it(t.c, t.gid, ends[step], ms, &err);
	if (now_ns() - began > (ms + 30000) * MS)
		tap_note("%s: it took %llu ms", t.where, (unsigned long long)((now_ns() - began) / MS));
	if (!proxy_fired(w.px))
		tap_note("%s: it was not", t.where);
	judge(t.where, t.rc, err, allowed);
	ops->state(t.c, &st);
	if (t.rc != DBN_OK && !st.broken)
		tap_note("%s: %s, and the connection would be used again", t.where, dbn_status_name(t.rc));
	if (f->kind == PROXY_CALL)
		server_start(&w);
	finish(&t, f->kind == PROXY_CALL);
}

typedef struct shape {
	size_t n[2];
	size_t len[2][MAX_MESSAGES];
} shape;

/* What the step sends and gets when nothing happens. */
static void
learn(int step, shape *sh)
{
	const proxy_fault nothing = { .kind = PROXY_NOTHING };
	try t;

	set_out(&t, step);
	(void)snprintf(t.where, sizeof t.where, "%s, undisturbed", names[step]);
	proxy_arm(w.px, &nothing);
	t.rc = end_it(t.c, t.gid, ends[step], PATIENCE_MS, NULL);
	for (int d = 0; d < 2; d++)
		sh->n[d] = proxy_messages(w.px, d, sh->len[d], MAX_MESSAGES);
	if (t.rc != DBN_OK || !sh->n[0] || !sh->n[1] || sh->n[0] > MAX_MESSAGES ||
		sh->n[1] > MAX_MESSAGES)
		tap_note("%s: %s, %zu + %zu messages", t.where, dbn_status_name(t.rc), sh->n[0], sh->n[1]);
	finish(&t, false);
}

static void
begin_part(int step, shape *sh)
{
	learn(step, sh);
	done = failed = unknown = 0;
}

static void
end_part(int step, const char *how)
{
	(void)tap_ok(unknown > 0, "%s %s: %zu done, %zu failed, %zu unknown", names[step], how, done,
		failed, unknown);
}

static void
cut(int step)
{
	shape sh;

	begin_part(step, &sh);
	for (int d = 0; d < 2; d++)
		for (size_t m = 0; m < sh.n[d] && tap_notes() < 20; m++) {
			size_t len = sh.len[d][m], at[] = { 0, 1, 5, len / 2, len - 1 };

			for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
				proxy_fault f = { .kind = PROXY_CUT, .direction = d, .message = m,
					.bytes = at[i] };

				if (!i || (at[i] > at[i - 1] && at[i] < len))
					broken_step(step, &f, "cut", PATIENCE_MS);
			}
		}
	end_part(step, "cut");
}

static void
frozen(int step)
{
	shape sh;

	begin_part(step, &sh);
	for (int d = 0; d < 2; d++)
		for (size_t m = 0; m < sh.n[d] && tap_notes() < 20; m++) {
			proxy_fault f = { .kind = PROXY_FREEZE, .direction = d, .message = m };

			broken_step(step, &f, "frozen", 100);
		}
	end_part(step, "frozen");
}

static void
kill_it(void *user)
{
	server_kill((world *)user);
}

static void
killed(int step)
{
	shape sh;

	begin_part(step, &sh);
	for (int d = 0; d < 2; d++) {
		proxy_fault f = { .kind = PROXY_CALL, .direction = d, .message = sh.n[d] - 1,
			.bytes = d == PROXY_TO_SERVER ? 0 : 1, .call = kill_it, .user = &w };

		broken_step(step, &f, "server killed", PATIENCE_MS);
		if (d == PROXY_TO_SERVER) { /* it has the question, and no time to answer */
			f.bytes = sh.len[d][f.message] - 1;
			broken_step(step, &f, "server killed", PATIENCE_MS);
		}
	}
	end_part(step, "when the server is killed");
}

static void
open_driver(void)
{
	static const char *const pg[] = { "cancel_wait=50 ms", "search_path=public", NULL };
	static const char *const my[] = { "stop_wait=50 ms", NULL };
	const char *name = w.postgres ? "driver-postgres" : "driver-mysql";
	char path[300];
	dbn_error *err = NULL;

	(void)snprintf(path, sizeof path, "%s/plugins/%s/.libs/%s.so", getenv("DBN_TOP_BUILD"), name,
		name);
	if (fake_plugin_open(&plugin, path, NULL, w.postgres ? pg : my, NULL, &err) != DBN_OK) {
		printf("Bail out! %s: %s\n", path, dbn_error_message(err));
		exit(1);
	}
	ops = (const dbn_driver_ops *)plugin.desc->ops;
}

static void
make_table(void)
{
	dbn_session *s = session_make(w.direct);

	must(s, "DROP TABLE IF EXISTS fault_two");
	must(s, "CREATE TABLE fault_two (id BIGINT NOT NULL PRIMARY KEY)");
	dbn_session_close(s);
}

int
main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : "";
	static const struct { const char *name; void (*run)(int step); } parts[] = {
		{ "cut", cut }, { "frozen", frozen }, { "killed", killed },
	};

	tap_guard(280);
	world_open(&w);
	open_driver();
	make_table();
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		for (int step = 0; step < STEPS; step++)
			if (strncmp(parts[i].name, only, strlen(only)) == 0)
				parts[i].run(step);
	fake_plugin_close(&plugin);
	world_close(&w);
	return tap_end();
}
