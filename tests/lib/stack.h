/* SPDX-License-Identifier: MIT */
/*
 * A stack in a folder of its own: SQLite or a database of a server, the policy given, a cache in memory and
 * an audit trail, opened from files as an application opens them.
 */
#ifndef TESTS_LIB_STACK_H
#define TESTS_LIB_STACK_H

#include <dbnexus/dbnexus.h>

typedef struct stack {
	char dir[64];
	char database[48];        /* on a server: its own; else empty */
	dbn_pool *pool;
	dbn_session *session;     /* as the user named */
} stack;

/* The environment's DBN_TEST_DB: "sqlite" (without it), "postgres" or "mysql", whose
 * server tests/servers/with-... has started. */
const char *stack_database(void);
/* rules: the inside of rules = ( ... ) of the policy; users alice (admin) and bob
 * (guest).  Fails the test on error. */
void stack_open(stack *st, const char *rules, const char *user);
/* The same with the inside of driver = { }, and more of the configuration. */
void stack_open_with(stack *st, const char *driver, const char *more, const char *rules,
	const char *user);
/* Where its database is: for another pool. */
void stack_url(const stack *st, char *out, size_t size);
/* CREATE TABLE as SQLite takes it, said for the database at hand. */
void stack_table(stack *st, const char *sql);
/* SQL for PostgreSQL's own client, past the pool. */
void stack_elsewhere(const stack *st, const char *sql);
dbn_session *stack_session(stack *st, const char *user);
void stack_close(stack *st);

#endif
