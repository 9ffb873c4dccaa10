/* SPDX-License-Identifier: MIT */
/*
 * One sink: its ring, its thread, its chain.  Between the files of the audit
 * module.
 */
#ifndef DBN_AUDIT_SINK_H
#define DBN_AUDIT_SINK_H

#include <pthread.h>
#include <stdatomic.h>
#include "audit/record.h"
#include "audit/ring.h"

#define SINK_BATCH       512u
#define SINK_BATCH_BYTES ((size_t)256 << 10)
#define SINK_FAILED      16u /* ranges remembered */
#define SINK_OPS         32u /* operations named in a record of losses */

typedef struct audit_sink {
	/* Fixed once opened. */
	char *name, *filter_text;
	void *self;
	const dbn_audit_ops *ops;
	dbn_audit_guarantee guarantee;
	dbn_audit_failure on_failure;
	dbn_audit_filter *filters;
	size_t nfilters, max_text;
	uint64_t wait_ns;

	dbn_ring ring;
	_Atomic bool running;       /* the thread is there */
	_Atomic uint32_t nap;       /* NAP_.. of the thread */
	_Atomic bool failing;       /* the last attempt failed */
	_Atomic uint64_t lost;      /* since the last record of losses */
	_Atomic uint64_t all_lost, refused, records, syncs, bytes;

	pthread_mutex_t lock;       /* of what follows; held for moments only */
	pthread_cond_t wake, done;  /* for the thread; for those who wait for it */
	pthread_t thread;
	bool stop;
	uint64_t stop_deadline;
	uint64_t done_pos;          /* all before this is stored, or failed */
	struct { uint64_t from, to; } failed[SINK_FAILED];
	uint32_t nfailed;
	uint64_t failed_before;     /* older failures are not told apart any more */
	uint64_t flush_pos, flushed_pos;
	uint64_t lost_ops[SINK_OPS];
	size_t nlost_ops;
	uint64_t head_seq;
	char head_hash[DBN_SHA256_HEX + 1];

	/* The thread's own (the opener's before it runs, the closer's after). */
	audit_chain chain;
	dbn_str lines;
	dbn_audit_record batch[SINK_BATCH];
	size_t offset[SINK_BATCH];
	uint64_t retry_at, next_log, synced_at;
	uint32_t idle;
	bool dirty;                 /* appended since the last sync */
} audit_sink;

enum { NAP_NONE = 0, NAP_LIGHT = 1, NAP_DEEP = 2 };

/* sink.c */
dbn_status dbn_audit__sink_open(audit_sink *s, const dbn_audit_sink_conf *conf,
	const dbn_audit_conf *all, const char *instance, dbn_error **err);
void dbn_audit__sink_stop(audit_sink *s, uint64_t timeout_ns);
void dbn_audit__sink_free(audit_sink *s, bool forked);
bool dbn_audit__sink_wants(const audit_sink *s, const dbn_audit_event *ev, bool intent);
/* Hand over; false: lost (and counted).  wait: for room, if there is none.
 * *position for dbn_audit__sink_wait(). */
bool dbn_audit__sink_give(audit_sink *s, const dbn_audit_event *ev, uint64_t op, int64_t time_us,
	bool wait, uint64_t *position);
/* Until the record at the position is durable; false: it failed or took too long. */
bool dbn_audit__sink_wait(audit_sink *s, uint64_t position);
dbn_status dbn_audit__sink_flush(audit_sink *s, uint64_t timeout_ns, dbn_error **err);

/* worker.c */
void *dbn_audit__worker(void *sink);
/* Store what waits; what the worker does, for a sink without a thread. */
void dbn_audit__finish(audit_sink *s);
void dbn_audit__deadline(struct timespec *ts, uint64_t at_ns);

#endif
