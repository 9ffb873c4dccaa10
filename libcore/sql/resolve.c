/* SPDX-License-Identifier: MIT */
/*
 * The resolver's entry points and the account it keeps: relations, columns read
 * and written, parameters, functions.  While it runs, from->id is the number of
 * the from-item's use; afterwards it is 0 again.
 */
#include <stdio.h>
#include <string.h>

#include <dbnexus/value.h>

#include "sql/resolver.h"
#include "value/room.h"

#define CONFLICT (1u << 31)     /* of a parameter: two uses want different types */

bool
dbn_sql__rfail(dbn_sql_resolver *r, uint32_t pos, const char *hint, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (r->status != DBN_OK)
		return false;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text[dbn_utf8_valid(text, strlen(text))] = '\0';
	r->status = dbn_fail_at(r->err, DBN_E_SYNTAX, pos, hint, "%s", text);
	return false;
}

bool
dbn_sql__rlimit(dbn_sql_resolver *r, uint32_t pos, const char *what)
{
	if (r->status == DBN_OK)
		r->status = dbn_fail_at(r->err, DBN_E_LIMIT, pos, "Simplify the statement.",
			"%s", what);
	return false;
}

bool
dbn_sql__rnomem(dbn_sql_resolver *r)
{
	if (r->status == DBN_OK)
		r->status = dbn_fail_nomem(r->err);
	return false;
}

bool
dbn_sql__down(dbn_sql_resolver *r, uint32_t pos)
{
	if (++r->depth <= DBN_SQL_DEPTH_MAX)
		return true;
	return dbn_sql__rlimit(r, pos, "the statement is nested too deeply");
}

/* ---- relations ---- */

static const dbn_sql_relation *
look_up(dbn_sql_resolver *r, const dbn_sql_from *f)
{
	const dbn_sql_relation *rel = NULL;
	uint64_t h = dbn_hash_name(f->name.name, 0);
	dbn_status rc;

	for (uint32_t i = dbn_index_first(&r->seen_index, h); i != DBN_INDEX_END;
		i = dbn_index_next(&r->seen_index, i)) {
		r->work++;
		if (dbn_text_eq(r->seen[i].name.name, f->name.name) &&
			dbn_text_eq(r->seen[i].name.schema, f->name.schema) &&
			dbn_text_eq(r->seen[i].name.database, f->name.database))
			return r->seen[i].rel;
	}
	if (!r->cat) {
		dbn_sql__rfail(r, f->pos, NULL, "a table cannot be named here");
		return NULL;
	}
	rc = r->cat->lookup(r->cat->user, &f->name, &rel, r->err);
	if (rc == DBN_E_NOT_FOUND || (rc == DBN_OK && !rel)) {
		if (r->err) {
			dbn_error_free(*r->err);
			*r->err = NULL;
		}
		dbn_sql__rfail(r, f->pos, r->d->id == DBN_DIALECT_MYSQL
			? "Upper and lower case may be different letters in names of tables here." : NULL,
			"no such table: %.*s%s%.*s",
			DBN_TEXT_ARG(f->name.schema),
			f->name.schema.len ? "." : "", DBN_TEXT_ARG(f->name.name));
		return NULL;
	}
	if (rc != DBN_OK) {
		if (rc == DBN_E_DENIED && r->err)
			dbn_error_place(*r->err, f->pos);
		r->status = rc;
		return NULL;
	}
	if (!dbn_arena_grow(r->a, &r->seen, &r->seen_cap, r->nseen + 1, sizeof(*r->seen)) ||
		!dbn_index_add(&r->seen_index, r->a, h)) {
		dbn_sql__rnomem(r);
		return NULL;
	}
	r->seen[r->nseen].name = f->name;
	r->seen[r->nseen++].rel = rel;
	return rel;
}

static bool
add_use(dbn_sql_resolver *r, dbn_sql_from *f, uint32_t actions)
{
	dbn_sql_result *out = r->out;
	size_t words = ((size_t)f->rel->ncolumns + 63) / 64;
	dbn_sql_use *u;

	if (!dbn_arena_grow(r->a, &out->uses, &r->uses_cap, (size_t)out->nuses + 1,
		sizeof(*out->uses)))
		return dbn_sql__rnomem(r);
	u = &out->uses[out->nuses];
	memset(u, 0, sizeof(*u));
	u->rel = f->rel;
	u->from = f;
	u->actions = actions;
	u->pos = f->pos;
	u->reads = dbn_arena_array(r->a, words * 2 + 1, sizeof(uint64_t));
	if (!u->reads)
		return dbn_sql__rnomem(r);
	u->writes = u->reads + words;
	f->id = ++out->nuses;
	return true;
}

bool
dbn_sql__relation(dbn_sql_resolver *r, dbn_sql_from *f, uint32_t actions)
{
	f->rel = look_up(r, f);
	return f->rel && add_use(r, f, actions);
}

bool
dbn_sql__mark_read(dbn_sql_resolver *r, dbn_sql_from *f, uint32_t ordinal)
{
	dbn_sql_use *u;

	if (f->kind != DBN_FROM_RELATION)
		return true;
	if (!f->id && !add_use(r, f, 0))
		return false;
	u = &r->out->uses[f->id - 1];
	u->actions |= DBN_ACT_READ;
	u->reads[ordinal / 64] |= (uint64_t)1 << (ordinal % 64);
	return true;
}

void
dbn_sql__mark_write(dbn_sql_resolver *r, dbn_sql_from *f, uint32_t action, uint32_t ordinal)
{
	dbn_sql_use *u = &r->out->uses[f->id - 1];

	u->actions |= action;
	u->writes[ordinal / 64] |= (uint64_t)1 << (ordinal % 64);
}

/* ---- parameters ---- */

bool
dbn_sql__param(dbn_sql_resolver *r, dbn_sql_expr *e)
{
	dbn_sql_result *out = r->out;
	dbn_sql_param_info *p;

	if (e->index == 0 || e->index > 1000000)
		return dbn_sql__rfail(r, e->pos, NULL, "parameter %u", e->index);
	if (e->index > out->nparams) {
		size_t old = r->params_cap;

		if (!dbn_arena_grow(r->a, &out->params, &r->params_cap, e->index,
			sizeof(*out->params)))
			return dbn_sql__rnomem(r);
		memset(out->params + old, 0, (r->params_cap - old) * sizeof(*out->params));
		out->nparams = e->index;
	}
	p = &out->params[e->index - 1];
	if (!(p->flags & DBN_PARAM_USED))
		p->pos = e->pos;
	p->flags |= DBN_PARAM_USED | (e->flags & DBN_XF_LIST ? DBN_PARAM_LIST : DBN_PARAM_NO_LIST);
	if (e->flags & DBN_XF_COUNT) {
		p->flags |= DBN_PARAM_COUNT;
		dbn_sql__param_type(r, e, DBN_INT64, NULL, 0, true);
	}
	return true;
}

/* Note what the column that it is stored in leaves room for. */
static void
note_room(dbn_sql_resolver *r, dbn_sql_param_info *p)
{
	const dbn_sql_column *c = r->storing;
	dbn_room room, *copy;

	if (r->d->id == DBN_DIALECT_SQLITE || !dbn_room_of(c->declared, c->type,
			r->d->id == DBN_DIALECT_MYSQL, &room))
		return;
	if (p->room)
		dbn_room_meet(&room, p->room);
	else
		p->stored = c->name;
	copy = dbn_arena_memdup(r->a, &room, sizeof room);
	if (!copy)
		dbn_sql__rnomem(r);
	p->room = copy;
}

void
dbn_sql__param_type(dbn_sql_resolver *r, dbn_sql_expr *e, dbn_type type,
	const dbn_sql_relation *rel, uint32_t ordinal, bool cast)
{
	dbn_sql_param_info *p;

	if (type == DBN_NULL || e->index == 0 || e->index > r->out->nparams)
		return;
	p = &r->out->params[e->index - 1];
	if (r->storing && !cast)
		note_room(r, p);
	if ((p->flags & DBN_PARAM_CAST) && !cast)
		return;
	if ((p->flags & CONFLICT) || (p->type != DBN_NULL && p->type != type &&
		!!(p->flags & DBN_PARAM_CAST) == cast)) {
		p->flags |= CONFLICT;
		p->type = DBN_NULL;
		p->rel = NULL;
		return;
	}
	if (p->type == DBN_NULL || cast) {
		p->type = type;
		p->rel = rel;
		p->ordinal = ordinal;
	}
	if (cast)
		p->flags |= DBN_PARAM_CAST;
}

/* ---- functions ---- */

/* date('2024-01-01') gives the same for ever; date('now') and date(x) may not. */
static bool
fixed_time(const dbn_sql_func_fact *fact, const dbn_sql_expr *e)
{
	uint32_t i = !strcmp(fact->name, "strftime") ? 1 : 0;
	dbn_text t;

	if (!(fact->flags & DBN_FN_PURE) || e->nargs <= i || e->args[i]->kind != DBN_X_LITERAL)
		return false;
	t = dbn_text_of(&e->args[i]->value);
	return e->args[i]->value.type != DBN_TEXT || !dbn_text_ieqz(t, "now");
}

static bool
check_call(dbn_sql_resolver *r, const dbn_sql_expr *e, const dbn_sql_func_fact *f, bool aggregate)
{
	const dbn_sql_call *c = e->call;
	bool window = c && c->over;

	bool count = strcmp(f->name, "count") == 0;

	if (c && c->star ? !count || c->distinct :
		(int)e->nargs < f->min_args || (f->max_args >= 0 && (int)e->nargs > f->max_args) ||
		(count && e->nargs > 1 && !(c && c->distinct)))
		return dbn_sql__rfail(r, e->pos, NULL, "wrong number of arguments to %s()",
			f->name);
	if ((f->flags & DBN_FN_WINDOW) && !window)
		return dbn_sql__rfail(r, e->pos, "Add OVER (...).", "%s() without a window",
			f->name);
	if (c && !aggregate && (c->distinct || c->norder || (c->filter && !(f->flags & DBN_FN_WINDOW)) ||
		(window && !(f->flags & DBN_FN_WINDOW))))
		return dbn_sql__rfail(r, e->pos, NULL,
			"DISTINCT, ORDER BY, FILTER or OVER with %s(), which is no aggregate", f->name);
	return true;
}

static bool
add_func(dbn_sql_resolver *r, dbn_sql_expr *e, const dbn_sql_func_fact *fact)
{
	dbn_sql_result *out = r->out;
	dbn_sql_func_use *u;

	if (!dbn_arena_grow(r->a, &out->funcs, &r->funcs_cap, (size_t)out->nfuncs + 1, sizeof(*u)))
		return dbn_sql__rnomem(r);
	u = &out->funcs[out->nfuncs++];
	memset(u, 0, sizeof(*u));
	u->name = e->text;
	u->pos = e->pos;
	u->nargs = e->nargs;
	u->fact = fact;
	u->expr = e;
	if (!fact || !(fact->flags & DBN_FN_LISTED))
		out->flags |= DBN_SQL_UNLISTED_FN | DBN_SQL_VOLATILE;
	return true;
}

bool
dbn_sql__note_table_function(dbn_sql_resolver *r, dbn_sql_expr *e, const dbn_sql_func_fact *fact)
{
	return add_func(r, e, fact);
}

bool
dbn_sql__note_function(dbn_sql_resolver *r, dbn_sql_expr *e)
{
	const dbn_sql_func_fact *fact = dbn_sql_function(r->d, e->text);
	dbn_sql_result *out = r->out;
	uint32_t flags = fact ? fact->flags : 0;

	if (!add_func(r, e, fact))
		return false;
	if (!fact)
		return true;
	if ((flags & DBN_FN_MINMAX) && e->nargs > 1)
		flags &= ~(uint32_t)DBN_FN_AGGREGATE;
	if (!check_call(r, e, fact, flags & DBN_FN_AGGREGATE))
		return false;
	if ((flags & DBN_FN_VOLATILE) && fixed_time(fact, e))
		flags &= ~(uint32_t)DBN_FN_VOLATILE;
	if (flags & DBN_FN_VOLATILE)
		out->flags |= DBN_SQL_VOLATILE;
	if (e->call && e->call->over)
		out->flags |= DBN_SQL_WINDOWS;
	else if (flags & DBN_FN_AGGREGATE)
		out->flags |= DBN_SQL_AGGREGATES;
	if (e->call)
		e->call->fact = flags;
	e->type = fact->type;
	return true;
}

/* ---- entry ---- */

static dbn_status
finish(dbn_sql_resolver *r)
{
	dbn_sql_result *out = r->out;

	for (size_t i = 0; i < r->nuntyped; i++) {
		dbn_sql_expr *e = r->untyped[i].e;

		if (e->index && e->index <= out->nparams && e->type == DBN_NULL)
			e->type = out->params[e->index - 1].type;
		if (e->type == DBN_NULL && r->untyped[i].of)
			dbn_sql__rfail(r, e->pos, "Say it with a cast: $1::int8.",
				"the type of a parameter of %s() is not known", r->untyped[i].of);
		if (e->type == DBN_NULL)
			e->type = DBN_TEXT;
		e->flags |= DBN_XF_CAST;
	}
	for (uint32_t i = 0; i < out->nuses; i++)
		out->uses[i].from->id = 0;
	for (uint32_t i = 0; i < out->nparams; i++) {
		out->params[i].flags &= ~CONFLICT;
		if (out->params[i].flags & DBN_PARAM_NO_LIST)
			out->params[i].flags &= ~(uint32_t)DBN_PARAM_LIST;
	}
	return r->status;
}

static bool
statement(dbn_sql_resolver *r, dbn_sql_stmt *s)
{
	dbn_sql_result *out = r->out;

	if (s->target && (s->target->scan || s->target->ncolumns))
		return dbn_sql__rfail(r, s->target->pos, "Say it with WHERE.",
			"PARTITION, an index hint or column names of the table that is written");
	if (s->kind != DBN_STMT_SELECT)
		out->flags |= DBN_SQL_WRITES | (s->nreturning ? DBN_SQL_HAS_RETURNING : 0);
	switch (s->kind) {
	case DBN_STMT_SELECT:
		if (!dbn_sql__rquery(r, NULL, s->query, NULL))
			return false;
		out->cols = s->query->cols;
		out->ncols = s->query->ncols;
		return true;
	case DBN_STMT_INSERT: return dbn_sql__rinsert(r, s);
	case DBN_STMT_UPDATE: return dbn_sql__rupdate(r, s);
	case DBN_STMT_DELETE: return dbn_sql__rdelete(r, s);
	default: return false;
	}
}

dbn_status
dbn_sql_resolve(dbn_sql_stmt *s, const dbn_sql_dialect *d, const dbn_sql_catalog *cat,
	dbn_sql_result *out, dbn_error **err)
{
	dbn_sql_resolver r = { .a = s->arena, .d = d, .cat = cat, .out = out, .err = err };

	DBN_ERR_CLEAR(err);
	memset(out, 0, sizeof(*out));
	if (s->kind < DBN_STMT_SELECT || s->kind > DBN_STMT_DELETE)
		return dbn_fail(err, DBN_E_INVALID, "an administrative statement is not resolved");
	if (s->nparams) {
		out->params = dbn_arena_array(s->arena, s->nparams, sizeof(*out->params));
		if (!out->params)
			return dbn_fail_nomem(err);
		r.params_cap = out->nparams = s->nparams;
	}
	if (!statement(&r, s) && r.status == DBN_OK)
		(void)dbn_sql__rnomem(&r);
	if (r.status == DBN_OK && s->nreturning) {
		out->cols = s->returning_cols;
		out->ncols = s->nreturning;
	}
	return finish(&r);
}

dbn_status
dbn_sql_resolve_expr(dbn_arena *a, const dbn_sql_dialect *d, dbn_sql_expr **e, dbn_sql_from *row,
	const dbn_sql_catalog *cat, const dbn_sql_vars *vars, dbn_sql_result *out, dbn_error **err)
{
	dbn_sql_resolver r = { .a = a, .d = d, .cat = cat, .vars = vars, .out = out, .err = err };
	struct dbn_sql_scope sc = { .hi = SIZE_MAX };

	DBN_ERR_CLEAR(err);
	memset(out, 0, sizeof(*out));
	if ((row && !dbn_sql__add_src(&r, &sc, row, false)) || !dbn_sql__rexpr(&r, &sc, e))
		if (r.status == DBN_OK)
			(void)dbn_sql__rnomem(&r);
	return finish(&r);
}
