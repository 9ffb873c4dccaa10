/* SPDX-License-Identifier: MIT */
/*
 * Queries with outputs of given classes.  Whatever is cut by LIMIT is sorted in full
 * before, so that every reading gives the same rows.
 */
#include <stdio.h>
#include <string.h>

#include "sql/generate_impl.h"

enum { PLAIN, DISTINCT, GROUPED, WINDOWED };

static void
output_name(struct gen *g, unsigned i, bool names, int where)
{
	if (names)
		gen_put(g, " AS c%u", i);
	else if (where == GEN_TOP && gen_chance(g, 30))
		gen_put(g, gen_chance(g, 70) ? " AS o%u" : " o%u", i);
}

/* ---- aggregates and windows ---- */

static void
filter(struct gen *g)
{
	if (gen_mysql(g) || !gen_chance(g, 20))
		return;
	gen_put(g, " FILTER (WHERE ");
	gen_loose(g);
	gen_put(g, ")");
}

/* Its argument reads this query, or it would be the outer one's aggregate. */
static void
aggregate(struct gen *g, char class)
{
	static const char *const either[] = { "min", "max", NULL };
	static const char *const of_number[] = { "min", "max", "sum", "count", NULL };
	struct gen_scope *outer = g->scope->outer;
	const char *name = class == 'i' ? gen_pick(g, of_number) : class == 'n' && gen_chance(g, 40) ?
		"sum" : gen_pick(g, either);

	g->scope->outer = NULL;
	g->depth += 2; /* no subquery inside */
	if (class == 'i' && gen_chance(g, 30)) {
		gen_put(g, "count(*)");
	} else if (class == 'b') {
		gen_put(g, gen_postgres(g) ? "bool_or(" : "max(");
		gen_expr(g, 'b');
		gen_put(g, ")");
	} else {
		gen_put(g, "%s(%s", name, class == 'i' && gen_chance(g, 15) ? "DISTINCT " : "");
		gen_expr(g, class);
		gen_put(g, ")");
	}
	filter(g);
	g->depth -= 2;
	g->scope->outer = outer;
}

static void
window(struct gen *g, bool ordered)
{
	static const char *const frames[] = { "", "", " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW",
		" ROWS UNBOUNDED PRECEDING", " ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING", NULL };

	gen_put(g, "(");
	if (gen_chance(g, 60)) {
		gen_put(g, "PARTITION BY ");
		if (!gen_column(g, "tik"))
			gen_put(g, "1");
		gen_put(g, " ");
	}
	if (ordered || gen_chance(g, 50)) {
		gen_put(g, "ORDER BY ");
		gen_key_order(g);
		if (!ordered)
			gen_put(g, "%s", gen_pick(g, frames));
	}
	gen_put(g, ")");
}

/* An integer over a window. */
static void
windowed(struct gen *g, bool named)
{
	static const char *const ranks[] = { "row_number()", "rank()", "dense_rank()", "ntile(2)", NULL };
	static const char *const sums[] = { "count", "sum", "max", "min", NULL };
	bool rank = named || gen_chance(g, 50);
	struct gen_scope *outer = g->scope->outer;

	g->scope->outer = NULL;
	if (rank) {
		gen_put(g, "%s", gen_pick(g, ranks));
	} else {
		gen_put(g, "%s(", gen_pick(g, sums));
		if (!gen_column(g, "ik"))
			gen_put(g, "1");
		gen_put(g, ")");
	}
	gen_put(g, " OVER ");
	if (named)
		gen_put(g, "w");
	else
		window(g, rank);
	g->scope->outer = outer;
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
			aggregate(g, classes[i]);
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

			windowed(g, by_name);
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
		aggregate(g, 'i');
		gen_put(g, " IS NOT NULL");
		break;
	}
}

static void
tail(struct gen *g, int shape, int where, const dbn_str *keys, bool named)
{
	if (gen_chance(g, 55)) {
		g->params = where == GEN_TOP;
		gen_where(g);
		g->params = false;
	}
	if (shape == GROUPED && keys->len)
		gen_put(g, " GROUP BY %s", dbn_str_z(keys));
	if (shape == GROUPED && gen_chance(g, 40))
		having(g);
	if (named) {
		gen_put(g, " WINDOW w AS ");
		window(g, true);
	}
}

static int
shape_of(struct gen *g, const char *classes, int where)
{
	if (where == GEN_SCALAR)
		return GROUPED;
	if (strchr(classes, 'i') && gen_chance(g, where == GEN_TOP ? 16 : 4))
		return WINDOWED;
	if (gen_chance(g, 20))
		return GROUPED;
	return gen_chance(g, 12) ? DISTINCT : PLAIN;
}

/* Returns the shape; the scope is filled for what follows. */
static int
core(struct gen *g, const char *classes, bool names, int where)
{
	int shape = shape_of(g, classes, where);
	dbn_str *out = g->out, from, keys;
	bool named = false;

	if (where != GEN_SCALAR && (!g->cte.ncolumns || g->cte.plain) && gen_chance(g, 4)) {
		gen_put(g, "SELECT ");
		plain_outputs(g, classes, names, where, PLAIN, &named);
		return DISTINCT;
	}
	dbn_str_init(&from, 0);
	dbn_str_init(&keys, 0);
	g->out = &from;
	gen_from(g, where == GEN_TOP ? 4 : 2);
	g->out = out;
	gen_put(g, shape == DISTINCT ? "SELECT DISTINCT " : gen_chance(g, 3) ? "SELECT ALL " : "SELECT ");
	if (where == GEN_SCALAR)
		aggregate(g, classes[0]);
	else if (shape == GROUPED)
		grouped_outputs(g, classes, names, where, &keys);
	else
		plain_outputs(g, classes, names, where, shape, &named);
	gen_put(g, " FROM %s", dbn_str_z(&from));
	tail(g, shape, where, &keys, named);
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
	else
		gen_put(g, " LIMIT %u", n);
}

static void
order(struct gen *g, const char *classes, int shape, bool set)
{
	bool cut = gen_chance(g, 40) && !(gen_mysql(g) && strchr(classes, 't'));

	gen_put(g, " ORDER BY ");
	g->depth += 2;
	if (!set && (shape == PLAIN || shape == WINDOWED) && gen_chance(g, 60))
		order_terms(g);
	else
		ordinals(g, classes);
	g->depth -= 2;
	if (cut)
		limit(g);
}

void
gen_query(struct gen *g, const char *classes, bool names, int where)
{
	static const char *const sets[] = { " UNION ", " UNION ALL ", " INTERSECT ", " EXCEPT ",
		" UNION ALL ", NULL };
	struct gen_scope scope = { .outer = where == GEN_DERIVED ? NULL : g->scope }, *was = g->scope;
	bool params = g->params, set = where != GEN_SCALAR && gen_chance(g, where == GEN_TOP ? 12 : 6);
	int shape;

	g->params = false;
	g->depth++;
	g->scope = &scope;
	if (where == GEN_TOP)
		g->depth--; /* the statement itself */
	if (where == GEN_TOP && !gen_mysql(g) && !g->cte.ncolumns && gen_chance(g, 3)) {
		values(g, classes);
		shape = DISTINCT;
	} else {
		shape = core(g, classes, names, where);
	}
	if (set) {
		const char *word = gen_pick(g, sets);

		for (unsigned i = 0, n = 1 + gen_below(g, 2); i < n; i++) {
			gen_put(g, "%s", word);
			memset(&scope.sources, 0, sizeof scope.sources);
			scope.n = 0;
			(void)core(g, classes, false, where == GEN_TOP ? GEN_SUB : where);
		}
	}
	if (where == GEN_TOP ? gen_chance(g, 60) : where == GEN_DERIVED && gen_chance(g, 15))
		order(g, classes, shape, set);
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
