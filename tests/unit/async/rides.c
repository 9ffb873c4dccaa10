/* SPDX-License-Identifier: MIT */
/*
 * Threads that wait for a connection and ride together (pool/ride.c), over a driver of
 * the test's own (answers.h) and one connection, so that it is known who leads: the
 * test holds it until all of them stand in line, in the order of their numbers.
 * Plain program, so that it runs under ThreadSanitizer.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <dbnexus/value.h>

#include "answers.h"
#include "base/clock.h"
#include "pool/connset.h"

enum { MOST = 64 };
#define MS UINT64_C(1000000)

typedef struct one {
	pthread_t thread;
	int64_t value, answer;
	uint64_t deadline_ns, took_ns;
	const char *user;
	bool rides, own;                 /* own: it was given a connection */
	uint32_t place;                  /* of those that were, or answered, in order */
	dbn_wait_token token;
	dbn_status rc;
} one;

static one ones[MOST];
static dbn_connset *set;
static const dbn_pstmt_recipe recipe = { .id = 7 };
static atomic_uint places;

static dbn_status
keep(dbn_pconn *conn, struct dbn_cursor *cur, void *user)
{
	dbn_rowset rows = { .struct_size = (uint32_t)sizeof rows };
	one *o = user;

	if (!cur || conn->ops->fetch(cur, 10, &rows, NULL) != DBN_OK)
		return DBN_E_LIMIT;
	o->answer = rows.cells[0].u.i64;
	return DBN_OK;
}

static void
prepare(dbn_pconn *c)
{
	struct dbn_pstmt *s = NULL;

	if (dbn_pconn_prepare(c, &recipe, &s, NULL) != DBN_OK)
		exit(99);
	dbn_pconn_done(c, s);
}

static void *
ask(void *arg)
{
	one *o = arg;
	dbn_value v = dbn_v_i64(o->value);
	dbn_rider rider = { .recipe = &recipe, .values = &v, .nvalues = 1, .keep = keep, .user = o };
	dbn_borrow b = { .want = DBN_WANT_READ, .deadline_ns = o->deadline_ns, .session = (uint64_t)(o - ones) + 1,
		.rider = o->rides ? &rider : NULL, .token = &o->token };
	uint64_t from = dbn_now_ns();
	dbn_error *err = NULL;
	dbn_pconn *c = NULL;

	b.user = (dbn_text){ o->user, strlen(o->user) };
	o->rc = dbn_connset_borrow(set, &b, &c, &err);
	o->place = atomic_fetch_add(&places, 1);
	o->took_ns = dbn_now_ns() - from;
	if (o->rc != DBN_OK && o->rc != DBN_DONE && dbn_error_code(err) != o->rc)
		o->rc = DBN_E_INTERNAL; /* an error must say so, too */
	dbn_error_free(err);
	if (o->rc == DBN_OK) {
		o->own = true;
		o->answer = o->value * 2;
		prepare(c);
		dbn_connset_release(c);
	}
	return NULL;
}

static uint32_t
waiting(void)
{
	dbn_connset_counts c;

	dbn_connset_count(set, &c);
	return c.waiting;
}

static dbn_pconn *
take(void)
{
	dbn_pconn *c = NULL;

	if (dbn_connset_acquire(set, DBN_WANT_READ, NULL, 0, &c, NULL) != DBN_OK)
		exit(99);
	prepare(c);
	return c;
}

static void
blank(size_t n)
{
	memset(ones, 0, sizeof ones);
	atomic_store(&places, 0);
	for (size_t i = 0; i < n; i++)
		ones[i] = (one){ .value = (int64_t)i + 1, .user = "ann", .rides = true };
}

/* All in line behind one who holds the connection; returns when they go. */
static void
line_up(size_t n, int how)
{
	dbn_pconn *c = take();

	atomic_store(&mode, IN_ORDER);
	for (size_t i = 0; i < n; i++) {
		if (pthread_create(&ones[i].thread, NULL, ask, &ones[i]) != 0)
			exit(99);
		while (waiting() != i + 1)
			(void)poll(NULL, 0, 1);
	}
	atomic_store(&mode, how);
	dbn_connset_release(c);
}

static void
join(size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)pthread_join(ones[i].thread, NULL);
}

/* How many ended so, with the right answer if with any. */
static size_t
ended(size_t n, dbn_status rc)
{
	size_t same = 0;

	for (size_t i = 0; i < n; i++)
		same += ones[i].rc == rc && ((rc != DBN_OK && rc != DBN_DONE) ||
			ones[i].answer == ones[i].value * 2);
	return same;
}

static uint64_t
grouped(void)
{
	dbn_connset_counts c;

	dbn_connset_count(set, &c);
	return c.grouped;
}

static void
open_set(uint32_t per_user)
{
	static dbn_dialect dialect = { .struct_size = (uint32_t)sizeof dialect };
	dbn_connset_opts o = { .name = "fake", .ops = &answers_ops, .async = &answers_async,
		.dialect = &dialect, .url = "fake:", .min = 1, .max = 1, .statements = 8,
		.acquire_timeout_ns = UINT64_C(100000000000), .per_user = per_user };

	if (dbn_connset_open(&o, &set, NULL) != DBN_OK)
		exit(99);
}

/* ---- the tests ---- */

static void
test_answers(void)
{
	uint64_t before = grouped();

	blank(20);
	line_up(20, IN_ORDER);
	join(20);
	result(ended(20, DBN_DONE) == 20 && grouped() - before == 20, "those in line ride with the first of it");
	before = grouped();
	blank(1);
	line_up(1, IN_ORDER);
	join(1);
	result(ended(1, DBN_OK) == 1 && grouped() == before, "who waits alone has the connection");
	blank(MOST);
	line_up(MOST, IN_ORDER);
	join(MOST);
	result(ended(MOST, DBN_DONE) + ended(MOST, DBN_OK) == MOST && grouped() > before,
		"a full group leaves the rest in line");
}

static void
test_errors(void)
{
	size_t failed = 0;

	blank(20);
	line_up(20, FIFTHS);
	join(20);
	for (size_t i = 4; i < 20; i += 5) /* 5, 10, 15, 20: by the server, or alone in the end */
		failed += ones[i].rc == DBN_E_VALUE || ones[i].own;
	result(failed == 4 && ones[4].rc == DBN_E_VALUE && ended(20, DBN_DONE) >= 4 &&
		ended(20, DBN_DONE) + ended(20, DBN_OK) + ended(20, DBN_E_VALUE) == 20 &&
		ended(20, DBN_E_VALUE) <= 4, "an error is its own statement's");
	blank(20);
	line_up(20, LOST);
	join(20);
	result(ended(20, DBN_OK) == 20, "each of a lost connection runs by itself");
	blank(20);
	line_up(20, SWAPPED);
	join(20);
	result(ended(20, DBN_DONE) + ended(20, DBN_OK) + ended(20, DBN_E_PLUGIN) == 20 &&
		ended(20, DBN_E_PLUGIN) > 0, "replies out of order are an error, never another's answer");
}

/* The first has the shortest time and drives; then the third. */
static void
test_driver_leaves(void)
{
	uint64_t now = dbn_now_ns();

	blank(6);
	ones[0].deadline_ns = now + 200 * MS;
	ones[2].deadline_ns = now + 250 * MS;
	line_up(6, SILENT);
	(void)pthread_join(ones[0].thread, NULL);
	(void)pthread_join(ones[2].thread, NULL);
	result(ones[0].rc == DBN_E_TIMEOUT && ones[2].rc == DBN_E_TIMEOUT,
		"a driver whose time is over leaves, and so does a passenger");
	dbn_wait_cancel(&ones[1].token); /* who drives now */
	dbn_wait_cancel(&ones[3].token);
	(void)pthread_join(ones[1].thread, NULL);
	(void)pthread_join(ones[3].thread, NULL);
	result(ones[1].rc == DBN_E_CANCELLED && ones[3].rc == DBN_E_CANCELLED, "so they do when cancelled");
	atomic_store(&mode, IN_ORDER);
	(void)pthread_join(ones[4].thread, NULL);
	(void)pthread_join(ones[5].thread, NULL);
	result(ended(6, DBN_DONE) == 2, "the rest gets its answers by another driver");
}

static void
test_all_late(void)
{
	uint64_t until = dbn_now_ns() + 200 * MS, longest = 0;
	int before = atomic_load(&closed);

	blank(8);
	for (size_t i = 0; i < 8; i++)
		ones[i].deadline_ns = until;
	line_up(8, SILENT);
	join(8);
	for (size_t i = 0; i < 8; i++)
		longest = ones[i].took_ns > longest ? ones[i].took_ns : longest;
	result(ended(8, DBN_E_TIMEOUT) == 8 && atomic_load(&closed) > before,
		"a server that is silent costs the connection, and nobody hangs");
	atomic_store(&mode, IN_ORDER);
	blank(3);
	line_up(3, IN_ORDER);
	join(3);
	result(ended(3, DBN_DONE) == 3, "and the next go on");
}

/* One that needs a connection of its own stands among riders. */
static void
test_order(void)
{
	blank(8);
	ones[3].rides = false;
	line_up(8, IN_ORDER);
	join(8);
	result(ones[3].own && ended(8, DBN_DONE) == 7, "who does not ride is next");
	blank(8);
	ones[0].rides = false;
	ones[1].rides = false;
	line_up(8, IN_ORDER);
	join(8);
	result(ones[0].own && ones[1].own && ended(8, DBN_DONE) == 6 && ones[0].place < 2 && ones[1].place < 8,
		"riders do not overtake a connection");
}

/* Each line keeps to its account. */
static void
test_users(void)
{
	size_t mixed = 0;

	dbn_connset_close(set);
	open_set(1);
	blank(10);
	for (size_t i = 0; i < 10; i++)
		ones[i].user = i % 2 ? "bob" : "ann";
	line_up(10, IN_ORDER);
	join(10);
	for (size_t i = 1; i < 10; i += 2) /* ann's are before bob's: hers ride first */
		mixed += ones[i].place < 5;
	result(ended(10, DBN_DONE) == 10 && mixed <= 1, "with limits per user each user's ride by themselves");
	dbn_connset_close(set);
	open_set(0);
}

static void
test_end(void)
{
	blank(6);
	line_up(6, SILENT);
	while (waiting())
		(void)poll(NULL, 0, 1);
	(void)dbn_connset_drain(set, 0);
	dbn_connset_cancel_all(set);
	join(6);
	result(ended(6, DBN_E_CANCELLED) == 6, "what rides at the end of the pool is cancelled");
	dbn_connset_close(set);
	result(atomic_load(&opened) == atomic_load(&closed), "no connection is left");
}

/* Many at once, again and again, cancelled and late at random. */
static void *
roam(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg * 2654435761u + 1;
	one *o = &ones[(size_t)(uintptr_t)arg];

	for (int i = 0; i < 300; i++) {
		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		atomic_store(&o->token.cancelled, false);
		o->value = (int64_t)(seed >> 40);
		o->answer = 0;
		o->rides = seed >> 33 & 3;
		o->own = false;
		o->deadline_ns = seed >> 35 & 7 ? 0 : dbn_now_ns() + (seed >> 38) % (2 * MS);
		if (!(seed >> 50 & 15))
			dbn_wait_cancel(&ones[(seed >> 54) % 16].token);
		(void)ask(o);
		if (o->rc != DBN_E_CANCELLED && o->rc != DBN_E_TIMEOUT && o->rc != DBN_E_VALUE &&
			((o->rc != DBN_OK && o->rc != DBN_DONE) || o->answer != o->value * 2))
			return (void *)1;
	}
	return NULL;
}

static void
test_roaming(void)
{
	bool fine = true;
	void *wrong;

	blank(16);
	atomic_store(&mode, FIFTHS);
	for (size_t i = 0; i < 16; i++)
		if (pthread_create(&ones[i].thread, NULL, roam, (void *)i) != 0)
			exit(99);
	for (size_t i = 0; i < 16; i++) {
		(void)pthread_join(ones[i].thread, &wrong);
		fine = fine && !wrong;
	}
	result(fine && !waiting(), "16 threads at random: a right answer, or their own error");
}

int
main(void)
{
	alarm(240);
	open_set(0);
	test_answers();
	test_errors();
	test_driver_leaves();
	test_all_late();
	test_order();
	test_users();
	test_roaming();
	test_end();
	printf("1..%d\n", tests);
	return failures ? 1 : 0;
}
