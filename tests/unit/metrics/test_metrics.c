/* SPDX-License-Identifier: MIT */
/*
 * Counting exactly from many threads, also ended ones; latencies; the text.
 */
#include <criterion/criterion.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/fault_alloc.h"
#include "metrics/metrics.h"

static dbn_metrics *m;

static void
setup(void)
{
	cr_assert_eq(dbn_metrics_new(&m, NULL), DBN_OK);
}

static void
teardown(void)
{
	dbn_metrics_free(m);
}

TestSuite(metrics, .init = setup, .fini = teardown);

static void *
count(void *arg)
{
	(void)arg;
	for (int i = 0; i < 2000; i++) {
		dbn_metrics_add(m, DBN_M_READS, 1);
		dbn_metrics_add(m, DBN_M_SESSIONS, i % 2 ? -1 : 1);
		dbn_metrics_time(m, DBN_H_STATEMENT, 1000);
	}
	return NULL;
}

Test(metrics, ended_threads_keep_their_counts)
{
	dbn_histogram h;

	/* More threads than stripes, some at the same time. */
	for (int round = 0; round < 20; round++) {
		pthread_t t[8];

		for (int i = 0; i < 8; i++)
			cr_assert_eq(pthread_create(&t[i], NULL, count, NULL), 0);
		for (int i = 0; i < 8; i++)
			pthread_join(t[i], NULL);
	}
	cr_assert_eq(dbn_metrics_get(m, DBN_M_READS), 20 * 8 * 2000);
	cr_assert_eq(dbn_metrics_get(m, DBN_M_SESSIONS), 0);
	dbn_metrics_histogram(m, DBN_H_STATEMENT, &h);
	cr_assert_eq(h.count, 20 * 8 * 2000);
	cr_assert_eq(h.sum_ns, UINT64_C(20) * 8 * 2000 * 1000);
}

Test(metrics, two_objects_do_not_mix)
{
	dbn_metrics *other;

	cr_assert_eq(dbn_metrics_new(&other, NULL), DBN_OK);
	dbn_metrics_add(m, DBN_M_DENIED, 3);
	dbn_metrics_add(other, DBN_M_DENIED, 4);
	cr_assert_eq(dbn_metrics_get(m, DBN_M_DENIED), 3);
	cr_assert_eq(dbn_metrics_get(other, DBN_M_DENIED), 4);
	dbn_metrics_free(other);
}

Test(metrics, nothing_and_nonsense_are_harmless)
{
	dbn_histogram h;

	dbn_metrics_add(NULL, DBN_M_READS, 1);
	dbn_metrics_time(NULL, DBN_H_STATEMENT, 1);
	dbn_metrics_add(m, DBN_METRICS_MAX, 1);
	dbn_metrics_time(m, DBN_H_COUNT, 1);
	cr_assert_eq(dbn_metrics_get(NULL, DBN_M_READS), 0);
	cr_assert_eq(dbn_metrics_get(m, DBN_METRICS_MAX), 0);
	dbn_metrics_histogram(m, DBN_H_COUNT, &h);
	cr_assert_eq(h.count, 0);
	dbn_metrics_free(NULL);
}

Test(metrics, buckets_are_powers_of_two)
{
	const uint64_t ns[] = { 0, 1, 2, 3, 4, 1023, 1024, UINT64_MAX };
	const unsigned bucket[] = { 0, 1, 2, 2, 3, 10, 11, DBN_HISTOGRAM_BUCKETS - 1 };
	dbn_histogram h;

	for (size_t i = 0; i < 8; i++) {
		dbn_metrics *one;

		cr_assert_eq(dbn_metrics_new(&one, NULL), DBN_OK);
		dbn_metrics_time(one, DBN_H_CONN_WAIT, ns[i]);
		dbn_metrics_histogram(one, DBN_H_CONN_WAIT, &h);
		cr_assert_eq(h.bucket[bucket[i]], 1, "%llu ns", (unsigned long long)ns[i]);
		dbn_metrics_free(one);
	}
}

Test(metrics, quantile_is_an_upper_bound)
{
	dbn_histogram h;

	for (int i = 0; i < 99; i++)
		dbn_metrics_time(m, DBN_H_STATEMENT, 900);
	dbn_metrics_time(m, DBN_H_STATEMENT, 1000000);
	dbn_metrics_histogram(m, DBN_H_STATEMENT, &h);
	cr_assert_eq(dbn_histogram_quantile(&h, 0.5), 1024);
	cr_assert_eq(dbn_histogram_quantile(&h, 0.99), 1024);
	cr_assert_eq(dbn_histogram_quantile(&h, 1.0), 1048576);
	memset(&h, 0, sizeof(h));
	cr_assert_eq(dbn_histogram_quantile(&h, 0.5), 0);
}

Test(metrics, plugins_get_counters_by_name)
{
	uint32_t a, b, again;

	cr_assert_eq(dbn_metrics_register(m, "main.driver.steps", "Steps.", &a, NULL), DBN_OK);
	cr_assert_eq(dbn_metrics_register(m, "main.driver.waits", NULL, &b, NULL), DBN_OK);
	cr_assert_eq(dbn_metrics_register(m, "main.driver.steps", NULL, &again, NULL), DBN_OK);
	cr_assert_eq(a, again);
	cr_assert_neq(a, b);
	dbn_metrics_add(m, a, 5);
	cr_assert_eq(dbn_metrics_get(m, a), 5);
	cr_assert_eq(dbn_metrics_get(m, b), 0);
}

Test(metrics, counters_run_out_with_an_error)
{
	dbn_error *err = NULL;
	dbn_status rc = DBN_OK;
	char name[32];
	uint32_t id, n = 0;

	for (; rc == DBN_OK && n < 1000; n++) {
		(void)snprintf(name, sizeof(name), "c%u", n);
		rc = dbn_metrics_register(m, name, NULL, &id, &err);
	}
	cr_assert_eq(rc, DBN_E_LIMIT);
	cr_assert_eq(n - 1, DBN_METRICS_MAX - DBN_M_CORE);
	cr_assert_eq(dbn_error_code(err), DBN_E_LIMIT);
	dbn_error_free(err);
}

Test(metrics, text_is_what_prometheus_reads)
{
	dbn_str s;
	uint32_t id;
	const char *text;

	dbn_str_init(&s, 0);
	dbn_metrics_add(m, DBN_M_READS, 7);
	dbn_metrics_time(m, DBN_H_STATEMENT, 1500);
	cr_assert_eq(dbn_metrics_register(m, "main.cache.odd name", "Line\nbreak.", &id, NULL), DBN_OK);
	dbn_metrics_print(m, &s);
	cr_assert_eq(s.status, DBN_OK);
	text = dbn_str_z(&s);
	cr_assert(strstr(text, "# TYPE dbnexus_statements_total counter\n"));
	cr_assert(strstr(text, "\ndbnexus_statements_total{kind=\"read\"} 7\n"));
	cr_assert(strstr(text, "\n# TYPE dbnexus_sessions gauge\ndbnexus_sessions 0\n"));
	cr_assert(strstr(text, "# HELP dbnexus_main_cache_odd_name Line\\nbreak.\n"));
	cr_assert(strstr(text, "\ndbnexus_statement_seconds_bucket{le=\"1.024e-06\"} 0\n") ||
		strstr(text, "\ndbnexus_statement_seconds_bucket{le=\"0.000001024\"} 0\n"));
	cr_assert(strstr(text, "\ndbnexus_statement_seconds_bucket{le=\"+Inf\"} 1\n"));
	cr_assert(strstr(text, "\ndbnexus_statement_seconds_count 1\n"));
	/* A HELP line once for a name, however many labels it has. */
	cr_assert_null(strstr(strstr(text, "# HELP dbnexus_statements_total") + 1,
		"# HELP dbnexus_statements_total"));
	dbn_str_free(&s);
}

static void *
add_one(void *arg)
{
	dbn_metrics_add(arg, DBN_M_READS, 1);
	return NULL;
}

Test(metrics, every_allocation_may_fail)
{
	bool happened;
	int64_t n = 0;

	do {
		dbn_metrics *one;
		dbn_status rc;
		uint32_t id;

		fault_arm(++n);
		rc = dbn_metrics_new(&one, NULL);
		cr_assert(rc == DBN_OK || rc == DBN_E_NOMEM);
		if (rc == DBN_OK) {
			pthread_t t;

			/* A stripe that cannot be made: another takes the count. */
			cr_assert_eq(pthread_create(&t, NULL, add_one, one), 0);
			pthread_join(t, NULL);
			cr_assert_eq(dbn_metrics_get(one, DBN_M_READS), 1);
			rc = dbn_metrics_register(one, "name", "Help.", &id, NULL);
			cr_assert(rc == DBN_OK || rc == DBN_E_NOMEM);
		}
		dbn_metrics_free(one);
		happened = fault_happened();
		cr_assert_eq(atomic_load(&fault_live), 0, "a leak after allocation %d", (int)n);
	} while (happened);
	dbn_mem_set_hooks(NULL);
}
