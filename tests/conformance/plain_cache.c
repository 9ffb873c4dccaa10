/* SPDX-License-Identifier: MIT */
/*
 * The simplest cache plugin there can be: one list, one lock.  Its setting
 * "fault" breaks it in one way, to prove that the suite notices.
 */
#include <pthread.h>
#include <string.h>

#include <dbnexus/plugin/cache.h>

#define CAPACITY 1000000u
#define TAGS     1024u

enum {
	FAULT_NONE, FAULT_TAGS, FAULT_TICKETS, FAULT_KEYS, FAULT_PINS, FAULT_TTL, FAULT_BOUNDS,
	FAULT_PARTS, FAULT_CLEAR, FAULT_MARKS, FAULT_STATS, FAULT_LEAK, FAULT_MEMORY
};
typedef struct settings {
	int32_t fault, reserved0;
} settings;

static const dbn_conf_item conf[] = {
	{ .name = "fault", .deflt = "none", .help = "what to do wrong",
	  .choices = "none|tags|tickets|keys|pins|ttl|bounds|parts|clear|marks|stats|leak|memory",
	  .type = DBN_CONF_ENUM, .offset = offsetof(settings, fault) }
};

typedef struct entry {
	struct entry *next;
	size_t key_len, value_len, size;
	uint64_t expires, sum;
	uint32_t refs, ntags, tags[4];
	char bytes[]; /* key, value */
} entry;

typedef struct plain {
	const dbn_host *host;
	int32_t fault;
	pthread_mutex_t lock;
	entry *list; /* newest first */
	uint64_t generation[TAGS], epoch;
	uint32_t marks[TAGS];
	dbn_cache_stats st;
} plain;

static dbn_status
plain_create(const dbn_create_info *info, void **self, dbn_error **err)
{
	plain *p = info->host->alloc(info->host, sizeof(*p));

	(void)err;
	*self = p;
	if (!p)
		return DBN_E_NOMEM;
	memset(p, 0, sizeof(*p));
	p->host = info->host;
	p->fault = ((const settings *)info->settings)->fault;
	p->st.capacity = CAPACITY;
	pthread_mutex_init(&p->lock, NULL);
	return DBN_OK;
}

static uint32_t
tag_of(dbn_text t)
{
	uint32_t h = 5381;

	for (size_t i = 0; i < t.len; i++)
		h = h * 33 + (unsigned char)t.ptr[i];
	return h % TAGS;
}

static uint64_t
sum_of(const plain *p, const dbn_text *tags, size_t n, bool *marked)
{
	uint64_t sum = p->epoch;

	*marked = false;
	for (size_t i = 0; i < n; i++) {
		sum += p->generation[tag_of(tags[i])];
		*marked = *marked || p->marks[tag_of(tags[i])];
	}
	return sum;
}

static void
unref(plain *p, entry *e)
{
	if (--e->refs == 0)
		p->host->release(p->host, e);
}

static void
drop(plain *p, entry **at)
{
	entry *e = *at;

	*at = e->next;
	p->st.entries--;
	p->st.bytes -= e->size;
	if (p->fault == FAULT_PINS) /* as if the memory were used again */
		memset(e->bytes + e->key_len, '!', e->value_len);
	unref(p, e);
}

static entry **
find(plain *p, dbn_text key)
{
	entry **at = &p->list;

	for (; *at; at = &(*at)->next) {
		size_t n = p->fault == FAULT_KEYS && key.len > 20 ? 20 : key.len;

		if (((*at)->key_len == key.len || n == 20) && memcmp((*at)->bytes, key.ptr, n) == 0)
			break;
	}
	return at;
}

static void
plain_destroy(void *self)
{
	plain *p = self;

	while (p->list)
		drop(p, &p->list);
	pthread_mutex_destroy(&p->lock);
	p->host->release(p->host, p);
}

static bool
current(const plain *p, const entry *e)
{
	uint64_t sum = p->epoch;

	for (uint32_t i = 0; i < e->ntags; i++)
		sum += p->generation[e->tags[i]];
	return sum == e->sum || p->fault == FAULT_TAGS;
}

static void
get_one(plain *p, dbn_text key, const dbn_get_opts *o, dbn_cache_hit *hit)
{
	entry **at = find(p, key);
	bool marked;

	hit->pin = NULL;
	hit->ticket.generation = sum_of(p, o->tags, o->ntags, &marked);
	hit->ticket.epoch = p->epoch;
	if (*at && p->fault != FAULT_TTL && p->host->now_ns(p->host) >= (*at)->expires)
		drop(p, at);
	else if (*at && !current(p, *at))
		drop(p, at);
	else if (*at) {
		hit->state = DBN_CACHE_HIT;
		hit->value.ptr = (*at)->bytes + (*at)->key_len;
		hit->value.len = (*at)->value_len;
		hit->pin = *at;
		(*at)->refs++;
		p->st.hits++;
		return;
	}
	hit->state = DBN_CACHE_LOAD;
	p->st.misses += p->fault == FAULT_STATS ? 2 : 1;
}

static dbn_status
plain_get(void *self, const dbn_text *keys, size_t n, const dbn_get_opts *o, dbn_cache_hit *hits,
	dbn_error **err)
{
	plain *p = self;

	(void)err;
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < n; i++)
		get_one(p, keys[i], o, &hits[i]);
	pthread_mutex_unlock(&p->lock);
	return DBN_OK;
}

static void
plain_release(void *self, dbn_cache_hit *hits, size_t n)
{
	plain *p = self;

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < n; i++)
		if (hits[i].pin)
			unref(p, hits[i].pin);
	pthread_mutex_unlock(&p->lock);
}

static void
make_room(plain *p, size_t need)
{
	while (p->fault != FAULT_BOUNDS && p->list && p->st.bytes + need > CAPACITY) {
		entry **at = &p->list;

		while ((*at)->next)
			at = &(*at)->next;
		drop(p, at);
		p->st.evictions++;
	}
}

static entry *
make_entry(plain *p, dbn_text key, const dbn_text *parts, size_t n, const dbn_put_opts *o)
{
	size_t value = 0, at;
	entry *e;

	if (p->fault == FAULT_PARTS && n > 1)
		n = 1;
	for (size_t i = 0; i < n; i++)
		value += parts[i].len;
	at = sizeof(*e) + key.len + value;
	e = p->host->alloc(p->host, at);
	if (!e && p->fault != FAULT_MEMORY)
		return NULL;
	e->size = at;
	e->refs = 1;
	e->key_len = key.len;
	e->value_len = value;
	e->sum = o->ticket.generation;
	e->expires = o->ttl_ns == UINT64_MAX ? UINT64_MAX : p->host->now_ns(p->host) + o->ttl_ns;
	e->ntags = (uint32_t)o->ntags;
	for (size_t i = 0; i < o->ntags; i++)
		e->tags[i] = tag_of(o->tags[i]);
	memcpy(e->bytes, key.ptr, key.len);
	at = key.len;
	for (size_t i = 0; i < n; i++) {
		if (parts[i].len)
			memcpy(e->bytes + at, parts[i].ptr, parts[i].len);
		at += parts[i].len;
	}
	return e;
}

static dbn_status
plain_put(void *self, dbn_text key, const dbn_text *parts, size_t n, const dbn_put_opts *o,
	dbn_error **err)
{
	plain *p = self;
	dbn_status rc = DBN_DONE;
	bool marked, old;
	entry *e, **at;

	(void)err;
	pthread_mutex_lock(&p->lock);
	if (p->fault == FAULT_LEAK)
		(void)p->host->alloc(p->host, 1);
	old = sum_of(p, o->tags, o->ntags, &marked) != o->ticket.generation;
	if ((old && p->fault != FAULT_TICKETS) || (marked && p->fault != FAULT_MARKS) || o->ntags > 4)
		goto out;
	e = make_entry(p, key, parts, n, o);
	if (!e)
		goto out;
	if (p->fault == FAULT_TICKETS)
		e->sum = sum_of(p, o->tags, o->ntags, &marked);
	if (e->size > CAPACITY / 2 && p->fault != FAULT_BOUNDS) {
		unref(p, e);
		goto out;
	}
	at = find(p, key);
	if (*at)
		drop(p, at);
	make_room(p, e->size);
	e->next = p->list;
	p->list = e;
	p->st.entries++;
	p->st.bytes += e->size;
	p->st.puts++;
	rc = DBN_OK;
out:
	pthread_mutex_unlock(&p->lock);
	return rc;
}

static void
plain_abandon(void *self, dbn_text key, const dbn_ticket *ticket)
{
	(void)self;
	(void)key;
	(void)ticket;
}

static dbn_status
plain_invalidate(void *self, const dbn_text *keys, size_t nkeys, const dbn_text *tags, size_t ntags,
	uint32_t how, const dbn_call *call, dbn_error **err)
{
	plain *p = self;

	(void)call;
	(void)err;
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < ntags; i++) {
		uint32_t t = tag_of(tags[i]);

		p->generation[t] += p->fault == FAULT_MARKS && how == DBN_INVALIDATE_RELEASE ? 0 : 1;
		if (how == DBN_INVALIDATE_MARK)
			p->marks[t]++;
		else if (how == DBN_INVALIDATE_RELEASE && p->marks[t])
			p->marks[t]--;
	}
	for (size_t i = 0; i < nkeys; i++) {
		entry **at = find(p, keys[i]);

		p->epoch++; /* whatever is being loaded is old; what is there stays */
		for (entry *e = p->list; e; e = e->next)
			e->sum++;
		if (*at)
			drop(p, at);
	}
	pthread_mutex_unlock(&p->lock);
	return DBN_OK;
}

static dbn_status
plain_clear(void *self, dbn_text prefix, const dbn_call *call, dbn_error **err)
{
	plain *p = self;
	entry **at = &p->list;

	(void)call;
	(void)err;
	pthread_mutex_lock(&p->lock);
	while (p->fault != FAULT_CLEAR && *at)
		if ((*at)->key_len >= prefix.len && memcmp((*at)->bytes, prefix.ptr, prefix.len) == 0)
			drop(p, at);
		else
			at = &(*at)->next;
	p->epoch++;
	for (entry *e = p->list; e; e = e->next)
		e->sum++;
	pthread_mutex_unlock(&p->lock);
	return DBN_OK;
}

static void
plain_stats(void *self, dbn_cache_stats *out)
{
	plain *p = self;
	uint32_t size = out->struct_size;

	pthread_mutex_lock(&p->lock);
	*out = p->st;
	out->struct_size = size;
	pthread_mutex_unlock(&p->lock);
}

static const dbn_cache_ops ops = {
	sizeof(dbn_cache_ops), 0, plain_get, plain_release, plain_put, plain_abandon,
	plain_invalidate, plain_clear, plain_stats
};

DBN_PLUGIN(DBN_KIND_CACHE, DBN_THREADS_PARALLEL, 0, "plain", "1", DBN_CONF_ITEMS(conf),
	sizeof(settings), plain_create, NULL, NULL, NULL, plain_destroy, NULL, &ops);
