/* SPDX-License-Identifier: MIT */
/*
 * Where a statement runs.  A query level is read once: the equalities that every
 * row of its result meets give facts ("column c of from-item f is this value"),
 * from the outermost level inwards, so that an inner level may lean on an outer
 * one and never the other way.  Every sharded relation must then have a fact for
 * each column of its key.  Reads the finished tree only; keeps no state.
 */
#include "plan/route.h"

#include "error/error.h"

#define EDGES_MAX 1024
#define DEPTH_MAX DBN_SQL_DEPTH_MAX

typedef struct fact {
	const dbn_sql_from *from;
	uint32_t ordinal, reserved0;
	dbn_route_part part;
} fact;

/* An equality between a column and another, or a constant (b.from NULL). */
typedef struct edge {
	const dbn_sql_expr *a, *b;
} edge;

typedef struct router {
	const dbn_sql_stmt *s;
	const dbn_rewritten *rw;
	const dbn_shards *shards;
	dbn_arena *a;
	dbn_route *out;
	dbn_error **err;
	fact *facts;
	size_t nfacts, facts_cap;
	edge *edges;                /* of the level being read */
	size_t nedges, edges_cap;
	const dbn_sql_from **leaves;
	size_t nleaves, leaves_cap;
	size_t keys_cap;
	const dbn_placement *target; /* SHARDED, or NULL */
	dbn_text single;            /* the table that fixed out->shard */
} router;

static dbn_status
nomem(router *r)
{
	return dbn_fail_nomem(r->err);
}

static dbn_status
too_deep(router *r)
{
	return dbn_fail(r->err, DBN_E_LIMIT, "the statement is nested too deep to be routed");
}

/* ---- placements ---- */

static dbn_text
shown(const dbn_sql_name *n)
{
	return n->name;
}

static bool
dotted(dbn_text t)
{
	return t.len && memchr(t.ptr, '.', t.len);
}

/* NULL: not listed.  A name with a dot in it cannot be told from a qualified one. */
static const dbn_placement *
place(const router *r, const dbn_sql_name *n)
{
	dbn_str t;
	const dbn_placement *p = NULL;

	if (dotted(n->database) || dotted(n->schema) || dotted(n->name))
		return NULL;
	dbn_str_init(&t, 0);
	dbn_str_addf(&t, "%.*s.%.*s.%.*s", DBN_TEXT_ARG(n->database), DBN_TEXT_ARG(n->schema),
		DBN_TEXT_ARG(n->name));
	if (t.status == DBN_OK)
		p = dbn_shards_place(r->shards, dbn_text_n(t.ptr, t.len));
	dbn_str_free(&t);
	return p;
}

/* ---- columns ---- */

static const dbn_sql_column *
column_of(const dbn_sql_from *f, uint32_t ordinal, dbn_type *type)
{
	dbn_sql_outcol oc;

	*type = DBN_NULL;
	if (f->kind == DBN_FROM_RELATION) {
		if (!f->rel || ordinal >= f->rel->ncolumns)
			return NULL;
		*type = f->rel->columns[ordinal].type;
		return &f->rel->columns[ordinal];
	}
	if (f->kind == DBN_FROM_JOIN || !dbn_sql_from_col(f, ordinal, &oc))
		return NULL;
	*type = oc.type;
	return oc.rel && oc.ordinal < oc.rel->ncolumns ? &oc.rel->columns[oc.ordinal] : NULL;
}

/*
 * Are two values that the database takes for equal in this column one key?  Not
 * where letters fold or numbers round.
 */
static bool
exact(const dbn_sql_from *f, uint32_t ordinal)
{
	dbn_type type;
	const dbn_sql_column *c = column_of(f, ordinal, &type);

	switch (type) {
	case DBN_FLOAT: case DBN_DOUBLE:
		return false;
	case DBN_INT64: case DBN_UINT64: case DBN_BOOL:
		return true;
	default:
		return c && (c->flags & DBN_COL_BINARY);
	}
}

static bool
same_type(const dbn_sql_expr *a, const dbn_sql_expr *b)
{
	dbn_type ta, tb;

	(void)column_of(a->from, a->index, &ta);
	(void)column_of(b->from, b->index, &tb);
	return ta == tb;
}

/* ---- constants ---- */

/* A parameter of the user, or a literal. */
static bool
constant(const router *r, const dbn_sql_expr *e, dbn_route_part *out)
{
	memset(out, 0, sizeof(*out));
	if (e->kind == DBN_X_PARAM) {
		out->param = e->index;
		return e->index > 0 && e->index <= r->s->nparams;
	}
	if (e->kind != DBN_X_LITERAL)
		return false;
	out->value = e->value;
	return true;
}

static bool
is_column(const dbn_sql_expr *e)
{
	return e->kind == DBN_X_COLUMN && e->from && !(e->flags & DBN_XF_EXCLUDED);
}

static const dbn_route_part *
known(const router *r, const dbn_sql_from *f, uint32_t ordinal)
{
	for (size_t i = 0; i < r->nfacts; i++)
		if (r->facts[i].from == f && r->facts[i].ordinal == ordinal)
			return &r->facts[i].part;
	return NULL;
}

static bool
key_column(const dbn_placement *p, dbn_text name)
{
	for (size_t i = 0; p && i < p->ncolumns; i++)
		if (dbn_text_ieq(p->columns[i], name))
			return true;
	return false;
}

/* Nothing is said of what an UPDATE may change: RETURNING shows the new value. */
static bool
may_change(const router *r, const dbn_sql_from *f, uint32_t ordinal)
{
	return f == r->s->target && r->s->kind == DBN_STMT_UPDATE &&
		!(ordinal < f->rel->ncolumns && key_column(r->target, f->rel->columns[ordinal].name));
}

static dbn_status
learn(router *r, const dbn_sql_from *f, uint32_t ordinal, const dbn_route_part *part, bool *more)
{
	fact *at;

	if (known(r, f, ordinal) || may_change(r, f, ordinal) || !exact(f, ordinal))
		return DBN_OK;
	if (!dbn_arena_grow(r->a, &r->facts, &r->facts_cap, r->nfacts + 1, sizeof(*r->facts)))
		return nomem(r);
	at = &r->facts[r->nfacts++];
	memset(at, 0, sizeof(*at));
	at->from = f;
	at->ordinal = ordinal;
	at->part = *part;
	*more = true;
	return DBN_OK;
}

/* ---- one level ---- */

static dbn_status
add_edge(router *r, const dbn_sql_expr *a, const dbn_sql_expr *b)
{
	if (!is_column(a)) {
		const dbn_sql_expr *t = a;

		a = b;
		b = t;
	}
	if (!is_column(a) || r->nedges >= EDGES_MAX)
		return DBN_OK;
	if (!dbn_arena_grow(r->a, &r->edges, &r->edges_cap, r->nedges + 1, sizeof(*r->edges)))
		return nomem(r);
	r->edges[r->nedges].a = a;
	r->edges[r->nedges++].b = b;
	return DBN_OK;
}

/* What holds of every row that passes. */
static dbn_status
condition(router *r, const dbn_sql_expr *e, uint32_t depth)
{
	dbn_status rc = DBN_OK;

	if (!e)
		return DBN_OK;
	if (depth > DEPTH_MAX)
		return too_deep(r);
	if (e->kind == DBN_X_CHAIN && e->op == DBN_OP_AND && !e->ops) {
		for (uint32_t i = 0; rc == DBN_OK && i < e->nargs; i++)
			rc = condition(r, e->args[i], depth + 1);
		return rc;
	}
	if (e->kind == DBN_X_IN_LIST && e->nargs == 2 && !(e->flags & DBN_XF_NOT))
		return add_edge(r, e->args[0], e->args[1]);
	if (e->kind != DBN_X_COMPARE || e->op != DBN_OP_EQ)
		return DBN_OK;
	if (e->args[0]->kind != DBN_X_ROW || e->args[1]->kind != DBN_X_ROW)
		return add_edge(r, e->args[0], e->args[1]);
	for (uint32_t i = 0; rc == DBN_OK && i < e->args[0]->nargs && i < e->args[1]->nargs; i++)
		rc = add_edge(r, e->args[0]->args[i], e->args[1]->args[i]);
	return rc;
}

static dbn_status
from_tree(router *r, const dbn_sql_from *f, uint32_t depth)
{
	dbn_status rc;

	if (!f)
		return DBN_OK;
	if (depth > DEPTH_MAX)
		return too_deep(r);
	if (f->kind == DBN_FROM_JOIN) {
		rc = from_tree(r, f->left, depth + 1);
		if (rc == DBN_OK)
			rc = from_tree(r, f->right, depth + 1);
		if (rc == DBN_OK && (f->join == DBN_JOIN_INNER || f->join == DBN_JOIN_COMMA ||
			f->join == DBN_JOIN_CROSS))
			rc = condition(r, f->on, 0);
		return rc;
	}
	if (!dbn_arena_grow(r->a, &r->leaves, &r->leaves_cap, r->nleaves + 1, sizeof(*r->leaves)))
		return nomem(r);
	r->leaves[r->nleaves++] = f;
	return DBN_OK;
}

static bool
mine(const router *r, const dbn_sql_from *f)
{
	for (size_t i = 0; i < r->nleaves; i++)
		if (r->leaves[i] == f)
			return true;
	return false;
}

/* to = e, where to is a column of this level. */
static dbn_status
follow(router *r, const dbn_sql_expr *to, const dbn_sql_expr *e, bool *more)
{
	dbn_route_part part;
	const dbn_route_part *p;

	if (!is_column(to) || !mine(r, to->from))
		return DBN_OK;
	if (constant(r, e, &part))
		return learn(r, to->from, to->index, &part, more);
	if (!is_column(e) || !same_type(to, e))
		return DBN_OK;
	p = known(r, e->from, e->index);
	if (!p)
		return DBN_OK;
	part = *p;
	return learn(r, to->from, to->index, &part, more);
}

/* ---- into derived tables ---- */

/* A function that sees more than its row, or may. */
static dbn_status
sees_more(dbn_sql_expr **at, void *user)
{
	const router *r = (const router *)user;
	const dbn_sql_expr *e = *at;

	if (e->kind != DBN_X_FUNC)
		return DBN_OK;
	if (e->call)
		return DBN_E_UNSUPPORTED;
	for (uint32_t i = 0; i < r->rw->result.nfuncs; i++) {
		const dbn_sql_func_use *u = &r->rw->result.funcs[i];

		if (u->expr == e)
			return !u->fact || (u->fact->flags & DBN_FN_WINDOW) ||
				((u->fact->flags & DBN_FN_AGGREGATE) &&
				!((u->fact->flags & DBN_FN_MINMAX) && e->nargs > 1)) ? DBN_E_UNSUPPORTED : DBN_OK;
	}
	return DBN_OK; /* a rule's: those see their row alone */
}

static bool
unlimited(const dbn_sql_query *q)
{
	return !q->offset && (!q->limit || (q->limit->kind == DBN_X_LITERAL &&
		q->limit->value.type == DBN_INT64 && q->limit->value.u.i64 < 0));
}

/* Is a condition on its outputs one on its rows?  Not where a row of the result
 * depends on rows that the condition would drop. */
static bool
transparent(router *r, dbn_sql_query *q)
{
	const dbn_sql_visitor v = { .expr = sees_more, .user = r };

	if (!unlimited(q))
		return false;
	for (uint32_t i = 0; i < q->norder; i++)
		if (q->order[i].expr && dbn_sql_walk_expr(&q->order[i].expr, &v) != DBN_OK)
			return false;
	for (uint32_t i = 0; i < q->ncores; i++) {
		dbn_sql_core *c = q->cores[i];

		if (c->kind != DBN_CORE_SELECT || c->ngroup || c->having || c->nwindows)
			return false;
		for (uint32_t k = 0; k < c->nitems; k++)
			if (dbn_sql_walk_expr(&c->items[k].expr, &v) != DBN_OK)
				return false;
	}
	return true;
}

static bool
leaf_of(const dbn_sql_from *tree, const dbn_sql_from *f, uint32_t depth)
{
	if (!tree || depth > DEPTH_MAX)
		return false;
	if (tree->kind != DBN_FROM_JOIN)
		return tree == f;
	return leaf_of(tree->left, f, depth + 1) || leaf_of(tree->right, f, depth + 1);
}

static dbn_status
push(router *r, const dbn_sql_from *f)
{
	dbn_status rc = DBN_OK;
	size_t n = r->nfacts;
	bool more;

	for (size_t i = 0; rc == DBN_OK && i < n; i++) {
		fact given = r->facts[i];

		for (uint32_t k = 0; given.from == f && rc == DBN_OK && k < f->query->ncores; k++) {
			const dbn_sql_core *c = f->query->cores[k];
			const dbn_sql_expr *e = given.ordinal < c->nitems ? c->items[given.ordinal].expr : NULL;
			dbn_type outer, inner;

			(void)column_of(f, given.ordinal, &outer);
			if (!e || !is_column(e))
				continue;
			(void)column_of(e->from, e->index, &inner);
			if (inner == outer && leaf_of(c->from, e->from, 0))
				rc = learn(r, e->from, e->index, &given.part, &more);
		}
	}
	return rc;
}

static dbn_status
level(router *r, const dbn_sql_from *target, const dbn_sql_from *from, const dbn_sql_expr *where)
{
	bool more = true;
	dbn_status rc;

	r->nedges = r->nleaves = 0;
	rc = from_tree(r, target, 0);
	if (rc == DBN_OK)
		rc = from_tree(r, from, 0);
	if (rc == DBN_OK)
		rc = condition(r, where, 0);
	while (rc == DBN_OK && more) {
		more = false;
		for (size_t i = 0; rc == DBN_OK && i < r->nedges; i++) {
			rc = follow(r, r->edges[i].a, r->edges[i].b, &more);
			if (rc == DBN_OK)
				rc = follow(r, r->edges[i].b, r->edges[i].a, &more);
		}
	}
	for (size_t i = 0; rc == DBN_OK && i < r->nleaves; i++)
		if (r->leaves[i]->kind == DBN_FROM_QUERY && transparent(r, r->leaves[i]->query))
			rc = push(r, r->leaves[i]);
	return rc;
}

static dbn_status
see_query(dbn_sql_query *q, void *user)
{
	router *r = (router *)user;
	dbn_status rc = DBN_OK;

	for (uint32_t i = 0; rc == DBN_OK && i < q->ncores; i++)
		if (q->cores[i]->kind == DBN_CORE_SELECT)
			rc = level(r, NULL, q->cores[i]->from, q->cores[i]->where);
	return rc;
}

/* ---- keys ---- */

static bool
same_part(const dbn_route_part *a, const dbn_route_part *b)
{
	if (a->param || b->param)
		return a->param == b->param;
	return a->value.type == DBN_INT64 && b->value.type == DBN_INT64 &&
		a->value.u.i64 == b->value.u.i64;
}

static dbn_status
add_key(router *r, const dbn_placement *p, const dbn_route_part *parts)
{
	dbn_route *out = r->out;
	dbn_route_key *k;
	uint32_t n = (uint32_t)p->ncolumns;

	for (uint32_t i = 0; i < out->nkeys && i < 64; i++) {
		uint32_t same = 0;

		while (out->keys[i].map == p->map && same < n && same_part(&out->keys[i].parts[same],
			&parts[same]))
			same++;
		if (same == n)
			return DBN_OK;
	}
	if (!dbn_arena_grow(r->a, &out->keys, &r->keys_cap, (size_t)out->nkeys + 1, sizeof(*out->keys)))
		return nomem(r);
	k = &out->keys[out->nkeys];
	k->map = p->map;
	k->nparts = n;
	k->parts = dbn_arena_memdup(r->a, parts, n * sizeof(*parts));
	if (!k->parts)
		return nomem(r);
	out->nkeys++;
	return DBN_OK;
}

/* The ordinal of key column i, where its type suits the key. */
static dbn_status
key_ordinal(router *r, const dbn_sql_relation *rel, const dbn_placement *p, size_t i,
	uint32_t pos, uint32_t *out)
{
	const dbn_sql_column *c = NULL;

	for (*out = 0; *out < rel->ncolumns; ++*out)
		if (dbn_text_ieq(rel->columns[*out].name, p->columns[i])) {
			c = &rel->columns[*out];
			break;
		}
	if (!c)
		return dbn_fail_at(r->err, DBN_E_NO_SHARD, pos, "Correct the table's shard key.",
			"table \"%.*s\" has no column \"%.*s\", which is its shard key",
			DBN_TEXT_ARG(shown(&rel->name)), DBN_TEXT_ARG(p->columns[i]));
	if (p->types[i] == DBN_TEXT ? (c->type != DBN_TEXT && c->type != DBN_ENUM &&
		c->type != DBN_NULL) || !(c->flags & DBN_COL_BINARY) : c->type == DBN_DOUBLE ||
		c->type == DBN_FLOAT)
		return dbn_fail_at(r->err, DBN_E_NO_SHARD, pos,
			"A key column must compare exactly: no folding of case, no rounding.",
			"column \"%.*s\" of table \"%.*s\" does not compare as its shard key does",
			DBN_TEXT_ARG(c->name), DBN_TEXT_ARG(shown(&rel->name)));
	return DBN_OK;
}

static dbn_status
pinned(router *r, const dbn_sql_from *f, const dbn_placement *p)
{
	dbn_route_part parts[DBN_SHARD_KEY_MAX];
	dbn_status rc = DBN_OK;

	for (size_t i = 0; rc == DBN_OK && i < p->ncolumns; i++) {
		const dbn_route_part *part;
		uint32_t ordinal = 0;

		rc = key_ordinal(r, f->rel, p, i, f->pos, &ordinal);
		if (rc != DBN_OK)
			return rc;
		part = known(r, f, ordinal);
		if (!part)
			return dbn_fail_at(r->err, DBN_E_NO_SHARD, f->pos,
				"Add \"AND <table>.<key> = ?\" to the WHERE of the query that reads it.",
				"table \"%.*s\" is sharded and its key \"%.*s\" is not pinned: no condition that "
				"always holds says it equals a parameter or literal",
				DBN_TEXT_ARG(shown(&f->rel->name)), DBN_TEXT_ARG(p->columns[i]));
		parts[i] = *part;
	}
	return add_key(r, p, parts);
}

static dbn_status
see_from(dbn_sql_from **at, void *user)
{
	router *r = (router *)user;
	const dbn_placement *p;

	if ((*at)->kind != DBN_FROM_RELATION || !(*at)->rel)
		return DBN_OK;
	if (*at == r->s->target && r->s->kind == DBN_STMT_INSERT)
		return DBN_OK;
	p = place(r, &(*at)->rel->name);
	return p && p->kind == DBN_PLACE_SHARDED ? pinned(r, *at, p) : DBN_OK;
}

/* ---- INSERT ---- */

/* A stored value as a constant, through derived tables of one row source. */
static bool
stored(const router *r, const dbn_sql_expr *e, dbn_route_part *out)
{
	for (uint32_t depth = 0; depth < DEPTH_MAX; depth++) {
		const dbn_route_part *p;
		const dbn_sql_query *q;

		if (constant(r, e, out))
			return true;
		if (!is_column(e))
			return false;
		p = known(r, e->from, e->index);
		if (p) {
			*out = *p;
			return true;
		}
		q = e->from->kind == DBN_FROM_QUERY ? e->from->query : NULL;
		if (!q || (e->from->flags & DBN_FF_NULLABLE) || q->ncores != 1 ||
			q->cores[0]->kind != DBN_CORE_SELECT || e->index >= q->cores[0]->nitems)
			return false;
		e = q->cores[0]->items[e->index].expr;
	}
	return false;
}

static dbn_status
one_row(router *r, const dbn_placement *p, const uint32_t *at, const dbn_sql_core *c,
	const dbn_sql_expr *row)
{
	dbn_route_part parts[DBN_SHARD_KEY_MAX];

	for (size_t i = 0; i < p->ncolumns; i++) {
		const dbn_sql_expr *e = row ? (at[i] < row->nargs ? row->args[at[i]] : NULL)
			: at[i] < c->nitems ? c->items[at[i]].expr : NULL;

		if (!e || !stored(r, e, &parts[i]))
			return dbn_fail_at(r->err, DBN_E_NO_SHARD, e ? e->pos : r->s->pos,
				"Give the key as a parameter or a literal in every row.",
				"insert into table \"%.*s\": the value of its shard key \"%.*s\" is not a "
				"parameter or literal", DBN_TEXT_ARG(shown(&r->s->target->rel->name)),
				DBN_TEXT_ARG(p->columns[i]));
	}
	return add_key(r, p, parts);
}

static dbn_status
insert(router *r, const dbn_placement *p)
{
	const dbn_sql_stmt *s = r->s;
	uint32_t at[DBN_SHARD_KEY_MAX], ordinal = 0;
	dbn_status rc = DBN_OK;

	for (size_t i = 0; i < p->ncolumns; i++) {
		rc = key_ordinal(r, s->target->rel, p, i, s->target->pos, &ordinal);
		if (rc != DBN_OK)
			return rc;
		at[i] = 0;
		while (s->query && at[i] < s->ncolumns && s->columns[at[i]].ordinal != ordinal)
			at[i]++;
		if (!s->query || at[i] == s->ncolumns)
			return dbn_fail_at(r->err, DBN_E_NO_SHARD, s->target->pos,
				"Name the key column and give its value: the database cannot choose the shard.",
				"insert into table \"%.*s\" gives no value for its shard key \"%.*s\"",
				DBN_TEXT_ARG(shown(&s->target->rel->name)), DBN_TEXT_ARG(p->columns[i]));
	}
	for (uint32_t i = 0; rc == DBN_OK && i < s->query->ncores; i++) {
		const dbn_sql_core *c = s->query->cores[i];

		if (c->kind == DBN_CORE_SELECT)
			rc = one_row(r, p, at, c, NULL);
		for (uint32_t k = 0; rc == DBN_OK && c->kind == DBN_CORE_VALUES && k < c->nrows; k++)
			rc = one_row(r, p, at, c, c->rows[k]);
	}
	return rc;
}

/* ---- the whole ---- */

static dbn_status
keeps_key(router *r, const dbn_placement *p, const dbn_sql_set *sets, uint32_t n)
{
	const dbn_sql_relation *rel = r->s->target->rel;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < sets[i].ncolumns; k++) {
			const dbn_sql_target *t = &sets[i].columns[k];

			if (t->ordinal < rel->ncolumns && key_column(p, rel->columns[t->ordinal].name))
				return dbn_fail_at(r->err, DBN_E_NO_SHARD, t->pos,
					"Delete the row and insert it with the new key.",
					"column \"%.*s\" is the shard key of table \"%.*s\" and cannot be changed: "
					"the row would have to move", DBN_TEXT_ARG(rel->columns[t->ordinal].name),
					DBN_TEXT_ARG(shown(&rel->name)));
		}
	return DBN_OK;
}

static dbn_status
target(router *r)
{
	const dbn_sql_stmt *s = r->s;
	dbn_status rc = DBN_OK;

	if (!r->target)
		return DBN_OK;
	rc = keeps_key(r, r->target, s->sets, s->nsets);
	for (uint32_t i = 0; rc == DBN_OK && i < s->nupserts; i++)
		rc = keeps_key(r, r->target, s->upserts[i].sets, s->upserts[i].nsets);
	if (rc == DBN_OK && s->kind == DBN_STMT_INSERT)
		rc = insert(r, r->target);
	return rc;
}

/* Rows that a foreign key deletes or asks for are in this database by that key. */
static bool
by_foreign_key(const dbn_rewritten *rw, const dbn_touch *t)
{
	bool found = false;

	for (uint32_t i = 0; i < rw->ntouches; i++) {
		const dbn_sql_relation *rel = rw->touches[i].rel;

		for (uint32_t k = 0; rel && k < rel->neffects; k++) {
			const dbn_sql_effect *e = &rel->effects[k];

			if (!dbn_text_ieq(e->on.name, t->name.name))
				continue;
			if (e->what != DBN_EFFECT_CASCADE_DELETE && e->what != DBN_EFFECT_FK_READS)
				return false;
			found = true;
		}
	}
	return found;
}

static dbn_status
fixed(router *r, const dbn_placement *p, const dbn_touch *t)
{
	if (r->out->shard != UINT32_MAX && r->out->shard != p->shard)
		return dbn_fail_hint(r->err, DBN_E_NO_SHARD, "Run one statement for each shard.",
			"table \"%.*s\" is on shard \"%.*s\" and table \"%.*s\" on shard \"%.*s\"",
			DBN_TEXT_ARG(r->single), DBN_TEXT_ARG(dbn_shards_name(r->shards, r->out->shard)),
			DBN_TEXT_ARG(t->name.name), DBN_TEXT_ARG(dbn_shards_name(r->shards, p->shard)));
	r->out->shard = p->shard;
	r->single = t->name.name;
	return DBN_OK;
}

static dbn_status
touch(router *r, const dbn_touch *t)
{
	const dbn_placement *p = place(r, &t->name);
	const uint32_t effect = DBN_TOUCH_EFFECT_READ | DBN_TOUCH_EFFECT_WRITE;

	if (!p)
		return dbn_fail_hint(r->err, DBN_E_NO_SHARD,
			"List it under the shards' tables: sharded, reference or single.",
			"table \"%.*s\" is not placed on any shard", DBN_TEXT_ARG(t->name.name));
	if (p->kind == DBN_PLACE_REFERENCE && (t->how & (DBN_TOUCH_WRITE | DBN_TOUCH_EFFECT_WRITE)))
		return dbn_fail_hint(r->err, DBN_E_NO_SHARD, "Write it on each shard, from outside.",
			"table \"%.*s\" is a reference table, the same on every shard, and cannot be written",
			DBN_TEXT_ARG(t->name.name));
	if (p->kind == DBN_PLACE_SINGLE)
		return fixed(r, p, t);
	if (p->kind == DBN_PLACE_SHARDED && (t->how & effect) && !by_foreign_key(r->rw, t))
		return dbn_fail_hint(r->err, DBN_E_NO_SHARD,
			"Use the table itself, with its key, and not what stands in front of it.",
			"table \"%.*s\" is sharded and reached through \"%.*s\", which says nothing of its "
			"key \"%.*s\"", DBN_TEXT_ARG(t->name.name), DBN_TEXT_ARG(t->by),
			DBN_TEXT_ARG(p->columns[0]));
	return DBN_OK;
}

static dbn_status
plan(router *r)
{
	dbn_sql_stmt *s = (dbn_sql_stmt *)(uintptr_t)r->s; /* the walk replaces nothing */
	const dbn_sql_visitor v = { .query = see_query, .from = see_from, .user = r };
	const dbn_placement *p = NULL;
	dbn_status rc = DBN_OK;

	for (uint32_t i = 0; rc == DBN_OK && i < r->rw->ntouches; i++)
		rc = touch(r, &r->rw->touches[i]);
	if (rc == DBN_OK && s->target && s->target->rel)
		p = place(r, &s->target->rel->name);
	if (p && p->kind == DBN_PLACE_SHARDED)
		r->target = p;
	if (rc == DBN_OK && (s->kind == DBN_STMT_UPDATE || s->kind == DBN_STMT_DELETE))
		rc = level(r, s->target, s->from, s->where);
	if (rc == DBN_OK)
		rc = dbn_sql_walk(s, &v);
	if (rc == DBN_E_LIMIT && (!r->err || !*r->err))
		rc = too_deep(r);
	return rc == DBN_OK ? target(r) : rc;
}

dbn_status
dbn_route_plan(const dbn_sql_stmt *s, const dbn_rewritten *rw, const dbn_shards *shards,
	dbn_arena *a, dbn_route *out, dbn_error **err)
{
	router r;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	memset(out, 0, sizeof(*out));
	out->shard = UINT32_MAX;
	if (!shards)
		return DBN_OK;
	memset(&r, 0, sizeof(r));
	r.s = s;
	r.rw = rw;
	r.shards = shards;
	r.a = a;
	r.out = out;
	r.err = err;
	rc = plan(&r);
	out->kind = out->nkeys ? DBN_ROUTE_KEYS : out->shard != UINT32_MAX ? DBN_ROUTE_FIXED
		: DBN_ROUTE_ANY;
	return rc;
}

/* ---- one execution ---- */

static dbn_status
meet(const dbn_shards *shards, uint32_t now, uint32_t *shard, dbn_error **err)
{
	if (*shard != UINT32_MAX && *shard != now)
		return dbn_fail_hint(err, DBN_E_NO_SHARD, "Run one statement for each shard.",
			"the keys of the statement are on shard \"%.*s\" and on shard \"%.*s\"",
			DBN_TEXT_ARG(dbn_shards_name(shards, *shard)),
			DBN_TEXT_ARG(dbn_shards_name(shards, now)));
	*shard = now;
	return DBN_OK;
}

/* A list stands for each of its values; with other columns beside it, for one. */
static dbn_status
find_key(const dbn_route_key *k, const dbn_shards *shards, const dbn_value *args, size_t nargs,
	uint32_t *shard, dbn_error **err)
{
	dbn_value key[DBN_SHARD_KEY_MAX];
	const dbn_value *at = key;
	uint64_t n = 1;
	dbn_status rc = DBN_OK;

	for (uint32_t i = 0; i < k->nparts; i++) {
		if (k->parts[i].param > nargs)
			return dbn_fail(err, DBN_E_INVALID, "the statement has no value for parameter %u",
				k->parts[i].param);
		key[i] = k->parts[i].param ? args[k->parts[i].param - 1] : k->parts[i].value;
		if (key[i].type != DBN_LIST)
			continue;
		if (!key[i].len || (key[i].len != 1 && k->nparts != 1))
			return dbn_fail_hint(err, DBN_E_NO_SHARD, "Give one value.",
				"a list of %llu values cannot be a part of a key of shard map \"%.*s\"",
				(unsigned long long)key[i].len, DBN_TEXT_ARG(dbn_shards_map_name(shards, k->map)));
		n = key[i].len;
		if (n == 1)
			key[i] = *(const dbn_value *)key[i].u.ptr;
		else
			at = (const dbn_value *)key[i].u.ptr;
	}
	for (uint64_t i = 0; rc == DBN_OK && i < n; i++) {
		uint32_t now = 0;

		rc = dbn_shard_route(shards, k->map, at + i, k->nparts, &now, err);
		if (rc == DBN_OK)
			rc = meet(shards, now, shard, err);
	}
	return rc;
}

dbn_status
dbn_route_find(const dbn_route *r, const dbn_shards *shards, const dbn_value *args, size_t nargs,
	uint32_t *shard, dbn_error **err)
{
	uint32_t at = r->shard;
	dbn_status rc = DBN_OK;

	DBN_ERR_CLEAR(err);
	*shard = 0;
	if (r->kind == DBN_ROUTE_ANY)
		return DBN_OK;
	for (uint32_t i = 0; rc == DBN_OK && i < r->nkeys; i++)
		rc = find_key(&r->keys[i], shards, args, nargs, &at, err);
	if (rc == DBN_OK)
		*shard = at;
	return rc;
}
