/* SPDX-License-Identifier: MIT */
/*
 * The side of a sink that sessions see: opening, filters, handing over, waiting.
 * The lock is taken only to wake the thread and to wait for it.
 */
#include "audit/sink.h"

#include <signal.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/name.h"
#include "error/error.h"

#define SECOND UINT64_C(1000000000)

static uint64_t
mono(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SECOND + (uint64_t)ts.tv_nsec;
}

static dbn_status
copy_filters(audit_sink *s, const dbn_audit_sink_conf *conf)
{
	size_t bytes = 0;
	char *to;

	if (!conf->nfilters)
		return DBN_OK;
	for (size_t i = 0; i < conf->nfilters; i++)
		bytes += conf->filters[i].relation.len;
	s->filters = dbn_alloc_array(conf->nfilters, sizeof(*s->filters));
	s->filter_text = dbn_alloc(bytes + 1);
	if (!s->filters || !s->filter_text)
		return DBN_E_NOMEM;
	to = s->filter_text;
	for (size_t i = 0; i < conf->nfilters; i++) {
		s->filters[i] = conf->filters[i];
		if (conf->filters[i].relation.ptr) {
			memcpy(to, conf->filters[i].relation.ptr, conf->filters[i].relation.len);
			s->filters[i].relation.ptr = to;
			to += conf->filters[i].relation.len;
		}
	}
	s->nfilters = conf->nfilters;
	return DBN_OK;
}

static dbn_status
check_conf(const dbn_audit_sink_conf *conf, dbn_error **err)
{
	const char *hint = "Use best_effort, or a plugin that can sync.";

	switch (conf->guarantee) {
	case DBN_AUDIT_BEST_EFFORT:
		return DBN_OK;
	case DBN_AUDIT_BEFORE_ACK:
		if (conf->ops->flags & DBN_AUDIT_DURABLE)
			return DBN_OK;
		return dbn_fail_hint(err, DBN_E_CONFIG, hint,
			"audit sink \"%.*s\" cannot promise before_ack: its plugin is not durable",
			DBN_TEXT_ARG(conf->name));
	case DBN_AUDIT_IN_TRANSACTION:
		if (conf->ops->flags & DBN_AUDIT_TRANSACTIONAL)
			return dbn_fail(err, DBN_E_UNSUPPORTED,
				"audit sink \"%.*s\": this version cannot record within transactions",
				DBN_TEXT_ARG(conf->name));
		return dbn_fail(err, DBN_E_CONFIG,
			"audit sink \"%.*s\": its plugin cannot record within transactions",
			DBN_TEXT_ARG(conf->name));
	default:
		return dbn_fail(err, DBN_E_CONFIG, "audit sink \"%.*s\" has no guarantee",
			DBN_TEXT_ARG(conf->name));
	}
}

/* Continue the stream behind its head with a first record of our own. */
static dbn_status
start_stream(audit_sink *s, const char *instance, dbn_error **err)
{
	dbn_audit_head head = { .struct_size = sizeof(head) };
	dbn_append_opts o = { .call = DBN_CALL_INIT, .durable = 0 };
	dbn_array records = { s->batch, 1, sizeof(s->batch[0]) };
	dbn_status rc = s->ops->open_stream(s->self, dbn_text_z(s->name), &head, err);

	if (rc != DBN_OK)
		return rc;
	if (head.seq) {
		rc = dbn_audit__chain_resume(&s->chain, head.seq, head.last_line, err);
		if (rc != DBN_OK)
			return dbn_fail_wrap(err, rc,
				"Run audit verify; then move the damaged file away and keep it.",
				"audit sink \"%s\" will not go on behind a damaged record", s->name);
	}
	if (!dbn_audit__write_start(&s->chain, dbn_text_z(s->name), instance, head.repaired_bytes,
	    dbn_wall_us(), &s->lines))
		return dbn_fail_nomem(err);
	s->batch[0].struct_size = sizeof(s->batch[0]);
	s->batch[0].seq = s->chain.seq;
	s->batch[0].line = dbn_text_n(s->lines.ptr, s->lines.len);
	o.call.struct_size = sizeof(o);
	o.durable = s->ops->flags & DBN_AUDIT_DURABLE ? 1 : 0;
	rc = s->ops->append(s->self, &records, 0, &o, err);
	if (rc != DBN_OK)
		return dbn_fail_wrap(err, DBN_E_AUDIT, NULL, "audit sink \"%s\" cannot be written",
			s->name);
	atomic_store(&s->records, 1);
	atomic_store(&s->bytes, s->lines.len + 1);
	s->head_seq = s->chain.seq;
	memcpy(s->head_hash, s->chain.prev, sizeof(s->head_hash));
	return DBN_OK;
}

dbn_status
dbn_audit__sink_open(audit_sink *s, const dbn_audit_sink_conf *conf, const dbn_audit_conf *all,
	const char *instance, dbn_error **err)
{
	pthread_condattr_t attr;
	dbn_status rc;

	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &attr);
	pthread_cond_init(&s->done, &attr);
	pthread_condattr_destroy(&attr);
	dbn_str_init(&s->lines, 0);
	s->self = conf->self;
	s->ops = conf->ops;
	s->guarantee = conf->guarantee;
	s->on_failure = conf->on_failure == DBN_AUDIT_DROP ? DBN_AUDIT_DROP : DBN_AUDIT_STOP;
	s->max_text = all->max_text ? all->max_text : 8192;
	s->wait_ns = all->wait_ns ? all->wait_ns : 30 * SECOND;
	rc = check_conf(conf, err);
	if (rc != DBN_OK)
		return rc;
	s->name = dbn_strndup(conf->name.ptr ? conf->name.ptr : "", conf->name.len);
	if (!s->name || copy_filters(s, conf) != DBN_OK ||
	    !dbn_ring_open(&s->ring, conf->queue_bytes ? conf->queue_bytes : (size_t)4 << 20))
		return dbn_fail_nomem(err);
	/* A cut record must still fit. */
	if (s->max_text > dbn_ring_max(&s->ring) / 4)
		s->max_text = dbn_ring_max(&s->ring) / 4;
	rc = dbn_audit__chain_init(&s->chain, err);
	return rc == DBN_OK ? start_stream(s, instance, err) : rc;
}

void
dbn_audit__sink_free(audit_sink *s, bool forked)
{
	if (!forked) { /* in a child they may be held for ever */
		pthread_cond_destroy(&s->wake);
		pthread_cond_destroy(&s->done);
		pthread_mutex_destroy(&s->lock);
	}
	dbn_audit__chain_free(&s->chain);
	dbn_str_free(&s->lines);
	dbn_ring_close(&s->ring);
	dbn_free(s->filters);
	dbn_free(s->filter_text);
	dbn_free(s->name);
}

void
dbn_audit__sink_stop(audit_sink *s, uint64_t timeout_ns)
{
	uint64_t now = mono();

	pthread_mutex_lock(&s->lock);
	if (s->head_seq == 0) { /* never opened */
		pthread_mutex_unlock(&s->lock);
		return;
	}
	s->stop = true;
	s->stop_deadline = timeout_ns < UINT64_MAX - now ? now + timeout_ns : UINT64_MAX;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	if (atomic_load(&s->running))
		pthread_join(s->thread, NULL);
	else
		dbn_audit__finish(s);
}

/* ---- what a sink wants ---- */

static bool
filter_matches(const dbn_audit_filter *f, const dbn_audit_event *ev, bool intent)
{
	/* An intent matters to whoever asked for what may become of it. */
	const uint32_t later = 1u << DBN_AUDIT_INTENT | 1u << DBN_AUDIT_OK | 1u << DBN_AUDIT_ERROR |
		1u << DBN_AUDIT_UNKNOWN | 1u << DBN_AUDIT_CANCELLED;

	if (f->actions && !(f->actions & 1u << (ev->action & 31)))
		return false;
	if (f->outcomes && !(f->outcomes & (intent ? later : 1u << (ev->outcome & 31))))
		return false;
	if (!f->relation.ptr)
		return true;
	for (size_t i = 0; i < ev->nrelations; i++)
		if (dbn_name_match(f->relation, ev->relations[i]) >= 0)
			return true;
	return false;
}

bool
dbn_audit__sink_wants(const audit_sink *s, const dbn_audit_event *ev, bool intent)
{
	for (size_t i = 0; i < s->nfilters; i++)
		if (filter_matches(&s->filters[i], ev, intent))
			return true;
	return s->nfilters == 0;
}

/* ---- handing over ---- */

static bool
start_thread(audit_sink *s)
{
	sigset_t all, old;
	bool ok;

	pthread_mutex_lock(&s->lock);
	ok = atomic_load(&s->running);
	if (!ok && !s->stop) {
		sigfillset(&all); /* signals are the application's */
		pthread_sigmask(SIG_SETMASK, &all, &old);
		ok = pthread_create(&s->thread, NULL, dbn_audit__worker, s) == 0;
		pthread_sigmask(SIG_SETMASK, &old, NULL);
		atomic_store(&s->running, ok);
	}
	pthread_mutex_unlock(&s->lock);
	return ok;
}

static void
wake(audit_sink *s)
{
	uint32_t n;

	n = atomic_load(&s->nap); /* against nap(): commit, then look */
	if (n == NAP_NONE || (n == NAP_LIGHT && dbn_ring_used(&s->ring) < s->ring.size / 2))
		return;
	pthread_mutex_lock(&s->lock);
	atomic_store(&s->nap, NAP_NONE); /* one call is enough */
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

/* Until the ring has moved; false: not within the sink's patience. */
static bool
wait_for_room(audit_sink *s, uint64_t until)
{
	struct timespec ts;
	uint64_t seen;
	int rc = 0;

	dbn_audit__deadline(&ts, until);
	pthread_mutex_lock(&s->lock);
	seen = s->done_pos;
	pthread_cond_signal(&s->wake);
	if (dbn_ring_used(&s->ring) < s->ring.size / 2) { /* it moved before we looked */
		pthread_mutex_unlock(&s->lock);
		return true;
	}
	while (s->done_pos == seen && rc == 0)
		rc = pthread_cond_timedwait(&s->done, &s->lock, &ts);
	pthread_mutex_unlock(&s->lock);
	return rc == 0;
}

static void
lose(audit_sink *s, const dbn_audit_event *ev, uint64_t op)
{
	atomic_fetch_add(&s->lost, 1);
	atomic_fetch_add(&s->all_lost, 1);
	if (s->on_failure == DBN_AUDIT_STOP)
		atomic_store(&s->failing, true); /* until a batch goes through */
	if (op && ev->outcome != DBN_AUDIT_INTENT) {
		pthread_mutex_lock(&s->lock);
		if (s->nlost_ops < SINK_OPS)
			s->lost_ops[s->nlost_ops++] = op;
		pthread_mutex_unlock(&s->lock);
	}
	wake(s);
}

bool
dbn_audit__sink_give(audit_sink *s, const dbn_audit_event *ev, uint64_t op, int64_t time_us, bool wait,
	uint64_t *position)
{
	uint64_t until = 0;
	pack_plan plan;
	ring_head *h;

	if (!atomic_load_explicit(&s->running, memory_order_acquire) && !start_thread(s)) {
		lose(s, ev, op);
		return false;
	}
	dbn_audit__measure(ev, s->max_text, dbn_ring_max(&s->ring), &plan);
	while ((h = dbn_ring_claim(&s->ring, plan.bytes)) == NULL) {
		if (wait && !until)
			until = mono() + s->wait_ns;
		if (!wait || plan.bytes > dbn_ring_max(&s->ring) || mono() >= until ||
		    !wait_for_room(s, until)) {
			lose(s, ev, op);
			return false;
		}
	}
	*position = h->position;
	dbn_audit__pack(ev, &plan, op, time_us, h + 1);
	dbn_ring_commit(h);
	if (!wait)
		wake(s);
	return true;
}

bool
dbn_audit__sink_wait(audit_sink *s, uint64_t position)
{
	struct timespec ts;
	bool ok;
	int rc = 0;

	dbn_audit__deadline(&ts, mono() + s->wait_ns);
	pthread_mutex_lock(&s->lock);
	atomic_store(&s->nap, NAP_NONE);
	pthread_cond_signal(&s->wake);
	while (s->done_pos <= position && rc == 0)
		rc = pthread_cond_timedwait(&s->done, &s->lock, &ts);
	ok = s->done_pos > position && position >= s->failed_before;
	for (uint32_t i = 0; i < s->nfailed && ok; i++)
		ok = position < s->failed[i].from || position >= s->failed[i].to;
	pthread_mutex_unlock(&s->lock);
	return ok;
}

dbn_status
dbn_audit__sink_flush(audit_sink *s, uint64_t timeout_ns, dbn_error **err)
{
	uint64_t now = mono(), pos = atomic_load(&s->ring.head);
	struct timespec ts;
	dbn_status rc = DBN_OK;
	int wrc = 0;

	if (!atomic_load(&s->running))
		return DBN_OK; /* nothing was handed over yet */
	dbn_audit__deadline(&ts, timeout_ns < UINT64_MAX / 2 ? now + timeout_ns : UINT64_MAX / 2);
	pthread_mutex_lock(&s->lock);
	if (pos > s->flush_pos)
		s->flush_pos = pos;
	pthread_cond_signal(&s->wake);
	while (s->flushed_pos < pos && wrc == 0)
		wrc = pthread_cond_timedwait(&s->done, &s->lock, &ts);
	if (s->flushed_pos < pos)
		rc = DBN_E_TIMEOUT;
	pthread_mutex_unlock(&s->lock);
	if (rc == DBN_E_TIMEOUT)
		return dbn_fail(err, rc, "audit sink \"%s\" has not stored everything in time", s->name);
	if (atomic_load(&s->failing))
		return dbn_fail(err, DBN_E_AUDIT, "audit sink \"%s\" does not take records", s->name);
	return DBN_OK;
}
