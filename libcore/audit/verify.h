/* SPDX-License-Identifier: MIT */
/*
 * Reading a trail back and proving it.  A chain proves edits, insertions,
 * reordering and gaps; that records were cut off at the end is only proven
 * against a head (number and hash) that was kept elsewhere.  One thread at a
 * time per verifier.
 */
#ifndef DBN_AUDIT_VERIFY_H
#define DBN_AUDIT_VERIFY_H

#include "base/str.h"
#include "crypto/crypto.h"
#include <dbnexus/plugin/audit.h>

typedef uint32_t dbn_audit_damage;
enum {
	DBN_AUDIT_SOUND = 0,
	DBN_AUDIT_EDITED = 1,    /* its bytes are not those that were hashed */
	DBN_AUDIT_REORDERED = 2, /* it stands at another place, or twice */
	DBN_AUDIT_MISSING = 3,   /* records before it are gone */
	DBN_AUDIT_TORN = 4,      /* the last line is not whole: a crash in mid-append */
	DBN_AUDIT_CUT = 5,       /* it ends before the head that was kept elsewhere */
	DBN_AUDIT_REPLACED = 6   /* another record with the number of the kept head */
};
const char *dbn_audit_damage_name(dbn_audit_damage d); /* "edited"; static */

typedef struct dbn_audit_report {
	uint64_t records;           /* read in all */
	uint64_t first_seq;         /* 1 unless old files were removed */
	uint64_t last_seq;          /* of the sound part */
	char last_hash[DBN_SHA256_HEX + 1];
	uint64_t lost;              /* events that records of the trail say were lost */
	dbn_audit_damage damage;    /* of the first bad record */
	uint64_t bad_seq;           /* its number as it should be */
	uint64_t bad_line;          /* 1..: counted over all lines read */
	char what[256];             /* one sentence about it; "" when sound */
} dbn_audit_report;

typedef struct dbn_audit_verify_opts {
	/* A head kept elsewhere; seq 0: none. */
	uint64_t head_seq;
	char head_hash[DBN_SHA256_HEX + 1];
	/* The trail may begin later than 1 (old files were removed on purpose). */
	bool allow_pruned;
} dbn_audit_verify_opts;

/* Read a whole stream and judge it.  self and ops need no open_stream().
 * DBN_OK: read to its end, see report->damage.  DBN_E_UNSUPPORTED: the sink
 * does not read back; DBN_E_IO.  opts may be NULL.  Blocks. */
dbn_status dbn_audit_verify(void *self, const dbn_audit_ops *ops, const dbn_audit_verify_opts *opts,
	dbn_audit_report *report, dbn_error **err);

/* The same line by line, for other sources. */
typedef struct dbn_audit_verifier dbn_audit_verifier;
dbn_status dbn_audit_verifier_new(const dbn_audit_verify_opts *opts, dbn_audit_verifier **out,
	dbn_error **err);
void dbn_audit_verifier_free(dbn_audit_verifier *v);
/* torn: the line has no end of line.  Damage is not an error. */
dbn_status dbn_audit_verifier_line(dbn_audit_verifier *v, dbn_text line, bool torn, dbn_error **err);
void dbn_audit_verifier_end(dbn_audit_verifier *v, dbn_audit_report *report);

/* One record in parts, for tail and search: texts tied to the record. */
typedef struct dbn_audit_entry dbn_audit_entry;
dbn_status dbn_audit_entry_parse(dbn_text line, dbn_audit_entry **out, dbn_error **err);
void dbn_audit_entry_free(dbn_audit_entry *e);
/* A text member ("user"), or NULL. */
const char *dbn_audit_entry_text(const dbn_audit_entry *e, const char *member);
/* A whole number member ("seq"); false: not there. */
bool dbn_audit_entry_int(const dbn_audit_entry *e, const char *member, int64_t *out);
/* Item i of a list member ("relations"), or NULL past its end. */
const char *dbn_audit_entry_item(const dbn_audit_entry *e, const char *member, size_t i);

#endif
