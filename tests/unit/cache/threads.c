/* SPDX-License-Identifier: MIT */
/*
 * Readers and writers on the core's cache over cache-memory, small enough to
 * evict all the time: every hit is whole, belongs to its key, and is no older
 * than the last finished write.  A plain program for ThreadSanitizer.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache/cache.h"
#include "lib/fake_host.h"
#include <dbnexus/value.h>

#define READERS 4
#define KEYS    512
#define WRITES  3000

static dbn_cache *c;
static _Atomic uint64_t database, published, hits;
static _Atomic int wrong;
static _Atomic bool stop;
static const dbn_text tag = DBN_TEXT_LIT("main.main.users");
static char filler[2000];

static void
check_hit(dbn_cached *h, int64_t id, uint64_t least)
{
	dbn_value cells[3];

	atomic_fetch_add(&hits, 1);
	if (h->ncolumns != 3 || h->nrows != 1 || dbn_cached_row(h, 0, cells) != DBN_OK ||
	    cells[0].u.i64 != id || cells[1].u.u64 < least || cells[2].len != sizeof(filler) ||
	    memcmp(cells[2].u.ptr, filler, sizeof(filler)) != 0)
		atomic_fetch_add(&wrong, 1);
}

static void
load(dbn_cache_fill *f, dbn_text key, int64_t id, const dbn_ticket *ticket)
{
	dbn_column_info info[3];
	dbn_array columns = { info, 3, sizeof(info[0]) };
	dbn_value row[3];

	memset(info, 0, sizeof(info));
	row[0] = dbn_v_i64(id);
	row[1] = dbn_v_u64(atomic_load(&database));
	row[2] = dbn_v_textn(dbn_text_n(filler, sizeof(filler)));
	sched_yield();
	if (dbn_cache_fill_begin(f, &columns, dbn_cache_max_result(c)) != DBN_OK ||
	    dbn_cache_fill_row(f, row) != DBN_OK)
		atomic_fetch_add(&wrong, 1);
	if (dbn_cache_put(c, key, f, &tag, 1, UINT64_MAX, ticket) < 0)
		atomic_fetch_add(&wrong, 1);
}

static void *
reader(void *arg)
{
	const dbn_digest plan = { { 1 } };
	unsigned seed = (unsigned)(uintptr_t)arg;
	dbn_cache_key k;
	dbn_cache_fill f;

	dbn_cache_key_init(&k);
	dbn_cache_fill_init(&f);
	while (!atomic_load(&stop)) {
		uint64_t least = atomic_load(&published);
		dbn_value id = dbn_v_i64(rand_r(&seed) % KEYS);
		dbn_cached h;
		dbn_text key;

		dbn_cache_key_begin(&k, &plan, 0, NULL, 0);
		dbn_cache_key_values(&k, &id, 1);
		key = dbn_cache_key_end(&k);
		switch (dbn_cache_lookup(c, key, &tag, 1, 0, &h)) {
		case DBN_CACHED_HIT:
			check_hit(&h, id.u.i64, least);
			break;
		case DBN_CACHED_MISS:
			load(&f, key, id.u.i64, &h.ticket);
			break;
		default:
			atomic_fetch_add(&wrong, 1);
		}
		dbn_cached_close(&h);
	}
	dbn_cache_key_free(&k);
	dbn_cache_fill_free(&f);
	return NULL;
}

int
main(void)
{
	const char *const settings[] = { "capacity=512 KiB", NULL };
	const char *top = getenv("DBN_TOP_BUILD");
	dbn_cache_conf conf = { .name = DBN_TEXT_LIT("cache"), .ttl_ns = UINT64_MAX };
	dbn_cache_stats st;
	char path[512];
	fake_plugin fp;
	pthread_t t[READERS];
	uint64_t next;

	memset(filler, 'f', sizeof(filler));
	(void)snprintf(path, sizeof(path), "%s/plugins/cache-memory/.libs/cache-memory.so",
		top ? top : ".");
	if (fake_plugin_open(&fp, path, NULL, settings, NULL, NULL) != DBN_OK) {
		printf("not ok 1 - cannot load %s\n1..1\n", path);
		return 1;
	}
	conf.self = fp.self;
	conf.ops = fp.desc->ops;
	if (dbn_cache_open(&conf, &c, NULL) != DBN_OK)
		return 1;
	for (uintptr_t i = 0; i < READERS; i++)
		pthread_create(&t[i], NULL, reader, (void *)(i + 1));
	for (int i = 0; i < WRITES || (atomic_load(&hits) < 1000 && i < 1000 * WRITES); i++) {
		uint64_t v = atomic_fetch_add(&database, 1) + 1;

		(void)dbn_cache_invalidate(c, &tag, 1, DBN_INVALIDATE_NOW, 0, NULL);
		atomic_store(&published, v);
		if (i % 100 == 0)
			(void)fp.desc->maintain(fp.self, fp.fh.host.now_ns(&fp.fh.host), &next, NULL);
		if (i % 500 == 0)
			(void)dbn_cache_clear(c, NULL);
		for (int y = 0; y < 20; y++)
			sched_yield();
	}
	atomic_store(&stop, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(t[i], NULL);
	dbn_cache_get_stats(c, &st);
	dbn_cache_close(c);
	fake_plugin_close(&fp);
	if (atomic_load(&fp.fh.live) != 0)
		atomic_fetch_add(&wrong, 1);
	printf("# %llu hits, %llu evictions, %llu dropped\n", (unsigned long long)hits,
		(unsigned long long)st.evictions, (unsigned long long)st.dropped);
	printf("%s 1 - no torn, foreign or old answer\n1..1\n", wrong || !hits ? "not ok" : "ok");
	return wrong || !hits ? 1 : 0;
}
