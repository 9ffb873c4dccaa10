/* SPDX-License-Identifier: MIT */
/*
 * Who waits, and who is next.  There is one line, or one for each user or share
 * (a leaf); inside a line the oldest is next.  Between lines the oldest of all
 * is next, or, with sharing, the line that has had least for its weight (stride
 * scheduling, Waldspurger and Weihl).  A line at its limit is passed over.  All
 * of it under set->lock.
 */
#include <stdio.h>

#include "base/str.h"
#include "pool/connset.h"
#include "pool/connset_impl.h"

#define STRIDE (UINT64_C(1) << 32)

/* ---- lines ---- */

dbn_status
dbn_queue__init(dbn_connset *set, const dbn_connset_opts *o)
{
	dbn_share *rest;

	set->sharing = o->sharing;
	set->per_user = o->per_user;
	set->accounting = o->sharing != DBN_SHARING_FIFO || o->per_user || o->nshares;
	dbn_map_init(&set->leaves);
	set->shares = dbn_alloc_array((size_t)o->nshares + 1, sizeof *set->shares);
	if (!set->shares)
		return DBN_E_NOMEM;
	set->nshares = o->nshares;
	for (uint32_t i = 0; i < o->nshares; i++) {
		set->shares[i].role = dbn_strdup(o->shares[i].role);
		set->shares[i].weight = o->shares[i].weight ? o->shares[i].weight : 1;
		set->shares[i].max = o->shares[i].max;
		if (!set->shares[i].role)
			return DBN_E_NOMEM;
	}
	rest = &set->shares[o->nshares];
	rest->weight = 1;
	set->all.share = rest;
	return DBN_OK;
}

static void
free_leaf(void *value)
{
	dbn_leaf *leaf = value;

	dbn_free(leaf->key);
	dbn_free(leaf);
}

void
dbn_queue__fini(dbn_connset *set)
{
	dbn_map_free(&set->leaves, free_leaf);
	for (uint32_t i = 0; set->shares && i < set->nshares; i++)
		dbn_free(set->shares[i].role);
	dbn_free(set->shares);
}

static uint32_t
share_of(const dbn_connset *set, const dbn_borrow *b)
{
	for (uint32_t i = 0; i < set->nshares; i++)
		for (uint32_t r = 0; r < b->nroles; r++)
			if (dbn_text_eqz(b->roles[r], set->shares[i].role))
				return i;
	return set->nshares;
}

dbn_leaf *
dbn_queue__leaf_locked(dbn_connset *set, const dbn_borrow *b)
{
	bool by_user = set->per_user || set->sharing == DBN_SHARING_USER;
	uint32_t share;
	dbn_leaf *leaf = NULL;
	dbn_str key;

	if (!set->accounting)
		return &set->all;
	share = share_of(set, b);
	dbn_str_init(&key, 0);
	dbn_str_addf(&key, "%u:", share);
	if (by_user)
		dbn_str_addt(&key, b->user);
	if (key.status != DBN_OK)
		goto out;
	leaf = dbn_map_get(&set->leaves, dbn_text_n(key.ptr, key.len));
	if (leaf)
		goto out;
	leaf = dbn_zalloc(sizeof *leaf);
	if (!leaf)
		goto out;
	leaf->share = &set->shares[share];
	leaf->key = dbn_strndup(key.ptr, key.len);
	if (!leaf->key || dbn_map_put(&set->leaves, dbn_text_n(key.ptr, key.len), leaf, NULL) != DBN_OK) {
		free_leaf(leaf);
		leaf = NULL;
	}
out:
	dbn_str_free(&key);
	return leaf;
}

void
dbn_queue__leaf_unused_locked(dbn_connset *set, dbn_leaf *leaf)
{
	if (!leaf || !leaf->key || leaf->in_use || leaf->nwaiting)
		return;
	/* one that is remembered as served too often must wait for the others first */
	if (set->sharing == DBN_SHARING_USER && leaf->pass > set->pass && set->active)
		return;
	(void)dbn_map_remove(&set->leaves, dbn_text_z(leaf->key));
	free_leaf(leaf);
}

#define SWEEP 64

struct sweep {
	dbn_leaf *found[SWEEP];
	size_t n;
};

static bool
find_unused(dbn_text key, void *value, void *user)
{
	struct sweep *s = user;
	dbn_leaf *leaf = value;

	(void)key;
	if (!leaf->in_use && !leaf->nwaiting)
		s->found[s->n++] = leaf;
	return s->n < SWEEP;
}

/* Nobody waits: who was served how often is of no interest any more. */
void
dbn_queue__sweep_locked(dbn_connset *set)
{
	struct sweep s;

	if (set->active)
		return;
	do {
		s.n = 0;
		dbn_map_each(&set->leaves, find_unused, &s);
		for (size_t i = 0; i < s.n; i++)
			dbn_queue__leaf_unused_locked(set, s.found[i]);
	} while (s.n == SWEEP);
}

/* ---- limits ---- */

bool
dbn_queue__within_locked(const dbn_connset *set, const dbn_leaf *leaf)
{
	return !set->accounting || ((!set->per_user || leaf->in_use < set->per_user) &&
		(!leaf->share->max || leaf->share->in_use < leaf->share->max));
}

void
dbn_queue__charge_locked(dbn_pconn *c, dbn_leaf *leaf)
{
	if (!c->set->accounting)
		return;
	c->leaf = leaf;
	leaf->in_use++;
	leaf->share->in_use++;
}

void
dbn_queue__uncharge_locked(dbn_pconn *c)
{
	dbn_leaf *leaf = c->leaf;

	if (!leaf)
		return;
	c->leaf = NULL;
	leaf->in_use--;
	leaf->share->in_use--;
	dbn_queue__leaf_unused_locked(c->set, leaf);
}

/* ---- waiters ---- */

static uint32_t
kind_of(const dbn_connset *set, const dbn_waiter *w)
{
	return set->one_writer && w->want == DBN_WANT_WRITE;
}

static void
activate(dbn_connset *set, dbn_leaf *leaf)
{
	/* who was away has not saved up */
	if (leaf->pass < set->pass)
		leaf->pass = set->pass;
	if (!leaf->share->nwaiting && leaf->share->pass < set->pass)
		leaf->share->pass = set->pass;
	leaf->prev_active = NULL;
	leaf->next_active = set->active;
	if (set->active)
		set->active->prev_active = leaf;
	set->active = leaf;
}

static void
deactivate(dbn_connset *set, dbn_leaf *leaf)
{
	if (leaf->prev_active)
		leaf->prev_active->next_active = leaf->next_active;
	else
		set->active = leaf->next_active;
	if (leaf->next_active)
		leaf->next_active->prev_active = leaf->prev_active;
	leaf->next_active = leaf->prev_active = NULL;
}

void
dbn_queue__put_locked(dbn_connset *set, dbn_waiter *w)
{
	dbn_leaf *leaf = w->leaf;
	uint32_t kind = kind_of(set, w);
	dbn_waiter *after;

	if (!w->ticket)
		w->ticket = ++set->tickets;
	if (set->env.rouse) {
		w->parker.gate = &set->gates[w->ticket / DBN_GATE_BITS % DBN_GATES];
		w->parker.bit = UINT32_C(1) << w->ticket % DBN_GATE_BITS;
	}
	if (!leaf->nwaiting)
		activate(set, leaf);
	for (after = leaf->last[kind]; after && after->ticket > w->ticket; after = after->prev)
		continue;
	w->prev = after;
	w->next = after ? after->next : leaf->first[kind];
	if (w->next)
		w->next->prev = w;
	else
		leaf->last[kind] = w;
	if (after)
		after->next = w;
	else
		leaf->first[kind] = w;
	w->queued = true;
	w->given = NULL;
	w->rc = DBN_OK;
	leaf->nwaiting++;
	leaf->share->nwaiting++;
	if (w->token) {
		w->token->waiter = w;
		atomic_store(&w->token->at, set);
	}
	atomic_fetch_add(&set->nwaiters, 1);
}

void
dbn_queue__take_locked(dbn_connset *set, dbn_waiter *w)
{
	dbn_leaf *leaf = w->leaf;
	uint32_t kind = kind_of(set, w);

	if (w->prev)
		w->prev->next = w->next;
	else
		leaf->first[kind] = w->next;
	if (w->next)
		w->next->prev = w->prev;
	else
		leaf->last[kind] = w->prev;
	w->next = w->prev = NULL;
	w->queued = false;
	if (w->token) {
		w->token->waiter = NULL;
		atomic_store(&w->token->at, NULL);
	}
	leaf->nwaiting--;
	leaf->share->nwaiting--;
	if (!leaf->nwaiting)
		deactivate(set, leaf);
	atomic_fetch_sub(&set->nwaiters, 1);
}

uint32_t
dbn_queue__demand_locked(const dbn_connset *set)
{
	uint64_t n = 0;

	for (const dbn_leaf *l = set->active; l; l = l->next_active) {
		uint64_t more = l->nwaiting;

		if (set->per_user && more > set->per_user - (l->in_use < set->per_user
				? l->in_use : set->per_user))
			more = set->per_user - (l->in_use < set->per_user ? l->in_use : set->per_user);
		if (dbn_queue__within_locked(set, l))
			n += more;
	}
	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

/* ---- who is next ---- */

static dbn_waiter *
oldest(const dbn_connset *set, const dbn_leaf *leaf, const dbn_pconn *c)
{
	dbn_waiter *w = NULL;

	for (uint32_t kind = 0; kind < 2; kind++) {
		dbn_waiter *first = leaf->first[kind];

		if (first && dbn_connset__suits(set, c, first->want) && (!w || first->ticket < w->ticket))
			w = first;
	}
	return w;
}

static uint64_t
pass_of(const dbn_connset *set, const dbn_leaf *leaf)
{
	return set->sharing == DBN_SHARING_USER ? leaf->pass :
		set->sharing == DBN_SHARING_ROLE ? leaf->share->pass : 0;
}

static dbn_waiter *
next_for(const dbn_connset *set, const dbn_pconn *c)
{
	dbn_waiter *best = NULL;
	uint64_t best_pass = 0;

	for (const dbn_leaf *leaf = set->active; leaf; leaf = leaf->next_active) {
		dbn_waiter *w = dbn_queue__within_locked(set, leaf) ? oldest(set, leaf, c) : NULL;
		uint64_t pass = pass_of(set, leaf);

		if (!w || (best && (pass > best_pass || (pass == best_pass && w->ticket > best->ticket))))
			continue;
		best = w;
		best_pass = pass;
	}
	return best;
}

bool
dbn_queue__waits_locked(const dbn_connset *set, const dbn_pconn *c)
{
	return next_for(set, c) != NULL;
}

/* It has been served: the others have an advantage now. */
static void
account(dbn_connset *set, dbn_leaf *leaf)
{
	uint64_t step = STRIDE / leaf->share->weight;

	leaf->grants++;
	leaf->share->grants++;
	set->pass = pass_of(set, leaf);
	leaf->pass += step;
	leaf->share->pass += step;
}

/* The waiter knows: wake it, or have it told when the lock is gone. */
static void
settle(dbn_connset *set, dbn_waiter *w)
{
	if (!w->ready) {
		dbn_waiter__settle(set, w, &set->rousing);
		return;
	}
	if (set->told)
		set->told_last->next = w;
	else
		set->told = w;
	set->told_last = w;
}

static void
deliver(dbn_connset *set, dbn_waiter *w, dbn_pconn *c)
{
	account(set, w->leaf);
	dbn_queue__charge_locked(c, w->leaf);
	dbn_queue__take_locked(set, w);
	atomic_store_explicit(&c->taken_ns, dbn_connset__now(set), memory_order_relaxed);
	w->given = c;
	settle(set, w);
}

void
dbn_queue__give_locked(dbn_connset *set, dbn_pconn *c)
{
	dbn_waiter *w = atomic_load(&set->closing) ? NULL : next_for(set, c);

	if (w)
		deliver(set, w, c);
	else
		atomic_store(&c->state, DBN_PCONN_FREE);
}

/* Files are opened by who waits. */
static void
open_in_place(dbn_connset *set)
{
	for (uint32_t want = DBN_WANT_READ; want <= DBN_WANT_WRITE; want++)
		for (;;) {
			dbn_pconn *c = dbn_connset__grow_locked(set, want);
			dbn_waiter *w = c ? next_for(set, c) : NULL;

			if (w) {
				deliver(set, w, c);
				continue;
			}
			if (c)
				dbn_connset__drop_locked(c);
			break;
		}
}

void
dbn_queue__serve_locked(dbn_connset *set)
{
	if (atomic_load(&set->closing))
		return;
	for (dbn_pconn *c = set->conns; c && set->active; c = c->next)
		if (atomic_load(&c->state) == DBN_PCONN_FREE && next_for(set, c) &&
			dbn_pconn__try_take(c))
			dbn_queue__give_locked(set, c);
	if (!set->active)
		return;
	if (set->in_place)
		open_in_place(set);
	else
		dbn_helper__wake_locked(set);
}

void
dbn_queue__refuse_locked(dbn_connset *set, dbn_waiter *w, dbn_status rc)
{
	dbn_leaf *leaf = w->leaf;

	dbn_queue__take_locked(set, w);
	w->rc = rc;
	settle(set, w);
	dbn_queue__leaf_unused_locked(set, leaf);
}

void
dbn_queue__refuse_all_locked(dbn_connset *set, dbn_status rc)
{
	while (set->active) {
		dbn_leaf *leaf = set->active;

		dbn_queue__refuse_locked(set, leaf->first[leaf->first[0] ? 0 : 1], rc);
	}
}
