/* SPDX-License-Identifier: MIT */
/*
 * Inside the rewriting of writes: one statement, its target, and the conditions
 * on the row before and after.
 */
#ifndef DBN_PLAN_REWRITE_WRITE_H
#define DBN_PLAN_REWRITE_WRITE_H

#include "plan/rewrite_impl.h"

struct dbn__write {
	dbn__rw *rw;
	dbn_sql_stmt *s;
	dbn__rel *rel;
	uint32_t pos;
	uint64_t *columns;      /* written by the user's text */
	dbn__conds old;         /* the row as it was */
	dbn__conds fresh;       /* the row as it is written */
};

/* ---- rewrite_check.c ---- */
/* DBN_E_UNSUPPORTED: what, and why not on this relation. */
dbn_status dbn__write_refuse(struct dbn__write *w, const char *what, const char *why);
/* dbn_require(<condition>, 'rule ids') on the target; flags: DBN_XF_EXCLUDED.  NULL:
 * rw->status. */
dbn_sql_expr *dbn__write_require(struct dbn__write *w, const dbn__cond1 *c, uint32_t flags);
/* w->fresh as hidden columns of RETURNING. */
dbn_status dbn__write_append_checks(struct dbn__write *w, uint32_t action);
/* The generated key as the first hidden column, where RETURNING alone tells it. */
dbn_status dbn__write_append_key(struct dbn__write *w);
/* Conditions that the old row met and that no written column is part of are met. */
dbn_status dbn__write_drop_untouched(struct dbn__write *w, const uint64_t *columns);

/* ---- rewrite_sets.c ---- */
/* w->fresh, said over what is known before the row is written, inside the first value. */
dbn_status dbn__write_check_values(struct dbn__write *w);

/* ---- rewrite_preset.c ---- */
/* Presets of UPDATE behind the sets; their columns are marked in columns. */
dbn_status dbn__write_preset_sets(struct dbn__write *w, dbn_sql_set **sets, uint32_t *nsets,
	uint64_t *columns);
/* Presets of INSERT: columns, and values in every row of the source. */
dbn_status dbn__write_preset_insert(struct dbn__write *w);

#endif
