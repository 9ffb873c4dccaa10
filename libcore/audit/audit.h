/* SPDX-License-Identifier: MIT */
/*
 * The audit trail: hands events to the streams of all sinks.  Each sink has a
 * preallocated ring and, from its first event on, a thread that encodes
 * canonical JSON (RFC 8785), numbers, chains by SHA-256, appends and syncs; many
 * sessions share one sync.  What a best-effort sink loses is counted, and the
 * count becomes a record of the stream.
 *
 * Any thread.  After fork() the child may only close, which then writes nothing.
 */
#ifndef DBN_AUDIT_H
#define DBN_AUDIT_H

#include "base/mem.h"
#include "base/str.h"
#include "crypto/crypto.h"
#include <dbnexus/plugin/audit.h>

typedef uint32_t dbn_audit_guarantee;
enum { DBN_AUDIT_BEST_EFFORT = 1, DBN_AUDIT_BEFORE_ACK = 2, DBN_AUDIT_IN_TRANSACTION = 3 };
typedef uint32_t dbn_audit_failure;
enum { DBN_AUDIT_STOP = 1, DBN_AUDIT_DROP = 2 };

typedef uint32_t dbn_audit_action;
enum {
	DBN_AUDIT_READ = 1, DBN_AUDIT_INSERT = 2, DBN_AUDIT_UPDATE = 3, DBN_AUDIT_DELETE = 4,
	DBN_AUDIT_ADMIN = 5,        /* administrative statements */
	DBN_AUDIT_TXN = 6,          /* commit, rollback */
	DBN_AUDIT_SESSION = 7,      /* opened, refused, closed */
	DBN_AUDIT_POLICY = 8,       /* loaded, changed, allow-all */
	DBN_AUDIT_SYSTEM = 9        /* of the trail itself: genesis, open, lost, close */
};
typedef uint32_t dbn_audit_outcome_kind;
enum {
	DBN_AUDIT_OK = 1, DBN_AUDIT_DENIED = 2, DBN_AUDIT_ERROR = 3, DBN_AUDIT_CANCELLED = 4,
	DBN_AUDIT_UNKNOWN = 5,      /* it may or may not have happened */
	DBN_AUDIT_NOT_RECORDED = 6, /* executed, but the outcome found no place */
	DBN_AUDIT_INTENT = 7        /* about to run; made by dbn_audit_intent() */
};
enum {
	DBN_AUDIT_CACHED = 1u << 0,      /* answered from the cache */
	DBN_AUDIT_AFFECTED = 1u << 1,    /* affected is known */
	DBN_AUDIT_OBSERVED = 1u << 2     /* a rule in observe mode would have denied */
};

/* Some of an event as it goes through the ring and stands in the record, escapes and
 * all, laid out beforehand because many events say the same.  data NULL: not laid out.
 * Between the files of this folder but for its life: the data are the arena's it was
 * made in. */
typedef struct dbn_audit_part {
	const char *data;
	size_t bytes;
	uint32_t text[3], longest;  /* longest: of the texts, before they were escaped */
	uint16_t count[3], reserved0;
} dbn_audit_part;

/* What happened.  All texts borrowed; zero what is not known.  Never a
 * parameter value: statement is the fingerprint or canonical text without them. */
typedef struct dbn_audit_event {
	dbn_audit_action action;
	dbn_audit_outcome_kind outcome;
	uint32_t flags;
	dbn_status error;           /* of DENIED, ERROR ... */
	int64_t time_us;            /* when it began; 0: now */
	uint64_t duration_ns, affected;
	uint64_t session, txn;      /* 0: none */
	const dbn_digest *plan;     /* NULL: none */
	dbn_text user, view_key, client, shard, statement, detail;
	const dbn_text *roles, *relations, *columns, *rules; /* "database.schema.name"; rule ids */
	size_t nroles, nrelations, ncolumns, nrules;
	/* The same again, laid out, or NULL: user, view_key, client, roles; statement,
	 * relations, columns, rules. */
	const dbn_audit_part *who, *what;
} dbn_audit_event;

/* Lay out that part of ev in the arena.  Where something would be cut or there is no
 * memory nothing is, and events are laid out one by one. */
void dbn_audit_part_who(const dbn_audit_event *ev, dbn_arena *arena, dbn_audit_part *out);
void dbn_audit_part_what(const dbn_audit_event *ev, dbn_arena *arena, dbn_audit_part *out);

/* ---- configuration; borrowed and copied, but self and ops ---- */
/* A filter matches if every part given does; bits are 1u << DBN_AUDIT_...; 0:
 * any.  relation as in dbn_cache_rule, ptr NULL: any. */
typedef struct dbn_audit_filter {
	uint32_t actions, outcomes;
	dbn_text relation;
} dbn_audit_filter;
typedef struct dbn_audit_sink_conf {
	dbn_text name;              /* also the name of the stream */
	void *self;                 /* kept until dbn_audit_close(); not destroyed by it */
	const dbn_audit_ops *ops;
	dbn_audit_guarantee guarantee;
	dbn_audit_failure on_failure;
	const dbn_audit_filter *filters; /* none: everything; else what any matches */
	size_t nfilters;
	size_t queue_bytes;         /* 0: 4 MiB */
} dbn_audit_sink_conf;
typedef struct dbn_audit_conf {
	const dbn_audit_sink_conf *sinks;
	size_t nsinks;
	size_t max_text;            /* of a statement or detail, longer is cut; 0: 8 KiB */
	uint64_t wait_ns;           /* for a before_ack sink, then DBN_E_AUDIT; 0: 30 s */
} dbn_audit_conf;

typedef struct dbn_audit dbn_audit;

/* Opens every stream, checks its head and appends a first record (genesis or
 * open), so that a destination that cannot be written is found now.  Makes no
 * thread.  DBN_E_CONFIG, DBN_E_AUDIT, DBN_E_INTEGRITY (the last record of the
 * stream was changed).  Blocks. */
dbn_status dbn_audit_open(const dbn_audit_conf *conf, dbn_audit **out, dbn_error **err);
/* Drains, appends a closing record, joins.  A sink that fails is tried again for
 * up to timeout_ns; what is left then is lost.  Blocks. */
void dbn_audit_close(dbn_audit *a, uint64_t timeout_ns);

/* Before a statement runs: DBN_E_AUDIT while a sink with on_failure = stop is
 * known not to work.  A few nanoseconds. */
dbn_status dbn_audit_check(dbn_audit *a, dbn_error **err);
/* Would a write need dbn_audit_intent() at all? */
bool dbn_audit_has_before_ack(const dbn_audit *a);

/* Best effort: hand over and go on.  Sinks with before_ack get it too, but it
 * is not waited for.  a may be NULL.  Never blocks (a full ring loses). */
void dbn_audit_submit(dbn_audit *a, const dbn_audit_event *ev);
/* Before a write runs: durable in every before_ack sink that wants it, or
 * DBN_E_AUDIT: do not run.  *op names the pair; 0 if no sink wanted it.
 * ev->outcome is ignored.  Blocks for one sync, shared with others. */
dbn_status dbn_audit_intent(dbn_audit *a, const dbn_audit_event *ev, uint64_t *op, dbn_error **err);
/* After it ran, before the caller is told: handed to best-effort sinks, durable
 * in before_ack sinks.  op from the intent, or 0.  DBN_E_AUDIT: it happened but
 * is not recorded: tell the caller exactly that (the error does). */
dbn_status dbn_audit_outcome(dbn_audit *a, const dbn_audit_event *ev, uint64_t op, dbn_error **err);

/* Wait until all that was handed over before is appended and synced. */
dbn_status dbn_audit_flush(dbn_audit *a, uint64_t timeout_ns, dbn_error **err);

typedef struct dbn_audit_stats {
	uint64_t records, lost, refused, syncs, bytes;
} dbn_audit_stats;
void dbn_audit_get_stats(dbn_audit *a, dbn_audit_stats *out); /* all sinks together */
size_t dbn_audit_sinks(const dbn_audit *a);
/* The head of a sink's stream: to be kept elsewhere. */
void dbn_audit_head_of(dbn_audit *a, size_t sink, dbn_text *name, uint64_t *seq,
	char hash[DBN_SHA256_HEX + 1]);

/* Words as they stand in records; NULL: no such number, 0: no such word. */
const char *dbn_audit_action_name(dbn_audit_action action);
const char *dbn_audit_outcome_name(dbn_audit_outcome_kind outcome);
dbn_audit_action dbn_audit_action_find(dbn_text word);
dbn_audit_outcome_kind dbn_audit_outcome_find(dbn_text word);

#endif
