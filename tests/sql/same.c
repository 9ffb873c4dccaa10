/* SPDX-License-Identifier: MIT */
/*
 * Text against canonical text on the database itself.
 */
#include <stdlib.h>
#include <string.h>

#include "sql/oracles.h"

static bool
is_ordered(const dbn_plan *p)
{
	return p->kind == DBN_STMT_SELECT && p->stmt->query->norder;
}

/*
 * SQLite tells the declared type of a column; a column that USING or NATURAL make of
 * two on the nullable side of a join is printed as coalesce(), which has none.  Its
 * cells have the types they have: those are compared.
 */
static void
forget_merged(const struct corpus_stmt *s, answer *raw, answer *canonical)
{
	if (strcmp(stack_database(), "sqlite") != 0 || (!strcasestr(s->sql, "NATURAL") &&
		!strcasestr(s->sql, "USING")) || (!strcasestr(s->sql, "RIGHT") && !strcasestr(s->sql, "FULL")))
		return;
	dbn_str_reset(&raw->head);
	dbn_str_reset(&canonical->head);
	dbn_str_adds(&raw->head, dbn_str_z(&raw->names));
	dbn_str_adds(&canonical->head, dbn_str_z(&canonical->names));
}

static void
show(world *w, const struct corpus_stmt *s, const char *canonical, const char *what, answer *a,
	answer *b)
{
	dbn_str text;

	dbn_str_init(&text, 0);
	dbn_str_addf(&text, "%s differs\n  canonical: %s\n  text: ", what, canonical);
	answer_print(a, &text);
	dbn_str_addf(&text, "  ours: ");
	answer_print(b, &text);
	world_wrong(w, s, "%s", dbn_str_z(&text));
	dbn_str_free(&text);
}

/* The first line in which they differ. */
static void
show_tables(world *w, const struct corpus_stmt *s, const char *canonical, const char *a,
	const char *b)
{
	size_t i = 0, line = 0;

	for (; a[i] && a[i] == b[i]; i++)
		if (a[i] == '\n')
			line = i + 1;
	world_wrong(w, s, "the tables differ\n  canonical: %s\n  text: %.*s\n  ours: %.*s", canonical,
		(int)strcspn(a + line, "\n"), a + line, (int)strcspn(b + line, "\n"), b + line);
}

/* Does it not give the same twice?  now(), random(): then only its form counts. */
static bool
is_moving(world *w, const struct corpus_stmt *s, const dbn_value *args, size_t n, bool writes,
	const answer *before)
{
	dbn_str state;
	char *text = world_text(s->sql);
	answer again;
	bool moving;

	dbn_str_init(&state, 0);
	answer_init(&again);
	world_run(&w->raw, text, args, n, writes, &again, &state);
	moving = !again.failed && !before->failed && answer_differs(before, &again, false);
	answer_free(&again);
	dbn_str_free(&state);
	free(text);
	return moving;
}

static void
session_too(world *w, const struct corpus_stmt *s, const dbn_plan *p, const dbn_value *args,
	size_t n, answer *raw)
{
	answer own;

	answer_init(&own);
	world_by_session(w, s->sql, args, n, p->kind != DBN_STMT_SELECT, raw, &own);
	/* MariaDB tells no columns of a DELETE that it sees cannot find a row. */
	if (!raw->failed && !own.failed && !raw->names.len && !raw->nrows && !own.nrows)
		;
	else if (answer_differs_loosely(raw, &own, is_ordered(p)))
		show(w, s, p->recipe.sql.ptr, "what a session gives", raw, &own);
	answer_free(&own);
}

/* The key that a server made, which PostgreSQL tells only by RETURNING. */
static void
without_key(answer *a)
{
	int64_t changed = a->changed;

	if (a->failed)
		return;
	answer_free(a);
	answer_init(a);
	a->changed = changed;
}

void
oracle_same(world *w, const struct corpus_stmt *s, dbn_plan *p, struct oracle_tally *t)
{
	bool writes = p->kind != DBN_STMT_SELECT;
	dbn_value args[WORLD_ARGS], sent[WORLD_ARGS];
	size_t n = world_args(s, args), nsent = world_sent(p, args, n, sent);
	char *text = world_text(s->sql);
	dbn_str before, after;
	answer raw, canonical;

	answer_init(&raw);
	answer_init(&canonical);
	dbn_str_init(&before, 0);
	dbn_str_init(&after, 0);
	world_run(&w->raw, text, args, n, writes, &raw, &before);
	world_run(&w->bare, p->recipe.sql.ptr, sent, nsent, writes, &canonical, &after);
	forget_merged(s, &raw, &canonical);
	if (p->key)
		without_key(&canonical);
	t->writes += writes;
	t->changing += writes && raw.changed;
	t->failing += raw.failed;
	t->empty += !writes && !raw.failed && !raw.nrows;
	if (!answer_differs(&raw, &canonical, is_ordered(p)) &&
		strcmp(dbn_str_z(&before), dbn_str_z(&after)) == 0) {
		t->same++;
		session_too(w, s, p, args, n, &raw);
	} else if (is_moving(w, s, args, n, writes, &raw)) {
		t->moving++;
		if (raw.nrows != canonical.nrows ||
			strcmp(dbn_str_z(&raw.head), dbn_str_z(&canonical.head)) != 0)
			show(w, s, p->recipe.sql.ptr, "the form", &raw, &canonical);
	} else if (answer_differs(&raw, &canonical, is_ordered(p))) {
		show(w, s, p->recipe.sql.ptr, "the answer", &raw, &canonical);
	} else {
		show_tables(w, s, p->recipe.sql.ptr, dbn_str_z(&before), dbn_str_z(&after));
	}
	free(text);
	answer_free(&raw);
	answer_free(&canonical);
	dbn_str_free(&before);
	dbn_str_free(&after);
}
