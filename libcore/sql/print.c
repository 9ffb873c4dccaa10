/* SPDX-License-Identifier: MIT */
/*
 * Queries and statements as text.  Generated names: from-items a1, a2 ... (b1
 * where the written relation itself is called like that), CTEs q1, q2 ...,
 * outputs of derived tables c0, c1 ...
 */
#include <stdio.h>
#include <string.h>

#include "sql/printer.h"

void
dbn_sql__print_fail(dbn_sql_printer *p, dbn_status status, uint32_t pos, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (p->status != DBN_OK)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text[dbn_utf8_valid(text, strlen(text))] = '\0';
	p->status = dbn_fail_at(p->err, status, pos, NULL, "%s", text);
}

bool
dbn_sql__print_enter(dbn_sql_printer *p, uint32_t pos)
{
	if (++p->depth <= DBN_SQL_DEPTH_MAX)
		return true;
	dbn_sql__print_fail(p, DBN_E_LIMIT, pos, "the statement is nested too deeply");
	return false;
}

/* What the dialect has no words for. */
void
dbn_sql__print_refuse(dbn_sql_printer *p, uint32_t pos, const char *hint, const char *what)
{
	if (p->status == DBN_OK)
		p->status = dbn_fail_at(p->err, DBN_E_UNSUPPORTED, pos, hint,
			"%s is not possible on this database (%s)", what, p->d->name);
}

static void
put(dbn_sql_printer *p, const char *z)
{
	dbn_str_adds(p->out, z);
}

static void
generated(dbn_sql_printer *p, char letter, uint32_t n)
{
	char buf[16];

	(void)snprintf(buf, sizeof(buf), "%c%c%u%c", p->d->quote, letter, n, p->d->quote);
	put(p, buf);
}

void
dbn_sql__print_from_name(dbn_sql_printer *p, dbn_sql_from *f)
{
	if (!f->id) {
		if (!dbn_grow(&p->froms, &p->froms_cap, p->nfroms + 1, sizeof(*p->froms))) {
			if (p->status == DBN_OK)
				p->status = dbn_fail_nomem(p->err);
			return;
		}
		p->froms[p->nfroms++] = f;
		f->id = (uint32_t)p->nfroms;
	}
	generated(p, p->prefix, f->id);
}

void
dbn_sql__print_cte_name(dbn_sql_printer *p, dbn_sql_cte *c)
{
	if (!c->id) {
		if (!dbn_grow(&p->ctes, &p->ctes_cap, p->nctes + 1, sizeof(*p->ctes))) {
			if (p->status == DBN_OK)
				p->status = dbn_fail_nomem(p->err);
			return;
		}
		p->ctes[p->nctes++] = c;
		c->id = (uint32_t)p->nctes;
	}
	generated(p, 'q', c->id);
}

/* ---- queries ---- */

void
dbn_sql__print_with(dbn_sql_printer *p, const dbn_sql_with *w)
{
	bool recursive = w->recursive && !dbn_sql__canonical(p);
	dbn_sql_cte *c;

	for (uint32_t i = 0; i < w->nctes; i++)
		recursive = recursive || w->ctes[i]->recursive;
	put(p, recursive ? "WITH RECURSIVE " : "WITH ");
	for (uint32_t i = 0; i < w->nctes; i++) {
		c = w->ctes[i];
		if (i)
			put(p, ", ");
		if (dbn_sql__canonical(p)) {
			dbn_sql__print_cte_name(p, c);
			for (uint32_t k = 0; k < c->query->ncols; k++) {
				put(p, k ? ", " : "(");
				generated(p, 'c', k);
			}
			put(p, ")");
		} else {
			dbn_sql__print_name(p, c->name);
			for (uint32_t k = 0; k < c->ncolumns; k++) {
				put(p, k ? ", " : "(");
				dbn_sql__print_name(p, c->columns[k]);
			}
			put(p, c->ncolumns ? ")" : "");
		}
		if (c->materialized && dbn_sql__mysql(p))
			dbn_sql__print_refuse(p, c->pos, "Leave it out.", "MATERIALIZED");
		put(p, c->materialized == 1 ? " AS MATERIALIZED (" :
			c->materialized == 2 ? " AS NOT MATERIALIZED (" : " AS (");
		dbn_sql__print_query(p, c->query, DBN_OUT_VALUE_ONLY);
		put(p, ")");
	}
	put(p, " ");
}

void
dbn_sql__print_items(dbn_sql_printer *p, const dbn_sql_item *it, uint32_t n,
	const dbn_sql_outcol *cols, int outputs)
{
	bool first = true;

	for (uint32_t i = 0; i < n; i++) {
		if (it[i].flags & DBN_ITEM_SKIP)
			continue;
		if (!first)
			put(p, ", ");
		first = false;
		dbn_sql__print_expr(p, it[i].expr);
		if (!dbn_sql__canonical(p)) {
			if (it[i].alias.len) {
				put(p, " AS ");
				dbn_sql__print_name(p, it[i].alias);
			}
		} else if (outputs == DBN_OUT_NAMES && cols) {
			put(p, " AS ");
			dbn_sql__print_name(p, cols[i].name);
		} else if (outputs == DBN_OUT_DERIVED) {
			put(p, " AS ");
			generated(p, 'c', i);
		}
	}
	if (first)
		put(p, "NULL");
}

static void
values(dbn_sql_printer *p, const dbn_sql_core *c)
{
	uint32_t n = p->mode == DBN_PRINT_FINGERPRINT && c->nrows ? 1 : c->nrows;

	if (dbn_sql__mysql(p) && !p->source)
		dbn_sql__print_refuse(p, c->pos, "Write SELECT ... UNION ALL SELECT ....",
			"VALUES as a query");
	put(p, "VALUES ");
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			put(p, ", ");
		dbn_sql__print_expr(p, c->rows[i]);
	}
}

/* A part in parentheses, which SQLite does not have.  MariaDB makes a derived table of
 * it, two columns of which may not share a name. */
static void
part(dbn_sql_printer *p, const dbn_sql_query *q, int outputs)
{
	if (outputs == DBN_OUT_VALUE_ONLY && p->d->id == DBN_DIALECT_MYSQL)
		outputs = DBN_OUT_DERIVED;
	put(p, dbn_sql__sqlite(p) && dbn_sql__canonical(p) ? "SELECT * FROM (" : "(");
	dbn_sql__print_query(p, q, outputs);
	put(p, ")");
}

static void
distinct(dbn_sql_printer *p, const dbn_sql_query *q, const dbn_sql_core *c)
{
	static const char *const words[] = { "STRAIGHT_JOIN ", "SQL_SMALL_RESULT ", "SQL_BIG_RESULT ",
		"SQL_BUFFER_RESULT ", "SQL_NO_CACHE " };

	put(p, "SELECT ");
	if (c->distinct)
		put(p, "DISTINCT ");
	for (uint32_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if ((c->modifiers >> i & 1) && p->d->id == DBN_DIALECT_MYSQL)
			put(p, words[i]);
	if (!c->non)
		return;
	if (dbn_sql__canonical(p) && !dbn_sql__postgres(p))
		dbn_sql__print_refuse(p, c->pos, "Use row_number() in a subquery.", "DISTINCT ON");
	put(p, "ON (");
	dbn_sql__print_orders(p, q, c->on, c->non);
	put(p, ") ");
}

static void
core(dbn_sql_printer *p, const dbn_sql_query *q, const dbn_sql_core *c, int outputs,
	bool where_true)
{
	bool sets = p->sets;

	if (c->kind == DBN_CORE_VALUES) {
		values(p, c);
		return;
	}
	if (c->kind == DBN_CORE_QUERY) {
		part(p, c->query, outputs);
		return;
	}
	p->sets = dbn_sql_core_has_sets(c);
	distinct(p, q, c);
	dbn_sql__print_items(p, c->items, c->nitems, q->cols, outputs);
	if (c->from) {
		put(p, " FROM ");
		dbn_sql__print_from(p, c->from);
	}
	if (c->where) {
		put(p, " WHERE ");
		dbn_sql__print_expr(p, c->where);
	} else if (where_true) { /* or ON CONFLICT would be read as a join condition */
		put(p, dbn_sql__sqlite(p) ? " WHERE 1" : " WHERE TRUE");
	}
	if (c->ngroup)
		dbn_sql__print_group(p, q, c);
	if (c->having) {
		put(p, " HAVING ");
		dbn_sql__print_expr(p, c->having);
	}
	for (uint32_t i = 0; i < c->nwindows; i++) {
		put(p, i ? ", " : " WINDOW ");
		dbn_sql__print_name(p, c->windows[i]->name);
		put(p, " AS ");
		dbn_sql__print_window(p, c->windows[i]);
	}
	p->sets = sets;
}

/* LIMIT -1, which only a rewriter writes: the query is computed by itself. */
static bool
fence(const dbn_sql_expr *e)
{
	return e && e->kind == DBN_X_LITERAL && e->value.type == DBN_INT64 && e->value.u.i64 == -1;
}

/* FETCH FIRST n ROWS WITH TIES: PostgreSQL wants what is no number in parentheses. */
static void
ties(dbn_sql_printer *p, const dbn_sql_query *q)
{
	bool paren = p->d->id == DBN_DIALECT_POSTGRES && q->limit->kind != DBN_X_LITERAL;

	if (dbn_sql__sqlite(p))
		dbn_sql__print_refuse(p, q->pos, "Use rank() in a subquery.", "WITH TIES");
	if (q->offset) {
		put(p, " OFFSET ");
		dbn_sql__print_expr(p, q->offset);
		put(p, " ROWS");
	}
	put(p, paren ? " FETCH FIRST (" : " FETCH FIRST ");
	dbn_sql__print_expr(p, q->limit);
	put(p, paren ? ") ROWS WITH TIES" : " ROWS WITH TIES");
}

static void
limits(dbn_sql_printer *p, const dbn_sql_query *q)
{
	if (q->ties && q->limit) {
		ties(p, q);
		return;
	}
	if (fence(q->limit) && !dbn_sql__sqlite(p)) {
		put(p, dbn_sql__mysql(p) ? " LIMIT 18446744073709551615" : q->offset ? "" :
			" OFFSET 0");
	} else if (q->limit && q->limit->kind == DBN_X_LITERAL && q->limit->value.type == DBN_NULL &&
		p->d->id == DBN_DIALECT_POSTGRES) {
		put(p, " LIMIT ALL");
	} else if (q->limit) {
		put(p, " LIMIT ");
		dbn_sql__print_expr(p, q->limit);
	} else if (q->offset && dbn_sql__canonical(p) && !dbn_sql__postgres(p)) {
		put(p, dbn_sql__sqlite(p) ? " LIMIT -1" : " LIMIT 18446744073709551615");
	}
	if (q->offset) {
		put(p, " OFFSET ");
		dbn_sql__print_expr(p, q->offset);
	}
	/* Without LIMIT, MySQL's OFFSET wants its ROWS. */
	if (q->offset && !q->limit && !dbn_sql__canonical(p) && p->d->id == DBN_DIALECT_MYSQL)
		put(p, " ROWS");
}

/* FOR UPDATE [OF ...]; MariaDB knows no OF, and says FOR SHARE the old way. */
static void
lock(dbn_sql_printer *p, const dbn_sql_lock *l)
{
	static const char *const words[] = { " FOR UPDATE", " FOR NO KEY UPDATE", " FOR SHARE",
		" FOR KEY SHARE", " LOCK IN SHARE MODE" };
	bool canonical = dbn_sql__canonical(p);
	uint32_t strength = l->strength;

	if (dbn_sql__sqlite(p))
		dbn_sql__print_refuse(p, l->pos, "Write in the same transaction: it has the lock.",
			"FOR UPDATE");
	if (dbn_sql__mysql(p))
		strength = strength <= DBN_LOCK_NO_KEY_UPDATE ? DBN_LOCK_UPDATE : DBN_LOCK_IN_SHARE_MODE;
	else if (canonical && strength == DBN_LOCK_IN_SHARE_MODE)
		strength = DBN_LOCK_SHARE;
	put(p, words[strength]);
	for (uint32_t i = 0; !canonical && i < l->nnames; i++) {
		put(p, i ? ", " : " OF ");
		dbn_sql__print_name(p, l->names[i]);
	}
	for (uint32_t i = 0; dbn_sql__postgres(p) && i < l->nitems; i++) {
		put(p, i ? ", " : " OF ");
		dbn_sql__print_from_name(p, l->items[i]);
	}
	if (l->wait == DBN_WAIT_SECONDS)
		dbn_str_addf(p->out, p->mode == DBN_PRINT_FINGERPRINT ? " WAIT ?" : " WAIT %u", l->seconds);
	else
		put(p, l->wait == DBN_WAIT_NOT ? " NOWAIT" : l->wait == DBN_WAIT_SKIP ? " SKIP LOCKED" : "");
}

static void
query(dbn_sql_printer *p, const dbn_sql_query *q, int outputs, bool where_true)
{
	static const char *const sets[] = { "", " UNION ", " UNION ALL ", " INTERSECT ",
		" EXCEPT ", " INTERSECT ALL ", " EXCEPT ALL " };

	if (!q || p->status != DBN_OK || !dbn_sql__print_enter(p, q->pos))
		return;
	if (q->with)
		dbn_sql__print_with(p, q->with);
	for (uint32_t i = 0; i < q->ncores && p->status == DBN_OK; i++) {
		put(p, i ? sets[q->cores[i]->set] : "");
		core(p, q, q->cores[i], i ? DBN_OUT_VALUE_ONLY : outputs,
			where_true && i + 1 == q->ncores && q->cores[i]->kind == DBN_CORE_SELECT);
	}
	if (q->norder) {
		put(p, " ORDER BY ");
		dbn_sql__print_orders(p, q, q->order, q->norder);
	}
	limits(p, q);
	for (uint32_t i = 0; i < q->nlocks; i++)
		lock(p, &q->locks[i]);
	p->depth--;
}

void
dbn_sql__print_query(dbn_sql_printer *p, const dbn_sql_query *q, int outputs)
{
	bool source = p->source;

	p->source = false;
	query(p, q, outputs, false);
	p->source = source;
}

void
dbn_sql__print_source(dbn_sql_printer *p, const dbn_sql_query *q, bool conflict)
{
	p->source = q->ncores == 1;
	query(p, q, DBN_OUT_VALUE_ONLY, conflict && p->d->id != DBN_DIALECT_POSTGRES);
	p->source = false;
}

static void
statement(dbn_sql_printer *p)
{
	const dbn_sql_stmt *s = p->s;

	switch (s->kind) {
	case DBN_STMT_SELECT: query(p, s->query, DBN_OUT_NAMES, false); break;
	case DBN_STMT_INSERT:
	case DBN_STMT_UPDATE:
	case DBN_STMT_DELETE: dbn_sql__print_write(p); break;
	case DBN_STMT_ADMIN: dbn_str_addt(p->out, p->mode == DBN_PRINT_FINGERPRINT ?
			s->admin_word : s->text); break;
	default: dbn_sql__print_fail(p, DBN_E_INTERNAL, 0, "a statement of no kind"); break;
	}
}

/* ---- entry ---- */

/* Is the name a letter and digits, as generated aliases are? */
static bool
like_alias(dbn_text t, char letter)
{
	if (t.len < 2 || dbn_ascii_lower((unsigned char)t.ptr[0]) != (unsigned char)letter)
		return false;
	for (size_t i = 1; i < t.len; i++) {
		if (t.ptr[i] < '0' || t.ptr[i] > '9')
			return false;
	}
	return true;
}

static dbn_status
number_params(dbn_sql_printer *p)
{
	uint64_t next = 1;

	if (!p->expand)
		return DBN_OK;
	p->starts = dbn_alloc_array(p->nexpand + 1, sizeof(*p->starts));
	if (!p->starts)
		return dbn_fail_nomem(p->err);
	for (size_t i = 0; i < p->nexpand; i++) {
		p->starts[i] = (uint32_t)next;
		next += p->expand[i];
		if (next > INT32_MAX || p->expand[i] == 0)
			return dbn_fail(p->err, DBN_E_LIMIT, "parameter %zu is bound to a list "
				"of %u values",
				i + 1, p->expand[i]);
	}
	p->starts[p->nexpand] = (uint32_t)next;
	return DBN_OK;
}

static dbn_status
finish(dbn_sql_printer *p)
{
	for (size_t i = 0; i < p->nfroms; i++)
		p->froms[i]->id = 0;
	for (size_t i = 0; i < p->nctes; i++)
		p->ctes[i]->id = 0;
	dbn_free(p->froms);
	dbn_free(p->ctes);
	dbn_free(p->starts);
	if (p->status != DBN_OK || !p->sent)
		dbn_free(p->order);
	else
		*p->sent = (dbn_sql_sent){ p->order, p->norder };
	if (p->status == DBN_OK && p->out->status == DBN_E_NOMEM)
		return dbn_fail_nomem(p->err);
	if (p->status == DBN_OK && p->out->status != DBN_OK)
		return dbn_fail(p->err, p->out->status, "the printed statement is too long");
	return p->status;
}

dbn_status
dbn_sql_print_sent(const dbn_sql_stmt *s, const dbn_sql_dialect *d, uint32_t mode,
	const uint32_t *expand, size_t nexpand, dbn_str *out, dbn_sql_sent *sent, dbn_error **err)
{
	dbn_sql_printer p = { .out = out, .d = d, .s = s, .mode = mode, .expand = expand,
		.nexpand = expand ? nexpand : 0, .prefix = 'a', .sent = sent, .err = err };

	DBN_ERR_CLEAR(err);
	if (sent)
		*sent = (dbn_sql_sent){ NULL, 0 };
	if (s->target && s->target->rel && like_alias(s->target->rel->name.name, 'a'))
		p.prefix = 'b';
	p.status = number_params(&p);
	if (p.status == DBN_OK)
		statement(&p);
	return finish(&p);
}

dbn_status
dbn_sql_print(const dbn_sql_stmt *s, const dbn_sql_dialect *d, uint32_t mode,
	const uint32_t *expand, size_t nexpand, dbn_str *out, dbn_error **err)
{
	return dbn_sql_print_sent(s, d, mode, expand, nexpand, out, NULL, err);
}

dbn_status
dbn_sql_print_expr(const dbn_sql_expr *e, const dbn_sql_dialect *d, uint32_t mode, dbn_str *out,
	dbn_error **err)
{
	dbn_sql_printer p = { .out = out, .d = d, .mode = mode, .prefix = 'a', .err = err };

	DBN_ERR_CLEAR(err);
	dbn_sql__print_expr(&p, e);
	return finish(&p);
}
