/* SPDX-License-Identifier: MIT */
/*
 * MariaDB checks table and column rights when a statement is prepared.  Under a role
 * with just the rights that the plan foretells it is; with any one of them less it is
 * refused.  Statements that need the same rights are a group; of each group of the
 * corpus each right is taken away once, before one statement or another of it.
 *
 * Not asked, because MariaDB does not ask: what views, triggers and foreign keys
 * touch (they have their definer's rights), and built-in functions.  A relation that
 * is read without a column (count(*), SELECT 1) needs a right on any one column.
 */
#include <criterion/criterion.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error/error.h"
#include "sql/world.h"

#define RIGHTS_MAX 200
#define SAMPLE 4

struct right {
	const char *verb;           /* SELECT, INSERT, UPDATE, DELETE */
	char table[64], column[64]; /* column empty: the table */
};

struct rights {
	struct right v[RIGHTS_MAX];
	size_t n;
};

/* Statements that need the same. */
struct group {
	char *key;
	struct rights rights;
	size_t *stmts, n, cap;      /* numbers in the corpus */
	bool random;                /* all of them are generated */
};

struct groups {
	struct group *v;
	size_t n, cap;
	char **canonical;           /* by number in the corpus; NULL: none */
};

/* ---- what a plan needs ---- */

static void
add(struct rights *r, const char *verb, dbn_text table, dbn_text column)
{
	struct right x = { .verb = verb };

	(void)snprintf(x.table, sizeof x.table, "%.*s", DBN_TEXT_ARG(table));
	(void)snprintf(x.column, sizeof x.column, "%.*s", DBN_TEXT_ARG(column));
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->v[i].verb, verb) && !strcmp(r->v[i].table, x.table) &&
			!strcmp(r->v[i].column, x.column))
			return;
	cr_assert_lt(r->n, RIGHTS_MAX);
	r->v[r->n++] = x;
}

static bool
reads_some(const struct rights *r, dbn_text table)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->v[i].verb, "SELECT") && dbn_text_eqz(table, r->v[i].table))
			return true;
	return false;
}

/* A relation in FROM of which no column is read. */
static dbn_status
add_unread(dbn_sql_from **f, void *user)
{
	struct rights *r = user;

	if ((*f)->kind == DBN_FROM_RELATION && !((*f)->flags & DBN_FF_TARGET) &&
		!reads_some(r, (*f)->rel->name.name))
		add(r, "SELECT", (*f)->rel->name.name, (*f)->rel->columns[0].name);
	return DBN_OK;
}

static int
by_name(const void *a, const void *b)
{
	const struct right *x = a, *y = b;
	int c = strcmp(x->table, y->table);

	c = c ? c : strcmp(x->verb, y->verb);
	return c ? c : strcmp(x->column, y->column);
}

struct returned {
	struct rights *r;
	bool updates;
};

static dbn_status
add_returned(dbn_sql_expr **e, void *user)
{
	const struct returned *u = user;
	const dbn_sql_relation *rel = (*e)->kind == DBN_X_COLUMN ? (*e)->from->rel : NULL;

	if (!rel || !((*e)->from->flags & DBN_FF_TARGET))
		return DBN_OK;
	add(u->r, "INSERT", rel->name.name, rel->columns[(*e)->index].name);
	if (u->updates)
		add(u->r, "UPDATE", rel->name.name, rel->columns[(*e)->index].name);
	return DBN_OK;
}

/*
 * MariaDB 10.11 asks of the columns that ON DUPLICATE KEY UPDATE sets the right to
 * read them and, unless they are inserted too, no right to update them: this second
 * lock does not close there.  Else it asks more of INSERT than it uses: of the columns
 * that are inserted also the right to update them where there is ON DUPLICATE KEY
 * UPDATE, and to read them where there is RETURNING, which in turn wants the right to
 * insert (and to update) what it gives.
 */
static void
inserts(const dbn_sql_stmt *s, struct rights *r)
{
	const dbn_sql_relation *rel = s->target->rel;
	bool updates = s->nupserts && s->upserts[0].nsets;
	struct returned returned = { r, updates };
	dbn_sql_visitor v = { .expr = add_returned, .user = &returned };

	for (uint32_t i = 0; i < s->ncolumns; i++) {
		dbn_text column = rel->columns[s->columns[i].ordinal].name;

		add(r, "INSERT", rel->name.name, column);
		if (updates)
			add(r, "UPDATE", rel->name.name, column);
		if (s->nreturning)
			add(r, "SELECT", rel->name.name, column);
	}
	if (!s->ncolumns)
		add(r, "INSERT", rel->name.name, dbn_text_n(NULL, 0));
	for (uint32_t i = 0; updates && i < s->upserts[0].nsets; i++)
		add(r, "SELECT", rel->name.name,
			rel->columns[s->upserts[0].sets[i].columns[0].ordinal].name);
	for (uint32_t i = 0; s->ncolumns && i < s->nreturning; i++)
		cr_assert_eq(dbn_sql_walk_expr(&s->returning[i].expr, &v), DBN_OK);
}

static void
needs(dbn_plan *p, struct rights *r)
{
	const dbn_array *list = &p->recipe.opts.accesses;
	dbn_sql_visitor v = { .from = add_unread, .user = r };
	const dbn_sql_stmt *s = p->stmt;

	r->n = 0;
	for (uint32_t i = 0; i < list->count; i++) {
		const dbn_access *x = (const dbn_access *)((const char *)list->items +
			(size_t)i * list->stride);

		/* DELETE from joined tables asks the right to read one column of that table. */
		if (s->kind == DBN_STMT_DELETE && s->from && x->column.len &&
			dbn_text_eq(x->relation.name, s->target->rel->name.name) &&
			reads_some(r, x->relation.name))
			continue;
		/* Those of ON DUPLICATE KEY UPDATE: see inserts(). */
		if (x->column.len && (x->action == DBN_ACT_READ || s->kind != DBN_STMT_INSERT))
			add(r, x->action == DBN_ACT_READ ? "SELECT" : "UPDATE", x->relation.name, x->column);
	}
	cr_assert_eq(dbn_sql_walk(p->stmt, &v), DBN_OK);
	if (s->kind == DBN_STMT_INSERT)
		inserts(s, r);
	if (s->kind == DBN_STMT_DELETE || s->or_action == DBN_OR_REPLACE)
		add(r, "DELETE", s->target->rel->name.name, dbn_text_n(NULL, 0));
	qsort(r->v, r->n, sizeof *r->v, by_name);
}

static char *
key_of(const struct rights *r)
{
	dbn_str s;
	char *z;

	dbn_str_init(&s, 0);
	for (size_t i = 0; i < r->n; i++)
		dbn_str_addf(&s, "%s %s.%s\n", r->v[i].verb, r->v[i].table, r->v[i].column);
	z = strdup(dbn_str_z(&s));
	dbn_str_free(&s);
	return z;
}

static void
put(struct groups *g, const struct rights *r, size_t stmt, bool random)
{
	char *key = key_of(r);
	struct group *x = NULL;

	for (size_t i = 0; i < g->n && !x; i++)
		if (!strcmp(g->v[i].key, key))
			x = &g->v[i];
	if (x) {
		free(key);
	} else {
		cr_assert(dbn_grow(&g->v, &g->cap, g->n + 1, sizeof *g->v));
		x = &g->v[g->n++];
		memset(x, 0, sizeof *x);
		x->key = key;
		x->rights = *r;
		x->random = true;
	}
	x->random = x->random && random;
	cr_assert(dbn_grow(&x->stmts, &x->cap, x->n + 1, sizeof *x->stmts));
	x->stmts[x->n++] = stmt;
}

/* ---- asking MariaDB ---- */

static void
must(engine *e, const char *fmt, ...)
{
	dbn_str s;
	va_list ap;

	dbn_str_init(&s, 0);
	va_start(ap, fmt);
	dbn_str_addv(&s, fmt, ap);
	va_end(ap);
	cr_assert(e->ops->exec(e, dbn_str_z(&s)), "%s: %s", dbn_str_z(&s), e->message);
	dbn_str_free(&s);
}

static void
add_column(dbn_str *out, const char *name)
{
	dbn_str_addc(out, '`');
	for (; *name; name++) {
		if (*name == '`')
			dbn_str_addc(out, '`');
		dbn_str_addc(out, *name);
	}
	dbn_str_addc(out, '`');
}

/* GRANT or REVOKE these, which are of one table. */
static void
change(engine *e, bool grant, const struct right *v, size_t n)
{
	dbn_str s;

	dbn_str_init(&s, 0);
	dbn_str_adds(&s, grant ? "GRANT " : "REVOKE ");
	for (size_t i = 0; i < n; i++) {
		bool first = i == 0 || strcmp(v[i].verb, v[i - 1].verb) != 0;
		bool last = i + 1 == n || strcmp(v[i].verb, v[i + 1].verb) != 0;

		dbn_str_addf(&s, "%s%s", i ? ", " : "", first ? v[i].verb : "");
		if (*v[i].column) {
			dbn_str_adds(&s, first ? "(" : "");
			add_column(&s, v[i].column);
			dbn_str_adds(&s, last ? ")" : "");
		}
	}
	dbn_str_addf(&s, " ON `%s` %s oracle", v->table, grant ? "TO" : "FROM");
	must(e, "%s", dbn_str_z(&s));
	dbn_str_free(&s);
}

static void
grant_all(engine *e, const struct rights *r)
{
	for (size_t i = 0, n; i < r->n; i += n) {
		for (n = 1; i + n < r->n && !strcmp(r->v[i].table, r->v[i + n].table); n++)
			;
		change(e, true, &r->v[i], n);
	}
}

/* Run with NULL for every value, and undo it. */
static void
run(engine *e, MYSQL_STMT *st)
{
	MYSQL_BIND *b = calloc(mysql_stmt_param_count(st) + 1, sizeof *b);

	cr_assert_not_null(b);
	for (unsigned long i = 0; i < mysql_stmt_param_count(st); i++)
		b[i].buffer_type = MYSQL_TYPE_NULL;
	cr_assert_eq(mysql_stmt_bind_param(st, b), 0);
	cr_assert(e->ops->exec(e, "BEGIN"), "%s", e->message);
	if (mysql_stmt_execute(st) == 0)
		(void)mysql_stmt_free_result(st);
	free(b);
}

/*
 * 0: prepared; else the error.  What INSERT ... SELECT inserts, ON DUPLICATE KEY UPDATE
 * sets, UPDATE of several tables reads and DELETE orders by is looked at only when it
 * runs: what writes is run.
 */
static unsigned
prepare(engine *e, const char *sql, char *message, size_t size)
{
	MYSQL_STMT *st = mysql_stmt_init((MYSQL *)e->db);
	bool runs = strncmp(sql, "SELECT", 6) != 0 && strncmp(sql, "WITH", 4) != 0;
	unsigned code;

	cr_assert_not_null(st);
	runs = mysql_stmt_prepare(st, sql, (unsigned long)strlen(sql)) == 0 && runs;
	if (runs)
		run(e, st);
	code = mysql_stmt_errno(st);
	(void)snprintf(message, size, "%s", mysql_stmt_error(st));
	(void)mysql_stmt_close(st);
	if (runs)
		cr_assert(e->ops->exec(e, "ROLLBACK"), "%s", e->message);
	return code;
}

/* 1142 and 1143 refuse a table and a column; 1356 is the same of a view. */
static bool
is_refusal(unsigned code)
{
	return code == 1142 || code == 1143 || code == 1356;
}

static void
check(world *w, engine *low, const struct groups *g, size_t number, size_t *less)
{
	const struct group *x = &g->v[number];
	char message[400];

	grant_all(&w->raw, &x->rights);
	must(low, "SET ROLE oracle");
	if (x->rights.n) /* without any the database is out of reach, and not needed */
		must(low, "USE `%s`", w->st.database);
	for (size_t i = 0; i < x->n; i++)
		if (is_refusal(prepare(low, g->canonical[x->stmts[i]], message, sizeof message)))
			world_wrong(w, &w->corpus.stmts[x->stmts[i]], "needs more than was foretold: %s\n  %s",
				message, g->canonical[x->stmts[i]]);
	/* Of what only random statements need, one in so many. */
	for (size_t i = x->random ? number % SAMPLE : 0; i < x->rights.n; i += x->random ? SAMPLE : 1) {
		const struct right *r = &x->rights.v[i];
		size_t stmt = x->stmts[i % x->n];

		change(&w->raw, false, r, 1);
		if (!is_refusal(prepare(low, g->canonical[stmt], message, sizeof message)))
			world_wrong(w, &w->corpus.stmts[stmt], "does not need %s %s.%s\n  %s", r->verb, r->table,
				r->column, g->canonical[stmt]);
		change(&w->raw, true, r, 1);
		++*less;
	}
	must(&w->raw, "REVOKE ALL PRIVILEGES, GRANT OPTION FROM oracle");
}

static bool
prepares(engine *e, const char *sql)
{
	MYSQL_STMT *st = mysql_stmt_init((MYSQL *)e->db);
	bool does = st && mysql_stmt_prepare(st, sql, (unsigned long)strlen(sql)) == 0;

	(void)mysql_stmt_close(st);
	return does;
}

static void
collect(world *w, struct groups *g, size_t *n)
{
	struct rights r;
	dbn_error *err = NULL;

	g->canonical = calloc(w->corpus.count, sizeof *g->canonical);
	cr_assert_not_null(g->canonical);
	for (size_t i = 0; i < w->corpus.count; i++) {
		const struct corpus_stmt *s = &w->corpus.stmts[i];
		dbn_plan *p = s->expect == CORPUS_ACCEPTED ? world_plan(w, s->sql, &err) : NULL;

		/* What the server refuses by itself is the matter of test_same. */
		if (p && prepares(&w->bare, p->recipe.sql.ptr)) {
			needs(p, &r);
			put(g, &r, i, !strcmp(s->file, "generated"));
			g->canonical[i] = strdup(p->recipe.sql.ptr);
			++*n;
		}
		if (p)
			dbn_plan_release(p);
		dbn_error_free(err);
		err = NULL;
	}
}

static void
drop(struct groups *g, size_t count)
{
	for (size_t i = 0; i < g->n; i++) {
		free(g->v[i].key);
		dbn_free(g->v[i].stmts);
	}
	dbn_free(g->v);
	for (size_t i = 0; i < count; i++)
		free(g->canonical[i]);
	free(g->canonical);
}

Test(role, has_what_was_foretold_and_nothing_less)
{
	struct groups g = { 0 };
	size_t n = 0, less = 0;
	engine low;
	world w;

	world_open(&w);
	must(&w.raw, "CREATE USER low@localhost; CREATE ROLE oracle; GRANT oracle TO low@localhost");
	cr_assert(engine_open_mysql(&low, NULL, "low", ENGINE_BARE), "%s", low.message);
	collect(&w, &g, &n);
	for (size_t i = 0; i < g.n; i++)
		check(&w, &low, &g, i, &less);
	printf("# %zu statements prepared under %zu roles; %zu times with one right less\n", n, g.n, less);
	cr_expect_eq(w.wrong, 0);
	cr_expect_geq(n, 3000);
	must(&w.raw, "DROP ROLE oracle; DROP USER low@localhost");
	engine_close(&low);
	drop(&g, w.corpus.count);
	world_close(&w);
}
