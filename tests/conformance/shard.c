/* SPDX-License-Identifier: MIT */
/*
 * The suite for shard plugins.  Quirks: "key TYPE" (bind with this one type
 * instead of int64), "positive keys" (it has no place for keys below 0), "spread
 * none" (shares and moves are not by weight and not tried), "order matters" (the
 * position of a shard is its meaning).
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/conform.h"
#include <dbnexus/plugin/shard.h>

#define KEYS 20000

static const dbn_shard_ops *
ops(conform *cf)
{
	return cf->plugin.desc->ops;
}

static const char *const names[] = { "alpha", "beta", "gamma", "delta", "epsilon", "zeta" };

static dbn_status
bind_to(conform *cf, void *self, const char *const *list, const uint32_t *weights, uint32_t n,
	const dbn_type *types, size_t nkey)
{
	dbn_shard_desc d[8];
	dbn_array shards = { d, n, sizeof(d[0]) };

	memset(d, 0, sizeof(d));
	for (uint32_t i = 0; i < n; i++) {
		d[i].struct_size = sizeof(d[i]);
		d[i].weight = weights ? weights[i] : 1;
		d[i].name = (dbn_text){ list[i], strlen(list[i]) };
	}
	return ops(cf)->bind(self, &shards, types, nkey, &cf->err);
}

static const dbn_type *
key_type(conform *cf)
{
	static dbn_type type;
	const char *name = conform_quirk(cf, "key");

	type = DBN_INT64;
	for (dbn_type t = DBN_BOOL; name && t <= DBN_EXTENSION; t++)
		if (strncmp(dbn_type_name(t), name, strlen(dbn_type_name(t))) == 0)
			type = t;
	return &type;
}

static dbn_status
bind_plain(conform *cf, uint32_t n)
{
	return bind_to(cf, cf->plugin.self, names, NULL, n, key_type(cf), 1);
}

/* The i-th key of the type. */
static dbn_value
key(dbn_type type, int64_t i)
{
	static char text[8][32];
	char *t = text[i & 7];
	dbn_value v;

	memset(&v, 0, sizeof(v));
	v.type = type;
	switch (type) {
	case DBN_TEXT: case DBN_BYTES:
		v.len = (uint64_t)snprintf(t, 32, "key-%lld", (long long)i);
		v.u.ptr = t;
		break;
	case DBN_UUID:
		memset(t, 0, 16);
		memcpy(t, &i, sizeof(i));
		v.u.ptr = t;
		v.len = 16;
		break;
	case DBN_BOOL:
		v.u.i64 = i & 1;
		break;
	default:
		v.u.i64 = i;
	}
	return v;
}

/* One key, twice here and once in another instance. */
static void
stays_in_range(conform *cf, fake_plugin *other, int64_t i)
{
	dbn_value k = key(*key_type(cf), i);
	uint32_t a = 99, b = 98, again = 97;

	CF_OK(cf, ops(cf)->route(cf->plugin.self, &k, 1, 1, &a, &cf->err));
	CF_OK(cf, ops(cf)->route(cf->plugin.self, &k, 1, 1, &again, &cf->err));
	CF_OK(cf, ops(cf)->route(other->self, &k, 1, 1, &b, &cf->err));
	CF_NEED(cf, a < 5, "key %lld: shard %u of 5", (long long)i, a);
	CF_NEED(cf, a == b && a == again, "key %lld: shards %u, %u and %u", (long long)i, a, b, again);
}

/* Keys beside each other, and keys far apart: a map may be of runs of them. */
static void
routes_into_range_and_always_the_same(conform *cf)
{
	static const int64_t apart[] = { 1, 1000003 };
	fake_plugin other;

	CF_OK(cf, bind_plain(cf, 5));
	CF_OK(cf, conform_again(cf, &other));
	CF_OK(cf, bind_to(cf, other.self, names, NULL, 5, key_type(cf), 1));
	for (size_t n = 0; n < 2; n++)
		for (int64_t i = conform_quirk(cf, "positive") ? 0 : -500; i < 500 && !cf->failed; i++)
			stays_in_range(cf, &other, i * apart[n]);
	fake_plugin_close(&other);
}

static void
many_keys_go_where_each_goes(conform *cf)
{
	dbn_value k[8];
	uint32_t many[8], one;

	CF_OK(cf, bind_plain(cf, 3));
	for (int64_t i = 0; i < 8; i++)
		k[i] = key(*key_type(cf), i);
	CF_OK(cf, ops(cf)->route(cf->plugin.self, k, 1, 8, many, &cf->err));
	for (int i = 0; i < 8; i++) {
		CF_OK(cf, ops(cf)->route(cf->plugin.self, &k[i], 1, 1, &one, &cf->err));
		CF_CHECK(cf, one == many[i], "key %d: %u alone, %u among others", i, one, many[i]);
	}
}

/* Shares of KEYS keys over n shards. */
static void
count(conform *cf, void *self, uint32_t *shares, uint32_t n, uint32_t *where)
{
	memset(shares, 0, n * sizeof(*shares));
	for (int64_t i = 0; i < KEYS; i++) {
		dbn_value k = key(*key_type(cf), i);

		CF_OK(cf, ops(cf)->route(self, &k, 1, 1, &where[i], &cf->err));
		CF_NEED(cf, where[i] < n, "shard %u of %u", where[i], n);
		shares[where[i]]++;
	}
}

/* An operation that need not be there. */
static bool
left_out(conform *cf, const void *op)
{
	if (op)
		return false;
	conform_skip(cf, "it has no such operation");
	return true;
}
#define LEFT_OUT(cf, op) left_out((cf), ops(cf)->op ? ops(cf) : NULL)

static bool
placed_by_hand(conform *cf)
{
	if (!conform_quirk(cf, "spread"))
		return false;
	conform_skip(cf, "where keys go is not by weight");
	return true;
}

static void
shares_follow_weights(conform *cf)
{
	static uint32_t where[KEYS];
	const uint32_t weights[] = { 1, 2, 1, 4 };
	uint32_t shares[4];

	if (placed_by_hand(cf))
		return;
	CF_OK(cf, bind_to(cf, cf->plugin.self, names, weights, 4, key_type(cf), 1));
	count(cf, cf->plugin.self, shares, 4, where);
	for (int i = 0; i < 4; i++) {
		double got = (double)shares[i] / KEYS, want = (double)weights[i] / 8;

		CF_CHECK(cf, got > want * 0.9 && got < want * 1.1,
			"shard %d: %.3f of the keys, %.3f by its weight", i, got, want);
	}
}

/* Bind two instances and count keys that live elsewhere in the second. */
static void
compare(conform *cf, const char *const *list, const uint32_t *weights, uint32_t n, uint32_t *moved,
	uint32_t *elsewhere, const char *to)
{
	static uint32_t a[KEYS], b[KEYS];
	uint32_t shares[8];
	fake_plugin other;

	*moved = *elsewhere = 0;
	CF_OK(cf, bind_plain(cf, 4));
	CF_OK(cf, conform_again(cf, &other));
	CF_OK(cf, bind_to(cf, other.self, list, weights, n, key_type(cf), 1));
	count(cf, cf->plugin.self, shares, 4, a);
	count(cf, other.self, shares, n, b);
	for (int i = 0; i < KEYS; i++) {
		if (strcmp(names[a[i]], list[b[i]]) == 0)
			continue;
		(*moved)++;
		*elsewhere += strcmp(list[b[i]], to) != 0;
	}
	fake_plugin_close(&other);
}

static void
a_new_shard_takes_its_share_only(conform *cf)
{
	uint32_t moved, elsewhere;

	if (placed_by_hand(cf))
		return;
	compare(cf, names, NULL, 5, &moved, &elsewhere, "epsilon");
	CF_CHECK(cf, elsewhere == 0, "%u keys moved between the old shards", elsewhere);
	CF_CHECK(cf, moved > KEYS / 5 * 0.9 && moved < KEYS / 5 * 1.1, "%u of %d keys moved, a fifth "
		"was expected", moved, KEYS);
}

static void
a_higher_weight_draws_to_itself_only(conform *cf)
{
	const uint32_t weights[] = { 1, 1, 3, 1 };
	uint32_t moved, elsewhere;

	if (placed_by_hand(cf))
		return;
	compare(cf, names, weights, 4, &moved, &elsewhere, "gamma");
	CF_CHECK(cf, elsewhere == 0, "%u keys moved between the others", elsewhere);
	/* From a quarter to a half. */
	CF_CHECK(cf, moved > KEYS / 4 * 0.9 && moved < KEYS / 4 * 1.1, "%u keys moved", moved);
}

static void
order_does_not_matter(conform *cf)
{
	const char *const other[] = { "delta", "alpha", "gamma", "beta" };
	uint32_t moved, elsewhere;

	if (conform_quirk(cf, "order")) {
		conform_skip(cf, "the position of a shard is its meaning");
		return;
	}
	compare(cf, other, NULL, 4, &moved, &elsewhere, "");
	CF_CHECK(cf, moved == 0, "%u keys moved when the shards were listed in another order", moved);
}

static bool
in_set(const uint64_t *set, uint32_t i)
{
	return set[i / 64] >> (i % 64) & 1;
}

static void
ranges_hold_their_keys(conform *cf)
{
	dbn_value lo = key(*key_type(cf), 100), hi = key(*key_type(cf), 107);
	dbn_key_range r = { .struct_size = sizeof(r), .nkey = 1 };
	uint64_t part = 0, all = 0, from = 0, one = 0;
	uint32_t at;

	if (LEFT_OUT(cf, route_range))
		return;
	CF_OK(cf, bind_plain(cf, 6));
	CF_OK(cf, ops(cf)->route_range(cf->plugin.self, &r, &all, 6, &cf->err));
	r.lo = &lo;
	CF_OK(cf, ops(cf)->route_range(cf->plugin.self, &r, &from, 6, &cf->err));
	r.hi = &hi;
	CF_OK(cf, ops(cf)->route_range(cf->plugin.self, &r, &part, 6, &cf->err));
	for (int64_t i = 100; i < 108; i++) {
		dbn_value k = key(*key_type(cf), i);

		CF_OK(cf, ops(cf)->route(cf->plugin.self, &k, 1, 1, &at, &cf->err));
		CF_CHECK(cf, in_set(&part, at) && in_set(&from, at) && in_set(&all, at),
			"key %lld lives on shard %u, which its range leaves out", (long long)i, at);
	}
	CF_CHECK(cf, (all | from | part) >> 6 == 0, "shards there are not");
	r.hi = &lo;
	CF_OK(cf, ops(cf)->route_range(cf->plugin.self, &r, &one, 6, &cf->err));
	CF_OK(cf, ops(cf)->route(cf->plugin.self, &lo, 1, 1, &at, &cf->err));
	CF_CHECK(cf, in_set(&one, at), "a range of one key leaves its shard out");
}

static void
keys_of_every_type_and_several_columns(conform *cf)
{
	const dbn_type types[] = { DBN_BOOL, DBN_INT64, DBN_UINT64, DBN_TEXT, DBN_BYTES, DBN_DATE,
		DBN_TIME, DBN_TIMESTAMP, DBN_TIMESTAMPTZ, DBN_UUID };
	const dbn_type pair[] = { DBN_TEXT, DBN_TEXT };
	dbn_value a[] = { { .type = DBN_TEXT, .u.ptr = "ab", .len = 2 },
		{ .type = DBN_TEXT, .u.ptr = "c", .len = 1 } };
	uint32_t at;

	if (conform_quirk(cf, "key")) {
		conform_skip(cf, "it takes one type of key");
		return;
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		dbn_value k = key(types[i], 1);
		fake_plugin p;

		CF_OK(cf, conform_again(cf, &p));
		CF_OK(cf, bind_to(cf, p.self, names, NULL, 6, &types[i], 1));
		at = 99;
		CF_OK(cf, ops(cf)->route(p.self, &k, 1, 1, &at, &cf->err));
		CF_CHECK(cf, at < 6, "%s: shard %u", dbn_type_name(types[i]), at);
		fake_plugin_close(&p);
	}
	CF_OK(cf, bind_to(cf, cf->plugin.self, names, NULL, 6, pair, 2));
	CF_OK(cf, ops(cf)->route(cf->plugin.self, a, 2, 1, &at, &cf->err));
}

/* ("ab","c") and ("a","bc") are other keys: over many pairs they must part. */
static void
columns_are_apart(conform *cf)
{
	const dbn_type pair[] = { DBN_TEXT, DBN_TEXT };
	int apart = 0;

	if (conform_quirk(cf, "key")) {
		conform_skip(cf, "it takes one type of key");
		return;
	}
	if (placed_by_hand(cf))
		return;
	CF_OK(cf, bind_to(cf, cf->plugin.self, names, NULL, 6, pair, 2));
	for (int i = 0; i < 100; i++) {
		char text[16];
		dbn_value a[2], b[2];
		uint32_t x, y;
		int n = snprintf(text, sizeof(text), "%04d", i);

		memset(a, 0, sizeof(a));
		a[0].type = a[1].type = DBN_TEXT;
		memcpy(b, a, sizeof(a));
		a[0].u.ptr = b[0].u.ptr = text;
		a[0].len = 2;
		b[0].len = 3;
		a[1].u.ptr = text + 2;
		a[1].len = (uint64_t)n - 2;
		b[1].u.ptr = text + 3;
		b[1].len = (uint64_t)n - 3;
		CF_OK(cf, ops(cf)->route(cf->plugin.self, a, 2, 1, &x, &cf->err));
		CF_OK(cf, ops(cf)->route(cf->plugin.self, b, 2, 1, &y, &cf->err));
		apart += x != y;
	}
	CF_CHECK(cf, apart > 50, "only %d of 100 pairs part", apart);
}

static void
mistakes_are_refused(conform *cf)
{
	dbn_value k = key(*key_type(cf), 1), wrong = key(*key_type(cf) == DBN_TEXT ? DBN_INT64 :
		DBN_TEXT, 1);
	const dbn_type bad = DBN_DOUBLE;
	uint32_t at;

	CF_CHECK(cf, ops(cf)->route(cf->plugin.self, &k, 1, 1, &at, &cf->err) < 0, "routes unbound");
	dbn_error_free(cf->err);
	cf->err = NULL;
	CF_CHECK(cf, bind_to(cf, cf->plugin.self, names, NULL, 0, key_type(cf), 1) < 0, "no shards");
	dbn_error_free(cf->err);
	cf->err = NULL;
	CF_CHECK(cf, bind_to(cf, cf->plugin.self, names, NULL, 3, &bad, 1) < 0, "a double is no key");
	dbn_error_free(cf->err);
	cf->err = NULL;
	CF_OK(cf, bind_plain(cf, 3));
	CF_CHECK(cf, bind_plain(cf, 3) < 0, "bound twice");
	dbn_error_free(cf->err);
	cf->err = NULL;
	CF_CHECK(cf, ops(cf)->route(cf->plugin.self, &wrong, 1, 1, &at, &cf->err) < 0,
		"a key of another type is routed");
	dbn_error_free(cf->err);
	cf->err = NULL;
}

static dbn_status
take(void *ctx, const char *p, size_t n)
{
	(void)p;
	*(size_t *)ctx += n;
	return DBN_OK;
}

static void
describe_says_something(conform *cf)
{
	dbn_value k = key(*key_type(cf), 1);
	size_t n = 0;
	dbn_str_sink out = { take, &n };

	if (LEFT_OUT(cf, describe))
		return;
	CF_OK(cf, bind_plain(cf, 3));
	CF_OK(cf, ops(cf)->describe(cf->plugin.self, &k, 1, &out, &cf->err));
	CF_CHECK(cf, n > 0, "no reason is given");
}

typedef struct seen {
	uint64_t next, slots[8], total;
	uint32_t bad;
	bool by_key;
} seen;

static dbn_status
see(const dbn_slice *s, void *user)
{
	seen *v = user;

	if (s->from_key.len || s->to_key.len)
		v->by_key = true;
	v->bad += s->shard >= 4;
	if (!v->by_key) {
		v->bad += s->from_slot != v->next || s->to_slot < s->from_slot;
		v->next = s->to_slot + 1;
		v->slots[s->shard & 7] += s->to_slot - s->from_slot + 1;
		v->total += s->to_slot - s->from_slot + 1;
	}
	return DBN_OK;
}

static dbn_status
stop(const dbn_slice *s, void *user)
{
	(void)s;
	++*(int *)user;
	return DBN_E_CANCELLED;
}

static void
slices_cover_the_map(conform *cf)
{
	const uint32_t weights[] = { 1, 2, 1, 4 };
	seen v = { 0 };
	int calls = 0;

	if (LEFT_OUT(cf, slices))
		return;
	CF_OK(cf, bind_to(cf, cf->plugin.self, names, weights, 4, key_type(cf), 1));
	CF_OK(cf, ops(cf)->slices(cf->plugin.self, see, &v, &cf->err));
	CF_CHECK(cf, v.bad == 0, "%u slices overlap, leave a gap, or name no shard", v.bad);
	CF_CHECK(cf, v.by_key || v.total > 0, "no slices");
	CF_CHECK(cf, ops(cf)->slices(cf->plugin.self, stop, &calls, &cf->err) == DBN_E_CANCELLED &&
		calls == 1, "goes on after it was told to stop");
	for (int i = 0; i < 4 && !v.by_key && !conform_quirk(cf, "spread"); i++) {
		double got = (double)v.slots[i] / (double)v.total, want = (double)weights[i] / 8;

		CF_CHECK(cf, got > want * 0.9 && got < want * 1.1, "shard %d: %.3f of the slots", i, got);
	}
}

static void
memory_may_fail(conform *cf)
{
	dbn_status rc;

	for (int64_t n = 1;; n++) {
		fake_plugin p;

		CF_OK(cf, conform_again(cf, &p));
		atomic_store(&p.fh.fail_at, n);
		rc = bind_to(cf, p.self, names, NULL, 4, key_type(cf), 1);
		if (atomic_exchange(&p.fh.fail_at, 0) > 0) {
			CF_CHECK(cf, rc == DBN_OK, "bind: %d", (int)rc);
			fake_plugin_close(&p);
			return;
		}
		CF_CHECK(cf, rc == DBN_E_NOMEM, "allocation %d failed: %d", (int)n, (int)rc);
		dbn_error_free(cf->err);
		cf->err = NULL;
		fake_plugin_close(&p);
		CF_CHECK(cf, atomic_load(&p.fh.live) == 0, "allocation %d: memory not released", (int)n);
	}
}

static conform *shared;
static uint32_t expected[1000];

static void *
route_all(void *arg)
{
	intptr_t bad = 0;

	(void)arg;
	for (int round = 0; round < 20; round++)
		for (int64_t i = 0; i < 1000; i++) {
			dbn_value k;
			uint32_t at = 99;

			memset(&k, 0, sizeof(k));
			k.type = DBN_INT64;
			k.u.i64 = i;
			if (ops(shared)->route(shared->plugin.self, &k, 1, 1, &at, NULL) != DBN_OK ||
			    at != expected[i])
				bad++;
		}
	return (void *)bad;
}

static void
threads_agree(conform *cf)
{
	pthread_t t[4];

	if (*key_type(cf) != DBN_INT64) {
		conform_skip(cf, "it takes another type of key");
		return;
	}
	CF_OK(cf, bind_plain(cf, 5));
	for (int64_t i = 0; i < 1000; i++) {
		dbn_value k = key(DBN_INT64, i);

		CF_OK(cf, ops(cf)->route(cf->plugin.self, &k, 1, 1, &expected[i], &cf->err));
	}
	shared = cf;
	for (int i = 0; i < 4; i++)
		CF_NEED(cf, pthread_create(&t[i], NULL, route_all, NULL) == 0, "no thread");
	for (int i = 0; i < 4; i++) {
		void *bad;

		pthread_join(t[i], &bad);
		CF_CHECK(cf, !bad, "%ld routes differ", (long)(intptr_t)bad);
	}
}

static const conform_case cases[] = {
	{ "route.in_range_and_stable", routes_into_range_and_always_the_same, 0, 0 },
	{ "route.many", many_keys_go_where_each_goes, 0, 0 },
	{ "route.every_type", keys_of_every_type_and_several_columns, 0, 0 },
	{ "route.columns_apart", columns_are_apart, 0, 0 },
	{ "share.weights", shares_follow_weights, 0, 0 },
	{ "share.new_shard", a_new_shard_takes_its_share_only, 0, 0 },
	{ "share.higher_weight", a_higher_weight_draws_to_itself_only, 0, 0 },
	{ "share.order", order_does_not_matter, 0, 0 },
	{ "range.superset", ranges_hold_their_keys, 0, 0 },
	{ "mistakes.refused", mistakes_are_refused, 0, 0 },
	{ "describe.says_why", describe_says_something, 0, 0 },
	{ "slices.cover", slices_cover_the_map, 0, 0 },
	{ "memory.may_fail", memory_may_fail, 0, 0 },
	{ "threads.agree", threads_agree, 0, 60 }
};

int
main(int argc, char **argv)
{
	return conform_main(argc, argv, DBN_KIND_SHARD, cases, sizeof(cases) / sizeof(cases[0]));
}
