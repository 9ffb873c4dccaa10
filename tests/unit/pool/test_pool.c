/* SPDX-License-Identifier: MIT */
/*
 * One connection set over a database that is not there: liveness, ages, resets,
 * the breaker, connecting in the background, reports, drain.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "fake_db.h"
#include "plugin/host.h"
#include "pool/breaker.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

static fake_db db;
static dbn_connset *set;
static dbn_connset_opts o;
static dbn_error *err;

static void
setup(void)
{
	fake_db_init(&db);
	o = fake_opts(&db);
}

static void
teardown(void)
{
	dbn_connset_close(set);
	cr_expect_eq(db.live, 0);
	fake_db_fini(&db);
}

static void
open_set(void)
{
	dbn_error_free(err);
	err = NULL;
	cr_assert_eq(dbn_connset_open(&o, &set, &err), DBN_OK, "%s", dbn_error_message(err));
}

static dbn_pconn *
take(void)
{
	dbn_borrow b = { .session = 7, .statement = 3, .user = DBN_TEXT_LIT("alice"),
		.fingerprint = DBN_TEXT_LIT("SELECT ?") };
	dbn_pconn *c = NULL;

	cr_assert_eq(dbn_connset_borrow(set, &b, &c, &err), DBN_OK, "%s", dbn_error_message(err));
	return c;
}

static dbn_status
try(uint64_t deadline_in)
{
	dbn_borrow b = { .deadline_ns = db.now + deadline_in, .session = 8 };
	dbn_pconn *c = NULL;
	dbn_status rc;

	dbn_error_free(err);
	err = NULL;
	rc = dbn_connset_borrow(set, &b, &c, &err);
	if (rc == DBN_OK)
		dbn_connset_release(c);
	return rc;
}

static dbn_connset_counts
counts(void)
{
	dbn_connset_counts c;

	dbn_connset_count(set, &c);
	return c;
}

TestSuite(pool, .init = setup, .fini = teardown);

Test(pool, what_was_just_used_is_not_asked)
{
	dbn_pconn *c;

	open_set();
	c = take();
	dbn_connset_release(c);
	db.now += 499 * MS;
	dbn_connset_release(take());
	cr_assert_eq(db.pings, 0);
	db.now += 500 * MS;
	dbn_connset_release(take());
	cr_assert_eq(db.pings, 1);
	cr_assert_eq(db.connects, 1);
}

Test(pool, a_dead_one_is_replaced_and_nobody_notices)
{
	open_set();
	fake_db_kill_all(&db);
	db.now += SECOND;
	cr_assert_eq(try(SECOND), DBN_E_TIMEOUT, "nobody connects: no helper runs");
	cr_assert(dbn_connset_work(set) == false, "nobody waits, min is 0");
	o.min = 1;
	dbn_connset_close(set);
	open_set();
	fake_db_kill_all(&db);
	db.now += SECOND;
	cr_assert_eq(try(SECOND), DBN_E_TIMEOUT);
	cr_assert(dbn_connset_work(set), "one is missing");
	cr_assert_eq(try(SECOND), DBN_OK);
	cr_assert_not(dbn_connset_work(set));
	dbn_error_free(err);
}

Test(pool, one_that_breaks_makes_the_others_suspect)
{
	dbn_pconn *a, *b;

	o.min = 2;
	open_set();
	cr_assert(dbn_connset_work(set));
	a = take();
	b = take();
	cr_assert_neq(a, b);
	dbn_connset_release(b);
	db.now += MS;
	fake_db_kill_all(&db);
	a->discard = true;
	dbn_connset_release(a);
	cr_assert_eq(db.pings, 0);
	cr_assert_eq(try(1), DBN_E_TIMEOUT, "b is asked, though it was used a millisecond ago");
	cr_assert_eq(db.pings, 1);
	cr_assert_eq(db.live, 0);
	dbn_error_free(err);
}

Test(pool, lifetimes_end_apart)
{
	o.max_lifetime_ns = 1000 * SECOND;
	db.jitter = 99 * SECOND;
	open_set();
	db.now += 900 * SECOND;
	(void)dbn_connset_maintain(set, db.now);
	cr_assert_eq(counts().open, 1);
	db.now += SECOND;
	(void)dbn_connset_maintain(set, db.now);
	cr_assert_eq(counts().open, 0, "its lifetime had 99 s less");
}

Test(pool, one_that_is_never_idle_grows_old_too)
{
	dbn_pconn *c;

	o.max_lifetime_ns = 10 * SECOND;
	open_set();
	c = take();
	db.now += 11 * SECOND;
	dbn_connset_release(c);
	cr_assert_eq(db.live, 0);
}

Test(pool, idle_ones_go_down_to_min_and_are_kept_alive)
{
	dbn_pconn *a, *b;

	o.min = 1;
	o.idle_timeout_ns = 60 * SECOND;
	o.keepalive_ns = 20 * SECOND;
	open_set();
	cr_assert_not(dbn_connset_work(set));
	a = take();
	o.min = 1;
	{
		dbn_borrow w = { .deadline_ns = DBN_NO_WAIT };

		cr_assert_eq(dbn_connset_borrow(set, &w, &b, &err), DBN_OK, "there is room for it");
	}
	dbn_connset_release(a);
	dbn_connset_release(b);
	db.now += 19 * SECOND;
	(void)dbn_connset_maintain(set, db.now);
	cr_assert_eq(db.pings, 0);
	db.now += SECOND;
	(void)dbn_connset_maintain(set, db.now);
	cr_assert_eq(db.pings, 2);
	(void)dbn_connset_maintain(set, db.now);
	cr_assert_eq(db.pings, 2, "not again at once");
	db.now += 40 * SECOND;
	(void)dbn_connset_maintain(set, db.now);
	cr_assert_eq(counts().open, 1, "a ping is no use: one was idle too long");
	db.ping_fails = true;
	db.now += 20 * SECOND;
	(void)dbn_connset_maintain(set, db.now);
	cr_assert_eq(counts().open, 0, "and one is dead");
	db.ping_fails = false;
	cr_assert(dbn_connset_work(set), "min is 1");
	cr_assert_eq(counts().open, 1);
}

Test(pool, a_reset_that_fails_destroys)
{
	dbn_pconn *c;

	open_set();
	c = take();
	c->conn->txn = DBN_TXN_OPEN;
	c->dirty = true;
	dbn_connset_release(c);
	cr_assert_eq(db.resets, 1);
	cr_assert_eq(db.full_resets, 0);
	cr_assert_eq(db.live, 1);
	c = take();
	c->dirty = c->reset_full = true;
	dbn_connset_release(c);
	cr_assert_eq(db.full_resets, 1);
	c = take();
	c->dirty = true;
	db.reset_fails = true;
	dbn_connset_release(c);
	cr_assert_eq(db.live, 0);
	cr_assert_eq(counts().reset_failures, 1);
}

Test(pool, another_server_behind_it_destroys)
{
	dbn_pconn *c;

	open_set();
	c = take();
	c->conn->epoch = 1;
	c->dirty = true;
	dbn_connset_release(c);
	cr_assert_eq(db.live, 0);
}

Test(pool, a_time_out_names_the_holders)
{
	dbn_borrow b = { .session = 42, .statement = 9, .user = DBN_TEXT_LIT("bob"), .in_txn = true,
		.fingerprint = DBN_TEXT_LIT("UPDATE t SET a = ?") };
	dbn_pconn *c, *d;
	const char *detail;

	o.min = 2;
	open_set();
	cr_assert(dbn_connset_work(set));
	cr_assert_eq(dbn_connset_borrow(set, &b, &c, &err), DBN_OK);
	d = take();
	db.now += 250 * MS;
	cr_assert_eq(try(100 * MS), DBN_E_TIMEOUT);
	detail = dbn_error_detail(err);
	cr_assert(strstr(detail, "session 42 of \"bob\" for 350 ms, in a transaction, last statement: "
		"UPDATE t SET a = ?"), "%s", detail);
	cr_assert(strstr(detail, "session 7 of \"alice\" for 350 ms, in no transaction, last statement: "
		"SELECT ?"), "%s", detail);
	cr_assert(strstr(dbn_error_message(err), "\"main\""), "%s", dbn_error_message(err));
	dbn_pconn_note(c, 10, DBN_TEXT_LIT("DELETE FROM t"), true);
	cr_assert_eq(try(100 * MS), DBN_E_TIMEOUT);
	cr_assert(strstr(dbn_error_detail(err), "DELETE FROM t"));
	cr_assert_eq(counts().timeouts, 2);
	dbn_error_free(err);
	dbn_connset_release(c);
	dbn_connset_release(d);
}

static char logged[1000];
static void
keep_log(int32_t level, const char *text, size_t len, void *user)
{
	(void)level;
	(void)user;
	(void)snprintf(logged, sizeof logged, "%.*s", (int)len, text);
}

Test(pool, a_leak_is_told_once_with_its_place)
{
	dbn_borrow b = { .session = 5, .user = DBN_TEXT_LIT("carol"), .in_txn = true };
	dbn_pconn *c;

	b.place = (const void *)(uintptr_t)&dbn_connset_open;
	o.leak_after_ns = 10 * SECOND;
	open_set();
	dbn_log_set(keep_log, NULL, DBN_LOG_WARN);
	cr_assert_eq(dbn_connset_borrow(set, &b, &c, &err), DBN_OK);
	db.now += 9 * SECOND;
	(void)dbn_connset_maintain(set, db.now);
	cr_assert_eq(counts().leaks, 0);
	db.now += SECOND;
	(void)dbn_connset_maintain(set, db.now);
	(void)dbn_connset_maintain(set, db.now);
	cr_assert_eq(counts().leaks, 1);
	dbn_log_set(NULL, NULL, DBN_LOG_WARN);
	cr_assert(strstr(logged, "session 5 of \"carol\", in a transaction"), "%s", logged);
	cr_assert(strstr(logged, "taken at ") && strstr(logged, "+0x"), "%s", logged);
	dbn_connset_release(c);
}

/* ---- the server is away ---- */

Test(breaker, opens_probes_and_closes)
{
	dbn_breaker b;

	dbn_breaker_init(&b, 3, 1000 * MS);
	cr_assert(dbn_breaker_allows(&b, 1, 5));
	dbn_breaker_failed(&b, SECOND, 0);
	cr_assert_not(dbn_breaker_allows(&b, SECOND + 10 * MS - 1, 0), "a pause");
	cr_assert(dbn_breaker_allows(&b, SECOND + 10 * MS, 0));
	dbn_breaker_failed(&b, 2 * SECOND, 0);
	cr_assert_not(dbn_breaker_allows(&b, 2 * SECOND + 20 * MS - 1, 0), "a longer one");
	cr_assert_eq(b.state, DBN_BREAKER_CLOSED);
	dbn_breaker_failed(&b, 3 * SECOND, 0);
	cr_assert_eq(b.state, DBN_BREAKER_OPEN);
	cr_assert_not(dbn_breaker_allows(&b, 4 * SECOND - 1, 0));
	cr_assert_not(dbn_breaker_allows(&b, 4 * SECOND, 1), "one at a time");
	cr_assert(dbn_breaker_allows(&b, 4 * SECOND, 0));
	cr_assert_eq(b.state, DBN_BREAKER_HALF_OPEN);
	dbn_breaker_failed(&b, 4 * SECOND, 0);
	cr_assert_eq(b.state, DBN_BREAKER_OPEN);
	cr_assert_eq(b.open_since_ns, 3 * SECOND);
	cr_assert(dbn_breaker_allows(&b, 5 * SECOND, 0));
	dbn_breaker_worked(&b);
	cr_assert_eq(b.state, DBN_BREAKER_CLOSED);
	cr_assert(dbn_breaker_allows(&b, 5 * SECOND, 7));
}

Test(breaker, jitter_only_shortens)
{
	for (uint64_t j = 0; j < 100; j++) {
		dbn_breaker b;

		dbn_breaker_init(&b, 1, 1000 * MS);
		dbn_breaker_failed(&b, 0, j * 7919 * MS);
		cr_assert(b.next_ns > 750 * MS && b.next_ns <= 1000 * MS);
	}
}

Test(pool, an_open_breaker_refuses_at_once)
{
	o.min = 1;
	o.breaker_failures = 3;
	o.breaker_cooldown_ns = 500 * MS;
	open_set();
	fake_db_kill_all(&db);
	db.connect_fails = DBN_E_CONN;
	db.now += SECOND;
	cr_assert_eq(try(1), DBN_E_TIMEOUT, "the breaker is closed: it could still work");
	for (int i = 0; i < 3; i++) {
		cr_assert(dbn_connset_work(set), "%d", i);
		cr_assert_not(dbn_connset_work(set), "not without a pause");
		db.now += 40 * MS;
	}
	cr_assert_eq(counts().breaker, DBN_BREAKER_OPEN);
	cr_assert_eq(counts().connect_failures, 3);
	{
		uint64_t before = db.now;

		cr_assert_eq(try(SECOND), DBN_E_CONN);
		cr_assert_eq(db.now, before, "it did not wait");
	}
	cr_assert(strstr(dbn_error_message(err), "connection refused"), "%s", dbn_error_message(err));
	cr_assert(strstr(dbn_error_detail(err), "the breaker of \"main\" is open since 40 ms, next probe "
		"in 460 ms"), "%s", dbn_error_detail(err));
	cr_assert_not(dbn_connset_work(set));
	db.now += 460 * MS;
	db.connect_fails = DBN_OK;
	cr_assert(dbn_connset_work(set), "the probe");
	cr_assert_eq(counts().breaker, DBN_BREAKER_CLOSED);
	cr_assert_eq(try(1), DBN_OK);
}

struct told {
	int times;
	dbn_status rc;
	dbn_pconn *given;
};

static void
tell(dbn_waiter *w, void *user)
{
	struct told *t = user;

	t->times++;
	t->rc = w->rc;
	t->given = w->given;
}

Test(pool, a_wrong_password_is_told_at_once)
{
	dbn_borrow b = { .session = 1 };
	struct told t = { 0 };
	dbn_waiter w;
	dbn_pconn *c;

	o.min = 1;
	open_set();
	c = take();
	c->discard = true;
	dbn_connset_release(c);
	db.connect_fails = DBN_E_DENIED;
	cr_assert_eq(dbn_connset_borrow_async(set, &b, &w, tell, &t, &c, &err), DBN_E_BUSY);
	cr_assert(dbn_connset_work(set));
	cr_assert_eq(t.times, 1);
	cr_assert_eq(t.rc, DBN_E_CONN);
	cr_assert_eq(dbn_connset_refused(set, t.rc, &err), DBN_E_CONN);
	cr_assert(strstr(dbn_error_message(err), "connection refused"));
	dbn_error_free(err);
}

static dbn_waiter impatient;

static void
give_up(fake_db *d)
{
	d->yield = NULL;
	cr_assert(dbn_connset_withdraw(set, &impatient));
	cr_assert_not(dbn_connset_withdraw(set, &impatient));
}

Test(pool, who_gives_up_does_not_take_the_connect_with_it)
{
	dbn_borrow b = { .session = 1 };
	struct told t = { 0 };
	dbn_pconn *c, *d;

	o.min = 1;
	open_set();
	d = take();
	cr_assert_eq(dbn_connset_borrow_async(set, &b, &impatient, tell, &t, &c, &err), DBN_E_BUSY);
	db.yield = give_up;
	cr_assert(dbn_connset_work(set));
	cr_assert_eq(t.times, 0);
	cr_assert_eq(counts().open, 2, "the connection is there for the next one");
	cr_assert_eq(try(1), DBN_OK);
	cr_assert_eq(db.connects, 2);
	dbn_connset_release(d);
}

Test(pool, fail_fast_or_start_without)
{
	db.connect_fails = DBN_E_CONN;
	cr_assert_eq(dbn_connset_open(&o, &set, &err), DBN_E_CONN);
	dbn_error_free(err);
	err = NULL;
	o.degraded = true;
	o.min = 1;
	open_set();
	cr_assert_eq(counts().open, 0);
	db.connect_fails = DBN_OK;
	db.now += SECOND;
	cr_assert(dbn_connset_work(set));
	cr_assert_eq(try(1), DBN_OK);
}

Test(pool, the_server_is_told_its_own_limit)
{
	o.server_timeout_ns = 77 * SECOND;
	open_set();
	cr_assert_eq(db.last_timeout, 77 * SECOND);
}

Test(pool, a_frozen_server_is_given_up)
{
	o.min = 1;
	o.connect_timeout_ns = 3 * SECOND;
	open_set();
	fake_db_kill_all(&db);
	db.connect_takes_ns = 100 * SECOND;
	db.now += SECOND;
	cr_assert_eq(try(1), DBN_E_TIMEOUT);
	{
		uint64_t before = db.now;

		cr_assert(dbn_connset_work(set));
		cr_assert_eq(db.now - before, 3 * SECOND);
	}
	cr_assert_eq(counts().connect_failures, 1);
	dbn_error_free(err);
}

/* ---- the end ---- */

Test(pool, drain_waits_then_cancels)
{
	dbn_pconn *c;
	uint64_t before;

	open_set();
	c = take();
	(void)dbn_pconn_next_no(c);
	(void)dbn_pconn_next_no(c);
	before = db.now;
	cr_assert_eq(dbn_connset_drain(set, db.now + 5 * SECOND), 1);
	cr_assert_eq(db.now - before, 5 * SECOND);
	cr_assert_eq(try(SECOND), DBN_E_INVALID, "nothing is handed out any more");
	dbn_connset_cancel_all(set);
	cr_assert_eq(db.cancels, 1);
	cr_assert_eq(db.last_cancelled, 2);
	dbn_connset_release(c);
	cr_assert_eq(db.live, 0, "closed at once");
	cr_assert_eq(dbn_connset_drain(set, 0), 0);
	dbn_error_free(err);
}

Test(pool, a_wait_can_be_cancelled)
{
	dbn_wait_token token = { .cancelled = false };
	dbn_borrow b = { .session = 1, .token = &token };
	struct told t = { 0 };
	dbn_waiter w;
	dbn_pconn *c, *d;

	o.max = 1;
	open_set();
	d = take();
	dbn_wait_cancel(NULL);
	cr_assert_eq(dbn_connset_borrow_async(set, &b, &w, tell, &t, &c, &err), DBN_E_BUSY);
	dbn_wait_cancel(&token);
	cr_assert_eq(t.times, 1);
	cr_assert_eq(t.rc, DBN_E_CANCELLED);
	cr_assert_eq(dbn_connset_borrow(set, &b, &c, &err), DBN_E_CANCELLED, "before it begins, too");
	dbn_error_free(err);
	err = NULL;
	token.cancelled = false;
	dbn_connset_release(d);
	cr_assert_eq(dbn_connset_borrow(set, &b, &c, &err), DBN_OK);
	dbn_connset_release(c);
}

Test(pool, prepared_statements_are_bounded_and_come_back)
{
	dbn_pstmt_recipe r = { .sql = DBN_TEXT_LIT("x") };
	struct dbn_pstmt *s;
	dbn_pconn *c;

	open_set();
	c = take();
	for (uint64_t id = 1; id <= 6; id++) {
		r.id = id;
		cr_assert_eq(dbn_pconn_prepare(c, &r, &s, &err), DBN_OK);
		dbn_pconn_done(c, s);
	}
	cr_assert_eq(c->nstmts, 4, "four are kept");
	cr_assert_eq(db.closes, 2);
	cr_assert_eq(dbn_pconn_prepare(c, &r, &s, &err), DBN_OK);
	dbn_pconn_done(c, s);
	cr_assert_eq(db.prepares, 6, "the last is still there");
	r.id = 1;
	cr_assert_eq(dbn_pconn_prepare(c, &r, &s, &err), DBN_OK);
	dbn_pconn_done(c, s);
	cr_assert_eq(db.prepares, 7, "the first had to go");
	dbn_pconn_forget_all(c);
	dbn_connset_release(c);
}

struct seen {
	int idle, busy, waiting;
	char user[32], place[300];
};

static void
see(const dbn_report_item *i, void *user)
{
	struct seen *s = user;

	s->idle += strcmp(i->state, "idle") == 0;
	s->waiting += strcmp(i->state, "waiting") == 0;
	if (strcmp(i->state, "busy") == 0) {
		s->busy++;
		(void)snprintf(s->user, sizeof s->user, "%s", i->user);
		cr_assert_str_eq(i->fingerprint, "SELECT ?");
		cr_assert_eq(i->age_ns, 5 * SECOND);
	}
}

Test(pool, a_report_shows_holders_and_waiters)
{
	dbn_borrow b = { .session = 1, .user = DBN_TEXT_LIT("dave") };
	struct told t = { 0 };
	struct seen s = { 0 };
	dbn_waiter w;
	dbn_pconn *c, *d;

	o.max = 1;
	open_set();
	d = take();
	db.now += 5 * SECOND;
	cr_assert_eq(dbn_connset_borrow_async(set, &b, &w, tell, &t, &c, &err), DBN_E_BUSY);
	dbn_connset_report(set, see, &s);
	cr_assert_eq(s.busy, 1);
	cr_assert_eq(s.waiting, 1);
	cr_assert_eq(s.idle, 0);
	cr_assert_str_eq(s.user, "alice");
	dbn_connset_release(d);
	cr_assert_eq(t.times, 1);
	dbn_connset_release(t.given);
	s = (struct seen){ 0 };
	dbn_connset_report(set, see, &s);
	cr_assert_eq(s.idle, 1);
}

/* ---- a server that does not answer ---- */

static _Atomic int silent;       /* 1: the next call is not answered; 2: one waits */

static void
be_silent(fake_db *d)
{
	int once = 1;

	(void)d;
	if (!atomic_compare_exchange_strong(&silent, &once, 2))
		return;
	while (atomic_load(&silent) == 2)
		dbn_sleep_ns(MS);
}

Test(pool, one_that_does_not_answer_holds_up_nobody)
{
	dbn_pconn *a, *b;

	o.env = NULL; /* real threads, and the real clock */
	o.max = 3;
	o.connects = 4;
	o.keepalive_ns = 1;
	o.connect_timeout_ns = 60 * SECOND;
	o.acquire_timeout_ns = 60 * SECOND;
	open_set();
	db.yield = be_silent;
	a = take();
	b = take();
	dbn_connset_release(a);
	dbn_connset_release(b);
	dbn_sleep_ns(2 * MS);
	atomic_store(&silent, 1);
	(void)dbn_connset_maintain(set, dbn_now_ns()); /* does not wait for any answer */
	while (atomic_load(&silent) != 2)
		dbn_sleep_ns(MS);
	while (db.pings < 1) /* the other one answers meanwhile */
		dbn_sleep_ns(MS);
	a = take(); /* and is there for who wants it */
	b = take(); /* or another is made */
	dbn_connset_release(a);
	dbn_connset_release(b);
	(void)dbn_connset_maintain(set, dbn_now_ns());
	cr_assert_eq(counts().leaks, 0);
	atomic_store(&silent, 0);
}

/* As a driver does that waits for its server: until it is told that nobody wants it. */
static void
be_frozen(fake_db *d)
{
	const _Atomic uint32_t *flag = dbn_host_set_cancel(NULL);

	(void)d;
	(void)dbn_host_set_cancel(flag);
	if (!flag) /* not a thread of the set */
		return;
	atomic_store(&silent, 1);
	while (!atomic_load(flag))
		dbn_sleep_ns(MS);
}

Test(pool, a_frozen_server_does_not_hold_up_the_end, .timeout = 60)
{
	o.env = NULL;
	o.min = 2;
	o.max = 3;
	o.connect_timeout_ns = UINT64_C(600) * SECOND;
	db.yield = be_frozen;
	open_set(); /* a second one is connected to in the background */
	while (!atomic_load(&silent))
		dbn_sleep_ns(MS);
	cr_assert_eq(dbn_connset_drain(set, dbn_now_ns() + 50 * SECOND), 0);
}
