/* SPDX-License-Identifier: MIT */
/*
 * Counters, gauges and latencies of one pool.  Each thread adds to a stripe of
 * its own (threads beyond the number of stripes share one, still exactly), and
 * reading sums them; a thread that ends leaves its counts behind.  An owner that is
 * one thread's at a time can have counters of its own.  Any thread; adding never
 * blocks.
 */
#ifndef DBN_METRICS_H
#define DBN_METRICS_H

#include <stdatomic.h>

#include "base/str.h"
#include <dbnexus/error.h>

/* The core's own; dbn_metrics_register() gives numbers from DBN_M_CORE on. */
enum {
	/* counters */
	DBN_M_READS, DBN_M_INSERTS, DBN_M_UPDATES, DBN_M_DELETES, DBN_M_ADMINS,
	DBN_M_DENIED, DBN_M_ERRORS, DBN_M_TIMEOUTS, DBN_M_CANCELLED,
	DBN_M_ROWS_READ, DBN_M_ROWS_WRITTEN,
	DBN_M_TXN_BEGUN, DBN_M_TXN_COMMITTED, DBN_M_TXN_ROLLED_BACK,
	DBN_M_PLAN_HITS, DBN_M_PLAN_MISSES, DBN_M_PLAN_EVICTED,
	DBN_M_CACHE_HITS, DBN_M_CACHE_MISSES, DBN_M_CACHE_FILLS, DBN_M_CACHE_INVALIDATIONS,
	DBN_M_AUDIT_RECORDS, DBN_M_AUDIT_LOST, DBN_M_AUDIT_REFUSED,
	DBN_M_CONN_OPENED, DBN_M_CONN_CLOSED, DBN_M_CONN_WAITS, DBN_M_CONN_TIMEOUTS,
	/* gauges: what was added less what was taken away */
	DBN_M_SESSIONS, DBN_M_CONNS_OPEN, DBN_M_CONNS_BUSY, DBN_M_PLANS, DBN_M_PLAN_BYTES,
	DBN_M_CORE
};
#define DBN_METRICS_MAX 256

/* Latencies. */
enum { DBN_H_STATEMENT, DBN_H_CONN_WAIT, DBN_H_AUDIT_WAIT, DBN_H_COUNT };
/* Bucket i counts times below 2^i nanoseconds and not below half of that; the
 * last one takes all above. */
#define DBN_HISTOGRAM_BUCKETS 40

typedef struct dbn_histogram {
	uint64_t count, sum_ns;
	uint64_t bucket[DBN_HISTOGRAM_BUCKETS];
} dbn_histogram;

typedef struct dbn_metrics dbn_metrics;

dbn_status dbn_metrics_new(dbn_metrics **out, dbn_error **err);
void dbn_metrics_free(dbn_metrics *m); /* nobody may add any more */

/* m may be NULL (nothing is counted); an id out of range is ignored. */
void dbn_metrics_add(dbn_metrics *m, uint32_t id, int64_t n);
void dbn_metrics_time(dbn_metrics *m, uint32_t histogram, uint64_t ns);

/*
 * The core's counters of one owner: adding is a load and a store, without a locked
 * instruction, so it is one thread's at a time.  They are in all sums from join to
 * leave, and what they hold then stays.  m may be NULL.
 */
typedef struct dbn_metrics_own {
	_Atomic int64_t value[DBN_M_CORE];
	dbn_metrics *metrics;
	struct dbn_metrics_own *next, *prev;
} dbn_metrics_own;
void dbn_metrics_join(dbn_metrics *m, dbn_metrics_own *own); /* zeroed; takes a lock */
void dbn_metrics_leave(dbn_metrics_own *own);                /* takes a lock */
static inline void
dbn_metrics_own_add(dbn_metrics_own *own, uint32_t id, int64_t n)
{
	_Atomic int64_t *v = &own->value[id];

	atomic_store_explicit(v, atomic_load_explicit(v, memory_order_relaxed) + n,
		memory_order_relaxed);
}

int64_t dbn_metrics_get(dbn_metrics *m, uint32_t id); /* takes a lock */
void dbn_metrics_histogram(const dbn_metrics *m, uint32_t histogram, dbn_histogram *out);
/* Upper bound of the time that the share q (0..1) of calls did not exceed. */
uint64_t dbn_histogram_quantile(const dbn_histogram *h, double q);

/* A counter of a plugin instance, by "<instance>.<name>"; the same name gives
 * the same id.  DBN_E_LIMIT, DBN_E_NOMEM.  Takes a lock. */
dbn_status dbn_metrics_register(dbn_metrics *m, const char *name, const char *help, uint32_t *id,
	dbn_error **err);

/* One counter or gauge: "statements.read", "<instance>.<name>"; texts live as long
 * as m.  id: DBN_M_.., or what dbn_metrics_register() gave. */
typedef struct dbn_metrics_item {
	uint32_t id;
	bool gauge;
	const char *name, *help;
	int64_t value;
} dbn_metrics_item;
/* Visit all but the latencies, in order of id. */
void dbn_metrics_each(dbn_metrics *m, void (*each)(const dbn_metrics_item *item, void *user),
	void *user);

/* All of it in the text format of Prometheus 0.0.4, without locale. */
void dbn_metrics_print(dbn_metrics *m, dbn_str *out);

#endif
