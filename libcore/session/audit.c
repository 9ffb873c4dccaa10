/* SPDX-License-Identifier: MIT */
/*
 * What the audit trail and the counters are told of a statement: names, rules
 * and outcome, never a value.
 */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "session/session_impl.h"
#include "sql/parse.h"
#include "sql/print.h"

static void
who(const dbn_session *s, dbn_audit_event *ev)
{
	memset(ev, 0, sizeof *ev);
	ev->session = s->id;
	ev->user = s->subject->user;
	ev->view_key = s->subject->view_key;
	ev->roles = s->subject->roles;
	ev->nroles = s->subject->nroles;
	ev->client = s->client.address;
	ev->who = &s->audit_who;
}

void
dbn_session__lay_out_who(dbn_session *s)
{
	dbn_audit_event ev;

	dbn_arena_reset(&s->audit_memory);
	s->audit_who.data = NULL;
	if (!s->pool->audit)
		return;
	who(s, &ev);
	dbn_audit_part_who(&ev, &s->audit_memory, &s->audit_who);
}

void
dbn_session__event(dbn_session *s, const dbn_rows *r, dbn_audit_event *ev)
{
	const dbn_plan *p = r->plan;

	who(s, ev);
	ev->action = p->audit_action;
	ev->time_us = r->started_us;
	ev->txn = r->txn;
	ev->plan = &p->digest;
	ev->statement = p->fingerprint;
	ev->relations = p->relations;
	ev->nrelations = p->nrelations;
	ev->rules = p->rules;
	ev->nrules = p->nrules;
	ev->what = &p->audit;
	if (p->observed)
		ev->flags |= DBN_AUDIT_OBSERVED;
	if (r->cached)
		ev->flags |= DBN_AUDIT_CACHED;
	if (r->shard != UINT32_MAX && r->db->shards)
		ev->shard = dbn_shards_name(r->db->shards, r->shard);
}

static dbn_audit_outcome_kind
outcome_of(dbn_status rc)
{
	switch (rc) {
	case DBN_OK:
		return DBN_AUDIT_OK;
	case DBN_E_DENIED:
	case DBN_E_ACCESS:
	case DBN_E_IDENTITY:
		return DBN_AUDIT_DENIED;
	case DBN_E_CANCELLED:
		return DBN_AUDIT_CANCELLED;
	case DBN_E_UNKNOWN_OUTCOME:
		return DBN_AUDIT_UNKNOWN;
	default:
		return DBN_AUDIT_ERROR;
	}
}

dbn_status
dbn_session__audit_end(dbn_rows *r, dbn_status rc, const dbn_error *e, dbn_error **err)
{
	dbn_audit *a = r->s->pool->audit;
	dbn_audit_event ev;
	dbn_error *lost = NULL;
	dbn_status done;

	if (!a)
		return DBN_OK;
	dbn_session__event(r->s, r, &ev);
	ev.outcome = outcome_of(rc);
	ev.error = rc;
	ev.duration_ns = dbn_now_ns() - r->started_ns;
	ev.affected = r->plan->read_only ? r->nrows : r->affected;
	if (rc == DBN_OK)
		ev.flags |= DBN_AUDIT_AFFECTED;
	if (e && !r->plan->restricted)
		ev.detail = dbn_text_z(dbn_error_message(e));
	if (!dbn_audit_has_before_ack(a)) {
		dbn_audit_submit(a, &ev);
		return DBN_OK;
	}
	done = dbn_audit_outcome(a, &ev, r->audit_op, err ? err : &lost);
	dbn_error_free(lost);
	return done;
}

/* A statement that did not become a plan: what of it can be told without values. */
void
dbn_session__audit_failure(dbn_session *s, dbn_text text, int64_t now_us, const dbn_error *e)
{
	static const uint32_t actions[] = { 0, DBN_AUDIT_READ, DBN_AUDIT_INSERT, DBN_AUDIT_UPDATE,
		DBN_AUDIT_DELETE, DBN_AUDIT_ADMIN };
	const dbn_sql_dialect *d = s->home->sql;
	dbn_status rc = dbn_error_code(e);
	dbn_sql_stmt *stmt = NULL;
	dbn_error *ignored = NULL;
	dbn_audit_event ev;
	dbn_arena a;
	dbn_str print;

	dbn_metrics_add(s->pool->metrics,
		outcome_of(rc) == DBN_AUDIT_DENIED ? DBN_M_DENIED : DBN_M_ERRORS, 1);
	if (!s->pool->audit)
		return;
	who(s, &ev);
	ev.action = DBN_AUDIT_READ;
	ev.outcome = rc == DBN_OK ? DBN_AUDIT_ERROR : outcome_of(rc);
	ev.error = rc;
	ev.time_us = now_us;
	ev.txn = s->in_txn ? s->txn_id : 0;
	/* a message of ours quotes names of the statement, not what rows hold */
	ev.detail = dbn_text_z(dbn_error_message(e));
	dbn_arena_init(&a, 0);
	dbn_str_init(&print, 0);
	if (dbn_sql_parse(&a, d, &s->pool->limits, text, &stmt, &ignored) == DBN_OK) {
		ev.action = actions[stmt->kind <= DBN_STMT_ADMIN ? stmt->kind : 0];
		dbn_error_free(ignored);
		ignored = NULL;
		if (stmt->kind == DBN_STMT_ADMIN)
			ev.statement = stmt->admin_word;
		else if (dbn_sql_print(stmt, d, DBN_PRINT_FINGERPRINT, NULL, 0, &print, &ignored) == DBN_OK)
			ev.statement = dbn_text_n(dbn_str_z(&print), print.len);
	} else {
		/* unreadable text may hold anything, its message too */
		ev.detail = dbn_text_z("the statement cannot be read");
	}
	dbn_audit_submit(s->pool->audit, &ev);
	dbn_error_free(ignored);
	dbn_str_free(&print);
	dbn_arena_free(&a);
}

void
dbn_session__audit_txn(dbn_session *s, const char *what, dbn_status rc)
{
	dbn_audit_event ev;

	if (!s->pool->audit)
		return;
	who(s, &ev);
	ev.action = DBN_AUDIT_TXN;
	ev.outcome = outcome_of(rc);
	ev.error = rc;
	ev.txn = s->txn_id;
	ev.statement = dbn_text_z(what);
	dbn_audit_submit(s->pool->audit, &ev);
}

void
dbn_session__count(const dbn_rows *r, dbn_status rc)
{
	static const uint32_t kinds[] = { DBN_M_READS, DBN_M_READS, DBN_M_INSERTS, DBN_M_UPDATES,
		DBN_M_DELETES, DBN_M_ADMINS };

	dbn_session__add(r, kinds[r->plan->kind <= DBN_STMT_ADMIN ? r->plan->kind : 0], 1);
	if (r->plan->read_only)
		dbn_session__add(r, DBN_M_ROWS_READ, (int64_t)r->nrows);
	else if (rc == DBN_OK)
		dbn_session__add(r, DBN_M_ROWS_WRITTEN, (int64_t)r->affected);
	if (rc == DBN_OK)
		return;
	dbn_session__add(r, rc == DBN_E_TIMEOUT ? DBN_M_TIMEOUTS : rc == DBN_E_CANCELLED
			? DBN_M_CANCELLED : outcome_of(rc) == DBN_AUDIT_DENIED ? DBN_M_DENIED
			: DBN_M_ERRORS, 1);
}
