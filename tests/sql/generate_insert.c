/* SPDX-License-Identifier: MIT */
/*
 * INSERT and REPLACE into kv, which has a key, a unique pair and a default; now and
 * then a row of defaults into log.
 */
#include <stdio.h>
#include <string.h>

#include "sql/generate_impl.h"

static void
key(struct gen *g, unsigned i)
{
	static const char *const known[] = { "x", "y", "z", NULL };

	if (gen_chance(g, 35))
		gen_put(g, "'%s'", known[i % 3]);
	else
		gen_put(g, "'new%u'", i);
}

static void
value(struct gen *g, char class)
{
	if (!gen_sqlite(g) && gen_chance(g, 12))
		gen_put(g, "DEFAULT");
	else
		gen_expr(g, class);
}

static void
rows(struct gen *g)
{
	unsigned n = gen_chance(g, 60) ? 1 : 2 + gen_below(g, 2), from = gen_below(g, 3);

	gen_put(g, gen_mysql(g) && gen_chance(g, 20) ? " VALUE " : " VALUES ");
	for (unsigned i = 0; i < n; i++) {
		gen_put(g, i ? ", (" : "(");
		key(g, from + i);
		gen_put(g, ", ");
		g->depth++;
		value(g, 't');
		gen_put(g, ", ");
		value(g, 'i');
		gen_put(g, ")");
		g->depth--;
	}
}

static void
selected(struct gen *g, bool with)
{
	const char *from = with ? "q" : "users";

	if (gen_mysql(g))
		gen_put(g, " SELECT concat('u', id), email, age FROM %s WHERE ", from);
	else if (with || gen_chance(g, 50))
		gen_put(g, " SELECT 'u' || id, email, age FROM %s WHERE ", from);
	else
		gen_put(g, " SELECT 't' || t.id, max(t.title), count(*) FROM teams t GROUP BY t.id HAVING ");
	gen_put(g, "%u < 5", gen_below(g, 4));
}

/* ---- what is there already ---- */

static void
conflict_sets(struct gen *g, const char *fresh_open, const char *fresh_close, const char *own)
{
	switch (gen_below(g, 6)) {
	case 0: gen_put(g, "n = %sn + 1", own); break;
	case 1: gen_put(g, "n = %sn%s", fresh_open, fresh_close); break;
	case 2: gen_put(g, "v = %sv%s, n = 77", fresh_open, fresh_close); break;
	case 3:
		if (!gen_mysql(g)) {
			gen_put(g, "(v, n) = (%sv%s, %sn)", fresh_open, fresh_close, own);
			break;
		}
		/* fall through */
	case 4:
		if (!gen_sqlite(g)) {
			gen_put(g, "n = DEFAULT");
			break;
		}
		/* fall through */
	default:
		gen_put(g, "n = coalesce(%sn, 0) + coalesce(%sn%s, 0)", own, fresh_open, fresh_close);
		break;
	}
}

static void
conflict(struct gen *g, const char *alias)
{
	char own[12];

	(void)snprintf(own, sizeof own, "%s.", alias);
	if (gen_mysql(g)) {
		gen_put(g, " ON DUPLICATE KEY UPDATE ");
		conflict_sets(g, "VALUES(", ")", "");
	} else if (gen_chance(g, 35)) {
		gen_put(g, gen_chance(g, 50) ? " ON CONFLICT DO NOTHING" : gen_chance(g, 50) ?
			" ON CONFLICT (v, n) DO NOTHING" : " ON CONFLICT (k) DO NOTHING");
	} else {
		gen_put(g, gen_postgres(g) && gen_chance(g, 25) ? " ON CONFLICT ON CONSTRAINT kv_pkey" :
			" ON CONFLICT (k)");
		gen_put(g, " DO UPDATE SET ");
		conflict_sets(g, "excluded.", "", own);
		if (gen_chance(g, 40))
			gen_put(g, gen_chance(g, 50) ? " WHERE %sn < 50" : " WHERE %sn IS DISTINCT FROM "
				"excluded.n", own);
	}
}

/* ---- the statement ---- */

static void
returning(struct gen *g, const char *alias)
{
	struct gen_scope own = { .n = 1 };

	if (!gen_chance(g, 40))
		return;
	(void)snprintf(own.sources[0].alias, sizeof own.sources[0].alias, "%s", alias);
	gen_describe(&own.sources[0], "k:t;v:t;n:i");
	g->scope = &own;
	gen_put(g, " RETURNING ");
	if (gen_chance(g, 35))
		gen_put(g, "*");
	g->depth += 2;
	for (unsigned i = 0, n = dbn_str_z(g->out)[g->out->len - 1] == '*' ? 0 : 1 + gen_below(g, 2);
		i < n; i++) {
		gen_put(g, i ? ", " : "");
		gen_expr(g, gen_chance(g, 50) ? 'i' : 't');
		gen_put(g, " AS r%u", i);
	}
	g->depth -= 2;
	g->scope = NULL;
}

static const char *
verb(struct gen *g, bool *plain)
{
	static const char *const sqlite[] = { "REPLACE INTO", "INSERT OR REPLACE INTO", "INSERT OR IGNORE INTO",
		"INSERT OR ABORT INTO", NULL };
	static const char *const mysql[] = { "REPLACE INTO", "REPLACE", "INSERT IGNORE INTO", NULL };

	*plain = gen_postgres(g) || gen_chance(g, 70);
	if (!*plain)
		return gen_pick(g, gen_sqlite(g) ? sqlite : mysql);
	return gen_mysql(g) && gen_chance(g, 15) ? "INSERT" : "INSERT INTO";
}

static void
set_form(struct gen *g)
{
	gen_put(g, " SET k = ");
	key(g, gen_below(g, 3));
	gen_put(g, ", n = ");
	value(g, 'i');
}

static void
defaults(struct gen *g)
{
	gen_put(g, gen_mysql(g) ? "INSERT INTO log () VALUES ()" : "INSERT INTO log DEFAULT VALUES");
	gen_put(g, gen_chance(g, 50) ? " RETURNING what, order_id" : "");
}

void
gen_insert(struct gen *g)
{
	static const char query[] = "WITH q AS (SELECT id, email, age FROM users WHERE id > 1)";
	bool plain, before = !gen_mysql(g) && gen_chance(g, 6), alias, set;
	struct gen_scope none = { .n = 0 };
	const char *how;

	if (gen_chance(g, 4)) {
		defaults(g);
		return;
	}
	how = verb(g, &plain);
	alias = plain && !gen_mysql(g) && gen_chance(g, 20);
	set = gen_mysql(g) && gen_chance(g, 12);
	g->scope = &none;
	gen_put(g, "%s%s%s kv%s", before ? query : "", before ? " " : "", how, alias ? " AS t" : "");
	if (set) {
		set_form(g);
	} else {
		gen_put(g, " (k, v, n)");
		if (gen_postgres(g) && gen_chance(g, 5))
			gen_put(g, " OVERRIDING SYSTEM VALUE");
		if (before) {
			selected(g, true);
		} else if (gen_chance(g, 55)) {
			rows(g);
		} else {
			bool inside = gen_chance(g, 20);

			gen_put(g, "%s%s", inside ? " " : "", inside ? query : "");
			selected(g, inside);
		}
	}
	if (plain && gen_chance(g, 50))
		conflict(g, alias ? "t" : "kv");
	returning(g, alias && !gen_sqlite(g) ? "t" : "kv");
	g->scope = NULL;
}
