/* SPDX-License-Identifier: MIT */
/*
 * The lists of functions against the database that has them: each is there, takes as
 * many arguments as its line says, and is no less constant than the list believes.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql/dialect.h"
#include "sql/world.h"

/* The cells of the answer's first row, joined with '|'; or "" without one. */
static char *
ask(engine *e, const char *sql)
{
	answer a;
	char *r;

	answer_init(&a);
	e->ops->run(e, sql, NULL, 0, &a);
	r = strdup(a.failed ? a.message : a.nrows ? a.rows[0] : "");
	answer_free(&a);
	return r;
}

/* ---- PostgreSQL: pg_proc knows it all ---- */

static bool
is_word(const char *name)
{
	static const char *const words[] = { "coalesce", "current_date", "current_time",
		"current_timestamp", "greatest", "grouping", "least", "localtime", "localtimestamp", "nullif", "trim" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i], name))
			return true;
	return false;
}

static unsigned
postgres(world *w, const dbn_sql_func_fact *f)
{
	int n = 0, lo = 0, hi = 0, moving = 0, aggregates = 0, windows = 0, sets = 0, variadic = 0;
	char sql[1600], *said;
	/* Those of WITHIN GROUP count what they order by. */
	int within = !strcmp(f->name, "mode") || !strncmp(f->name, "percentile_", 11);
	bool constant = !(f->flags & (DBN_FN_UNSTABLE | DBN_FN_VOLATILE));
	unsigned wrong = 0;

	if (is_word(f->name))
		return 0;
	/* Those that as many arguments may mean. */
	(void)snprintf(sql, sizeof sql, "SELECT count(*), coalesce(min(CASE WHEN provariadic <> 0 THEN pronargs - 1 "
		"ELSE pronargs - pronargdefaults END), 0), coalesce(max(pronargs), 0), "
		"count(*) FILTER (WHERE provolatile <> 'i'), count(*) FILTER (WHERE prokind = 'a'), "
		"count(*) FILTER (WHERE prokind = 'w'), count(*) FILTER (WHERE proretset), "
		"count(*) FILTER (WHERE provariadic <> 0) FROM pg_catalog.pg_proc "
		"WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = '%s' AND pronargs - pronargdefaults <= %d", f->name,
		f->max_args < 0 ? 99 : f->max_args + within);
	said = ask(&w->raw, sql);
	if (sscanf(said, "=%d|=%d|=%d|=%d|=%d|=%d|=%d|=%d|", &n, &lo, &hi, &moving, &aggregates, &windows, &sets,
		&variadic) != 8 || n == 0) {
		cr_log_error("%s: not in pg_proc: %s", f->name, said);
		free(said);
		return 1;
	}
	free(said);
	wrong += constant && moving;
	wrong += !!(f->flags & DBN_FN_AGGREGATE) != (aggregates > 0);
	wrong += (f->flags & DBN_FN_WINDOW) && windows == 0;
	wrong += !variadic && f->max_args > hi;
	wrong += f->max_args < 0 && !variadic;
	wrong += sets > 0;
	wrong += f->min_args + within < lo;
	if (wrong)
		cr_log_error("%s: %d functions of %d to %d arguments, %d not immutable, %d aggregates, %d "
			"windows, %d sets, %d variadic", f->name, n, lo, hi, moving, aggregates, windows, sets,
			variadic);
	return wrong;
}

/* ---- SQLite: pragma_function_list ---- */

static bool
built_in(const char *name)
{
	static const char *const names[] = { "current_date", "current_time", "current_timestamp" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static unsigned
sqlite(world *w, const dbn_sql_func_fact *f)
{
	int n = 0, any = 0, lo = 0, hi = 0;
	char sql[300], *said;
	unsigned wrong = 1;

	(void)snprintf(sql, sizeof sql, "SELECT count(*), sum(narg < 0), min(narg), max(narg) FROM "
		"pragma_function_list WHERE name = '%s'", f->name);
	said = ask(&w->raw, sql);
	if (sscanf(said, "%*[^0-9]%d|%*[^0-9]%d|%*[^-0-9]%d|%*[^-0-9]%d|", &n, &any, &lo, &hi) == 4)
		wrong = n == 0 || (!any && (f->min_args < lo || f->max_args > hi || f->max_args < 0));
	if (wrong && !built_in(f->name))
		cr_log_error("%s(%d..%d): %s", f->name, f->min_args, f->max_args, said);
	free(said);
	return wrong && !built_in(f->name);
}

/* ---- MySQL: it must be known, whatever it says to its arguments ---- */

static const char *
mysql_form(const char *name)
{
	static const char *const forms[][2] = { { "extract", "extract(day FROM '2024-01-01')" },
		{ "date_add", "date_add('2024-01-01', INTERVAL 1 DAY)" },
		{ "date_sub", "date_sub('2024-01-01', INTERVAL 1 DAY)" },
		{ "timestampadd", "timestampadd(DAY, 1, '2024-01-01')" },
		{ "timestampdiff", "timestampdiff(DAY, '2024-01-01', '2024-01-02')" },
		{ "convert", "convert('a' USING utf8mb4)" }, { "position", "position('a' IN 'b')" } };

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (!strcmp(forms[i][0], name))
			return forms[i][1];
	return NULL;
}

static unsigned
mysql(world *w, const dbn_sql_func_fact *f)
{
	static const char *const refusals[] = { "does not exist", "SQL syntax", "parameter count" };
	char call[300], sql[320], *said;
	size_t at;
	unsigned wrong = 0;

	if (mysql_form(f->name)) {
		(void)snprintf(call, sizeof call, "%s", mysql_form(f->name));
	} else {
		at = (size_t)snprintf(call, sizeof call, "%s(", f->name);
		for (int i = 0; i < f->min_args; i++)
			at += (size_t)snprintf(call + at, sizeof call - at, "%s1", i ? ", " : "");
		(void)snprintf(call + at, sizeof call - at, ")%s", f->flags & DBN_FN_WINDOW ?
			" OVER (ORDER BY 1)" : "");
	}
	if (!strcmp(f->name, "count"))
		(void)snprintf(call, sizeof call, "count(*)");
	(void)snprintf(sql, sizeof sql, "SELECT %s", call);
	said = ask(&w->raw, sql);
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		wrong += strstr(said, refusals[i]) != NULL;
	if (wrong)
		cr_log_error("%s: %s", call, said);
	free(said);
	return wrong;
}

Test(lists, functions)
{
	unsigned wrong = 0;
	const dbn_sql_dialect *d;
	world w;

	world_open(&w);
	d = dbn_sql_dialect_get(!strcmp(stack_database(), "postgres") ? DBN_DIALECT_POSTGRES :
		!strcmp(stack_database(), "mysql") ? DBN_DIALECT_MYSQL : DBN_DIALECT_SQLITE);
	for (size_t i = 0; i < d->nfuncs; i++) {
		cr_expect(i == 0 || strcmp(d->funcs[i - 1].name, d->funcs[i].name) < 0, "%s: not in order",
			d->funcs[i].name);
		cr_expect(dbn_sql_function(d, dbn_text_z(d->funcs[i].name)) == &d->funcs[i]);
		wrong += d->id == DBN_DIALECT_POSTGRES ? postgres(&w, &d->funcs[i]) : d->id == DBN_DIALECT_MYSQL ?
			mysql(&w, &d->funcs[i]) : sqlite(&w, &d->funcs[i]);
	}
	printf("# %s: %zu functions\n", stack_database(), d->nfuncs);
	cr_assert_eq(wrong, 0, "%u of the listed functions are otherwise", wrong);
	world_close(&w);
}
