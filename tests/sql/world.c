/* SPDX-License-Identifier: MIT */
/*
 * Opening the database, and running one statement on it in each of the ways.
 */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/session_impl.h"
#include "sql/generate.h"
#include "sql/parse.h"
#include "sql/world.h"

#define SHOWN 80

#define RULES \
	"{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ]; }"

static const char *const tables[] = { "teams", "users", "orders", "log", "items", "docs", "nums",
	"gen", "kv", "texts", "things", "events", NULL };

static bool
open_engine(world *w, engine *e, int how)
{
	char file[160];

#ifdef ORACLE_POSTGRES
	if (!strcmp(stack_database(), "postgres"))
		return engine_open_postgres(e, w->st.database, how);
#endif
#ifdef ORACLE_MYSQL
	if (!strcmp(stack_database(), "mysql"))
		return engine_open_mysql(e, w->st.database, "tester", how);
#endif
	(void)how;
	(void)snprintf(file, sizeof file, "%s/app.db", w->st.dir);
	return !strcmp(stack_database(), "sqlite") && engine_open_sqlite(e, file);
}

void
world_open(world *w)
{
	char *schema = corpus_schema(stack_database());

	memset(w, 0, sizeof *w);
	cr_assert_not_null(schema);
	stack_open(&w->st, RULES, "alice");
	cr_assert(open_engine(w, &w->raw, ENGINE_RAW), "%s", w->raw.message);
	cr_assert(open_engine(w, &w->bare, ENGINE_BARE), "%s", w->bare.message);
	cr_assert(w->raw.ops->exec(&w->raw, schema), "%s", w->raw.message);
	free(schema);
	if (!getenv("DBN_ONLY_GENERATED"))
		cr_assert(corpus_read(&w->corpus, stack_database()), "%s", w->corpus.problem);
	generate_wanted(&w->corpus, stack_database());
}

void
world_close(world *w)
{
	engine_close(&w->raw);
	engine_close(&w->bare);
	corpus_free(&w->corpus);
	stack_close(&w->st);
}

dbn_plan *
world_plan(world *w, const char *sql, dbn_error **err)
{
	dbn_session *s = w->st.session;
	dbn_database *db = s->home;
	dbn_plan_in in = { .subject = s->subject, .driver = &db->dialect, .dialect = db->sql,
		.limits = &s->pool->limits, .catalog = db->catalog, .database = db->conf->name };
	dbn_plan *p = NULL;

	*err = NULL;
	return dbn_plan_compile(&in, dbn_text_z(sql), &p, err) == DBN_OK ? p : NULL;
}

/* ---- placeholders ---- */

struct marks {
	const char *sql;
	char mark;
	uint32_t at[WORLD_ARGS], number[WORLD_ARGS];
	size_t n;
};

static dbn_status
note_mark(dbn_sql_expr **e, void *user)
{
	struct marks *m = user;

	if ((*e)->kind == DBN_X_PARAM && m->sql[(*e)->pos] == m->mark) {
		cr_assert_lt(m->n, WORLD_ARGS);
		m->at[m->n] = (*e)->pos;
		m->number[m->n++] = (*e)->index;
	}
	return DBN_OK;
}

static uint32_t
number_at(const struct marks *m, size_t pos)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->at[i] == pos)
			return m->number[i];
	return 0;
}

static void
add_mark(dbn_str *out, char mark, uint32_t number, const char **p)
{
	dbn_str_addf(out, "%c%u", mark == '?' ? '$' : '?', number);
	for ((*p)++; mark == '$' && **p >= '0' && **p <= '9';)
		(*p)++;
}

/* ? becomes $1 on PostgreSQL, $1 becomes ?1 on SQLite, to which it is a name. */
char *
world_text(const char *sql)
{
	bool sqlite = !strcmp(stack_database(), "sqlite");
	struct marks m = { .sql = sql, .mark = sqlite ? '$' : '?' };
	dbn_sql_visitor v = { .expr = note_mark, .user = &m };
	dbn_sql_stmt *tree = NULL;
	dbn_arena a;
	dbn_str out;
	char *z;

	if (!strcmp(stack_database(), "mysql") || !strchr(sql, m.mark))
		return strdup(sql);
	dbn_arena_init(&a, 0);
	dbn_str_init(&out, 0);
	if (dbn_sql_parse(&a, dbn_sql_dialect_get(sqlite ? DBN_DIALECT_SQLITE : DBN_DIALECT_POSTGRES),
		NULL, dbn_text_z(sql), &tree, NULL) == DBN_OK)
		(void)dbn_sql_walk(tree, &v);
	for (const char *p = sql; *p;) {
		uint32_t number = number_at(&m, (size_t)(p - sql));

		if (number)
			add_mark(&out, m.mark, number, &p);
		else
			dbn_str_addc(&out, *p++);
	}
	z = strdup(dbn_str_z(&out));
	dbn_str_free(&out);
	dbn_arena_free(&a);
	return z;
}

size_t
world_args(const struct corpus_stmt *s, dbn_value *out)
{
	cr_assert_leq(s->nargs, WORLD_ARGS);
	for (size_t i = 0; i < s->nargs; i++) {
		const struct corpus_arg *a = &s->args[i];

		switch (a->kind) {
		case 'i': out[i] = dbn_v_i64(strtoll(a->text, NULL, 10)); break;
		case 'd': out[i] = dbn_v_f64(strtod(a->text, NULL)); break;
		case 'b': out[i] = dbn_v_bool(a->text[0] == '1'); break;
		case 't': out[i] = dbn_v_textn(dbn_text_z(a->text)); break;
		default: out[i] = dbn_v_null(NULL); break;
		}
	}
	return s->nargs;
}

size_t
world_sent(const dbn_plan *p, const dbn_value *args, size_t n, dbn_value *out)
{
	if (!p->sent.items) {
		memcpy(out, args, n * sizeof *args);
		return n;
	}
	cr_assert_leq(p->sent.count, WORLD_ARGS);
	for (size_t i = 0; i < p->sent.count; i++) {
		cr_assert_lt(p->sent.items[i], n);
		out[i] = args[p->sent.items[i]];
	}
	return p->sent.count;
}

static void
look(engine *e, dbn_str *out)
{
	char sql[64];
	answer a;

	for (size_t i = 0; tables[i]; i++) {
		(void)snprintf(sql, sizeof sql, "SELECT * FROM %s%s ORDER BY 1, 2",
			strcmp(stack_database(), "postgres") ? "" : "public.", tables[i]);
		answer_init(&a);
		e->ops->run(e, sql, NULL, 0, &a);
		dbn_str_addf(out, "%s:", tables[i]);
		if (a.failed)
			dbn_str_addf(out, " %s", a.message);
		for (size_t k = 0; k < a.nrows; k++)
			dbn_str_addf(out, "\n  %s", a.rows[k]);
		dbn_str_addc(out, '\n');
		answer_free(&a);
	}
}

/* The only generated keys are those of log, which orders' triggers write too. */
static bool
makes_no_key(const char *sql)
{
	return !strstr(sql, "log") && !strstr(sql, "orders");
}

void
world_run(engine *e, const char *sql, const dbn_value *args, size_t n, bool writes, answer *out,
	dbn_str *state)
{
	if (!writes) {
		e->ops->run(e, sql, args, n, out);
		return;
	}
	cr_assert(makes_no_key(sql) || e->ops->rewind(e), "%s", e->message);
	cr_assert(e->ops->exec(e, "BEGIN"), "%s", e->message);
	e->ops->run(e, sql, args, n, out);
	if (!out->failed)
		look(e, state);
	/* INSERT OR ROLLBACK has done it by itself. */
	cr_assert(e->ops->exec(e, "ROLLBACK") || out->failed, "%s", e->message);
}

/* ---- by a session ---- */

static void
loose_cell(dbn_str *out, char class, const dbn_value *v)
{
	char buf[512], *text = buf;
	size_t len = dbn_value_print(v, buf, sizeof buf);

	if (len >= sizeof buf) {
		text = malloc(len + 1);
		cr_assert_not_null(text);
		(void)dbn_value_print(v, text, len + 1);
	}
	if (class == 'd')
		class = v->type == DBN_TEXT ? 't' : v->type == DBN_BYTES ? '?' : 'n';
	if (v->type == DBN_BOOL)
		answer_loose(out, class, false, v->u.i64 ? "1" : "0", 1);
	else
		answer_loose(out, class, v->type == DBN_NULL, text, len);
	if (text != buf)
		free(text);
}

static void
take_rows(dbn_rows *rows, const answer *like, answer *out, dbn_error **err)
{
	uint32_t n = dbn_rows_columns(rows);
	dbn_str row;
	dbn_status rc;

	dbn_str_init(&row, 0);
	for (uint32_t i = 0; i < n; i++)
		answer_add_column(out, dbn_rows_name(rows, i), '?');
	while ((rc = dbn_rows_next(rows, err)) == DBN_OK) {
		const dbn_value *cells = dbn_rows_cells(rows);

		dbn_str_reset(&row);
		for (uint32_t i = 0; i < n; i++)
			loose_cell(&row, i < like->classes.len ? dbn_str_z(&like->classes)[i] : '?', &cells[i]);
		answer_add_row(out, dbn_str_z(&row), dbn_str_z(&row));
	}
	dbn_str_free(&row);
	if (rc != DBN_DONE)
		answer_fail(out, "rows", dbn_error_message(*err));
}

void
world_by_session(world *w, const char *sql, const dbn_value *args, size_t n, bool writes,
	const answer *like, answer *out)
{
	dbn_session *s = w->st.session;
	dbn_error *err = NULL;
	dbn_rows *rows = NULL;

	if (writes) {
		cr_assert(makes_no_key(sql) || w->raw.ops->rewind(&w->raw), "%s", w->raw.message);
		cr_assert_eq(dbn_begin(s, NULL, &err), DBN_OK, "%s", dbn_error_message(err));
	}
	if (dbn_query(s, sql, dbn_args_of(args, n), &rows, &err) == DBN_OK) {
		take_rows(rows, like, out, &err);
		dbn_rows_close(rows);
	} else {
		answer_fail(out, dbn_error_sqlstate(err), dbn_error_message(err));
	}
	dbn_error_free(err);
	err = NULL;
	if (writes)
		(void)dbn_rollback(s, &err);
	dbn_error_free(err);
}

void
world_wrong(world *w, const struct corpus_stmt *s, const char *fmt, ...)
{
	va_list ap;

	if (w->wrong++ >= SHOWN && !getenv("DBN_SHOW_ALL"))
		return;
	if (w->quiet)
		return;
	va_start(ap, fmt);
	fprintf(stderr, "# %s:%u.%u: %s\n#   ", s->file, s->line, s->variant, s->sql);
	(void)vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
}
