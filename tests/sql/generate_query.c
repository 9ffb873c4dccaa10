/* SPDX-License-Identifier: MIT */
/*
 * Queries with outputs of given classes.  Whatever is cut by LIMIT is sorted in full
 * before, so that every reading gives the same rows.
 */
#include <stdio.h>
#include <string.h>

#include "sql/generate_impl.h"

enum { PLAIN, DISTINCT, GROUPED, WINDOWED, FIRSTS, UNSORTED };

static void
output_name(struct gen *g, unsigned i, bool names, int where)
{
	if (names)
		gen_put(g, " AS c%u", i);
	else if ((where == GEN_TOP || g->in_set) && (g->named || gen_chance(g, 30)))
		gen_put(g, gen_chance(g, 70) ? " AS o%u" : " o%u", i);
}

/* ---- one SELECT ---- */

void
gen_where(struct gen *g)
{
	gen_put(g, " WHERE ");
	if (gen_chance(g, 65))
		gen_loose(g);
	else
		gen_condition(g);
}

static void
values(struct gen *g, const char *classes)
{
	struct gen_scope none = { .n = 0 }, *was = g->scope;

	g->scope = &none;
	gen_put(g, "VALUES ");
	for (unsigned i = 0, n = 1 + gen_below(g, 3); i < n; i++) {
		gen_put(g, i ? ", (" : "(");
		for (const char *c = classes; *c; c++) {
			gen_put(g, c > classes ? ", " : "");
			g->depth += 4;
			gen_expr(g, *c);
			g->depth -= 4;
		}
		gen_put(g, ")");
	}
	g->scope = was;
}

/* Group columns into keys, outputs into the text; *nkeys of keys. */
static void
grouped_outputs(struct gen *g, const char *classes, bool names, int where, dbn_str *keys)
{
	dbn_str *out = g->out;
	bool any = false;

	for (unsigned i = 0; classes[i]; i++) {
		char class[3] = { classes[i], classes[i] == 'i' ? 'k' : '\0', '\0' };
		dbn_str key;

		gen_put(g, i ? ", " : "");
		dbn_str_init(&key, 0);
		g->out = &key;
		if (gen_chance(g, 50) || !gen_column(g, class)) {
			g->out = out;
			gen_aggregate(g, classes[i]);
		} else {
			g->out = out;
			gen_put(g, "%s", dbn_str_z(&key));
			dbn_str_addf(keys, "%s%s", any ? ", " : "", dbn_str_z(&key));
			any = true;
		}
		dbn_str_free(&key);
		output_name(g, i, names, where);
	}
}

static void
plain_outputs(struct gen *g, const char *classes, bool names, int where, int shape, bool *named)
{
	for (unsigned i = 0; classes[i]; i++) {
		gen_put(g, i ? ", " : "");
		if (shape == WINDOWED && classes[i] == 'i' && gen_chance(g, 70)) {
			bool by_name = gen_chance(g, 35);

			gen_windowed(g, by_name);
			*named = *named || by_name;
		} else {
			gen_expr(g, classes[i]);
		}
		output_name(g, i, names, where);
	}
}

static void
having(struct gen *g)
{
	switch (gen_below(g, 3)) {
	case 0: gen_put(g, " HAVING count(*) >= 1"); break;
	case 1: gen_put(g, " HAVING count(*) < 20 AND min(1) = 1"); break;
	default:
		gen_put(g, " HAVING ");
		gen_aggregate(g, 'i');
		gen_put(g, " IS NOT NULL");
		break;
	}
}

/* The shape, unless the tail allows no ORDER BY behind it. */
static int
tail(struct gen *g, int shape, int where, const dbn_str *keys, bool named)
{
	bool unsorted = false;

	if (gen_chance(g, 55)) {
		g->params = where == GEN_TOP;
		gen_where(g);
		g->params = false;
	}
	if (shape == GROUPED && keys->len)
		unsorted = gen_group_by(g, dbn_str_z(keys));
	if (shape == GROUPED && gen_chance(g, 40))
		having(g);
	if (named) {
		gen_put(g, " WINDOW w AS ");
		gen_window(g, true);
	}
	return unsorted ? UNSORTED : shape;
}

static int
shape_of(struct gen *g, const char *classes, int where)
{
	if (where == GEN_SCALAR)
		return GROUPED;
	if (gen_postgres(g) && !g->in_set && (where == GEN_TOP || where >= GEN_DERIVED) && gen_chance(g, 7))
		return FIRSTS;
	if (strchr(classes, 'i') && gen_chance(g, where == GEN_TOP ? 16 : 4))
		return WINDOWED;
	if (gen_chance(g, 20))
		return GROUPED;
	return gen_chance(g, 12) ? DISTINCT : PLAIN;
}

/* DISTINCT ON: what comes first in an order that begins with the same. */
static void
firsts(struct gen *g)
{
	dbn_str *out = g->out, on;

	dbn_str_init(&on, 0);
	g->out = &on;
	if (!gen_column(g, "ikt"))
		gen_put(g, "length('x')");
	g->out = out;
	(void)snprintf(g->on, sizeof g->on, "%s", dbn_str_z(&on));
	gen_put(g, "DISTINCT ON (%s) ", g->on);
	dbn_str_free(&on);
}

/* Returns the shape; the scope is filled for what follows. */
static int
core(struct gen *g, const char *classes, bool names, int where)
{
	int shape = shape_of(g, classes, where);
	dbn_str *out = g->out, from, keys;
	bool named = false, merged = g->merged;

	if (where != GEN_SCALAR && (!g->cte.ncolumns || g->cte.plain) && !(gen_mysql(g) &&
		where == GEN_SUB) && gen_chance(g, 4)) {
		gen_put(g, "SELECT ");
		plain_outputs(g, classes, names, where, PLAIN, &named);
		return DISTINCT;
	}
	dbn_str_init(&from, 0);
	dbn_str_init(&keys, 0);
	g->out = &from;
	gen_from(g, where == GEN_TOP ? 4 : 2);
	g->out = out;
	gen_put(g, shape == DISTINCT ? "SELECT DISTINCT " : shape != FIRSTS && gen_chance(g, 3) ?
		"SELECT ALL " : "SELECT ");
	g->merged = !gen_mysql(g) || shape != GROUPED;
	if (shape == FIRSTS)
		firsts(g);
	if (where == GEN_SCALAR)
		gen_aggregate(g, classes[0]);
	else if (shape == GROUPED)
		grouped_outputs(g, classes, names, where, &keys);
	else
		plain_outputs(g, classes, names, where, shape, &named);
	gen_put(g, " FROM %s", dbn_str_z(&from));
	shape = tail(g, shape, where, &keys, named);
	g->merged = merged;
	dbn_str_free(&from);
	dbn_str_free(&keys);
	return shape;
}

/* ---- sets, order, limit ---- */

static void
ordinals(struct gen *g, const char *classes)
{
	unsigned n = (unsigned)strlen(classes), first = gen_below(g, n);

	for (unsigned i = 0; i < n; i++)
		gen_put(g, "%s%u%s", i ? ", " : "", (first + i) % n + 1, gen_chance(g, 30) ? " DESC" : "");
}

/* Never a constant: that would be an output's number. */
static void
order_term(struct gen *g)
{
	bool number = gen_chance(g, 60);
	const char *classes = number ? "ik" : "t";

	if (gen_chance(g, 50)) {
		gen_put(g, "coalesce(");
		if (!gen_column(g, classes))
			gen_put(g, number ? "0" : "'x'");
		gen_put(g, ", ");
		gen_expr(g, number ? 'i' : 't');
		gen_put(g, ")");
	} else if (!gen_column(g, classes)) {
		gen_put(g, "length('x')");
	}
}

static void
order_terms(struct gen *g)
{
	for (unsigned i = 0, n = 1 + gen_below(g, 3); i < n; i++) {
		gen_put(g, i ? ", " : "");
		order_term(g);
		if (gen_chance(g, 40))
			gen_put(g, gen_chance(g, 50) ? " DESC" : " ASC");
		if (!gen_mysql(g) && gen_chance(g, 30))
			gen_put(g, gen_chance(g, 50) ? " NULLS FIRST" : " NULLS LAST");
	}
	gen_put(g, ", ");
	gen_key_order(g);
}

static void
limit(struct gen *g)
{
	unsigned n = 1 + gen_below(g, 5), skip = gen_below(g, 2);

	if (!gen_postgres(g) && gen_chance(g, 25))
		gen_put(g, " LIMIT %u, %u", skip, n);
	else if (gen_chance(g, 30))
		gen_put(g, " LIMIT %u OFFSET %u", n, skip);
	else if (!gen_sqlite(g) && gen_chance(g, 20))
		gen_put(g, gen_chance(g, 50) ? " OFFSET %u ROWS FETCH NEXT %u ROWS ONLY" :
			" OFFSET %u ROWS FETCH FIRST %u ROWS WITH TIES", skip, n);
	else
		gen_put(g, " LIMIT %u", n);
}

static void
order(struct gen *g, const char *classes, int shape, bool set)
{
	bool cut = gen_chance(g, 40) && !(gen_mysql(g) && strchr(classes, 't'));

	gen_put(g, " ORDER BY ");
	g->depth += 2;
	g->merged = false;
	if (shape == FIRSTS) {
		gen_put(g, "%s%s, ", g->on, gen_chance(g, 30) ? " DESC" : "");
		gen_key_order(g);
		g->depth -= 2;
		return;
	}
	if (!set && (shape == PLAIN || shape == WINDOWED) && gen_chance(g, 60))
		order_terms(g);
	else
		ordinals(g, classes);
	g->depth -= 2;
	if (cut)
		limit(g);
}

/* One more part of a set operation, with nothing in scope yet. */
static int
fresh(struct gen *g, const char *classes, bool names, int where)
{
	memset(g->scope->sources, 0, sizeof g->scope->sources);
	g->scope->n = 0;
	return core(g, classes, names, where);
}

/* The same in parentheses: a set of its own, or sorted and cut. */
static void
part(struct gen *g, const char *classes, bool names, int where)
{
	static const char *const sets[] = { " UNION ", " EXCEPT ", " UNION ALL ", " INTERSECT ", NULL };
	bool named = g->named;
	int shape;

	gen_put(g, "(");
	g->in_set = true;
	g->named = named || gen_mysql(g); /* where two may not share a name */
	shape = fresh(g, classes, names, where);
	if (gen_chance(g, 50)) {
		gen_put(g, "%s", gen_pick(g, sets));
		(void)fresh(g, classes, false, where);
		shape = DISTINCT;
	}
	if (shape != UNSORTED && gen_chance(g, 40))
		order(g, classes, shape, true);
	g->named = named;
	gen_put(g, ")");
}

void
gen_query(struct gen *g, const char *classes, bool names, int where)
{
	static const char *const sets[] = { " UNION ", " UNION ALL ", " INTERSECT ", " EXCEPT ",
		" UNION ALL ", NULL };
	static const char *const more[] = { " INTERSECT ALL ", " EXCEPT ALL ", " UNION DISTINCT ",
		" EXCEPT DISTINCT ", NULL };
	struct gen_scope scope = { .outer = where == GEN_DERIVED ? NULL : g->scope }, *was = g->scope;
	bool params = g->params, merged = g->merged, in_set = g->in_set, set = where != GEN_SCALAR && gen_chance(g, where == GEN_TOP ? 12 : 6);
	int shape;

	g->params = false;
	g->depth++;
	g->scope = &scope;
	if (where == GEN_TOP)
		g->depth--; /* the statement itself */
	if (where == GEN_TOP && !gen_mysql(g) && !g->cte.ncolumns && gen_chance(g, 3)) {
		values(g, classes);
		shape = DISTINCT;
	} else if (set && !gen_sqlite(g) && gen_chance(g, 25)) {
		shape = DISTINCT;
		part(g, classes, names, where);
	} else {
		g->in_set = set;
		shape = core(g, classes, names, where);
	}
	if (set) {
		const char *word = gen_pick(g, gen_sqlite(g) || gen_chance(g, 70) ? sets : more);

		g->in_set = true;
		for (unsigned i = 0, n = 1 + gen_below(g, 2); i < n; i++) {
			gen_put(g, "%s", word);
			if (!gen_sqlite(g) && gen_chance(g, 25))
				part(g, classes, false, where == GEN_TOP ? GEN_SUB : where);
			else
				(void)fresh(g, classes, false, where == GEN_TOP ? GEN_SUB : where);
		}
		shape = DISTINCT;
	}
	g->in_set = in_set;
	if (shape == FIRSTS)
		order(g, classes, shape, set);
	else if (shape == UNSORTED)
		;
	else if (where == GEN_TOP ? gen_chance(g, 60) : where >= GEN_DERIVED && gen_chance(g, 15))
		order(g, classes, shape, set);
	g->merged = merged;
	g->depth += where == GEN_TOP;
	g->depth--;
	g->scope = was;
	g->params = params;
}

/* ---- statements ---- */

static void
recursive(struct gen *g)
{
	gen_put(g, "WITH RECURSIVE r(n) AS (SELECT %u UNION %sSELECT n + %u FROM r WHERE n < %u) ",
		gen_below(g, 3), gen_chance(g, 60) ? "ALL " : "", 1 + gen_below(g, 3),
		5 + gen_below(g, 10));
	(void)snprintf(g->cte.alias, sizeof g->cte.alias, "r");
	gen_describe(&g->cte, "n:k");
}

static void
with(struct gen *g)
{
	static const char *const shapes[] = { "it", "i", "iti", "in", NULL };
	const char *classes = gen_pick(g, shapes);
	struct gen_source q = { .alias = "q" };


	if (gen_chance(g, 25)) {
		recursive(g);
		return;
	}
	gen_put(g, "WITH q");
	if (gen_chance(g, 40))
		for (unsigned i = 0; classes[i]; i++)
			gen_put(g, "%sc%u%s", i ? ", " : "(", i, classes[i + 1] ? "" : ")");
	gen_put(g, " AS %s(", gen_mysql(g) || gen_chance(g, 70) ? "" : gen_chance(g, 50) ?
		"MATERIALIZED " : "NOT MATERIALIZED ");
	gen_query(g, classes, true, GEN_DERIVED);
	gen_put(g, ") ");
	for (q.ncolumns = 0; classes[q.ncolumns]; q.ncolumns++) {
		(void)snprintf(q.columns[q.ncolumns].name, sizeof q.columns[0].name, "c%u", q.ncolumns);
		q.columns[q.ncolumns].class = classes[q.ncolumns];
	}
	g->cte = q;
}

static void
star(struct gen *g)
{
	struct gen_scope scope = { .n = 0 };
	dbn_str *out = g->out, from;

	/* SQLite calls columns of (a JOIN b) id, id:1 under a star, and id elsewhere; a
	 * star over USING of more than two tables is refused. */
	g->starred = true;
	g->scope = &scope;
	dbn_str_init(&from, 0);
	g->out = &from;
	gen_from(g, 3);
	g->out = out;
	g->starred = false;
	if (gen_chance(g, 50))
		gen_put(g, "SELECT * FROM %s", dbn_str_z(&from));
	else
		gen_put(g, "SELECT %s.*, %s.* FROM %s", scope.sources[0].alias,
			scope.sources[scope.n - 1].alias, dbn_str_z(&from));
	if (gen_chance(g, 60)) {
		g->params = true;
		gen_where(g);
		g->params = false;
	}
	dbn_str_free(&from);
	g->scope = NULL;
}

void
gen_select(struct gen *g)
{
	static const char all[] = "iiiittttnnbdsf";
	char classes[6];
	unsigned n = 1 + gen_below(g, 4);

	if (gen_chance(g, 18))
		with(g);
	if (gen_chance(g, 10)) {
		star(g);
		return;
	}
	for (unsigned i = 0; i < n; i++)
		classes[i] = all[gen_below(g, sizeof all - 1)];
	classes[n] = '\0';
	gen_query(g, classes, false, GEN_TOP);
}
