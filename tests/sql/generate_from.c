/* SPDX-License-Identifier: MIT */
/*
 * Tables and joins: by the keys that refer to one another, so that there are rows.
 */
#include <stdio.h>
#include <string.h>

#include "sql/generate_impl.h"

static const struct {
	const char *name, *columns;
} tables[] = {
	{ "users", "id:k;name:c;email:t;age:i;score:f;team_id:i;active:b;created:s" },
	{ "users", "id:k;name:c;email:t;age:i;team_id:i;active:b" },
	{ "teams", "id:k;title:t;budget:n;parent_id:i" },
	{ "orders", "id:k;user_id:i;amount:n;day:d;state:t;placed:s" },
	{ "items", "order_id:k;line:k;product:t;qty:i;price:n" },
	{ "events", "id:k;kind:t;d:d;user_id:i" },
	{ "docs", "id:k;title:t;owner_id:i" },
	{ "nums", "id:k;i4:I;i8:I;num:I;f4:f" },
	{ "texts", "id:k;a:c;b:c" },
	{ "gen", "id:k;price:i;twice:i;label:t" },
	{ "kv", "k:t;v:t;n:i" },
	{ "grown", "id:k;name:c;age:i" },
	{ "team_sums", "team_id:k;title:t;members:i;score:f" },
	{ "\"Mixed Case\"", "\"Id\":k;\"Some Name\":t;\"UPPER\":i" },
	{ "\"select\"", "\"from\":k;\"order\":t;\"group\":i" },
};

void
gen_describe(struct gen_source *out, const char *columns)
{
	out->ncolumns = 0;
	while (*columns) {
		struct gen_column *c = &out->columns[out->ncolumns++];
		size_t n = strcspn(columns, ":");

		(void)snprintf(c->name, sizeof c->name, "%.*s", (int)n, columns);
		c->class = columns[n + 1];
		columns += n + 2;
		columns += *columns == ';';
	}
}

const char *
gen_table(struct gen *g, struct gen_source *out)
{
	unsigned i;

	do {
		i = gen_below(g, sizeof tables / sizeof tables[0]);
	} while (g->target && strcmp(tables[i].name, g->target) == 0);
	gen_describe(out, tables[i].columns);
	out->plain = true;
	return tables[i].name;
}

static void
derived(struct gen *g, struct gen_source *s)
{
	static const char *const shapes[] = { "i", "it", "ti", "iin", "itd", "ib", NULL };
	const char *classes = gen_pick(g, shapes);

	gen_put(g, "(");
	gen_query(g, classes, true, GEN_DERIVED);
	gen_put(g, ") AS %s", s->alias);
	for (s->ncolumns = 0; classes[s->ncolumns]; s->ncolumns++) {
		(void)snprintf(s->columns[s->ncolumns].name, sizeof s->columns[0].name, "c%u",
			s->ncolumns);
		s->columns[s->ncolumns].class = classes[s->ncolumns];
	}
}

static void
source(struct gen *g, struct gen_source *s)
{
	const char *name;

	memset(s, 0, sizeof *s);
	(void)snprintf(s->alias, sizeof s->alias, "x%u", ++g->names);
	if (g->depth < 2 && gen_chance(g, g->cte.ncolumns && !g->cte.plain ? 0 : 12)) {
		derived(g, s);
	} else if (g->cte.ncolumns && (!g->cte.plain || gen_chance(g, 40))) {
		char alias[sizeof s->alias];

		memcpy(alias, s->alias, sizeof alias);
		gen_put(g, "%s AS %s", g->cte.alias, alias);
		g->cte.plain = true; /* read once at least */
		*s = g->cte;
		memcpy(s->alias, alias, sizeof alias);
	} else {
		name = gen_table(g, s);
		if (!gen_sqlite(g) && gen_postgres(g) && gen_chance(g, 10))
			gen_put(g, "public.");
		gen_name(g, name);
		gen_put(g, gen_chance(g, 50) ? " AS %s" : " %s", s->alias);
	}
}

/* A column of one of the classes of this source alone. */
static bool
column_of(struct gen *g, const struct gen_source *s, const char *classes)
{
	struct gen_scope only = { .n = 1 }, *was = g->scope;
	bool found;

	only.sources[0] = *s;
	g->scope = &only;
	found = gen_column(g, classes);
	g->scope = was;
	return found;
}

static void
equal_keys(struct gen *g, const struct gen_source *s)
{
	const struct gen_source *left = &g->scope->sources[gen_below(g, g->scope->n)];

	gen_put(g, " ON ");
	if (!column_of(g, left, gen_chance(g, 50) ? "k" : "i") && !column_of(g, left, "ik"))
		gen_put(g, "1");
	gen_put(g, " = ");
	if (!column_of(g, s, "k") && !column_of(g, s, "i"))
		gen_put(g, "1");
}

static bool
has_id(const struct gen_source *s)
{
	for (unsigned i = 0; i < s->ncolumns; i++)
		if (strcmp(s->columns[i].name, "id") == 0)
			return true;
	return false;
}

/* USING or NATURAL over "id" and nothing else. */
static void
shared_id(struct gen *g, struct gen_source *s)
{
	static const char *const words[] = { " JOIN ", " LEFT JOIN ", " INNER JOIN ", NULL };
	static const char *const inner[] = { "SELECT id, title AS u1 FROM teams",
		"SELECT id, kind AS u1 FROM events", "SELECT user_id AS id, max(state) AS u1 FROM orders "
		"GROUP BY user_id", NULL };
	bool natural = gen_chance(g, 40);

	memset(s, 0, sizeof *s);
	(void)snprintf(s->alias, sizeof s->alias, "x%u", ++g->names);
	gen_put(g, "%s%s(%s) AS %s%s", natural ? " NATURAL" : "", gen_pick(g, words),
		gen_pick(g, inner), s->alias, natural ? "" : " USING (id)");
	gen_describe(s, "id:k;u1:t");
}

/* JOIN (a JOIN b ON ...) ON ...: both get into the scope. */
static void
in_parens(struct gen *g)
{
	struct gen_source a, b;
	struct gen_scope own = { .n = 0 }, *was = g->scope;

	gen_put(g, gen_chance(g, 50) ? " LEFT JOIN (" : " JOIN (");
	source(g, &a);
	gen_put(g, " JOIN ");
	own.sources[own.n++] = a;
	source(g, &b);
	g->scope = &own;
	equal_keys(g, &b);
	g->scope = was;
	gen_put(g, ")");
	equal_keys(g, &a);
	g->scope->sources[g->scope->n++] = a;
	g->scope->sources[g->scope->n++] = b;
}

static void
joined(struct gen *g)
{
	static const char *const words[] = { " JOIN ", " INNER JOIN ", " LEFT JOIN ", " LEFT OUTER JOIN ",
		" RIGHT JOIN ", " FULL JOIN ", NULL };
	struct gen_source s;
	const char *word;

	if (!g->starred && g->scope->n == 1 && has_id(&g->scope->sources[0]) && gen_chance(g, 15)) {
		shared_id(g, &s);
	} else if (!g->starred && gen_chance(g, 8)) {
		in_parens(g);
		return;
	} else {
		do {
			word = gen_pick(g, words);
		} while (gen_mysql(g) && strcmp(word, " FULL JOIN ") == 0);
		gen_put(g, "%s", word);
		source(g, &s);
		equal_keys(g, &s);
		/* PostgreSQL takes FULL JOIN only over what it can sort or hash. */
		if (strcmp(word, " FULL JOIN ") != 0 && gen_chance(g, 15)) {
			gen_put(g, " AND ");
			if (!column_of(g, &s, "ki"))
				gen_put(g, "1");
			gen_put(g, " < 20");
		}
	}
	g->scope->sources[g->scope->n++] = s;
}

void
gen_from(struct gen *g, unsigned most)
{
	unsigned n = 1 + (gen_chance(g, 55) ? 0 : gen_below(g, most));
	bool crossed = false;

	source(g, &g->scope->sources[0]);
	g->scope->n = 1;
	for (unsigned i = 1; i < n && g->scope->n < 4; i++) {
		/* Behind a comma there is no JOIN that could see what stands before it. */
		if (crossed || gen_chance(g, 15)) {
			bool comma = crossed || gen_chance(g, 60);

			crossed = true;
			gen_put(g, comma ? ", " : " CROSS JOIN ");
			source(g, &g->scope->sources[g->scope->n]);
			g->scope->n++;
			break;
		}
		joined(g);
	}
}
