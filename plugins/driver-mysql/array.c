/* SPDX-License-Identifier: MIT */
/*
 * Many rows of parameters in one execution, where library and server can
 * (MariaDB): a column of values per parameter.  The types of a column must be the
 * same in every row; rows that differ are run one by one.
 */
#include <math.h>

#include "driver.h"

#define MOST_BYTES ((uint64_t)1 << 22)

struct my_array {
	uint32_t cap, nparams;
	MYSQL_BIND *binds;          /* nparams */
	my_param *slots;            /* cap * nparams */
	uint64_t *values;           /* nparams columns of cap: numbers, or pointers */
	unsigned long *lengths;
	char *nulls;
};

void
my_array_free(struct dbn_stmt *s)
{
	const dbn_host *h = s->conn->host;
	struct my_array *a = s->array;

	if (!a)
		return;
	h->release(h, a->binds);
	h->release(h, a->slots);
	h->release(h, a->values);
	h->release(h, a->lengths);
	h->release(h, a->nulls);
	h->release(h, a);
	s->array = NULL;
}

static struct my_array *
make(struct dbn_stmt *s)
{
	const dbn_host *h = s->conn->host;
	struct my_array *a = s->array;
	size_t n = (size_t)s->nparams * MY_ARRAY_ROWS;

	if (a)
		return a;
	a = s->array = (struct my_array *)plug_zalloc(h, 1, sizeof *a);
	if (!a)
		return NULL;
	a->cap = MY_ARRAY_ROWS;
	a->nparams = s->nparams;
	a->binds = (MYSQL_BIND *)plug_zalloc(h, s->nparams, sizeof *a->binds);
	a->slots = (my_param *)plug_zalloc(h, n, sizeof *a->slots);
	a->values = (uint64_t *)plug_zalloc(h, n, sizeof *a->values);
	a->lengths = (unsigned long *)plug_zalloc(h, n, sizeof *a->lengths);
	a->nulls = (char *)plug_zalloc(h, n, 1);
	if (a->binds && a->slots && a->values && a->lengths && a->nulls)
		return a;
	my_array_free(s);
	return NULL;
}

static bool
is_number(enum enum_field_types type)
{
	return type == MYSQL_TYPE_LONGLONG || type == MYSQL_TYPE_DOUBLE || type == MYSQL_TYPE_FLOAT;
}

/* Is the column of that type, or of none yet?  Then it is now. */
static inline bool
becomes(MYSQL_BIND *col, enum enum_field_types type)
{
	if (col->is_unsigned || (col->buffer_type != type && col->buffer_type != MYSQL_TYPE_NULL))
		return false;
	col->buffer_type = type;
	return true;
}

/* The most of what is loaded: a number or text of the parameter's own type. */
static bool
put_plain(struct dbn_stmt *s, uint32_t i, uint32_t row, const dbn_value *v, bool *lossy,
	uint64_t *bytes)
{
	struct my_array *a = s->array;
	MYSQL_BIND *col = &a->binds[i];
	size_t at = (size_t)i * a->cap + row, n;

	if (s->param_types[i] != v->type)
		return false;
	switch (v->type) {
	case DBN_INT64:
		if (!becomes(col, MYSQL_TYPE_LONGLONG))
			return false;
		break;
	case DBN_DOUBLE:
		if (!isfinite(v->u.f64) || !becomes(col, MYSQL_TYPE_DOUBLE))
			return false;
		break;
	case DBN_TEXT:
		n = (size_t)plug_value_len(v);
		if (!n || n > s->conn->drv->set.max_packet ||
			my_text_wrong((const char *)v->u.ptr, n, lossy) || !becomes(col, MYSQL_TYPE_STRING))
			return false;
		a->lengths[at] = n;
		*bytes += n;
		break;
	default:
		return false;
	}
	a->nulls[at] = 0;
	memcpy(&a->values[at], &v->u, sizeof a->values[at]);
	*bytes += 16;
	return true;
}

/* Cell (row, i) into its column; *same false: the column has another type already. */
static dbn_status
put(struct dbn_stmt *s, uint32_t i, uint32_t row, uint64_t shown, const dbn_value *v, bool *lossy,
	bool *same, uint64_t *bytes, dbn_error **err)
{
	struct my_array *a = s->array;
	size_t at = (size_t)i * a->cap + row;
	my_param *p = &a->slots[at];
	MYSQL_BIND one, *col = &a->binds[i];
	dbn_value fitted = *v;
	dbn_status st;

	memset(&one, 0, sizeof one);
	if (s->param_types[i] != v->type && s->param_types[i] != DBN_NULL && v->type != DBN_NULL &&
		!plug_fit(&fitted, s->param_types[i]))
		return plug_fail_status(s->conn->host, err, DBN_E_VALUE, "row %llu, parameter %u: "
			"the value does not fit the type of the parameter exactly",
			(unsigned long long)shown, i + 1);
	st = my_convert(s, i, shown, &fitted, p, &one, lossy, err);
	if (st != DBN_OK)
		return st;
	a->nulls[at] = p->is_null;
	a->values[at] = 0;
	a->lengths[at] = 0;
	*bytes += 16;
	if (p->is_null)
		return DBN_OK;
	if (col->buffer_type == MYSQL_TYPE_NULL) {
		col->buffer_type = one.buffer_type;
		col->is_unsigned = one.is_unsigned;
	}
	*same = col->buffer_type == one.buffer_type && col->is_unsigned == one.is_unsigned;
	if (!*same)
		return DBN_OK;
	if (one.buffer_type == MYSQL_TYPE_FLOAT) {
		memcpy((char *)(a->values + (size_t)i * a->cap) + row * sizeof(float), &p->u.f32,
			sizeof(float));
	} else if (is_number(one.buffer_type)) {
		memcpy(&a->values[at], &p->u, sizeof a->values[at]);
	} else {
		uintptr_t to = (uintptr_t)one.buffer;

		memcpy(&a->values[at], &to, sizeof to);
		a->lengths[at] = one.length ? *one.length : 0;
		*bytes += a->lengths[at];
	}
	return DBN_OK;
}

static dbn_status
send(struct dbn_stmt *s, MYSQL_STMT *q, uint32_t rows, uint32_t phase, bool *refused, dbn_error **err)
{
	struct my_array *a = s->array;
	int ret = 1;

	for (uint32_t i = 0; i < s->nparams; i++) {
		MYSQL_BIND *b = &a->binds[i];
		size_t at = (size_t)i * a->cap;

		if (b->buffer_type == MYSQL_TYPE_NULL)
			b->buffer_type = MYSQL_TYPE_STRING; /* all of them are NULL, of any type */
		b->buffer = &a->values[at];
		b->length = is_number(b->buffer_type) ? NULL : &a->lengths[at];
		/* The library looks at each of them, the values too. */
		if (memchr(&a->nulls[at], 1, rows))
			my_lib_indicators(b, &a->nulls[at]);
	}
	if (q == s->q)
		s->bound_mark = 0;
	if (my_lib_array(q, rows) || mysql_stmt_bind_param(q, a->binds))
		return my_fail(s->conn, q, phase, err);
	if (my_lib_stmt_execute(&s->conn->link, q, &ret) && ret == 0)
		return DBN_OK;
	*refused = !s->conn->link.stuck && mysql_stmt_errno(q) == ER_UNSUPPORTED_PS;
	if (*refused)
		s->arrays = false;
	else if (q == s->keyed)
		*refused = my_keyed_outdated(s);
	return *refused ? DBN_OK : my_fail(s->conn, q, phase, err);
}

/* The reply to n rows. */
static dbn_status
take(struct dbn_stmt *s, uint32_t n, uint32_t phase, const my_array_how *how, dbn_outcome *out,
	dbn_error **err)
{
	dbn_status st = DBN_OK;

	if (how->keyed) {
		st = my_keyed_fetch(s, n, phase, how->keys, &out->generated_key, err);
		out->affected += st == DBN_OK ? n : 0;
	} else {
		out->affected += mysql_stmt_affected_rows(s->q);
	}
	if (st == DBN_OK)
		my_note_status(s->conn);
	return st;
}

/*
 * Some of the rows from v on, *done of them; 0 where arrays do not do for them.
 * first: number of the first row in messages.  whole: all of them or none, and by
 * themselves: none either where the server may round a value, which nobody could
 * take back.
 */
dbn_status
my_array_run(struct dbn_stmt *s, const dbn_value *v, uint64_t rows, uint64_t first,
	const my_array_how *how, bool *lossy, uint64_t *done, dbn_outcome *out, dbn_error **err)
{
	uint32_t phase = how->whole ? MY_PHASE_AUTO : MY_PHASE_RUN;
	MYSQL_STMT *q = how->keyed ? s->keyed : s->q;
	struct my_array *a = make(s);
	uint64_t bytes = 0;
	bool same = true, refused = false;
	uint32_t n = 0;
	dbn_status st = DBN_OK;

	*done = 0;
	if (!a)
		return plug_nomem(s->conn->host, err);
	memset(a->binds, 0, s->nparams * sizeof *a->binds);
	for (uint32_t i = 0; i < s->nparams; i++)
		a->binds[i].buffer_type = MYSQL_TYPE_NULL;
	while (same && n < rows && n < a->cap && bytes < MOST_BYTES) {
		for (uint32_t i = 0; st == DBN_OK && same && i < s->nparams; i++, v++)
			if (!put_plain(s, i, n, v, lossy, &bytes))
				st = put(s, i, n, first + n + 1, v, lossy, &same, &bytes, err);
		if (st != DBN_OK)
			return st;
		n += same;
	}
	if (n < 2 || (how->whole && (n < rows || *lossy)))
		return DBN_OK;
	st = send(s, q, n, phase, &refused, err);
	if (st == DBN_OK && !refused) {
		st = take(s, n, phase, how, out, err);
		*done = st == DBN_OK ? n : 0;
	}
	if (!how->keyed)
		(void)my_lib_array(q, 0);
	return st;
}
