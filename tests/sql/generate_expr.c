/* SPDX-License-Identifier: MIT */
/*
 * Expressions by class.  What could fail at run time (overflow, division by zero, a
 * cast of any text) is not made, so that statements give rows to compare.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql/generate_impl.h"

#define DEPTH_MAX 3

static const char *const words[] = { "ann", "red", "pen", "paid", "x", "it''s", "%", "", "a_b", "zz",
	"login", NULL };

const char *
gen_comparison(struct gen *g)
{
	static const char *const ops[] = { "=", "<>", "<", "<=", ">", ">=", "!=", NULL };

	return gen_pick(g, ops);
}

bool
gen_column(struct gen *g, const char *classes)
{
	const struct gen_source *from[64];
	const struct gen_column *what[64];
	unsigned n = 0;

	for (const struct gen_scope *s = g->scope; s; s = s->outer) {
		for (unsigned i = 0; i < s->n; i++) {
			/* Another query may have columns of that name. */
			if (!*s->sources[i].alias && (s != g->scope || !g->merged))
				continue;
			for (unsigned k = 0; k < s->sources[i].ncolumns && n < 64; k++)
				if (strchr(classes, s->sources[i].columns[k].class) &&
					!(gen_mysql(g) && s->sources[i].columns[k].class == 'c')) {
					from[n] = &s->sources[i];
					what[n++] = &s->sources[i].columns[k];
				}
		}
		/* Mostly of this query; sometimes of the one around it. */
		if (n && !gen_chance(g, 20))
			break;
	}
	if (!n)
		return false;
	n = gen_below(g, n);
	gen_put(g, "%s%s", from[n]->alias, *from[n]->alias ? "." : "");
	gen_name(g, what[n]->name);
	return true;
}

void
gen_key_order(struct gen *g)
{
	bool first = true;

	for (unsigned i = 0; i < g->scope->n; i++)
		for (unsigned k = 0; k < g->scope->sources[i].ncolumns; k++) {
			const struct gen_column *c = &g->scope->sources[i].columns[k];

			if ((c->class == 'c' && gen_mysql(g)) || !*g->scope->sources[i].alias)
				continue;
			gen_put(g, "%s%s.", first ? "" : ", ", g->scope->sources[i].alias);
			gen_name(g, c->name);
			first = false;
		}
}

static void
param(struct gen *g, char kind, const char *text)
{
	struct corpus_stmt *s = g->stmt;

	s->args = realloc(s->args, (s->nargs + 1) * sizeof *s->args);
	if (!s->args)
		abort();
	s->args[s->nargs++] = (struct corpus_arg){ kind, strdup(text) };
	gen_put(g, "?");
}

static void
literal(struct gen *g, char class)
{
	static const char *const dates[] = { "2024-01-05", "2024-02-29", "2025-01-01", NULL };

	switch (class) {
	case 'i': gen_put(g, gen_chance(g, 10) ? "-%u" : "%u", gen_below(g, 40)); break;
	case 'n': gen_put(g, "%u.%u", gen_below(g, 30), gen_below(g, 100)); break;
	case 'f': gen_put(g, "%u.5", gen_below(g, 9)); break;
	case 't': gen_put(g, "'%s'", gen_pick(g, words)); break;
	case 'b': gen_put(g, gen_chance(g, 50) ? "TRUE" : "FALSE"); break;
	case 'd':
		gen_put(g, !gen_sqlite(g) && gen_chance(g, 40) ? "DATE '%s'" : gen_postgres(g) ?
			"CAST('%s' AS date)" : "'%s'", gen_pick(g, dates));
		break;
	default:
		gen_put(g, !gen_sqlite(g) && gen_chance(g, 40) ? "TIMESTAMP '%s 10:00:00'" :
			gen_postgres(g) ? "CAST('%s 10:00:00' AS timestamp)" : "'%s 10:00:00'",
			gen_pick(g, dates));
		break;
	}
}

void
gen_atom(struct gen *g, char class)
{
	static const char *const same[] = { ['i'] = "ik", ['n'] = "nik", ['f'] = "f", ['t'] = "tc",
		['b'] = "b", ['d'] = "d", ['s'] = "s" };

	if (gen_chance(g, 20) || !gen_column(g, same[(unsigned char)class]))
		literal(g, class);
}

static void
scalar(struct gen *g, char class)
{
	char classes[2] = { class, '\0' };

	gen_put(g, "(");
	gen_query(g, classes, false, GEN_SCALAR);
	gen_put(g, ")");
}

static void
case_of(struct gen *g, char class)
{
	if (class != 'b' && gen_chance(g, 30)) {
		gen_put(g, "CASE ");
		gen_atom(g, 'i');
		gen_put(g, " WHEN %u THEN ", gen_below(g, 5));
	} else {
		gen_put(g, "CASE WHEN ");
		gen_condition(g);
		gen_put(g, " THEN ");
	}
	gen_expr(g, class);
	if (gen_chance(g, 30)) {
		/* NULL on one side takes the type of the other */
		gen_put(g, " ELSE NULL");
	} else {
		gen_put(g, " ELSE ");
		gen_expr(g, class);
	}
	gen_put(g, " END");
}

static void
call(struct gen *g, const char *name, char class, const char *rest)
{
	gen_put(g, "%s(", name);
	gen_expr(g, class);
	gen_put(g, "%s)", rest);
}

static void
binary(struct gen *g, char left, const char *op, char right, bool parens)
{
	gen_put(g, parens ? "(" : "");
	gen_expr(g, left);
	gen_put(g, " %s ", op);
	gen_expr(g, right);
	gen_put(g, parens ? ")" : "");
}

static void
cast(struct gen *g, char from, const char *type)
{
	if (gen_postgres(g) && gen_chance(g, 50)) {
		gen_put(g, "(");
		gen_expr(g, from);
		gen_put(g, ")::%s", type);
		return;
	}
	gen_put(g, "CAST(");
	gen_expr(g, from);
	gen_put(g, " AS %s)", type);
}

static void
integer(struct gen *g)
{
	static const char *const ops[] = { "+", "-", "+", NULL };

	switch (gen_below(g, 11)) {
	case 0: binary(g, 'i', gen_pick(g, ops), 'i', true); break;
	case 1: gen_put(g, "("); gen_expr(g, 'i'); gen_put(g, " %% 7)"); break;
	case 2: gen_put(g, "("); gen_expr(g, 'i'); gen_put(g, " * %u)", gen_below(g, 4)); break;
	case 3: call(g, "abs", 'i', ""); break;
	case 4: call(g, "length", 't', ""); break;
	case 5: call(g, "coalesce", 'i', ", 0"); break;
	case 6: case_of(g, 'i'); break;
	case 7: scalar(g, 'i'); break;
	case 8: gen_put(g, "-("); gen_expr(g, 'i'); gen_put(g, ")"); break;
	case 9: cast(g, 'i', gen_mysql(g) ? "SIGNED" : gen_postgres(g) ? "bigint" : "INTEGER"); break;
	default: call(g, "nullif", 'i', ", 1"); break;
	}
}

static void
text(struct gen *g)
{
	switch (gen_below(g, 9)) {
	case 0: call(g, "upper", 't', ""); break;
	case 1: call(g, "lower", 't', ""); break;
	case 2: call(g, "substr", 't', ", 1, 3"); break;
	case 3: call(g, "coalesce", 't', ", '-'"); break;
	case 4: call(g, "replace", 't', ", 'a', 'o'"); break;
	case 5: case_of(g, 't'); break;
	case 6:
		if (gen_mysql(g))
			call(g, "concat", 't', ", '!'");
		else
			binary(g, 't', "||", 't', true);
		break;
	case 7: cast(g, 'i', gen_mysql(g) ? "CHAR" : "text"); break;
	default: scalar(g, 't'); break;
	}
}

static void
decimal(struct gen *g)
{
	switch (gen_below(g, 5)) {
	case 0: binary(g, 'n', "+", 'i', true); break;
	case 1: gen_put(g, "("); gen_expr(g, 'n'); gen_put(g, " * 2)"); break;
	case 2: call(g, "coalesce", 'n', ", 0.5"); break;
	case 3: case_of(g, 'n'); break;
	default: call(g, "abs", 'n', ""); break;
	}
}

void
gen_expr(struct gen *g, char class)
{
	if (++g->depth > DEPTH_MAX || gen_chance(g, 45)) {
		gen_atom(g, class);
	} else {
		if (gen_chance(g, 25) && gen_form(g, class)) {
			g->depth--;
			return;
		}
		switch (class) {
		case 'i': integer(g); break;
		case 't': text(g); break;
		case 'n': decimal(g); break;
		case 'b': gen_put(g, "("); gen_condition(g); gen_put(g, ")"); break;
		default:
			gen_put(g, "coalesce(");
			gen_atom(g, class);
			gen_put(g, ", ");
			literal(g, class);
			gen_put(g, ")");
			break;
		}
	}
	g->depth--;
}

/* ---- conditions ---- */

static void
subquery(struct gen *g)
{
	switch (gen_below(g, 3)) {
	case 0:
		if (!gen_column(g, "ik"))
			gen_put(g, "1");
		gen_put(g, gen_chance(g, 20) ? " NOT IN (" : " IN (");
		gen_query(g, "i", false, GEN_SUB);
		gen_put(g, ")");
		break;
	case 1:
		gen_put(g, gen_chance(g, 20) ? "NOT EXISTS (" : "EXISTS (");
		gen_query(g, "i", false, GEN_SUB);
		gen_put(g, ")");
		break;
	default:
		gen_expr(g, 'i');
		gen_put(g, " %s ", gen_comparison(g));
		scalar(g, 'i');
		break;
	}
}

/* column op value, the value a parameter where it may be */
static void
compared(struct gen *g)
{
	char buf[12];
	bool number = gen_chance(g, 60);

	if (!gen_column(g, number ? "ik" : "tc")) {
		gen_put(g, "1 = 1");
		return;
	}
	gen_put(g, " %s ", gen_comparison(g));
	if (g->params && g->depth < 2 && gen_chance(g, 40)) {
		(void)snprintf(buf, sizeof buf, "%u", gen_below(g, 30));
		param(g, number ? 'i' : 't', number ? buf : gen_chance(g, 50) ? "ann" : "paid");
	} else {
		gen_expr(g, number ? 'i' : 't');
	}
}

static void
in_list(struct gen *g)
{
	char buf[12];

	if (!gen_column(g, "ik"))
		gen_put(g, "1");
	gen_put(g, gen_chance(g, 30) ? " NOT IN (" : " IN (");
	for (unsigned i = 0, n = 1 + gen_below(g, 5); i < n; i++) {
		gen_put(g, i ? ", " : "");
		(void)snprintf(buf, sizeof buf, "%u", gen_below(g, 16));
		if (g->params && g->depth < 2 && gen_chance(g, 20))
			param(g, 'i', buf);
		else
			gen_put(g, "%s", buf);
	}
	gen_put(g, ")");
}

static void
like(struct gen *g)
{
	static const char *const patterns[] = { "'%'", "'%n%'", "'a%'", "'_e%'", "'%!%%' ESCAPE '!'",
		NULL };

	if (gen_sqlite(g) && gen_chance(g, 30)) {
		gen_expr(g, 't');
		gen_put(g, " GLOB %s", gen_chance(g, 50) ? "'*'" : "'[a-p]*'");
		return;
	}
	gen_expr(g, 't');
	gen_put(g, "%s LIKE %s", gen_chance(g, 20) ? " NOT" : "", gen_pick(g, patterns));
}

static void
collated(struct gen *g)
{
	gen_expr(g, 't');
	gen_put(g, " COLLATE %s %s ", gen_postgres(g) ? "\"C\"" : gen_sqlite(g) ? "nocase" :
		"utf8mb4_bin", gen_comparison(g));
	literal(g, 't');
}

static void
same(struct gen *g)
{
	gen_expr(g, 'i');
	gen_put(g, gen_mysql(g) ? " <=> " : gen_chance(g, 50) ? " IS DISTINCT FROM " :
		" IS NOT DISTINCT FROM ");
	gen_expr(g, 'i');
}

static void
simple(struct gen *g)
{
	if (gen_chance(g, 25) && gen_form_condition(g))
		return;
	switch (gen_below(g, 12)) {
	case 0: case 1: case 2: compared(g); break;
	case 3: in_list(g); break;
	case 4: like(g); break;
	case 5: gen_expr(g, 'i'); gen_put(g, gen_chance(g, 50) ? " BETWEEN 0 AND 50" :
			" NOT BETWEEN 3 AND 5"); break;
	case 6: gen_expr(g, gen_chance(g, 50) ? 'i' : 't');
		gen_put(g, gen_chance(g, 30) ? " IS NULL" : " IS NOT NULL"); break;
	case 7: subquery(g); break;
	case 8: gen_rows(g); break;
	case 9: collated(g); break;
	case 10: same(g); break;
	default:
		if (gen_column(g, "b"))
			gen_put(g, gen_chance(g, 50) ? " IS TRUE" : " IS NOT FALSE");
		else
			binary(g, 'n', gen_comparison(g), 'n', false);
		break;
	}
}

void
gen_condition(struct gen *g)
{
	unsigned kind = gen_below(g, 10);

	if (++g->depth > DEPTH_MAX) {
		compared(g);
	} else if (kind == 0) {
		gen_put(g, "NOT (");
		gen_condition(g);
		gen_put(g, ")");
	} else if (kind < 3) {
		gen_put(g, "(");
		gen_condition(g);
		gen_put(g, " OR ");
		gen_condition(g);
		gen_put(g, ")");
	} else if (kind == 3) {
		gen_condition(g);
		gen_put(g, " AND ");
		gen_loose(g);
	} else {
		simple(g);
	}
	g->depth--;
}

void
gen_loose(struct gen *g)
{
	if (gen_chance(g, 25)) {
		gen_put(g, "(");
		gen_condition(g);
		gen_put(g, " OR ");
		if (!gen_column(g, "k"))
			gen_put(g, "1");
		gen_put(g, " > 0)");
		return;
	}
	switch (gen_below(g, 3)) {
	case 0:
		if (gen_column(g, "k")) {
			gen_put(g, " >= 0");
			break;
		}
		/* fall through */
	case 1:
		if (gen_column(g, "tc")) {
			gen_put(g, " <> 'nobody'");
			break;
		}
		/* fall through */
	default:
		if (!gen_column(g, "ik"))
			gen_put(g, "1");
		gen_put(g, " IS NOT NULL");
		break;
	}
}
