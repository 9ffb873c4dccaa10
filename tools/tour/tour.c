/* SPDX-License-Identifier: MIT */
/*
 * What an application looks like: declared entities, a session per user, a
 * batch, a transaction, a cached read.  tour.sh runs it step by step.
 */
#include "places.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Say what went wrong and give the error back to nobody. */
static bool
failed(const char *what, dbn_error *err)
{
	(void)fprintf(stderr, "tour: %s: %s\n", what, dbn_error_message(err));
	if (*dbn_error_detail(err))
		(void)fprintf(stderr, "  %s\n", dbn_error_detail(err));
	dbn_error_free(err);
	return false;
}

static bool
create_tables(dbn_session *s)
{
	dbn_error *err;

	if (country_create_table(s, &err) != DBN_OK || zone_create_table(s, &err) != DBN_OK ||
		zone_use_create_table(s, &err) != DBN_OK)
		return failed("create tables", err);
	return true;
}

/* Everything in one transaction; each batch is one call. */
static dbn_status
insert_all(dbn_session *s, void *user, dbn_error **err)
{
	struct places *p = user;
	dbn_status rc = country_insert_batch(s, p->countries, p->ncountries, err);

	if (rc == DBN_OK)
		rc = zone_insert_batch(s, p->zones, p->nzones, err);
	if (rc == DBN_OK)
		rc = zone_use_insert_batch(s, p->uses, p->nuses, err);
	return rc;
}

static bool
load(dbn_session *s, const char *dir)
{
	struct places p;
	dbn_error *err;
	uint64_t n = 0;
	bool ok = places_read(dir, &p) && create_tables(s);

	if (ok && dbn_txn(s, NULL, insert_all, &p, &err) != DBN_OK)
		ok = failed("insert batches", err);
	if (ok && zone_count(s, zone_every(), &n, &err) != DBN_OK)
		ok = failed("count", err);
	if (ok && n != p.nzones) {
		(void)fprintf(stderr, "tour: %" PRIu64 " zones were stored, not %zu\n", n, p.nzones);
		ok = false;
	}
	if (ok)
		(void)printf("%zu countries, %zu zones and %zu uses stored in three batches\n",
			p.ncountries, p.nzones, p.nuses);
	places_free(&p);
	return ok;
}

/* A country and its zones, by the relations of the declaration. */
static bool
show(dbn_session *s, const char *code)
{
	country c = country_init();
	zone_use *uses = NULL;
	size_t n = 0;
	dbn_error *err;
	bool ok = true;

	if (country_find_by_id(s, code, &c, &err) != DBN_OK)
		return failed("find the country", err);
	if (country_load_zones(s, &c, NULL, &uses, &n, &err) != DBN_OK)
		ok = failed("load its zones", err);
	if (ok)
		(void)printf("%s (%s) uses %zu zones:", c.name, c.code, n);
	for (size_t i = 0; ok && i < n; i++)
		(void)printf(" %s", uses[i].zone_name);
	if (ok)
		(void)printf("\n");
	zone_use_list_free(uses, n);
	country_clear(&c);
	return ok && n > 0;
}

/* The same statement twice: the second answer must come from the cache. */
static bool
cached(dbn_session *s, const char *code)
{
	static const char sql[] = "SELECT name FROM country WHERE code = ?";

	for (int i = 1; i <= 2; i++) {
		const char *name = NULL;
		dbn_rows *rows;
		dbn_error *err;
		bool from_cache;

		if (dbn_query(s, sql, DBN_ARGS(code), &rows, &err) != DBN_OK)
			return failed("read", err);
		if (dbn_rows_next(rows, &err) != DBN_OK ||
			dbn_rows_scan(rows, DBN_OUT(&name), &err) != DBN_OK) {
			dbn_rows_close(rows);
			return failed("read", err);
		}
		from_cache = dbn_rows_cached(rows);
		(void)printf("read %d: %s, from the %s\n", i, name, from_cache ? "cache" : "database");
		while (dbn_rows_next(rows, &err) == DBN_OK)
			;
		dbn_rows_close(rows);
		if (from_cache != (i == 2)) {
			(void)fprintf(stderr, "tour: read %d should come from the %s\n", i,
				i == 2 ? "cache" : "database");
			return false;
		}
	}
	return true;
}

static bool
count(dbn_session *s, const char *when, uint64_t *n)
{
	dbn_error *err;

	if (country_count(s, country_every(), n, &err) != DBN_OK)
		return failed("count", err);
	(void)printf("%s: %" PRIu64 " countries\n", when, *n);
	return true;
}

/* What is rolled back has never been. */
static bool
rollback(dbn_session *s)
{
	country c = country_init();
	uint64_t before, inside, after;
	dbn_error *err;

	if (!count(s, "before the transaction", &before))
		return false;
	if (dbn_begin(s, NULL, &err) != DBN_OK)
		return failed("begin", err);
	c.code = "XX";
	c.name = "Atlantis";
	if (country_insert(s, &c, &err) != DBN_OK)
		return failed("insert", err);
	if (!count(s, "inside it, with Atlantis", &inside))
		return false;
	if (dbn_rollback(s, &err) != DBN_OK)
		return failed("roll back", err);
	if (!count(s, "after the rollback", &after))
		return false;
	country_clear(&c);
	return inside == before + 1 && after == before;
}

static bool
run(dbn_session *s, const char *step, const char *arg)
{
	if (strcmp(step, "load") == 0)
		return load(s, arg);
	if (strcmp(step, "show") == 0)
		return show(s, arg);
	if (strcmp(step, "cached") == 0)
		return cached(s, arg);
	if (strcmp(step, "rollback") == 0)
		return rollback(s);
	(void)fprintf(stderr, "tour: there is no step %s\n", step);
	return false;
}

int
main(int argc, char **argv)
{
	dbn_pool *pool = NULL;
	dbn_session *session = NULL;
	dbn_error *err;
	bool ok = false;

	if (argc < 4) {
		(void)fputs("usage: tour CONFIG USER load DIR | show CODE | cached CODE | rollback\n", stderr);
		return 2;
	}
	if (dbn_pool_open(argv[1], &pool, &err) != DBN_OK)
		(void)failed(argv[1], err);
	else if (dbn_session_open_as(pool, argv[2], &session, &err) != DBN_OK)
		(void)failed(argv[2], err);
	else
		ok = run(session, argv[3], argc > 4 ? argv[4] : "");
	dbn_session_close(session);
	dbn_pool_close(pool);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
