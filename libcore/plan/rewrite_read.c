/* SPDX-License-Identifier: MIT */
/*
 * Queries.  A relation with rules becomes a derived table of its visible rows
 * and cells; masked values are followed to every place where they are used; and
 * a condition that can fail is kept away from hidden rows, because the database
 * may well evaluate it before the rule.
 */
#include "plan/rewrite_impl.h"

#define TRY(call) do { \
		dbn_status try_rc_ = (call); \
		if (try_rc_ != DBN_OK) \
			return try_rc_; \
	} while (0)

dbn__item *
dbn__rw_item(const dbn__rw *rw, const dbn_sql_from *f)
{
	return f && f->id && f->id <= rw->nitems ? &rw->items[f->id - 1] : NULL;
}

static dbn_status
deeper(dbn__rw *rw)
{
	return ++rw->depth > RW_DEPTH ? dbn_fail(rw->err, DBN_E_LIMIT,
		"the statement is nested more than %d deep", RW_DEPTH) : DBN_OK;
}

static dbn_status
masked_use(dbn__rw *rw, const dbn_sql_expr *e, const char *where)
{
	return dbn_fail_at(rw->err, DBN_E_DENIED, e ? e->pos : UINT32_MAX,
		"Select it as it is, or let its mask say filter = true.",
		"column \"%.*s\" is masked for user \"%.*s\" and cannot be used in %s",
		DBN_TEXT_ARG(e ? e->text : dbn_text_n("?", 1)), DBN_TEXT_ARG(rw->in->subject->user), where);
}

/* ---- relations ---- */

static dbn_status
all_or_nothing(dbn__rw *rw, const dbn__rel *rel, uint32_t pos)
{
	return dbn_fail_at(rw->err, DBN_E_UNSUPPORTED, pos,
		"Allow the whole of it, or none.",
		"\"%.*s\" is a virtual table: rules on its rows and columns cannot be enforced",
		DBN_TEXT_ARG(dbn__rw_shown(rw, &rel->orig->name)));
}

/* May the columns be read, and what do they show? */
static dbn_status
read_columns(dbn__rw *rw, dbn__item *it, bool *masked, uint32_t *nread)
{
	dbn__rel *rel = it->rel;
	uint32_t n = rel->orig->ncolumns;

	it->taint = dbn_arena_zalloc(rw->a, (size_t)n + 1);
	it->safe = dbn_arena_zalloc(rw->a, (size_t)n + 1);
	if (!it->taint || !it->safe)
		return dbn__rw_nomem(rw);
	it->safe[n] = 1;
	for (uint32_t i = 0; i < n; i++) {
		const dbn__cell *c;

		it->safe[i] = 1;
		if (!dbn_sql_bit(it->use->reads, i))
			continue;
		c = dbn__rw_cell(rw, rel, i);
		if (!c)
			return rw->status;
		if (!c->readable)
			return dbn__rw_denied(rw, rel, DBN_ACT_READ, rel->orig->columns[i].name, NULL,
				it->use->pos);
		it->taint[i] = c->taint;
		it->safe[i] = c->safe;
		*masked |= c->taint != RW_CLEAR;
		++*nread;
	}
	return DBN_OK;
}

static dbn_sql_expr *
visible_cell(dbn__rw *rw, dbn__rel *rel, const dbn__conds *conds, uint32_t i, dbn_sql_from *inner)
{
	const dbn__cell *c = dbn__rw_cell(rw, rel, i);
	dbn_sql_expr *e, *rule;

	if (!c)
		return NULL;
	if (!c->expr)
		return dbn_sql_column_ref(rw->a, inner, i);
	e = dbn__rw_onto(rw, rel, c->expr, inner, 0);
	if (c->safe || !conds->n || !e)
		return e;
	rule = dbn__rw_conds_on(rw, rel, conds, inner, 0);
	return rule ? dbn_sql_case(rw->a, rule, e, NULL) : NULL;
}

/* The name of the output that says whether the row is visible: nobody else's. */
static dbn_text
ok_name(dbn__rw *rw, const dbn__rel *rel)
{
	char name[40] = "dbn_ok";

	for (size_t n = 6; n < sizeof(name) - 1; n++) {
		bool taken = false;

		for (uint32_t i = 0; i < rel->orig->ncolumns && !taken; i++)
			taken = dbn_text_ieqz(rel->orig->columns[i].name, name);
		if (!taken)
			break;
		name[n] = '_';
		name[n + 1] = '\0';
	}
	return dbn_text_z(dbn_arena_strndup(rw->a, name, strlen(name)));
}

static dbn_status
fill_outputs(dbn__rw *rw, dbn__item *it, const dbn__conds *conds, dbn_sql_query *q,
	dbn_sql_from *inner)
{
	const dbn_sql_relation *orig = it->rel->orig;
	dbn_sql_item *items = q->cores[0]->items;

	for (uint32_t i = 0; i < orig->ncolumns; i++) {
		q->cols[i].name = orig->columns[i].name;
		q->cols[i].type = orig->columns[i].type;
		q->cols[i].ordinal = i;
		items[i].alias = orig->columns[i].name;
		if (!dbn_sql_bit(it->use->reads, i)) {
			items[i].flags |= DBN_ITEM_SKIP;
			items[i].expr = dbn_sql_literal_null(rw->a);
		} else {
			items[i].expr = visible_cell(rw, it->rel, conds, i, inner);
			if (items[i].expr && items[i].expr->kind == DBN_X_COLUMN)
				q->cols[i].rel = orig;
		}
		if (!items[i].expr)
			return dbn__rw_null(rw);
	}
	return DBN_OK;
}

static dbn_status
derive(dbn__rw *rw, dbn__item *it, const dbn__conds *conds, uint32_t nread)
{
	dbn__rel *rel = it->rel;
	uint32_t n = rel->orig->ncolumns;
	dbn_sql_from *inner = dbn_sql_from_relation(rw->a, rel->orig);
	dbn_sql_query *q = dbn_sql_query_select(rw->a, inner, (size_t)n + 1);
	dbn_sql_item *ok;
	dbn_sql_expr *rule;

	if (!inner || !q)
		return dbn__rw_nomem(rw);
	inner->id = RW_INNER;
	inner->pos = it->f->pos;
	TRY(fill_outputs(rw, it, conds, q, inner));
	ok = &q->cores[0]->items[n];
	q->cols[n].name = ok->alias = ok_name(rw, rel);
	q->cols[n].type = DBN_INT64;
	if (!ok->alias.ptr)
		return dbn__rw_nomem(rw);
	if (conds->n) {
		rule = dbn__rw_conds_on(rw, rel, conds, inner, 0);
		q->cores[0]->where = rule;
		if (!rule)
			return dbn__rw_null(rw);
		ok->expr = dbn_sql_case(rw->a, dbn__rw_conds_on(rw, rel, conds, inner, 0),
			dbn_sql_literal_int(rw->a, 1), dbn_sql_literal_int(rw->a, 0));
		it->ok = n;
	} else {
		ok->expr = dbn_sql_literal_int(rw->a, 1);
	}
	if (!ok->expr)
		return dbn__rw_null(rw);
	if (nread)
		ok->flags |= DBN_ITEM_SKIP;
	if (!it->f->alias.len)
		it->f->alias = rel->orig->name.name;
	dbn_sql_from_derive(it->f, q);
	return DBN_OK;
}

static dbn_status
relation(dbn__rw *rw, dbn__item *it)
{
	dbn__conds conds = { NULL, 0, 0 };
	bool masked = false;
	uint32_t nread = 0;

	if (it->done)
		return DBN_OK;
	TRY(dbn__rw_may(rw, it->rel, DBN_ACT_READ, it->use->pos));
	TRY(read_columns(rw, it, &masked, &nread));
	TRY(dbn__rw_using(rw, it->rel, DBN_ACT_READ, &conds));
	it->ruled = conds.n > 0;
	if (!it->ruled && !masked)
		return DBN_OK;
	rw->out->restricted = true;
	if (it->rel->orig->kind == DBN_REL_VIRTUAL)
		return all_or_nothing(rw, it->rel, it->use->pos);
	if (rw->dry)
		return DBN_OK;
	it->done = true;
	return derive(rw, it, &conds, nread);
}

static dbn_status
known(dbn__rw *rw, dbn_sql_from *f, dbn__item **out)
{
	dbn__item *it = dbn__rw_item(rw, f);

	if (!it) {
		if (!dbn_arena_grow(rw->a, &rw->items, &rw->items_cap, rw->nitems + 1, sizeof(*rw->items)))
			return dbn__rw_nomem(rw);
		it = &rw->items[rw->nitems++];
		memset(it, 0, sizeof(*it));
		it->f = f;
		it->ok = UINT32_MAX;
		f->id = (uint32_t)rw->nitems;
	}
	*out = it;
	return DBN_OK;
}

static const dbn__shows *
shows_of(const dbn__rw *rw, const dbn_sql_cte *cte)
{
	for (uint32_t i = dbn_index_first(&rw->cte_index, dbn__rw_hash(cte)); i != DBN_INDEX_END;
		i = dbn_index_next(&rw->cte_index, i))
		if (rw->ctes[i].cte == cte)
			return &rw->ctes[i].shows;
	return NULL;
}

static dbn_status
query_item(dbn__rw *rw, dbn_sql_from *f)
{
	dbn__shows shows = { NULL, NULL, 0, false, true };
	const dbn__shows *cte;
	dbn__item *it = NULL;

	if (f->kind == DBN_FROM_QUERY) {
		TRY(dbn__rw_query(rw, f->query, &shows));
	} else if ((cte = shows_of(rw, f->cte)) != NULL) {
		shows = *cte;
	}
	TRY(known(rw, f, &it));
	it->taint = shows.taint;
	it->safe = shows.safe;
	it->ruled = shows.ruled;
	return DBN_OK;
}

dbn_status
dbn__rw_from(dbn__rw *rw, dbn_sql_from *f, bool *ruled)
{
	dbn__item *it = f ? dbn__rw_item(rw, f) : NULL;
	bool safe;

	if (!f)
		return DBN_OK;
	TRY(deeper(rw));
	if (f->kind == DBN_FROM_JOIN) {
		TRY(dbn__rw_from(rw, f->left, ruled));
		TRY(dbn__rw_from(rw, f->right, ruled));
		TRY(dbn__rw_where(rw, &f->on, f, NULL, &safe));
	} else if (it && it->rel) {
		TRY(relation(rw, it));
		*ruled |= it->ruled;
	} else {
		TRY(query_item(rw, f));
		it = dbn__rw_item(rw, f);
		*ruled |= it && it->ruled;
	}
	rw->depth--;
	return DBN_OK;
}

/* ---- guards ---- */

/* x.ok = 0: the row of x is hidden (NULL on the empty side of an outer join). */
static dbn_status
hidden_of(dbn__rw *rw, dbn_sql_from *f, bool grouped, dbn_sql_expr **any)
{
	dbn__item *it = NULL;
	dbn_sql_expr *e;

	if (!f)
		return DBN_OK;
	if (f->kind == DBN_FROM_JOIN) {
		TRY(deeper(rw));
		TRY(hidden_of(rw, f->left, grouped, any));
		TRY(hidden_of(rw, f->right, grouped, any));
		rw->depth--;
		return DBN_OK;
	}
	it = dbn__rw_item(rw, f);
	if (!it || !it->ruled)
		return DBN_OK;
	if (it->ok == UINT32_MAX) {
		/* A subquery over hidden rows: it is computed before anything is asked of it. */
		dbn_sql_query *q = f->kind == DBN_FROM_CTE ? (f->cte->recursive ? NULL : f->cte->query)
			: f->query;

		if (q && !q->limit)
			q->limit = dbn_sql_literal_int(rw->a, -1);
		return !q || q->limit ? DBN_OK : dbn__rw_nomem(rw);
	}
	f->query->cores[0]->items[it->ok].flags &= ~(uint32_t)DBN_ITEM_SKIP;
	e = dbn_sql_column_ref(rw->a, f, it->ok);
	if (grouped)
		e = dbn_sql_func(rw->a, "min", 1, e);
	e = dbn_sql_compare(rw->a, DBN_OP_EQ, e, dbn_sql_literal_int(rw->a, 0));
	*any = e && *any ? dbn_sql_or(rw->a, *any, e) : e;
	return *any ? DBN_OK : dbn__rw_nomem(rw);
}

static dbn_status
guard(dbn__rw *rw, dbn_sql_expr **e, dbn_sql_from *from, bool grouped, const dbn_sql_expr *visible)
{
	dbn_sql_expr *hidden = NULL, *v;

	if (rw->dry)
		return DBN_OK;
	TRY(hidden_of(rw, from, grouped, &hidden));
	if (hidden)
		*e = dbn_sql_case(rw->a, hidden, dbn_sql_literal_bool(rw->a, false), *e);
	if (visible && *e) {
		v = dbn_sql_expr_copy(rw->a, visible);
		*e = v ? dbn_sql_case(rw->a, v, *e, dbn_sql_literal_bool(rw->a, false)) : NULL;
	}
	return *e ? DBN_OK : dbn__rw_nomem(rw);
}

static dbn_status
conjunct(dbn__rw *rw, dbn_sql_expr **e, dbn_sql_from *from, bool grouped,
	const dbn_sql_expr *visible, bool *all)
{
	uint8_t taint = RW_CLEAR;
	bool safe = true;

	TRY(dbn__rw_expr(rw, *e, &taint, &safe));
	if (rw->s->target && !rw->dry)
		TRY(dbn__rw_substitute(rw, e));
	safe &= dbn_sql_is_truth(rw->in->dialect, *e);
	*all &= safe;
	return safe ? DBN_OK : guard(rw, e, from, grouped, visible);
}

static dbn_status
conjuncts(dbn__rw *rw, dbn_sql_expr **where, dbn_sql_from *from, bool grouped,
	const dbn_sql_expr *visible, bool *safe)
{
	*safe = true;
	if (!*where)
		return DBN_OK;
	if ((*where)->kind != DBN_X_CHAIN || (*where)->op != DBN_OP_AND)
		return conjunct(rw, where, from, grouped, visible, safe);
	for (uint32_t i = 0; i < (*where)->nargs; i++)
		TRY(conjunct(rw, &(*where)->args[i], from, grouped, visible, safe));
	return DBN_OK;
}

dbn_status
dbn__rw_where(dbn__rw *rw, dbn_sql_expr **where, dbn_sql_from *from, const dbn_sql_expr *visible,
	bool *safe)
{
	return conjuncts(rw, where, from, false, visible, safe);
}

/* Over groups: an aggregate says whether they are of visible rows, and keeps the
 * condition from being moved down to the rows.  SQLite moves none, and min() would
 * change what columns beside it show. */
static dbn_status
having(dbn__rw *rw, dbn_sql_expr **e, dbn_sql_from *from, bool *safe)
{
	return conjuncts(rw, e, from, rw->in->dialect->id != DBN_DIALECT_SQLITE, NULL, safe);
}

/* ---- expressions ---- */

static dbn_status
column(dbn__rw *rw, const dbn_sql_expr *e, uint8_t *taint, bool *safe)
{
	const dbn__item *it = dbn__rw_item(rw, e->from);
	const dbn__cell *c;

	*taint = RW_CLEAR;
	if (!it || (e->flags & (DBN_XF_EXCLUDED | RW_RAW)))
		return DBN_OK;
	if (it->rel && !it->taint) { /* the target of a write: not derived */
		c = dbn__rw_cell(rw, it->rel, e->index);
		if (!c)
			return rw->status;
		if (!c->readable)
			return dbn__rw_denied(rw, it->rel, DBN_ACT_READ, it->rel->orig->columns[e->index].name,
				NULL, e->pos);
		*taint = c->taint;
		*safe &= c->safe;
		return DBN_OK;
	}
	*taint = it->taint ? it->taint[e->index] : RW_CLEAR;
	*safe &= !it->safe || it->safe[e->index];
	return DBN_OK;
}

static dbn_status
subquery(dbn__rw *rw, dbn_sql_expr *e, uint8_t *taint, bool *safe)
{
	dbn__shows shows = { NULL, NULL, 0, false, true };

	TRY(dbn__rw_query(rw, e->query, &shows));
	*safe &= shows.all_safe;
	for (uint32_t i = 0; e->kind != DBN_X_EXISTS && i < shows.n; i++)
		*taint |= shows.taint ? shows.taint[i] : RW_CLEAR;
	return DBN_OK;
}

static dbn_status
orders(dbn__rw *rw, dbn_sql_order *o, uint32_t n, const dbn__shows *outputs, const char *where,
	bool *safe)
{
	uint8_t taint;

	for (uint32_t i = 0; i < n; i++) {
		if (o[i].output && outputs && outputs->taint && o[i].output <= outputs->n &&
			outputs->taint[o[i].output - 1] == RW_MASKED)
			return masked_use(rw, o[i].expr && o[i].expr->kind == DBN_X_COLUMN ? o[i].expr : NULL,
				where);
		if (!o[i].output)
			TRY(dbn__rw_expr(rw, o[i].expr, &taint, safe));
	}
	return DBN_OK;
}

static dbn_status
window(dbn__rw *rw, dbn_sql_window *w, bool *safe)
{
	uint8_t taint = RW_CLEAR;

	for (uint32_t i = 0; i < w->npartition; i++)
		TRY(dbn__rw_expr(rw, w->partition[i], &taint, safe));
	TRY(orders(rw, w->order, w->norder, NULL, "a window", safe));
	TRY(dbn__rw_expr(rw, w->start_expr, &taint, safe));
	return dbn__rw_expr(rw, w->end_expr, &taint, safe);
}

/* An aggregate sees visible rows only, and conditions on it are not moved. */
static dbn_status
function(dbn__rw *rw, dbn_sql_expr *e, uint8_t *taint, bool *safe)
{
	const dbn_sql_func_fact *f = dbn_sql_function(rw->in->dialect, e->text);
	bool inner = true, aggregate = f && (f->flags & DBN_FN_AGGREGATE) &&
		!((f->flags & DBN_FN_MINMAX) && e->nargs > 1);
	uint8_t one;

	for (uint32_t i = 0; i < e->nargs; i++) {
		TRY(dbn__rw_expr(rw, e->args[i], &one, &inner));
		*taint |= one;
	}
	if (e->call) {
		TRY(orders(rw, e->call->order, e->call->norder, NULL, "the order inside of an aggregate",
			&inner));
		TRY(dbn__rw_expr(rw, e->call->filter, &one, &inner));
		if (e->call->over)
			TRY(window(rw, e->call->over, &inner));
	}
	if (!aggregate)
		*safe &= inner && f && (f->flags & DBN_FN_TOTAL) && (f->flags & DBN_FN_PURE) &&
			!dbn_sql_converts(rw->in->dialect, e);
	return DBN_OK;
}

/* PostgreSQL: a pattern that ends with its escape is an error. */
static bool
trailing_escape(const dbn_sql_expr *e)
{
	const dbn_value *v = &e->args[1]->value;

	return e->args[1]->kind != DBN_X_LITERAL || v->type != DBN_TEXT || !v->len || e->nargs > 2 ||
		((const char *)v->u.ptr)[v->len - 1] == '\\';
}

/* May the operator itself fail, or give its operands away? */
static bool
quiet(const dbn__rw *rw, const dbn_sql_expr *e)
{
	/* SQLite's arithmetic and casts never fail; that of others does. */
	if (rw->in->dialect->id != DBN_DIALECT_SQLITE && ((e->kind == DBN_X_CHAIN &&
		e->op != DBN_OP_AND && e->op != DBN_OP_OR) || e->kind == DBN_X_CAST ||
		(e->kind == DBN_X_UNARY && e->op != DBN_OP_NOT) || e->kind == DBN_X_SUBQUERY ||
		(e->kind == DBN_X_LIKE && trailing_escape(e))))
		return false;
	if (dbn_sql_converts(rw->in->dialect, e))
		return false;
	switch (e->kind) {
	case DBN_X_CHAIN:
		if (e->ops) {
			for (uint32_t i = 1; i < e->nargs; i++)
				if (e->ops[i] == DBN_OP_CONCAT || e->ops[i] == DBN_OP_JSON ||
					e->ops[i] == DBN_OP_JSON_TEXT)
					return false;
			return true;
		}
		return e->op != DBN_OP_CONCAT && e->op != DBN_OP_JSON && e->op != DBN_OP_JSON_TEXT;
	case DBN_X_LIKE: /* a regular expression may be malformed */
		return (e->op == DBN_OP_LIKE || e->op == DBN_OP_GLOB || e->op == DBN_OP_ILIKE) &&
			e->args[1]->kind == DBN_X_LITERAL && e->args[1]->value.len < 1000 &&
			(e->nargs < 3 || (e->args[2]->kind == DBN_X_LITERAL && e->args[2]->value.len == 1));
	case DBN_X_CAST:
	case DBN_X_SUBQUERY: /* more than one row: an error on some databases */
		return true;
	case DBN_X_ANY:
		return e->op >= DBN_OP_EQ && e->op <= DBN_OP_GE && (e->args[1]->kind == DBN_X_ARRAY ||
			e->args[1]->kind == DBN_X_PARAM || e->args[1]->kind == DBN_X_COLUMN);
	case DBN_X_ANY_QUERY:
		return e->op >= DBN_OP_EQ && e->op <= DBN_OP_GE;
	case DBN_X_STAR:
	case DBN_X_VARIABLE:
	case DBN_X_SUBSCRIPT:
	case DBN_X_ARRAY_QUERY:
		return false;
	default:
		return true;
	}
}

static dbn_status
expr_parts(dbn__rw *rw, dbn_sql_expr *e, uint8_t *taint, bool *safe)
{
	uint8_t one;

	if (e->kind == DBN_X_FUNC)
		return function(rw, e, taint, safe);
	for (uint32_t i = 0; i < e->nargs; i++) {
		TRY(dbn__rw_expr(rw, e->args[i], &one, safe));
		*taint |= one;
	}
	*safe &= quiet(rw, e);
	if (!dbn_sql_has_query(e))
		return DBN_OK;
	one = RW_CLEAR;
	TRY(subquery(rw, e, &one, safe));
	*taint |= one;
	return one & RW_MASKED ? masked_use(rw, NULL, "a subquery's result") : DBN_OK;
}

dbn_status
dbn__rw_expr(dbn__rw *rw, dbn_sql_expr *e, uint8_t *taint, bool *safe)
{
	bool unused = true;

	*taint = RW_CLEAR;
	if (!safe)
		safe = &unused;
	if (!e)
		return DBN_OK;
	TRY(deeper(rw));
	if (e->kind == DBN_X_COLUMN) {
		TRY(column(rw, e, taint, safe));
		if (*taint == RW_MASKED)
			return masked_use(rw, e, "an expression or condition");
	} else {
		TRY(expr_parts(rw, e, taint, safe));
	}
	rw->depth--;
	return DBN_OK;
}

dbn_status
dbn__rw_output(dbn__rw *rw, dbn_sql_expr *e, uint8_t *taint, bool *safe)
{
	bool unused = true;

	*taint = RW_CLEAR;
	if (!safe)
		safe = &unused;
	if (e->kind == DBN_X_COLUMN)
		return column(rw, e, taint, safe);
	if (e->kind == DBN_X_SUBQUERY)
		return subquery(rw, e, taint, safe);
	return dbn__rw_expr(rw, e, taint, safe);
}

/* ---- queries ---- */

static dbn_status
recursive(dbn__rw *rw, dbn_sql_cte *cte, size_t at)
{
	dbn__shows last = { NULL, NULL, 0, false, true }, now;
	dbn_status rc = DBN_OK;
	bool moved = true;

	rw->dry++;
	for (uint32_t i = 0; moved && i < 2 * cte->query->ncols + 4; i++) {
		now = (dbn__shows){ NULL, NULL, 0, false, true };
		rc = dbn__rw_query(rw, cte->query, &now);
		if (rc != DBN_OK)
			break;
		moved = now.ruled != last.ruled || now.all_safe != last.all_safe ||
			now.n != last.n || (now.n && (memcmp(now.taint, last.taint, now.n) != 0 ||
			memcmp(now.safe, last.safe, now.n) != 0));
		rw->ctes[at].shows = last = now;
	}
	rw->dry--;
	return rc;
}

dbn_status
dbn__rw_with(dbn__rw *rw, dbn_sql_with *with)
{
	for (uint32_t i = 0; with && i < with->nctes; i++) {
		dbn_sql_cte *cte = with->ctes[i];
		dbn__shows shows = { NULL, NULL, 0, false, true };
		size_t at = rw->nctes;

		if (!dbn_arena_grow(rw->a, &rw->ctes, &rw->ctes_cap, rw->nctes + 1, sizeof(*rw->ctes)) ||
			!dbn_index_add(&rw->cte_index, rw->a, dbn__rw_hash(cte)))
			return dbn__rw_nomem(rw);
		rw->ctes[at].cte = cte;
		rw->ctes[at].shows = shows;
		rw->nctes++;
		if (cte->recursive)
			TRY(recursive(rw, cte, at));
		TRY(dbn__rw_query(rw, cte->query, &shows));
		rw->ctes[at].shows = shows;
	}
	return DBN_OK;
}

static dbn_status
core_outputs(dbn__rw *rw, dbn_sql_core *c, dbn__shows *out)
{
	for (uint32_t i = 0; i < c->nitems; i++) {
		uint8_t taint = RW_CLEAR;
		bool safe = true;

		TRY(dbn__rw_output(rw, c->items[i].expr, &taint, &safe));
		if (i < out->n) {
			out->taint[i] |= taint;
			out->safe[i] &= safe;
		}
		out->all_safe &= safe;
		if (taint == RW_MASKED && (c->distinct || (c->set != DBN_SET_FIRST &&
			c->set != DBN_SET_UNION_ALL)))
			return masked_use(rw, c->items[i].expr->kind == DBN_X_COLUMN ? c->items[i].expr : NULL,
				"DISTINCT, UNION, INTERSECT or EXCEPT");
	}
	return DBN_OK;
}

static dbn_status
core(dbn__rw *rw, dbn_sql_core *c, dbn__shows *out)
{
	uint8_t taint;
	bool safe;

	if (c->kind == DBN_CORE_VALUES) {
		for (uint32_t i = 0; i < c->nrows; i++) {
			for (uint32_t k = 0; k < c->rows[i]->nargs; k++) {
				TRY(dbn__rw_expr(rw, c->rows[i]->args[k], &taint, &out->all_safe));
				if (k < out->n)
					out->taint[k] |= taint;
			}
		}
		return DBN_OK;
	}
	TRY(dbn__rw_from(rw, c->from, &out->ruled));
	TRY(core_outputs(rw, c, out));
	TRY(dbn__rw_where(rw, &c->where, c->from, NULL, &safe));
	out->all_safe &= safe;
	TRY(orders(rw, c->group, c->ngroup, out, "GROUP BY", &out->all_safe));
	TRY(having(rw, &c->having, c->from, &safe));
	out->all_safe &= safe;
	for (uint32_t i = 0; i < c->nwindows; i++)
		TRY(window(rw, c->windows[i], &out->all_safe));
	return DBN_OK;
}

static bool
compares(const dbn_sql_query *q)
{
	for (uint32_t i = 1; i < q->ncores; i++)
		if (q->cores[i]->set != DBN_SET_UNION_ALL)
			return true;
	return false;
}

dbn_status
dbn__rw_query(dbn__rw *rw, dbn_sql_query *q, dbn__shows *out)
{
	uint8_t taint;

	TRY(deeper(rw));
	out->n = q->ncols;
	out->taint = dbn_arena_zalloc(rw->a, (size_t)q->ncols + 1);
	out->safe = dbn_arena_zalloc(rw->a, (size_t)q->ncols + 1);
	if (!out->taint || !out->safe)
		return dbn__rw_nomem(rw);
	memset(out->safe, 1, q->ncols);
	TRY(dbn__rw_with(rw, q->with));
	for (uint32_t i = 0; i < q->ncores; i++)
		TRY(core(rw, q->cores[i], out));
	for (uint32_t i = 0; compares(q) && i < q->ncols; i++)
		if (out->taint[i] & RW_MASKED)
			return masked_use(rw, NULL, "UNION, INTERSECT or EXCEPT");
	TRY(orders(rw, q->order, q->norder, out, "ORDER BY", &out->all_safe));
	TRY(dbn__rw_expr(rw, q->limit, &taint, &out->all_safe));
	TRY(dbn__rw_expr(rw, q->offset, &taint, &out->all_safe));
	rw->depth--;
	return DBN_OK;
}
