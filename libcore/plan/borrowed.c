/* SPDX-License-Identifier: MIT */
/*
 * What a statement would leave on its connection, or finds there, when the next
 * borrower is somebody else: keys generated for the one before, locks of the
 * session, temporary tables.  By name, also where a policy grants the function.
 */
#include "plan/plan.h"

#define IN_TXN "Take the generated key from the result, or use RETURNING; or call it inside the " \
	"transaction that inserts."
#define NO_LOCK "Use pg_advisory_xact_lock() or SELECT ... FOR UPDATE inside a transaction."

/* Sorted by nothing: a handful, looked at only for functions that need a grant. */
static const struct {
	const char *name;
	uint32_t what;
} functions[] = {
	{ "changes", DBN_BORROWED_IN_TXN }, { "total_changes", DBN_BORROWED_IN_TXN },
	{ "last_insert_rowid", DBN_BORROWED_IN_TXN }, { "last_insert_id", DBN_BORROWED_IN_TXN },
	{ "row_count", DBN_BORROWED_IN_TXN }, { "found_rows", DBN_BORROWED_IN_TXN },
	{ "lastval", DBN_BORROWED_IN_TXN }, { "currval", DBN_BORROWED_IN_TXN },
	{ "pg_advisory_lock", DBN_BORROWED_NEVER }, { "pg_advisory_lock_shared", DBN_BORROWED_NEVER },
	{ "pg_try_advisory_lock", DBN_BORROWED_NEVER },
	{ "pg_try_advisory_lock_shared", DBN_BORROWED_NEVER },
	{ "pg_advisory_unlock", DBN_BORROWED_NEVER }, { "pg_advisory_unlock_shared", DBN_BORROWED_NEVER },
	{ "pg_advisory_unlock_all", DBN_BORROWED_NEVER }, { "get_lock", DBN_BORROWED_NEVER },
	{ "release_lock", DBN_BORROWED_NEVER }, { "release_all_locks", DBN_BORROWED_NEVER },
};

dbn_status
dbn_plan__borrowed(dbn_plan *p, const dbn_sql_result *r, dbn_error **err)
{
	for (uint32_t i = 0; i < r->nfuncs; i++) {
		const dbn_sql_func_use *f = &r->funcs[i];

		if (f->fact && (f->fact->flags & DBN_FN_LISTED))
			continue;
		p->calls = true;
		for (size_t k = 0; k < sizeof functions / sizeof *functions; k++) {
			if (!dbn_text_ieqz(f->name, functions[k].name))
				continue;
			if (functions[k].what == DBN_BORROWED_NEVER)
				return dbn_fail_at(err, DBN_E_UNSUPPORTED, f->pos, NO_LOCK,
					"%s() is about locks of a connection, which others use next",
					functions[k].name);
			p->in_txn_only = functions[k].name;
		}
	}
	return DBN_OK;
}

dbn_status
dbn_plan_not_undone(const dbn_plan *p, dbn_error **err)
{
	return dbn_fail_hint(err, DBN_E_UNSUPPORTED, "Give the table a transactional engine (ALTER TABLE ... "
		"ENGINE=InnoDB), or write it row by row outside of transactions.",
		"\"%.*s\" has an engine without transactions: what is written there would stay when the "
		"rest is undone", DBN_TEXT_ARG(p->never_undone));
}

dbn_status
dbn_plan_borrowed(const dbn_plan *p, dbn_error **err)
{
	if (p->kind == DBN_STMT_ADMIN)
		return dbn_fail_hint(err, DBN_E_UNSUPPORTED, "Create it inside the transaction that uses it.",
			"a temporary table outside a transaction is gone with its connection at once");
	return dbn_fail_hint(err, DBN_E_UNSUPPORTED, IN_TXN,
		"%s() outside a transaction tells of another connection's statements", p->in_txn_only);
}
