/* SPDX-License-Identifier: MIT */
/*
 * Sessions, flushes and statistics at once on one trail, then a sound chain.  A
 * plain program, so that it runs under ThreadSanitizer.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/verify.h"
#include "memory_sink.h"

#define SUBMITTERS 4
#define WRITERS    4
#define EVENTS     3000
#define PAIRS      100

static dbn_audit *a;
static _Atomic bool stop;
static _Atomic int failures;

static dbn_audit_event
event(dbn_audit_action action)
{
	dbn_audit_event ev = { .action = action, .outcome = DBN_AUDIT_OK };

	ev.user = DBN_TEXT_LIT("alice");
	ev.statement = DBN_TEXT_LIT("UPDATE t SET a = ? WHERE id = ?");
	return ev;
}

static void *
submit(void *arg)
{
	dbn_audit_event ev = event(DBN_AUDIT_READ);

	(void)arg;
	for (int i = 0; i < EVENTS; i++)
		dbn_audit_submit(a, &ev);
	return NULL;
}

static void *
write_pairs(void *arg)
{
	dbn_audit_event ev = event(DBN_AUDIT_UPDATE);
	uint64_t op;

	(void)arg;
	for (int i = 0; i < PAIRS; i++)
		if (dbn_audit_intent(a, &ev, &op, NULL) != DBN_OK ||
		    dbn_audit_outcome(a, &ev, op, NULL) != DBN_OK)
			atomic_fetch_add(&failures, 1);
	return NULL;
}

static void *
watch(void *arg)
{
	char hash[DBN_SHA256_HEX + 1];
	dbn_audit_stats st;
	uint64_t seq;
	dbn_text name;

	(void)arg;
	while (!atomic_load(&stop)) {
		dbn_audit_get_stats(a, &st);
		dbn_audit_head_of(a, 0, &name, &seq, hash);
		(void)dbn_audit_check(a, NULL);
		if (dbn_audit_flush(a, UINT64_C(30000000000), NULL) != DBN_OK)
			atomic_fetch_add(&failures, 1);
	}
	return NULL;
}

static void
run(memory_sink *s, bool before_ack, size_t queue)
{
	dbn_audit_sink_conf sink = { .name = DBN_TEXT_LIT("trail"), .self = s, .ops = &s->ops,
		.guarantee = before_ack ? DBN_AUDIT_BEFORE_ACK : DBN_AUDIT_BEST_EFFORT,
		.on_failure = DBN_AUDIT_DROP, .queue_bytes = queue };
	dbn_audit_conf conf = { .sinks = &sink, .nsinks = 1 };
	pthread_t t[SUBMITTERS + WRITERS + 1];
	int n = 0;

	if (dbn_audit_open(&conf, &a, NULL) != DBN_OK) {
		atomic_fetch_add(&failures, 1);
		return;
	}
	atomic_store(&stop, false);
	for (int i = 0; i < SUBMITTERS; i++)
		pthread_create(&t[n++], NULL, submit, NULL);
	for (int i = 0; i < WRITERS; i++)
		pthread_create(&t[n++], NULL, write_pairs, NULL);
	pthread_create(&t[n], NULL, watch, NULL);
	while (n--)
		pthread_join(t[n], NULL);
	atomic_store(&stop, true);
	pthread_join(t[SUBMITTERS + WRITERS], NULL);
	dbn_audit_close(a, 0);
}

static int
judge(int number, const char *name, bool before_ack, size_t queue)
{
	uint64_t events = SUBMITTERS * EVENTS + WRITERS * PAIRS * (before_ack ? 2 : 1);
	dbn_audit_report r;
	memory_sink s;
	bool ok;

	memory_sink_init(&s);
	atomic_store(&failures, 0);
	run(&s, before_ack, queue);
	ok = atomic_load(&failures) == 0 &&
		dbn_audit_verify(&s, &s.ops, NULL, &r, NULL) == DBN_OK &&
		r.damage == DBN_AUDIT_SOUND &&
		memory_sink_grep(&s, "\"type\":\"event\"") + r.lost == events;
	if (!ok)
		printf("# %d failures, %s, %zu + %llu of %llu events\n", (int)failures, r.what,
			memory_sink_grep(&s, "\"type\":\"event\""), (unsigned long long)r.lost,
			(unsigned long long)events);
	printf("%s %d - %s\n", ok ? "ok" : "not ok", number, name);
	memory_sink_free(&s);
	return ok ? 0 : 1;
}

int
main(void)
{
	int bad = 0;

	bad += judge(1, "best effort", false, 0);
	bad += judge(2, "best effort through a small queue", false, 4096);
	bad += judge(3, "before the answer", true, 0);
	bad += judge(4, "before the answer through a small queue", true, 4096);
	printf("1..4\n");
	return bad ? 1 : 0;
}
