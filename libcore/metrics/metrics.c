/* SPDX-License-Identifier: MIT */
/*
 * Stripes of counters.  A thread gets a process-wide number on its first use,
 * the number modulo DBN_STRIPES its stripe; adding is one relaxed atomic add on
 * a line that (up to DBN_STRIPES threads) nobody else writes, so nothing needs
 * to happen when a thread ends.  Stripes are made on first use and live as long
 * as the object.  The lock guards the names of registered counters and the list of
 * owners; nothing that adds takes it.
 */
#include "metrics/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include "base/mem.h"
#include "error/error.h"

#define DBN_STRIPES 64u

typedef struct stripe {
	_Atomic int64_t value[DBN_METRICS_MAX];
	_Atomic uint64_t sum[DBN_H_COUNT];
	_Atomic uint64_t bucket[DBN_H_COUNT][DBN_HISTOGRAM_BUCKETS];
	char pad[128]; /* the next allocation shares no line with the last bucket */
} stripe;

struct dbn_metrics {
	_Atomic(stripe *) stripes[DBN_STRIPES];
	pthread_mutex_t lock;
	dbn_metrics_own *owners;
	_Atomic uint32_t nregistered;
	char *names[DBN_METRICS_MAX - DBN_M_CORE], *helps[DBN_METRICS_MAX - DBN_M_CORE];
};

enum { COUNTER, GAUGE };
static const struct {
	uint8_t kind;
	const char *name, *labels, *help;
} core[DBN_M_CORE] = {
	[DBN_M_READS] = { COUNTER, "dbnexus_statements_total", "kind=\"read\"", "Statements run." },
	[DBN_M_INSERTS] = { COUNTER, "dbnexus_statements_total", "kind=\"insert\"", NULL },
	[DBN_M_UPDATES] = { COUNTER, "dbnexus_statements_total", "kind=\"update\"", NULL },
	[DBN_M_DELETES] = { COUNTER, "dbnexus_statements_total", "kind=\"delete\"", NULL },
	[DBN_M_ADMINS] = { COUNTER, "dbnexus_statements_total", "kind=\"admin\"", NULL },
	[DBN_M_DENIED] = { COUNTER, "dbnexus_failures_total", "kind=\"denied\"", "Statements that failed." },
	[DBN_M_ERRORS] = { COUNTER, "dbnexus_failures_total", "kind=\"error\"", NULL },
	[DBN_M_TIMEOUTS] = { COUNTER, "dbnexus_failures_total", "kind=\"timeout\"", NULL },
	[DBN_M_CANCELLED] = { COUNTER, "dbnexus_failures_total", "kind=\"cancelled\"", NULL },
	[DBN_M_ROWS_READ] = { COUNTER, "dbnexus_rows_total", "kind=\"read\"", "Rows read or written." },
	[DBN_M_ROWS_WRITTEN] = { COUNTER, "dbnexus_rows_total", "kind=\"written\"", NULL },
	[DBN_M_TXN_BEGUN] = { COUNTER, "dbnexus_transactions_total", "kind=\"begun\"", "Transactions." },
	[DBN_M_TXN_COMMITTED] = { COUNTER, "dbnexus_transactions_total", "kind=\"committed\"", NULL },
	[DBN_M_TXN_ROLLED_BACK] = { COUNTER, "dbnexus_transactions_total", "kind=\"rolled_back\"", NULL },
	[DBN_M_PLAN_HITS] = { COUNTER, "dbnexus_plan_lookups_total", "result=\"hit\"", "Lookups of plans." },
	[DBN_M_PLAN_MISSES] = { COUNTER, "dbnexus_plan_lookups_total", "result=\"miss\"", NULL },
	[DBN_M_PLAN_EVICTED] = { COUNTER, "dbnexus_plans_evicted_total", "", "Plans dropped for room." },
	[DBN_M_CACHE_HITS] = { COUNTER, "dbnexus_cache_lookups_total", "result=\"hit\"", "Lookups of results." },
	[DBN_M_CACHE_MISSES] = { COUNTER, "dbnexus_cache_lookups_total", "result=\"miss\"", NULL },
	[DBN_M_CACHE_FILLS] = { COUNTER, "dbnexus_cache_fills_total", "", "Results stored." },
	[DBN_M_CACHE_INVALIDATIONS] = { COUNTER, "dbnexus_cache_invalidations_total", "",
		"Relations invalidated." },
	[DBN_M_AUDIT_RECORDS] = { COUNTER, "dbnexus_audit_records_total", "", "Events handed to the trail." },
	[DBN_M_AUDIT_LOST] = { COUNTER, "dbnexus_audit_lost_total", "", "Events the trail could not take." },
	[DBN_M_AUDIT_REFUSED] = { COUNTER, "dbnexus_audit_refused_total", "",
		"Statements refused because the trail does not work." },
	[DBN_M_CONN_OPENED] = { COUNTER, "dbnexus_connections_total", "event=\"opened\"",
		"Connections opened and closed." },
	[DBN_M_CONN_CLOSED] = { COUNTER, "dbnexus_connections_total", "event=\"closed\"", NULL },
	[DBN_M_CONN_WAITS] = { COUNTER, "dbnexus_connection_waits_total", "result=\"served\"",
		"Waits for a free connection." },
	[DBN_M_CONN_TIMEOUTS] = { COUNTER, "dbnexus_connection_waits_total", "result=\"timeout\"", NULL },
	[DBN_M_SESSIONS] = { GAUGE, "dbnexus_sessions", "", "Sessions open." },
	[DBN_M_CONNS_OPEN] = { GAUGE, "dbnexus_connections_open", "", "Connections open." },
	[DBN_M_CONNS_BUSY] = { GAUGE, "dbnexus_connections_busy", "", "Connections in use." },
	[DBN_M_PLANS] = { GAUGE, "dbnexus_plans", "", "Plans kept." },
	[DBN_M_PLAN_BYTES] = { GAUGE, "dbnexus_plan_bytes", "", "Bytes of plans kept." },
};
/* The names without the form of Prometheus. */
static const char *const plain[DBN_M_CORE] = {
	[DBN_M_READS] = "statements.read", [DBN_M_INSERTS] = "statements.insert",
	[DBN_M_UPDATES] = "statements.update", [DBN_M_DELETES] = "statements.delete",
	[DBN_M_ADMINS] = "statements.admin",
	[DBN_M_DENIED] = "failures.denied", [DBN_M_ERRORS] = "failures.error",
	[DBN_M_TIMEOUTS] = "failures.timeout", [DBN_M_CANCELLED] = "failures.cancelled",
	[DBN_M_ROWS_READ] = "rows.read", [DBN_M_ROWS_WRITTEN] = "rows.written",
	[DBN_M_TXN_BEGUN] = "transactions.begun",
	[DBN_M_TXN_COMMITTED] = "transactions.committed",
	[DBN_M_TXN_ROLLED_BACK] = "transactions.rolled_back",
	[DBN_M_PLAN_HITS] = "plans.hits", [DBN_M_PLAN_MISSES] = "plans.misses",
	[DBN_M_PLAN_EVICTED] = "plans.evicted",
	[DBN_M_CACHE_HITS] = "cache.hits", [DBN_M_CACHE_MISSES] = "cache.misses",
	[DBN_M_CACHE_FILLS] = "cache.fills", [DBN_M_CACHE_INVALIDATIONS] = "cache.invalidations",
	[DBN_M_AUDIT_RECORDS] = "audit.records", [DBN_M_AUDIT_LOST] = "audit.lost",
	[DBN_M_AUDIT_REFUSED] = "audit.refused",
	[DBN_M_CONN_OPENED] = "connections.opened", [DBN_M_CONN_CLOSED] = "connections.closed",
	[DBN_M_CONN_WAITS] = "connections.waits", [DBN_M_CONN_TIMEOUTS] = "connections.timeouts",
	[DBN_M_SESSIONS] = "sessions", [DBN_M_CONNS_OPEN] = "connections.open",
	[DBN_M_CONNS_BUSY] = "connections.busy", [DBN_M_PLANS] = "plans.kept",
	[DBN_M_PLAN_BYTES] = "plans.bytes",
};
static const struct {
	const char *name, *help;
} times[DBN_H_COUNT] = {
	[DBN_H_STATEMENT] = { "dbnexus_statement_seconds", "Time of statements." },
	[DBN_H_CONN_WAIT] = { "dbnexus_connection_wait_seconds", "Waiting for a connection." },
	[DBN_H_AUDIT_WAIT] = { "dbnexus_audit_wait_seconds", "Waiting for the trail." },
};

/* Numbers of threads, process-wide: which stripe they use in any object. */
static _Atomic uint32_t next_thread;
static _Thread_local uint32_t my_thread; /* 0: none yet */

static uint32_t
my_stripe(void)
{
	uint32_t t = my_thread;

	if (!t) {
		t = atomic_fetch_add_explicit(&next_thread, 1, memory_order_relaxed) + 1;
		my_thread = t ? t : 1; /* after four thousand million threads */
	}
	return t % DBN_STRIPES;
}

static stripe *
make_stripe(dbn_metrics *m, uint32_t i)
{
	stripe *none = NULL, *s = dbn_zalloc(sizeof(*s));

	if (!s)
		return NULL;
	if (!atomic_compare_exchange_strong(&m->stripes[i], &none, s)) {
		dbn_free(s); /* another thread of this stripe was first */
		return none;
	}
	return s;
}

/* A stripe to add to; any other one if there is no memory for ours. */
static stripe *
stripe_of(dbn_metrics *m)
{
	uint32_t i = my_stripe();
	stripe *s = atomic_load_explicit(&m->stripes[i], memory_order_acquire);

	if (s)
		return s;
	s = make_stripe(m, i);
	return s ? s : atomic_load_explicit(&m->stripes[0], memory_order_acquire);
}

dbn_status
dbn_metrics_new(dbn_metrics **out, dbn_error **err)
{
	dbn_metrics *m = dbn_zalloc(sizeof(*m));

	DBN_ERR_CLEAR(err);
	*out = NULL;
	if (!m)
		return dbn_fail_nomem(err);
	if (!make_stripe(m, 0)) { /* so that there always is one */
		dbn_free(m);
		return dbn_fail_nomem(err);
	}
	pthread_mutex_init(&m->lock, NULL);
	*out = m;
	return DBN_OK;
}

void
dbn_metrics_free(dbn_metrics *m)
{
	if (!m)
		return;
	for (uint32_t i = 0; i < DBN_STRIPES; i++)
		dbn_free(atomic_load(&m->stripes[i]));
	for (uint32_t i = 0; i < atomic_load(&m->nregistered); i++) {
		dbn_free(m->names[i]);
		dbn_free(m->helps[i]);
	}
	pthread_mutex_destroy(&m->lock);
	dbn_free(m);
}

void
dbn_metrics_add(dbn_metrics *m, uint32_t id, int64_t n)
{
	if (!m || id >= DBN_METRICS_MAX)
		return;
	atomic_fetch_add_explicit(&stripe_of(m)->value[id], n, memory_order_relaxed);
}

void
dbn_metrics_time(dbn_metrics *m, uint32_t histogram, uint64_t ns)
{
	uint32_t b = ns ? 64u - (uint32_t)__builtin_clzll(ns) : 0;
	stripe *s;

	if (!m || histogram >= DBN_H_COUNT)
		return;
	if (b >= DBN_HISTOGRAM_BUCKETS)
		b = DBN_HISTOGRAM_BUCKETS - 1;
	s = stripe_of(m);
	atomic_fetch_add_explicit(&s->bucket[histogram][b], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&s->sum[histogram], ns, memory_order_relaxed);
}

void
dbn_metrics_join(dbn_metrics *m, dbn_metrics_own *own)
{
	for (uint32_t i = 0; i < DBN_M_CORE; i++)
		atomic_store_explicit(&own->value[i], 0, memory_order_relaxed);
	own->metrics = m;
	own->prev = NULL;
	if (!m)
		return;
	pthread_mutex_lock(&m->lock);
	own->next = m->owners;
	if (own->next)
		own->next->prev = own;
	m->owners = own;
	pthread_mutex_unlock(&m->lock);
}

void
dbn_metrics_leave(dbn_metrics_own *own)
{
	dbn_metrics *m = own->metrics;

	if (!m)
		return;
	own->metrics = NULL;
	pthread_mutex_lock(&m->lock); /* nobody sums before both are done */
	if (own->prev)
		own->prev->next = own->next;
	else
		m->owners = own->next;
	if (own->next)
		own->next->prev = own->prev;
	for (uint32_t i = 0; i < DBN_M_CORE; i++) {
		int64_t n = atomic_load_explicit(&own->value[i], memory_order_relaxed);

		if (n)
			dbn_metrics_add(m, i, n);
	}
	pthread_mutex_unlock(&m->lock);
}

int64_t
dbn_metrics_get(dbn_metrics *m, uint32_t id)
{
	uint64_t sum = 0;

	if (!m || id >= DBN_METRICS_MAX)
		return 0;
	pthread_mutex_lock(&m->lock);
	for (const dbn_metrics_own *own = m->owners; own && id < DBN_M_CORE; own = own->next)
		sum += (uint64_t)atomic_load_explicit(&own->value[id], memory_order_relaxed);
	for (uint32_t i = 0; i < DBN_STRIPES; i++) {
		stripe *s = atomic_load_explicit(&m->stripes[i], memory_order_acquire);

		if (s)
			sum += (uint64_t)atomic_load_explicit(&s->value[id], memory_order_relaxed);
	}
	pthread_mutex_unlock(&m->lock);
	return (int64_t)sum;
}

void
dbn_metrics_histogram(const dbn_metrics *m, uint32_t histogram, dbn_histogram *out)
{
	memset(out, 0, sizeof(*out));
	if (!m || histogram >= DBN_H_COUNT)
		return;
	for (uint32_t i = 0; i < DBN_STRIPES; i++) {
		stripe *s = atomic_load_explicit(&m->stripes[i], memory_order_acquire);

		if (!s)
			continue;
		for (uint32_t b = 0; b < DBN_HISTOGRAM_BUCKETS; b++) {
			uint64_t n = atomic_load_explicit(&s->bucket[histogram][b], memory_order_relaxed);

			out->bucket[b] += n;
			out->count += n;
		}
		out->sum_ns += atomic_load_explicit(&s->sum[histogram], memory_order_relaxed);
	}
}

uint64_t
dbn_histogram_quantile(const dbn_histogram *h, double q)
{
	uint64_t seen = 0;

	for (uint32_t b = 0; b < DBN_HISTOGRAM_BUCKETS; b++) {
		seen += h->bucket[b];
		if (h->count && (double)seen >= q * (double)h->count)
			return b == DBN_HISTOGRAM_BUCKETS - 1 ? UINT64_MAX : UINT64_C(1) << b;
	}
	return 0;
}

dbn_status
dbn_metrics_register(dbn_metrics *m, const char *name, const char *help, uint32_t *id, dbn_error **err)
{
	dbn_status rc = DBN_OK;
	uint32_t n, i;
	char *a = NULL, *b = NULL;

	DBN_ERR_CLEAR(err);
	pthread_mutex_lock(&m->lock);
	n = atomic_load(&m->nregistered);
	for (i = 0; i < n && strcmp(m->names[i], name) != 0; i++)
		;
	if (i == n) {
		if (n >= DBN_METRICS_MAX - DBN_M_CORE) {
			rc = dbn_fail(err, DBN_E_LIMIT, "no room for the counter \"%s\"", name);
			goto out;
		}
		a = dbn_strdup(name);
		b = dbn_strdup(help ? help : "");
		if (!a || !b) {
			dbn_free(a);
			dbn_free(b);
			rc = dbn_fail_nomem(err);
			goto out;
		}
		m->names[n] = a;
		m->helps[n] = b;
		atomic_store(&m->nregistered, n + 1);
	}
	*id = DBN_M_CORE + i;
out:
	pthread_mutex_unlock(&m->lock);
	return rc;
}

static void
print_head(dbn_str *out, const char *name, const char *help, const char *type)
{
	dbn_str_adds(out, "# HELP ");
	dbn_str_adds(out, name);
	dbn_str_addc(out, ' ');
	for (; *help; help++) {
		if (*help == '\\')
			dbn_str_adds(out, "\\\\");
		else if (*help == '\n')
			dbn_str_adds(out, "\\n");
		else
			dbn_str_addc(out, *help);
	}
	dbn_str_adds(out, "\n# TYPE ");
	dbn_str_adds(out, name);
	dbn_str_addc(out, ' ');
	dbn_str_adds(out, type);
	dbn_str_addc(out, '\n');
}

static void
print_value(dbn_str *out, const char *name, const char *labels, int64_t v)
{
	dbn_str_adds(out, name);
	if (*labels) {
		dbn_str_addc(out, '{');
		dbn_str_adds(out, labels);
		dbn_str_addc(out, '}');
	}
	dbn_str_addc(out, ' ');
	dbn_str_addi(out, v);
	dbn_str_addc(out, '\n');
}

/* Nanoseconds as seconds, shortest exact text. */
static void
add_seconds(dbn_str *out, double ns)
{
	char buf[40];
	size_t n = dbn_format_double(buf, sizeof(buf), ns / 1e9);

	dbn_str_add(out, buf, n);
}

static void
print_time(const dbn_metrics *m, uint32_t which, dbn_str *out)
{
	dbn_histogram h;
	uint64_t seen = 0;

	dbn_metrics_histogram(m, which, &h);
	print_head(out, times[which].name, times[which].help, "histogram");
	for (uint32_t b = 0; b < DBN_HISTOGRAM_BUCKETS - 1; b++) {
		seen += h.bucket[b];
		if (b < 8) /* below 128 ns: one bound is enough */
			continue;
		dbn_str_adds(out, times[which].name);
		dbn_str_adds(out, "_bucket{le=\"");
		add_seconds(out, (double)(UINT64_C(1) << b));
		dbn_str_adds(out, "\"} ");
		dbn_str_addi(out, (int64_t)seen);
		dbn_str_addc(out, '\n');
	}
	dbn_str_adds(out, times[which].name);
	dbn_str_adds(out, "_bucket{le=\"+Inf\"} ");
	dbn_str_addi(out, (int64_t)h.count);
	dbn_str_addc(out, '\n');
	dbn_str_adds(out, times[which].name);
	dbn_str_adds(out, "_sum ");
	add_seconds(out, (double)h.sum_ns);
	dbn_str_addc(out, '\n');
	dbn_str_adds(out, times[which].name);
	dbn_str_adds(out, "_count ");
	dbn_str_addi(out, (int64_t)h.count);
	dbn_str_addc(out, '\n');
}

/* "main.cache.front.hits" -> dbnexus_main_cache_front_hits */
static void
plugin_name(dbn_str *out, const char *name)
{
	dbn_str_adds(out, "dbnexus_");
	for (; *name; name++) {
		bool word = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
			(*name >= '0' && *name <= '9');

		dbn_str_addc(out, word ? *name : '_');
	}
}

void
dbn_metrics_print(dbn_metrics *m, dbn_str *out)
{
	uint32_t n = m ? atomic_load(&m->nregistered) : 0;
	dbn_str name;

	dbn_str_init(&name, 4096);
	for (uint32_t i = 0; i < DBN_M_CORE; i++) {
		if (core[i].help)
			print_head(out, core[i].name, core[i].help,
				core[i].kind == GAUGE ? "gauge" : "counter");
		print_value(out, core[i].name, core[i].labels, dbn_metrics_get(m, i));
	}
	for (uint32_t i = 0; i < n; i++) {
		dbn_str_reset(&name);
		plugin_name(&name, m->names[i]);
		print_head(out, dbn_str_z(&name), m->helps[i], "counter");
		print_value(out, dbn_str_z(&name), "", dbn_metrics_get(m, DBN_M_CORE + i));
	}
	for (uint32_t i = 0; i < DBN_H_COUNT; i++)
		print_time(m, i, out);
	dbn_str_free(&name);
}

void
dbn_metrics_each(dbn_metrics *m, void (*each)(const dbn_metrics_item *item, void *user),
	void *user)
{
	uint32_t n = m ? atomic_load(&m->nregistered) : 0;
	dbn_metrics_item item = { .help = "" };

	for (uint32_t i = 0; i < DBN_M_CORE; i++) {
		item.id = i;
		item.gauge = core[i].kind == GAUGE;
		item.name = plain[i];
		if (core[i].help) /* those of one family share it */
			item.help = core[i].help;
		item.value = dbn_metrics_get(m, i);
		each(&item, user);
	}
	item.gauge = false;
	for (uint32_t i = 0; i < n; i++) {
		item.id = DBN_M_CORE + i;
		item.name = m->names[i];
		item.help = m->helps[i] ? m->helps[i] : "";
		item.value = dbn_metrics_get(m, item.id);
		each(&item, user);
	}
}
