/* SPDX-License-Identifier: MIT */
/*
 * The statements of an entity.  They are written once, so that the plan cache
 * finds them by their text; those that depend on a set of fields are kept in a
 * short list that grows by compare-and-swap and is never shortened.
 */
#include <string.h>

#include "entity/model.h"

void
dbn_model_quote(dbn_str *s, dbn_text name)
{
	dbn_str_addc(s, '"');
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '"')
			dbn_str_addc(s, '"');
		dbn_str_addc(s, name.ptr[i]);
	}
	dbn_str_addc(s, '"');
}

/* "member" or "schema.member". */
static void
quote_table(dbn_str *s, const char *table)
{
	const char *dot;

	while ((dot = strchr(table, '.')) != NULL) {
		dbn_model_quote(s, dbn_text_n(table, (size_t)(dot - table)));
		dbn_str_addc(s, '.');
		table = dot + 1;
	}
	dbn_model_quote(s, dbn_text_z(table));
}

/* Into the model's arena; the text starts anew. */
static bool
keep(dbn_model *m, dbn_str *s, dbn_text *out)
{
	if (s->status != DBN_OK)
		return false;
	*out = dbn_arena_text(&m->arena, dbn_text_n(s->ptr, s->len));
	dbn_str_reset(s);
	return out->ptr != NULL;
}

static void
add_key_where(const dbn_model *m, dbn_str *s)
{
	for (uint32_t i = 0; i < m->nkeys; i++) {
		dbn_str_adds(s, i ? " AND " : " WHERE ");
		dbn_model_quote(s, m->fields[m->keys[i]].column);
		dbn_str_adds(s, " = ?");
	}
}

static void
add_select(const dbn_model *m, dbn_str *s)
{
	dbn_str_adds(s, "SELECT ");
	dbn_str_addt(s, m->columns);
	dbn_str_adds(s, " FROM ");
	dbn_str_addt(s, m->table);
}

/* The other entity may have no model yet, so its declaration is read. */
static dbn_text
column_of(const dbn_entity *e, uint32_t i)
{
	const dbn_field *f = dbn_entity__field(e, i);

	for (const dbn_field_opt *o = f->opts; o->kind != DBN_OPT_END; o++)
		if (o->kind == DBN_OPT_COLUMN)
			return dbn_text_z(o->text);
	return dbn_text_z(f->name);
}

/* SELECT of the other entity by its columns that hold this one's key. */
static void
add_load(dbn_str *s, const dbn_relation *r)
{
	for (uint32_t i = 0; i < r->to->field_count; i++) {
		dbn_str_adds(s, i ? ", " : "SELECT ");
		dbn_model_quote(s, column_of(r->to, i));
	}
	dbn_str_adds(s, " FROM ");
	quote_table(s, r->to->table);
	for (uint32_t i = 0; i < r->ncolumns; i++) {
		dbn_str_adds(s, i ? " AND " : " WHERE ");
		dbn_model_quote(s, column_of(r->to, r->columns[i]));
		dbn_str_adds(s, " = ?");
	}
}

static bool
load_texts(dbn_model *m, dbn_str *s)
{
	m->load = dbn_arena_array(&m->arena, m->e->relation_count + 1, sizeof *m->load);
	if (!m->load)
		return false;
	for (uint32_t i = 0; i < m->e->relation_count; i++) {
		const dbn_relation *r = dbn_entity__relation(m->e, i);

		if (!r->many)
			continue;
		add_load(s, r);
		if (!keep(m, s, &m->load[i]))
			return false;
	}
	return true;
}

bool
dbn_model_texts(dbn_model *m)
{
	bool ok = false;
	dbn_str s;

	dbn_str_init(&s, 0);
	quote_table(&s, m->e->table);
	if (!keep(m, &s, &m->table))
		goto out;
	for (uint32_t i = 0; i < m->nfields; i++) {
		if (i)
			dbn_str_adds(&s, ", ");
		dbn_model_quote(&s, m->fields[i].column);
	}
	if (!keep(m, &s, &m->columns))
		goto out;
	add_select(m, &s);
	if (!keep(m, &s, &m->select))
		goto out;
	add_select(m, &s);
	add_key_where(m, &s);
	if (!keep(m, &s, &m->find))
		goto out;
	dbn_str_addf(&s, "DELETE FROM %s", m->table.ptr);
	if (!keep(m, &s, &m->remove_all))
		goto out;
	dbn_str_addf(&s, "DELETE FROM %s", m->table.ptr);
	add_key_where(m, &s);
	if (!keep(m, &s, &m->remove))
		goto out;
	dbn_str_addf(&s, "SELECT count(*) FROM %s", m->table.ptr);
	if (!keep(m, &s, &m->count))
		goto out;
	ok = load_texts(m, &s);
out:
	dbn_str_free(&s);
	return ok;
}

/* ---- statements by a set of fields ---- */

/* Which fields an insert with this mask has to read back: generated ones, and
 * those whose default only the database knows. */
static bool
reads_back(const dbn_model *m, const bool *mask, uint32_t i)
{
	return m->fields[i].generated || (m->fields[i].open && !mask[i]);
}

static void
add_insert(const dbn_model *m, const bool *mask, dbn_str *s, bool *returning)
{
	bool first = true, back = false;

	dbn_str_addf(s, "INSERT INTO %s", m->table.ptr);
	for (uint32_t i = 0; i < m->nfields; i++) {
		if (reads_back(m, mask, i) && (int32_t)i != m->auto_key)
			back = true;
		if (!mask[i])
			continue;
		dbn_str_adds(s, first ? " (" : ", ");
		first = false;
		dbn_model_quote(s, m->fields[i].column);
	}
	dbn_str_adds(s, first ? " DEFAULT VALUES" : ") VALUES (");
	for (uint32_t i = 0, n = 0; i < m->nfields; i++)
		if (mask[i])
			dbn_str_adds(s, n++ ? ", ?" : "?");
	if (!first)
		dbn_str_addc(s, ')');
	*returning = back;
	if (!back)
		return;
	first = true;
	for (uint32_t i = 0; i < m->nfields; i++) {
		if (!reads_back(m, mask, i))
			continue;
		dbn_str_adds(s, first ? " RETURNING " : ", ");
		first = false;
		dbn_model_quote(s, m->fields[i].column);
	}
}

static void
add_update(const dbn_model *m, const bool *mask, dbn_str *s)
{
	bool first = true;

	dbn_str_addf(s, "UPDATE %s SET ", m->table.ptr);
	for (uint32_t i = 0; i < m->nfields; i++) {
		if (!mask[i])
			continue;
		if (!first)
			dbn_str_adds(s, ", ");
		first = false;
		dbn_model_quote(s, m->fields[i].column);
		dbn_str_adds(s, " = ?");
	}
	add_key_where(m, s);
}

static dbn_model_variant *
variant_new(const dbn_model *m, uint32_t what, const bool *mask)
{
	dbn_model_variant *v = NULL;
	bool returning = false;
	size_t head;
	dbn_str s;

	dbn_str_init(&s, 0);
	if (what == DBN_VARIANT_INSERT)
		add_insert(m, mask, &s, &returning);
	else
		add_update(m, mask, &s);
	head = sizeof *v + m->nfields * sizeof *mask;
	if (s.status == DBN_OK)
		v = dbn_zalloc(head + s.len + 1);
	if (v) {
		v->what = what;
		v->returning = returning;
		memcpy(v->mask, mask, m->nfields * sizeof *mask);
		memcpy((char *)v + head, s.ptr, s.len + 1);
		v->sql = dbn_text_n((char *)v + head, s.len);
	}
	dbn_str_free(&s);
	return v;
}

dbn_status
dbn_model_variant_get(const dbn_model *cm, uint32_t what, const bool *mask,
	const dbn_model_variant **out, dbn_model_variant **own, dbn_error **err)
{
	dbn_model *m;
	dbn_model_variant *v = __atomic_load_n(&cm->variants, __ATOMIC_ACQUIRE);

	*own = NULL;
	for (; v; v = v->next)
		if (v->what == what && memcmp(v->mask, mask, cm->nfields * sizeof *mask) == 0) {
			*out = v;
			return DBN_OK;
		}
	v = variant_new(cm, what, mask);
	if (!v)
		return dbn_fail_nomem(err);
	*out = v;
	memcpy(&m, &cm, sizeof m);     /* the list alone changes, atomically */
	if (__atomic_fetch_add(&m->nvariants, 1, __ATOMIC_RELAXED) >= DBN_ENTITY_VARIANTS_MAX) {
		(void)__atomic_fetch_sub(&m->nvariants, 1, __ATOMIC_RELAXED);
		*own = v;
		return DBN_OK;
	}
	v->next = __atomic_load_n(&m->variants, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&m->variants, &v->next, v, true, __ATOMIC_RELEASE,
		__ATOMIC_RELAXED))
		continue;
	return DBN_OK;
}
