/* SPDX-License-Identifier: MIT */
/*
 * What a pool can be asked from outside: its metrics, and to forget what is
 * cached.  Any thread.
 */
#include "session/stack_impl.h"

/* ---- metrics ---- */

static bool
add_gauge(dbn_pool *p, dbn_connset *set, const char *database, const char *node)
{
	dbn_pool_gauge *g = &p->gauges[p->ngauges];
	const char *dot = node[0] ? "." : "";

#define NAME(what) dbn_arena_printf(&p->memory, "pool.%s%s%s." what, database, dot, node)
	g->set = set;
	g->open = NAME("open");
	g->busy = NAME("busy");
	g->waiting = NAME("waiting");
	g->max = NAME("max");
	g->waits = NAME("waits");
	g->timeouts = NAME("timeouts");
#undef NAME
	p->ngauges++;
	return g->open && g->busy && g->waiting && g->max && g->waits && g->timeouts;
}

dbn_status
dbn_pool__gauges(dbn_pool *p, dbn_error **err)
{
	bool ok = true;
	size_t n = 0;

	for (size_t i = 0; i < p->ndatabases; i++)
		n += p->databases[i].nnodes + 1;
	p->gauges = dbn_arena_array(&p->memory, n, sizeof *p->gauges);
	for (size_t i = 0; i < p->ndatabases && p->gauges; i++) {
		const dbn_database *db = &p->databases[i];

		for (size_t j = 0; j < db->nnodes; j++) {
			const char *node = db->nodes[j].name;
			bool only = db->nnodes == 1 && strcmp(node, db->conf->name) == 0;

			ok = add_gauge(p, db->nodes[j].set, db->conf->name, only ? "" : node) && ok;
		}
		ok = add_gauge(p, db->reserved, db->conf->name, "reserved") && ok;
	}
	return ok && p->gauges ? DBN_OK : dbn_fail_nomem(err);
}

typedef struct telling {
	dbn_pool *pool;
	void (*each)(const dbn_metric *metric, void *user);
	void *user;
	dbn_audit_stats audit;
	dbn_connset_counts conns;    /* of all sets together */
	uint64_t plans, plan_bytes, plans_evicted;
} telling;

enum { COUNTER = 1, GAUGE = 2 };

static void
tell(const telling *t, uint32_t kind, const char *name, const char *help, uint64_t value)
{
	dbn_metric m = { .struct_size = sizeof m, .kind = kind, .name = name, .help = help,
		.value = value > INT64_MAX ? INT64_MAX : (int64_t)value };

	t->each(&m, t->user);
}

/* Numbers that their owners count themselves are asked there. */
static bool
owned(const telling *t, uint32_t id, uint64_t *v)
{
	switch (id) {
	case DBN_M_PLAN_EVICTED:
		*v = t->plans_evicted;
		return true;
	case DBN_M_PLANS:
		*v = t->plans;
		return true;
	case DBN_M_PLAN_BYTES:
		*v = t->plan_bytes;
		return true;
	case DBN_M_AUDIT_RECORDS:
		*v = t->audit.records;
		return true;
	case DBN_M_AUDIT_LOST:
		*v = t->audit.lost;
		return true;
	case DBN_M_AUDIT_REFUSED:
		*v = t->audit.refused;
		return true;
	case DBN_M_CONN_OPENED:
		*v = t->conns.opened;
		return true;
	case DBN_M_CONN_CLOSED:
		*v = t->conns.closed;
		return true;
	case DBN_M_CONN_WAITS:
		*v = t->conns.waits;
		return true;
	case DBN_M_CONN_TIMEOUTS:
		*v = t->conns.timeouts;
		return true;
	case DBN_M_CONNS_OPEN:
		*v = t->conns.open;
		return true;
	case DBN_M_CONNS_BUSY:
		*v = t->conns.busy;
		return true;
	case DBN_M_SESSIONS:
		*v = (uint64_t)atomic_load(&t->pool->nsessions);
		return true;
	default:
		return false;
	}
}

static void
tell_item(const dbn_metrics_item *item, void *user)
{
	const telling *t = user;
	uint64_t v;

	if (!owned(t, item->id, &v))
		v = item->value < 0 ? 0 : (uint64_t)item->value;
	tell(t, item->gauge ? GAUGE : COUNTER, item->name, item->help, v);
}

static void
sum_up(telling *t)
{
	dbn_pool *p = t->pool;
	dbn_connset_counts c;

	dbn_audit_get_stats(p->audit, &t->audit);
	dbn_plans_count(p->plans, &t->plans, &t->plan_bytes, &t->plans_evicted);
	for (size_t i = 0; i < p->ngauges; i++) {
		dbn_connset_count(p->gauges[i].set, &c);
		t->conns.opened += c.opened;
		t->conns.closed += c.closed;
		t->conns.waits += c.waits;
		t->conns.timeouts += c.timeouts;
		t->conns.open += c.open;
		t->conns.busy += c.busy;
	}
}

static void
tell_latencies(const telling *t)
{
	static const struct {
		const char *count, *sum, *most;
	} names[DBN_H_COUNT] = {
		[DBN_H_STATEMENT] = { "time.statement.count", "time.statement.sum_ns",
			"time.statement.p99_ns" },
		[DBN_H_CONN_WAIT] = { "time.connection_wait.count", "time.connection_wait.sum_ns",
			"time.connection_wait.p99_ns" },
		[DBN_H_AUDIT_WAIT] = { "time.audit_wait.count", "time.audit_wait.sum_ns",
			"time.audit_wait.p99_ns" },
	};
	dbn_histogram h;

	for (uint32_t i = 0; i < DBN_H_COUNT; i++) {
		dbn_metrics_histogram(t->pool->metrics, i, &h);
		tell(t, COUNTER, names[i].count, "How often.", h.count);
		tell(t, COUNTER, names[i].sum, "Nanoseconds in all.", h.sum_ns);
		tell(t, GAUGE, names[i].most, "Nanoseconds that 99 of 100 did not exceed.",
			h.count ? dbn_histogram_quantile(&h, 0.99) : 0);
	}
}

static void
tell_cache(const telling *t)
{
	dbn_cache_stats s = { .struct_size = sizeof s };

	if (!t->pool->cache)
		return;
	dbn_cache_get_stats(t->pool->cache, &s);
	tell(t, COUNTER, "cache.backend.hits", "Lookups the backend answered.", s.hits);
	tell(t, COUNTER, "cache.backend.misses", "Lookups it could not answer.", s.misses);
	tell(t, COUNTER, "cache.backend.puts", "Results it stored.", s.puts);
	tell(t, COUNTER, "cache.backend.dropped", "Results that were outdated or too large.",
		s.dropped);
	tell(t, COUNTER, "cache.backend.evictions", "Results that made room.", s.evictions);
	tell(t, COUNTER, "cache.backend.invalidations", "Invalidations.", s.invalidations);
	tell(t, GAUGE, "cache.backend.entries", "Results held.", s.entries);
	tell(t, GAUGE, "cache.backend.bytes", "Bytes held.", s.bytes);
	tell(t, GAUGE, "cache.backend.capacity", "Bytes it may hold.", s.capacity);
}

static void
tell_sets(const telling *t)
{
	dbn_connset_counts c;

	for (size_t i = 0; i < t->pool->ngauges; i++) {
		const dbn_pool_gauge *g = &t->pool->gauges[i];

		dbn_connset_count(g->set, &c);
		tell(t, GAUGE, g->open, "Connections open.", c.open);
		tell(t, GAUGE, g->busy, "Connections in use.", c.busy);
		tell(t, GAUGE, g->waiting, "Sessions that wait for one.", c.waiting);
		tell(t, GAUGE, g->max, "Connections there may be.", c.max);
		tell(t, COUNTER, g->waits, "Waits for a free connection.", c.waits);
		tell(t, COUNTER, g->timeouts, "Waits that took too long.", c.timeouts);
	}
}

dbn_status
dbn_pool_metrics(dbn_pool *p, void (*each)(const dbn_metric *metric, void *user), void *user,
	dbn_error **err)
{
	telling t = { .pool = p, .each = each, .user = user };
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	rc = dbn_pool__usable(p, err);
	if (rc != DBN_OK)
		return rc;
	if (!each)
		return dbn_fail(err, DBN_E_INVALID, "dbn_pool_metrics() needs a function to call");
	sum_up(&t);
	dbn_metrics_each(p->metrics, tell_item, &t);
	tell_latencies(&t);
	if (p->audit) {
		tell(&t, COUNTER, "audit.syncs", "Syncs of the sinks.", t.audit.syncs);
		tell(&t, COUNTER, "audit.bytes", "Bytes written to the sinks.", t.audit.bytes);
	}
	tell_cache(&t);
	tell_sets(&t);
	return DBN_OK;
}

/* ---- invalidation ---- */

/* Forget one relation of a database; the catalogue knows how it is spelled, but a
 * relation that is gone can be forgotten too. */
static dbn_status
forget(dbn_pool *p, dbn_database *db, dbn_text schema, dbn_text name, dbn_error **err)
{
	dbn_sql_name n = { .database = dbn_text_z(db->conf->name), .schema = schema, .name = name };
	const dbn_sql_relation *rel = NULL;
	dbn_catalog_view view = { db->catalog, NULL, NULL };
	dbn_error *why = NULL;
	dbn_arena memory;
	dbn_status rc;
	dbn_str tag;
	dbn_text t;

	dbn_arena_init(&memory, 0);
	dbn_str_init(&tag, 4096);
	view.arena = &memory;
	rc = dbn_catalog_lookup(&view, &n, &rel, &why);
	if (rc != DBN_OK && rc != DBN_E_NOT_FOUND) {
		if (err)
			*err = why;
		else
			dbn_error_free(why);
		goto out;
	}
	dbn_error_free(why);
	if (rc == DBN_OK) {
		n.schema = rel->name.schema;
		n.name = rel->name.name;
	}
	if (!n.schema.len)
		n.schema = db->dialect.default_schema;
	dbn_str_addt(&tag, n.database);
	dbn_str_addc(&tag, '.');
	dbn_str_addt(&tag, n.schema);
	dbn_str_addc(&tag, '.');
	dbn_str_addt(&tag, n.name);
	t = dbn_text_n(dbn_str_z(&tag), tag.len);
	rc = tag.status == DBN_OK ? dbn_cache_invalidate(p->cache, &t, 1, DBN_INVALIDATE_NOW, 0, err) :
		tag.status == DBN_E_NOMEM ? dbn_fail_nomem(err) :
		dbn_fail(err, DBN_E_INVALID, "the name of the relation is too long");
out:
	dbn_str_free(&tag);
	dbn_catalog_let_go(view.held);
	dbn_arena_free(&memory);
	return rc;
}

/* Up to three parts; 0: not a name. */
static size_t
split(const char *relation, dbn_text part[3])
{
	size_t n = 0, len;

	for (;;) {
		len = strcspn(relation, ".");
		if (!len || n == 3)
			return 0;
		part[n++] = dbn_text_n(relation, len);
		if (!relation[len])
			return n;
		relation += len + 1;
	}
}

dbn_status
dbn_pool_invalidate(dbn_pool *p, const char *relation, dbn_error **err)
{
	static const dbn_text none = { "", 0 };
	dbn_text part[3];
	size_t n = 0, known = 0;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	rc = dbn_pool__usable(p, err);
	if (rc != DBN_OK)
		return rc;
	if (relation && (n = split(relation, part)) == 0)
		return dbn_fail_hint(err, DBN_E_INVALID, "Write [[database.]schema.]name.",
			"\"%s\" is not the name of a relation", relation);
	if (!p->cache)
		return DBN_OK;
	dbn_metrics_add(p->metrics, DBN_M_CACHE_INVALIDATIONS, 1);
	if (!relation)
		return dbn_cache_clear(p->cache, err);
	/* "a.b" may mean a schema or a database: whatever it may mean is forgotten */
	for (size_t i = 0; i < p->ndatabases && rc == DBN_OK; i++) {
		dbn_database *db = &p->databases[i];
		bool named = n > 1 && dbn_text_eqz(part[0], db->conf->name);

		known += n < 3 || named;
		if (n == 1 || (n == 2 && named))
			rc = forget(p, db, none, part[n - 1], err);
		if (rc == DBN_OK && n == 2)
			rc = forget(p, db, part[0], part[1], err);
		if (rc == DBN_OK && n == 3 && named)
			rc = forget(p, db, part[1], part[2], err);
	}
	if (rc == DBN_OK && !known)
		return dbn_fail(err, DBN_E_NOT_FOUND, "there is no database \"%.*s\"",
			DBN_TEXT_ARG(part[0]));
	return rc;
}
