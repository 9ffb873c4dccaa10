/* SPDX-License-Identifier: MIT */
/*
 * Conditions: combining them, and printing them as SQL.  A condition is data of
 * the caller in postfix order; nothing in it is believed before it is checked.
 */
#include <string.h>

#include "entity/model.h"

static void
append(dbn_cond *out, const dbn_cond *c)
{
	if (c->struct_size != sizeof *c || c->overflow ||
		out->nleaves + c->nleaves > DBN_COND_LEAVES ||
		out->ncodes + c->ncodes > DBN_COND_CODES) {
		/* an empty condition stays an empty one */
		if (c->struct_size != sizeof *c)
			out->struct_size = 0;
		out->overflow = 1;
		return;
	}
	for (unsigned i = 0; i < c->ncodes; i++)
		out->codes[out->ncodes + i] = (uint8_t)(c->codes[i] < DBN_COND_LEAVES
			? c->codes[i] + out->nleaves : c->codes[i]);
	memcpy(out->leaves + out->nleaves, c->leaves, c->nleaves * sizeof *c->leaves);
	out->nleaves = (uint8_t)(out->nleaves + c->nleaves);
	out->ncodes = (uint8_t)(out->ncodes + c->ncodes);
}

void
dbn_cond_combine(dbn_cond *out, const dbn_cond *a, const dbn_cond *b, uint32_t how)
{
	out->struct_size = (uint32_t)sizeof *out;
	out->nleaves = out->ncodes = out->overflow = out->reserved0 = 0;
	append(out, a);
	if (b)
		append(out, b);
	if (out->ncodes == DBN_COND_CODES) {
		out->overflow = 1;
		return;
	}
	out->codes[out->ncodes++] = (uint8_t)how;
}

/* ---- printing ---- */

static dbn_status
malformed(const dbn_model *m, dbn_error **err)
{
	return dbn_fail_hint(err, DBN_E_INVALID, "Make conditions with the generated functions.",
		"%s: not a condition", m->e->name);
}

static const char *
op_text(uint32_t op)
{
	switch (op) {
	case DBN_EQ:
		return " = ?";
	case DBN_NE:
		return " <> ?";
	case DBN_LT:
		return " < ?";
	case DBN_LE:
		return " <= ?";
	case DBN_GT:
		return " > ?";
	case DBN_GE:
		return " >= ?";
	case DBN_LIKE:
		return " LIKE ?";
	case DBN_NOT_LIKE:
		return " NOT LIKE ?";
	case DBN__OP_IN:
		return " IN (?)";
	case DBN__OP_IS_NULL:
		return " IS NULL";
	case DBN__OP_IS_SET:
		return " IS NOT NULL";
	default:
		return NULL;
	}
}

/* The value of a leaf; a uuid is borrowed from it. */
static dbn_value
leaf_value(uint32_t kind, const dbn_cond_leaf *l)
{
	dbn_value v;

	switch (kind) {
	case DBN_FIELD_BOOL:
		return dbn_v_bool(l->u.i64 != 0);
	case DBN_FIELD_INT32:
	case DBN_FIELD_INT64:
		return dbn_v_i64(l->u.i64);
	case DBN_FIELD_DOUBLE:
		return dbn_v_f64(l->u.f64);
	case DBN_FIELD_DATE:
		return dbn_date_of(l->u.i64);
	case DBN_FIELD_TIMESTAMP:
		return dbn_timestamp_of(l->u.i64);
	case DBN_FIELD_TIMESTAMPTZ:
		return dbn_timestamptz_of(l->u.i64);
	case DBN_FIELD_UUID:
		return dbn_uuid_of(l->u.uuid);
	case DBN_FIELD_BYTES:
		return l->u.ptr ? dbn_bytes_of(l->u.ptr, (size_t)l->n) : dbn_v_null(NULL);
	default:
		v = dbn_v_text(l->u.ptr);
		if (v.type == DBN_TEXT)
			v.type = kind == DBN_FIELD_DECIMAL ? (dbn_type)DBN_DECIMAL
				: kind == DBN_FIELD_JSON ? (dbn_type)DBN_JSON : (dbn_type)DBN_TEXT;
		return v;
	}
}

static size_t
plain_size(uint32_t kind)
{
	switch (kind) {
	case DBN_FIELD_BOOL:
		return sizeof(bool);
	case DBN_FIELD_INT32:
		return sizeof(int32_t);
	case DBN_FIELD_BYTES:
		return sizeof(dbn_bytes);
	case DBN_FIELD_UUID:
		return sizeof(dbn_uuid);
	case DBN_FIELD_TEXT:
	case DBN_FIELD_DECIMAL:
	case DBN_FIELD_JSON:
		return sizeof(const char *);
	default:
		return sizeof(int64_t); /* int64, double, date, timestamps */
	}
}

/* The caller's array as a list value; a field that is not nullable reads it. */
static dbn_status
leaf_list(const dbn_model *m, const dbn_model_field *f, const dbn_cond_leaf *l, dbn_arena *a,
	dbn_value *out, dbn_error **err)
{
	dbn_model_field item = { .kind = f->kind };
	dbn_value *values = dbn_arena_array(a, (size_t)l->n, sizeof *values);

	if (!values)
		return dbn_fail_nomem(err);
	for (size_t i = 0; i < l->n; i++) {
		values[i] = dbn_model_field_get(&item,
			(const char *)l->u.ptr + i * plain_size(f->kind));
		if (values[i].type == DBN_NULL)
			return dbn_model_fail(m, f, DBN_E_INVALID, "NULL is never equal to anything.",
				err, "%s.%s: a list with NULL in it", m->e->name, f->name);
	}
	*out = dbn_list_of(values, (size_t)l->n);
	return DBN_OK;
}

static dbn_status
check_op(const dbn_model *m, const dbn_model_field *f, uint32_t op, dbn_error **err)
{
	bool like = op == DBN_LIKE || op == DBN_NOT_LIKE;

	if (!op_text(op))
		return dbn_model_fail(m, f, DBN_E_INVALID, NULL, err, "%s.%s: unknown comparison %u",
			m->e->name, f->name, op);
	if ((like && f->kind != DBN_FIELD_TEXT) ||
		(f->kind == DBN_FIELD_BOOL && op >= DBN_LT && op <= DBN_GE))
		return dbn_model_fail(m, f, DBN_E_INVALID, NULL, err,
			"%s.%s: the comparison does not go with the type of the field", m->e->name,
			f->name);
	return DBN_OK;
}

static dbn_status
add_leaf(const dbn_model *m, const dbn_cond_leaf *l, dbn_str *sql, dbn_arena *a, dbn_value *values,
	size_t *n, dbn_error **err)
{
	const dbn_model_field *f;
	dbn_status rc;

	if (l->field >= m->nfields)
		return malformed(m, err);
	f = &m->fields[l->field];
	rc = check_op(m, f, l->op, err);
	if (rc != DBN_OK)
		return rc;
	if (l->op == DBN__OP_IN && l->n == 0) {
		dbn_str_adds(sql, "1 = 0");
		return DBN_OK;
	}
	dbn_model_quote(sql, f->column);
	dbn_str_adds(sql, op_text(l->op));
	if (l->op == DBN__OP_IS_NULL || l->op == DBN__OP_IS_SET)
		return DBN_OK;
	if (l->op == DBN__OP_IN)
		return leaf_list(m, f, l, a, &values[(*n)++], err);
	values[*n] = leaf_value(f->kind, l);
	if (values[*n].type == DBN_NULL)
		return dbn_model_fail(m, f, DBN_E_INVALID, "Use the _is_null condition.", err,
			"%s.%s: compared with NULL, which nothing equals", m->e->name, f->name);
	(*n)++;
	return DBN_OK;
}

/* For each code, where its own part of the postfix begins; false: malformed. */
static bool
spans(const dbn_cond *c, uint8_t *begin)
{
	uint8_t stack[DBN_COND_CODES];
	unsigned depth = 0;

	if (!c->ncodes || c->ncodes > DBN_COND_CODES || c->nleaves > DBN_COND_LEAVES)
		return false;
	for (uint8_t i = 0; i < c->ncodes; i++) {
		switch (c->codes[i]) {
		case DBN__COND_AND:
		case DBN__COND_OR:
			if (depth < 2)
				return false;
			depth--;
			begin[i] = stack[depth - 1];
			break;
		case DBN__COND_NOT:
			if (depth < 1)
				return false;
			begin[i] = stack[depth - 1];
			break;
		default:
			if (c->codes[i] != DBN__COND_EVERY && c->codes[i] >= c->nleaves)
				return false;
			begin[i] = i;
			stack[depth++] = i;
			break;
		}
	}
	return depth == 1;
}

enum { EMIT_AND = 100, EMIT_OR = 101, EMIT_CLOSE = 102 }; /* otherwise: the number of a code */

/* Left, word, right: pushed in reverse. */
static void
push_pair(uint8_t *todo, unsigned *n, uint8_t i, const uint8_t *begin, uint8_t word)
{
	uint8_t right = (uint8_t)(i - 1), left = (uint8_t)(begin[right] - 1);

	todo[(*n)++] = EMIT_CLOSE;
	todo[(*n)++] = right;
	todo[(*n)++] = word;
	todo[(*n)++] = left;
}

static dbn_status
print_cond(const dbn_model *m, const dbn_cond *c, const uint8_t *begin, dbn_str *sql, dbn_arena *a,
	dbn_value *values, size_t *nvalues, dbn_error **err)
{
	uint8_t todo[3 * DBN_COND_CODES + 4];
	unsigned n = 0;
	dbn_status rc = DBN_OK;

	todo[n++] = (uint8_t)(c->ncodes - 1);
	while (n && rc == DBN_OK) {
		uint8_t i = todo[--n];

		if (i >= EMIT_AND) {
			dbn_str_adds(sql, i == EMIT_AND ? " AND " : i == EMIT_OR ? " OR " : ")");
			continue;
		}
		switch (c->codes[i]) {
		case DBN__COND_AND:
		case DBN__COND_OR:
			dbn_str_addc(sql, '(');
			push_pair(todo, &n, i, begin,
				c->codes[i] == DBN__COND_AND ? EMIT_AND : EMIT_OR);
			break;
		case DBN__COND_NOT:
			dbn_str_adds(sql, "(NOT ");
			todo[n++] = EMIT_CLOSE;
			todo[n++] = (uint8_t)(i - 1);
			break;
		case DBN__COND_EVERY:
			dbn_str_adds(sql, "1 = 1");
			break;
		default:
			rc = add_leaf(m, &c->leaves[c->codes[i]], sql, a, values, nvalues, err);
			break;
		}
	}
	return rc;
}

dbn_status
dbn_model_where(const dbn_model *m, const dbn_cond *c, dbn_str *sql, dbn_arena *a,
	dbn_value *values, size_t *nvalues, dbn_error **err)
{
	uint8_t begin[DBN_COND_CODES];

	*nvalues = 0;
	if (!c)
		return DBN_OK;
	if (c->struct_size == 0)
		return dbn_fail_hint(err, DBN_E_INVALID,
			"Every record is meant by the generated _every condition.",
			"%s: the condition is empty", m->e->name);
	if (c->overflow)
		return dbn_fail_hint(err, DBN_E_LIMIT, "Use the _in conditions, or a query builder.",
			"%s: a condition of more than %d comparisons", m->e->name, DBN_COND_LEAVES);
	if (c->struct_size != sizeof *c || !spans(c, begin))
		return malformed(m, err);
	if (c->ncodes == 1 && c->codes[0] == DBN__COND_EVERY)
		return DBN_OK;
	dbn_str_adds(sql, " WHERE ");
	return print_cond(m, c, begin, sql, a, values, nvalues, err);
}

/* ---- copies ---- */

static bool
is_text(uint32_t kind)
{
	return kind == DBN_FIELD_TEXT || kind == DBN_FIELD_DECIMAL || kind == DBN_FIELD_JSON;
}

static bool
copy_text(dbn_arena *a, const char **z)
{
	return !*z || (*z = dbn_arena_text(a, dbn_text_z(*z)).ptr) != NULL;
}

static bool
copy_bytes(dbn_arena *a, dbn_bytes *b)
{
	return !b->ptr || (b->ptr = dbn_arena_strndup(a, b->ptr, b->len)) != NULL;
}

static bool
copy_list(dbn_arena *a, uint32_t kind, dbn_cond_leaf *l)
{
	size_t bytes;
	void *items;

	if (!l->n)
		return true;
	if (__builtin_mul_overflow((size_t)l->n, plain_size(kind), &bytes))
		return false;
	items = dbn_arena_memdup(a, l->u.ptr, bytes);
	l->u.ptr = items;
	for (size_t i = 0; items && i < l->n; i++)
		if ((is_text(kind) && !copy_text(a, (const char **)items + i)) ||
			(kind == DBN_FIELD_BYTES && !copy_bytes(a, (dbn_bytes *)items + i)))
			return false;
	return items != NULL;
}

const dbn_cond *
dbn_model_cond_copy(const dbn_entity *e, const dbn_cond *from, dbn_arena *a)
{
	dbn_cond *c = dbn_arena_memdup(a, from, sizeof *c);

	for (unsigned i = 0; c && i < c->nleaves && i < DBN_COND_LEAVES; i++) {
		dbn_cond_leaf *l = &c->leaves[i];
		uint32_t kind = l->field < e->field_count ? dbn_entity__field(e, l->field)->kind : 0;
		dbn_bytes b = { l->u.ptr, (size_t)l->n };
		const char *z = l->u.ptr;

		if (!kind) /* refused when it runs */
			continue;
		if (l->op == DBN__OP_IN) {
			if (!copy_list(a, kind, l))
				return NULL;
		} else if (is_text(kind)) {
			if (!copy_text(a, &z))
				return NULL;
			l->u.ptr = z;
		} else if (kind == DBN_FIELD_BYTES) {
			if (!copy_bytes(a, &b))
				return NULL;
			l->u.ptr = b.ptr;
		}
	}
	return c;
}
