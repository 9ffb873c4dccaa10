/* SPDX-License-Identifier: MIT */
/*
 * What a statement has to do with the result cache: look for its answer, keep the
 * answer for the next, and tell of what it has written.
 */
#include "session/session_impl.h"
#include "value/value.h"

/* Kept until the rows are dropped.  How long each list is is part of it: IN (1, 2)
 * with (3) is not IN (1) with (2, 3).  Without memory: no key, and no cache. */
static dbn_text
key_of(dbn_rows *r)
{
	dbn_cache_key *k = &r->key;
	size_t n = r->plan->nparams, total = n + r->plan->nextra;

	/* the epoch of the plan: rows of an older one may outlive the subject's */
	dbn_cache_key_begin(k, &r->plan->digest, r->plan->conditions, &r->plan->policy_epoch, 1);
	if (r->expand) {
		dbn_cache_key_values(k, NULL, 0);
		for (size_t i = 0; i < total; i++) {
			dbn_value len = dbn_v_u64(r->expand[i]);

			dbn_cache_key_values(k, &len, 1);
		}
		dbn_cache_key_values(k, r->argv, r->nargv);
	} else {
		dbn_cache_key_values(k, r->argv, n);
		dbn_cache_key_values(k, r->argv + n, r->nargv - n);
	}
	return dbn_cache_key_end(k);
}

/* Ask the cache; r->cached: it had the answer. */
void
dbn_session__from_cache(dbn_rows *r, const dbn_query_opts *opts)
{
	dbn_session *s = r->s;
	dbn_cache *c = s->pool->cache;
	uint32_t what = opts ? opts->cache : DBN_CACHE_DEFAULT;

	if (!r->plan->cacheable || s->in_txn || what == DBN_CACHE_BYPASS)
		return;
	r->key_text = key_of(r);
	if (!r->key_text.ptr)
		return;
	if (what == DBN_CACHE_REFRESH)
		dbn_cache_forget(c, r->key_text);
	switch (dbn_cache_lookup(c, r->key_text, r->plan->tags, r->plan->ntags, r->deadline_ns,
		&r->hit)) {
	case DBN_CACHED_HIT:
		if (r->hit.ncolumns == r->ncols &&
			dbn_grow(&r->hit_cells, &r->hit_cap, r->ncols, sizeof *r->hit_cells)) {
			dbn_session__add(r, DBN_M_CACHE_HITS, 1);
			r->cached = true;
		} else {
			dbn_cached_close(&r->hit);
		}
		break;
	case DBN_CACHED_MISS:
		dbn_session__add(r, DBN_M_CACHE_MISSES, 1);
		r->ticket = r->hit.ticket;
		r->filling = true;
		break;
	default:
		break;
	}
}

/* The answer will not come: another may fill in our stead. */
void
dbn_session__abandon(dbn_rows *r)
{
	if (r->filling)
		dbn_cache_abandon(r->s->pool->cache, r->key_text, &r->ticket);
	r->filling = false;
}

/* A shared cache must neither fill nor answer while a write is under way. */
dbn_status
dbn_session__mark(dbn_rows *r, dbn_error **err)
{
	dbn_cache *c = r->s->pool->cache;

	if (!c || r->plan->read_only || r->s->in_txn || !dbn_cache_shared(c))
		return DBN_OK;
	return dbn_cache_invalidate(c, r->plan->tags, r->plan->ntags, DBN_INVALIDATE_MARK,
		r->deadline_ns, err);
}

void
dbn_session__settle_cache(dbn_rows *r, dbn_status rc)
{
	dbn_session *s = r->s;
	dbn_error *err = NULL;

	if (r->cached)
		dbn_cached_close(&r->hit);
	if (r->filling && rc == DBN_OK && r->complete && r->plan->policy_epoch == s->subject->epoch) {
		if (dbn_cache_put(s->pool->cache, r->key_text, &r->fill, r->plan->tags, r->plan->ntags,
			r->plan->ttl_ns, &r->ticket) == DBN_OK)
			dbn_session__add(r, DBN_M_CACHE_FILLS, 1);
		r->filling = false;
	}
	dbn_session__abandon(r);
	if (r->plan->read_only || !s->pool->cache || s->in_txn || !r->conn)
		return;
	if (r->plan->kind == DBN_STMT_ADMIN)
		(void)dbn_cache_clear(s->pool->cache, &err);
	else /* failed ones too: what of them has happened is not for us to guess */
		(void)dbn_cache_invalidate(s->pool->cache, r->plan->tags, r->plan->ntags,
			dbn_cache_shared(s->pool->cache) ? DBN_INVALIDATE_RELEASE : DBN_INVALIDATE_NOW,
			0, &err);
	dbn_error_free(err);
	dbn_session__add(r, DBN_M_CACHE_INVALIDATIONS, 1);
}
