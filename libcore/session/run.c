/* SPDX-License-Identifier: MIT */
/*
 * One statement on its way: plan, values, cache, shard, connection, driver; and
 * back: connection, cache, audit, metrics.  What has been taken is given back in
 * dbn_session__finish(), however far it went.
 */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "session/session_impl.h"
#include "value/value.h"

/* ---- start and values ---- */

static dbn_rows *
rows_new(dbn_session *s)
{
	dbn_rows *r;

	if (!s->first.plan)
		return &s->first;
	r = dbn_zalloc(sizeof *r);
	if (!r)
		return NULL;
	r->s = s;
	r->allocated = true;
	dbn_arena_init(&r->scratch, 0);
	dbn_cache_fill_init(&r->fill);
	return r;
}

void
dbn_session__drop_run(dbn_rows *r)
{
	dbn_plan_release(r->plan);
	r->plan = NULL;
	if (!r->allocated)
		return;
	dbn_cache_fill_free(&r->fill);
	dbn_arena_free(&r->scratch);
	dbn_free(r->argv);
	dbn_free(r->hit_cells);
	dbn_free(r);
}

static void
reset(dbn_rows *r)
{
	r->conn = NULL;
	r->borrowed = r->finished = r->failed = r->cached = r->filling = r->complete = false;
	r->stmt = NULL;
	r->cur = NULL;
	r->set.nrows = 0;
	r->at = r->hit_row = 0;
	r->cells = NULL;
	r->nrows = r->bytes = r->affected = r->audit_op = r->txn = 0;
	r->shard = UINT32_MAX;
	r->nargv = 0;
	r->expand = NULL;
	r->outcome.struct_size = (uint32_t)sizeof r->outcome;
	r->outcome.error = NULL;
	r->outcome.affected = 0;
	r->outcome.generated_key.type = DBN_NULL;
	if (r->scratch.blocks)
		dbn_arena_reset(&r->scratch);
}

/* The trail learns why; so does the caller. */
static dbn_status
refused(dbn_session *s, dbn_text text, int64_t at_us, dbn_error *why, dbn_error **err)
{
	dbn_status rc = dbn_error_code(why);

	dbn_session__audit_failure(s, text, at_us, why);
	if (err)
		*err = why;
	else
		dbn_error_free(why);
	return rc;
}

dbn_status
dbn_session__begin_run(dbn_session *s, dbn_text text, const dbn_query_opts *opts, bool fresh,
	dbn_rows **out, dbn_error **err)
{
	uint64_t timeout = opts && opts->timeout_ns ? opts->timeout_ns : s->pool->conf->limits.time;
	dbn_error *why = NULL;
	dbn_rows *r;
	dbn_status rc = dbn_session__enter(s, err);

	if (rc != DBN_OK)
		return rc;
	if (s->in_txn && s->txn_failed)
		return dbn_fail_hint(err, DBN_E_TXN_FAILED, "Roll back, then begin again.",
			"the transaction has failed: statements are refused until it is rolled back");
	rc = dbn_audit_check(s->pool->audit, err);
	if (rc != DBN_OK)
		return rc;
	rc = dbn_session__refresh(s, &why);
	if (rc != DBN_OK)
		return refused(s, text, dbn_wall_us(), why, err);
	r = rows_new(s);
	if (!r)
		return dbn_fail_nomem(err);
	reset(r);
	r->started_ns = dbn_now_ns();
	r->started_us = dbn_wall_us();
	r->deadline_ns = timeout == UINT64_MAX || timeout > UINT64_MAX - r->started_ns
		? 0 : r->started_ns + timeout;
	rc = dbn_session__plan(s, text, r->started_us, fresh, &r->db, &r->plan, &why);
	if (rc == DBN_OK && s->in_txn && s->txn_read_only && !r->plan->read_only)
		rc = dbn_fail(&why, DBN_E_INVALID, "the transaction is read only");
	if (rc != DBN_OK) {
		int64_t at = r->started_us;

		dbn_session__drop_run(r);
		return refused(s, text, at, why, err);
	}
	r->ncols = r->plan->ncols;
	r->txn = s->in_txn ? s->txn_id : 0;
	*out = r;
	return DBN_OK;
}

dbn_status
dbn_session__fit(dbn_rows *r, dbn_value *v, uint32_t i, dbn_error **err)
{
	const dbn_plan_param *p = &r->plan->params[i];
	char what[32];
	dbn_str name = { what, 0, sizeof what, sizeof what - 1, DBN_OK };

	/* the common cases need neither a name nor a conversion */
	if ((v->type == p->type || p->type == DBN_NULL || v->type == DBN_NULL) &&
		v->type <= DBN_DOUBLE && !(p->flags & DBN_PARAM_COUNT))
		return DBN_OK;
	dbn_str_addf(&name, "parameter %u", i + 1);
	if ((p->flags & DBN_PARAM_COUNT) && (v->type != DBN_INT64 || v->u.i64 < 0) &&
		v->type != DBN_UINT64)
		return dbn_fail(err, DBN_E_VALUE, "%s: LIMIT and OFFSET take an integer of 0 or more",
			what);
	return dbn_value_fit(v, p->type, &r->scratch, what, err);
}

dbn_status
dbn_session__extras(dbn_rows *r, dbn_value *at, dbn_error **err)
{
	for (uint32_t i = 0; i < r->plan->nextra; i++) {
		dbn_value v;
		dbn_status rc = dbn_subject_value(r->s->subject, &r->plan->extra[i], r->started_us,
			&v, err);

		if (rc != DBN_OK)
			return rc;
		/* a copy: rows stay open when the subject is resolved again */
		v = dbn_value_measured(v);
		if (!dbn_value_copy(&r->scratch, &v, &at[i]))
			return dbn_fail_nomem(err);
	}
	return DBN_OK;
}

static dbn_status
room(dbn_rows *r, size_t n, dbn_error **err)
{
	return dbn_grow(&r->argv, &r->argv_cap, n, sizeof *r->argv) ? DBN_OK : dbn_fail_nomem(err);
}

/* Lay lists out one after the other; expand says how long each parameter is. */
static dbn_status
flatten(dbn_rows *r, const dbn_value *v, size_t n, uint32_t *expand, dbn_error **err)
{
	size_t limit = (size_t)r->s->pool->conf->limits.list;
	dbn_status rc;

	for (size_t i = 0; i < n; i++) {
		const dbn_value *items = &v[i];
		size_t count = 1;
		bool list = v[i].type == DBN_LIST;

		if (list) {
			items = v[i].u.ptr;
			count = (size_t)v[i].len;
		}
		if (list && (count == 0 || count > limit))
			return dbn_fail(err, count ? DBN_E_LIMIT : DBN_E_VALUE,
				"parameter %zu: a list of %zu items", i + 1, count);
		if (list && i < r->plan->nparams &&
			((r->plan->params[i].flags & (DBN_PARAM_LIST | DBN_PARAM_NO_LIST)) !=
				DBN_PARAM_LIST))
			return dbn_fail_hint(err, DBN_E_VALUE, "Write it as x IN (?).",
				"parameter %zu: a list fits only where it stands alone in IN (?)", i + 1);
		rc = room(r, r->nargv + count, err);
		if (rc != DBN_OK)
			return rc;
		expand[i] = (uint32_t)count;
		for (size_t k = 0; k < count; k++) {
			dbn_value item = items[k];

			if (list && i < r->plan->nparams) {
				rc = dbn_value_fit(&item, r->plan->params[i].type, &r->scratch,
					"an item of the list", err);
				if (rc != DBN_OK)
					return rc;
			}
			r->argv[r->nargv++] = dbn_value_measured(item);
		}
	}
	return DBN_OK;
}

/* The values of one execution: fitted, those of the subject behind; *flat before
 * lists were laid out, for routes. */
static dbn_status
bind(dbn_rows *r, dbn_args args, const dbn_value **flat, dbn_error **err)
{
	size_t n = r->plan->nparams, total = n + r->plan->nextra;
	bool lists = r->plan->lists;
	uint32_t *expand;
	dbn_value *plain;
	dbn_status rc;

	if (args.n != n)
		return dbn_fail(err, DBN_E_INVALID, "the statement has %zu parameters, %zu values were given",
			n, args.n);
	rc = room(r, total, err);
	if (rc != DBN_OK)
		return rc;
	for (uint32_t i = 0; i < n; i++) {
		r->argv[i] = dbn_value_measured(args.v[i]);
		lists |= args.v[i].type == DBN_LIST;
		rc = dbn_session__fit(r, &r->argv[i], i, err);
		if (rc != DBN_OK)
			return rc;
	}
	rc = dbn_session__extras(r, r->argv + n, err);
	r->nargv = total;
	*flat = r->argv;
	if (rc != DBN_OK || !lists)
		return rc;
	plain = dbn_arena_memdup(&r->scratch, r->argv, total * sizeof *plain);
	expand = dbn_arena_array(&r->scratch, total, sizeof *expand);
	if (!plain || !expand)
		return dbn_fail_nomem(err);
	r->nargv = 0;
	*flat = plain;
	r->expand = expand;
	return flatten(r, plain, total, expand, err);
}

/* ---- the cache ---- */

/* Of the session's buffer: good until its next statement.  How long each list is
 * is part of it: IN (1, 2) with (3) is not IN (1) with (2, 3). */
dbn_text
dbn_session__key(dbn_rows *r)
{
	dbn_cache_key *k = &r->s->key;
	size_t n = r->plan->nparams, total = n + r->plan->nextra;

	/* the epoch of the plan: rows of an older one may outlive the subject's */
	dbn_cache_key_begin(k, &r->plan->digest, r->plan->conditions, &r->plan->policy_epoch, 1);
	if (r->expand) {
		dbn_cache_key_values(k, NULL, 0);
		for (size_t i = 0; i < total; i++) {
			dbn_value len = dbn_v_u64(r->expand[i]);

			dbn_cache_key_values(k, &len, 1);
		}
		dbn_cache_key_values(k, r->argv, r->nargv);
	} else {
		dbn_cache_key_values(k, r->argv, n);
		dbn_cache_key_values(k, r->argv + n, r->nargv - n);
	}
	return dbn_cache_key_end(k);
}

/* Ask the cache; true: it had the answer. */
static bool
from_cache(dbn_rows *r, const dbn_query_opts *opts)
{
	dbn_session *s = r->s;
	dbn_cache *c = s->pool->cache;
	uint32_t what = opts ? opts->cache : DBN_CACHE_DEFAULT;
	dbn_text key;

	if (!r->plan->cacheable || s->in_txn || what == DBN_CACHE_BYPASS)
		return false;
	key = dbn_session__key(r);
	if (!key.ptr)
		return false;
	if (what == DBN_CACHE_REFRESH)
		dbn_cache_forget(c, key);
	switch (dbn_cache_lookup(c, key, r->plan->tags, r->plan->ntags, r->deadline_ns, &r->hit)) {
	case DBN_CACHED_HIT:
		if (r->hit.ncolumns == r->ncols &&
			dbn_grow(&r->hit_cells, &r->hit_cap, r->ncols, sizeof *r->hit_cells)) {
			dbn_metrics_add(s->pool->metrics, DBN_M_CACHE_HITS, 1);
			return r->cached = true;
		}
		dbn_cached_close(&r->hit);
		return false;
	case DBN_CACHED_MISS:
		dbn_metrics_add(s->pool->metrics, DBN_M_CACHE_MISSES, 1);
		r->ticket = r->hit.ticket;
		r->filling = true;
		return false;
	default:
		return false;
	}
}

static void
settle_cache(dbn_rows *r, dbn_status rc)
{
	dbn_session *s = r->s;
	dbn_error *err = NULL;

	if (r->cached)
		dbn_cached_close(&r->hit);
	if (r->filling) {
		dbn_text key = dbn_session__key(r);

		if (key.ptr && rc == DBN_OK && r->complete && r->plan->policy_epoch == s->subject->epoch) {
			if (dbn_cache_put(s->pool->cache, key, &r->fill, r->plan->tags, r->plan->ntags,
				r->plan->ttl_ns, &r->ticket) == DBN_OK)
				dbn_metrics_add(s->pool->metrics, DBN_M_CACHE_FILLS, 1);
		} else if (key.ptr) {
			dbn_cache_abandon(s->pool->cache, key, &r->ticket);
		}
	}
	r->filling = false;
	if (r->plan->read_only || !s->pool->cache || s->in_txn || !r->conn)
		return;
	if (r->plan->kind == DBN_STMT_ADMIN)
		(void)dbn_cache_clear(s->pool->cache, &err);
	else /* failed ones too: what of them has happened is not for us to guess */
		(void)dbn_cache_invalidate(s->pool->cache, r->plan->tags, r->plan->ntags,
			dbn_cache_shared(s->pool->cache) ? DBN_INVALIDATE_RELEASE : DBN_INVALIDATE_NOW,
			0, &err);
	dbn_error_free(err);
	dbn_metrics_add(s->pool->metrics, DBN_M_CACHE_INVALIDATIONS, 1);
}

/* ---- connection and statement ---- */

dbn_status
dbn_session__route(dbn_rows *r, const dbn_value *args, uint32_t *node, dbn_error **err)
{
	dbn_status rc;

	*node = 0;
	if (!r->db->shards)
		return DBN_OK;
	if (r->plan->route.kind == DBN_ROUTE_ANY) {
		*node = r->s->in_txn && r->s->txn_db == r->db ? r->s->txn_node : r->db->shard_node[0];
		return DBN_OK;
	}
	rc = dbn_route_find(&r->plan->route, r->db->shards, args, r->plan->nparams, &r->shard, err);
	if (rc == DBN_OK)
		*node = r->db->shard_node[r->shard];
	return rc;
}

dbn_status
dbn_session__connect(dbn_rows *r, uint32_t node, dbn_error **err)
{
	dbn_session *s = r->s;
	uint32_t want = r->plan->read_only ? DBN_WANT_READ : DBN_WANT_WRITE;
	bool holds = false;
	dbn_pconn **hint;
	dbn_status rc;

	if (s->in_txn)
		return dbn_session__txn_conn(s, r->db, node, !r->plan->read_only, &r->conn, err);
	for (const dbn_rows *o = s->open; o && !holds; o = o->next_open)
		holds = o->borrowed;
	hint = dbn_session__hint(s, r->db, node, want);
	rc = dbn_connset_acquire(r->db->nodes[node].set, want, *hint,
		holds ? DBN_NO_WAIT : r->deadline_ns, &r->conn, err);
	if (rc == DBN_E_BUSY && holds)
		return dbn_fail_wrap(err, DBN_E_BUSY, "Close the rows first, or raise pool.max.",
			"the session has open rows and no second connection is free");
	if (rc != DBN_OK)
		return rc;
	*hint = r->conn;
	r->borrowed = true;
	atomic_store_explicit(&r->conn->owner, s->id, memory_order_relaxed);
	atomic_store_explicit(&r->conn->taken_ns, r->started_ns, memory_order_relaxed);
	return DBN_OK;
}

void
dbn_session__disconnect(dbn_rows *r)
{
	if (r->stmt && r->conn)
		dbn_pconn_done(r->conn, r->stmt);
	r->stmt = NULL;
	if (r->conn && r->borrowed)
		dbn_connset_release(r->conn);
	r->borrowed = false;
	r->conn = NULL;
}

static dbn_status
prepare(dbn_rows *r, dbn_error **err)
{
	const uint32_t *expand = r->expand;
	dbn_pstmt_recipe recipe = r->plan->recipe;
	size_t total = r->plan->nparams + r->plan->nextra, n = 0;
	const dbn_type *types = recipe.opts.param_types.items;
	dbn_type *wide;
	dbn_str sql;
	dbn_status rc;

	recipe.opts.call.deadline_ns = r->deadline_ns;
	if (!expand)
		return dbn_pconn_prepare(r->conn, &recipe, &r->stmt, err);
	dbn_str_init(&sql, 0);
	rc = dbn_plan_expand(r->plan, expand, total, &sql, err);
	wide = dbn_arena_array(&r->scratch, r->nargv, sizeof *wide);
	if (rc == DBN_OK && !wide)
		rc = dbn_fail_nomem(err);
	if (rc == DBN_OK) {
		for (size_t i = 0; i < total; i++)
			for (uint32_t k = 0; k < expand[i]; k++)
				wide[n++] = types[i];
		recipe.id = 0;
		recipe.opts.flags &= ~(uint32_t)DBN_PREPARE_KEEP;
		recipe.sql = dbn_text_n(dbn_str_z(&sql), sql.len);
		recipe.opts.param_types = (dbn_array){ wide, (uint32_t)n, sizeof *wide };
		rc = dbn_pconn_prepare(r->conn, &recipe, &r->stmt, err);
	}
	dbn_str_free(&sql);
	return rc;
}

dbn_status
dbn_session__prepare(dbn_rows *r, const dbn_value *args, dbn_error **err)
{
	uint32_t node;
	dbn_status rc = dbn_session__route(r, args, &node, err);

	if (rc == DBN_OK)
		rc = dbn_session__connect(r, node, err);
	if (rc == DBN_OK)
		rc = prepare(r, err);
	return rc;
}

/* A shared cache must neither fill nor answer while a write is under way. */
dbn_status
dbn_session__mark(dbn_rows *r, dbn_error **err)
{
	dbn_cache *c = r->s->pool->cache;

	if (!c || r->plan->read_only || r->s->in_txn || !dbn_cache_shared(c))
		return DBN_OK;
	return dbn_cache_invalidate(c, r->plan->tags, r->plan->ntags, DBN_INVALIDATE_MARK,
		r->deadline_ns, err);
}

dbn_status
dbn_session__intent(dbn_rows *r, dbn_error **err)
{
	dbn_audit_event ev;

	if (r->plan->read_only || !r->s->pool->audit || !dbn_audit_has_before_ack(r->s->pool->audit))
		return DBN_OK;
	dbn_session__event(r->s, r, &ev);
	return dbn_audit_intent(r->s->pool->audit, &ev, &r->audit_op, err);
}

/* What dbn_session_cancel() is to stop: connection and number are read as one. */
void
dbn_session__running(dbn_rows *r, uint64_t statement_no)
{
	dbn_session *s = r->s;

	atomic_fetch_add(&s->running_seq, 1);
	atomic_store(&s->running_no, statement_no);
	atomic_store(&s->running, r->conn);
	atomic_fetch_add(&s->running_seq, 1);
}

static dbn_status
execute(dbn_rows *r, uint32_t how, dbn_error **err)
{
	dbn_exec_opts o = { .call = DBN_CALL_INIT };
	dbn_session *s = r->s;
	dbn_status rc;

	o.call.struct_size = (uint32_t)sizeof o;
	o.call.deadline_ns = r->deadline_ns;
	o.statement_no = ++r->conn->statement_no;
	o.flags = (r->plan->returns_rows && r->stmt->info.columns.count ? DBN_EXEC_ROWS : 0u) |
		(r->plan->insert && (how & DBN_RUN_KEYS) ? DBN_EXEC_KEYS : 0u);
	o.max_bytes = s->pool->conf->limits.result;
	dbn_session__running(r, o.statement_no);
	if (r->plan->kind == DBN_STMT_ADMIN) /* also where it fails half way */
		r->conn->dirty = r->conn->reset_full = true;
	dbn_pconn_enter(r->conn);
	rc = r->conn->ops->execute(r->stmt->stmt, r->argv, r->nargv, &o, &r->outcome, &r->cur, err);
	dbn_pconn_leave(r->conn);
	if (rc == DBN_OK && r->plan->kind == DBN_STMT_ADMIN)
		r->ncols = r->stmt->info.columns.count;
	r->affected = r->outcome.affected;
	return rc;
}

/* Everything after the plan. */
static dbn_status
go(dbn_rows *r, dbn_args args, const dbn_query_opts *opts, uint32_t how, dbn_error **err)
{
	const dbn_value *flat = NULL;
	uint32_t node;
	dbn_array cols;
	dbn_status rc = bind(r, args, &flat, err);

	if (rc != DBN_OK || from_cache(r, opts))
		return rc;
	rc = dbn_session__route(r, flat, &node, err);
	if (rc == DBN_OK && r->s->in_txn)
		rc = dbn_session__settle_open(r->s, err);
	if (rc == DBN_OK)
		rc = dbn_session__connect(r, node, err);
	if (rc == DBN_OK)
		rc = prepare(r, err);
	if (rc == DBN_OK)
		rc = dbn_session__intent(r, err);
	if (rc == DBN_OK)
		rc = dbn_session__mark(r, err);
	if (rc == DBN_OK)
		rc = execute(r, how, err);
	if (rc == DBN_OK && r->filling) {
		cols = (dbn_array){ r->plan->columns, r->ncols, sizeof *r->plan->columns };
		if (dbn_cache_fill_begin(&r->fill, &cols, dbn_cache_max_result(r->s->pool->cache)) != DBN_OK)
			r->filling = false;
	}
	return rc;
}

/* ---- the end ---- */

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

/* What a rule hides must not come back in the details of an error. */
dbn_status
dbn_session__withhold(const dbn_rows *r, dbn_status rc, dbn_error **err)
{
	dbn_error *old = err ? *err : NULL;

	if (!old || !r->plan->restricted || !*dbn_error_plugin(old) ||
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

bool
dbn_session__stale_schema(dbn_rows *r, dbn_status rc)
{
	dbn_session *s = r->s;

	if ((rc != DBN_E_SCHEMA && rc != DBN_E_ACCESS) || r->plan->kind == DBN_STMT_ADMIN)
		return false;
	dbn_session__txn_look(s);
	if (s->in_txn && s->txn_failed)
		return false;
	(void)dbn_catalog_forget(s->own && s->txn_db == r->db ? s->own : r->db->catalog);
	dbn_session__forget_plan(s, r->plan);
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

dbn_status
dbn_session__end(dbn_rows *r, dbn_status rc, dbn_error **err)
{
	dbn_session *s = r->s;
	dbn_conn_state st = { .struct_size = sizeof st };
	dbn_status end;

	atomic_store_explicit(&s->running, NULL, memory_order_relaxed);
	if (r->cur) {
		dbn_pconn_enter(r->conn);
		r->conn->ops->close_cursor(r->cur);
		dbn_pconn_leave(r->conn);
		r->cur = NULL;
	}
	if (rc != DBN_OK && r->conn) {
		dbn_pconn_enter(r->conn);
		r->conn->ops->state(r->conn->conn, &st);
		dbn_pconn_leave(r->conn);
		r->conn->discard |= st.broken != 0;
		if (r->borrowed)
			r->conn->dirty |= st.txn != DBN_TXN_NONE;
		else if (st.broken || st.txn != DBN_TXN_OPEN)
			s->txn_failed = true;
	}
	if (r->outcome.error && r->outcome.error != (err ? *err : NULL))
		dbn_error_free(r->outcome.error);
	r->outcome.error = NULL;
	if (settle_schema(r, rc, rc == DBN_OK ? err : NULL) != DBN_OK)
		rc = rc == DBN_OK ? DBN_E_NOMEM : rc;
	settle_cache(r, rc);
	if (s->in_txn && !r->plan->read_only && r->conn &&
		dbn_session__txn_note(s, r->plan, rc == DBN_OK ? err : NULL) != DBN_OK) {
		s->txn_failed = true;
		rc = rc == DBN_OK ? DBN_E_NOMEM : rc;
	}
	dbn_session__disconnect(r);
	rc = dbn_session__withhold(r, rc, err);
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

dbn_status
dbn_session__run(dbn_session *s, dbn_text text, dbn_args args, const dbn_query_opts *opts,
	uint32_t how, dbn_rows **out, dbn_error **err)
{
	dbn_error *why = NULL;
	dbn_rows *r;
	dbn_status rc;

	for (int attempt = 0;; attempt++) {
		rc = dbn_session__begin_run(s, text, opts, attempt > 0, &r, err);
		if (rc != DBN_OK)
			return rc;
		rc = go(r, args, opts, how, &why);
		if (rc == DBN_OK || attempt > 0 || !dbn_session__stale_schema(r, rc))
			break;
		dbn_session__disconnect(r);
		if (r->outcome.error != why)
			dbn_error_free(r->outcome.error);
		r->outcome.error = NULL;
		if (r->filling) {
			dbn_text key = dbn_session__key(r);

			if (key.ptr)
				dbn_cache_abandon(s->pool->cache, key, &r->ticket);
		}
		dbn_session__drop_run(r);
		dbn_error_free(why);
		why = NULL;
	}
	if (rc != DBN_OK) {
		rc = dbn_session__finish(r, rc, &why);
		if (err)
			*err = why;
		else
			dbn_error_free(why);
		return rc;
	}
	*out = r;
	return DBN_OK;
}
