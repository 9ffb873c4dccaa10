/* SPDX-License-Identifier: MIT */
/*
 * Descriptions of relations, read on first use.  A description is checked again
 * when the epoch has moved since it was read: if its version is the same it
 * stays, and the plans made from it with it; else it leaves the map.  Each is
 * counted: the map has one reference and every view that was given it another;
 * the last frees it, also after the catalogue was closed.
 *
 * Locks: c->lock guards the map and busy.  One thread at a time is reading: it asks
 * the driver, without a lock, and a thousand sessions that meet a new relation wait
 * for it, each until its own deadline.
 */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/str.h"
#include "plan/catalog.h"

/* Unknown names make the schema be asked at most so often in a time. */
#define LOOKS 16
#define LOOKS_NS UINT64_C(250000000)

struct entry {
	dbn_sql_relation rel;            /* first: rel.owner is this */
	_Atomic uint32_t refs;
	_Atomic uint64_t checked;        /* epoch at which it was known to hold */
	_Atomic bool current;
	struct dbn_catalog *catalog;     /* may be closed before */
	dbn_arena arena;
};

struct dbn_catalog_hold {
	struct dbn_catalog_hold *next;
	struct entry *e;
};

struct dbn_catalog {
	char *database;
	const dbn_dialect *dialect;
	dbn_connset *source;
	dbn_pconn *conn;                 /* of a private one */
	_Atomic uint64_t epoch;
	pthread_mutex_t lock;
	pthread_cond_t idle;             /* busy has become false */
	bool busy;                       /* somebody is reading */
	dbn_map map;                     /* "schema\0name", folded -> entry */
	bool read;                       /* something; while reading */
	dbn_token token;                 /* while reading */
	_Atomic uint64_t looks_from_ns;  /* since then so many asked for an unknown name */
	_Atomic uint32_t looks;
};

static _Thread_local uint64_t thread_until;

uint64_t
dbn_catalog_until(uint64_t deadline_ns)
{
	uint64_t was = thread_until;

	thread_until = deadline_ns;
	return was;
}

static uint64_t
deadline_in(uint64_t ns)
{
	uint64_t own = dbn_now_ns() + ns;

	return thread_until && thread_until < own ? thread_until : own;
}

/* Nobody else is reading from here on. */
static dbn_status
begin_reading(dbn_catalog *c, uint64_t until, dbn_error **err)
{
	struct timespec ts = { (time_t)(until / 1000000000u), (long)(until % 1000000000u) };
	bool mine;

	(void)pthread_mutex_lock(&c->lock);
	while (c->busy && dbn_now_ns() < until)
		(void)pthread_cond_timedwait(&c->idle, &c->lock, &ts);
	mine = !c->busy && dbn_now_ns() < until;
	c->busy |= mine;
	(void)pthread_mutex_unlock(&c->lock);
	return mine ? DBN_OK : dbn_fail_hint(err, DBN_E_TIMEOUT,
		"Look whether the database answers; descriptions are kept once they were read.",
		"the deadline passed before the schema of \"%s\" could be read", c->database);
}

static void
end_reading(dbn_catalog *c)
{
	(void)pthread_mutex_lock(&c->lock);
	c->busy = false;
	(void)pthread_cond_signal(&c->idle);
	(void)pthread_mutex_unlock(&c->lock);
}

dbn_status
dbn_catalog_open(const char *database, const dbn_dialect *dialect, dbn_connset *source,
	dbn_catalog **out, dbn_error **err)
{
	dbn_catalog *c = dbn_zalloc(sizeof *c);
	pthread_condattr_t attr;

	if (!c || !(c->database = dbn_strdup(database))) {
		dbn_free(c);
		return dbn_fail_nomem(err);
	}
	c->dialect = dialect;
	c->source = source;
	atomic_store(&c->epoch, 1);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&c->idle, &attr);
	(void)pthread_condattr_destroy(&attr);
	(void)pthread_mutex_init(&c->lock, NULL);
	dbn_map_init(&c->map);
	*out = c;
	return DBN_OK;
}

dbn_status
dbn_catalog_private(const dbn_catalog *c, dbn_pconn *conn, dbn_catalog **out, dbn_error **err)
{
	dbn_status rc = dbn_catalog_open(c->database, c->dialect, NULL, out, err);

	if (rc == DBN_OK)
		(*out)->conn = conn;
	return rc;
}

static void
entry_free(struct entry *e)
{
	dbn_arena_free(&e->arena);
	dbn_free(e);
}

static void
entry_release(void *entry)
{
	struct entry *e = entry;

	if (e && atomic_fetch_sub_explicit(&e->refs, 1, memory_order_acq_rel) == 1)
		entry_free(e);
}

static struct entry *
entry_retain(struct entry *e)
{
	atomic_fetch_add_explicit(&e->refs, 1, memory_order_relaxed);
	return e;
}

void
dbn_catalog_close(dbn_catalog *c)
{
	if (!c)
		return;
	dbn_map_free(&c->map, entry_release);
	(void)pthread_mutex_destroy(&c->lock);
	(void)pthread_cond_destroy(&c->idle);
	dbn_free(c->database);
	dbn_free(c);
}

uint64_t
dbn_catalog_epoch(const dbn_catalog *c)
{
	return atomic_load_explicit(&c->epoch, memory_order_acquire);
}

bool
dbn_catalog_current(const dbn_sql_relation *rel)
{
	const struct entry *e = rel->owner;

	return atomic_load(&e->current) &&
		atomic_load(&e->checked) == dbn_catalog_epoch(e->catalog);
}

dbn_status
dbn_catalog_forget(dbn_catalog *c)
{
	atomic_fetch_add(&c->epoch, 1);
	return DBN_OK;
}

/* ---- a connection to ask ---- */

static dbn_status
borrow(dbn_catalog *c, uint64_t until, dbn_pconn **conn, dbn_error **err)
{
	if (c->conn) {
		*conn = c->conn;
		return DBN_OK;
	}
	return dbn_connset_acquire(c->source, DBN_WANT_READ, NULL, until, conn, err);
}

static void
give_back(dbn_catalog *c, dbn_pconn *conn)
{
	if (!c->conn)
		dbn_connset_release(conn);
}

dbn_status
dbn_catalog_poll(dbn_catalog *c, bool *moved, dbn_error **err)
{
	dbn_token t = { .struct_size = sizeof t };
	dbn_call call = DBN_CALL_INIT;
	dbn_pconn *conn;
	dbn_status rc;

	*moved = false;
	call.deadline_ns = deadline_in(UINT64_C(5000000000));
	rc = begin_reading(c, call.deadline_ns, err);
	if (rc != DBN_OK)
		return rc;
	rc = borrow(c, call.deadline_ns, &conn, err);
	if (rc == DBN_OK) {
		dbn_pconn_enter(conn);
		rc = conn->ops->schema_epoch(conn->conn, &call, &t, err);
		dbn_pconn_leave(conn);
		give_back(c, conn);
	}
	if (rc == DBN_OK && (t.len != c->token.len || memcmp(t.bytes, c->token.bytes,
			t.len < sizeof t.bytes ? t.len : sizeof t.bytes) != 0)) {
		*moved = c->token.struct_size != 0 || c->read; /* read before there was a token */
		c->token = t;
	}
	end_reading(c);
	if (*moved)
		(void)dbn_catalog_forget(c);
	return rc;
}

dbn_status
dbn_catalog_look(dbn_catalog *c, bool *moved, dbn_error **err)
{
	uint64_t now = dbn_now_ns();

	*moved = false;
	if (now - atomic_load(&c->looks_from_ns) >= LOOKS_NS) {
		atomic_store(&c->looks_from_ns, now);
		atomic_store(&c->looks, 0);
	}
	if (atomic_fetch_add(&c->looks, 1) >= LOOKS)
		return DBN_OK; /* of a flood the rest believe what is known; the keeper asks too */
	return dbn_catalog_poll(c, moved, err);
}

/* ---- from the driver's description to ours ---- */

static const void *
item(const dbn_array *a, uint32_t i)
{
	return (const char *)a->items + (size_t)i * a->stride;
}

static bool
copy_columns(struct entry *e, const dbn_relation_info *info)
{
	dbn_sql_column *cols = dbn_arena_array(&e->arena, info->columns.count, sizeof *cols);

	if (!cols)
		return false;
	for (uint32_t i = 0; i < info->columns.count; i++) {
		const dbn_column_desc *d = item(&info->columns, i);
		uint32_t *inputs = dbn_arena_array(&e->arena, d->inputs.count, sizeof *inputs);

		if (!inputs)
			return false;
		for (uint32_t k = 0; k < d->inputs.count; k++)
			memcpy(&inputs[k], item(&d->inputs, k), sizeof inputs[k]);
		cols[i].name = dbn_arena_text(&e->arena, d->name);
		cols[i].declared = dbn_arena_text(&e->arena, d->declared);
		cols[i].type = d->type;
		cols[i].flags = d->flags; /* DBN_COL_ and DBN_COLUMN_ are the same bits */
		cols[i].key_part = d->key_part;
		cols[i].inputs = inputs;
		cols[i].ninputs = d->inputs.count;
		e->rel.nkey += d->key_part != 0;
		if (!cols[i].name.ptr || !cols[i].declared.ptr)
			return false;
	}
	e->rel.columns = cols;
	e->rel.ncolumns = info->columns.count;
	return true;
}

static bool
copy_effects(struct entry *e, dbn_text database, const dbn_relation_info *info)
{
	dbn_sql_effect *fx = dbn_arena_array(&e->arena, info->effects.count, sizeof *fx);

	if (!fx)
		return false;
	for (uint32_t i = 0; i < info->effects.count; i++) {
		const dbn_effect_desc *d = item(&info->effects, i);

		fx[i].what = d->what;
		fx[i].on.database = database;
		fx[i].on.schema = dbn_arena_text(&e->arena, d->on.schema);
		fx[i].on.name = dbn_arena_text(&e->arena, d->on.name);
		fx[i].by = dbn_arena_text(&e->arena, d->by);
		if (!fx[i].on.schema.ptr || !fx[i].on.name.ptr || !fx[i].by.ptr)
			return false;
	}
	e->rel.effects = fx;
	e->rel.neffects = info->effects.count;
	return true;
}

_Static_assert((uint32_t)DBN_COL_BINARY == (uint32_t)DBN_COLUMN_BINARY &&
	(uint32_t)DBN_COL_NOT_NULL == (uint32_t)DBN_COLUMN_NOT_NULL &&
	(uint32_t)DBN_COL_GENERATED == (uint32_t)DBN_COLUMN_GENERATED &&
	(uint32_t)DBN_COL_IDENTITY == (uint32_t)DBN_COLUMN_IDENTITY &&
	(uint32_t)DBN_COL_HIDDEN == (uint32_t)DBN_COLUMN_HIDDEN &&
	(uint32_t)DBN_COL_DEFAULT == (uint32_t)DBN_COLUMN_DEFAULT,
	"column flags of the border are those of the resolver");
_Static_assert((uint32_t)DBN_REL_NOT_TRANSACTIONAL == (uint32_t)DBN_RELATION_NOT_TRANSACTIONAL,
	"facts of relations of the border are those of the resolver");

static struct entry *
entry_new(dbn_catalog *c, const dbn_relation_info *info)
{
	struct entry *e = dbn_zalloc(sizeof *e);
	dbn_sql_relation *r;

	if (!e)
		return NULL;
	dbn_arena_init(&e->arena, 0);
	r = &e->rel;
	e->catalog = c;
	r->owner = e;
	r->kind = info->kind;
	r->version = info->version;
	r->facts = info->facts; /* DBN_REL_NOT_ and DBN_RELATION_NOT_ are the same bits */
	r->name.database = dbn_arena_text(&e->arena, dbn_text_z(c->database));
	r->name.schema = dbn_arena_text(&e->arena, info->name.schema);
	r->name.name = dbn_arena_text(&e->arena, info->name.name);
	if (!r->name.database.ptr || !r->name.schema.ptr || !r->name.name.ptr ||
		!copy_columns(e, info) || !copy_effects(e, r->name.database, info)) {
		entry_free(e);
		return NULL;
	}
	atomic_store(&e->current, true);
	atomic_store(&e->refs, 1);
	return e;
}

static dbn_status
ask(dbn_catalog *c, const dbn_name *name, uint64_t until, dbn_relation_info *info,
	dbn_pconn **conn, dbn_error **err)
{
	dbn_call call = DBN_CALL_INIT;
	dbn_status rc;

	call.deadline_ns = until;
	rc = borrow(c, until, conn, err);
	if (rc != DBN_OK)
		return rc;
	dbn_pconn_enter(*conn);
	rc = (*conn)->ops->relation((*conn)->conn, name, &call, info, err);
	dbn_pconn_leave(*conn);
	if (rc != DBN_OK && !c->conn)
		(*conn)->dirty = true; /* looked at before it is used again */
	give_back(c, *conn);
	return rc;
}

/* While reading: what the database says now takes the place of old; *out: counted. */
static dbn_status
read_one(dbn_catalog *c, dbn_text key, const dbn_name *name, struct entry *old, uint64_t epoch,
	uint64_t until, struct entry **out, dbn_error **err)
{
	dbn_relation_info info = { .struct_size = sizeof info };
	struct entry *e = NULL;
	dbn_pconn *conn = NULL;
	dbn_status rc = ask(c, name, until, &info, &conn, err);
	bool ok = true;

	if (rc != DBN_OK && rc != DBN_E_NOT_FOUND)
		return rc;
	if (rc == DBN_OK && old && old->rel.version == info.version) {
		atomic_store(&old->checked, epoch);
		*out = entry_retain(old);
		goto out;
	}
	if (rc == DBN_OK && !(e = entry_new(c, &info))) {
		rc = dbn_fail_nomem(err);
		goto out;
	}
	if (e)
		atomic_store(&e->checked, epoch);
	(void)pthread_mutex_lock(&c->lock);
	if (e)
		ok = dbn_map_put(&c->map, key, e, NULL) == DBN_OK;
	else
		(void)dbn_map_remove(&c->map, key);
	if (e && ok)
		*out = entry_retain(e);
	(void)pthread_mutex_unlock(&c->lock);
	if (!ok) {
		entry_free(e);
		rc = dbn_fail_nomem(err);
		goto out;
	}
	c->read |= e != NULL;
	if (old) {
		atomic_store(&old->current, false);
		entry_release(old);
	}
out:
	if (info.memory)
		dbn_free(info.memory);
	return rc;
}

/* Folded "schema\0name" into buf; false: too long to be a name. */
static bool
make_key(const dbn_catalog *c, const dbn_sql_name *n, char *buf, size_t size, dbn_text *key)
{
	dbn_text schema = n->schema.len ? n->schema : c->dialect->default_schema;
	bool fold = c->dialect->id == DBN_DIALECT_SQLITE; /* elsewhere two may differ in case */
	size_t len = schema.len + 1 + n->name.len;

	if (len > size)
		return false;
	for (size_t i = 0; i < schema.len; i++)
		buf[i] = fold ? (char)dbn_ascii_lower((unsigned char)schema.ptr[i]) : schema.ptr[i];
	buf[schema.len] = '\0';
	for (size_t i = 0; i < n->name.len; i++)
		buf[schema.len + 1 + i] = fold
			? (char)dbn_ascii_lower((unsigned char)n->name.ptr[i]) : n->name.ptr[i];
	*key = dbn_text_n(buf, len);
	return true;
}

/* What the map has under the key, counted, if it was checked at this epoch. */
static struct entry *
find_checked(dbn_catalog *c, dbn_text key, uint64_t epoch)
{
	struct entry *e;

	(void)pthread_mutex_lock(&c->lock);
	e = dbn_map_get(&c->map, key);
	if (e && atomic_load(&e->checked) == epoch)
		(void)entry_retain(e);
	else
		e = NULL;
	(void)pthread_mutex_unlock(&c->lock);
	return e;
}

/* *out: counted. */
static dbn_status
find(dbn_catalog *c, const dbn_sql_name *name, struct entry **out, dbn_error **err)
{
	uint64_t epoch = dbn_catalog_epoch(c), until;
	dbn_name ask_for = { name->schema.len ? name->schema : c->dialect->default_schema, name->name };
	struct entry *old;
	char buf[600];
	dbn_text key;
	dbn_status rc = DBN_OK;

	if (name->database.len && !dbn_text_eqz(name->database, c->database))
		return dbn_fail_hint(err, DBN_E_SYNTAX,
			"A statement reads and writes one database; name it in none or in all tables.",
			"\"%.*s\" is another database than \"%s\"", DBN_TEXT_ARG(name->database),
			c->database);
	if (!make_key(c, name, buf, sizeof buf, &key))
		return dbn_fail(err, DBN_E_NOT_FOUND, "no table has a name that long");
	*out = find_checked(c, key, epoch);
	if (*out)
		return DBN_OK;
	until = deadline_in(UINT64_C(30000000000));
	rc = begin_reading(c, until, err);
	if (rc != DBN_OK)
		return rc;
	*out = find_checked(c, key, epoch);
	if (!*out) {
		(void)pthread_mutex_lock(&c->lock);
		old = dbn_map_get(&c->map, key); /* only who is reading takes it away */
		(void)pthread_mutex_unlock(&c->lock);
		rc = read_one(c, key, &ask_for, old, epoch, until, out, err);
	}
	end_reading(c);
	return rc;
}

dbn_status
dbn_catalog_lookup(void *user, const dbn_sql_name *name, const dbn_sql_relation **out,
	dbn_error **err)
{
	dbn_catalog_view *v = user;
	dbn_catalog_hold *h;
	struct entry *e = NULL;
	dbn_status rc = find(v->catalog, name, &e, err);

	if (rc != DBN_OK)
		return rc;
	*out = &e->rel;
	h = dbn_arena_alloc(v->arena, sizeof *h); /* one for each asking: not looked for */
	if (!h) {
		entry_release(e);
		return dbn_fail_nomem(err);
	}
	h->e = e;
	h->next = v->held;
	v->held = h;
	return DBN_OK;
}

void
dbn_catalog_let_go(dbn_catalog_hold *held)
{
	for (; held; held = held->next)
		entry_release(held->e);
}

bool
dbn_catalog_holds(const dbn_sql_relation *rel)
{
	struct entry *old = rel->owner, *now = NULL;
	dbn_error *err = NULL;
	bool same;

	if (dbn_catalog_current(rel))
		return true;
	same = find(old->catalog, &rel->name, &now, &err) == DBN_OK && now == old;
	dbn_error_free(err);
	entry_release(now);
	return same;
}
