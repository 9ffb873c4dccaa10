/* SPDX-License-Identifier: MIT */
/*
 * The core's side of the cache: keys that cannot be confused, results that come
 * back whole, damaged bytes, and a backend that fails in every way.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cache/cache.h"
#include "error/error.h"
#include "lib/fault_alloc.h"
#include <dbnexus/value.h>

/* ---- a backend of one entry ---- */
typedef struct backend {
	char key[300], *value;
	size_t key_len, value_len;
	dbn_status get, put, invalidate, clear; /* what these return */
	uint32_t miss;                          /* state of a miss; 0: LOAD */
	int pins, puts, abandons, invalidations, clears, gets;
	uint32_t how;
	dbn_cache_ops ops;
} backend;

static backend b;
static dbn_cache *c;
static dbn_cache_key k;
static dbn_cache_fill f;

static dbn_status
b_get(void *self, const dbn_text *keys, size_t n, const dbn_get_opts *o, dbn_cache_hit *hits,
	dbn_error **err)
{
	cr_assert_eq(self, &b);
	cr_assert_eq(n, 1);
	cr_assert_eq(o->call.struct_size, sizeof(*o));
	cr_assert_eq(hits->struct_size, sizeof(*hits));
	b.gets++;
	if (b.get != DBN_OK)
		return dbn_fail(err, b.get, "told to fail");
	hits->ticket.id = 42;
	hits->state = b.miss ? b.miss : DBN_CACHE_LOAD;
	if (b.value && keys->len == b.key_len && memcmp(keys->ptr, b.key, b.key_len) == 0) {
		hits->state = DBN_CACHE_HIT;
		hits->value = dbn_text_n(b.value, b.value_len);
		hits->pin = &b;
		b.pins++;
	}
	return DBN_OK;
}

static void
b_release(void *self, dbn_cache_hit *hits, size_t n)
{
	(void)self;
	cr_assert_eq(n, 1);
	if (hits->pin)
		b.pins--;
}

static dbn_status
b_put(void *self, dbn_text key, const dbn_text *parts, size_t n, const dbn_put_opts *o,
	dbn_error **err)
{
	size_t len = 0;

	(void)self;
	cr_assert_eq(o->ticket.id, 42);
	if (b.put != DBN_OK)
		return dbn_fail(err, b.put, "told to fail");
	for (size_t i = 0; i < n; i++)
		len += parts[i].len;
	free(b.value);
	b.value = malloc(len);
	b.value_len = 0;
	for (size_t i = 0; i < n; i++) {
		if (parts[i].len)
			memcpy(b.value + b.value_len, parts[i].ptr, parts[i].len);
		b.value_len += parts[i].len;
	}
	memcpy(b.key, key.ptr, key.len);
	b.key_len = key.len;
	b.puts++;
	return DBN_OK;
}

static void
b_abandon(void *self, dbn_text key, const dbn_ticket *ticket)
{
	(void)self;
	(void)key;
	cr_assert_eq(ticket->id, 42);
	b.abandons++;
}

static dbn_status
b_invalidate(void *self, const dbn_text *keys, size_t nkeys, const dbn_text *tags, size_t ntags,
	uint32_t how, const dbn_call *call, dbn_error **err)
{
	(void)self;
	(void)keys;
	(void)tags;
	(void)call;
	b.invalidations += (int)(nkeys + ntags);
	b.how = how;
	return b.invalidate == DBN_OK ? DBN_OK : dbn_fail(err, b.invalidate, "told to fail");
}

static dbn_status
b_clear(void *self, dbn_text prefix, const dbn_call *call, dbn_error **err)
{
	(void)self;
	(void)call;
	cr_assert_eq(prefix.len, 0);
	b.clears++;
	return b.clear == DBN_OK ? DBN_OK : dbn_fail(err, b.clear, "told to fail");
}

static void
b_stats(void *self, dbn_cache_stats *out)
{
	(void)self;
	out->hits = 77;
}

static const dbn_cache_rule rules[] = {
	{ DBN_TEXT_LIT("sessions"), 0 },
	{ DBN_TEXT_LIT("geo.countries"), 100 },
	{ DBN_TEXT_LIT("other.*.countries"), 200 }
};

static void
setup(void)
{
	dbn_cache_conf conf = { .name = DBN_TEXT_LIT("cache"), .self = &b, .ops = &b.ops,
		.ttl_ns = 50, .rules = rules, .nrules = 3 };

	memset(&b, 0, sizeof(b));
	b.ops = (dbn_cache_ops) { sizeof(b.ops), 0, b_get, b_release, b_put, b_abandon,
		b_invalidate, b_clear, b_stats };
	cr_assert_eq(dbn_cache_open(&conf, &c, NULL), DBN_OK);
	dbn_cache_key_init(&k);
	dbn_cache_fill_init(&f);
}

static void
teardown(void)
{
	dbn_clock_set(NULL, NULL);
	cr_expect_eq(b.pins, 0);
	dbn_cache_key_free(&k);
	dbn_cache_fill_free(&f);
	dbn_cache_close(c);
	free(b.value);
}

TestSuite(cache, .init = setup, .fini = teardown);

/* ---- keys ---- */

static const dbn_digest plan = { { 1, 2, 3 } };

static char *
key_of(const dbn_value *v, size_t n, const dbn_value *w, size_t nw, size_t *len)
{
	dbn_text t;
	char *copy;

	dbn_cache_key_begin(&k, &plan, 0, NULL, 0);
	dbn_cache_key_values(&k, v, n);
	dbn_cache_key_values(&k, w, nw);
	t = dbn_cache_key_end(&k);
	cr_assert(t.ptr);
	copy = malloc(t.len);
	memcpy(copy, t.ptr, t.len);
	*len = t.len;
	return copy;
}

static void
expect_keys(bool equal, const dbn_value *v, size_t n, const dbn_value *w, size_t nw)
{
	size_t la, lb;
	char *a = key_of(v, n, NULL, 0, &la), *d = key_of(w, nw, NULL, 0, &lb);

	cr_expect_eq(la == lb && memcmp(a, d, la) == 0, equal);
	free(a);
	free(d);
}

Test(cache, keys_tell_types_and_borders_apart)
{
	static const dbn_value null;
	dbn_value one = dbn_v_i64(1), uone = dbn_v_u64(1), t1 = dbn_v_text("1");
	dbn_value ab_c[] = { dbn_v_text("ab"), dbn_v_text("c") };
	dbn_value a_bc[] = { dbn_v_text("a"), dbn_v_text("bc") };
	dbn_value z = dbn_v_f64(0.0), mz = dbn_v_f64(-0.0);
	dbn_value nulls[] = { null, null };

	expect_keys(true, &one, 1, &one, 1);
	expect_keys(false, &one, 1, &uone, 1);
	expect_keys(false, &one, 1, &t1, 1);
	expect_keys(false, ab_c, 2, a_bc, 2);
	expect_keys(false, nulls, 1, nulls, 2);
	expect_keys(false, &z, 1, &mz, 1);
	ab_c[0] = dbn_v_text("");
	expect_keys(false, &null, 1, ab_c, 1);
}

Test(cache, keys_tell_bound_values_from_those_of_the_subject)
{
	dbn_value v[] = { dbn_v_i64(1), dbn_v_i64(2) };
	size_t la, lb;
	char *a = key_of(v, 2, NULL, 0, &la), *d = key_of(v, 1, v + 1, 1, &lb);

	cr_assert_not(la == lb && memcmp(a, d, la) == 0);
	free(a);
	free(d);
}

Test(cache, text_measured_by_its_nul_is_the_same_key)
{
	dbn_value cstr = dbn_v_text("alice"), counted = cstr;

	counted.flags = 0;
	counted.len = 5;
	cstr.flags = DBN_VALUE_CSTR;
	expect_keys(true, &cstr, 1, &counted, 1);
}

Test(cache, arrays_are_keys_too_but_not_without_end)
{
	dbn_value items[] = { dbn_v_i64(1), dbn_v_i64(2) }, arrays[6];
	dbn_value a = { .type = DBN_ARRAY, .aux = DBN_INT64, .u.ptr = items, .len = 2 }, d = a;

	d.len = 1;
	expect_keys(false, &a, 1, &d, 1);
	expect_keys(true, &a, 1, &a, 1);
	arrays[0] = a;
	for (int i = 1; i < 6; i++)
		arrays[i] = (dbn_value) { .type = DBN_ARRAY, .u.ptr = &arrays[i - 1], .len = 1 };
	dbn_cache_key_begin(&k, &plan, 0, NULL, 0);
	dbn_cache_key_values(&k, &arrays[5], 1);
	cr_assert_null(dbn_cache_key_end(&k).ptr);
	d.type = 99;
	dbn_cache_key_begin(&k, &plan, 0, NULL, 0);
	dbn_cache_key_values(&k, &d, 1);
	cr_assert_null(dbn_cache_key_end(&k).ptr, "an unknown type is not cached");
	expect_keys(true, &a, 1, &a, 1); /* and the key can be used again */
}

Test(cache, long_keys_are_hashed_and_still_differ)
{
	static char text[5000];
	dbn_value v[3] = { dbn_v_i64(1) };
	size_t len, last = 0;
	char *seen[40];

	memset(text, 'x', sizeof(text));
	/* Every length around the border of the buffer, and far beyond it. */
	for (size_t i = 0; i < 40; i++) {
		v[1] = (dbn_value) { .type = DBN_TEXT, .u.ptr = text, .len = 205 + i };
		v[2] = v[0];
		seen[i] = key_of(v, 3, NULL, 0, &len);
		cr_assert_leq(len, DBN_CACHE_KEY_MAX);
		for (size_t j = 0; j < i && len == last; j++)
			cr_assert_neq(memcmp(seen[i], seen[j], len), 0, "%zu and %zu", i, j);
		last = len;
	}
	cr_assert_eq(last, 16 + 1 + 32);
	v[1].len = sizeof(text);
	free(seen[0]);
	seen[0] = key_of(v, 3, NULL, 0, &len);
	text[4999] = 'y';
	free(seen[1]);
	seen[1] = key_of(v, 3, NULL, 0, &len);
	cr_assert_neq(memcmp(seen[0], seen[1], len), 0);
	cr_assert_eq(memcmp(seen[0], &plan, 16), 0, "the digest stays in front");
	for (size_t i = 0; i < 40; i++)
		free(seen[i]);
}

Test(cache, conditions_and_epochs_are_part_of_the_key)
{
	const uint64_t epochs[] = { 7, 8 }, other[] = { 7, 9 };
	char first[64];
	size_t len;
	dbn_text t;

	dbn_cache_key_begin(&k, &plan, 3, epochs, 2);
	t = dbn_cache_key_end(&k);
	len = t.len;
	memcpy(first, t.ptr, len);
	dbn_cache_key_begin(&k, &plan, 3, other, 2);
	t = dbn_cache_key_end(&k);
	cr_assert_neq(memcmp(first, t.ptr, len), 0);
	dbn_cache_key_begin(&k, &plan, 2, epochs, 2);
	t = dbn_cache_key_end(&k);
	cr_assert_neq(memcmp(first, t.ptr, len), 0);
	dbn_cache_key_begin(&k, &plan, 3, epochs, 2);
	t = dbn_cache_key_end(&k);
	cr_assert_eq(memcmp(first, t.ptr, len), 0);
}

/* ---- results ---- */

static const dbn_interval interval = { -5, 6, 7 };
static const uint8_t uuid[16] = { 1, 2, 3 };
static dbn_value list[3];

/* One cell of every type that a row can hold. */
static size_t
all_types(dbn_value *v)
{
	size_t n = 0;

	list[0] = dbn_v_i64(-1);
	list[1] = (dbn_value) { .type = DBN_NULL };
	list[2] = (dbn_value) { .type = DBN_TEXT, .u.ptr = "item", .len = 4 };
	v[n++] = (dbn_value) { .type = DBN_NULL };
	v[n++] = (dbn_value) { .type = DBN_BOOL, .u.i64 = 1 };
	v[n++] = (dbn_value) { .type = DBN_INT64, .u.i64 = INT64_MIN };
	v[n++] = (dbn_value) { .type = DBN_UINT64, .u.u64 = UINT64_MAX };
	v[n++] = (dbn_value) { .type = DBN_FLOAT, .u.f64 = 1.5 };
	v[n++] = (dbn_value) { .type = DBN_DOUBLE, .u.f64 = -0.0 };
	v[n++] = (dbn_value) { .type = DBN_DECIMAL, .u.ptr = "-12.50", .len = 6 };
	v[n++] = (dbn_value) { .type = DBN_TEXT, .u.ptr = "alice", .flags = DBN_VALUE_CSTR };
	v[n++] = (dbn_value) { .type = DBN_BYTES, .u.ptr = "\0\1\2", .len = 3 };
	v[n++] = (dbn_value) { .type = DBN_DATE, .u.i64 = -1 };
	v[n++] = (dbn_value) { .type = DBN_TIME, .u.i64 = 1 };
	v[n++] = (dbn_value) { .type = DBN_TIMETZ, .u.i64 = 1, .aux = (uint16_t)-90 };
	v[n++] = (dbn_value) { .type = DBN_TIMESTAMP, .u.i64 = 1 };
	v[n++] = (dbn_value) { .type = DBN_TIMESTAMPTZ, .u.i64 = 1 };
	v[n++] = (dbn_value) { .type = DBN_INTERVAL, .u.ptr = &interval };
	v[n++] = (dbn_value) { .type = DBN_UUID, .u.ptr = uuid, .len = 16 };
	v[n++] = (dbn_value) { .type = DBN_JSON, .u.ptr = "{}", .len = 2, .flags = DBN_VALUE_MASKED };
	v[n++] = (dbn_value) { .type = DBN_ENUM, .u.ptr = "", .len = 0 };
	v[n++] = (dbn_value) { .type = DBN_ARRAY, .aux = DBN_INT64, .u.ptr = list, .len = 3 };
	v[n++] = (dbn_value) { .type = DBN_EXTENSION, .aux = 9, .u.ptr = "ext", .len = 3 };
	return n;
}

static void
same_cell(const dbn_value *a, const dbn_value *d)
{
	cr_assert_eq(a->type, d->type);
	cr_assert_eq(a->aux, d->aux);
	cr_assert_eq(a->flags & DBN_VALUE_MASKED, d->flags & DBN_VALUE_MASKED);
	switch (a->type) {
	case DBN_NULL:
		break;
	case DBN_INTERVAL:
		cr_assert_eq(memcmp(a->u.ptr, d->u.ptr, sizeof(dbn_interval)), 0);
		break;
	case DBN_ARRAY:
		cr_assert_eq(a->len, d->len);
		for (uint64_t i = 0; i < a->len; i++)
			same_cell((const dbn_value *)a->u.ptr + i, (const dbn_value *)d->u.ptr + i);
		break;
	case DBN_DECIMAL: case DBN_TEXT: case DBN_BYTES: case DBN_UUID: case DBN_JSON:
	case DBN_ENUM: case DBN_EXTENSION:
		cr_assert_eq(a->flags & DBN_VALUE_CSTR ? strlen(a->u.ptr) : a->len, d->len);
		cr_assert_eq(memcmp(a->u.ptr, d->u.ptr, d->len), 0);
		cr_assert_eq(((const char *)d->u.ptr)[d->len], 0, "ends in NUL");
		break;
	default:
		cr_assert_eq(a->u.u64, d->u.u64);
	}
}

static dbn_column_info infos[32];

static dbn_array
columns_of(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		infos[i] = (dbn_column_info) { sizeof(infos[i]), i % 3, DBN_TEXT_LIT("column") };
	return (dbn_array) { infos, n, sizeof(infos[0]) };
}

/* Put rows of all types under a key; the key is left in k. */
static dbn_text
store(uint32_t nrows, size_t *ncells)
{
	const dbn_text tag = DBN_TEXT_LIT("main.main.users");
	dbn_value v[32];
	size_t n = all_types(v);
	dbn_array columns = columns_of((uint32_t)n);
	dbn_cached h;
	dbn_text key;

	*ncells = n;
	dbn_cache_key_begin(&k, &plan, 0, NULL, 0);
	key = dbn_cache_key_end(&k);
	cr_assert_eq(dbn_cache_lookup(c, key, &tag, 1, 0, &h), DBN_CACHED_MISS);
	cr_assert_eq(dbn_cache_fill_begin(&f, &columns, dbn_cache_max_result(c)), DBN_OK);
	for (uint32_t i = 0; i < nrows; i++) {
		v[2].u.i64 = i;
		cr_assert_eq(dbn_cache_fill_row(&f, v), DBN_OK);
	}
	cr_assert_eq(dbn_cache_put(c, key, &f, &tag, 1, 50, &h.ticket), DBN_OK);
	return key;
}

Test(cache, a_result_comes_back_whole)
{
	dbn_value want[32], cells[32];
	dbn_column_info col;
	dbn_cached h;
	size_t n;
	dbn_text key = store(3, &n);

	cr_assert_eq(dbn_cache_lookup(c, key, NULL, 0, 0, &h), DBN_CACHED_HIT);
	cr_assert_eq(h.ncolumns, n);
	cr_assert_eq(h.nrows, 3);
	all_types(want);
	for (int64_t i = 2; i >= 0; i--) { /* in any order */
		cr_assert_eq(dbn_cached_row(&h, (uint32_t)i, cells), DBN_OK);
		want[2].u.i64 = i;
		for (size_t j = 0; j < n; j++)
			same_cell(&want[j], &cells[j]);
	}
	cr_assert_eq(dbn_cached_row(&h, 3, cells), DBN_DONE);
	for (uint32_t i = 0; i < n; i++) {
		cr_assert(dbn_cached_column(&h, i, &col));
		cr_assert_eq(col.type, i % 3);
		cr_assert(dbn_text_eqz(col.name, "column"));
	}
	cr_assert_not(dbn_cached_column(&h, (uint32_t)n, &col));
	dbn_cached_close(&h);
	dbn_cached_close(&h); /* harmless */
}

Test(cache, no_rows_are_a_result_too)
{
	dbn_value cells[32];
	dbn_cached h;
	size_t n;
	dbn_text key = store(0, &n);

	cr_assert_eq(dbn_cache_lookup(c, key, NULL, 0, 0, &h), DBN_CACHED_HIT);
	cr_assert_eq(h.nrows, 0);
	cr_assert_eq(dbn_cached_row(&h, 0, cells), DBN_DONE);
	dbn_cached_close(&h);
}

Test(cache, results_that_are_too_large_are_not_kept)
{
	static char text[4096];
	dbn_array columns = columns_of(1);
	dbn_value v = { .type = DBN_TEXT, .u.ptr = text, .len = sizeof(text) };
	dbn_ticket t = { 42, 0, 0 };
	dbn_status rc = DBN_OK;

	cr_assert_eq(dbn_cache_fill_begin(&f, &columns, 10000), DBN_OK);
	for (int i = 0; i < 10; i++)
		rc = dbn_cache_fill_row(&f, &v);
	cr_assert_eq(rc, DBN_E_LIMIT);
	dbn_cache_key_begin(&k, &plan, 0, NULL, 0);
	cr_assert_eq(dbn_cache_put(c, dbn_cache_key_end(&k), &f, NULL, 0, 50, &t), DBN_DONE);
	cr_assert_eq(b.puts, 0);
	cr_assert_eq(b.abandons, 1, "others that wait are told");
	cr_assert_eq(dbn_cache_fill_begin(&f, &columns, 10000), DBN_OK, "and it can be used again");
	cr_assert_eq(dbn_cache_fill_row(&f, &v), DBN_OK);
}

Test(cache, what_cannot_be_encoded_is_not_kept)
{
	dbn_array columns = columns_of(1);
	dbn_value v = { .type = DBN_LIST, .u.ptr = list, .len = 1 }, nested[8];

	cr_assert_eq(dbn_cache_fill_begin(&f, &columns, 10000), DBN_OK);
	cr_assert_eq(dbn_cache_fill_row(&f, &v), DBN_E_UNSUPPORTED);
	nested[0] = (dbn_value) { .type = DBN_NULL };
	for (int i = 1; i < 8; i++)
		nested[i] = (dbn_value) { .type = DBN_ARRAY, .u.ptr = &nested[i - 1], .len = 1 };
	cr_assert_eq(dbn_cache_fill_begin(&f, &columns, 10000), DBN_OK);
	cr_assert_eq(dbn_cache_fill_row(&f, &nested[7]), DBN_E_UNSUPPORTED);
}

/* Read everything there is; damage must be an answer, never a crash. */
static bool
read_all(dbn_text key)
{
	dbn_value *cells;
	dbn_column_info col;
	dbn_cached h;
	bool sound = true;

	if (dbn_cache_lookup(c, key, NULL, 0, 0, &h) != DBN_CACHED_HIT)
		return false;
	cells = malloc((h.ncolumns + 1) * sizeof(*cells));
	for (uint32_t i = 0; i < h.ncolumns; i++)
		sound = dbn_cached_column(&h, i, &col) && sound;
	for (uint32_t i = 0; i < h.nrows; i++)
		sound = dbn_cached_row(&h, i, cells) == DBN_OK && sound;
	dbn_cached_close(&h);
	free(cells);
	return sound;
}

/* The value in a block of exactly its size, so that a sanitizer sees overreach. */
static void
set_value(const char *good, size_t len)
{
	free(b.value);
	b.value = malloc(len ? len : 1);
	memcpy(b.value, good, len);
	b.value_len = len;
}

Test(cache, damaged_bytes_never_crash, .timeout = 120)
{
	size_t n, whole;
	dbn_text key = store(3, &n);
	char *good;

	whole = b.value_len;
	good = malloc(whole);
	memcpy(good, b.value, whole);
	for (size_t at = 0; at < whole; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			set_value(good, whole);
			b.value[at] = (char)(b.value[at] ^ (1 << bit));
			(void)read_all(key);
			cr_assert_eq(b.pins, 0);
		}
	set_value(good, whole);
	cr_assert(read_all(key));
	for (size_t len = 0; len < whole; len++) {
		set_value(good, len);
		cr_assert_not(read_all(key), "cut to %zu bytes", len);
	}
	free(good);
}

Test(cache, garbage_never_crashes)
{
	size_t n;
	dbn_text key = store(3, &n);
	uint64_t x = 88172645463325252u;
	size_t whole = b.value_len;

	for (int round = 0; round < 3000; round++) {
		/* Leave the head alone, so that the rows are reached. */
		for (size_t i = 40; i < whole; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			b.value[i] = (char)x;
		}
		(void)read_all(key);
	}
}

Test(cache, an_answer_to_another_plan_is_refused)
{
	size_t n;
	dbn_text key = store(1, &n);
	dbn_cached h;

	b.value[24] ^= 1; /* the digest in the head */
	cr_assert_eq(dbn_cache_lookup(c, key, NULL, 0, 0, &h), DBN_CACHED_OFF);
	cr_assert_eq(b.invalidations, 1, "and forgotten");
}

/* ---- failures ---- */

static char logged[1024];
static int nlogged;

static void
catch_log(int32_t level, const char *msg, size_t len, void *user)
{
	(void)level;
	(void)user;
	nlogged++;
	memcpy(logged, msg, len < sizeof(logged) - 1 ? len : sizeof(logged) - 1);
}

static uint64_t now_ns;

static uint64_t
fake_now(void)
{
	return now_ns;
}

Test(cache, a_failure_is_a_miss_said_once_a_minute)
{
	dbn_text key = DBN_TEXT_LIT("0123456789abcdefg");
	dbn_cached h;

	now_ns = 1000;
	dbn_clock_set(fake_now, NULL);
	dbn_log_set(catch_log, NULL, DBN_LOG_WARN);
	b.get = DBN_E_CONN;
	for (int i = 0; i < 5; i++)
		cr_assert_eq(dbn_cache_lookup(c, key, NULL, 0, 0, &h), DBN_CACHED_OFF);
	cr_assert_eq(nlogged, 1);
	cr_assert(strstr(logged, "cache") && strstr(logged, "told to fail"), "%s", logged);
	now_ns += UINT64_C(61000000000);
	cr_assert_eq(dbn_cache_lookup(c, key, NULL, 0, 0, &h), DBN_CACHED_OFF);
	cr_assert_eq(nlogged, 2);
	dbn_log_set(NULL, NULL, 0);
}

Test(cache, a_failed_put_is_dropped)
{
	dbn_text key = DBN_TEXT_LIT("0123456789abcdefg");
	dbn_array columns = columns_of(0);
	dbn_ticket t = { 42, 0, 0 };

	b.put = DBN_E_CONN;
	cr_assert_eq(dbn_cache_fill_begin(&f, &columns, 1000), DBN_OK);
	cr_assert_eq(dbn_cache_put(c, key, &f, NULL, 0, 50, &t), DBN_DONE);
}

Test(cache, a_failed_invalidation_closes_the_cache_until_it_was_cleared)
{
	const dbn_text tag = DBN_TEXT_LIT("main.main.users");
	dbn_text key = DBN_TEXT_LIT("0123456789abcdefg");
	dbn_cached h;

	now_ns = UINT64_C(5000000000);
	dbn_clock_set(fake_now, NULL);
	b.invalidate = DBN_E_CONN;
	cr_assert_eq(dbn_cache_invalidate(c, &tag, 1, DBN_INVALIDATE_NOW, 0, NULL), DBN_OK,
		"a cache never fails a statement");
	b.clear = DBN_E_CONN;
	for (int i = 0; i < 3; i++)
		cr_assert_eq(dbn_cache_lookup(c, key, &tag, 1, 0, &h), DBN_CACHED_OFF);
	cr_assert_eq(b.gets, 0, "old answers may be in it");
	cr_assert_eq(b.clears, 1, "tried once a second");
	b.clear = DBN_OK;
	now_ns += UINT64_C(2000000000);
	cr_assert_eq(dbn_cache_lookup(c, key, &tag, 1, 0, &h), DBN_CACHED_MISS);
	cr_assert_eq(b.clears, 2);
}

Test(cache, a_failed_mark_stops_the_commit)
{
	const dbn_text tag = DBN_TEXT_LIT("main.main.users");
	dbn_error *err = NULL;

	b.invalidate = DBN_E_CONN;
	cr_assert_eq(dbn_cache_invalidate(c, &tag, 1, DBN_INVALIDATE_MARK, 0, &err), DBN_E_CONN);
	cr_assert(dbn_error_message(err));
	dbn_error_free(err);
	b.invalidate = DBN_OK;
	cr_assert_eq(dbn_cache_invalidate(c, &tag, 1, DBN_INVALIDATE_RELEASE, 0, &err), DBN_OK);
	cr_assert_eq(b.how, DBN_INVALIDATE_RELEASE);
	cr_assert_eq(dbn_cache_invalidate(c, NULL, 0, DBN_INVALIDATE_NOW, 0, &err), DBN_OK);
}

Test(cache, waiting_and_stale_answers_are_not_used)
{
	dbn_text key = DBN_TEXT_LIT("0123456789abcdefg");
	dbn_cached h;

	b.miss = DBN_CACHE_WAIT;
	cr_assert_eq(dbn_cache_lookup(c, key, NULL, 0, 0, &h), DBN_CACHED_OFF);
	b.miss = DBN_CACHE_STALE;
	cr_assert_eq(dbn_cache_lookup(c, key, NULL, 0, 0, &h), DBN_CACHED_MISS);
	cr_assert_eq(h.ticket.id, 42);
}

Test(cache, time_to_live_follows_the_first_rule_and_the_shortest_relation)
{
	const dbn_text sessions = DBN_TEXT_LIT("main.main.sessions");
	const dbn_text two[] = { DBN_TEXT_LIT("main.geo.countries"), DBN_TEXT_LIT("main.main.users") };
	const dbn_text other = DBN_TEXT_LIT("other.x.countries");

	cr_assert_eq(dbn_cache_ttl(c, &sessions, 1), 0, "never cached");
	cr_assert_eq(dbn_cache_ttl(c, two, 1), 100);
	cr_assert_eq(dbn_cache_ttl(c, two, 2), 50);
	cr_assert_eq(dbn_cache_ttl(c, &other, 1), 200);
	cr_assert_eq(dbn_cache_ttl(c, NULL, 0), 50);
}

Test(cache, statistics_and_flags_pass_through)
{
	dbn_cache_stats st;

	dbn_cache_get_stats(c, &st);
	cr_assert_eq(st.hits, 77);
	cr_assert_not(dbn_cache_shared(c));
	b.ops.flags = DBN_CACHE_SHARED;
	cr_assert(dbn_cache_shared(c));
	cr_assert_eq(dbn_cache_clear(c, NULL), DBN_OK);
	b.clear = DBN_E_IO;
	cr_assert_eq(dbn_cache_clear(c, NULL), DBN_E_IO);
}

Test(cache, every_allocation_may_fail)
{
	dbn_cache_conf conf = { .name = DBN_TEXT_LIT("cache"), .self = &b, .ops = &b.ops,
		.ttl_ns = 50, .rules = rules, .nrules = 3 };
	static char text[400];
	dbn_array columns = columns_of(3);
	dbn_value row[3] = { dbn_v_i64(1), { .type = DBN_INTERVAL, .u.ptr = &interval },
		{ .type = DBN_TEXT, .u.ptr = text, .len = sizeof(text) } };
	bool happened;
	int64_t n = 0;

	do {
		dbn_value cells[3];
		dbn_cache *one;
		dbn_cache_key key;
		dbn_cache_fill fill;
		dbn_cached h;
		dbn_status rc;
		dbn_text t;

		fault_arm(++n);
		dbn_cache_key_init(&key);
		dbn_cache_fill_init(&fill);
		rc = dbn_cache_open(&conf, &one, NULL);
		cr_assert(rc == DBN_OK || rc == DBN_E_NOMEM);
		dbn_cache_key_begin(&key, &plan, 0, NULL, 0);
		dbn_cache_key_values(&key, row, 3); /* long: hashed */
		t = dbn_cache_key_end(&key);
		if (rc == DBN_OK && t.ptr && dbn_cache_lookup(one, t, NULL, 0, 0, &h) == DBN_CACHED_MISS) {
			(void)dbn_cache_fill_begin(&fill, &columns, 10000);
			(void)dbn_cache_fill_row(&fill, row);
			rc = dbn_cache_put(one, t, &fill, NULL, 0, 50, &h.ticket);
			cr_assert(rc == DBN_OK || rc == DBN_DONE);
			if (dbn_cache_lookup(one, t, NULL, 0, 0, &h) == DBN_CACHED_HIT) {
				rc = dbn_cached_row(&h, 0, cells);
				cr_assert(rc == DBN_OK || rc == DBN_E_INTEGRITY);
			}
			dbn_cached_close(&h);
			free(b.value);
			b.value = NULL;
		}
		dbn_cache_key_free(&key);
		dbn_cache_fill_free(&fill);
		dbn_cache_close(one);
		happened = fault_happened();
		cr_assert_eq(atomic_load(&fault_live), 0, "a leak after allocation %d", (int)n);
	} while (happened);
	cr_assert_gt(n, 6, "allocations are counted");
	dbn_mem_set_hooks(NULL);
}
