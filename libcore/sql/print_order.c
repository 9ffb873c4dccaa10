/* SPDX-License-Identifier: MIT */
/*
 * ORDER BY and GROUP BY as text: outputs by their number, NULLs where the original
 * would have them.
 */
#include "sql/printer.h"

static void
put(dbn_sql_printer *p, const char *z)
{
	dbn_str_adds(p->out, z);
}

/* ---- ORDER BY ---- */

/* The number an output has once skipped ones are left out. */
static uint32_t
printed_number(const dbn_sql_query *q, uint32_t output)
{
	const dbn_sql_core *c = q ? q->cores[0] : NULL;
	uint32_t n = 0;

	if (!c || c->kind != DBN_CORE_SELECT)
		return output;
	for (uint32_t i = 0; i < output && i < c->nitems; i++)
		n += !(c->items[i].flags & DBN_ITEM_SKIP);
	return n;
}

/* A column that has no NULL where it stands. */
static bool
never_null(const dbn_sql_expr *e)
{
	while (e && e->kind == DBN_X_COLLATE)
		e = e->args[0];
	return e && e->kind == DBN_X_COLUMN && e->from && e->from->kind == DBN_FROM_RELATION &&
		e->from->rel && !(e->from->flags & DBN_FF_NULLABLE) &&
		(e->from->rel->columns[e->index].flags & DBN_COL_NOT_NULL);
}

/* Do the words say what the database does anyway? */
static bool
nulls_by_itself(const dbn_sql_printer *p, const dbn_sql_query *q, const dbn_sql_order *o)
{
	bool sets = p->sets;

	bool low = p->d->flags & DBN_SQL_NULLS_FIRST;

	if (!dbn_sql__canonical(p) || !o->nulls)
		return !o->nulls;
	/* A column that has no NULL has some in the rows of other groupings. */
	for (uint32_t i = 0; q && i < q->ncores; i++)
		sets = sets || dbn_sql_core_has_sets(q->cores[i]);
	return (o->nulls == 1) == (low != (o->desc != 0)) || (!sets && never_null(o->expr));
}

/* The term itself: by number where it is an output. */
static void
order_term(dbn_sql_printer *p, const dbn_sql_query *q, const dbn_sql_order *o)
{
	bool collated = o->expr && o->expr->kind == DBN_X_COLLATE;

	if (o->output && dbn_sql__canonical(p) && !(collated && !dbn_sql__sqlite(p))) {
		dbn_str_addi(p->out, printed_number(q, o->output));
		if (collated) {
			put(p, " COLLATE ");
			dbn_sql__print_name(p, o->expr->text);
		}
	} else if (dbn_sql__canonical(p) && q && dbn_sql__is_integer(o->expr)) {
		put(p, "0 + "); /* a constant, not the number of an output */
		dbn_sql__print_expr(p, o->expr);
	} else if (o->output && q && q->ncores > 1) {
		dbn_sql__print_refuse(p, q->pos, "Select from the set, and sort that.",
			"NULLS or COLLATE in the order of a set operation");
	} else {
		dbn_sql__print_expr(p, o->expr);
	}
}

/* MySQL: x IS NULL is 1 or 0, which is sorted first. */
static void
nulls_as_term(dbn_sql_printer *p, const dbn_sql_query *q, const dbn_sql_order *o)
{
	dbn_sql_order bare = *o;

	if (q && q->ncores > 1) {
		order_term(p, q, o);
		return;
	}
	bare.output = 0;
	put(p, "(");
	order_term(p, NULL, &bare);
	put(p, o->nulls == 1 ? ") IS NULL DESC, " : ") IS NULL, ");
}

void
dbn_sql__print_orders(dbn_sql_printer *p, const dbn_sql_query *q, const dbn_sql_order *o,
	uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		bool nulls = !nulls_by_itself(p, q, &o[i]), words = !dbn_sql__mysql(p);

		if (i)
			put(p, ", ");
		if (nulls && !words)
			nulls_as_term(p, q, &o[i]);
		order_term(p, q, &o[i]);
		if (o[i].desc)
			put(p, " DESC");
		if (nulls && words)
			put(p, o[i].nulls == 1 ? " NULLS FIRST" : " NULLS LAST");
	}
}

/* ---- GROUP BY ---- */

/* An element of GROUP BY: outputs by their number, as PostgreSQL reads them there. */
static void
group_element(dbn_sql_printer *p, const dbn_sql_query *q, const dbn_sql_expr *e, bool grouping)
{
	if (!dbn_sql__print_enter(p, e->pos))
		return;
	if (e->kind == DBN_X_GROUPING && e->op == DBN_OP_NONE) {
		dbn_str_addi(p->out, printed_number(q, e->index));
	} else if (e->kind == DBN_X_GROUPING || (e->kind == DBN_X_ROW && (grouping ||
		dbn_sql__postgres(p)))) {
		if (e->kind == DBN_X_GROUPING && !dbn_sql__postgres(p) && dbn_sql__canonical(p))
			dbn_sql__print_refuse(p, e->pos, "Join several groupings by UNION ALL.",
				dbn_sql_op_name(e->op));
		if (e->kind == DBN_X_GROUPING)
			put(p, dbn_sql_op_name(e->op));
		put(p, e->kind == DBN_X_GROUPING ? " (" : "(");
		for (uint32_t i = 0; i < e->nargs; i++) {
			if (i)
				put(p, ", ");
			group_element(p, q, e->args[i], true);
		}
		put(p, ")");
	} else {
		if (dbn_sql__canonical(p) && dbn_sql__is_integer(e))
			put(p, "0 + ");
		dbn_sql__print_expr(p, e);
	}
	p->depth--;
}

void
dbn_sql__print_group(dbn_sql_printer *p, const dbn_sql_query *q, const dbn_sql_core *c)
{
	put(p, c->group_how == DBN_GROUP_DISTINCT ? " GROUP BY DISTINCT " : c->group_how == DBN_GROUP_ALL &&
		!dbn_sql__canonical(p) ? " GROUP BY ALL " : " GROUP BY ");
	for (uint32_t i = 0; i < c->ngroup; i++) {
		const dbn_sql_order *o = &c->group[i];

		if (i)
			put(p, ", ");
		if (!o->output && (o->expr->kind == DBN_X_GROUPING || o->expr->kind == DBN_X_ROW))
			group_element(p, q, o->expr, false);
		else
			dbn_sql__print_orders(p, q, o, 1);
	}
	if (c->group_how != DBN_GROUP_ROLLUP)
		return;
	if (dbn_sql__canonical(p) && !dbn_sql__mysql(p))
		dbn_sql__print_refuse(p, c->pos, "Write GROUP BY ROLLUP (...).", "WITH ROLLUP");
	put(p, " WITH ROLLUP");
}
