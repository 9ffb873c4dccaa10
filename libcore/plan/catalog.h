/* SPDX-License-Identifier: MIT */
/*
 * What is known of the relations of one database: read through the driver on
 * first use, kept by version.  A relation once handed out lives as long as the
 * view that asked holds it, even past the catalogue; when it changed, a new
 * description takes its place.  Any thread; lock: catalog->lock, not held across
 * driver calls.  A view is one thread's.
 */
#ifndef DBN_PLAN_CATALOG_H
#define DBN_PLAN_CATALOG_H

#include "pool/connset.h"
#include "sql/catalog.h"

typedef struct dbn_catalog dbn_catalog;

/* database: logical name, kept; source: where it is read; borrowed until close. */
dbn_status dbn_catalog_open(const char *database, const dbn_dialect *dialect, dbn_connset *source,
	dbn_catalog **out, dbn_error **err);
void dbn_catalog_close(dbn_catalog *c);
/* What one asker has been given: held->.. stands in the arena. */
typedef struct dbn_catalog_hold dbn_catalog_hold;
typedef struct dbn_catalog_view {
	dbn_catalog *catalog;
	dbn_arena *arena;
	dbn_catalog_hold *held;
} dbn_catalog_view;

/* For the resolver: user is a dbn_catalog_view. */
dbn_status dbn_catalog_lookup(void *user, const dbn_sql_name *name, const dbn_sql_relation **out,
	dbn_error **err);
/* The relations that a view was given are not used any more; the arena still stands. */
void dbn_catalog_let_go(dbn_catalog_hold *held);
/* Moves whenever something known may no longer be so: plans compare it first. */
uint64_t dbn_catalog_epoch(const dbn_catalog *c);
/* Until when this thread waits for the database to describe something (dbn_now_ns();
 * 0: as long as the catalogue itself would): DBN_E_TIMEOUT then.  Returns what was. */
uint64_t dbn_catalog_until(uint64_t deadline_ns);
/* Is this description, held, known to be the one in force?  Cheap, any thread. */
bool dbn_catalog_current(const dbn_sql_relation *rel);
/* The same, asking the database where that is not known. */
bool dbn_catalog_holds(const dbn_sql_relation *rel);
/* Forget what is known, after DDL or an error that smells of one. */
dbn_status dbn_catalog_forget(dbn_catalog *c);
/* Ask the database whether its schema moved; forget if so. */
dbn_status dbn_catalog_poll(dbn_catalog *c, bool *moved, dbn_error **err);

/* The same because of a name that is not known: a flood of them asks now and then. */
dbn_status dbn_catalog_look(dbn_catalog *c, bool *moved, dbn_error **err);

/* A session with its own uncommitted DDL: reads on its own connection, keeps nothing
 * of it for others. */
dbn_status dbn_catalog_private(const dbn_catalog *c, dbn_pconn *conn, dbn_catalog **out,
	dbn_error **err);

#endif
