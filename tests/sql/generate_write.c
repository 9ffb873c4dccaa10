/* SPDX-License-Identifier: MIT */
/*
 * INSERT, UPDATE and DELETE with the forms of each dialect.  On MySQL a target is
 * not read by its own statement's subqueries, which it refuses.
 */
#include <stdio.h>
#include <string.h>

#include "sql/generate_impl.h"

/* Tables that nothing refers to, or whose rows go with them; what may be set. */
static const struct target {
	const char *name, *columns, *sets; /* sets: "column:class" */
	bool deletable;
} targets[] = {
	{ "kv", "k:t;v:t;n:i", "n:i;v:t", true },
	{ "kv", "k:t;v:t;n:i", "n:i", true },
	{ "items", "order_id:k;line:k;product:t;qty:i;price:n", "qty:i;price:n", true },
	{ "orders", "id:k;user_id:i;amount:n;day:d;state:t;placed:s", "amount:n;day:d;placed:s", true },
	{ "events", "id:k;kind:t;d:d;user_id:i", "d:d;user_id:i", true },
	{ "docs", "id:k;title:t;owner_id:i", "owner_id:i", true },
	{ "gen", "id:k;price:i;twice:i;label:t", "price:i", true },
	{ "users", "id:k;email:t;age:i;score:f;team_id:i;active:b", "age:i;score:f;active:b", false },
	{ "\"select\"", "\"from\":k;\"order\":t;\"group\":i", "\"group\":i;\"order\":t", true },
	{ "\"Mixed Case\"", "\"Id\":k;\"Some Name\":t;\"UPPER\":i", "\"UPPER\":i", true },
};

static void
returning(struct gen *g, const char *alias)
{
	static const char *const stars[] = { "*", NULL };

	if (!gen_chance(g, 40))
		return;
	gen_put(g, " RETURNING ");
	if (gen_chance(g, 40)) {
		gen_put(g, "%s", gen_pick(g, stars));
		return;
	}
	(void)alias;
	g->depth += 3;
	for (unsigned i = 0, n = 1 + gen_below(g, 2); i < n; i++) {
		gen_put(g, i ? ", " : "");
		if (!gen_column(g, "ikt"))
			gen_put(g, "1");
		if (gen_chance(g, 30))
			gen_put(g, " AS r%u", i);
	}
	g->depth -= 3;
}

static void
key(struct gen *g, unsigned i)
{
	static const char *const known[] = { "x", "y", "z", NULL };

	if (gen_chance(g, 35))
		gen_put(g, "'%s'", known[i % 3]);
	else
		gen_put(g, "'new%u'", i);
}

/* ---- INSERT: kv has a key, a unique pair and a default ---- */

static void
rows(struct gen *g)
{
	unsigned n = gen_chance(g, 60) ? 1 : 2 + gen_below(g, 2), from = gen_below(g, 3);
	struct gen_scope none = { .n = 0 }, *was = g->scope;

	g->scope = &none;
	gen_put(g, " VALUES ");
	for (unsigned i = 0; i < n; i++) {
		gen_put(g, i ? ", (" : "(");
		key(g, from + i);
		gen_put(g, ", ");
		g->depth++;
		gen_expr(g, 't');
		gen_put(g, ", ");
		gen_expr(g, 'i');
		gen_put(g, ")");
		g->depth--;
	}
	g->scope = was;
}

static void
conflict_sets(struct gen *g, const char *fresh_open, const char *fresh_close, const char *own)
{
	switch (gen_below(g, 4)) {
	case 0: gen_put(g, "n = %sn + 1", own); break;
	case 1: gen_put(g, "n = %sn%s", fresh_open, fresh_close); break;
	case 2: gen_put(g, "v = %sv%s, n = 77", fresh_open, fresh_close); break;
	default: gen_put(g, "n = coalesce(%sn, 0) + coalesce(%sn%s, 0)", own, fresh_open, fresh_close);
		break;
	}
}

static void
conflict(struct gen *g)
{
	if (gen_mysql(g)) {
		gen_put(g, " ON DUPLICATE KEY UPDATE ");
		conflict_sets(g, "VALUES(", ")", "");
	} else if (gen_chance(g, 35)) {
		gen_put(g, gen_chance(g, 50) ? " ON CONFLICT DO NOTHING" : " ON CONFLICT (k) DO NOTHING");
	} else {
		gen_put(g, " ON CONFLICT (k) DO UPDATE SET ");
		conflict_sets(g, "excluded.", "", "kv.");
		if (gen_chance(g, 30))
			gen_put(g, " WHERE kv.n < 50");
	}
}

static void
own_columns(struct gen_scope *s, const char *alias, const char *columns)
{
	(void)snprintf(s->sources[0].alias, sizeof s->sources[0].alias, "%s", alias);
	gen_describe(&s->sources[0], columns);
	s->n = 1;
}

static void
insert(struct gen *g)
{
	struct gen_scope own = { .n = 0 };
	bool replace = !gen_postgres(g) && gen_chance(g, 20), or_ignore = gen_sqlite(g) &&
		!replace && gen_chance(g, 15);

	gen_put(g, "%s INTO kv (k, v, n)", replace ? "REPLACE" : or_ignore ? "INSERT OR IGNORE" :
		"INSERT");
	if (gen_chance(g, 55)) {
		rows(g);
	} else {
		gen_put(g, gen_chance(g, 50) ? " SELECT 'u' || id, email, age FROM users WHERE " :
			" SELECT 't' || t.id, max(t.title), count(*) FROM teams t GROUP BY t.id HAVING ");
		if (gen_mysql(g)) { /* the two texts above have || for it too: portable */
			dbn_str_free(g->out);
			dbn_str_init(g->out, 0);
			gen_put(g, "%s INTO kv (k, v, n) SELECT concat('u', id), email, age FROM users "
				"WHERE ", replace ? "REPLACE" : "INSERT");
		}
		gen_put(g, "%u < 5", gen_below(g, 4));
	}
	if (!replace && !or_ignore && gen_chance(g, 50))
		conflict(g);
	own_columns(&own, "kv", "k:t;v:t;n:i");
	g->scope = &own;
	returning(g, "kv");
	g->scope = NULL;
}

/* ---- UPDATE, DELETE ---- */

static void
set_columns(struct gen *g, const char *sets)
{
	struct gen_source s;
	unsigned n;

	gen_describe(&s, sets);
	n = 1 + gen_below(g, s.ncolumns);
	for (unsigned i = 0; i < n; i++) {
		gen_put(g, i ? ", " : " SET ");
		gen_name(g, s.columns[i].name);
		gen_put(g, " = ");
		/* MySQL sees what it has set before: then a value alone */
		if (i && gen_mysql(g)) {
			struct gen_scope none = { .n = 0 }, *was = g->scope;

			g->scope = &none;
			g->depth += 4;
			gen_expr(g, s.columns[i].class);
			g->depth -= 4;
			g->scope = was;
		} else {
			g->depth++;
			gen_expr(g, s.columns[i].class);
			g->depth--;
		}
	}
}

static void
row_where(struct gen *g)
{
	if (!gen_chance(g, 80))
		return;
	g->params = true;
	gen_where(g);
	g->params = false;
}

static void
update(struct gen *g, const struct target *t)
{
	struct gen_scope own = { .n = 0 };

	own_columns(&own, "w", t->columns);
	g->scope = &own;
	gen_put(g, "UPDATE ");
	gen_name(g, t->name);
	gen_put(g, " AS w");
	if (!gen_mysql(g) && strcmp(t->name, "orders") == 0 && gen_chance(g, 60)) {
		gen_put(g, " SET amount = w.amount + f.age FROM users f WHERE f.id = w.user_id AND f.age "
			"IS NOT NULL");
	} else {
		set_columns(g, t->sets);
		row_where(g);
	}
	/* SQLite and PostgreSQL; on SQLite by the table's own name */
	if (gen_postgres(g))
		returning(g, "w");
	else if (gen_sqlite(g) && gen_chance(g, 40))
		gen_put(g, " RETURNING *");
	g->scope = NULL;
}

static void
erase(struct gen *g, const struct target *t)
{
	struct gen_scope own = { .n = 0 };
	char alias[24];

	(void)snprintf(alias, sizeof alias, "%s", t->name);
	for (char *p = alias; *p; p++)
		if (*p == '"' && gen_mysql(g))
			*p = '`';
	own_columns(&own, alias, t->columns);
	g->scope = &own;
	gen_put(g, "DELETE FROM ");
	gen_name(g, t->name);
	row_where(g);
	if (gen_mysql(g) ? gen_chance(g, 25) : gen_chance(g, 40))
		gen_put(g, " RETURNING *");
	g->scope = NULL;
}

void
gen_write(struct gen *g)
{
	const struct target *t = &targets[gen_below(g, sizeof targets / sizeof targets[0])];

	if (gen_chance(g, 40)) {
		g->target = "kv";
		insert(g);
		return;
	}
	g->target = t->name;
	if (t->deletable && gen_chance(g, 40))
		erase(g, t);
	else
		update(g, t);
}
