/* SPDX-License-Identifier: MIT */
/*
 * Threads that wait for a connection to read something short ride together.  Who is
 * given a connection takes along those of its line that wait then (riders): their
 * statements and its own go to the server in one write with one sync behind them, it
 * keeps everybody's rows, gives the connection to the next in line and wakes the
 * others.  No thread is handed anything it did not wait for, and where nobody waits
 * nothing of this happens.  A rider takes no connection, so that nobody's place in
 * the line is lost by it; only riders of the driver's own line (user, share) go along,
 * whose account the connection is on, and only those whose statement is prepared
 * on this connection already.
 *
 * Measured and not done: joining the groups of the event loop, which costs a hand-over
 * to its thread and back; leaving connections free so that groups grow, which costs less
 * where one processor does all, and answers later everywhere else; sending the next
 * group on behalf of its driver while that wakes up: the groups get smaller.
 *
 * A seat is a waiter's until it leaves, under set->lock: at its deadline or when it
 * is cancelled, but never while its values are being sent (BOARDS) or its rows kept
 * (LANDS), which does not block.  A driver that must leave makes another the driver;
 * the last one stops the server.  Locks: set->lock for the seats, held across neither
 * the driver's calls nor poll().
 */
#include <poll.h>
#include <string.h>

#include "pool/connset_impl.h"

#define SCAN     256u                     /* of those that wait, looked at for a group */
#define TRIES    3u                       /* behind an error of another: then alone */
#define SLICE_NS UINT64_C(50000000)       /* so late a driver may notice a cancel */
#define STOP_NS  UINT64_C(1000000000)     /* from being stopped to being closed */
enum { SEATS = 32 };
enum { ANSWERED = 1, FAILED = 2, AGAIN = 3, ALONE = 4 };

typedef struct dbn_ride {
	dbn_pconn *conn;
	dbn_waiter *seats[SEATS];        /* NULL: it has left */
	struct dbn_pstmt *stmts[SEATS];
	uint64_t tags[SEATS];            /* 0: not sent */
	uint32_t n, at;                  /* at: of the next reply */
	bool landed;
} dbn_ride;

static void
no_token(dbn_waiter *w)
{
	if (!w->token || w->token->waiter != w)
		return;
	w->token->waiter = NULL;
	atomic_store(&w->token->at, NULL);
}

static void
alone(dbn_rider *p)
{
	p->how = ALONE;
	p->tries = TRIES;
}

/* ---- who comes along ---- */

static void
sit(dbn_ride *r, dbn_waiter *w, uint32_t riding)
{
	w->ride = r;
	w->seat = r->n;
	w->riding = riding;
	w->leaving = w->drives = false;
	r->seats[r->n] = w;
	r->stmts[r->n] = NULL;
	r->tags[r->n++] = 0;
}

static void
board_locked(dbn_pconn *c, dbn_ride *r)
{
	dbn_connset *set = c->set;
	dbn_waiter *w = set->accounting ? c->leaf->first[0] : set->all.first[0], *next;

	for (uint32_t i = 0; w && i < SCAN && r->n < SEATS; i++, w = next) {
		next = w->next;
		if (!w->rider || w->rider->tries >= TRIES || !dbn_pconn_find(c, w->rider->recipe->id) ||
			(w->token && atomic_load(&w->token->cancelled)))
			continue;
		dbn_queue__take_locked(set, w);
		if (w->token) { /* a cancel is to find it there, too */
			w->token->waiter = w;
			atomic_store(&w->token->at, set);
		}
		sit(r, w, DBN_RIDE_BOARDS);
	}
	set->groups += r->n > 1;
	set->grouped += r->n > 1 ? r->n : 0;
}

static void
submit(dbn_pconn *c, dbn_ride *r, uint32_t i)
{
	dbn_exec_item item = { .struct_size = (uint32_t)sizeof item, .flags = DBN_EXEC_ROWS, .nrows = 1 };
	dbn_rider *p = r->seats[i]->rider;
	struct dbn_pstmt *s = dbn_pconn_find(c, p->recipe->id);
	uint64_t tag = dbn_pconn_next_no(c);
	dbn_error *why = NULL;

	item.stmt = s->stmt;
	item.values = p->values;
	item.nvalues = p->nvalues;
	if (c->set->async->submit(c->conn, &item, tag, &why) == DBN_OK) {
		dbn_pconn_use_again(s);
		r->stmts[i] = s;
		r->tags[i] = tag;
	} else {
		alone(p); /* the ordinary way says it better */
	}
	dbn_error_free(why);
}

/* Send all, then let those go that are not under way.  False: the connection is in doubt. */
static bool
take_off(dbn_pconn *c, dbn_ride *r, const dbn_waiter *me)
{
	dbn_rousing some = { NULL, 0 };
	dbn_waiter *left[SEATS];
	dbn_error *why = NULL;
	uint32_t n = 0;
	bool fine;

	for (uint32_t i = 0; i < r->n; i++)
		submit(c, r, i);
	fine = c->set->async->sync(c->conn, 1, &why) == DBN_OK;
	dbn_error_free(why);
	dbn_connset__lock(c->set);
	for (uint32_t i = 0; i < r->n; i++) {
		dbn_waiter *w = r->seats[i];

		if (r->tags[i]) {
			w->riding = DBN_RIDE_FLIES;
			if (w->leaving)
				dbn_parker__wake(c->set, &w->parker);
			continue;
		}
		r->seats[i] = NULL;
		no_token(w);
		if (w != me)
			left[n++] = w;
	}
	dbn_connset__unlock(c->set);
	while (n)
		dbn_waiter__settle(c->set, left[--n], &some);
	dbn_rousing__flush(c->set, &some);
	return fine;
}

/* ---- the end ---- */

static dbn_status
result(dbn_rider *p, dbn_error **err)
{
	dbn_error *why = p->why;
	dbn_status rc = dbn_error_code(why);

	p->why = NULL;
	if (p->how == ANSWERED)
		return DBN_DONE;
	if (p->how != FAILED)
		return DBN_E_BUSY;
	if (err)
		*err = why;
	else
		dbn_error_free(why);
	return rc;
}

dbn_status
dbn_ride__result(dbn_waiter *w, dbn_error **err)
{
	return result(w->rider, err);
}

static dbn_status
stopped(bool cancel, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };

	f.status = cancel ? DBN_E_CANCELLED : DBN_E_TIMEOUT;
	memcpy(f.sqlstate, cancel ? "57014" : "HYT00", 6);
	return dbn_connset__fail(err, &f, cancel ? "the statement was cancelled"
		: "the deadline passed");
}

/* From here on nobody leaves. */
static void
land(dbn_pconn *c, dbn_ride *r)
{
	if (r->landed)
		return;
	r->landed = true;
	dbn_connset__lock(c->set);
	for (uint32_t i = 0; i < r->n; i++)
		if (r->seats[i]) {
			r->seats[i]->riding = DBN_RIDE_LANDS;
			no_token(r->seats[i]);
		}
	dbn_connset__unlock(c->set);
}

/* The connection goes to the next in line before anybody is woken, but where I run my
 * own statement on it now.  The seats are the next driver's then. */
static dbn_status
get_off(dbn_pconn *c, dbn_ride *r, const dbn_waiter *me, bool lost, dbn_error **err)
{
	dbn_connset *set = c->set;
	dbn_rousing all = { NULL, 0 };
	dbn_waiter *others[SEATS];
	bool mine = !lost && (me->rider->how == AGAIN || me->rider->how == ALONE);
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->n; i++)
		if (r->seats[i] && r->seats[i] != me)
			others[n++] = r->seats[i];
	r->n = 0;
	if (!mine)
		dbn_connset_release(c);
	for (uint32_t i = 0; i < n; i++)
		dbn_waiter__settle(set, others[i], &all);
	dbn_rousing__flush(set, &all);
	return mine ? DBN_OK : result(me->rider, err);
}

/* What is under way will not be answered.  It only reads: running twice is as good as
 * once.  wrong: the replies cannot be trusted, which is an error. */
static dbn_status
broken(dbn_pconn *c, dbn_ride *r, const dbn_waiter *me, bool wrong, dbn_error **err)
{
	c->discard = true;
	land(c, r);
	for (; r->at < r->n; r->at++) {
		dbn_waiter *w = r->seats[r->at];

		if (r->stmts[r->at])
			dbn_pconn_unuse(c, r->stmts[r->at]);
		if (!w || w->rider->how)
			continue;
		alone(w->rider);
		if (!wrong)
			continue;
		w->rider->how = FAILED;
		(void)dbn_fail_hint(&w->rider->why, DBN_E_PLUGIN, "Please report it.",
			"the driver of \"%s\" answers in another order than it was asked: "
			"the connection was closed", dbn_connset_name(c->set));
	}
	return get_off(c, r, me, true, err);
}

/* ---- replies ---- */

static void
reply(dbn_pconn *c, dbn_rider *p, dbn_outcome *out, struct dbn_cursor *cur)
{
	if (p->how) /* mine, and I was stopped */
		return;
	if (out->status == DBN_OK) {
		if (p->keep(c, cur, p->user) == DBN_OK)
			p->how = ANSWERED;
		else
			alone(p);
	} else if (out->status == DBN_E_TXN_FAILED && ++p->tries < TRIES) {
		p->how = AGAIN;
	} else if (!out->error || (dbn_outcome__not_its_own(out->status) &&
		!(out->status == DBN_E_CANCELLED && atomic_load(&c->set->closing)))) {
		alone(p);
	} else {
		p->how = FAILED;
		p->why = out->error;
		out->error = NULL;
	}
}

/* All that is there; false: it cannot be trusted. */
static bool
take_all(dbn_pconn *c, dbn_ride *r)
{
	dbn_outcome out = { .struct_size = (uint32_t)sizeof out };
	struct dbn_cursor *cur = NULL;
	dbn_error *why = NULL;
	dbn_status rc;
	uint64_t tag;

	land(c, r);
	while ((rc = c->set->async->take(c->conn, &tag, &out, &cur, &why)) == DBN_OK) {
		bool right;

		while (r->at < r->n && !r->tags[r->at])
			r->at++;
		right = r->at < r->n && r->tags[r->at] == tag;
		if (right && r->seats[r->at])
			reply(c, r->seats[r->at]->rider, &out, cur);
		if (cur)
			c->ops->close_cursor(cur);
		dbn_error_free(out.error);
		out.error = NULL;
		cur = NULL;
		if (!right)
			return false;
		dbn_pconn_unuse(c, r->stmts[r->at++]);
	}
	dbn_error_free(why);
	while (r->at < r->n && !r->tags[r->at])
		r->at++;
	return rc == DBN_DONE;
}

/* ---- driving ---- */

/* Another of those under way shall drive; false: there is none. */
static bool
hand_on(dbn_pconn *c, dbn_ride *r, dbn_waiter *me)
{
	dbn_waiter *next = NULL;

	dbn_connset__lock(c->set);
	for (uint32_t i = 0; i < r->n && !next; i++)
		if (r->seats[i] && r->seats[i] != me && r->seats[i]->riding == DBN_RIDE_FLIES)
			next = r->seats[i];
	if (next) {
		if (r->seats[me->seat] == me)
			r->seats[me->seat] = NULL;
		no_token(me);
		next->drives = true;
		dbn_parker__wake(c->set, &next->parker);
	}
	dbn_connset__unlock(c->set);
	return next != NULL;
}

/* I may not wait any longer and nobody else does: the server is stopped, if it is mine
 * alone that runs there.  Until when that may take. */
static uint64_t
stop_server(dbn_pconn *c, const dbn_ride *r, const dbn_waiter *me, uint64_t now, uint64_t give_up)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->n; i++)
		n += r->tags[i] != 0;
	if (n == 1 && r->tags[me->seat])
		dbn_pconn_cancel(c, r->tags[me->seat]);
	return give_up ? give_up : now + (n == 1 ? STOP_NS : 0);
}

/* The pool ends and waits for nobody any more. */
static dbn_status
ended(dbn_pconn *c, dbn_ride *r, const dbn_waiter *me, dbn_error **err)
{
	land(c, r);
	for (uint32_t i = r->at; i < r->n; i++)
		if (r->seats[i] && !r->seats[i]->rider->how) {
			r->seats[i]->rider->how = FAILED;
			(void)stopped(true, &r->seats[i]->rider->why);
		}
	return broken(c, r, me, false, err);
}

/* May I not wait any longer?  true: *rc, and it is no longer mine to drive. */
static bool
press(dbn_pconn *c, dbn_waiter *me, const dbn_borrow *b, uint64_t *give_up, dbn_status *rc,
	dbn_error **err)
{
	bool cancel = b->token && atomic_load(&b->token->cancelled);
	uint64_t now = dbn_connset__now(c->set);
	dbn_ride *r = c->ride;

	if (atomic_load(&c->set->cancelling)) {
		*rc = ended(c, r, me, err);
		return true;
	}
	if (r->landed || !(cancel || (b->deadline_ns && now >= b->deadline_ns)))
		return false;
	if (!*give_up && hand_on(c, r, me)) {
		*rc = stopped(cancel, err);
		return true;
	}
	if (!*give_up) {
		me->rider->how = FAILED;
		(void)stopped(cancel, &me->rider->why);
	}
	*give_up = stop_server(c, r, me, now, *give_up);
	if (now < *give_up)
		return false;
	*rc = broken(c, r, me, false, err);
	return true;
}

static void
await(const dbn_connset *set, const dbn_io_want *want, uint64_t until)
{
	struct pollfd p = { want->fd, (short)((want->events & 1 ? POLLIN : 0) |
		(want->events & 2 ? POLLOUT : 0)), 0 };
	uint64_t now = until ? dbn_connset__now(set) : 0, most = now + SLICE_NS;

	if (!until || until > most)
		until = most;
	(void)poll(&p, want->fd >= 0, want->fd < 0 || until <= now ? 1
		: (int)((until - now + 999999) / 1000000));
}

static dbn_status
drive(dbn_pconn *c, dbn_waiter *me, const dbn_borrow *b, dbn_error **err)
{
	dbn_io_want want = { .struct_size = (uint32_t)sizeof want, .fd = -1 };
	dbn_ride *r = c->ride;
	uint64_t give_up = 0;
	dbn_status rc;

	for (;;) {
		dbn_error *why = NULL;

		rc = c->set->async->advance(c->conn, &want, &why);
		dbn_error_free(why);
		if (rc != DBN_OK && rc != DBN_E_BUSY)
			return broken(c, r, me, false, err);
		if ((want.ready || rc == DBN_OK) && !take_all(c, r))
			return broken(c, r, me, true, err);
		if (rc == DBN_OK)
			return r->at == r->n ? get_off(c, r, me, false, err)
				: broken(c, r, me, true, err);
		if (press(c, me, b, &give_up, &rc, err))
			return rc;
		await(c->set, &want, give_up ? give_up : b->deadline_ns);
	}
}

dbn_status
dbn_ride__lead(dbn_pconn *c, const dbn_borrow *b, dbn_error **err)
{
	dbn_waiter me = { .rider = b->rider };
	dbn_ride *r = c->ride;

	if (b->rider->tries >= TRIES || !c->set->async || !dbn_pconn_find(c, b->rider->recipe->id))
		return DBN_OK;
	if (!r)
		r = c->ride = dbn_zalloc(sizeof *r);
	if (!r)
		return DBN_OK; /* without memory for company */
	r->conn = c;
	r->n = r->at = 0;
	r->landed = false;
	b->rider->how = 0;
	sit(r, &me, DBN_RIDE_BOARDS);
	dbn_connset__lock(c->set);
	board_locked(c, r);
	dbn_connset__unlock(c->set);
	if (r->n == 1)
		return DBN_OK;
	if (!take_off(c, r, &me))
		return broken(c, r, &me, false, err);
	return drive(c, &me, b, err);
}

bool
dbn_ride__look(dbn_waiter *w, const dbn_borrow *b, uint64_t *until, dbn_pconn **out,
	dbn_status *rc, dbn_error **err)
{
	dbn_pconn *c = w->ride->conn; /* of a seat that is ours: nobody else's meanwhile */
	bool cancel = b->token && atomic_load(&b->token->cancelled);

	if (w->drives) {
		w->drives = false;
		dbn_connset__unlock(c->set);
		dbn_pconn__hold(c, b, dbn_connset__now(c->set));
		*rc = drive(c, w, b, err);
		*out = *rc == DBN_OK ? c : NULL;
		return true;
	}
	*until = b->deadline_ns ? b->deadline_ns : UINT64_MAX;
	if (!cancel && dbn_connset__now(c->set) < *until)
		return false;
	*until = UINT64_MAX;
	w->leaving = true;
	if (w->riding != DBN_RIDE_FLIES)
		return false;
	w->ride->seats[w->seat] = NULL;
	no_token(w);
	dbn_connset__unlock(c->set);
	*rc = stopped(cancel, err);
	return true;
}
