/* SPDX-License-Identifier: MIT */
/*
 * Cases of driver-postgres beyond the driver suite, on a server of their own
 * (tests/servers/with-postgres).
 */
#ifndef TESTS_DRIVER_POSTGRES_CHECK_H
#define TESTS_DRIVER_POSTGRES_CHECK_H

#include "conformance/driver.h"

/* Connect with this url; *c NULL where that fails (the error is in cf->err). */
dbn_status pgt_connect(conform *cf, const char *url, struct dbn_conn **c);
/* The same with settings of their own, "name=value" each, NULL-ended. */
dbn_status pgt_connect_set(conform *cf, fake_plugin *fp, const char *const *settings,
	const char *url, struct dbn_conn **c);
/* One cell as text ("" for NULL) of a statement without parameters. */
bool pgt_text(drv *d, struct dbn_conn *c, const char *sql, char *out, size_t size);
/* The backend of a connection. */
int64_t pgt_pid(drv *d, struct dbn_conn *c);
/* Until that backend sleeps in pg_sleep(), as another connection sees it: what was sent
 * is under way, and a signal or a cancel meets it.  One that comes before is ignored
 * (a cancel), or told between two statements (an end). */
void pgt_await_sleep(drv *d, struct dbn_conn *witness, int64_t pid);
bool pgt_broken(drv *d, struct dbn_conn *c);
void pgt_forget_error(conform *cf);
/* After a crash the server lets nobody in for a while. */
struct dbn_conn *pgt_connect_again(conform *cf);
/* A backend was killed by SIGKILL: the server ends all others too, a moment later,
 * and until then it still lets people in.  Wait until this one has lost its
 * connection, and close it (NULL: nothing to do).  The case's error stays. */
void pgt_await_crash(drv *d, struct dbn_conn *witness);

extern const conform_case pgt_types[], pgt_groups[], pgt_loads[], pgt_reach[], pgt_stops[];
extern const size_t pgt_ntypes, pgt_ngroups, pgt_nloads, pgt_nreach, pgt_nstops;

#endif
