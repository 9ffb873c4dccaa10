/* SPDX-License-Identifier: MIT */
/*
 * Aggregates, windows and what stands behind GROUP BY.
 */
#include <string.h>

#include "sql/generate_impl.h"

static void
filter(struct gen *g)
{
	if (gen_mysql(g) || !gen_chance(g, 20))
		return;
	gen_put(g, " FILTER (WHERE ");
	gen_loose(g);
	gen_put(g, ")");
}

static void
in_order(struct gen *g, const char *before)
{
	gen_put(g, "%s", before);
	gen_key_order(g);
}

/* Over rows in an order; true: a FILTER may stand behind it. */
static bool
ordered(struct gen *g, char class)
{
	static const char *const picks[] = { "percentile_disc(0.5)", "mode()", "percentile_disc(0.9)", NULL };
	bool list = gen_postgres(g) && gen_chance(g, 50);

	if (class == 'i' && !list) {
		gen_put(g, "%s WITHIN GROUP (ORDER BY ", gen_pick(g, picks));
		gen_expr(g, 'i');
		gen_put(g, gen_chance(g, 30) ? " DESC)" : ")");
		return true;
	}
	if (list)
		gen_put(g, class == 'i' ? "(array_agg(" : "array_to_string(array_agg(");
	else
		gen_put(g, gen_postgres(g) ? "string_agg(" : "group_concat(");
	/* Which array_agg() a literal alone would mean, PostgreSQL cannot tell. */
	gen_put(g, list && class == 't' ? "CAST(" : "");
	gen_expr(g, class);
	gen_put(g, list && class == 't' ? " AS text)" : "");
	if (!list && gen_postgres(g))
		gen_put(g, ", ';'");
	in_order(g, " ORDER BY ");
	if (gen_mysql(g) && gen_chance(g, 50))
		gen_put(g, " SEPARATOR '; '");
	gen_put(g, ")");
	if (list) {
		filter(g);
		gen_put(g, class == 'i' ? ")[1]" : ", ',')");
	}
	return !list;
}

static void
plain(struct gen *g, char class)
{
	static const char *const either[] = { "min", "max", NULL };
	static const char *const of_number[] = { "min", "max", "sum", "count", NULL };
	const char *name = class == 'i' ? gen_pick(g, of_number) : class == 'n' && gen_chance(g, 40) ?
		"sum" : gen_pick(g, either);

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
}

/* Its argument reads this query, or it would be the outer one's aggregate. */
void
gen_aggregate(struct gen *g, char class)
{
	struct gen_scope *outer = g->scope->outer;
	bool filtered = true;

	g->scope->outer = NULL;
	g->depth += 2; /* no subquery inside */
	if (strchr(gen_postgres(g) ? "it" : gen_mysql(g) ? "t" : "", class) && gen_chance(g, 20))
		filtered = ordered(g, class);
	else
		plain(g, class);
	if (filtered)
		filter(g);
	g->depth -= 2;
	g->scope->outer = outer;
}

/* ---- windows ---- */

static const char *
frame(struct gen *g)
{
	static const char *const all[] = { "", "", " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW",
		" ROWS UNBOUNDED PRECEDING", " ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING",
		" ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
		" ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING", " ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING",
		" RANGE UNBOUNDED PRECEDING", " RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", NULL };
	static const char *const more[] = { " GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW",
		" GROUPS 2 PRECEDING", " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW",
		" ROWS UNBOUNDED PRECEDING EXCLUDE TIES", " GROUPS BETWEEN CURRENT ROW AND 1 FOLLOWING EXCLUDE GROUP",
		" ROWS BETWEEN 2 PRECEDING AND CURRENT ROW EXCLUDE NO OTHERS", NULL };

	return gen_pick(g, !gen_mysql(g) && gen_chance(g, 35) ? more : all);
}

void
gen_window(struct gen *g, bool by_rank)
{
	bool merged = g->merged;

	if (gen_mysql(g)) /* which calls it ambiguous here, and in GROUP BY */
		g->merged = false;
	gen_put(g, "(");
	if (gen_chance(g, 60)) {
		gen_put(g, "PARTITION BY ");
		if (!gen_column(g, "tik"))
			gen_put(g, "1");
		gen_put(g, " ");
	}
	if (by_rank) {
		in_order(g, "ORDER BY ");
	} else if (gen_chance(g, 15)) {
		/* By distance: one key, a number; peers come together. */
		gen_put(g, "ORDER BY ");
		if (!gen_column(g, "ki"))
			gen_put(g, "length('x')");
		gen_put(g, " RANGE BETWEEN 2 PRECEDING AND 1 FOLLOWING");
	} else if (gen_chance(g, 50)) {
		in_order(g, "ORDER BY ");
		gen_put(g, "%s", frame(g));
	}
	gen_put(g, ")");
	g->merged = merged;
}

static void
column_in(struct gen *g, const char *before, const char *behind)
{
	gen_put(g, "%s", before);
	if (!gen_column(g, "ik"))
		gen_put(g, "1");
	gen_put(g, "%s", behind);
}

void
gen_windowed(struct gen *g, bool named)
{
	static const char *const ranks[] = { "row_number()", "rank()", "dense_rank()", "ntile(2)", NULL };
	static const char *const sums[] = { "count(", "sum(", "max(", "min(", NULL };
	static const char *const at[] = { "lag(", "lead(", "first_value(", "last_value(", NULL };
	struct gen_scope *outer = g->scope->outer;
	bool rank = named || gen_chance(g, 60);

	g->scope->outer = NULL;
	if (!rank)
		column_in(g, gen_pick(g, sums), ")");
	else if (gen_chance(g, 55))
		gen_put(g, "%s", gen_pick(g, ranks));
	else if (gen_chance(g, 30))
		column_in(g, gen_chance(g, 50) ? "nth_value(" : "lag(", ", 2)");
	else
		column_in(g, gen_pick(g, at), ")");
	if (!rank)
		filter(g);
	gen_put(g, " OVER ");
	if (named)
		gen_put(g, gen_chance(g, 25) ? "(w)" : "w");
	else
		gen_window(g, rank);
	g->scope->outer = outer;
}

/* ---- GROUP BY ---- */

static void
sets(struct gen *g, const char *keys)
{
	int first = (int)strcspn(keys, ",");

	switch (gen_below(g, 5)) {
	case 0: gen_put(g, "GROUPING SETS ((%s), (%.*s), ())", keys, first, keys); break;
	case 1: gen_put(g, "GROUPING SETS (ROLLUP (%s), (%.*s))", keys, first, keys); break;
	case 2: gen_put(g, "CUBE (%s)", keys); break;
	case 3: gen_put(g, "DISTINCT ROLLUP (%s), CUBE (%.*s)", keys, first, keys); break;
	default: gen_put(g, "ROLLUP (%s)", keys); break;
	}
}

bool
gen_group_by(struct gen *g, const char *keys)
{
	gen_put(g, " GROUP BY ");
	if (gen_postgres(g) && gen_chance(g, 30)) {
		sets(g, keys);
		return false;
	}
	gen_put(g, "%s", keys);
	if (!gen_mysql(g) || !gen_chance(g, 15))
		return false;
	gen_put(g, " WITH ROLLUP");
	return true;
}
