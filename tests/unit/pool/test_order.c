/* SPDX-License-Identifier: MIT */
/*
 * First come, first served, under a scheduler and a clock of our own: borrowers
 * are fibres of one thread, switched wherever another thread could come between
 * (each call of the driver, each sleep, and inside taking and giving back), in
 * an order drawn from a seed.  Checked over many seeds: a connection goes to the
 * oldest who waits; nobody who came later and did not wait gets one before; no
 * connection is lent twice; who waits is served or gives up at its deadline,
 * never later; nothing is lost.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <ucontext.h>

#include "base/str.h"

static void point(void);
#define DBN_POOL_POINT(set) point()
#include "../../../libcore/pool/acquire.c" /* with its points; in place of the library's */
#include "fake_db.h"

#define FIBRES 6
#define STACK (128u * 1024)
#define ROUNDS 4

typedef struct fibre {
	ucontext_t ctx;
	char *stack;
	bool done, parked, woken, in_line;
	uint64_t until, began, joined;   /* step of the borrow, of joining the line */
	int id;
} fibre;

static fibre fibres[FIBRES], *running;
static ucontext_t scheduler;
static fake_db db;
static dbn_connset *set;
static uint64_t seed, steps, served, gave_up;
static bool with_deadlines;
static const char *wrong;

static uint64_t
draw(uint64_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (seed >> 33) % below;
}

static void
to_scheduler(void)
{
	fibre *me = running;

	running = NULL;
	(void)swapcontext(&me->ctx, &scheduler);
}

static void
point(void)
{
	steps++;
	if (running && draw(3) != 0)
		to_scheduler();
}

static void
point_of_db(fake_db *d)
{
	(void)d;
	point();
}

static void
park(void *user, pthread_mutex_t *lock, dbn_parker *p, uint64_t until)
{
	fibre *me = running;

	(void)user;
	if (!me->in_line) { /* joining the line and sleeping are one: the lock was held */
		me->in_line = true;
		me->joined = ++steps;
	}
	p->own = me;
	me->parked = true;
	me->woken = false;
	me->until = until;
	if (lock)
		(void)pthread_mutex_unlock(lock);
	to_scheduler();
	if (lock)
		(void)pthread_mutex_lock(lock);
	me->parked = false;
}

/* A waiter is woken only when it is served. */
static void
unpark(void *user, dbn_parker *p)
{
	fibre *f = p->own;

	(void)user;
	if (!f)
		return;
	for (int i = 0; i < FIBRES; i++)
		if (fibres[i].in_line && &fibres[i] != f && fibres[i].joined < f->joined)
			wrong = "a younger waiter was served first";
	f->in_line = false;
	f->woken = true;
	served++;
}

static void
borrow_once(fibre *me, dbn_pconn **hint)
{
	dbn_borrow b = { .hint = *hint, .session = (uint64_t)me->id + 1, .user = { "u", 1 } };
	uint64_t began = ++steps;
	uint64_t deadline = with_deadlines ? db.now + 1 + draw(50) : db.now + UINT64_C(1000000000000);
	dbn_error *err = NULL;
	dbn_pconn *c = NULL;
	dbn_status rc;

	me->joined = 0;
	b.deadline_ns = deadline;
	rc = dbn_connset_borrow(set, &b, &c, &err);
	me->in_line = false;
	if (rc == DBN_E_TIMEOUT) {
		gave_up++;
		if (db.now < deadline)
			wrong = "gave up too early";
		dbn_error_free(err);
		return;
	}
	if (rc != DBN_OK) {
		wrong = "an error";
		dbn_error_free(err);
		return;
	}
	if (!me->joined)
		for (int i = 0; i < FIBRES; i++)
			if (fibres[i].in_line && fibres[i].joined < began)
				wrong = "one who came later did not wait";
	if (c->conn->txn)
		wrong = "a connection is lent twice";
	c->conn->txn = 1;
	point();
	db.now += draw(20);
	point();
	c->conn->txn = 0;
	*hint = c;
	dbn_connset_release(c);
}

static void
live(int id)
{
	dbn_pconn *hint = NULL;

	for (int i = 0; i < ROUNDS; i++) {
		point();
		borrow_once(&fibres[id], &hint);
	}
	fibres[id].done = true;
	to_scheduler();
}

/* One that may go on; time moves only when nobody can. */
static fibre *
choose(void)
{
	fibre *can[FIBRES];
	uint64_t soonest = UINT64_MAX;
	size_t n = 0;

	for (int i = 0; i < FIBRES; i++) {
		fibre *f = &fibres[i];

		if (f->done)
			continue;
		if (!f->parked || f->woken || f->until <= db.now)
			can[n++] = f;
		else if (f->until < soonest)
			soonest = f->until;
	}
	if (n)
		return can[draw(n)];
	if (dbn_connset_work(set)) /* the helper, when nobody else can */
		return choose();
	if (soonest == UINT64_MAX)
		return NULL;
	db.now = soonest;
	return choose();
}

/* On its own: getcontext() may return twice. */
static void
start(fibre *f, int id)
{
	char *stack = f->stack ? f->stack : malloc(STACK);

	*f = (fibre){ .stack = stack, .id = id };
	(void)getcontext(&f->ctx);
	f->ctx.uc_stack.ss_sp = f->stack;
	f->ctx.uc_stack.ss_size = STACK;
	f->ctx.uc_link = &scheduler;
	makecontext(&f->ctx, (void (*)(void))(void *)live, 1, id);
}

static void
run(uint64_t with_seed, bool deadlines)
{
	dbn_connset_opts o;
	dbn_error *err = NULL;

	seed = with_seed * 2654435761u + 1;
	with_deadlines = deadlines;
	fake_db_init(&db);
	db.env.park = park;
	db.env.unpark = unpark;
	db.yield = point_of_db;
	o = fake_opts(&db);
	o.max = 1 + (uint32_t)draw(2);
	o.acquire_timeout_ns = UINT64_MAX;
	cr_assert_eq(dbn_connset_open(&o, &set, &err), DBN_OK);
	for (int i = 0; i < FIBRES; i++)
		start(&fibres[i], i);
	for (fibre *f; !wrong && (f = choose()) != NULL;) {
		running = f;
		(void)swapcontext(&scheduler, &f->ctx);
		running = NULL;
	}
	for (int i = 0; i < FIBRES && !wrong; i++)
		if (!fibres[i].done)
			wrong = "somebody sleeps for ever";
	cr_assert_null(wrong, "seed %llu: %s", (unsigned long long)with_seed, wrong);
	dbn_connset_close(set);
	cr_assert_eq(db.live, 0);
	fake_db_fini(&db);
}

Test(pool_order, first_come_first_served)
{
	for (uint64_t s = 1; s <= 3000; s++)
		run(s, false);
	cr_assert_gt(served, 3000, "nobody ever waited");
	cr_assert_eq(gave_up, 0);
	for (int i = 0; i < FIBRES; i++)
		free(fibres[i].stack);
}

Test(pool_order, those_who_give_up_hold_nobody_up)
{
	for (uint64_t s = 1; s <= 3000; s++)
		run(s, true);
	cr_assert_gt(served, 500);
	cr_assert_gt(gave_up, 500, "nobody ever gave up");
	for (int i = 0; i < FIBRES; i++)
		free(fibres[i].stack);
}
