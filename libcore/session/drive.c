/* SPDX-License-Identifier: MIT */
/*
 * The back half of a run: a connection, the statement prepared on it, the driver.
 * Needs of the session only what its rows say, so it may run on another thread
 * than the front half; one at a time for each dbn_rows.
 */
#include "base/str.h"
#include "plugin/host.h"
#include "session/session_impl.h"
#include "value/value.h"

/*
 * The answer of one that rode with others (pool/ride.c): a row at most, on another
 * thread while ours sleeps.  What does not fit is run by itself, which says so.
 */
static dbn_status
keep_answer(dbn_pconn *conn, struct dbn_cursor *cur, void *user)
{
	dbn_rowset set = { .struct_size = (uint32_t)sizeof set };
	dbn_rows *r = user;
	dbn_value *to;
	size_t n;

	r->set.nrows = 0;
	r->at = 0;
	if (!cur || conn->ops->fetch(cur, 256, &set, NULL) == DBN_DONE)
		return DBN_OK;
	n = (size_t)set.nrows * set.ncols;
	dbn_arena_reset(&r->block);
	to = dbn_arena_array(&r->block, n, sizeof *to);
	for (size_t i = 0; to && i < n; i++)
		if (!dbn_value_copy(&r->block, &set.cells[i], &to[i]))
			return DBN_E_NOMEM;
	if (!to || !set.nrows || r->block.used > r->s->pool->conf->limits.result ||
		conn->ops->fetch(cur, 256, &set, NULL) != DBN_DONE)
		return DBN_E_LIMIT;
	r->set.cells = to;
	r->set.ncols = set.ncols;
	r->set.nrows = (uint32_t)(n / set.ncols);
	r->kept = true;
	return DBN_OK;
}

/* May it travel with those of others?  See design.md: short by its plan, depends on
 * nothing of its transaction, under the login's own role. */
static bool
may_ride(const dbn_rows *r)
{
	const dbn_plan *p = r->plan;

	return p->groupable && p->ncols && !r->expand && !p->sent.items && !r->s->sets &&
		!r->db->conf->nserver_roles;
}

dbn_status
dbn_session__connect(dbn_rows *r, bool ride, dbn_error **err)
{
	dbn_session *s = r->s;
	dbn_rider rider;
	dbn_borrow b = { .want = r->plan->read_only ? DBN_WANT_READ : DBN_WANT_WRITE,
		.deadline_ns = r->deadline_ns, .now_ns = r->started_ns };
	bool holds = false;
	dbn_status rc;

	if (s->in_txn)
		return dbn_session__txn_conn(s, r->db, r->node, r->plan, &r->conn, err);
	for (const dbn_rows *o = s->open; o && !holds; o = o->next_open)
		holds = o->borrowed;
	if (holds) {
		b.deadline_ns = DBN_NO_WAIT;
	} else if (ride && may_ride(r)) {
		rider = (dbn_rider){ .recipe = &r->plan->recipe, .values = r->argv,
			.nvalues = (uint32_t)r->nargv, .keep = keep_answer, .user = r };
		b.rider = &rider;
	}
	rc = dbn_session__borrow(s, r->db, r->node, r->plan, &b, &r->conn, err);
	if (rc == DBN_E_BUSY && holds)
		return dbn_fail_wrap(err, DBN_E_BUSY, "Close the rows first, or raise pool.max.",
			"the session has open rows and no second connection is free");
	if (rc != DBN_OK)
		return rc;
	r->borrowed = true;
	return DBN_OK;
}

void
dbn_session__disconnect(dbn_rows *r)
{
	dbn_session__over(r); /* before another may have the connection */
	if (r->stmt && r->conn)
		dbn_pconn_done(r->conn, r->stmt);
	r->stmt = NULL;
	if (r->conn && r->borrowed)
		dbn_connset_release(r->conn);
	r->borrowed = false;
	r->conn = NULL;
}

/* The values of nrows rows as the driver gets them: where placeholders have no
 * numbers, each is there as often as its placeholder is. */
static dbn_status
arrange(dbn_rows *r, const dbn_sql_sent *order, dbn_type *types, size_t nrows, dbn_error **err)
{
	dbn_value *v;
	dbn_type *t;
	size_t total;

	r->sent = r->argv;
	r->nsent = r->nargv;
	if (!order->items)
		return DBN_OK;
	if (__builtin_mul_overflow(order->count, nrows, &total) ||
		!(v = dbn_arena_array(&r->scratch, total + 1, sizeof *v)))
		return dbn_fail_nomem(err);
	for (size_t row = 0; row < nrows; row++)
		for (size_t i = 0; i < order->count; i++)
			v[row * order->count + i] = r->argv[row * r->nargv + order->items[i]];
	r->sent = v;
	r->nsent = order->count;
	if (!types)
		return DBN_OK;
	t = dbn_arena_memdup(&r->scratch, types, r->nargv * sizeof *t);
	if (!t)
		return dbn_fail_nomem(err);
	for (size_t i = 0; i < order->count; i++)
		types[i] = t[order->items[i]];
	return DBN_OK;
}

/* With lists the text depends on how long they are, and is not kept. */
static dbn_status
prepare_wide(dbn_rows *r, dbn_pstmt_recipe *recipe, dbn_error **err)
{
	const uint32_t *expand = r->expand;
	size_t total = r->plan->nparams + r->plan->nextra, n = 0;
	const dbn_type *types = r->plan->types;
	dbn_sql_sent sent = { NULL, 0 };
	dbn_type *wide;
	dbn_str sql;
	dbn_status rc;

	dbn_str_init(&sql, 0);
	rc = dbn_plan_expand(r->plan, expand, total, &sql, &sent, err);
	wide = dbn_arena_array(&r->scratch, r->nargv + sent.count, sizeof *wide);
	if (rc == DBN_OK && !wide)
		rc = dbn_fail_nomem(err);
	if (rc == DBN_OK) {
		for (size_t i = 0; i < total; i++)
			for (uint32_t k = 0; k < expand[i]; k++)
				wide[n++] = types[i];
		rc = arrange(r, &sent, wide, 1, err);
	}
	if (rc == DBN_OK) {
		recipe->id = 0;
		recipe->opts.flags &= ~(uint32_t)DBN_PREPARE_KEEP;
		recipe->sql = dbn_text_n(dbn_str_z(&sql), sql.len);
		recipe->opts.param_types = (dbn_array){ wide, (uint32_t)r->nsent, sizeof *wide };
		rc = dbn_pconn_prepare(r->conn, recipe, &r->stmt, err);
	}
	dbn_free(sent.items);
	dbn_str_free(&sql);
	return rc;
}

/* It may have to be asked of the server: a cancel ends that too. */
static dbn_status
prepare_anew(dbn_rows *r, dbn_error **err)
{
	const _Atomic uint32_t *before = dbn_host_set_cancel(&r->s->stop);
	dbn_pstmt_recipe recipe = r->plan->recipe;
	dbn_status rc;

	recipe.opts.call.deadline_ns = r->deadline_ns;
	rc = r->expand ? prepare_wide(r, &recipe, err)
		       : dbn_pconn_prepare(r->conn, &recipe, &r->stmt, err);
	(void)dbn_host_set_cancel(before);
	return rc;
}

static dbn_status
prepare(dbn_rows *r, size_t nrows, dbn_error **err)
{
	dbn_status rc = r->expand ? DBN_OK : arrange(r, &r->plan->sent, NULL, nrows, err);

	if (rc != DBN_OK)
		return rc;
	if (!r->expand && (r->stmt = dbn_pconn_reuse(r->conn, r->plan->recipe.id)) != NULL)
		return DBN_OK;
	return prepare_anew(r, err);
}

static dbn_status
intent(dbn_rows *r, dbn_error **err)
{
	dbn_audit_event ev;

	if (r->plan->read_only || !r->s->pool->audit || !dbn_audit_has_before_ack(r->s->pool->audit))
		return DBN_OK;
	dbn_session__event(r->s, r, &ev);
	return dbn_audit_intent(r->s->pool->audit, &ev, &r->audit_op, err);
}

/* The session's first rows have a place of their own, without a locked instruction;
 * others, which may be driven by another thread, are in a list. */
static void
publish_first(dbn_session *s, dbn_pconn *c, uint64_t statement_no)
{
	uint64_t seq = atomic_load_explicit(&s->running_seq, memory_order_relaxed);

	/* one writer at a time */
	atomic_store_explicit(&s->running_seq, seq + 1, memory_order_relaxed);
	atomic_store_explicit(&s->running_no, statement_no, memory_order_release);
	atomic_store_explicit(&s->running, c, memory_order_release);
	atomic_store_explicit(&s->running_seq, seq + 2, memory_order_release);
}

void
dbn_session__running(dbn_rows *r, uint64_t statement_no)
{
	dbn_session *s = r->s;

	if (r == &s->first) {
		publish_first(s, r->conn, statement_no);
		return;
	}
	(void)pthread_mutex_lock(&s->cancel_lock);
	r->way_conn = r->conn;
	r->way_no = statement_no;
	if (!r->prev_way) {
		r->next_way = s->under_way;
		r->prev_way = &s->under_way;
		if (r->next_way)
			r->next_way->prev_way = &r->next_way;
		s->under_way = r;
	}
	(void)pthread_mutex_unlock(&s->cancel_lock);
}

void
dbn_session__over(dbn_rows *r)
{
	dbn_session *s = r->s;

	if (r == &s->first) {
		atomic_store_explicit(&s->running, NULL, memory_order_relaxed);
		return;
	}
	if (!r->prev_way)
		return;
	(void)pthread_mutex_lock(&s->cancel_lock);
	*r->prev_way = r->next_way;
	if (r->next_way)
		r->next_way->prev_way = r->prev_way;
	r->prev_way = NULL;
	(void)pthread_mutex_unlock(&s->cancel_lock);
}

static dbn_status
execute(dbn_rows *r, const dbn_run *run, dbn_error **err)
{
	dbn_exec_opts o = { .call = DBN_CALL_INIT };
	dbn_session *s = r->s;
	dbn_status rc;

	o.call.struct_size = (uint32_t)sizeof o;
	o.call.deadline_ns = r->deadline_ns;
	o.statement_no = dbn_pconn_next_no(r->conn);
	o.flags = (r->plan->returns_rows && r->stmt->info.columns.count ? DBN_EXEC_ROWS : 0u) |
		(r->plan->insert && (run->how & DBN_RUN_KEYS) ? DBN_EXEC_KEYS : 0u);
	o.max_rows = r->plan->groupable; /* by its whole key */
	o.max_bytes = s->pool->conf->limits.result;
	dbn_session__running(r, o.statement_no);
	if (r->plan->kind == DBN_STMT_ADMIN) /* also where it fails half way */
		r->conn->dirty = r->conn->reset_full = true;
	r->outcome.sent = DBN_SENT_MAYBE; /* until the driver says otherwise */
	dbn_pconn_enter(r->conn);
	rc = r->conn->ops->execute(r->stmt->stmt, r->sent, r->nsent, &o, &r->outcome, &r->cur, err);
	dbn_pconn_leave(r->conn);
	if (rc == DBN_OK && r->plan->kind == DBN_STMT_ADMIN)
		r->ncols = r->stmt->info.columns.count;
	r->affected = r->outcome.affected;
	return rc;
}

/* The answer goes to the cache, too, as it is read. */
static dbn_status
begin_fill(dbn_rows *r)
{
	dbn_array cols = { r->plan->columns, r->ncols, sizeof *r->plan->columns };

	if (r->filling &&
		dbn_cache_fill_begin(&r->fill, &cols, dbn_cache_max_result(r->s->pool->cache)) != DBN_OK)
		dbn_session__abandon(r);
	return DBN_OK;
}

dbn_status
dbn_session__drive(dbn_rows *r, const dbn_run *run, dbn_error **err)
{
	dbn_status rc = prepare(r, run->nrows ? run->nrows : 1, err);

	if (rc == DBN_OK)
		rc = intent(r, err);
	if (rc == DBN_OK)
		rc = dbn_session__mark(r, err);
	if (rc == DBN_OK)
		rc = run->nrows ? dbn_session__execute_many(r, run, err) : execute(r, run, err);
	return rc == DBN_OK ? begin_fill(r) : rc;
}

dbn_status
dbn_session__back(dbn_rows *r, const dbn_run *run, dbn_error **err)
{
	dbn_status rc = r->s->in_txn ? dbn_session__settle_open(r->s, err) : DBN_OK;

	if (rc == DBN_OK)
		rc = dbn_session__connect(r, !run->rows, err);
	if (rc == DBN_OK)
		rc = dbn_session__drive(r, run, err);
	else if (rc == DBN_DONE) /* its rows are in the block already */
		rc = begin_fill(r);
	return rc;
}
