/* SPDX-License-Identifier: MIT */
/*
 * Oracle: PostgreSQL records what a function in SQL depends on.  A probe function
 * around each statement names the tables and columns that our resolver says the
 * statement touches; around the canonical text, the same again.
 *
 * Equal, but for what the server counts by its own rules:
 *  - relations that initdb has made before its first user's (oid below 12000) are
 *    never recorded: they are left out on our side too;
 *  - ON CONFLICT DO UPDATE: the server expands "excluded" to every column of the
 *    target, so there the target's columns may be more than ours, never fewer;
 *    and what only its SET writes is recorded nowhere: ours, but not the server's,
 *    may be columns that DO UPDATE sets.  So of the target each side's columns must
 *    be in the other's with those two added.
 *  - a relation of which no column is named is recorded as a whole: one line
 *    without a column, and ours has that line for every relation.
 */
#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error/error.h"
#include "plan/catalog.h"
#include "session/session_impl.h"
#include "sql/parse.h"
#include "sql/print.h"
#include "sql/resolve.h"
#include "sql/world.h"

/* Names, one each for "schema.table" and "schema.table.column", sorted. */
struct names {
	char *v[512];
	size_t n;
};

static void
names_add(struct names *l, const char *name)
{
	size_t i = 0;

	while (i < l->n && strcmp(l->v[i], name) < 0)
		i++;
	if (i < l->n && strcmp(l->v[i], name) == 0)
		return;
	cr_assert_lt(l->n, sizeof l->v / sizeof l->v[0]);
	memmove(l->v + i + 1, l->v + i, (l->n - i) * sizeof l->v[0]);
	l->v[i] = strdup(name);
	l->n++;
}

static void
names_free(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	l->n = 0;
}

static bool
names_have(const struct names *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i], name))
			return true;
	return false;
}

/* ---- what the server says ---- */

static char sqlstate[8]; /* of the last that failed */

static PGresult *
ask(PGconn *c, const char *sql)
{
	PGresult *r = PQexec(c, sql);
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	if (PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK)
		return r;
	(void)snprintf(sqlstate, sizeof sqlstate, "%s", state ? state : "?");
	PQclear(r);
	return NULL;
}

/* The types of the parameters, as the server infers them. */
static bool
signature(PGconn *c, const char *sql, dbn_str *out)
{
	PGresult *r = PQprepare(c, "", sql, 0, NULL);
	bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;
	char query[64];

	PQclear(r);
	if (!ok)
		return false;
	r = PQdescribePrepared(c, "");
	for (int i = 0; i < PQnparams(r); i++) {
		PGresult *name;

		(void)snprintf(query, sizeof query, "SELECT pg_catalog.format_type(%u, NULL)",
			PQparamtype(r, i));
		name = ask(c, query);
		dbn_str_addf(out, "%s%s", i ? ", " : "", name ? PQgetvalue(name, 0, 0) : "?");
		PQclear(name);
	}
	PQclear(r);
	return true;
}

static const char depends_sql[] =
	"SELECT n.nspname || '.' || c.relname, a.attname FROM pg_catalog.pg_depend d "
	"JOIN pg_catalog.pg_class c ON c.oid = d.refobjid "
	"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	"LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid "
	"AND d.refobjsubid <> 0 WHERE d.classid = 1255 AND d.refclassid = 1259 AND d.objid = "
	"'pg_temp._p'::pg_catalog.regproc";

/* false: the server does not take the statement: its SQLSTATE and message in why. */
static bool
probe(PGconn *c, const char *sql, struct names *out, char *why, size_t size)
{
	dbn_str text, types;
	PGresult *r = NULL;
	char line[300];

	dbn_str_init(&text, 0);
	dbn_str_init(&types, 0);
	if (!strchr(sql, '$') || signature(c, sql, &types)) {
		/* The statement's own ";" and a comment at its end do no harm there. */
		size_t n = strlen(sql);

		while (n && strchr("; \n", sql[n - 1]))
			n--;
		dbn_str_addf(&text, "BEGIN; CREATE FUNCTION pg_temp._p(%s) RETURNS void LANGUAGE sql "
			"BEGIN ATOMIC %.*s\n; END", dbn_str_z(&types), (int)n, sql);
		r = ask(c, dbn_str_z(&text));
	}
	if (!r)
		(void)snprintf(why, size, "%s %s", sqlstate, PQerrorMessage(c));
	else
		PQclear(r);
	r = r ? ask(c, depends_sql) : NULL;
	for (int i = 0; r && i < PQntuples(r); i++) {
		names_add(out, PQgetvalue(r, i, 0));
		if (!PQgetisnull(r, i, 1)) {
			(void)snprintf(line, sizeof line, "%s.%s", PQgetvalue(r, i, 0),
				PQgetvalue(r, i, 1));
			names_add(out, line);
		}
	}
	PQclear(ask(c, "ROLLBACK"));
	dbn_str_free(&text);
	dbn_str_free(&types);
	PQclear(r);
	return r != NULL;
}

/* ---- what our resolver says ---- */

static void
foretold(const dbn_sql_result *res, struct names *out)
{
	char line[300];

	for (uint32_t i = 0; i < res->nuses; i++) {
		const dbn_sql_use *u = &res->uses[i];
		int n = snprintf(line, sizeof line, "%.*s.%.*s",
			DBN_TEXT_ARG(u->rel->name.schema), DBN_TEXT_ARG(u->rel->name.name));

		if (u->rel->kind == DBN_REL_SYSTEM)
			continue;
		names_add(out, line);
		for (uint32_t k = 0; k < u->rel->ncolumns; k++) {
			if (!dbn_sql_bit(u->reads, k) && !dbn_sql_bit(u->writes, k))
				continue;
			(void)snprintf(line + n, sizeof line - (size_t)n, ".%.*s",
				DBN_TEXT_ARG(u->rel->columns[k].name));
			names_add(out, line);
		}
	}
}

/* Is it a column of the target of DO UPDATE? */
static bool
upserted(const dbn_sql_stmt *s, const char *name)
{
	const dbn_sql_relation *rel = s->target ? s->target->rel : NULL;
	char line[200];
	int n;

	for (uint32_t i = 0; rel && i < s->nupserts; i++) {
		if (!s->upserts[i].nsets)
			continue;
		n = snprintf(line, sizeof line, "%.*s.%.*s.", DBN_TEXT_ARG(rel->name.schema),
			DBN_TEXT_ARG(rel->name.name));
		return !strncmp(line, name, (size_t)n);
	}
	return false;
}

static bool
set_by_upsert(const dbn_sql_stmt *s, const char *name)
{
	const char *column = strrchr(name, '.') + 1;

	for (uint32_t i = 0; upserted(s, name) && i < s->nupserts; i++)
		for (uint32_t k = 0; k < s->upserts[i].nsets; k++)
			for (uint32_t j = 0; j < s->upserts[i].sets[k].ncolumns; j++)
				if (dbn_text_eqz(s->upserts[i].sets[k].columns[j].name, column))
					return true;
	return false;
}

static void
compare(world *w, const struct corpus_stmt *c, const dbn_sql_stmt *s, const struct names *ours,
	const struct names *server, const char *canonical)
{
	for (size_t i = 0; i < ours->n; i++)
		if (!names_have(server, ours->v[i]) && !set_by_upsert(s, ours->v[i]))
			world_wrong(w, c, "the server does not touch %s\n  canonical: %s", ours->v[i],
				canonical);
	for (size_t i = 0; i < server->n; i++)
		if (!names_have(ours, server->v[i]) && !upserted(s, server->v[i]))
			world_wrong(w, c, "the resolver does not know of %s\n  canonical: %s",
				server->v[i], canonical);
}

static void
the_same(world *w, const struct corpus_stmt *c, const struct names *text,
	const struct names *print, const char *canonical)
{
	bool same = text->n == print->n;

	for (size_t i = 0; same && i < text->n; i++)
		same = !strcmp(text->v[i], print->v[i]);
	if (!same)
		world_wrong(w, c, "the canonical text touches something else\n  canonical: %s",
			canonical);
}

/* ---- one statement ---- */

struct tally {
	unsigned probed, failing, columns;
};

static dbn_status
resolved(world *w, dbn_arena *a, dbn_catalog_view *view, const char *sql, dbn_sql_stmt **s,
	dbn_sql_result *res, dbn_error **err)
{
	dbn_database *db = w->st.session->home;
	dbn_sql_catalog cat = { .lookup = dbn_catalog_lookup, .user = view,
		.default_database = dbn_text_z(db->conf->name),
		.default_schema = db->dialect.default_schema };
	dbn_status rc = dbn_sql_parse(a, db->sql, NULL, dbn_text_z(sql), s, err);

	return rc == DBN_OK ? dbn_sql_resolve(*s, db->sql, &cat, res, err) : rc;
}

static void
judge(world *w, const struct corpus_stmt *c, dbn_sql_stmt *s, const dbn_sql_result *res,
	struct tally *t)
{
	struct names ours = { .n = 0 }, text = { .n = 0 }, print = { .n = 0 };
	char *plain = world_text(c->sql), why[400], again[400];
	dbn_error *err = NULL;
	dbn_str out;

	dbn_str_init(&out, 0);
	foretold(res, &ours);
	if (dbn_sql_print(s, w->st.session->home->sql, DBN_PRINT_CANONICAL, NULL, 0, &out, &err) !=
		DBN_OK) {
		world_wrong(w, c, "does not print: %s", dbn_error_message(err));
	} else if (!probe((PGconn *)w->raw.db, plain, &text, why, sizeof why)) {
		/* What fails there fails here, and in one way. */
		if (probe((PGconn *)w->bare.db, dbn_str_z(&out), &print, again, sizeof again) ||
			strncmp(why, again, 5) != 0)
			world_wrong(w, c, "the server does not take the text: %s", why);
		if (t->failing++ < 60)
			printf("# not taken: %s:%u.%u: %s\n", c->file, c->line, c->variant, why);
	} else {
		compare(w, c, s, &ours, &text, dbn_str_z(&out));
		if (!probe((PGconn *)w->bare.db, dbn_str_z(&out), &print, why, sizeof why))
			world_wrong(w, c, "the server does not take the canonical text: %s\n  %s",
				why, dbn_str_z(&out));
		else
			the_same(w, c, &text, &print, dbn_str_z(&out));
		t->probed++;
		t->columns += (unsigned)text.n;
	}
	names_free(&ours);
	names_free(&text);
	names_free(&print);
	dbn_error_free(err);
	dbn_str_free(&out);
	free(plain);
}

static void
one(world *w, const struct corpus_stmt *c, struct tally *t)
{
	dbn_catalog_view view;
	dbn_sql_stmt *s = NULL;
	dbn_sql_result res;
	dbn_error *err = NULL;
	dbn_arena a;

	dbn_arena_init(&a, 0);
	view = (dbn_catalog_view){ w->st.session->home->catalog, &a, NULL };
	if (resolved(w, &a, &view, c->sql, &s, &res, &err) == DBN_OK)
		judge(w, c, s, &res, t);
	else
		world_wrong(w, c, "is refused: %s", dbn_error_message(err));
	dbn_error_free(err);
	dbn_catalog_let_go(view.held);
	dbn_arena_free(&a);
}

Test(depend, the_server_names_the_same_columns)
{
	struct tally t = { 0 };
	world w;

	world_open(&w);
	for (size_t i = 0; i < w.corpus.count; i++)
		if (w.corpus.stmts[i].expect == CORPUS_ACCEPTED)
			one(&w, &w.corpus.stmts[i], &t);
	printf("# %s: %u statements probed, %u tables and columns compared; %u fail on both sides\n",
		stack_database(), t.probed, t.columns, t.failing);
	cr_expect_eq(t.probed + t.failing, w.corpus.accepted);
	cr_expect_leq(t.failing, 20, "statements that the server does not take test nothing here");
	cr_expect_eq(w.wrong, 0, "%u differences", w.wrong);
	world_close(&w);
}
