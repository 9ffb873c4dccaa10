/* SPDX-License-Identifier: MIT */
/*
 * Has a relation changed?  PostgreSQL has no counter for that, and adding up its
 * whole catalogue costs with every table there is.  So the instance remembers
 * which relations of a database were asked for, present or absent, and a
 * fingerprint of the catalogue's rows about each; the epoch moves when one of
 * these differs.  A relation that nobody asked for is nobody's knowledge.
 *
 * One watch per database, shared by its connections, under the mutex of the
 * instance; no query runs under it.
 */
#include <stdlib.h>

#include "driver.h"

typedef struct watched {
	Oid oid;
	uint64_t print;
} watched;

struct pg_watch {
	struct pg_watch *next;
	char *key;                  /* "host:port/database" */
	uint64_t epoch, snapshot;   /* snapshot: what was committed when it was last looked at */
	watched *v;                 /* by OID */
	size_t n, cap;
	char **absent;              /* "schema\1name" that were not there */
	size_t nabsent, cap_absent;
};

#define ABSENT_MAX 4096

void
pg_watch_free(pg_driver *d)
{
	while (d->watches) {
		struct pg_watch *w = d->watches;

		d->watches = w->next;
		for (size_t i = 0; i < w->nabsent; i++)
			d->host->release(d->host, w->absent[i]);
		d->host->release(d->host, w->absent);
		d->host->release(d->host, w->v);
		d->host->release(d->host, w->key);
		d->host->release(d->host, w);
	}
}

static char *
copy(const dbn_host *h, const char *s, size_t n)
{
	char *c = (char *)plug_zalloc(h, n + 1, 1);

	if (c && n)
		memcpy(c, s, n);
	return c;
}

/* The watch of the connection's database; under the mutex. */
static struct pg_watch *
watch_locked(struct dbn_conn *c)
{
	pg_driver *d = c->drv;
	char key[512];
	struct pg_watch *w = d->watches;
	int n = snprintf(key, sizeof key, "%s:%s/%s", PQhost(c->pg), PQport(c->pg), PQdb(c->pg));

	if (n < 0)
		return NULL;
	while (w && strcmp(w->key, key) != 0)
		w = w->next;
	if (w)
		return w;
	w = (struct pg_watch *)plug_zalloc(c->host, 1, sizeof *w);
	if (!w)
		return NULL;
	w->key = copy(c->host, key, strlen(key));
	if (!w->key) {
		c->host->release(c->host, w);
		return NULL;
	}
	w->epoch = (uint64_t)c->host->wall_us(c->host);
	w->next = d->watches;
	d->watches = w;
	return w;
}

/* Where oid is, or belongs. */
static size_t
place(const struct pg_watch *w, Oid oid)
{
	size_t lo = 0, hi = w->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (w->v[mid].oid < oid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
note_locked(struct dbn_conn *c, struct pg_watch *w, Oid oid, uint64_t print)
{
	size_t at = place(w, oid);

	if (at < w->n && w->v[at].oid == oid) {
		if (w->v[at].print != print)
			w->epoch++;
		w->v[at].print = print;
		return true;
	}
	if (!plug_grow(c->host, &w->v, &w->cap, w->n + 1, sizeof *w->v))
		return false;
	memmove(w->v + at + 1, w->v + at, (w->n - at) * sizeof *w->v);
	w->v[at] = (watched){ oid, print };
	w->n++;
	return true;
}

/* ---- fingerprints ---- */

/*
 * Row versions (xmin) of all that a description is made of, by relation: its own,
 * and those of what is below it, where a view reads and rows of a parent are.
 */
static const char prints_sql[] =
	"WITH RECURSIVE down (up, oid) AS MATERIALIZED (SELECT inhparent, inhrelid FROM pg_catalog.pg_inherits UNION ALL "
	"SELECT w.ev_class, p.refobjid FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_depend p ON "
	" p.classid = 2618 AND p.objid = w.oid AND p.refclassid = 1259 WHERE w.ev_type = '1' "
	" AND w.oid > 16383 AND p.refobjid <> w.ev_class), below (rel, oid) AS ("
	"SELECT oid, oid FROM pg_catalog.unnest($1::pg_catalog.oid[]) oid UNION "
	"SELECT b.rel, d.oid FROM below b JOIN down d ON d.up = b.oid) "
	"SELECT rel, pg_catalog.sum(h)::pg_catalog.text FROM ("
	"SELECT c.oid, pg_catalog.hashtextextended(n.nspname || '.' || c.relname, c.xmin::text::int8) "
	" FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	" WHERE c.oid = ANY ($1::pg_catalog.oid[]) UNION ALL "
	"SELECT attrelid, pg_catalog.hashtextextended('a' || attnum, xmin::text::int8) "
	" FROM pg_catalog.pg_attribute WHERE attnum > 0 AND attrelid = ANY ($1::pg_catalog.oid[]) UNION ALL "
	"SELECT adrelid, pg_catalog.hashtextextended('d' || oid, xmin::text::int8) "
	" FROM pg_catalog.pg_attrdef WHERE adrelid = ANY ($1::pg_catalog.oid[]) UNION ALL "
	"SELECT indrelid, pg_catalog.hashtextextended('i' || indexrelid, xmin::text::int8) "
	" FROM pg_catalog.pg_index WHERE indisprimary AND indrelid = ANY ($1::pg_catalog.oid[]) UNION ALL "
	"SELECT b.rel, pg_catalog.hashtextextended('t' || t.oid || '.' || p.xmin, t.xmin::text::int8) "
	" FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid "
	" JOIN below b ON b.oid = t.tgrelid UNION ALL "
	"SELECT b.rel, pg_catalog.hashtextextended('r' || w.oid, w.xmin::text::int8) "
	" FROM pg_catalog.pg_rewrite w JOIN below b ON b.oid = w.ev_class UNION ALL "
	"SELECT b.rel, pg_catalog.hashtextextended('h' || i.inhrelid, i.xmin::text::int8) "
	" FROM pg_catalog.pg_inherits i JOIN below b ON b.oid = i.inhparent) q (rel, h) "
	"GROUP BY rel ORDER BY rel";

static uint64_t
print_of(dbn_text t)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < t.len; i++)
		h = (h ^ (unsigned char)t.ptr[i]) * UINT64_C(1099511628211);
	return h ? h : 1; /* 0: it is gone */
}

static dbn_status
ask_prints(struct dbn_conn *c, const Oid *oids, size_t n, PGresult **r, dbn_error **err)
{
	char *list = pg_types_list(oids, n);
	const char *values[1] = { list };
	dbn_status rc = list ? pg_query(c, prints_sql, 1, values, r, err) : plug_nomem(c->host, err);

	free(list);
	return rc;
}

dbn_status
pg_watch_relation(struct dbn_conn *c, Oid oid, dbn_error **err)
{
	struct pg_watch *w;
	PGresult *r = NULL;
	bool noted = false;
	dbn_status rc = ask_prints(c, &oid, 1, &r, err);

	if (rc != DBN_OK)
		return rc;
	(void)pthread_mutex_lock(&c->drv->mutex);
	w = watch_locked(c);
	if (w)
		noted = note_locked(c, w, oid, PQntuples(r) ? print_of((dbn_text){ PQgetvalue(r, 0, 1),
			(size_t)PQgetlength(r, 0, 1) }) : 0);
	(void)pthread_mutex_unlock(&c->drv->mutex);
	PQclear(r);
	return noted ? DBN_OK : plug_nomem(c->host, err);
}

dbn_status
pg_watch_absent(struct dbn_conn *c, const dbn_name *name, dbn_error **err)
{
	dbn_text schema = name->schema.len ? name->schema : PLUG_TEXT("public");
	size_t len = schema.len + 1 + name->name.len;
	char *key = (char *)plug_zalloc(c->host, len + 1, 1);
	struct pg_watch *w;
	bool noted = false;

	if (!key)
		return plug_nomem(c->host, err);
	memcpy(key, schema.ptr, schema.len);
	key[schema.len] = 1;
	memcpy(key + schema.len + 1, name->name.ptr ? name->name.ptr : "", name->name.len);
	(void)pthread_mutex_lock(&c->drv->mutex);
	w = watch_locked(c);
	for (size_t i = 0; w && !noted && i < w->nabsent; i++)
		noted = strcmp(w->absent[i], key) == 0;
	if (w && !noted && w->nabsent < ABSENT_MAX && plug_grow(c->host, &w->absent, &w->cap_absent,
			w->nabsent + 1, sizeof *w->absent)) {
		w->absent[w->nabsent++] = key;
		key = NULL;
		noted = true;
	}
	/* too many to remember: whatever comes up is taken for news */
	if (w && w->nabsent == ABSENT_MAX) {
		w->epoch++;
		noted = true;
	}
	(void)pthread_mutex_unlock(&c->drv->mutex);
	c->host->release(c->host, key);
	return noted ? DBN_OK : plug_nomem(c->host, err);
}

/* ---- the epoch ---- */

/* What is remembered, taken out from under the mutex. */
static dbn_status
remembered(struct dbn_conn *c, Oid **oids, size_t *n, char **names, dbn_error **err)
{
	struct pg_watch *w;
	size_t len = 0;
	bool ok = false;
	FILE *f = open_memstream(names, &len);

	*oids = NULL;
	*n = 0;
	if (!f) {
		*names = NULL;
		return plug_nomem(c->host, err);
	}
	(void)pthread_mutex_lock(&c->drv->mutex);
	w = watch_locked(c);
	if (w) {
		*oids = (Oid *)plug_zalloc(c->host, w->n + 1, sizeof **oids);
		ok = *oids != NULL;
	}
	for (size_t i = 0; ok && i < w->n; i++)
		(*oids)[(*n)++] = w->v[i].oid;
	for (size_t i = 0; ok && i < w->nabsent; i++)
		(void)fprintf(f, "%s%s", i ? "\2" : "", w->absent[i]);
	(void)pthread_mutex_unlock(&c->drv->mutex);
	if (fclose(f) != 0 || !ok)
		return plug_nomem(c->host, err);
	return DBN_OK;
}

/* Those of the absent that have come: forget them, and the epoch moves. */
static dbn_status
look_for_absent(struct dbn_conn *c, const char *names, bool *moved, dbn_error **err)
{
	const char *values[1] = { names };
	PGresult *r = NULL;
	dbn_status rc;

	*moved = false;
	if (!*names)
		return DBN_OK;
	rc = pg_query(c, "SELECT 1 FROM pg_catalog.unnest(pg_catalog.string_to_array($1, "
		"pg_catalog.chr(2))) x JOIN pg_catalog.pg_namespace n ON n.nspname = "
		"pg_catalog.split_part(x, pg_catalog.chr(1), 1) JOIN pg_catalog.pg_class c ON c.relnamespace "
		"= n.oid AND c.relname = pg_catalog.split_part(x, pg_catalog.chr(1), 2) WHERE c.relkind IN "
		"('r', 'p', 'f', 'v', 'm') LIMIT 1", 1, values, &r, err);
	*moved = rc == DBN_OK && PQntuples(r) > 0;
	PQclear(r);
	return rc;
}

/*
 * Nothing at all has committed since the last look: one cheap question.  Within a
 * transaction the snapshot does not show what the transaction itself has done.
 */
static dbn_status
look_at_snapshot(struct dbn_conn *c, uint64_t *snapshot, uint64_t *epoch, bool *same, dbn_error **err)
{
	PGresult *r = NULL;
	struct pg_watch *w;
	dbn_status rc;

	*snapshot = 0;
	*same = false;
	if (pg_txn(c) != DBN_TXN_NONE || PQserverVersion(c->pg) < 130000)
		return DBN_OK;
	rc = pg_query(c, "SELECT pg_catalog.pg_current_snapshot()::text", 0, NULL, &r, err);
	if (rc != DBN_OK)
		return rc;
	*snapshot = print_of((dbn_text){ PQgetvalue(r, 0, 0), (size_t)PQgetlength(r, 0, 0) });
	PQclear(r);
	(void)pthread_mutex_lock(&c->drv->mutex);
	w = watch_locked(c);
	*same = w && w->snapshot == *snapshot;
	*epoch = w ? w->epoch : 0;
	(void)pthread_mutex_unlock(&c->drv->mutex);
	return DBN_OK;
}

/* Compare, note what is new; the epoch as it is now. */
static uint64_t
settle_epoch(struct dbn_conn *c, const Oid *oids, size_t n, const PGresult *r, bool absent_came,
	uint64_t snapshot)
{
	struct pg_watch *w;
	uint64_t epoch = 0;

	(void)pthread_mutex_lock(&c->drv->mutex);
	w = watch_locked(c);
	for (size_t i = 0; w && i < n; i++) {
		uint64_t print = 0;

		for (int lo = 0, hi = PQntuples(r); lo < hi;) { /* in the order of OIDs */
			int mid = lo + (hi - lo) / 2;
			Oid at = pg_get32(PQgetvalue(r, mid, 0));

			if (at == oids[i])
				print = print_of((dbn_text){ PQgetvalue(r, mid, 1), (size_t)PQgetlength(r, mid, 1) });
			if (at < oids[i])
				lo = mid + 1;
			else
				hi = at == oids[i] ? lo : mid;
		}
		(void)note_locked(c, w, oids[i], print);
	}
	if (w && absent_came) {
		while (w->nabsent)
			c->host->release(c->host, w->absent[--w->nabsent]);
		w->epoch++;
	}
	if (w && snapshot)
		w->snapshot = snapshot;
	epoch = w ? w->epoch : 0;
	(void)pthread_mutex_unlock(&c->drv->mutex);
	return epoch;
}

dbn_status
pg_schema_epoch(struct dbn_conn *c, const dbn_call *call, dbn_token *out, dbn_error **err)
{
	uint64_t epoch = 0, snapshot = 0;
	char *names = NULL;
	Oid *oids = NULL;
	PGresult *r = NULL;
	bool came = false, same = false;
	size_t n = 0;
	dbn_status rc = pg_enter(c, call, err);

	if (rc == DBN_OK)
		rc = look_at_snapshot(c, &snapshot, &epoch, &same, err);
	if (rc == DBN_OK && !same)
		rc = remembered(c, &oids, &n, &names, err);
	if (rc == DBN_OK && !same)
		rc = look_for_absent(c, names, &came, err);
	if (rc == DBN_OK && n)
		rc = ask_prints(c, oids, n, &r, err);
	if (rc == DBN_OK && !same)
		epoch = settle_epoch(c, oids, n, r, came, snapshot);
	if (rc == DBN_OK) {
		memset(out->bytes, 0, sizeof out->bytes);
		out->len = 8;
		pg_put64(out->bytes, epoch);
	}
	PQclear(r);
	c->host->release(c->host, oids);
	free(names);
	return rc;
}
