/* SPDX-License-Identifier: MIT */
/*
 * The thread of one sink: takes what waits in the ring, encodes and chains it,
 * appends it in one go and syncs once for all.  If an append fails, chain and
 * numbers go back to where they were, so the stream never has a hole; what was
 * in the batch is lost and told by a later record, or (best effort with
 * on_failure = stop) kept and tried again.  No lock is held across a call to
 * the sink.
 */
#include "audit/sink.h"

#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/log.h"
#include "error/error.h"

#define MS           UINT64_C(1000000)
#define SECOND       (1000 * MS)
#define LIGHT_NAP    (10 * MS) /* large writes cost less a byte, and waking costs too */
#define LIGHT_ROUNDS 20u
#define CALL_TIME    (30 * SECOND)

typedef struct batch {
	uint64_t from, to;        /* of the ring */
	uint32_t count;           /* records to append, the one of losses included */
	uint32_t events;
	uint64_t lost;            /* told by the first record */
	uint64_t seq;             /* the chain before it */
	char prev[DBN_SHA256_HEX + 1];
	dbn_status rc;
} batch;

void
dbn_audit__deadline(struct timespec *ts, uint64_t at_ns)
{
	ts->tv_sec = (time_t)(at_ns / SECOND);
	ts->tv_nsec = (long)(at_ns % SECOND);
}

/* The conditions wait on CLOCK_MONOTONIC itself, not on a clock of tests. */
static uint64_t
mono(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

static void
complain(audit_sink *s, const char *what, dbn_status rc, dbn_error *err)
{
	uint64_t now = mono();

	if (now >= s->next_log) {
		s->next_log = now + 60 * SECOND;
		dbn_log(DBN_LOG_ERROR, "audit sink %s: %s failed: %s", s->name, what,
			err ? dbn_error_message(err) : dbn_status_name(rc));
	}
	dbn_error_free(err);
}

static void
begin_batch(audit_sink *s, batch *b)
{
	memset(b, 0, sizeof(*b));
	b->from = b->to = dbn_ring_tail(&s->ring);
	b->seq = s->chain.seq;
	memcpy(b->prev, s->chain.prev, sizeof(b->prev));
	dbn_str_reset(&s->lines);
}

static void
note_record(audit_sink *s, batch *b)
{
	s->offset[b->count] = s->lines.len;
	s->batch[b->count].struct_size = sizeof(s->batch[0]);
	s->batch[b->count].flags = 0;
	s->batch[b->count].seq = s->chain.seq + 1;
	b->count++;
}

static void
encode_lost(audit_sink *s, batch *b)
{
	uint64_t ops[SINK_OPS];
	size_t nops;

	b->lost = atomic_exchange(&s->lost, 0);
	if (!b->lost)
		return;
	pthread_mutex_lock(&s->lock);
	nops = s->nlost_ops;
	memcpy(ops, s->lost_ops, nops * sizeof(*ops));
	pthread_mutex_unlock(&s->lock);
	note_record(s, b);
	if (!dbn_audit__write_lost(&s->chain, b->lost, ops, nops, dbn_wall_us(), &s->lines))
		b->rc = DBN_E_NOMEM;
}

/* Encode what waits. */
static void
encode(audit_sink *s, batch *b)
{
	ring_head *h;

	encode_lost(s, b);
	while (b->rc == DBN_OK && b->count < SINK_BATCH && s->lines.len < SINK_BATCH_BYTES &&
	       (h = dbn_ring_peek(&s->ring, &b->to)) != NULL) {
		note_record(s, b);
		b->events++;
		if (!dbn_audit__write_event(&s->chain, (const audit_pack *)(h + 1), &s->lines))
			b->rc = DBN_E_NOMEM;
	}
	for (uint32_t i = 0; i < b->count && b->rc == DBN_OK; i++) {
		size_t end = i + 1 < b->count ? s->offset[i + 1] : s->lines.len;

		s->batch[i].line = dbn_text_n(s->lines.ptr + s->offset[i], end - s->offset[i]);
	}
}

static dbn_status
sync_stream(audit_sink *s)
{
	dbn_call call = DBN_CALL_INIT;
	dbn_error *err = NULL;
	uint64_t durable = 0;
	dbn_status rc = DBN_OK;

	s->dirty = false;
	s->synced_at = mono();
	if (!(s->ops->flags & DBN_AUDIT_DURABLE))
		return DBN_OK;
	call.deadline_ns = dbn_now_ns() + CALL_TIME;
	rc = s->ops->sync(s->self, s->chain.seq, &call, &durable, &err);
	if (rc == DBN_OK && durable < s->chain.seq)
		rc = DBN_E_IO;
	if (rc != DBN_OK)
		complain(s, "sync", rc, err);
	atomic_fetch_add(&s->syncs, 1);
	return rc;
}

static void
store(audit_sink *s, batch *b)
{
	dbn_array records = { s->batch, b->count, sizeof(s->batch[0]) };
	dbn_append_opts o = { .call = DBN_CALL_INIT };
	dbn_error *err = NULL;

	if (b->rc == DBN_OK) {
		o.call.struct_size = sizeof(o);
		o.call.deadline_ns = dbn_now_ns() + CALL_TIME;
		b->rc = s->ops->append(s->self, &records, 0, &o, &err);
	}
	if (b->rc != DBN_OK) {
		complain(s, "append", b->rc, err);
		s->chain.seq = b->seq; /* nothing was stored: no hole in the numbers */
		memcpy(s->chain.prev, b->prev, sizeof(b->prev));
		atomic_fetch_add(&s->lost, b->lost);
		return;
	}
	s->dirty = true;
	atomic_fetch_add(&s->records, b->count);
	atomic_fetch_add(&s->bytes, s->lines.len + b->count);
	if (s->guarantee == DBN_AUDIT_BEFORE_ACK)
		b->rc = sync_stream(s);
}

static void
remember_failed_locked(audit_sink *s, uint64_t from, uint64_t to)
{
	if (s->nfailed == SINK_FAILED) {
		s->failed_before = s->failed[0].to;
		memmove(&s->failed[0], &s->failed[1], (SINK_FAILED - 1) * sizeof(s->failed[0]));
		s->nfailed--;
	}
	s->failed[s->nfailed].from = from;
	s->failed[s->nfailed].to = to;
	s->nfailed++;
}

/* Which operations will have no outcome: the record of losses names them. */
static void
remember_ops(audit_sink *s, const batch *b)
{
	uint64_t at = b->from;
	ring_head *h;

	pthread_mutex_lock(&s->lock);
	while (at < b->to && (h = dbn_ring_peek(&s->ring, &at)) != NULL) {
		const audit_pack *p = (const audit_pack *)(h + 1);

		if (p->op && p->outcome != DBN_AUDIT_INTENT && s->nlost_ops < SINK_OPS)
			s->lost_ops[s->nlost_ops++] = p->op;
	}
	pthread_mutex_unlock(&s->lock);
}

/* Tell everybody how it went and give the ring back. */
static void
settle(audit_sink *s, const batch *b)
{
	bool stored = s->chain.seq != b->seq;

	if (b->rc != DBN_OK && !stored) {
		remember_ops(s, b);
		atomic_fetch_add(&s->lost, b->events);
		atomic_fetch_add(&s->all_lost, b->events);
	}
	dbn_ring_consume(&s->ring, b->to);
	pthread_mutex_lock(&s->lock);
	if (b->rc != DBN_OK && b->to > b->from)
		remember_failed_locked(s, b->from, b->to);
	if (stored) {
		if (b->lost)
			s->nlost_ops = 0;
		s->head_seq = s->chain.seq;
		memcpy(s->head_hash, s->chain.prev, sizeof(s->head_hash));
	}
	s->done_pos = b->to;
	atomic_store(&s->failing, b->rc != DBN_OK);
	pthread_cond_broadcast(&s->done);
	pthread_mutex_unlock(&s->lock);
}

/* One round; the number of records it dealt with, or -1: kept, try later. */
static int
run_batch(audit_sink *s)
{
	bool failing = atomic_load(&s->failing);
	uint64_t at = dbn_ring_tail(&s->ring);
	batch b;

	if (!dbn_ring_peek(&s->ring, &at)) {
		if (at != dbn_ring_tail(&s->ring)) /* padding only */
			dbn_ring_consume(&s->ring, at);
		if (atomic_load(&s->lost) == 0 || (failing && mono() < s->retry_at))
			return 0;
	}
	begin_batch(s, &b);
	encode(s, &b);
	if (b.count == 0)
		return 0;
	store(s, &b);
	if (b.rc != DBN_OK) {
		s->retry_at = mono() + SECOND;
		if (s->chain.seq == b.seq && s->guarantee == DBN_AUDIT_BEST_EFFORT &&
		    s->on_failure == DBN_AUDIT_STOP) {
			atomic_store(&s->failing, true);
			return -1;
		}
	}
	settle(s, &b);
	return (int)b.count;
}

/* A sink that fails: wait, and do not let producers hurry us.  False: give up. */
static bool
wait_to_retry(audit_sink *s)
{
	uint64_t until = mono() + 200 * MS;
	struct timespec ts;
	bool go_on = true;

	dbn_audit__deadline(&ts, until);
	pthread_mutex_lock(&s->lock);
	while (go_on && mono() < until) {
		if (s->stop && mono() >= s->stop_deadline)
			go_on = false;
		else
			(void)pthread_cond_timedwait(&s->wake, &s->lock, &ts);
	}
	pthread_mutex_unlock(&s->lock);
	return go_on;
}

static void
serve_flush(audit_sink *s)
{
	bool wanted;

	pthread_mutex_lock(&s->lock);
	wanted = s->flush_pos > s->flushed_pos && s->done_pos >= s->flush_pos;
	pthread_mutex_unlock(&s->lock);
	if (!wanted)
		return;
	if (s->dirty && sync_stream(s) != DBN_OK)
		atomic_store(&s->failing, true);
	pthread_mutex_lock(&s->lock);
	s->flushed_pos = s->done_pos;
	pthread_cond_broadcast(&s->done);
	pthread_mutex_unlock(&s->lock);
}

static bool
something_waits(audit_sink *s)
{
	uint64_t at = dbn_ring_tail(&s->ring);

	return dbn_ring_peek(&s->ring, &at) != NULL;
}

/* How long may we sleep?  0: not at all; UINT64_MAX: until somebody calls. */
static uint64_t
nap_time_locked(audit_sink *s, int n)
{
	bool urgent = s->guarantee == DBN_AUDIT_BEFORE_ACK || s->stop ||
		s->flush_pos > s->flushed_pos || n >= (int)SINK_BATCH / 2;

	s->idle = n > 0 ? 0 : s->idle + 1;
	if (urgent && something_waits(s))
		return 0;
	if (s->flush_pos > s->flushed_pos && s->done_pos >= s->flush_pos)
		return 0;
	if (s->idle <= LIGHT_ROUNDS)
		return LIGHT_NAP;
	return atomic_load(&s->failing) || s->dirty ? SECOND : UINT64_MAX;
}

/* Sleep until there is work; false: stopped and nothing is left. */
static bool
nap(audit_sink *s, int n)
{
	struct timespec ts;
	uint64_t ns;
	bool go_on = true;

	pthread_mutex_lock(&s->lock);
	if (s->stop && n <= 0 && !something_waits(s)) {
		go_on = false;
		goto out;
	}
	ns = nap_time_locked(s, n);
	if (ns == 0 || s->stop)
		goto out;
	atomic_store(&s->nap, ns == LIGHT_NAP ? NAP_LIGHT : NAP_DEEP);
	/* Sequentially consistent, as are commit and look of wake(): whoever saw
	 * that we are awake, and so did not call, is seen here. */
	if (ns != LIGHT_NAP &&
	    (something_waits(s) || (atomic_load(&s->lost) && !atomic_load(&s->failing))))
		goto out;
	if (ns == UINT64_MAX) {
		(void)pthread_cond_wait(&s->wake, &s->lock);
	} else {
		dbn_audit__deadline(&ts, mono() + ns);
		(void)pthread_cond_timedwait(&s->wake, &s->lock, &ts);
	}
out:
	atomic_store(&s->nap, NAP_NONE);
	pthread_mutex_unlock(&s->lock);
	return go_on;
}

void
dbn_audit__finish(audit_sink *s)
{
	batch b;
	int n;

	s->retry_at = 0;
	while ((n = run_batch(s)) != 0)
		if (n < 0 && !wait_to_retry(s))
			break;
	if (n < 0) {
		atomic_fetch_add(&s->all_lost, 1);
		dbn_log(DBN_LOG_ERROR, "audit sink %s: closed with records it could not store", s->name);
		return; /* no closing record behind a loss that none tells of */
	}
	begin_batch(s, &b);
	note_record(s, &b);
	if (!dbn_audit__write_close(&s->chain, dbn_wall_us(), &s->lines))
		b.rc = DBN_E_NOMEM;
	else
		s->batch[0].line = dbn_text_n(s->lines.ptr, s->lines.len);
	store(s, &b);
	if (b.rc == DBN_OK && s->dirty)
		(void)sync_stream(s);
	pthread_mutex_lock(&s->lock);
	s->head_seq = s->chain.seq;
	memcpy(s->head_hash, s->chain.prev, sizeof(s->head_hash));
	pthread_mutex_unlock(&s->lock);
}

void *
dbn_audit__worker(void *sink)
{
	audit_sink *s = sink;
	int n;

	do {
		n = run_batch(s);
		if (n < 0 && !wait_to_retry(s))
			break;
		serve_flush(s);
		if (s->dirty && mono() - s->synced_at > SECOND && sync_stream(s) != DBN_OK)
			atomic_store(&s->failing, true);
	} while (n < 0 || nap(s, n));
	dbn_audit__finish(s);
	return NULL;
}
