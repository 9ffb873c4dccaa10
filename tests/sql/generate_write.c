/* SPDX-License-Identifier: MIT */
/*
 * INSERT, UPDATE and DELETE with the forms of each dialect.  On MySQL a target is
 * not read by its own statement's subqueries, which it refuses.
 */
#include <stdio.h>
#include <string.h>

#include "sql/generate_impl.h"

/* Tables that nothing refers to, or whose rows go with them; what may be set; and the
 * table that a column of theirs names a row of. */
static const struct target {
	const char *name, *columns, *sets; /* sets: "column:class" */
	bool deletable;
	const char *link, *other;
} targets[] = {
	{ "kv", "k:t;v:t;n:i", "n:i;v:t", true, "n", "teams" },
	{ "kv", "k:t;v:t;n:i", "n:i", true, "n", "users" },
	{ "items", "order_id:k;line:k;product:t;qty:i;price:n", "qty:i;price:n", true, "order_id", "orders" },
	{ "orders", "id:k;user_id:i;amount:n;day:d;state:t;placed:s", "amount:n;day:d;placed:s", true,
		"user_id", "users" },
	{ "events", "id:k;kind:t;d:d;user_id:i", "d:d;user_id:i", true, "user_id", "users" },
	{ "docs", "id:k;title:t;body:j;owner_id:i", "owner_id:i", true, "owner_id", "users" },
	{ "gen", "id:k;price:i;twice:i;label:t", "price:i;label:t", true, "id", "users" },
	{ "users", "id:k;email:t;age:i;score:f;team_id:i;active:b", "age:i;score:f;active:b", false,
		"team_id", "teams" },
	{ "\"select\"", "\"from\":k;\"order\":t;\"group\":i", "\"group\":i;\"order\":t", true,
		"\"from\"", "teams" },
	{ "\"Mixed Case\"", "\"Id\":k;\"Some Name\":t;\"UPPER\":i", "\"UPPER\":i", true, "\"Id\"",
		"users" },
};

static void
returning(struct gen *g)
{
	bool merged = g->merged;

	if (!gen_chance(g, 40))
		return;
	gen_put(g, " RETURNING ");
	if (gen_chance(g, 35)) {
		gen_put(g, "*");
		return;
	}
	g->depth += 2;
	g->merged = true;
	for (unsigned i = 0, n = 1 + gen_below(g, 3); i < n; i++) {
		gen_put(g, i ? ", " : "");
		gen_expr(g, "itik"[gen_below(g, 3)]);
		if (gen_chance(g, 50))
			gen_put(g, " AS r%u", i);
	}
	g->merged = merged;
	g->depth -= 2;
}

static void
own_columns(struct gen_scope *s, const char *alias, const char *columns)
{
	(void)snprintf(s->sources[0].alias, sizeof s->sources[0].alias, "%s", alias);
	gen_describe(&s->sources[0], columns);
	s->n = 1;
}

/* ---- UPDATE, DELETE ---- */

/* An expression that reads nothing. */
static void
constant(struct gen *g, char class)
{
	struct gen_scope none = { .n = 0 }, *was = g->scope;

	g->scope = &none;
	g->depth += 4;
	gen_expr(g, class);
	g->depth -= 4;
	g->scope = was;
}

/* (a, b) = ...: both at once; SQLite and PostgreSQL. */
static void
set_row(struct gen *g, const struct gen_source *s)
{
	bool query = strchr("int", s->columns[0].class) && strchr("int", s->columns[1].class) &&
		gen_chance(g, 40);

	gen_put(g, " SET (");
	gen_name(g, s->columns[0].name);
	gen_put(g, ", ");
	gen_name(g, s->columns[1].name);
	gen_put(g, ") = (%s", query ? "SELECT " : "");
	for (unsigned i = 0; i < 2; i++) {
		gen_put(g, i ? ", " : "");
		if (query)
			gen_put(g, s->columns[i].class == 't' ? "min(z.email)" : "max(z.age)");
		else
			gen_expr(g, s->columns[i].class);
	}
	gen_put(g, query ? " FROM users z WHERE z.id < %u)" : ")", 2 + gen_below(g, 5));
}

/* prefix: "w." where several tables are at hand. */
static void
set_columns(struct gen *g, const char *sets, const char *prefix)
{
	struct gen_source s;
	unsigned n;

	gen_describe(&s, sets);
	if (!gen_mysql(g) && s.ncolumns > 1 && gen_chance(g, 25)) {
		set_row(g, &s);
		return;
	}
	n = 1 + gen_below(g, s.ncolumns);
	for (unsigned i = 0; i < n; i++) {
		gen_put(g, i ? ", %s" : " SET %s", prefix);
		gen_name(g, s.columns[i].name);
		gen_put(g, " = ");
		/* MySQL sees what it has set before, of joined tables in any order: a value alone */
		if (!gen_sqlite(g) && gen_chance(g, 8)) {
			gen_put(g, "DEFAULT");
		} else if (gen_mysql(g) && (i || (*prefix && n > 1))) {
			constant(g, s.columns[i].class);
		} else {
			g->depth++;
			gen_expr(g, s.columns[i].class);
			g->depth--;
		}
	}
}

static void
row_where(struct gen *g, bool with)
{
	if (with) {
		gen_put(g, " WHERE EXISTS (SELECT 1 FROM q WHERE q.age > %u) AND ", gen_below(g, 50));
		gen_loose(g);
		return;
	}
	if (!gen_chance(g, 80))
		return;
	g->params = true;
	gen_where(g);
	g->params = false;
}

/* By a key, so that the same rows are taken every time. */
static void
first_rows(struct gen *g, const struct target *t)
{
	struct gen_source s;
	bool first = true;

	if (gen_postgres(g) || !gen_chance(g, 20))
		return;
	gen_describe(&s, t->columns);
	gen_put(g, " ORDER BY ");
	for (unsigned i = 0; i < s.ncolumns; i++)
		if (s.columns[i].class == 'k' || !i) {
			gen_put(g, "%s", first ? "" : ", ");
			gen_name(g, s.columns[i].name);
			gen_put(g, gen_chance(g, 30) ? " DESC" : "");
			first = false;
		}
	gen_put(g, " LIMIT %u", 1 + gen_below(g, 3));
}

/* The other table, of which each row of ours has one at most: in the scope as "o". */
static void
with_other(struct gen *g, const struct target *t)
{
	struct gen_source *s = &g->scope->sources[g->scope->n++];

	memset(s, 0, sizeof *s);
	(void)snprintf(s->alias, sizeof s->alias, "o");
	gen_describe(s, !strcmp(t->other, "users") ? "id:k;email:t;age:i;score:f;active:b" :
		!strcmp(t->other, "teams") ? "id:k;title:t;budget:n" : "id:k;user_id:i;state:t;amount:n");
}

static void
linked(struct gen *g, const struct target *t, const char *word, const char *alias)
{
	gen_put(g, " %s %s.", word, alias);
	gen_name(g, t->link);
	gen_put(g, " = o.id");
}

static void
and_where(struct gen *g)
{
	if (!gen_chance(g, 60))
		return;
	gen_put(g, " AND ");
	gen_loose(g);
}

static void
update_joined(struct gen *g, const struct target *t)
{
	bool joined = gen_mysql(g) && gen_chance(g, 60);

	if (gen_mysql(g)) {
		gen_put(g, joined ? " JOIN %s AS o" : ", %s AS o", t->other);
		if (joined)
			linked(g, t, "ON", "w");
		with_other(g, t);
		set_columns(g, t->sets, "w.");
	} else {
		with_other(g, t);
		set_columns(g, t->sets, "");
		gen_put(g, " FROM %s AS o", t->other);
	}
	if (joined)
		gen_where(g);
	else
		linked(g, t, "WHERE", "w");
	if (!joined)
		and_where(g);
}

static bool
with_query(struct gen *g)
{
	bool with = !gen_mysql(g) && gen_chance(g, 8);

	gen_put(g, with ? "WITH q AS (SELECT id, age FROM users WHERE age > 20) " : "");
	return with;
}

static void
update(struct gen *g, const struct target *t)
{
	struct gen_scope own = { .n = 0 };
	bool joined = gen_chance(g, 25), with;

	own_columns(&own, "w", t->columns);
	g->scope = &own;
	with = !joined && with_query(g);
	gen_put(g, gen_postgres(g) && gen_chance(g, 15) ? "UPDATE ONLY " : gen_mysql(g) &&
		!joined && gen_chance(g, 8) ? "UPDATE IGNORE " : "UPDATE ");
	gen_name(g, t->name);
	gen_put(g, " AS w");
	if (joined) {
		update_joined(g, t);
	} else {
		set_columns(g, t->sets, "");
		row_where(g, with);
	}
	/* on SQLite by the table's own name, and of that table alone */
	if (gen_postgres(g))
		returning(g);
	else if (gen_sqlite(g) && !joined && gen_chance(g, 40))
		gen_put(g, " RETURNING *");
	if (!joined && gen_mysql(g))
		first_rows(g, t);
	g->scope = NULL;
}

static void
name_of(struct gen *g, const struct target *t, char alias[24])
{
	(void)snprintf(alias, 24, "%s", t->name);
	for (char *p = alias; *p; p++)
		if (*p == '"' && gen_mysql(g))
			*p = '`';
}

static void
erase_joined(struct gen *g, const struct target *t)
{
	bool join = gen_mysql(g) && gen_chance(g, 60);

	if (gen_postgres(g)) {
		gen_put(g, "DELETE FROM ");
		gen_name(g, t->name);
		gen_put(g, " AS w USING %s AS o", t->other);
	} else {
		gen_put(g, gen_chance(g, 50) ? "DELETE w FROM " : "DELETE FROM w USING ");
		gen_name(g, t->name);
		gen_put(g, join ? " AS w JOIN %s AS o" : " AS w, %s AS o", t->other);
	}
	if (join)
		linked(g, t, "ON", "w");
	with_other(g, t);
	if (join)
		gen_where(g);
	else
		linked(g, t, "WHERE", "w");
	if (!join)
		and_where(g);
	if (gen_postgres(g))
		returning(g);
}

static void
erase(struct gen *g, const struct target *t)
{
	struct gen_scope own = { .n = 0 };
	char alias[24];
	bool with;

	g->scope = &own;
	if (!gen_sqlite(g) && gen_chance(g, 30)) {
		own_columns(&own, "w", t->columns);
		erase_joined(g, t);
		g->scope = NULL;
		return;
	}
	name_of(g, t, alias);
	own_columns(&own, alias, t->columns);
	with = with_query(g);
	gen_put(g, gen_postgres(g) && gen_chance(g, 15) ? "DELETE FROM ONLY " : "DELETE FROM ");
	gen_name(g, t->name);
	row_where(g, with);
	if (gen_mysql(g))
		first_rows(g, t);
	if (gen_mysql(g) ? gen_chance(g, 25) : gen_chance(g, 40))
		gen_put(g, " RETURNING *");
	if (gen_sqlite(g))
		first_rows(g, t);
	g->scope = NULL;
}

void
gen_write(struct gen *g)
{
	const struct target *t = &targets[gen_below(g, sizeof targets / sizeof targets[0])];

	if (gen_chance(g, 45)) {
		g->target = "kv";
		gen_insert(g);
		return;
	}
	g->target = t->name;
	if (t->deletable && gen_chance(g, 40))
		erase(g, t);
	else
		update(g, t);
}
