/* SPDX-License-Identifier: MIT */
/*
 * What the driver suite is written with: a connection, statements with what they
 * touch in short form, one-line queries.  Statements use ? and are rewritten to
 * $1, $2 ... where the quirk "placeholder dollar" says so.
 */
#ifndef TESTS_CONFORM_DRIVER_H
#define TESTS_CONFORM_DRIVER_H

#include <dbnexus/plugin/driver.h>
#include <dbnexus/value.h>

#include "conformance/conform.h"

#define DRV_MAX_ACCESS 64
#define DRV_MAX_TYPES 16

typedef struct drv {
	conform *cf;
	const dbn_driver_ops *ops;
	void *self;
	const dbn_host *host;
	dbn_dialect dialect;
	struct dbn_conn *c;         /* the first connection */
	uint64_t no;                /* last statement number */
} drv;

/* The frame of a case: connects, and disconnects in drv_close(). */
bool drv_open(conform *cf, drv *d);
void drv_close(drv *d);
struct dbn_conn *drv_connect(drv *d, uint32_t read_only);
bool drv_can(const drv *d, uint64_t capability);

/* An administrative statement; false and a failed check where it fails. */
bool drv_admin(drv *d, struct dbn_conn *c, const char *sql);

/* How a statement is prepared: access "r t id; i t; u t n; d t; e lower". */
typedef struct drv_stmt {
	struct dbn_stmt *s;
	dbn_stmt_info info;
} drv_stmt;
dbn_status drv_prepare_typed(drv *d, struct dbn_conn *c, const char *sql, const char *access,
	const dbn_type *params, uint32_t nparams, const dbn_type *results, uint32_t nresults,
	uint32_t flags, drv_stmt *out);
dbn_status drv_prepare(drv *d, struct dbn_conn *c, const char *sql, const char *access,
	drv_stmt *out);
dbn_status drv_execute(drv *d, drv_stmt *s, dbn_args args, uint32_t flags, dbn_outcome *out,
	struct dbn_cursor **cur);
/* Prepare, run, close. */
dbn_status drv_run(drv *d, struct dbn_conn *c, const char *sql, const char *access, dbn_args args,
	uint64_t *affected);
/* One integer cell; INT64_MIN where there is no row, or no integer. */
int64_t drv_int(drv *d, struct dbn_conn *c, const char *sql, const char *access, dbn_args args);
dbn_status drv_begin(drv *d, struct dbn_conn *c, uint32_t read_only);
dbn_status drv_commit(drv *d, struct dbn_conn *c);
dbn_status drv_rollback(drv *d, struct dbn_conn *c);
uint32_t drv_txn(drv *d, struct dbn_conn *c);
uint64_t drv_in_ms(const drv *d, uint64_t ms);
bool drv_text_is(const dbn_value *v, const char *want);
/* The same type and the same value, to the last digit and the sign of a zero. */
bool drv_same(const dbn_value *a, const dbn_value *b);
/* A relation of the catalogue (schema "": the default), and what is said of it; release
 * out->memory. */
dbn_status drv_describe(drv *d, struct dbn_conn *c, const char *schema, const char *name,
	dbn_relation_info *out);
const dbn_column_desc *drv_column(const dbn_relation_info *r, const char *name);
bool drv_has_effect(const dbn_relation_info *r, uint32_t what, const char *on, uint32_t action);
/* The table most cases use: t(id integer primary key, name varchar(40), n bigint). */
bool drv_make_t(drv *d, unsigned rows);

#define DRV_SELECT_T "r t id; r t name; r t n"

/* The cases, by file. */
extern const conform_case drv_cases_basic[], drv_cases_rows[], drv_cases_values[],
	drv_cases_txn[], drv_cases_stop[], drv_cases_access[], drv_cases_many[],
	drv_cases_catalog[], drv_cases_long[];
extern const size_t drv_ncases_basic, drv_ncases_rows, drv_ncases_values, drv_ncases_txn,
	drv_ncases_stop, drv_ncases_access, drv_ncases_many, drv_ncases_catalog, drv_ncases_long;

#endif
