/* SPDX-License-Identifier: MIT */
/*
 * The suite for cache plugins.  Quirks: "clock own" (does not follow the host's
 * clock: time to live is not tried), "capacity none" (not bounded by bytes).
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "conformance/conform.h"
#include <dbnexus/plugin/cache.h>

#define SECOND UINT64_C(1000000000)

static const dbn_cache_ops *
ops(conform *cf)
{
	return cf->plugin.desc->ops;
}

static dbn_text
text(const char *s)
{
	return (dbn_text){ s, strlen(s) };
}

static dbn_call
call(void)
{
	return (dbn_call)DBN_CALL_INIT;
}

static dbn_status
get(conform *cf, const char *key, const dbn_text *tags, size_t n, dbn_cache_hit *hit)
{
	dbn_get_opts o = { .call = DBN_CALL_INIT, .tags = tags, .ntags = n };
	dbn_text k = text(key);

	o.call.struct_size = sizeof(o);
	memset(hit, 0, sizeof(*hit));
	hit->struct_size = sizeof(*hit);
	return ops(cf)->get(cf->plugin.self, &k, 1, &o, hit, &cf->err);
}

static void
done(conform *cf, dbn_cache_hit *hit)
{
	ops(cf)->release(cf->plugin.self, hit, 1);
}

static dbn_status
put_ttl(conform *cf, const char *key, const char *value, const dbn_text *tags, size_t n,
	uint64_t ttl_ns, const dbn_ticket *ticket)
{
	dbn_put_opts o = { .call = DBN_CALL_INIT, .ttl_ns = ttl_ns, .tags = tags, .ntags = n,
		.ticket = *ticket };
	dbn_text v = text(value);

	o.call.struct_size = sizeof(o);
	return ops(cf)->put(cf->plugin.self, text(key), &v, 1, &o, &cf->err);
}

static dbn_status
put(conform *cf, const char *key, const char *value, const dbn_text *tags, size_t n,
	const dbn_ticket *ticket)
{
	return put_ttl(cf, key, value, tags, n, UINT64_MAX, ticket);
}

/* Miss, then put: the way of the core. */
static void
fill_ttl(conform *cf, const char *key, const char *value, const dbn_text *tags, size_t n,
	uint64_t ttl_ns)
{
	dbn_cache_hit hit;

	CF_OK(cf, get(cf, key, tags, n, &hit));
	CF_NEED(cf, hit.state == DBN_CACHE_LOAD, "\"%s\": state %u, a miss was expected", key,
		hit.state);
	done(cf, &hit);
	CF_OK(cf, put_ttl(cf, key, value, tags, n, ttl_ns, &hit.ticket));
}

static void
fill(conform *cf, const char *key, const char *value, const dbn_text *tags, size_t n)
{
	fill_ttl(cf, key, value, tags, n, UINT64_MAX);
}

static void
expect(conform *cf, const char *key, const char *value, const dbn_text *tags, size_t n)
{
	dbn_cache_hit hit;

	CF_OK(cf, get(cf, key, tags, n, &hit));
	if (value)
		CF_CHECK(cf, hit.state == DBN_CACHE_HIT && hit.value.len == strlen(value) &&
			memcmp(hit.value.ptr, value, hit.value.len) == 0,
			"\"%s\": state %u, wanted \"%s\"", key, hit.state, value);
	else
		CF_CHECK(cf, hit.state == DBN_CACHE_LOAD, "\"%s\": state %u, wanted a miss", key,
			hit.state);
	done(cf, &hit);
}

static dbn_status
invalidate(conform *cf, const char *key, const char *tag, uint32_t how)
{
	dbn_call c = call();
	dbn_text k = text(key ? key : ""), t = text(tag ? tag : "");

	return ops(cf)->invalidate(cf->plugin.self, &k, key ? 1 : 0, &t, tag ? 1 : 0, how, &c, &cf->err);
}

/* ---- values ---- */

static void
values_come_back(conform *cf)
{
	dbn_put_opts o = { .call = DBN_CALL_INIT, .ttl_ns = UINT64_MAX };
	const dbn_text parts[] = { { "a\0b", 3 }, { "", 0 }, { NULL, 0 }, { "cd", 2 } };
	dbn_cache_hit hit;

	o.call.struct_size = sizeof(o);
	CF_OK(cf, get(cf, "k", NULL, 0, &hit));
	CF_CHECK(cf, hit.state == DBN_CACHE_LOAD, "state %u of an empty cache", hit.state);
	o.ticket = hit.ticket;
	CF_OK(cf, ops(cf)->put(cf->plugin.self, text("k"), parts, 4, &o, &cf->err));
	CF_OK(cf, get(cf, "k", NULL, 0, &hit));
	CF_CHECK(cf, hit.state == DBN_CACHE_HIT && hit.value.len == 5 &&
		memcmp(hit.value.ptr, "a\0bcd", 5) == 0, "the parts, joined, come back");
	done(cf, &hit);
	fill(cf, "empty", "", NULL, 0);
	expect(cf, "empty", "", NULL, 0);
}

static void
keys_are_exact(conform *cf)
{
	dbn_get_opts o = { .call = DBN_CALL_INIT };
	const dbn_text binary[] = { { "same\0one", 8 }, { "same\0two", 8 }, { "same", 4 } };
	dbn_cache_hit hits[3];

	fill(cf, "a common beginning of keys: 1", "one", NULL, 0);
	expect(cf, "a common beginning of keys: 2", NULL, NULL, 0);
	expect(cf, "a common beginning of keys: ", NULL, NULL, 0);
	fill(cf, "a common beginning of keys: 2", "two", NULL, 0);
	expect(cf, "a common beginning of keys: 1", "one", NULL, 0);
	fill(cf, "same", "same", NULL, 0);
	o.call.struct_size = sizeof(o);
	memset(hits, 0, sizeof(hits));
	for (int i = 0; i < 3; i++)
		hits[i].struct_size = sizeof(hits[i]);
	CF_OK(cf, ops(cf)->get(cf->plugin.self, binary, 3, &o, hits, &cf->err));
	CF_CHECK(cf, hits[0].state == DBN_CACHE_LOAD && hits[1].state == DBN_CACHE_LOAD,
		"a NUL does not end a key");
	CF_CHECK(cf, hits[2].state == DBN_CACHE_HIT, "several keys in one get");
	ops(cf)->release(cf->plugin.self, hits, 3);
}

static void
put_replaces(conform *cf)
{
	dbn_cache_hit a, b;

	CF_OK(cf, get(cf, "k", NULL, 0, &a));
	CF_OK(cf, get(cf, "k", NULL, 0, &b));
	CF_OK(cf, put(cf, "k", "first", NULL, 0, &a.ticket));
	CF_OK(cf, put(cf, "k", "second", NULL, 0, &b.ticket));
	expect(cf, "k", "second", NULL, 0);
}

static void
a_pinned_value_stays(conform *cf)
{
	const dbn_text tag = { "t", 1 };
	dbn_call c = call();
	dbn_cache_hit pin, hit;
	char key[32];

	fill(cf, "pinned", "the value that was pinned", &tag, 1);
	CF_OK(cf, get(cf, "pinned", &tag, 1, &pin));
	CF_NEED(cf, pin.state == DBN_CACHE_HIT, "state %u", pin.state);
	CF_OK(cf, invalidate(cf, NULL, "t", DBN_INVALIDATE_NOW));
	CF_OK(cf, get(cf, "pinned", &tag, 1, &hit));
	CF_OK(cf, put(cf, "pinned", "anything else, just as long", &tag, 1, &hit.ticket));
	CF_OK(cf, ops(cf)->clear(cf->plugin.self, text(""), &c, &cf->err));
	for (int i = 0; i < 2000; i++) {
		(void)snprintf(key, sizeof(key), "other %d", i);
		CF_OK(cf, get(cf, key, NULL, 0, &hit));
		(void)put(cf, key, "a value of about the same size", NULL, 0, &hit.ticket);
	}
	CF_CHECK(cf, pin.value.len == 25 &&
		memcmp(pin.value.ptr, "the value that was pinned", 25) == 0, "the pinned value changed");
	done(cf, &pin);
}

/* ---- freshness ---- */

static void
tags_forget(conform *cf)
{
	const dbn_text tags[] = { { "users", 5 }, { "orders", 6 } };
	char key[32], tag[32];
	int kept = 0;

	fill(cf, "both", "1", tags, 2);
	CF_OK(cf, invalidate(cf, NULL, "orders", DBN_INVALIDATE_NOW));
	expect(cf, "both", NULL, tags, 2);
	/* Forgetting a little too much is allowed, everything is not. */
	for (int i = 0; i < 40; i++) {
		dbn_text t;

		(void)snprintf(key, sizeof(key), "k%d", i);
		(void)snprintf(tag, sizeof(tag), "main.main.relation%d", i);
		t = text(tag);
		fill(cf, key, "v", &t, 1);
	}
	CF_OK(cf, invalidate(cf, NULL, "main.main.relation7", DBN_INVALIDATE_NOW));
	for (int i = 0; i < 40; i++) {
		dbn_cache_hit hit;
		dbn_text t;

		(void)snprintf(key, sizeof(key), "k%d", i);
		(void)snprintf(tag, sizeof(tag), "main.main.relation%d", i);
		t = text(tag);
		CF_OK(cf, get(cf, key, &t, 1, &hit));
		CF_CHECK(cf, i != 7 || hit.state != DBN_CACHE_HIT, "the tag's own entry is given");
		kept += hit.state == DBN_CACHE_HIT;
		done(cf, &hit);
	}
	CF_CHECK(cf, kept >= 35, "only %d of 39 others are left", kept);
}

static void
outdated_tickets_are_dropped(conform *cf)
{
	const dbn_text tags[] = { { "users", 5 }, { "orders", 6 } };
	dbn_cache_hit hit;

	/* Read, then somebody writes, then the old answer arrives. */
	CF_OK(cf, get(cf, "k", tags, 2, &hit));
	CF_OK(cf, invalidate(cf, NULL, "orders", DBN_INVALIDATE_NOW));
	CF_CHECK(cf, put(cf, "k", "old", tags, 2, &hit.ticket) == DBN_DONE, "put of an old answer");
	expect(cf, "k", NULL, tags, 2);
	/* The same by key. */
	CF_OK(cf, get(cf, "k", tags, 2, &hit));
	CF_OK(cf, invalidate(cf, "k", NULL, DBN_INVALIDATE_NOW));
	(void)put(cf, "k", "old", tags, 2, &hit.ticket);
	expect(cf, "k", NULL, tags, 2);
	fill(cf, "k", "new", tags, 2);
	expect(cf, "k", "new", tags, 2);
}

static void
keys_forget(conform *cf)
{
	fill(cf, "a", "1", NULL, 0);
	fill(cf, "b", "2", NULL, 0);
	CF_OK(cf, invalidate(cf, "a", NULL, DBN_INVALIDATE_NOW));
	expect(cf, "a", NULL, NULL, 0);
	expect(cf, "b", "2", NULL, 0);
	CF_OK(cf, invalidate(cf, "not there", NULL, DBN_INVALIDATE_NOW));
}

static void
marks_close_until_released(conform *cf)
{
	const dbn_text tag = { "t", 1 };
	dbn_cache_hit before, during, hit;

	fill(cf, "k", "old", &tag, 1);
	CF_OK(cf, get(cf, "other", &tag, 1, &before));
	CF_OK(cf, invalidate(cf, NULL, "t", DBN_INVALIDATE_MARK));
	CF_OK(cf, get(cf, "k", &tag, 1, &during));
	CF_CHECK(cf, during.state != DBN_CACHE_HIT, "an answer while a writer is under way");
	done(cf, &during);
	(void)put(cf, "other", "old", &tag, 1, &before.ticket);
	(void)put(cf, "k", "old", &tag, 1, &during.ticket);
	CF_OK(cf, get(cf, "k", &tag, 1, &hit));
	CF_CHECK(cf, hit.state != DBN_CACHE_HIT, "filled while a writer is under way");
	done(cf, &hit);
	CF_OK(cf, invalidate(cf, NULL, "t", DBN_INVALIDATE_RELEASE));
	/* What was read during the write may be old. */
	(void)put(cf, "k", "old", &tag, 1, &during.ticket);
	CF_OK(cf, get(cf, "k", &tag, 1, &hit));
	CF_CHECK(cf, hit.state != DBN_CACHE_HIT, "an answer read before the release");
	done(cf, &hit);
	CF_OK(cf, put(cf, "k", "new", &tag, 1, &hit.ticket));
	expect(cf, "k", "new", &tag, 1);
}

static void
clear_clears(conform *cf)
{
	dbn_call c = call();
	dbn_cache_hit hit;

	fill(cf, "app1:a", "1", NULL, 0);
	fill(cf, "app2:a", "2", NULL, 0);
	CF_OK(cf, ops(cf)->clear(cf->plugin.self, text("app1:"), &c, &cf->err));
	expect(cf, "app1:a", NULL, NULL, 0);
	expect(cf, "app2:a", "2", NULL, 0);
	CF_OK(cf, get(cf, "late", NULL, 0, &hit));
	CF_OK(cf, ops(cf)->clear(cf->plugin.self, text(""), &c, &cf->err));
	expect(cf, "app2:a", NULL, NULL, 0);
	(void)put(cf, "late", "from before", NULL, 0, &hit.ticket);
	expect(cf, "late", NULL, NULL, 0);
}

static void
time_to_live_ends(conform *cf)
{
	dbn_cache_hit hit;

	if (conform_quirk(cf, "clock")) {
		conform_skip(cf, "it has a clock of its own");
		return;
	}
	fill_ttl(cf, "short", "1", NULL, 0, SECOND);
	fill(cf, "long", "2", NULL, 0);
	CF_OK(cf, get(cf, "never", NULL, 0, &hit));
	(void)put_ttl(cf, "never", "3", NULL, 0, 0, &hit.ticket);
	expect(cf, "never", NULL, NULL, 0);
	expect(cf, "short", "1", NULL, 0);
	atomic_fetch_add(&cf->plugin.fh.skew_ns, 2 * SECOND);
	expect(cf, "short", NULL, NULL, 0);
	expect(cf, "long", "2", NULL, 0);
	atomic_fetch_add(&cf->plugin.fh.skew_ns, 1000000 * SECOND);
	expect(cf, "long", "2", NULL, 0);
}

static void
stale_answers_come_with_a_ticket(conform *cf)
{
	dbn_get_opts o = { .call = DBN_CALL_INIT, .stale_ns = 10 * SECOND };
	dbn_cache_hit hit = { .struct_size = sizeof(hit) };
	dbn_text k = text("k");

	if (conform_quirk(cf, "clock")) {
		conform_skip(cf, "it has a clock of its own");
		return;
	}
	o.call.struct_size = sizeof(o);
	fill_ttl(cf, "k", "old", NULL, 0, SECOND);
	atomic_fetch_add(&cf->plugin.fh.skew_ns, 2 * SECOND);
	CF_OK(cf, ops(cf)->get(cf->plugin.self, &k, 1, &o, &hit, &cf->err));
	CF_NEED(cf, hit.state == DBN_CACHE_STALE || hit.state == DBN_CACHE_LOAD, "state %u", hit.state);
	if (hit.state == DBN_CACHE_STALE)
		CF_CHECK(cf, hit.value.len == 3 && memcmp(hit.value.ptr, "old", 3) == 0, "another value");
	done(cf, &hit);
	CF_OK(cf, put(cf, "k", "new", NULL, 0, &hit.ticket));
	expect(cf, "k", "new", NULL, 0);
}

static void
waiting_ends(conform *cf)
{
	dbn_get_opts o = { .call = DBN_CALL_INIT, .load_ns = 10 * SECOND };
	dbn_cache_hit first = { .struct_size = sizeof(first) }, hit = first;
	dbn_text k = text("k");

	o.call.struct_size = sizeof(o);
	CF_OK(cf, ops(cf)->get(cf->plugin.self, &k, 1, &o, &first, &cf->err));
	CF_NEED(cf, first.state == DBN_CACHE_LOAD, "state %u", first.state);
	CF_OK(cf, ops(cf)->get(cf->plugin.self, &k, 1, &o, &hit, &cf->err));
	CF_CHECK(cf, hit.state == DBN_CACHE_WAIT || hit.state == DBN_CACHE_LOAD, "state %u", hit.state);
	done(cf, &hit);
	ops(cf)->abandon(cf->plugin.self, k, &first.ticket);
	CF_OK(cf, ops(cf)->get(cf->plugin.self, &k, 1, &o, &hit, &cf->err));
	CF_NEED(cf, hit.state == DBN_CACHE_LOAD, "state %u after the loader gave up", hit.state);
	CF_OK(cf, put(cf, "k", "v", NULL, 0, &hit.ticket));
	CF_OK(cf, ops(cf)->get(cf->plugin.self, &k, 1, &o, &hit, &cf->err));
	CF_CHECK(cf, hit.state == DBN_CACHE_HIT, "state %u after the load", hit.state);
	done(cf, &hit);
}

/* ---- bounds ---- */

static void
bytes_are_bounded(conform *cf)
{
	dbn_cache_stats st = { .struct_size = sizeof(st) };
	static char value[4096];
	dbn_cache_hit hit;
	char key[32];
	int recent = 0;

	if (conform_quirk(cf, "capacity")) {
		conform_skip(cf, "it is not bounded by bytes");
		return;
	}
	memset(value, 'v', sizeof(value) - 1);
	for (int i = 0; i < 3000; i++) {
		(void)snprintf(key, sizeof(key), "key %d", i);
		CF_OK(cf, get(cf, key, NULL, 0, &hit));
		(void)put(cf, key, value, NULL, 0, &hit.ticket);
		if (i % 100 == 0) {
			ops(cf)->stats(cf->plugin.self, &st);
			CF_NEED(cf, st.bytes <= st.capacity, "%llu of %llu bytes after %d puts",
				(unsigned long long)st.bytes, (unsigned long long)st.capacity, i);
		}
	}
	ops(cf)->stats(cf->plugin.self, &st);
	CF_CHECK(cf, st.capacity > 0 && st.capacity < 3000 * sizeof(value),
		"run this suite with a capacity below %zu bytes", 3000 * sizeof(value));
	CF_CHECK(cf, st.evictions > 0 && st.entries > 0, "no evictions, or nothing left");
	for (int i = 2990; i < 3000; i++) {
		(void)snprintf(key, sizeof(key), "key %d", i);
		CF_OK(cf, get(cf, key, NULL, 0, &hit));
		recent += hit.state == DBN_CACHE_HIT;
		done(cf, &hit);
	}
	CF_CHECK(cf, recent >= 8, "of the last ten only %d are left", recent);
}

static void
what_is_too_large_is_dropped(conform *cf)
{
	dbn_cache_stats st = { .struct_size = sizeof(st) };
	dbn_put_opts o = { .call = DBN_CALL_INIT, .ttl_ns = UINT64_MAX };
	dbn_cache_hit hit;
	dbn_text part;
	char *big;

	if (conform_quirk(cf, "capacity")) {
		conform_skip(cf, "it is not bounded by bytes");
		return;
	}
	ops(cf)->stats(cf->plugin.self, &st);
	big = calloc(1, st.capacity + 1);
	CF_NEED(cf, big, "no memory");
	o.call.struct_size = sizeof(o);
	CF_OK(cf, get(cf, "big", NULL, 0, &hit));
	o.ticket = hit.ticket;
	part = (dbn_text){ big, st.capacity + 1 };
	CF_CHECK(cf, ops(cf)->put(cf->plugin.self, text("big"), &part, 1, &o, &cf->err) == DBN_DONE,
		"a value larger than the cache is not dropped");
	expect(cf, "big", NULL, NULL, 0);
	fill(cf, "small", "v", NULL, 0);
	expect(cf, "small", "v", NULL, 0);
	free(big);
}

static void
statistics_are_exact(conform *cf)
{
	dbn_cache_stats a = { .struct_size = sizeof(a) }, b = a;

	ops(cf)->stats(cf->plugin.self, &a);
	fill(cf, "a", "1", NULL, 0);   /* a miss and a put */
	expect(cf, "a", "1", NULL, 0); /* two hits */
	expect(cf, "a", "1", NULL, 0);
	expect(cf, "b", NULL, NULL, 0); /* another miss */
	ops(cf)->stats(cf->plugin.self, &b);
	CF_CHECK(cf, b.hits - a.hits == 2, "%llu hits", (unsigned long long)(b.hits - a.hits));
	CF_CHECK(cf, b.misses - a.misses == 2, "%llu misses", (unsigned long long)(b.misses - a.misses));
	CF_CHECK(cf, b.puts - a.puts == 1, "%llu puts", (unsigned long long)(b.puts - a.puts));
	CF_CHECK(cf, b.entries - a.entries == 1, "%llu entries",
		(unsigned long long)(b.entries - a.entries));
	CF_CHECK(cf, b.bytes > a.bytes, "an entry takes no bytes");
}

static void
instances_are_apart(conform *cf)
{
	dbn_get_opts o = { .call = DBN_CALL_INIT };
	dbn_cache_hit hit = { .struct_size = sizeof(hit) };
	dbn_text k = text("k");
	fake_plugin other;

	if (ops(cf)->flags & DBN_CACHE_SHARED) {
		conform_skip(cf, "it is shared");
		return;
	}
	o.call.struct_size = sizeof(o);
	fill(cf, "k", "v", NULL, 0);
	CF_OK(cf, conform_again(cf, &other));
	CF_CHECK(cf, ops(cf)->get(other.self, &k, 1, &o, &hit, &cf->err) == DBN_OK &&
		hit.state == DBN_CACHE_LOAD, "a second instance sees the first one's entries");
	fake_plugin_close(&other);
}

static void
memory_may_fail(conform *cf)
{
	const dbn_text tag = { "t", 1 };
	dbn_cache_hit hit;
	dbn_status rc;

	for (int64_t n = 1; n <= 12; n++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "k%d", (int)n);
		CF_OK(cf, get(cf, key, &tag, 1, &hit));
		atomic_store(&cf->plugin.fh.fail_at, n);
		rc = put(cf, key, "value", &tag, 1, &hit.ticket);
		atomic_store(&cf->plugin.fh.fail_at, 0);
		CF_CHECK(cf, rc == DBN_OK || rc == DBN_DONE || rc == DBN_E_NOMEM, "put: %d", (int)rc);
		dbn_error_free(cf->err);
		cf->err = NULL;
	}
	fill(cf, "at last", "v", &tag, 1);
	expect(cf, "at last", "v", &tag, 1);
}

/* ---- threads: nobody reads an answer older than the last finished write ---- */

#define NKEYS 4
static _Atomic uint64_t database, published;
static _Atomic bool stop;
static _Atomic unsigned old_answers, broken_calls, hits_seen;
static conform *shared;

static void
read_or_load(unsigned i)
{
	const dbn_cache_ops *o = ops(shared);
	const dbn_text tag = { "t", 1 };
	dbn_get_opts go = { .call = DBN_CALL_INIT, .tags = &tag, .ntags = 1 };
	dbn_put_opts po = { .call = DBN_CALL_INIT, .tags = &tag, .ntags = 1, .ttl_ns = UINT64_MAX };
	dbn_cache_hit hit = { .struct_size = sizeof(hit) };
	uint64_t least = atomic_load(&published), value;
	char name[8] = { 'k', (char)('0' + i % NKEYS), 0 };
	dbn_text key = { name, 2 }, part = { (const char *)&value, sizeof(value) };

	go.call.struct_size = sizeof(go);
	po.call.struct_size = sizeof(po);
	if (o->get(shared->plugin.self, &key, 1, &go, &hit, NULL) != DBN_OK) {
		atomic_fetch_add(&broken_calls, 1);
		return;
	}
	if (hit.state == DBN_CACHE_HIT) {
		memcpy(&value, hit.value.ptr, sizeof(value));
		if (value < least)
			atomic_fetch_add(&old_answers, 1);
		atomic_fetch_add(&hits_seen, 1);
	} else if (hit.state == DBN_CACHE_LOAD) {
		value = atomic_load(&database);
		sched_yield(); /* a slow reader */
		po.ticket = hit.ticket;
		if (o->put(shared->plugin.self, key, &part, 1, &po, NULL) < 0)
			atomic_fetch_add(&broken_calls, 1);
	}
	o->release(shared->plugin.self, &hit, 1);
}

static void *
reader(void *arg)
{
	unsigned i = 0;

	(void)arg;
	while (!atomic_load(&stop))
		read_or_load(i++);
	return NULL;
}

static void
threads_see_no_old_answer(conform *cf)
{
	const dbn_text tag = { "t", 1 };
	dbn_call c = call();
	pthread_t t[4];

	shared = cf;
	for (int i = 0; i < 4; i++)
		CF_NEED(cf, pthread_create(&t[i], NULL, reader, NULL) == 0, "no thread");
	for (int i = 0; i < 3000 || (atomic_load(&hits_seen) < 1000 && i < 1000000); i++) {
		uint64_t v = atomic_fetch_add(&database, 1) + 1;

		if (ops(cf)->invalidate(cf->plugin.self, NULL, 0, &tag, 1, DBN_INVALIDATE_NOW, &c,
		    NULL) != DBN_OK)
			atomic_fetch_add(&broken_calls, 1);
		atomic_store(&published, v);
		sched_yield();
	}
	for (int i = 0; i < 200; i++)
		read_or_load((unsigned)i);
	atomic_store(&stop, true);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CF_CHECK(cf, old_answers == 0, "%u answers older than a finished write", (unsigned)old_answers);
	CF_CHECK(cf, broken_calls == 0, "%u calls failed", (unsigned)broken_calls);
	CF_CHECK(cf, hits_seen > 0, "no hit at all");
}

static const conform_case cases[] = {
	{ "value.comes_back", values_come_back, 0, 0 },
	{ "key.is_exact", keys_are_exact, 0, 0 },
	{ "put.replaces", put_replaces, 0, 0 },
	{ "pin.keeps_the_value", a_pinned_value_stays, 0, 0 },
	{ "invalidate.by_tag", tags_forget, 0, 0 },
	{ "invalidate.by_key", keys_forget, 0, 0 },
	{ "invalidate.mark_and_release", marks_close_until_released, 0, 0 },
	{ "ticket.outdated_is_dropped", outdated_tickets_are_dropped, 0, 0 },
	{ "clear.prefix_and_all", clear_clears, 0, 0 },
	{ "ttl.ends", time_to_live_ends, 0, 0 },
	{ "ttl.stale_with_ticket", stale_answers_come_with_a_ticket, 0, 0 },
	{ "load.waiting_ends", waiting_ends, 0, 0 },
	{ "bounds.bytes", bytes_are_bounded, 0, 0 },
	{ "bounds.too_large", what_is_too_large_is_dropped, 0, 0 },
	{ "stats.exact", statistics_are_exact, 0, 0 },
	{ "instances.apart", instances_are_apart, 0, 0 },
	{ "memory.may_fail", memory_may_fail, 0, 0 },
	{ "threads.no_old_answer", threads_see_no_old_answer, 0, 120 }
};

int
main(int argc, char **argv)
{
	return conform_main(argc, argv, DBN_KIND_CACHE, cases, sizeof(cases) / sizeof(cases[0]));
}
