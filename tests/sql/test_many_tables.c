/* SPDX-License-Identifier: MIT */
/*
 * A database of very many tables (DBN_TABLES, 100): opening a pool describes none of
 * them, a statement those that it names, once; a change of the schema costs one look
 * at each table that is used afterwards, and nothing at those that are not.  What the
 * driver is asked is counted, and the memory that descriptions take; times are printed.
 */
#include <criterion/criterion.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "error/error.h"
#include "session/session_impl.h"
#include "sql/world.h"

#define BATCH 100
#define USED_MOST 2000

/* ---- what the driver is asked ---- */

static _Atomic unsigned described, epochs;
static dbn_driver_ops real, counting; /* by value: the core's copy goes with a pool */

static dbn_status
relation(struct dbn_conn *c, const dbn_name *name, const dbn_call *call, dbn_relation_info *out,
	dbn_error **err)
{
	atomic_fetch_add(&described, 1);
	if (getenv("DBN_SHOW_ALL"))
		printf("# %.*s\n", DBN_TEXT_ARG(name->name));
	return real.relation(c, name, call, out, err);
}

static dbn_status
schema_epoch(struct dbn_conn *c, const dbn_call *call, dbn_token *out, dbn_error **err)
{
	atomic_fetch_add(&epochs, 1);
	return real.schema_epoch(c, call, out, err);
}

dbn_status __real_dbn_connset_acquire(dbn_connset *set, uint32_t want, dbn_pconn *hint, uint64_t until,
	dbn_pconn **out, dbn_error **err);
dbn_status __wrap_dbn_connset_acquire(dbn_connset *set, uint32_t want, dbn_pconn *hint, uint64_t until,
	dbn_pconn **out, dbn_error **err);

dbn_status
__wrap_dbn_connset_acquire(dbn_connset *set, uint32_t want, dbn_pconn *hint, uint64_t until,
	dbn_pconn **out, dbn_error **err)
{
	dbn_status rc = __real_dbn_connset_acquire(set, want, hint, until, out, err);

	if (rc == DBN_OK && (*out)->ops != &counting) {
		if (!real.relation) {
			real = *(*out)->ops;
			counting = real;
			counting.relation = relation;
			counting.schema_epoch = schema_epoch;
		}
		(*out)->ops = &counting;
	}
	return rc;
}

/* ---- memory ---- */

static _Atomic long bytes;

static void *
take(size_t size)
{
	void *p = malloc(size);

	atomic_fetch_add(&bytes, p ? (long)malloc_usable_size(p) : 0);
	return p;
}

static void
give(void *p)
{
	atomic_fetch_sub(&bytes, p ? (long)malloc_usable_size(p) : 0);
	free(p);
}

static void *
resize(void *p, size_t size)
{
	long old = p ? (long)malloc_usable_size(p) : 0;
	void *q = realloc(p, size);

	if (q)
		atomic_fetch_add(&bytes, (long)malloc_usable_size(q) - old);
	return q;
}

/* ---- the tables ---- */

static unsigned
tables(void)
{
	const char *n = getenv("DBN_TABLES");

	return n && *n ? (unsigned)strtoul(n, NULL, 10) : 100;
}

static void
make_tables(world *w, unsigned n)
{
	dbn_str s;

	for (unsigned i = 0; i < n; i += BATCH) {
		dbn_str_init(&s, 0);
		dbn_str_adds(&s, "BEGIN;");
		for (unsigned k = i; k < i + BATCH && k < n; k++)
			dbn_str_addf(&s, "CREATE TABLE m%u(id int PRIMARY KEY, name varchar(40), ref int); "
				"INSERT INTO m%u VALUES (%u, 'n', %u);", k, k, k, k);
		dbn_str_adds(&s, "COMMIT");
		cr_assert(w->raw.ops->exec(&w->raw, dbn_str_z(&s)), "%s", w->raw.message);
		dbn_str_free(&s);
	}
}

/* ---- asking ---- */

struct many {
	world *w;
	dbn_session *s;
	uint64_t from;
	long was;
};

static void
begin(struct many *m)
{
	atomic_store(&described, 0);
	atomic_store(&epochs, 0);
	m->was = atomic_load(&bytes);
	m->from = dbn_now_ns();
}

/* How many tables were described since; and what it took. */
static unsigned
end(struct many *m, const char *what)
{
	unsigned n = atomic_load(&described);

	printf("# %s, %s: %u tables described, %u looks at the schema, %ld kB, %.1f ms\n", stack_database(),
		what, n, atomic_load(&epochs), (atomic_load(&bytes) - m->was) / 1024,
		(double)(dbn_now_ns() - m->from) / 1e6);
	return n;
}

/* #0, #1, #2: the table, and those behind it. */
static void
ask(struct many *m, const char *form, unsigned table)
{
	int64_t v = -1;
	dbn_error *err = NULL;
	dbn_str sql;

	dbn_str_init(&sql, 0);
	for (; *form; form++) {
		if (*form == '#')
			dbn_str_addf(&sql, "m%u", table + (unsigned)(*++form - '0'));
		else
			dbn_str_addc(&sql, *form);
	}
	cr_assert_eq(dbn_get_int64(m->s, dbn_str_z(&sql), DBN_NO_ARGS, &v, &err), DBN_OK, "%s: %s",
		dbn_str_z(&sql), dbn_error_message(err));
	cr_assert_eq(v, (int64_t)table, "%s", dbn_str_z(&sql));
	dbn_str_free(&sql);
}

/* The world's own anew: one process has a trail once. */
static void
open_pool(struct many *m)
{
	stack *st = &m->w->st;
	char path[160];
	dbn_error *err = NULL;
	bool moved;

	(void)snprintf(path, sizeof path, "%s/app.conf", st->dir);
	cr_assert_eq(dbn_pool_open(path, &st->pool, &err), DBN_OK, "%s", dbn_error_message(err));
	cr_assert_eq(dbn_session_open_as(st->pool, "alice", &st->session, &err), DBN_OK, "%s",
		dbn_error_message(err));
	m->s = st->session;
	/* The keeper's first look, which is not to fall between two statements here. */
	cr_assert_eq(dbn_catalog_poll(m->s->home->catalog, &moved, &err), DBN_OK, "%s",
		dbn_error_message(err));
}

/* The schema moves behind the pool's back; the pool looks, as its keeper does. */
static void
change(struct many *m, const char *ddl)
{
	dbn_error *err = NULL;
	bool moved = false;

	cr_assert(m->w->raw.ops->exec(&m->w->raw, ddl), "%s", m->w->raw.message);
	cr_assert_eq(dbn_catalog_poll(m->s->home->catalog, &moved, &err), DBN_OK, "%s",
		dbn_error_message(err));
}

/* So many are described, or fewer: PostgreSQL's driver knows which ones changed.  What
 * MariaDB counts moves also when it opens a table, so there all may be looked at. */
static void
used_tables(struct many *m, unsigned n, const char *what, unsigned most)
{
	begin(m);
	for (unsigned i = 0; i < n; i++)
		ask(m, "SELECT id FROM #0", i);
	cr_expect_leq(end(m, what), strcmp(stack_database(), "mysql") ? most : n);
}

static void
first_statements(struct many *m)
{
	dbn_session_close(m->w->st.session);
	dbn_pool_close(m->w->st.pool);
	begin(m);
	open_pool(m);
	cr_expect_eq(end(m, "a pool and a session are opened"), 0, "nothing is described before it is used");
	begin(m);
	ask(m, "SELECT id FROM #0", 7);
	cr_expect_eq(end(m, "the first statement"), 1);
	/* SQLite's driver keeps the names of all, to see which of them changed. */
	cr_expect_lt(atomic_load(&bytes) - m->was, 512 * 1024 + (strcmp(stack_database(), "sqlite") ? 0 :
		(long)tables() * 256), "it takes memory for others too");
	begin(m);
	ask(m, "SELECT a.id FROM #0 a LEFT JOIN #1 b ON b.id = a.id LEFT JOIN #2 c ON c.ref = a.id", 20);
	cr_expect_eq(end(m, "a join of three"), 3, "those it names");
	begin(m);
	ask(m, "SELECT a.ref FROM #0 a LEFT JOIN #1 b ON b.id = a.id LEFT JOIN #2 c ON c.ref = a.id", 20);
	cr_expect_leq(end(m, "another of the same"), strcmp(stack_database(), "mysql") ? 0 : 3);
}

Test(many_tables, are_described_when_they_are_used)
{
	static const struct dbn_mem_hooks hooks = { take, resize, give };
	unsigned n = tables(), used = n < USED_MOST ? n : USED_MOST;
	struct many m = { 0 };
	world w;

	dbn_mem_set_hooks(&hooks);
	m.w = &w;
	world_open(&w);
	make_tables(&w, n);
	printf("# %s: %u tables\n", stack_database(), n);
	first_statements(&m);
	used_tables(&m, used, "each of many is used", used - 4);
	cr_expect_lt(atomic_load(&bytes) - m.was, (long)used * 40 * 1024, "a table and its plan take too much");
	used_tables(&m, used, "the same again", 0);
	begin(&m);
	change(&m, "CREATE TABLE m_new(id int PRIMARY KEY)");
	cr_expect_eq(end(&m, "a table is added, and the pool looks"), 0);
	begin(&m);
	ask(&m, "SELECT id FROM #0", 7);
	cr_expect_leq(end(&m, "a statement behind it"), 1, "only what it names is looked at again");
	begin(&m);
	change(&m, "ALTER TABLE m7 ADD COLUMN extra int");
	ask(&m, "SELECT coalesce(extra, id) AS x FROM #0", 7);
	cr_expect_eq(end(&m, "a table is changed and read"), 1);
	used_tables(&m, used, "each of many behind a change", used);
	cr_expect_lt(atomic_load(&bytes) - m.was, 2048 * 1024, "descriptions are kept beside their successors");
	world_close(&w);
}
