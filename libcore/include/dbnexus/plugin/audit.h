/* SPDX-License-Identifier: MIT */
/*
 * The border of an audit sink: it stores lines and says when they are durable.
 * Sequence, canonical JSON and hash chain are made by the core, one stream per
 * sink instance; a sink never changes a line.
 */
#ifndef DBN_PLUGIN_AUDIT_H
#define DBN_PLUGIN_AUDIT_H

#include <dbnexus/plugin/host.h>

DBN_BEGIN_DECLS

enum {
	DBN_AUDIT_DURABLE = 1u << 0,        /* sync() means: survives a crash */
	DBN_AUDIT_TRANSACTIONAL = 1u << 1,  /* append_within() works */
	DBN_AUDIT_READS_BACK = 1u << 2      /* read() works */
};

struct dbn_sql;

/** Flags of a record that read() gives. */
enum {
	DBN_AUDIT_RECORD_TORN = 1u << 0     /* the last line, without its end of line */
};

/** One record: a line of canonical JSON without its end of line. */
typedef struct dbn_audit_record {
	uint32_t struct_size, flags;
	uint64_t seq;
	dbn_text line;
} dbn_audit_record;

/** Where the stream ends. */
typedef struct dbn_audit_head {
	uint32_t struct_size, reserved0;
	uint64_t seq;                       /* of the last whole record; 0: empty */
	uint64_t repaired_bytes;            /* of a torn last record, set aside */
	dbn_text last_line;                 /* tied to the instance until append() */
} dbn_audit_head;

typedef struct dbn_append_opts {
	dbn_call call;
	uint32_t durable, reserved0;        /* 1: return only when it survives a crash */
} dbn_append_opts;

typedef struct dbn_audit_ops {
	uint32_t struct_size, flags;
	/** Required.  Once; repairs a torn tail.  The file is locked until destroy(). */
	dbn_status (*open_stream)(void *self, dbn_text stream, dbn_audit_head *out, dbn_error **err);
	/** Before execution: is there room?  A ticket for append(). */
	dbn_status (*reserve)(void *self, uint32_t records, uint64_t bytes, const dbn_call *,
		uint64_t *ticket, dbn_error **err);
	/** Required.  dbn_audit_record each, in order.  All or none: after a failure the
	 *  stream ends where it ended before. */
	dbn_status (*append)(void *self, const dbn_array *records, uint64_t ticket,
		const dbn_append_opts *, dbn_error **err);
	/** Required if DURABLE.  One for many sessions. */
	dbn_status (*sync)(void *self, uint64_t upto_seq, const dbn_call *, uint64_t *durable_seq,
		dbn_error **err);
	/** TRANSACTIONAL: in the statement's own transaction. */
	dbn_status (*append_within)(void *self, struct dbn_sql *txn, const dbn_array *records, dbn_error **err);
	/** READS_BACK: records from from_seq on, in order, whatever is in them.  Works
	 *  without open_stream() too (a verifier beside a living writer); a torn last
	 *  line comes with DBN_AUDIT_RECORD_TORN.  A status of each() other than DBN_OK
	 *  ends it and is returned. */
	dbn_status (*read)(void *self, uint64_t from_seq, const dbn_call *,
		dbn_status (*each)(const dbn_audit_record *, void *user), void *user, dbn_error **err);
	/** Begin a new file; the stream goes on. */
	dbn_status (*rotate)(void *self, const dbn_call *, dbn_error **err);
} dbn_audit_ops;

DBN_END_DECLS
#endif
