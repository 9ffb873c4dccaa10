/* SPDX-License-Identifier: MIT */
/*
 * A stack on the PostgreSQL of the environment (tests/servers/with-postgres) with a
 * table t of 1000 rows, id and "name <id>", which alice sees in full and bob by even
 * ids only.  For plain programs that print TAP; one pool at a time.
 */
#ifndef PGSTACK_H
#define PGSTACK_H

#include <stdbool.h>
#include <stddef.h>

#include <dbnexus/dbnexus.h>

extern char dir[64];
extern int tests, failures;
extern dbn_pool *pool;
extern dbn_session *alice;

void make_dir(void);
void result(bool ok, const char *name);
/* The error is printed and freed. */
bool okay(dbn_status rc, dbn_error **err, const char *what);
/* settings: lines for the end of the configuration; 8 connections. */
void open_pool(const char *settings);
void close_pool(void);
bool exec(const char *sql);
bool fill(void);
/* How often it stands in the trail, as it is in the file now. */
size_t recorded(const char *what);

#endif
