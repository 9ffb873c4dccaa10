/* SPDX-License-Identifier: MIT */
/*
 * The values of one execution or of many rows: fitted to the parameters, lists
 * laid out, those of the subject behind.  The session's own thread only.
 */
#include "base/str.h"
#include "session/session_impl.h"
#include "value/value.h"

/* What is stored keeps every digit: the database would round some and not say. */
static dbn_status
has_room(const dbn_plan_param *p, const dbn_value *v, uint32_t i, dbn_error **err)
{
	const char *why = dbn_room_misfit(p->room, v);

	if (!why)
		return DBN_OK;
	return dbn_fail_column(err, DBN_E_VALUE, p->stored,
		"Round or shorten the value to what the column keeps.", "parameter %u: column \"%.*s\" cannot keep the value exactly: %s", i + 1,
		DBN_TEXT_ARG(p->stored), why);
}

static dbn_status
convert(dbn_rows *r, dbn_value *v, uint32_t i, dbn_error **err)
{
	const dbn_plan_param *p = &r->plan->params[i];
	char what[32];
	dbn_str name = { what, 0, sizeof what, sizeof what - 1, DBN_OK };

	dbn_str_addf(&name, "parameter %u", i + 1);
	if ((p->flags & DBN_PARAM_COUNT) && (v->type != DBN_INT64 || v->u.i64 < 0) &&
		v->type != DBN_UINT64)
		return dbn_fail(err, DBN_E_VALUE, "%s: LIMIT and OFFSET take an integer of 0 or more",
			what);
	/* the server cuts it off where the others of the column are no timestamps */
	if ((p->flags & DBN_PARAM_MERGED) && p->type == DBN_NULL && v->u.i64 % 1000000 &&
		(v->type == DBN_TIMESTAMP || v->type == DBN_TIMESTAMPTZ))
		return dbn_fail_hint(err, DBN_E_VALUE, "Write CAST(? AS DATETIME(6)).",
			"%s: a fraction of a second in a column of a set operation, whose type is not known",
			what);
	return dbn_value_fit(v, p->type, &r->scratch, what, err);
}

static dbn_status
fit_else(dbn_rows *r, const dbn_plan_param *p, dbn_value *v, uint32_t i, dbn_error **err)
{
	dbn_status rc = DBN_OK;

	*v = dbn_value_measured(*v);

	/* the common cases need neither a conversion nor a name, which takes longer to
	 * make than the value to check */
	if ((v->type != p->type && p->type != DBN_NULL && v->type != DBN_NULL) ||
		(p->flags & DBN_PARAM_COUNT) || (v->type > DBN_DOUBLE && (v->type != DBN_TEXT ||
		dbn_utf8_valid((const char *)v->u.ptr, (size_t)v->len) != v->len)))
		rc = convert(r, v, i, err);
	return rc == DBN_OK && p->room ? has_room(p, v, i, err) : rc;
}

/* Numbers of the wanted type need nothing. */
static inline bool
fits(const dbn_plan_param *p, const dbn_value *v)
{
	return v->type == p->type && v->type <= DBN_DOUBLE && !(p->flags & DBN_PARAM_COUNT);
}

static dbn_status
extras(dbn_rows *r, dbn_value *at, dbn_error **err)
{
	for (uint32_t i = 0; i < r->plan->nextra; i++) {
		dbn_value v;
		dbn_status rc = dbn_subject_value(r->s->subject, &r->plan->extra[i], r->started_us,
			&v, err);

		if (rc != DBN_OK)
			return rc;
		/* a copy: rows stay open when the subject is resolved again */
		v = dbn_value_measured(v);
		if (!dbn_value_copy(&r->scratch, &v, &at[i]))
			return dbn_fail_nomem(err);
	}
	return DBN_OK;
}

static dbn_status
room(dbn_rows *r, size_t n, dbn_error **err)
{
	return dbn_grow(&r->argv, &r->argv_cap, n, sizeof *r->argv) ? DBN_OK : dbn_fail_nomem(err);
}

/* Lay lists out one after the other; expand says how long each parameter is. */
static dbn_status
flatten(dbn_rows *r, const dbn_value *v, size_t n, uint32_t *expand, dbn_error **err)
{
	size_t limit = (size_t)r->s->pool->conf->limits.list;
	dbn_status rc;

	for (size_t i = 0; i < n; i++) {
		const dbn_value *items = &v[i];
		size_t count = 1;
		bool list = v[i].type == DBN_LIST;

		if (list) {
			items = v[i].u.ptr;
			count = (size_t)v[i].len;
		}
		if (list && (count == 0 || count > limit))
			return dbn_fail(err, count ? DBN_E_LIMIT : DBN_E_VALUE,
				"parameter %zu: a list of %zu items", i + 1, count);
		if (list && i < r->plan->nparams &&
			((r->plan->params[i].flags & (DBN_PARAM_LIST | DBN_PARAM_NO_LIST)) !=
				DBN_PARAM_LIST))
			return dbn_fail_hint(err, DBN_E_VALUE, "Write it as x IN (?).",
				"parameter %zu: a list fits only where it stands alone in IN (?)", i + 1);
		rc = room(r, r->nargv + count, err);
		if (rc != DBN_OK)
			return rc;
		expand[i] = (uint32_t)count;
		for (size_t k = 0; k < count; k++) {
			dbn_value item = items[k];

			if (list && i < r->plan->nparams) {
				rc = dbn_value_fit(&item, r->plan->params[i].type, &r->scratch,
					"an item of the list", err);
				if (rc != DBN_OK)
					return rc;
			}
			r->argv[r->nargv++] = dbn_value_measured(item);
		}
	}
	return DBN_OK;
}

/* The values of one execution: fitted, those of the subject behind; *flat before
 * lists were laid out, for routes. */
dbn_status
dbn_session__bind(dbn_rows *r, dbn_args args, const dbn_value **flat, dbn_error **err)
{
	size_t n = r->plan->nparams, total = n + r->plan->nextra;
	const dbn_plan_param *params = r->plan->params;
	bool lists = r->plan->lists;
	uint32_t *expand;
	dbn_value *plain;
	dbn_status rc;

	if (args.n != n)
		return dbn_fail(err, DBN_E_INVALID, "the statement has %zu parameter%s, %zu %s given", n,
			n == 1 ? "" : "s", args.n, args.n == 1 ? "value was" : "values were");
	rc = room(r, total, err);
	if (rc != DBN_OK)
		return rc;
	for (uint32_t i = 0; i < n; i++) {
		r->argv[i] = args.v[i];
		if (fits(&params[i], &args.v[i]))
			continue;
		lists |= args.v[i].type == DBN_LIST;
		rc = fit_else(r, &params[i], &r->argv[i], i, err);
		if (rc != DBN_OK)
			return rc;
	}
	rc = extras(r, r->argv + n, err);
	r->nargv = total;
	*flat = r->argv;
	if (rc != DBN_OK || !lists)
		return rc;
	plain = dbn_arena_memdup(&r->scratch, r->argv, total * sizeof *plain);
	expand = dbn_arena_array(&r->scratch, total, sizeof *expand);
	if (!plain || !expand)
		return dbn_fail_nomem(err);
	r->nargv = 0;
	*flat = plain;
	r->expand = expand;
	return flatten(r, plain, total, expand, err);
}

/* Fit nrows rows of values into r->argv, those of the subject behind each. */
dbn_status
dbn_session__bind_rows(dbn_rows *r, dbn_args args, size_t nrows, dbn_error **err)
{
	size_t n = r->plan->nparams, wide = n + r->plan->nextra, total;
	const dbn_plan_param *params = r->plan->params;
	const dbn_value *v = args.v;
	dbn_status rc;

	if (args.n != n * nrows)
		return dbn_fail(err, DBN_E_INVALID,
			"%zu rows of %zu parameters need %zu values, %zu were given", nrows, n,
			n * nrows, args.n);
	if (r->plan->lists)
		return dbn_fail(err, DBN_E_UNSUPPORTED,
			"a statement whose rules take lists cannot run many times in one go");
	if (__builtin_mul_overflow(nrows, wide, &total) ||
		!dbn_grow(&r->argv, &r->argv_cap, total, sizeof *r->argv))
		return dbn_fail_nomem(err);
	for (size_t row = 0; row < nrows; row++) {
		dbn_value *at = r->argv + row * wide;

		for (uint32_t i = 0; i < n; i++, v++) {
			at[i] = *v;
			if (fits(&params[i], v))
				continue;
			if (v->type == DBN_LIST)
				return dbn_fail(err, DBN_E_VALUE, "parameter %u: a list does not fit here",
					i + 1);
			rc = fit_else(r, &params[i], &at[i], i, err);
			if (rc != DBN_OK)
				return rc;
		}
		if (row) {
			for (size_t i = n; i < wide; i++)
				at[i] = r->argv[i];
			continue;
		}
		rc = extras(r, at + n, err);
		if (rc != DBN_OK)
			return rc;
	}
	r->nargv = wide;
	return DBN_OK;
}
