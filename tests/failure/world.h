/* SPDX-License-Identifier: MIT */
/*
 * What the failure tests share: TAP, a real server that they stop, kill and start
 * again, stacks that reach it through the proxy or directly, and a ledger of what
 * must be in the table in the end.
 */
#ifndef TESTS_FAILURE_WORLD_H
#define TESTS_FAILURE_WORLD_H

#include <dbnexus/dbnexus.h>

#include "proxy.h"

#define MS UINT64_C(1000000)
#define SEED_ROWS 200

/* ---- TAP ---- */
/* One case; comments said before it by tap_note() are shown where it fails. */
bool tap_ok(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Something is wrong: counted, the first few are shown.  Any thread. */
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* How many notes since the last case. */
int tap_notes(void);
int tap_end(void);
/* It has not ended by then: say so and end. */
void tap_guard(unsigned seconds);
uint64_t now_ns(void);
void sleep_ms(unsigned ms);

/* ---- the server ---- */
typedef struct world {
	bool postgres;
	int protocol;
	char dir[128];              /* the server's */
	char socket[160];           /* the server's */
	char work[64];              /* ours: configurations, the proxy's socket */
	char direct_url[512], proxy_url[512];
	uint16_t port;              /* the server's, of the loopback */
	proxy *px;
	dbn_pool *direct;           /* for looking and for making tables */
} world;

void world_open(world *w);          /* by the environment of with-postgres, with-mariadb */
void world_close(world *w);
void server_kill(world *w);         /* SIGKILL, all of it; waits until it is gone */
void server_start(world *w);        /* unless it runs */
void server_signal(world *w, int sig);
/* Anything of the server's that runs as a process. */
size_t server_processes(const world *w, int *pids, size_t max);

/* ---- stacks ---- */
/* pool: the inside of pool = { }; more: the rest of the configuration. */
dbn_status stack_try(const world *w, const char *url, const char *driver, const char *pool,
	const char *more, dbn_pool **out, dbn_error **err);
dbn_pool *stack_make(const world *w, const char *url, const char *driver, const char *pool,
	const char *more);
dbn_session *session_make(dbn_pool *p);
/* Run it, or end the test. */
void must(dbn_session *s, const char *sql);

/* ---- errors ---- */
/* Is this what a caller should get?  Says what is wrong with it, and frees it.
 * allowed: statuses, ended by DBN_OK. */
void judge(const char *where, dbn_status rc, dbn_error *err, const dbn_status *allowed);

/* ---- the ledger: ids of fault_rows ---- */
enum { ROW_ABSENT, ROW_THERE, ROW_EITHER };
int64_t ledger_take(size_t n);      /* n new ids that follow each other: all there or none */
/* What rc means for them: OK: there; unknown: either; else absent. */
void ledger_put(int64_t first, size_t n, dbn_status rc);
/* Reads the table; notes every row that is wrong, missing, twice or half a group. */
void ledger_check(world *w, const char *when);
size_t ledger_count(int what);
void ledger_reset(world *w);

/* ---- statements on the tables that world_open() made ---- */
void seed_word(int64_t id, char *out, size_t size);
/* One row of fault_seed, judged; OK means it was the right one. */
dbn_status seed_read(dbn_session *s, int64_t id, const dbn_query_opts *opts, dbn_error **err);
/* All of them, in order; OK means exactly all. */
dbn_status seed_scan(dbn_session *s, const dbn_query_opts *opts, dbn_error **err);
dbn_status row_insert(dbn_session *s, int64_t id, int64_t grp, const dbn_query_opts *opts,
	dbn_error **err);

#endif
