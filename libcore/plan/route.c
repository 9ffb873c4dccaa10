/* SPDX-License-Identifier: MIT */
/*
 * Where a statement runs.  Every table must be placed, every sharded one must
 * have a fact for each column of its key, and all keys must give one shard.
 * Reads the finished tree only; keeps no state.
 */
#include "plan/route_impl.h"

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
place(const dbn__router *r, const dbn_sql_name *n)
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
add_key(dbn__router *r, const dbn_placement *p, const dbn_route_part *parts)
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
		return dbn_fail_nomem(r->err);
	k = &out->keys[out->nkeys];
	k->map = p->map;
	k->nparts = n;
	k->parts = dbn_arena_memdup(r->a, parts, n * sizeof(*parts));
	if (!k->parts)
		return dbn_fail_nomem(r->err);
	out->nkeys++;
	return DBN_OK;
}

/* The ordinal of key column i, where its type suits the key. */
static dbn_status
key_ordinal(dbn__router *r, const dbn_sql_relation *rel, const dbn_placement *p, size_t i,
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
pinned(dbn__router *r, const dbn_sql_from *f, const dbn_placement *p)
{
	dbn_route_part parts[DBN_SHARD_KEY_MAX];
	dbn_status rc = DBN_OK;

	for (size_t i = 0; rc == DBN_OK && i < p->ncolumns; i++) {
		const dbn_route_part *part;
		uint32_t ordinal = 0;

		rc = key_ordinal(r, f->rel, p, i, f->pos, &ordinal);
		if (rc != DBN_OK)
			return rc;
		part = dbn__route_known(r, f, ordinal);
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
	dbn__router *r = (dbn__router *)user;
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
stored(const dbn__router *r, const dbn_sql_expr *e, dbn_route_part *out)
{
	for (uint32_t depth = 0; depth < DBN__ROUTE_DEPTH; depth++) {
		const dbn_route_part *p;
		const dbn_sql_query *q;

		if (dbn__route_constant(r, e, out))
			return true;
		if (!dbn__route_is_column(e))
			return false;
		p = dbn__route_known(r, e->from, e->index);
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
one_row(dbn__router *r, const dbn_placement *p, const uint32_t *at, const dbn_sql_core *c,
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
insert(dbn__router *r, const dbn_placement *p)
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

		/* A part in parentheses has no outputs here: its rows may be of any shard. */
		if (c->kind != DBN_CORE_VALUES)
			rc = one_row(r, p, at, c, NULL);
		for (uint32_t k = 0; rc == DBN_OK && c->kind == DBN_CORE_VALUES && k < c->nrows; k++)
			rc = one_row(r, p, at, c, c->rows[k]);
	}
	return rc;
}

/* ---- the whole ---- */

static dbn_status
keeps_key(dbn__router *r, const dbn_placement *p, const dbn_sql_set *sets, uint32_t n)
{
	const dbn_sql_relation *rel = r->s->target->rel;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < sets[i].ncolumns; k++) {
			const dbn_sql_target *t = &sets[i].columns[k];

			if (t->ordinal < rel->ncolumns && dbn__route_key_column(p, rel->columns[t->ordinal].name))
				return dbn_fail_at(r->err, DBN_E_NO_SHARD, t->pos,
					"Delete the row and insert it with the new key.",
					"column \"%.*s\" is the shard key of table \"%.*s\" and cannot be changed: "
					"the row would have to move", DBN_TEXT_ARG(rel->columns[t->ordinal].name),
					DBN_TEXT_ARG(shown(&rel->name)));
		}
	return DBN_OK;
}

static dbn_status
target(dbn__router *r)
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
fixed(dbn__router *r, const dbn_placement *p, const dbn_touch *t)
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
touch(dbn__router *r, const dbn_touch *t)
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
plan(dbn__router *r)
{
	dbn_sql_stmt *s = (dbn_sql_stmt *)(uintptr_t)r->s; /* the walk replaces nothing */
	const dbn_sql_visitor v = { .query = dbn__route_query, .from = see_from, .user = r };
	const dbn_placement *p = NULL;
	dbn_status rc = DBN_OK;

	for (uint32_t i = 0; rc == DBN_OK && i < r->rw->ntouches; i++)
		rc = touch(r, &r->rw->touches[i]);
	if (rc == DBN_OK && s->target && s->target->rel)
		p = place(r, &s->target->rel->name);
	if (p && p->kind == DBN_PLACE_SHARDED)
		r->target = p;
	if (rc == DBN_OK && (s->kind == DBN_STMT_UPDATE || s->kind == DBN_STMT_DELETE))
		rc = dbn__route_level(r, s->target, s->from, s->where);
	if (rc == DBN_OK)
		rc = dbn_sql_walk(s, &v);
	if (rc == DBN_E_LIMIT && (!r->err || !*r->err))
		rc = dbn__route_too_deep(r);
	return rc == DBN_OK ? target(r) : rc;
}

dbn_status
dbn_route_plan(const dbn_sql_stmt *s, const dbn_rewritten *rw, const dbn_shards *shards,
	dbn_arena *a, dbn_route *out, dbn_error **err)
{
	dbn__router r;
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
