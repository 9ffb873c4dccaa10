/* SPDX-License-Identifier: MIT */
/*
 * What the finished statement touches: by itself, through rules, and through
 * what the database does on its own (views, triggers, foreign keys).  Read from
 * the tree that is printed, not from what the user wrote.
 */
#include "plan/rewrite_impl.h"

#define EFFECTS_MAX 10000

struct touch {
	dbn_touch t;
	uint64_t *reads, *updates;  /* bits per column */
	uint32_t acts;              /* DBN_ACT_.. on the whole */
	bool effect, followed_read, followed_write;
};

struct gather {
	dbn__rw *rw;
	struct touch *v;
	size_t n, cap;
	dbn_index index;            /* of v, by the names */
	size_t last;                /* found */
	dbn_text *functions;
	size_t nfunctions, functions_cap;
	dbn_sql_name *columns;      /* of functions in FROM: "function" . "column" */
	size_t ncolumns, columns_cap;
	dbn_index function_index;
};

static bool
same_name(const dbn__rw *rw, const dbn_sql_name *a, const dbn_sql_name *b)
{
	return dbn__rw_same_table(rw, a->name, b->name) &&
		dbn__rw_same_table(rw, a->schema, b->schema) &&
		dbn_text_eq(a->database, b->database);
}

static struct touch *
touch_of(struct gather *g, const dbn_sql_name *name, const dbn_sql_relation *rel)
{
	struct touch *t;
	size_t words = rel ? (size_t)rel->ncolumns / 64 + 1 : 1;
	uint64_t h;

	if (rel && g->last < g->n && g->v[g->last].t.rel == rel)
		return &g->v[g->last];
	h = dbn_hash_name(name->name, 0);
	for (uint32_t i = dbn_index_first(&g->index, h); i != DBN_INDEX_END;
		i = dbn_index_next(&g->index, i)) {
		t = &g->v[i];
		if ((rel && t->t.rel == rel) || same_name(g->rw, &t->t.name, name)) {
			g->last = i;
			return t;
		}
	}
	if (!dbn_arena_grow(g->rw->a, &g->v, &g->cap, g->n + 1, sizeof(*g->v)) ||
		!dbn_index_add(&g->index, g->rw->a, h))
		return NULL;
	g->last = g->n;
	t = &g->v[g->n++];
	memset(t, 0, sizeof(*t));
	t->t.rel = rel;
	t->t.name = *name;
	t->reads = dbn_arena_zalloc(g->rw->a, words * sizeof(uint64_t));
	t->updates = dbn_arena_zalloc(g->rw->a, words * sizeof(uint64_t));
	return t->reads && t->updates ? t : NULL;
}

/* SQLite tells of a function in FROM as of a table. */
static dbn_status
see_function_column(struct gather *g, const dbn_sql_from *f, uint32_t i)
{
	dbn_sql_name *c;

	if (g->rw->in->dialect->id != DBN_DIALECT_SQLITE || i >= f->ncols)
		return DBN_OK;
	for (size_t k = 0; k < g->ncolumns; k++)
		if (dbn_text_ieq(g->columns[k].schema, f->funcs[0]->text) &&
			dbn_text_eq(g->columns[k].name, f->cols[i].name))
			return DBN_OK;
	if (!dbn_arena_grow(g->rw->a, &g->columns, &g->columns_cap, g->ncolumns + 1,
		sizeof(*g->columns)))
		return dbn__rw_nomem(g->rw);
	c = &g->columns[g->ncolumns++];
	*c = (dbn_sql_name){ { NULL, 0 }, f->funcs[0]->text, f->cols[i].name };
	return DBN_OK;
}

static dbn_status
see_column(struct gather *g, const dbn_sql_expr *e)
{
	const dbn_sql_from *f = e->from;
	struct touch *t;

	if (f && f->kind == DBN_FROM_FUNCTION)
		return see_function_column(g, f, e->index);

	if (!f || f->kind != DBN_FROM_RELATION || !f->rel)
		return DBN_OK;
	t = touch_of(g, &f->rel->name, f->rel);
	if (!t)
		return dbn__rw_nomem(g->rw);
	if (e->index < f->rel->ncolumns)
		t->reads[e->index / 64] |= UINT64_C(1) << (e->index % 64);
	return DBN_OK;
}

static dbn_status
see_function(struct gather *g, dbn_text name)
{
	uint64_t h = dbn_hash_name(name, 0);

	for (uint32_t i = dbn_index_first(&g->function_index, h); i != DBN_INDEX_END;
		i = dbn_index_next(&g->function_index, i))
		if (dbn_text_ieq(g->functions[i], name))
			return DBN_OK;
	if (!dbn_arena_grow(g->rw->a, &g->functions, &g->functions_cap, g->nfunctions + 1,
		sizeof(*g->functions)) || !dbn_index_add(&g->function_index, g->rw->a, h))
		return dbn__rw_nomem(g->rw);
	g->functions[g->nfunctions++] = name;
	return DBN_OK;
}

static dbn_status
see_expr(dbn_sql_expr **e, void *user)
{
	struct gather *g = (struct gather *)user;

	(*e)->flags &= (uint16_t)~RW_RAW;
	if ((*e)->kind == DBN_X_COLUMN)
		return see_column(g, *e);
	if ((*e)->kind == DBN_X_FUNC)
		return see_function(g, (*e)->text);
	if ((*e)->kind == DBN_X_CHAIN) {
		dbn_status rc = DBN_OK;

		for (uint32_t i = 1; rc == DBN_OK && i < (*e)->nargs; i++) {
			uint32_t op = (*e)->ops ? (*e)->ops[i] : (*e)->op;

			if (op == DBN_OP_JSON || op == DBN_OP_JSON_TEXT)
				rc = see_function(g, dbn_text_z(op == DBN_OP_JSON ? "->" : "->>"));
		}
		return rc;
	}
	if ((*e)->kind == DBN_X_LIKE)
		return see_function(g, dbn_text_z((*e)->op == DBN_OP_GLOB ? "glob" : "like"));
	return DBN_OK;
}

static dbn_status
see_every_column(dbn_sql_from **at, void *user)
{
	struct gather *g = (struct gather *)user;
	const dbn_sql_from *f = *at;
	struct touch *t;

	if (f->kind == DBN_FROM_JOIN)
		return DBN_OK;
	if (f->kind != DBN_FROM_RELATION || !f->rel)
		return DBN_SQL_SKIP;
	t = touch_of(g, &f->rel->name, f->rel);
	if (!t)
		return dbn__rw_nomem(g->rw);
	for (uint32_t i = 0; i < f->rel->ncolumns; i++)
		if (!(f->rel->columns[i].flags & DBN_COL_HIDDEN))
			t->reads[i / 64] |= UINT64_C(1) << (i % 64);
	return DBN_OK;
}

/* A join in parentheses: SQLite makes a subquery of it that reads all columns, and
 * says so. */
static dbn_status
see_nested(struct gather *g, dbn_sql_from *join)
{
	dbn_sql_visitor v = { .from = see_every_column, .user = g };

	if (g->rw->in->dialect->id != DBN_DIALECT_SQLITE)
		return DBN_OK;
	if (g->rw->s->from == join) /* UPDATE ... FROM a JOIN b: it puts them there itself */
		return dbn_sql_walk_from(&g->rw->s->from, &v);
	return join->right->kind == DBN_FROM_JOIN ? dbn_sql_walk_from(&join->right, &v) : DBN_OK;
}

static dbn_status
see_from(dbn_sql_from **at, void *user)
{
	struct gather *g = (struct gather *)user;
	dbn_sql_from *f = *at;
	bool mine = f->id != 0;     /* the user's, or the table inside of a virtual relation */
	struct touch *t;

	f->id = 0;
	if (f->kind == DBN_FROM_JOIN)
		return see_nested(g, f);
	if (f->kind != DBN_FROM_RELATION || !f->rel || f == g->rw->s->target)
		return DBN_OK;
	t = touch_of(g, &f->rel->name, f->rel);
	if (!t)
		return dbn__rw_nomem(g->rw);
	t->acts |= DBN_ACT_READ;
	t->t.how |= mine ? DBN_TOUCH_READ : DBN_TOUCH_POLICY;
	t->t.actions |= mine ? DBN_ACT_READ : 0;
	return DBN_OK;
}

/* The descriptions that resolution gave to the queries are copies: put back. */
static dbn_status
see_query(dbn_sql_query *q, void *user)
{
	const struct gather *g = (const struct gather *)user;

	for (uint32_t i = 0; i < q->ncols; i++)
		if (q->cols[i].rel)
			q->cols[i].rel = dbn__rw_true(g->rw, q->cols[i].rel);
	return DBN_OK;
}

static void
see_sets(struct touch *t, const dbn_sql_set *sets, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < sets[i].ncolumns; k++)
			t->updates[sets[i].columns[k].ordinal / 64] |=
				UINT64_C(1) << (sets[i].columns[k].ordinal % 64);
}

static dbn_status
see_target(struct gather *g)
{
	dbn_sql_stmt *s = g->rw->s;
	struct touch *t;
	bool reads = s->where || s->nreturning || s->norder || s->limit;

	if (!s->target)
		return DBN_OK;
	t = touch_of(g, &s->target->rel->name, s->target->rel);
	if (!t)
		return dbn__rw_nomem(g->rw);
	t->t.how |= DBN_TOUCH_WRITE;
	t->acts |= g->rw->action;
	t->t.actions |= g->rw->action;
	if (s->or_action == DBN_OR_REPLACE)
		t->acts |= DBN_ACT_DELETE;
	see_sets(t, s->sets, s->nsets);
	for (uint32_t i = 0; i < s->nupserts; i++) {
		see_sets(t, s->upserts[i].sets, s->upserts[i].nsets);
		if (s->upserts[i].nsets) {
			t->t.actions |= DBN_ACT_UPDATE | DBN_ACT_READ;
			reads = true;
		}
	}
	if (g->rw->s->kind != DBN_STMT_INSERT || reads)
		t->acts |= DBN_ACT_READ;
	if (reads)
		t->t.how |= DBN_TOUCH_READ;
	for (uint32_t i = 0; s->limit && i < s->target->rel->ncolumns; i++) /* SQLite: rows by their keys */
		if (s->target->rel->columns[i].key_part)
			t->reads[i / 64] |= UINT64_C(1) << (i % 64);
	/* A trigger reads the row that sets it off. */
	for (uint32_t i = 0; i < s->target->rel->neffects; i++)
		if (s->target->rel->effects[i].what == DBN_EFFECT_TRIGGER_READS ||
			s->target->rel->effects[i].what == DBN_EFFECT_TRIGGER_WRITES)
			t->acts |= DBN_ACT_READ;
	return DBN_OK;
}

/* ---- effects ---- */

/* through: what stands in front of it is written. */
static dbn_status
add_effect(struct gather *g, const dbn_sql_effect *e, bool through)
{
	const dbn_sql_relation *rel = NULL;
	dbn_error *ignored = NULL;
	struct touch *t;
	bool writes = e->what == DBN_EFFECT_TRIGGER_WRITES || e->what == DBN_EFFECT_CASCADE_DELETE ||
		e->what == DBN_EFFECT_CASCADE_UPDATE;
	dbn_status rc;

	if (!e->on.name.len)
		return DBN_OK;
	if (g->n > EFFECTS_MAX)
		return dbn_fail(g->rw->err, DBN_E_LIMIT, "the statement sets off more than %d effects",
			EFFECTS_MAX);
	rc = g->rw->in->catalog->lookup(g->rw->in->catalog->user, &e->on, &rel, &ignored);
	if (rc != DBN_OK && rc != DBN_E_NOT_FOUND) {
		if (g->rw->err)
			*g->rw->err = ignored;
		else
			dbn_error_free(ignored);
		return rc;
	}
	dbn_error_free(ignored);
	t = touch_of(g, rc == DBN_OK ? &rel->name : &e->on, rc == DBN_OK ? rel : NULL);
	if (!t)
		return dbn__rw_nomem(g->rw);
	t->effect = true;
	t->t.how |= writes || through ? DBN_TOUCH_EFFECT_WRITE : DBN_TOUCH_EFFECT_READ;
	t->acts |= DBN_ACT_READ | (!writes ? 0 : e->what == DBN_EFFECT_CASCADE_DELETE ? DBN_ACT_DELETE
		: e->what == DBN_EFFECT_CASCADE_UPDATE ? DBN_ACT_UPDATE : DBN_ACT_WRITE);
	if (!t->t.by.len)
		t->t.by = e->by;
	return DBN_OK;
}

static bool
happens(const struct touch *t, uint32_t what)
{
	bool writes = t->t.how & (DBN_TOUCH_WRITE | DBN_TOUCH_EFFECT_WRITE);

	return what == DBN_EFFECT_VIEW_READS || writes;
}

/* Breadth first: what is set off sets off more. */
static dbn_status
follow_effects(struct gather *g)
{
	/* Servers write through a view to its table, and through a parent to its parts. */
	bool more = true, servers = g->rw->in->dialect->id != DBN_DIALECT_SQLITE;

	while (more) {
		more = false;
		for (size_t i = 0; i < g->n; i++) {
			const dbn_sql_relation *rel = g->v[i].t.rel;
			bool writes = g->v[i].t.how & (DBN_TOUCH_WRITE | DBN_TOUCH_EFFECT_WRITE);

			if (!rel || g->v[i].followed_write || (g->v[i].followed_read && !writes))
				continue;
			g->v[i].followed_read = true;
			g->v[i].followed_write = writes;
			more = true;
			for (uint32_t k = 0; k < rel->neffects; k++) {
				dbn_status rc = happens(&g->v[i], rel->effects[k].what)
					? add_effect(g, &rel->effects[k], writes && servers &&
					rel->effects[k].what == DBN_EFFECT_VIEW_READS) : DBN_OK;

				if (rc != DBN_OK)
					return rc;
			}
		}
	}
	return DBN_OK;
}

/* ---- results ---- */

struct accesses {
	dbn__rw *rw;
	size_t cap;
};

static dbn_status
add_access(struct accesses *a, uint32_t action, const dbn_sql_name *name, dbn_text column)
{
	dbn_rewritten *out = a->rw->out;
	dbn_access *x;

	if (!dbn_arena_grow(a->rw->a, &out->accesses, &a->cap, (size_t)out->naccesses + 1,
		sizeof(*out->accesses)))
		return dbn__rw_nomem(a->rw);
	x = &out->accesses[out->naccesses++];
	x->struct_size = (uint32_t)sizeof(*x);
	x->action = action;
	x->relation.schema = name->schema;
	x->relation.name = name->name;
	x->column = column;
	return DBN_OK;
}

/* A relation that an effect touches stands without columns; others name each. */
static dbn_status
accesses_of(struct accesses *a, const struct touch *t)
{
	const dbn_text none = { NULL, 0 };
	bool own = t->t.how & (DBN_TOUCH_READ | DBN_TOUCH_WRITE | DBN_TOUCH_POLICY);
	dbn_status rc = DBN_OK;

	for (uint32_t act = DBN_ACT_READ; rc == DBN_OK && act <= DBN_ACT_DELETE; act <<= 1)
		if ((t->acts & act) && (act != DBN_ACT_UPDATE || t->effect))
			rc = add_access(a, act, &t->t.name, none);
	for (uint32_t i = 0; own && t->t.rel && rc == DBN_OK && i < t->t.rel->ncolumns; i++) {
		if (dbn_sql_bit(t->reads, i))
			rc = add_access(a, DBN_ACT_READ, &t->t.name, t->t.rel->columns[i].name);
		if (rc == DBN_OK && dbn_sql_bit(t->updates, i))
			rc = add_access(a, DBN_ACT_UPDATE, &t->t.name, t->t.rel->columns[i].name);
	}
	return rc;
}

static dbn_status
results(struct gather *g)
{
	dbn_rewritten *out = g->rw->out;
	struct accesses a = { g->rw, 0 };
	const dbn_sql_dialect *d = g->rw->in->dialect;
	dbn_status rc = DBN_OK;

	out->touches = dbn_arena_array(g->rw->a, g->n + 1, sizeof(*out->touches));
	if (!out->touches)
		return dbn__rw_nomem(g->rw);
	for (size_t i = 0; rc == DBN_OK && i < g->n; i++) {
		out->touches[out->ntouches++] = g->v[i].t;
		rc = accesses_of(&a, &g->v[i]);
	}
	for (size_t i = 0; rc == DBN_OK && i < g->nfunctions; i++) {
		dbn_sql_name name = { { NULL, 0 }, { NULL, 0 }, g->functions[i] };
		bool table = d->id == DBN_DIALECT_SQLITE && dbn_sql_table_function(d, name.name);

		rc = add_access(&a, table ? DBN_ACT_READ : DBN_ACT_EXECUTE, &name, dbn_text_n(NULL, 0));
	}
	for (size_t i = 0; rc == DBN_OK && i < g->ncolumns; i++) {
		dbn_sql_name name = { { NULL, 0 }, { NULL, 0 }, g->columns[i].schema };

		rc = add_access(&a, DBN_ACT_READ, &name, g->columns[i].name);
	}
	return rc;
}

dbn_status
dbn__rw_touches(dbn__rw *rw)
{
	struct gather g = { .rw = rw };
	dbn_sql_visitor v = { .expr = see_expr, .from = see_from, .query = see_query, .user = &g };
	dbn_status rc = dbn_sql_walk(rw->s, &v);

	if (rc == DBN_E_LIMIT)
		rc = dbn_fail(rw->err, rc, "the statement is nested too deep once rules are added");
	if (rc == DBN_OK)
		rc = see_target(&g);
	if (rc == DBN_OK)
		rc = follow_effects(&g);
	return rc == DBN_OK ? results(&g) : rc;
}
