/* SPDX-License-Identifier: MIT */
/*
 * A database in memory, a policy as text and users: statements go the real way
 * (parse, rewrite, print) and run on SQLite without any driver.  For tests of
 * what a policy means.
 */
#ifndef TESTS_LAB_H
#define TESTS_LAB_H

#include <sqlite3.h>

#include "lib/fake_host.h"
#include "plan/rewrite.h"

typedef struct lab {
	sqlite3 *db;
	fake_plugin plugin;
	dbn_authority *authority;
	dbn_arena catalog_arena;
	struct lab_relation *relations;
	dbn_sql_catalog catalog;
	char policy_path[64];
	int64_t now_us;
	dbn_client client;
	bool broken;            /* say what is sent, on standard error */
	bool authorize;         /* compare with SQLite's authorizer */
	dbn_arena arena;        /* of the last statement */
	dbn_rewritten last;     /* what was made of it */
	dbn_str sql;            /* what was sent */
	struct lab_seen *seen;
} lab;

/* A database made by schema (SQL, may be many statements) under the policy. */
void lab_open(lab *l, const char *schema, const char *policy);
void lab_close(lab *l);
/* The policy is replaced; DBN_OK, or what the new one is refused with (detail). */
dbn_status lab_policy(lab *l, const char *policy, char *why, size_t size);
/* The catalogue forgets what it knows. */
void lab_forget(lab *l);

/*
 * Run as a user: rows as text, cells parted by '|', rows by '\n', NULL as "~".
 * A failure gives "!STATUS message".  Free with free().  args: text each, NULL-ended
 * list; may be NULL.  A leading '#' binds an integer.
 */
char *lab_run(lab *l, const char *user, const char *sql, const char *const *args);
/* The same past every rule: what is really there. */
char *lab_raw(lab *l, const char *sql);

/* Assertions that show the statement, what came and what was sent. */
void lab_expect(lab *l, const char *file, int line, const char *user, const char *sql,
	const char *want);
void lab_refused(lab *l, const char *file, int line, const char *user, const char *sql,
	const char *status, const char *part);
void lab_truth(lab *l, const char *file, int line, const char *sql, const char *want);
#define GIVES(l, user, sql, want) lab_expect((l), __FILE__, __LINE__, (user), (sql), (want))
/* status: "DENIED"; part: must be in the message, may be NULL */
#define REFUSED(l, user, sql, status, part) \
	lab_refused((l), __FILE__, __LINE__, (user), (sql), (status), (part))
#define TRUTH(l, sql, want) lab_truth((l), __FILE__, __LINE__, (sql), (want))

#endif
