/* SPDX-License-Identifier: MIT */
/*
 * Statements kept prepared on one connection: found by id, the one unused
 * longest goes when there are too many.  One thread at a time, as the
 * connection itself.
 */
#include <string.h>

#include "pool/connset.h"
#include "pool/connset_impl.h"

dbn_status
dbn_pconn__stmts_init(dbn_pconn *c, uint32_t keep)
{
	c->nbuckets = 16;
	while (c->nbuckets < keep)
		c->nbuckets *= 2;
	c->buckets = dbn_alloc_array(c->nbuckets, sizeof *c->buckets);
	return c->buckets ? DBN_OK : DBN_E_NOMEM;
}

static void
unlink_order(dbn_pconn *c, struct dbn_pstmt *s)
{
	if (s->newer)
		s->newer->older = s->older;
	else
		c->newest = s->older;
	if (s->older)
		s->older->newer = s->newer;
	else
		c->oldest = s->newer;
	s->newer = s->older = NULL;
}

static void
link_newest(dbn_pconn *c, struct dbn_pstmt *s)
{
	s->older = c->newest;
	s->newer = NULL;
	if (c->newest)
		c->newest->newer = s;
	else
		c->oldest = s;
	c->newest = s;
}

static void
remove_stmt(dbn_pconn *c, struct dbn_pstmt *s)
{
	struct dbn_pstmt **ps = &c->buckets[s->id & (c->nbuckets - 1)];

	while (*ps && *ps != s)
		ps = &(*ps)->chain;
	if (*ps)
		*ps = s->chain;
	unlink_order(c, s);
	c->nstmts--;
}

static void
close_stmt(dbn_pconn *c, struct dbn_pstmt *s)
{
	if (c->conn) {
		dbn_pconn_enter(c);
		c->ops->close_stmt(s->stmt);
		dbn_pconn_leave(c);
	}
	dbn_free(s);
}

/* Make room: the oldest that is not in use. */
static void
evict(dbn_pconn *c, uint32_t keep)
{
	struct dbn_pstmt *s = c->oldest, *newer;

	for (; s && c->nstmts >= keep; s = newer) {
		newer = s->newer;
		if (s->in_use || s->uses)
			continue;
		remove_stmt(c, s);
		close_stmt(c, s);
	}
}

/* Keep it, found by its id. */
static void
add_stmt(dbn_pconn *c, struct dbn_pstmt *s, uint64_t id)
{
	evict(c, c->set->statements);
	s->id = id;
	s->chain = c->buckets[s->id & (c->nbuckets - 1)];
	c->buckets[s->id & (c->nbuckets - 1)] = s;
	link_newest(c, s);
	c->nstmts++;
}

dbn_status
dbn_pconn_prepare(dbn_pconn *c, const dbn_pstmt_recipe *r, struct dbn_pstmt **out, dbn_error **err)
{
	struct dbn_pstmt *s = r->id ? dbn_pconn_find(c, r->id) : NULL;
	bool keep = r->id != 0;
	dbn_status rc;

	if (s) {
		if (c->newest != s) {
			unlink_order(c, s);
			link_newest(c, s);
		}
		s->in_use = true;
		*out = s;
		return DBN_OK;
	}
	for (struct dbn_pstmt *o = keep ? c->buckets[r->id & (c->nbuckets - 1)] : NULL; o; o = o->chain)
		if (o->id == r->id)
			keep = false; /* it is there, but its rows are open */
	s = dbn_zalloc(sizeof *s);
	if (!s)
		return dbn_fail_nomem(err);
	s->info.struct_size = (uint32_t)sizeof s->info;
	dbn_pconn_enter(c);
	rc = c->ops->prepare(c->conn, r->sql, &r->opts, &s->stmt, &s->info, err);
	dbn_pconn_leave(c);
	if (rc != DBN_OK) {
		dbn_free(s);
		return rc;
	}
	s->in_use = true;
	if (keep)
		add_stmt(c, s, r->id);
	*out = s;
	return DBN_OK;
}

void
dbn_pconn_done(dbn_pconn *c, struct dbn_pstmt *s)
{
	s->in_use = false;
	if (!s->id)
		close_stmt(c, s);
}

/* ---- groups ---- */

dbn_status
dbn_pconn_use(dbn_pconn *c, const dbn_driver_async_1 *async, const dbn_pstmt_recipe *r, uint64_t tag,
	struct dbn_pstmt **out, bool *made, dbn_error **err)
{
	struct dbn_pstmt *s = dbn_pconn_find(c, r->id);
	dbn_status rc;

	if (s) {
		if (c->newest != s) {
			unlink_order(c, s);
			link_newest(c, s);
		}
		s->uses++;
		*out = s;
		return DBN_OK;
	}
	s = dbn_zalloc(sizeof *s);
	if (!s)
		return dbn_fail_nomem(err);
	s->info.struct_size = (uint32_t)sizeof s->info;
	rc = async->prepare_start(c->conn, r->sql, &r->opts, &s->stmt, tag, err);
	if (rc != DBN_OK) {
		dbn_free(s);
		return rc;
	}
	add_stmt(c, s, r->id);
	s->uses = 1;
	*made = true;
	*out = s;
	return DBN_OK;
}

void
dbn_pconn_unuse(dbn_pconn *c, struct dbn_pstmt *s)
{
	if (--s->uses == 0 && s->spoiled)
		close_stmt(c, s);
}

void
dbn_pconn_spoil(dbn_pconn *c, struct dbn_pstmt *s)
{
	if (!s->spoiled)
		remove_stmt(c, s);
	s->spoiled = true;
}

void
dbn_pconn_forget(dbn_pconn *c, uint64_t id)
{
	struct dbn_pstmt *s = id ? dbn_pconn_find(c, id) : NULL;

	if (!s)
		return;
	remove_stmt(c, s);
	close_stmt(c, s);
}

void
dbn_pconn_forget_all(dbn_pconn *c)
{
	struct dbn_pstmt *s, *older;

	for (s = c->newest; s; s = older) {
		older = s->older;
		if (s->in_use || s->uses)
			continue;
		remove_stmt(c, s);
		close_stmt(c, s);
	}
}

/* The connection is closed, its statements with it: only our memory is left. */
void
dbn_pconn__stmts_drop(dbn_pconn *c)
{
	struct dbn_pstmt *s, *older;

	for (s = c->newest; s; s = older) {
		older = s->older;
		dbn_free(s);
	}
	c->newest = c->oldest = NULL;
	c->nstmts = 0;
	memset(c->buckets, 0, c->nbuckets * sizeof *c->buckets);
}
