/* SPDX-License-Identifier: MIT */
/*
 * One connection that groups travel on.  What is sent is noted in a ring, in
 * order; each reply must carry the tag of the oldest note.  One that does not
 * means that driver and server are no longer understood: the connection is closed
 * and nobody gets the answer.  A connection is borrowed like any other, kept while
 * there is work and a moment longer, and given back as soon as others wait for it.
 */
#include "base/clock.h"
#include "pool/group_impl.h"

#define LINGER_NS   UINT64_C(1000000)     /* kept without work */
#define TURN_NS     UINT64_C(5000000)     /* kept while others wait for a connection */
#define STUCK_NS    UINT64_C(1000000000)  /* from being cancelled to being closed */

static void given_on_reactor(dbn_task *t);
static void replies(void *user);

void
dbn_lane__init(dbn_lane *l, dbn_group *g)
{
	l->g = g;
	l->fd = -1;
	l->given.run = given_on_reactor;
	dbn_line__init(&l->parked);
}

/* ---- getting a connection ---- */

static void
ready_on_worker(dbn_task *t)
{
	dbn_lane *l = DBN_TASK_OF(dbn_lane, ready_task, t);

	l->got = dbn_pconn_ready(l->conn, 0, &l->why);
	dbn_reactor_post(l->g->o.reactor, &l->given);
}

/* It is ours and open. */
static void
opened(dbn_lane *l)
{
	l->state = DBN_LANE_OPEN;
	l->taken_ns = l->idle_ns = dbn_now_ns();
	l->stuck_ns = 0;
	l->leaving = l->g->closing;
	l->g->open++;
}

/* None is to be had: those that wait hear why in the ordinary way, each by itself. */
static void
none(dbn_lane *l)
{
	dbn_group *g = l->g;
	dbn_member *m;

	l->state = DBN_LANE_IDLE;
	l->conn = NULL;
	dbn_error_free(l->why);
	l->why = NULL;
	while (!g->open && (m = dbn_line__take(&g->line)) != NULL)
		dbn_group__end(g, m, DBN_MEMBER_ALONE, NULL, NULL, NULL);
}

static void
have(dbn_lane *l, dbn_pconn *c)
{
	l->conn = c;
	if (dbn_pconn_is_ready(c)) {
		opened(l);
		return;
	}
	l->ready_task.run = ready_on_worker;
	if (dbn_workers_post(l->g->o.workers, DBN_WORK_INSIDE, &l->ready_task))
		return;
	dbn_connset_release(c);
	none(l);
}

static void
given_on_reactor(dbn_task *t)
{
	dbn_lane *l = DBN_TASK_OF(dbn_lane, given, t);

	if (l->got != DBN_OK)
		none(l);
	else if (!l->conn)
		have(l, l->waiter.given);
	else
		opened(l); /* the worker has made it ready */
}

/* From whichever thread gives it. */
static void
given(dbn_waiter *w, void *user)
{
	dbn_lane *l = user;

	l->got = w->given ? DBN_OK : w->rc;
	dbn_reactor_post(l->g->o.reactor, &l->given);
}

void
dbn_lane__ask(dbn_lane *l)
{
	dbn_borrow b = { .want = DBN_WANT_READ, .fingerprint = DBN_LANE_NAME, .user = DBN_LANE_NAME };
	dbn_pconn *c = NULL;
	dbn_status rc;

	b.hint = l->hint;
	l->state = DBN_LANE_ASKING;
	l->conn = NULL;
	l->got = DBN_OK;
	rc = dbn_connset_borrow_async(l->g->o.set, &b, &l->waiter, given, l, &c, &l->why);
	if (rc == DBN_OK)
		have(l, c);
	else if (rc != DBN_E_BUSY)
		none(l);
}

/* ---- giving it back ---- */

static void
give_back(dbn_lane *l)
{
	dbn_pconn *c = l->conn;

	dbn_watch_close(l->watch);
	l->watch = NULL;
	l->fd = -1;
	l->conn = NULL;
	l->hint = c;
	l->state = DBN_LANE_IDLE;
	l->g->open--;
	dbn_connset_release(c);
}

/* The statement of a flight is referred to no more. */
static void
leave_stmt(dbn_lane *l, struct dbn_pstmt *s)
{
	if (s)
		dbn_pconn_unuse(l->conn, s);
}

/* Those that waited for a statement to be prepared go on; refused: those of this
 * one run alone. */
static void
unpark(dbn_lane *l, uint64_t refused)
{
	dbn_member *again = NULL, *m;

	while ((m = dbn_line__take(&l->parked)) != NULL) {
		if (refused && m->recipe->id == refused) {
			dbn_group__end(l->g, m, DBN_MEMBER_ALONE, NULL, NULL, NULL);
		} else {
			m->next = again;
			again = m;
		}
	}
	while ((m = again) != NULL) { /* the newest is first: they end in their old order */
		again = m->next;
		m->tries--;
		dbn_group__again(l->g, m);
	}
}

/*
 * Nothing that is under way here will be answered.  Members run alone: they only
 * read, so that running twice is as good as once.  wrong: the replies cannot be
 * trusted, which is an error.
 */
static void
broken(dbn_lane *l, bool wrong)
{
	dbn_group *g = l->g;

	l->conn->discard = true;
	while (l->head != l->tail) {
		dbn_flight *f = &l->flights[l->head++ % DBN_LANE_FLIGHTS];
		dbn_member *m = f->member;
		dbn_error *why = NULL;

		leave_stmt(l, f->stmt);
		f->member = NULL;
		if (!m)
			continue;
		if (wrong)
			(void)dbn_fail_hint(&why, DBN_E_PLUGIN, "Please report it.",
				"the driver of \"%s\" answers in another order than it was asked: "
				"the connection was closed", dbn_connset_name(g->o.set));
		dbn_group__end(g, m, wrong ? DBN_MEMBER_FAILED : DBN_MEMBER_ALONE, NULL, NULL, why);
	}
	l->live = 0;
	l->stuck_ns = 0;
	for (dbn_member *m; (m = dbn_line__take(&l->parked)) != NULL;)
		dbn_group__end(g, m, DBN_MEMBER_ALONE, NULL, NULL, NULL);
	give_back(l);
}

/* ---- replies ---- */

static void
prepared(dbn_lane *l, dbn_flight *f, dbn_outcome *out)
{
	dbn_error *why = NULL;

	if (out->status == DBN_OK && l->g->o.async->stmt_info(f->stmt->stmt, &f->stmt->info, &why) != DBN_OK)
		out->status = DBN_E_SCHEMA;
	dbn_error_free(why);
	f->stmt->preparing = false;
	if (out->status != DBN_OK)
		dbn_pconn_spoil(l->conn, f->stmt);
	unpark(l, out->status == DBN_OK ? 0 : f->stmt->id);
}

/* One reply, of the oldest flight; *again collects those that did not run. */
static void
reply(dbn_lane *l, dbn_flight *f, dbn_outcome *out, struct dbn_cursor *cur, dbn_member **again)
{
	dbn_member *m = f->member;
	dbn_group *g = l->g;

	if (f->prepares)
		prepared(l, f, out);
	f->member = NULL;
	if (m) {
		l->live--;
		if (out->status == DBN_OK) {
			dbn_group__end(g, m, DBN_MEMBER_ANSWERED, l->conn, cur, NULL);
		} else if (out->status == DBN_E_TXN_FAILED && !dbn_pconn_spoiled(f->stmt)) {
			m->next = *again;
			*again = m;
		} else if (dbn_outcome__not_its_own(out->status)) {
			dbn_group__end(g, m, DBN_MEMBER_ALONE, NULL, NULL, NULL);
		} else {
			dbn_group__end(g, m, DBN_MEMBER_FAILED, NULL, NULL, out->error);
			out->error = NULL;
		}
	}
	if (cur)
		l->conn->ops->close_cursor(cur);
	dbn_error_free(out->error);
	leave_stmt(l, f->stmt);
}

/* All that can be taken now.  False: the connection is gone. */
static bool
take_all(dbn_lane *l)
{
	const dbn_driver_async_1 *a = l->g->o.async;
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	dbn_member *again = NULL, *m;
	struct dbn_cursor *cur = NULL;
	dbn_error *why = NULL;
	dbn_status rc;
	uint64_t tag;

	while ((rc = a->take(l->conn->conn, &tag, &out, &cur, &why)) == DBN_OK) {
		dbn_flight *f = &l->flights[l->head % DBN_LANE_FLIGHTS];

		if (l->head == l->tail || f->tag != tag) {
			if (cur)
				l->conn->ops->close_cursor(cur);
			dbn_error_free(out.error);
			rc = DBN_E_PLUGIN;
			break;
		}
		l->head++;
		reply(l, f, &out, cur, &again);
		cur = NULL;
		out.error = NULL;
	}
	while ((m = again) != NULL) { /* the newest is first: they end in their old order */
		again = m->next;
		dbn_group__again(l->g, m);
	}
	dbn_error_free(why);
	if (rc != DBN_DONE)
		broken(l, rc == DBN_E_PLUGIN);
	return rc == DBN_DONE;
}

/* Move bytes, take what is there, look at the right descriptor.  False: gone. */
static bool
advance(dbn_lane *l)
{
	dbn_io_want want = { .struct_size = (uint32_t)sizeof want, .fd = -1 };
	dbn_error *why = NULL;
	dbn_status rc = l->g->o.async->advance(l->conn->conn, &want, &why);

	dbn_error_free(why);
	l->wake_ns = rc == DBN_E_BUSY ? want.wake_ns : 0;
	if (rc != DBN_OK && rc != DBN_E_BUSY) {
		broken(l, false);
		return false;
	}
	if ((want.ready || rc == DBN_OK) && l->head != l->tail && !take_all(l))
		return false;
	if (want.fd >= 0 && want.fd != l->fd) {
		dbn_watch_close(l->watch);
		l->watch = NULL;
		l->fd = -1;
		if (dbn_watch_open(l->g->o.reactor, want.fd, replies, l, &l->watch, NULL) != DBN_OK) {
			broken(l, false);
			return false;
		}
		l->fd = want.fd;
	}
	/* reading stays on: a server that goes away is noticed */
	if (l->watch)
		dbn_watch_for(l->watch, DBN_WATCH_READ | (want.events & DBN_WATCH_WRITE));
	return true;
}

static void
replies(void *user)
{
	dbn_lane *l = user;

	if (l->state == DBN_LANE_OPEN)
		(void)advance(l);
}

/* ---- sending ---- */

static void
note(dbn_lane *l, dbn_member *m, struct dbn_pstmt *s, uint64_t tag)
{
	dbn_flight *f = &l->flights[l->tail++ % DBN_LANE_FLIGHTS];

	f->member = m;
	f->stmt = s;
	f->tag = tag;
	f->prepares = m == NULL;
	if (m) {
		m->flight = f;
		m->state = DBN_MEMBER_FLIES;
		l->live++;
	}
}

/* Queue one at the driver; false: the connection is in doubt. */
static bool
put(dbn_lane *l, dbn_member *m)
{
	dbn_exec_item item = { .struct_size = (uint32_t)sizeof item, .flags = DBN_EXEC_ROWS, .nrows = 1 };
	const dbn_driver_async_1 *a = l->g->o.async;
	dbn_conn_state st = { .struct_size = (uint32_t)sizeof st };
	struct dbn_pstmt *s = NULL;
	dbn_error *why = NULL;
	uint64_t tag = dbn_pconn_next_no(l->conn);
	bool made = false;
	dbn_status rc = dbn_pconn_use(l->conn, a, m->recipe, tag, &s, &made, &why);

	if (rc == DBN_OK && made) {
		s->preparing = true;
		note(l, NULL, s, tag);
		dbn_line__put(&l->parked, m);
		return true;
	}
	if (rc == DBN_OK && s->preparing) {
		leave_stmt(l, s);
		dbn_line__put(&l->parked, m);
		return true;
	}
	if (rc == DBN_OK) {
		item.stmt = s->stmt;
		item.values = m->values;
		item.nvalues = m->nvalues;
		rc = a->submit(l->conn->conn, &item, tag, &why);
		if (rc == DBN_OK)
			note(l, m, s, tag);
		else
			leave_stmt(l, s);
	}
	dbn_error_free(why);
	if (rc == DBN_OK)
		return true;
	/* the ordinary way says it better */
	dbn_group__end(l->g, m, DBN_MEMBER_ALONE, NULL, NULL, NULL);
	l->conn->ops->state(l->conn->conn, &st);
	return !st.broken;
}

bool
dbn_lane__takes(const dbn_lane *l)
{
	return l->state == DBN_LANE_OPEN && !l->leaving &&
		dbn_lane__flying(l) + 2 * l->g->o.size <= DBN_LANE_FLIGHTS;
}

bool
dbn_lane__send(dbn_lane *l, uint64_t now)
{
	dbn_group *g = l->g;
	uint32_t n = 0, limit = g->o.size, before = l->tail;
	dbn_error *why = NULL;
	bool fine = true;
	dbn_status rc;

	(void)now;
	if (!dbn_lane__takes(l))
		return false;
	for (dbn_member *m; fine && n < limit && (m = dbn_line__take(&g->line)) != NULL; n++)
		fine = put(l, m);
	if (fine && l->tail == before) /* all of them wait for a statement to be prepared */
		return n > 0;
	if (fine) {
		atomic_fetch_add_explicit(&g->groups, 1, memory_order_relaxed);
		rc = g->o.async->sync(l->conn->conn, ++l->groups, &why);
		dbn_error_free(why);
		fine = rc == DBN_OK;
	}
	if (!fine) {
		broken(l, false);
		return false;
	}
	return advance(l) && n > 0;
}

/* ---- resting, and what nobody wants ---- */

uint64_t
dbn_lane__wake(dbn_lane *l, uint64_t now)
{
	if (l->state != DBN_LANE_OPEN || !l->wake_ns)
		return UINT64_MAX;
	if (now >= l->wake_ns && !advance(l))
		return UINT64_MAX;
	return l->wake_ns ? l->wake_ns : UINT64_MAX;
}

uint64_t
dbn_lane__rest(dbn_lane *l, uint64_t now)
{
	bool others;

	if (l->state != DBN_LANE_OPEN)
		return UINT64_MAX;
	others = atomic_load_explicit(&l->g->o.set->nwaiters, memory_order_relaxed) != 0 || l->g->closing;
	if (l->head != l->tail || l->parked.n) {
		l->idle_ns = 0;
		if (others && now - l->taken_ns >= TURN_NS)
			l->leaving = true;
		return UINT64_MAX;
	}
	if (!l->idle_ns)
		l->idle_ns = now;
	if (!others && !l->leaving && now - l->idle_ns < LINGER_NS)
		return l->idle_ns + LINGER_NS;
	give_back(l);
	return UINT64_MAX;
}

void
dbn_lane__abandon(dbn_lane *l, dbn_flight *f)
{
	f->member = NULL;
	l->live--;
}

static void
cancel_on_worker(dbn_task *t)
{
	dbn_lane *l = DBN_TASK_OF(dbn_lane, cancel_task, t);

	dbn_pconn_cancel(l->cancel_conn, l->cancel_no);
	atomic_store(&l->cancelling, false);
}

uint64_t
dbn_lane__unstick(dbn_lane *l, uint64_t now)
{
	if (l->state != DBN_LANE_OPEN || l->head == l->tail || l->live || l->parked.n) {
		l->stuck_ns = 0;
		return UINT64_MAX;
	}
	if (!l->stuck_ns) {
		l->stuck_ns = now;
		l->leaving = true;
		if (!atomic_exchange(&l->cancelling, true)) {
			l->cancel_conn = l->conn;
			l->cancel_no = l->flights[l->head % DBN_LANE_FLIGHTS].tag;
			l->cancel_task.run = cancel_on_worker;
			if (!dbn_workers_post(l->g->o.workers, DBN_WORK_INSIDE, &l->cancel_task))
				atomic_store(&l->cancelling, false);
		}
	}
	if (now - l->stuck_ns < STUCK_NS)
		return l->stuck_ns + STUCK_NS;
	broken(l, false);
	return UINT64_MAX;
}

void
dbn_lane__fini(dbn_lane *l)
{
	if (l->state == DBN_LANE_ASKING && !l->conn && dbn_connset_withdraw(l->g->o.set, &l->waiter))
		l->state = DBN_LANE_IDLE;
	else if (l->state == DBN_LANE_OPEN && l->head == l->tail && !l->parked.n)
		give_back(l);
}
