/* SPDX-License-Identifier: MIT */
/*
 * The end of a run, however far it went: connection back, cache, catalogue, audit
 * and metrics told, once.
 */
#include <stdarg.h>
#include <string.h>

#include "base/str.h"
#include "error/error.h"
#include "session/session_impl.h"

#define MYSQL_TWO_ROWS 1242     /* ER_SUBQUERY_NO_1_ROW */

/* What a withheld error may still say. */
static const char *
in_general(dbn_status rc)
{
	switch (rc) {
	case DBN_E_DUPLICATE:
		return "a row with such a key is there already";
	case DBN_E_CONSTRAINT:
		return "a constraint of the table forbids it";
	case DBN_E_VALUE:
		return "a value does not fit or cannot be computed";
	default:
		return "it has failed";
	}
}

dbn_status
dbn_session__withhold(bool restricted, dbn_status rc, dbn_error **err)
{
	dbn_error *old = err ? *err : NULL;

	if (!old || !restricted || !*dbn_error_plugin(old) ||
		(rc != DBN_E_DUPLICATE && rc != DBN_E_CONSTRAINT && rc != DBN_E_VALUE &&
			rc != DBN_E_INTERNAL))
		return rc;
	*err = NULL;
	(void)dbn_fail_hint(err, rc,
		"Details are withheld because the policy hides or masks rows of this table.",
		"the database refuses the statement: %s", in_general(rc));
	dbn_error_free(old);
	return rc;
}

/* "... \"dbn_require: rule\"" of a cast that could not be; len 0: another error. */
static dbn_text
raised_rules(const char *message)
{
	static const char mark[] = "\"dbn_require: ";
	const char *p = strstr(message, mark), *end;

	if (!p)
		return dbn_text_n(NULL, 0);
	p += sizeof mark - 1;
	end = strrchr(p, '"');
	return dbn_text_n(p, end ? (size_t)(end - p) : strlen(p));
}

static dbn_status refusal(const dbn_fail_info *f, dbn_error **err, const char *fmt, ...)
	DBN_PRINTF(3, 4);

static dbn_status
refusal(const dbn_fail_info *f, dbn_error **err, const char *fmt, ...)
{
	va_list ap;
	dbn_status rc;

	va_start(ap, fmt);
	rc = dbn_fail_full(err, f, NULL, NULL, fmt, ap);
	va_end(ap);
	return rc;
}

/* The rules whose check of written rows has failed, as the driver can tell; len 0:
 * another error. */
static dbn_text
failed_rules(const dbn_rows *r, const dbn_error *e)
{
	switch (r->plan->dialect ? r->plan->dialect->id : DBN_DIALECT_SQLITE) {
	case DBN_DIALECT_MYSQL:
		return dbn_text_z(dbn_error_native_code(e) == MYSQL_TWO_ROWS
			? "a rule, or a subquery that gives more than one row" : "");
	case DBN_DIALECT_SQLITE: /* a function of its driver's */
		return dbn_text_z(strcmp(dbn_error_sqlstate(e), "44000") == 0
			? dbn_error_detail(e) : "");
	default:
		return raised_rules(dbn_error_detail(e));
	}
}

/* A failed check of written rows is the policy's refusal, whatever the database
 * calls it (see rewrite_check.c). */
static dbn_status
name_refusal(const dbn_rows *r, dbn_status rc, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f, .status = DBN_E_DENIED };
	dbn_error *old = err ? *err : NULL;
	bool named = !r->plan->dialect || r->plan->dialect->id != DBN_DIALECT_MYSQL;

	if (!old || !r->plan->checks || !*dbn_error_plugin(old))
		return rc;
	f.detail = failed_rules(r, old);
	if (!f.detail.len)
		return rc;
	memcpy(f.sqlstate, "44000", 6);
	f.hint = dbn_text_z("Write other values, or change the check of the rule.");
	*err = NULL;
	rc = refusal(&f, err, "user \"%.*s\" may not write this row: it does not fit the check of %s%.*s",
		DBN_TEXT_ARG(r->s->subject->user), named ? "rule " : "", DBN_TEXT_ARG(f.detail));
	dbn_error_free(old);
	return rc;
}

/* The plan was made for a schema that is no more: it, the catalogue and what was
 * prepared are forgotten. */
static void
forget_schema(dbn_rows *r)
{
	dbn_session *s = r->s;
	struct dbn_pstmt *stmt = r->stmt;

	(void)dbn_catalog_forget(s->own && s->txn_db == r->db ? s->own : r->db->catalog);
	dbn_session__forget_plan(s, r->plan);
	if (!stmt || !r->conn || r->cur)
		return;
	r->stmt = NULL;
	dbn_pconn_done(r->conn, stmt);
	dbn_pconn_forget(r->conn, r->plan->recipe.id);
}

void
dbn_session__let_go(dbn_rows *r, dbn_error **why)
{
	dbn_session__disconnect(r);
	if (r->outcome.error != *why)
		dbn_error_free(r->outcome.error);
	r->outcome.error = NULL;
	dbn_session__abandon(r);
	dbn_session__drop_run(r);
	dbn_error_free(*why);
	*why = NULL;
}

bool
dbn_session__again(dbn_rows *r, dbn_status rc, dbn_error **why)
{
	dbn_session *s = r->s;

	if ((rc != DBN_E_SCHEMA && rc != DBN_E_ACCESS) || r->plan->kind == DBN_STMT_ADMIN)
		return false;
	dbn_session__txn_look(s);
	forget_schema(r);
	if (s->in_txn && s->txn_failed) {
		(void)dbn_fail_wrap(why, rc, "Roll back and run the transaction again.",
			"the schema has changed since the statement was prepared, and the transaction "
			"has failed over it");
		return false;
	}
	dbn_session__let_go(r, why);
	return true;
}

static dbn_status
settle_schema(dbn_rows *r, dbn_status rc, dbn_error **err)
{
	dbn_session *s = r->s;

	if (r->plan->kind != DBN_STMT_ADMIN || !r->conn)
		return DBN_OK;
	if (!s->in_txn)
		return dbn_catalog_forget(r->db->catalog); /* failed or not */
	s->txn_ddl = true;
	if (s->own)
		return dbn_catalog_forget(s->own);
	if (rc != DBN_OK)
		return DBN_OK;
	rc = dbn_catalog_private(r->db->catalog, s->txn_conn, &s->own, err);
	if (rc != DBN_OK)
		s->txn_failed = true; /* out of memory: nothing more can be trusted */
	return rc;
}

/* What a failure has left of connection and transaction. */
static void
look_at_damage(dbn_rows *r)
{
	dbn_conn_state st = { .struct_size = sizeof st };

	dbn_pconn_enter(r->conn);
	r->conn->ops->state(r->conn->conn, &st);
	dbn_pconn_leave(r->conn);
	r->conn->discard |= st.broken != 0;
	if (r->borrowed)
		r->conn->dirty |= st.txn != DBN_TXN_NONE;
	else if (st.broken || st.txn != DBN_TXN_OPEN)
		r->s->txn_failed = true;
}

dbn_status
dbn_session__end(dbn_rows *r, dbn_status rc, dbn_error **err)
{
	dbn_session *s = r->s;
	dbn_status end;

	dbn_session__over(r);
	if (r->cur) {
		dbn_pconn_enter(r->conn);
		r->conn->ops->close_cursor(r->cur);
		dbn_pconn_leave(r->conn);
		r->cur = NULL;
	}
	if (rc != DBN_OK && r->conn)
		look_at_damage(r);
	if (r->outcome.error && r->outcome.error != (err ? *err : NULL))
		dbn_error_free(r->outcome.error);
	r->outcome.error = NULL;
	if (settle_schema(r, rc, rc == DBN_OK ? err : NULL) != DBN_OK)
		rc = rc == DBN_OK ? DBN_E_NOMEM : rc;
	dbn_session__settle_cache(r, rc);
	s->txn_restricted |= s->in_txn && r->plan->restricted;
	if (s->in_txn && !r->plan->read_only && r->conn &&
		dbn_session__txn_note(s, r->plan, rc == DBN_OK ? err : NULL) != DBN_OK) {
		s->txn_failed = true;
		rc = rc == DBN_OK ? DBN_E_NOMEM : rc;
	}
	dbn_session__disconnect(r);
	if (rc != DBN_OK) {
		rc = name_refusal(r, rc, err);
		rc = dbn_session__withhold(r->plan->restricted, rc, err);
	}
	dbn_session__count(r, rc);
	end = dbn_session__audit_end(r, rc, err ? *err : NULL, rc == DBN_OK ? err : NULL);
	return rc == DBN_OK ? end : rc;
}

dbn_status
dbn_session__finish(dbn_rows *r, dbn_status rc, dbn_error **err)
{
	rc = dbn_session__end(r, rc, err);
	dbn_session__unlink_rows(r);
	dbn_session__drop_run(r);
	return rc;
}
