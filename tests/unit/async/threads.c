/* SPDX-License-Identifier: MIT */
/*
 * Queues, workers, reactor and completions under many threads: nothing is lost,
 * nothing runs twice.  Plain program, so that it runs under ThreadSanitizer.
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "async/future.h"
#include "async/reactor.h"
#include "async/workers.h"
#include "base/mem.h"

enum { THREADS = 4, EACH = 5000, TOTAL = THREADS * EACH };

static int tests, failures;
static dbn_reactor *reactor;
static dbn_workers *workers;
static dbn_completions *completions;

static void
result(bool ok, const char *name)
{
	printf("%s %d - %s\n", ok ? "ok" : "not ok", ++tests, name);
	failures += !ok;
}

typedef struct item {
	dbn_future future;
	dbn_task task;
	atomic_int ran;
	int number;
} item;

static item items[TOTAL];
static atomic_int ran, together, most, released;

static void
nothing(dbn_future *f)
{
	(void)f;
}

static void
gone(dbn_future *f)
{
	(void)f;
	atomic_fetch_add(&released, 1);
}

static dbn_status
fine(const dbn_future *f, dbn_error **err)
{
	(void)f;
	(void)err;
	return DBN_OK;
}

static const dbn_future_ops ops = { nothing, dbn_future__tell, fine, gone };

static void
run_item(dbn_task *t)
{
	item *i = DBN_TASK_OF(item, task, t);
	int now = atomic_fetch_add(&together, 1) + 1, was = atomic_load(&most);

	while (now > was && !atomic_compare_exchange_weak(&most, &was, now))
		continue;
	atomic_fetch_add(&i->ran, 1);
	atomic_fetch_sub(&together, 1);
	dbn_future__done(&i->future, DBN_OK, NULL);
	atomic_fetch_add(&ran, 1);
}

static void *
post_all(void *arg)
{
	size_t me = (size_t)(uintptr_t)arg;

	for (size_t k = 0; k < EACH; k++) {
		item *i = &items[me * EACH + k];

		if (workers)
			(void)dbn_workers_post(workers, (uint32_t)(k % DBN_WORK_CLASSES), &i->task);
		else
			dbn_reactor_post(reactor, &i->task);
	}
	return NULL;
}

static void
begin(void)
{
	atomic_store(&ran, 0);
	atomic_store(&most, 0);
	atomic_store(&released, 0);
	for (int i = 0; i < TOTAL; i++) {
		dbn_future__init(&items[i].future, &ops);
		items[i].task.run = run_item;
		items[i].number = i;
		atomic_store(&items[i].ran, 0);
	}
}

static bool
each_once(void)
{
	for (int i = 0; i < TOTAL; i++)
		if (atomic_load(&items[i].ran) != 1)
			return false;
	return true;
}

static void
from_all_threads(void)
{
	pthread_t t[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, post_all, (void *)(uintptr_t)i) != 0)
			exit(99);
	for (size_t i = 0; i < THREADS; i++)
		(void)pthread_join(t[i], NULL);
}

/* One thread takes them out of the queue as they come. */
static void *
take_all(void *arg)
{
	int *taken = arg;

	while (*taken < TOTAL) {
		struct pollfd p = { dbn_completions_fd(completions), POLLIN, 0 };
		dbn_future *f;

		(void)poll(&p, 1, 1000);
		while ((f = dbn_completions_next(completions)) != NULL) {
			if (!dbn_future_ready(f) || dbn_future_status(f) != DBN_OK)
				failures++;
			dbn_future_free(f);
			++*taken;
		}
	}
	return NULL;
}

static void
test_workers(void)
{
	static const uint32_t limits[DBN_WORK_CLASSES] = { 1, 2, 1 };
	pthread_t taker;
	int taken = 0;

	begin();
	if (dbn_workers_new(limits, &workers, NULL) != DBN_OK ||
		dbn_completions_new(&completions, NULL) != DBN_OK)
		exit(99);
	for (int i = 0; i < TOTAL; i++)
		if (dbn_future_enqueue(&items[i].future, completions, NULL, NULL) != DBN_OK)
			failures++;
	if (pthread_create(&taker, NULL, take_all, &taken) != 0)
		exit(99);
	from_all_threads();
	(void)pthread_join(taker, NULL);
	dbn_workers_free(workers);
	workers = NULL;
	dbn_completions_free(completions);
	result(each_once() && taken == TOTAL, "workers run each task once, each is told once");
	result(atomic_load(&most) <= 4, "no more at once than the classes allow");
	result(atomic_load(&released) == TOTAL, "each future is released once");
}

static void *
wait_all(void *arg)
{
	size_t me = (size_t)(uintptr_t)arg;

	for (size_t k = 0; k < EACH; k++) {
		if (dbn_future_get(&items[me * EACH + k].future, NULL) != DBN_OK)
			failures++;
		dbn_future_free(&items[me * EACH + k].future);
	}
	return NULL;
}

static void
test_reactor(void)
{
	pthread_t t[THREADS];

	begin();
	if (dbn_reactor_start(&reactor, NULL) != DBN_OK)
		exit(99);
	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, wait_all, (void *)(uintptr_t)i) != 0)
			exit(99);
	from_all_threads();
	for (size_t i = 0; i < THREADS; i++)
		(void)pthread_join(t[i], NULL);
	dbn_reactor_stop(reactor);
	result(each_once() && atomic_load(&most) == 1, "a reactor runs each task once, one at a time");
	result(atomic_load(&released) == TOTAL, "threads that wait are woken");
}

int
main(void)
{
	test_workers();
	test_reactor();
	printf("1..%d\n", tests);
	return failures ? 1 : 0;
}
