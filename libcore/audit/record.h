/* SPDX-License-Identifier: MIT */
/*
 * An event on its way through the ring (packed), and records as lines of the
 * stream (chained).  Between the files of the audit module.
 */
#ifndef DBN_AUDIT_RECORD_H
#define DBN_AUDIT_RECORD_H

#include "audit/audit.h"

enum { PACK_USER, PACK_VIEW, PACK_CLIENT, PACK_STATEMENT, PACK_SHARD, PACK_DETAIL, PACK_TEXTS };
enum { PACK_ROLES, PACK_RELATIONS, PACK_COLUMNS, PACK_RULES, PACK_LISTS };
/* Texts and lists stand in groups: those of who, of what, and the rest. */
enum { PACK_WHO, PACK_WHAT, PACK_REST, PACK_GROUPS };
typedef struct pack_group {
	uint8_t text, text_end, list, list_end;
} pack_group;
#define PACK_GROUP_TABLE { { PACK_USER, PACK_STATEMENT, PACK_ROLES, PACK_RELATIONS }, \
	{ PACK_STATEMENT, PACK_SHARD, PACK_RELATIONS, PACK_LISTS }, \
	{ PACK_SHARD, PACK_TEXTS, PACK_LISTS, PACK_LISTS } }
#define PACK_MAX_SHORT 1024u /* bytes of any text but statement and detail */
#define PACK_MAX_ITEMS 512u  /* of a list */

/* Followed by the groups: of each the texts, then the items of its lists as u32
 * length and bytes.  Of a group that is ready: its texts as JSON strings, then each
 * list that is not empty as u32 length and a JSON array. */
typedef struct audit_pack {
	uint32_t action, outcome, flags;
	int32_t error;
	int64_t time_us;
	uint64_t duration_ns, affected, session, txn, op;
	dbn_digest plan;
	uint32_t text[PACK_TEXTS];
	uint16_t count[PACK_LISTS];
	uint8_t has_plan, cut, ready, reserved0; /* ready: a bit for each group */
} audit_pack;

/* Cut what is too long; returns the bytes dbn_audit__pack() will write. */
typedef struct pack_plan {
	size_t bytes;
	uint32_t text[PACK_TEXTS];
	uint16_t count[PACK_LISTS];
	bool cut;
	const dbn_audit_part *part[PACK_GROUPS]; /* laid out already, or NULL */
} pack_plan;
void dbn_audit__measure(const dbn_audit_event *ev, size_t max_text, size_t max_bytes, pack_plan *p);
void dbn_audit__pack(const dbn_audit_event *ev, const pack_plan *p, uint64_t op, int64_t time_us,
	void *out);

/* ---- the chain of one stream; one thread's ---- */
typedef struct audit_chain {
	uint64_t seq;                       /* of the last record */
	char prev[DBN_SHA256_HEX + 1];      /* its hash; zeros before the first */
	dbn_hasher *hasher;
	int64_t second;                     /* of the text below, kept between records */
	char second_text[32];
} audit_chain;

dbn_status dbn_audit__chain_init(audit_chain *c, dbn_error **err);
void dbn_audit__chain_free(audit_chain *c);
/* Go on behind a line; DBN_E_INTEGRITY: it is not a sound record. */
dbn_status dbn_audit__chain_resume(audit_chain *c, uint64_t seq, dbn_text line, dbn_error **err);

/* Append one record to out (no end of line) and move the chain on; false: no
 * memory, neither has changed for good (the caller drops out and the chain). */
bool dbn_audit__write_event(audit_chain *c, const audit_pack *p, dbn_str *out);
/* Records of the stream itself. */
bool dbn_audit__write_start(audit_chain *c, dbn_text stream, const char *instance, uint64_t repaired,
	int64_t time_us, dbn_str *out);
bool dbn_audit__write_lost(audit_chain *c, uint64_t count, const uint64_t *ops, size_t nops,
	int64_t time_us, dbn_str *out);
bool dbn_audit__write_close(audit_chain *c, int64_t time_us, dbn_str *out);

/* The hash that stands in a line and whether its bytes agree: hash is the text
 * in the line, 64 digits; false: there is none, or the bytes differ. */
bool dbn_audit__line_hash(dbn_hasher *h, dbn_text line, char hash[DBN_SHA256_HEX + 1], bool *agrees);

#endif
