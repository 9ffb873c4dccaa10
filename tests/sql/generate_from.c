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
	{ "docs", "id:k;title:t;body:j;owner_id:i" },
	{ "docs", "id:k;title:t;body:j;owner_id:i" },
	{ "things", "id:k;ints:A;words:W;flag:b" },
	{ "things", "id:k;ints:A;words:W;flag:b" },
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
derived(struct gen *g, struct gen_source *s, int where)
{
	static const char *const shapes[] = { "i", "it", "ti", "iin", "itd", "ib", NULL };
	const char *classes = gen_pick(g, shapes);

	memset(s, 0, sizeof *s);
	(void)snprintf(s->alias, sizeof s->alias, "x%u", ++g->names);
	gen_put(g, "(");
	gen_query(g, classes, true, where);
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
	if (g->depth < 2 && gen_chance(g, g->cte.ncolumns && !g->cte.plain ? 0 : 12)) {
		derived(g, s, GEN_DERIVED);
		return;
	}
	(void)snprintf(s->alias, sizeof s->alias, "x%u", ++g->names);
	if (g->cte.ncolumns && (!g->cte.plain || gen_chance(g, 40))) {
		char alias[sizeof s->alias];

		memcpy(alias, s->alias, sizeof alias);
		gen_put(g, "%s AS %s", g->cte.alias, alias);
		g->cte.plain = true; /* read once at least */
		*s = g->cte;
		memcpy(s->alias, alias, sizeof alias);
	} else {
		name = gen_table(g, s);
		if (gen_postgres(g) && gen_chance(g, 3))
			gen_put(g, "ONLY ");
		if (gen_postgres(g) && gen_chance(g, 10))
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

static void
add(struct gen *g, const struct gen_source *s)
{
	g->scope->sources[g->scope->n++] = *s;
}

/* USING or NATURAL over "id" and nothing else, one or two of them, and the column
 * that they make. */
static void
shared_id(struct gen *g)
{
	static const char *const words[] = { " JOIN ", " LEFT JOIN ", " INNER JOIN ", " FULL JOIN ",
		" RIGHT JOIN ", NULL };
	static const char *const inner[] = { "SELECT id + 3 AS id, title AS u%s FROM teams",
		"SELECT id, kind AS u%s FROM events", "SELECT user_id AS id, max(state) AS u%s FROM orders "
		"GROUP BY user_id", NULL };
	struct gen_source s, both;

	for (unsigned i = 1, n = gen_chance(g, 40) ? 2 : 1; i <= n; i++) {
		bool natural = gen_chance(g, 40);
		const char *word;
		char columns[16], number[4];

		do {
			word = gen_pick(g, words);
		} while (gen_mysql(g) && strcmp(word, " FULL JOIN ") == 0);
		memset(&s, 0, sizeof s);
		(void)snprintf(s.alias, sizeof s.alias, "x%u", ++g->names);
		(void)snprintf(number, sizeof number, "%u", i);
		gen_put(g, "%s%s(", natural ? " NATURAL" : "", word);
		gen_put_text(g, gen_pick(g, inner), number);
		gen_put(g, ") AS %s%s", s.alias, natural ? "" : " USING (id)");
		(void)snprintf(columns, sizeof columns, "id:k;u%u:t", i);
		gen_describe(&s, columns);
		add(g, &s);
	}
	memset(&both, 0, sizeof both);
	gen_describe(&both, "id:k");
	add(g, &both);
}

/* JOIN (a JOIN b ON ...) ON ..., b perhaps such a join again: all get into the scope.
 * SQLite calls a column of such a join id:1 where another is called id. */
static void
in_parens(struct gen *g, unsigned depth)
{
	struct gen_scope own = { .n = 0 }, *was = g->scope;
	struct gen_source s;

	g->named = g->named || gen_sqlite(g);
	gen_put(g, gen_chance(g, 50) ? " LEFT JOIN (" : " JOIN (");
	g->scope = &own;
	source(g, &s);
	add(g, &s);
	if (!depth && gen_chance(g, 35)) {
		in_parens(g, depth + 1);
	} else {
		gen_put(g, gen_chance(g, 30) ? " LEFT JOIN " : " JOIN ");
		source(g, &s);
		equal_keys(g, &s);
		add(g, &s);
	}
	g->scope = was;
	gen_put(g, ")");
	equal_keys(g, &own.sources[0]);
	for (unsigned i = 0; i < own.n; i++)
		add(g, &own.sources[i]);
}

static void
joined(struct gen *g)
{
	static const char *const words[] = { " JOIN ", " INNER JOIN ", " LEFT JOIN ", " LEFT OUTER JOIN ",
		" RIGHT JOIN ", " FULL JOIN ", NULL };
	struct gen_source s;
	const char *word;

	if (!g->starred && gen_chance(g, 10)) {
		in_parens(g, 0);
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

/* ---- what may read what stands before it ---- */

/* A function: what stands behind FROM up to the alias; @A, @J, @W: a column of a source
 * before it; the columns, the first of which is called as the alias where it is "=". */
static const struct function {
	const char *text, *alias, *columns;
} postgres[] = {
	{ "unnest(ARRAY[1, 2, 25])", " AS %s", "=:i" },
	{ "unnest(ARRAY[1, 2, NULL])", " AS %s (c0)", "c0:i" },
	{ "unnest(ARRAY[3, 4], ARRAY['a', 'b'])", " AS %s (c0, c1)", "c0:i;c1:t" },
	{ "unnest(ARRAY[5, 6]) WITH ORDINALITY", " AS %s (c0, c1)", "c0:i;c1:i" },
	{ "ROWS FROM (unnest(ARRAY[1, 2]), string_to_table('a,b,c', ','))", " AS %s (c0, c1)", "c0:i;c1:t" },
	{ "string_to_table('ann,bob', ',')", " %s", "=:t" },
	{ "string_to_table('x y z', ' ') WITH ORDINALITY", " AS %s (c0, c1)", "c0:t;c1:i" },
	{ "jsonb_each_text('{\"a\": 1, \"b\": null}')", " AS %s", "key:t;value:t" },
	{ "jsonb_array_elements_text('[\"x\", 1]')", " AS %s (c0)", "c0:t" },
	{ "generate_subscripts(ARRAY[7, 8, 9], 1)", " AS %s", "=:i" },
	{ "unnest(@A)", " AS %s (c0)", "c0:i" },
	{ "unnest(@W) WITH ORDINALITY", " AS %s (c0, c1)", "c0:t;c1:i" },
	{ "generate_subscripts(@A, 1)", " %s", "=:i" },
	{ "regexp_split_to_table('a1b22c', '[0-9]+')", " AS %s", "=:t" },
}, sqlite[] = {
	{ "json_each('[1, 2, 25]')", " AS %s", "value:i;key:i" },
	{ "json_each('{\"a\": \"x\", \"b\": \"y\"}')", " %s", "value:t;key:t" },
	{ "json_tree('{\"a\": [1, 2]}')", " AS %s", "fullkey:t;path:t" },
	{ "json_each(@A)", " AS %s", "value:i;key:i" },
	{ "json_each(@W)", " AS %s", "value:t;key:i" },
	{ "json_each(@J, '$.tags')", " %s", "value:t;key:i" },
};

/* false: there is no such column before it. */
static bool
function_text(struct gen *g, const char *text)
{
	dbn_str *out = g->out, own;
	bool good = true;

	dbn_str_init(&own, 0);
	g->out = &own;
	for (; good && *text; text++) {
		if (*text != '@') {
			dbn_str_addc(&own, *text);
			continue;
		}
		good = gen_column(g, *++text == 'A' ? "A" : *text == 'W' ? "W" : "j");
	}
	g->out = out;
	if (good)
		gen_put(g, "%s", dbn_str_z(&own));
	dbn_str_free(&own);
	return good;
}

static void
function(struct gen *g, struct gen_source *s)
{
	const struct function *f;
	char columns[40];

	memset(s, 0, sizeof *s);
	(void)snprintf(s->alias, sizeof s->alias, "x%u", ++g->names);
	do {
		f = gen_postgres(g) ? &postgres[gen_below(g, sizeof postgres / sizeof postgres[0])] :
			&sqlite[gen_below(g, sizeof sqlite / sizeof sqlite[0])];
	} while (!function_text(g, f->text));
	gen_put_text(g, f->alias, s->alias);
	(void)snprintf(columns, sizeof columns, "%s%s", *f->columns == '=' ? s->alias : "",
		f->columns + (*f->columns == '='));
	gen_describe(s, columns);
}

/* LATERAL before a query or a function. */
static void
lateral(struct gen *g)
{
	static const char *const words[] = { ", ", " CROSS JOIN ", " LEFT JOIN ", " JOIN ", NULL };
	const char *word = gen_pick(g, words);
	struct gen_source s;

	gen_put(g, "%s", word);
	if (gen_postgres(g) && gen_chance(g, 50)) {
		gen_put(g, "LATERAL ");
		derived(g, &s, GEN_LATERAL);
	} else {
		if (gen_postgres(g) && gen_chance(g, 50))
			gen_put(g, "LATERAL ");
		function(g, &s);
	}
	if (strstr(word, "JOIN") && !strstr(word, "CROSS"))
		gen_put(g, " ON TRUE");
	add(g, &s);
}

/* One alone, or whatever may stand first. */
static void
first(struct gen *g)
{
	struct gen_source s;

	if (!gen_mysql(g) && !g->starred && (!g->cte.ncolumns || g->cte.plain) && gen_chance(g, 4))
		function(g, &s);
	else
		source(g, &s);
	add(g, &s);
}

void
gen_from(struct gen *g, unsigned most)
{
	unsigned n = 1 + (gen_chance(g, 55) ? 0 : gen_below(g, most));
	bool crossed = false;

	g->scope->n = 0;
	first(g);
	if (!g->starred && has_id(&g->scope->sources[0]) && gen_chance(g, 7)) {
		shared_id(g);
		return;
	}
	for (unsigned i = 1; i < n && g->scope->n < 4; i++) {
		/* Behind a comma there is no JOIN that could see what stands before it. */
		if (crossed || gen_chance(g, 15)) {
			bool comma = crossed || gen_chance(g, 60);

			crossed = true;
			gen_put(g, comma ? ", " : " CROSS JOIN ");
			source(g, &g->scope->sources[g->scope->n]);
			g->scope->n++;
			return;
		}
		joined(g);
	}
	if (!gen_mysql(g) && !g->starred && g->depth < 3 && gen_chance(g, 6))
		lateral(g);
}
