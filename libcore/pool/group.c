/* SPDX-License-Identifier: MIT */
/*
 * Who waits and who is next.  Members come in by the reactor's queue; before the
 * reactor sleeps everything that waits is handed to the lanes, a group each time,
 * so that a burst of statements is shared out among the connections.  The line is
 * strictly first come, first served; a member that an error of another kept from
 * running goes back to its head.
 */
#include <string.h>

#include "base/clock.h"
#include "pool/group_impl.h"

#define GROUP_SIZE 16u
#define RETRY_NS UINT64_C(1000000)
#define TRIES 3u                 /* as often behind an error of another: then alone */
#define SHARE 8u                 /* waiting statements for each connection in use */

/* ---- lines ---- */

void
dbn_line__init(dbn_line *line)
{
	line->first = NULL;
	line->last = &line->first;
	line->n = 0;
}

void
dbn_line__put(dbn_line *line, dbn_member *m)
{
	m->state = DBN_MEMBER_WAITS;
	m->line = line;
	m->next = NULL;
	m->link = line->last;
	*line->last = m;
	line->last = &m->next;
	line->n++;
}

static void
put_first(dbn_line *line, dbn_member *m)
{
	m->state = DBN_MEMBER_WAITS;
	m->line = line;
	m->next = line->first;
	m->link = &line->first;
	if (m->next)
		m->next->link = &m->next;
	else
		line->last = &m->next;
	line->first = m;
	line->n++;
}

static void
leave_line(dbn_member *m)
{
	*m->link = m->next;
	if (m->next)
		m->next->link = m->link;
	else
		m->line->last = m->link;
	m->line->n--;
}

dbn_member *
dbn_line__take(dbn_line *line)
{
	dbn_member *m = line->first;

	if (m)
		leave_line(m);
	return m;
}

static void
note_deadline(dbn_group *g, const dbn_member *m)
{
	if (m->deadline_ns && m->deadline_ns < g->soonest_ns)
		g->soonest_ns = m->deadline_ns;
}

void
dbn_group__end(dbn_group *g, dbn_member *m, uint32_t how, dbn_pconn *conn, struct dbn_cursor *cur,
	dbn_error *why)
{
	m->state = DBN_MEMBER_OVER;
	m->flight = NULL;
	if (how == DBN_MEMBER_ALONE)
		atomic_fetch_add_explicit(&g->alone, 1, memory_order_relaxed);
	m->done(m, how, conn, cur, why);
}

void
dbn_group__again(dbn_group *g, dbn_member *m)
{
	m->flight = NULL;
	if (++m->tries >= TRIES) {
		dbn_group__end(g, m, DBN_MEMBER_ALONE, NULL, NULL, NULL);
		return;
	}
	atomic_fetch_add_explicit(&g->again, 1, memory_order_relaxed);
	put_first(&g->line, m);
	note_deadline(g, m);
}

/* ---- coming and going ---- */

static void
arrive(dbn_task *t)
{
	dbn_member *m = DBN_TASK_OF(dbn_member, task, t);

	dbn_line__put(&m->group->line, m);
	note_deadline(m->group, m);
}

void
dbn_group_submit(dbn_group *g, dbn_member *m)
{
	m->group = g;
	m->state = DBN_MEMBER_NEW;
	m->tries = 0;
	m->flight = NULL;
	m->task.run = arrive;
	atomic_fetch_add_explicit(&g->statements, 1, memory_order_relaxed);
	dbn_reactor_post(g->o.reactor, &m->task);
}

/* Which lane is it under way on? */
static dbn_lane *
lane_of(dbn_group *g, const dbn_member *m)
{
	for (uint32_t i = 0; i < g->nlanes; i++)
		if (m->flight >= g->lanes[i].flights &&
			m->flight < g->lanes[i].flights + DBN_LANE_FLIGHTS)
			return &g->lanes[i];
	return NULL;
}

static void
stop_member(dbn_group *g, dbn_member *m, dbn_status rc, const char *text)
{
	dbn_error *why = NULL;

	if (m->state == DBN_MEMBER_WAITS)
		leave_line(m);
	else if (m->state == DBN_MEMBER_FLIES)
		dbn_lane__abandon(lane_of(g, m), m->flight);
	else
		return;
	(void)dbn_fail(&why, rc, "%s", text);
	dbn_group__end(g, m, DBN_MEMBER_FAILED, NULL, NULL, why);
}

static void
abandon(dbn_task *t)
{
	dbn_member *m = DBN_TASK_OF(dbn_member, abandon_task, t);

	stop_member(m->group, m, DBN_E_CANCELLED, "the statement was cancelled");
	m->forgotten(m);
}

void
dbn_group_abandon(dbn_member *m)
{
	m->abandon_task.run = abandon;
	dbn_reactor_post(m->group->o.reactor, &m->abandon_task);
}

/* ---- turns ---- */

static const char late[] = "the deadline has passed";

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
expire_line(dbn_group *g, dbn_line *line, uint64_t now)
{
	uint64_t soonest = UINT64_MAX;
	dbn_member *m, *next;

	for (m = line->first; m; m = next) {
		next = m->next;
		if (m->deadline_ns && m->deadline_ns <= now)
			stop_member(g, m, DBN_E_TIMEOUT, late);
		else if (m->deadline_ns)
			soonest = sooner(soonest, m->deadline_ns);
	}
	return soonest;
}

/* Only when a deadline may have passed are all of them looked at. */
static void
expire(dbn_group *g, uint64_t now)
{
	uint64_t soonest = expire_line(g, &g->line, now);

	for (uint32_t i = 0; i < g->nlanes; i++) {
		dbn_lane *l = &g->lanes[i];

		soonest = sooner(soonest, expire_line(g, &l->parked, now));
		for (uint32_t at = l->head; at != l->tail; at++) {
			dbn_member *m = l->flights[at % DBN_LANE_FLIGHTS].member;

			if (!m || !m->deadline_ns)
				continue;
			if (m->deadline_ns <= now)
				stop_member(g, m, DBN_E_TIMEOUT, late);
			else
				soonest = sooner(soonest, m->deadline_ns);
		}
	}
	g->soonest_ns = soonest;
}

/* Which open lane has least to do? */
static dbn_lane *
emptiest(dbn_group *g)
{
	dbn_lane *best = NULL;

	for (uint32_t i = 0; i < g->nlanes; i++) {
		dbn_lane *l = &g->lanes[i];

		if (dbn_lane__takes(l) && (!best || dbn_lane__flying(l) < dbn_lane__flying(best)))
			best = l;
	}
	return best;
}

/* A group each time to the lane that has least to do. */
static void
share_out(dbn_group *g, uint64_t now)
{
	dbn_lane *l;

	while (g->line.first && (l = emptiest(g)) != NULL)
		(void)dbn_lane__send(l, now); /* some go, or the lane is closed */
}

/* Another connection, where those in use have much to do. */
static void
ask_for_more(dbn_group *g)
{
	uint32_t busy = g->line.n, lanes = 0;
	dbn_lane *idle = NULL;

	for (uint32_t i = 0; i < g->nlanes; i++) {
		dbn_lane *l = &g->lanes[i];

		busy += dbn_lane__flying(l);
		if (l->state != DBN_LANE_IDLE)
			lanes++;
		else if (!idle)
			idle = l;
	}
	if (idle && (!lanes || busy > lanes * SHARE))
		dbn_lane__ask(idle);
}

/* Everything that can be done now; when to come again. */
static uint64_t
pass(dbn_group *g, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	for (uint32_t i = 0; i < g->nlanes; i++)
		next = sooner(next, dbn_lane__wake(&g->lanes[i], now));
	if (g->line.first)
		ask_for_more(g);
	share_out(g, now);
	for (uint32_t i = 0; i < g->nlanes; i++) {
		next = sooner(next, dbn_lane__unstick(&g->lanes[i], now));
		next = sooner(next, dbn_lane__rest(&g->lanes[i], now));
	}
	return next;
}

/* Will something come that lets those go on that wait? */
static bool
comes(const dbn_group *g)
{
	for (uint32_t i = 0; i < g->nlanes; i++)
		if (g->lanes[i].state == DBN_LANE_ASKING || (g->lanes[i].state == DBN_LANE_OPEN &&
			dbn_lane__flying(&g->lanes[i])))
			return true;
	return false;
}

static uint64_t
turn(dbn_turner *t, uint64_t now)
{
	dbn_group *g = DBN_TASK_OF(dbn_group, turner, t);
	uint64_t next;

	if (now >= g->soonest_ns)
		expire(g, now);
	next = pass(g, now);
	if (g->line.first && !comes(g)) /* a lane has just let its connection go */
		next = pass(g, now);
	if (g->line.first && !comes(g))
		next = now + RETRY_NS;
	return sooner(next, g->soonest_ns);
}

/* ---- life ---- */

static void
add_turner(dbn_task *t)
{
	dbn_group *g = DBN_TASK_OF(dbn_group, close_task, t);

	dbn_reactor_turner(g->o.reactor, &g->turner);
}

dbn_status
dbn_group_open(const dbn_group_opts *opts, dbn_group **out, dbn_error **err)
{
	dbn_group *g = dbn_zalloc(sizeof *g);

	if (!g)
		return dbn_fail_nomem(err);
	g->o = *opts;
	g->nlanes = opts->connections ? opts->connections : 1;
	if (!g->o.size || g->o.size > DBN_LANE_FLIGHTS / 4)
		g->o.size = g->o.size ? DBN_LANE_FLIGHTS / 4 : GROUP_SIZE;
	g->lanes = dbn_alloc_array(g->nlanes, sizeof *g->lanes);
	if (!g->lanes) {
		dbn_free(g);
		return dbn_fail_nomem(err);
	}
	for (uint32_t i = 0; i < g->nlanes; i++)
		dbn_lane__init(&g->lanes[i], g);
	dbn_line__init(&g->line);
	g->soonest_ns = UINT64_MAX;
	g->turner.turn = turn;
	(void)pthread_mutex_init(&g->lock, NULL);
	(void)pthread_cond_init(&g->closed_cond, NULL);
	g->close_task.run = add_turner;
	dbn_reactor_post(g->o.reactor, &g->close_task);
	*out = g;
	return DBN_OK;
}

static uint64_t
last_turn(dbn_turner *t, uint64_t now)
{
	dbn_group *g = DBN_TASK_OF(dbn_group, turner, t);
	bool busy = false;

	(void)turn(t, now);
	for (uint32_t i = 0; i < g->nlanes; i++) {
		dbn_lane__fini(&g->lanes[i]);
		busy |= g->lanes[i].state != DBN_LANE_IDLE || atomic_load(&g->lanes[i].cancelling);
	}
	if (busy)
		return now + 1000000;
	dbn_reactor_turner_remove(g->o.reactor, &g->turner);
	(void)pthread_mutex_lock(&g->lock);
	g->closed = true;
	(void)pthread_cond_broadcast(&g->closed_cond);
	(void)pthread_mutex_unlock(&g->lock);
	return UINT64_MAX;
}

static void
begin_close(dbn_task *t)
{
	dbn_group *g = DBN_TASK_OF(dbn_group, close_task, t);

	g->closing = true;
	g->turner.turn = last_turn;
}

void
dbn_group_close(dbn_group *g)
{
	if (!g)
		return;
	g->close_task.run = begin_close;
	dbn_reactor_post(g->o.reactor, &g->close_task);
	(void)pthread_mutex_lock(&g->lock);
	while (!g->closed)
		(void)pthread_cond_wait(&g->closed_cond, &g->lock);
	(void)pthread_mutex_unlock(&g->lock);
	(void)pthread_cond_destroy(&g->closed_cond);
	(void)pthread_mutex_destroy(&g->lock);
	dbn_free(g->lanes);
	dbn_free(g);
}

void
dbn_group_count(const dbn_group *g, dbn_group_counts *out)
{
	out->statements = atomic_load(&g->statements);
	out->groups = atomic_load(&g->groups);
	out->alone = atomic_load(&g->alone);
	out->again = atomic_load(&g->again);
}
