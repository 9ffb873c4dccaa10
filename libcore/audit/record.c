/* SPDX-License-Identifier: MIT */
/*
 * Records as chained lines.  Each carries its number, the hash of the record
 * before it and its own: SHA-256 over the line without the member "hash",
 * which is put in its sorted place afterwards.  Members stand in the order of
 * their names; keep them so.
 */
#include "audit/record.h"

#include <stdio.h>
#include <string.h>
#include "audit/json.h"
#include "base/clock.h"
#include "error/error.h"

#define HASH_NAME ",\"hash\":\""

dbn_status
dbn_audit__chain_init(audit_chain *c, dbn_error **err)
{
	memset(c, 0, sizeof(*c));
	memset(c->prev, '0', DBN_SHA256_HEX);
	c->second = INT64_MIN;
	return dbn_hasher_new(&c->hasher, err);
}

void
dbn_audit__chain_free(audit_chain *c)
{
	dbn_hasher_free(c->hasher);
	c->hasher = NULL;
}

/* RFC 3339 with microseconds; the part up to the second is kept. */
static dbn_text
time_text(audit_chain *c, int64_t us, char buf[40])
{
	int64_t second = us / 1000000 - (us % 1000000 < 0);
	uint32_t rest = (uint32_t)(us - second * 1000000);

	if (second != c->second) {
		(void)dbn_format_rfc3339(c->second_text, sizeof(c->second_text), second * 1000000);
		c->second = second;
	}
	memcpy(buf, c->second_text, 19); /* 2026-11-23T09:41:00 */
	buf[19] = '.';
	for (int i = 25; i > 19; i--) {
		buf[i] = (char)('0' + rest % 10);
		rest /= 10;
	}
	buf[26] = 'Z';
	return dbn_text_n(buf, 27);
}

/* Put the hash of out[from..] at its place and move the chain on. */
static bool
seal(audit_chain *c, dbn_str *out, size_t from, size_t hash_at)
{
	uint8_t hash[DBN_SHA256_SIZE];
	char member[sizeof(HASH_NAME) + DBN_SHA256_HEX + 1];
	size_t n = sizeof(HASH_NAME) - 1, tail;

	if (out->status != DBN_OK || !dbn_hasher_begin(c->hasher) ||
	    !dbn_hasher_add(c->hasher, out->ptr + from, out->len - from) ||
	    !dbn_hasher_end(c->hasher, hash))
		return false;
	memcpy(member, HASH_NAME, n);
	dbn_hex(hash, sizeof(hash), member + n);
	memcpy(c->prev, member + n, DBN_SHA256_HEX + 1);
	n += DBN_SHA256_HEX;
	member[n++] = '"';
	tail = out->len - hash_at;
	dbn_str_add(out, member, n); /* room, then shift */
	if (out->status != DBN_OK)
		return false;
	memmove(out->ptr + hash_at + n, out->ptr + hash_at, tail);
	memcpy(out->ptr + hash_at, member, n);
	c->seq++;
	return true;
}

static void
hex_member(dbn_str *out, const char *name, uint64_t v)
{
	uint8_t b[8];
	char hex[17];

	for (unsigned i = 0; i < 8; i++)
		b[i] = (uint8_t)(v >> (56 - 8 * i));
	dbn_hex(b, 8, hex);
	dbn_json_text(out, name, dbn_text_n(hex, 16));
}

typedef struct pack_view {
	dbn_text text[PACK_TEXTS];
	const char *list[PACK_LISTS];
} pack_view;

static void
view_pack(const audit_pack *p, pack_view *v)
{
	const char *at = (const char *)(p + 1);

	for (unsigned i = 0; i < PACK_TEXTS; i++) {
		v->text[i] = dbn_text_n(at, p->text[i]);
		at += p->text[i];
	}
	for (unsigned i = 0; i < PACK_LISTS; i++) {
		v->list[i] = at;
		for (unsigned j = 0; j < p->count[i]; j++) {
			uint32_t len;

			memcpy(&len, at, sizeof(len));
			at += sizeof(len) + len;
		}
	}
}

static void
list_member(dbn_str *out, const char *name, const char *at, uint16_t n)
{
	if (!n)
		return;
	dbn_json_name(out, name);
	dbn_str_addc(out, '[');
	for (unsigned j = 0; j < n; j++) {
		uint32_t len;

		memcpy(&len, at, sizeof(len));
		at += sizeof(len);
		if (j)
			dbn_str_addc(out, ',');
		dbn_json_string(out, dbn_text_n(at, len));
		at += len;
	}
	dbn_str_addc(out, ']');
}

static void
text_member(dbn_str *out, const char *name, dbn_text t)
{
	if (t.len)
		dbn_json_text(out, name, t);
}

/* Members before "hash". */
static void
event_head(const audit_pack *p, const pack_view *v, dbn_str *out)
{
	const char *action = dbn_audit_action_name(p->action);

	dbn_json_text(out, "action", dbn_text_z(action ? action : "other"));
	if (p->flags & DBN_AUDIT_AFFECTED)
		dbn_json_uint(out, "affected", p->affected);
	if (p->flags & DBN_AUDIT_CACHED)
		dbn_json_true(out, "cached");
	text_member(out, "client", v->text[PACK_CLIENT]);
	list_member(out, "columns", v->list[PACK_COLUMNS], p->count[PACK_COLUMNS]);
	if (p->cut)
		dbn_json_true(out, "cut");
	text_member(out, "detail", v->text[PACK_DETAIL]);
	if (p->duration_ns)
		dbn_json_uint(out, "duration_ns", p->duration_ns);
	if (p->error)
		dbn_json_text(out, "error", dbn_text_z(dbn_status_name(p->error)));
}

/* Members behind "hash". */
static void
event_tail(audit_chain *c, const audit_pack *p, const pack_view *v, dbn_str *out)
{
	const char *outcome = dbn_audit_outcome_name(p->outcome);
	char buf[40];

	if (p->flags & DBN_AUDIT_OBSERVED)
		dbn_json_true(out, "observed");
	if (p->op)
		hex_member(out, "op", p->op);
	dbn_json_text(out, "outcome", dbn_text_z(outcome ? outcome : "other"));
	if (p->has_plan) {
		char hex[sizeof(p->plan.b) * 2 + 1];

		dbn_hex(p->plan.b, sizeof(p->plan.b), hex);
		dbn_json_text(out, "plan", dbn_text_z(hex));
	}
	dbn_json_text(out, "prev", dbn_text_n(c->prev, DBN_SHA256_HEX));
	list_member(out, "relations", v->list[PACK_RELATIONS], p->count[PACK_RELATIONS]);
	list_member(out, "roles", v->list[PACK_ROLES], p->count[PACK_ROLES]);
	list_member(out, "rules", v->list[PACK_RULES], p->count[PACK_RULES]);
	dbn_json_uint(out, "seq", c->seq + 1);
	if (p->session)
		dbn_json_uint(out, "session", p->session);
	text_member(out, "shard", v->text[PACK_SHARD]);
	text_member(out, "statement", v->text[PACK_STATEMENT]);
	dbn_json_text(out, "time", time_text(c, p->time_us, buf));
	if (p->txn)
		dbn_json_uint(out, "txn", p->txn);
	dbn_json_text(out, "type", DBN_TEXT_LIT("event"));
	text_member(out, "user", v->text[PACK_USER]);
	dbn_json_uint(out, "v", 1);
	text_member(out, "view", v->text[PACK_VIEW]);
}

bool
dbn_audit__write_event(audit_chain *c, const audit_pack *p, dbn_str *out)
{
	size_t from = out->len, hash_at;
	pack_view v;

	view_pack(p, &v);
	dbn_json_open(out);
	event_head(p, &v, out);
	hash_at = out->len;
	event_tail(c, p, &v, out);
	dbn_json_close(out);
	return seal(c, out, from, hash_at);
}

/* The members that every record of the stream itself ends with. */
static bool
system_tail(audit_chain *c, const char *type, int64_t time_us, dbn_str *out, size_t from,
	size_t hash_at)
{
	char buf[40];

	dbn_json_text(out, "time", time_text(c, time_us, buf));
	dbn_json_text(out, "type", dbn_text_z(type));
	dbn_json_uint(out, "v", 1);
	dbn_json_close(out);
	return seal(c, out, from, hash_at);
}

static void
system_head(dbn_str *out)
{
	dbn_json_open(out);
	dbn_json_text(out, "action", DBN_TEXT_LIT("system"));
}

bool
dbn_audit__write_start(audit_chain *c, dbn_text stream, const char *instance, uint64_t repaired,
	int64_t time_us, dbn_str *out)
{
	size_t from = out->len, hash_at;
	const char *type = c->seq ? "open" : "genesis";

	system_head(out);
	hash_at = out->len;
	dbn_json_text(out, "instance", dbn_text_z(instance));
	dbn_json_text(out, "prev", dbn_text_n(c->prev, DBN_SHA256_HEX));
	if (repaired)
		dbn_json_uint(out, "repaired", repaired);
	dbn_json_uint(out, "seq", c->seq + 1);
	dbn_json_text(out, "stream", stream);
	return system_tail(c, type, time_us, out, from, hash_at);
}

bool
dbn_audit__write_lost(audit_chain *c, uint64_t count, const uint64_t *ops, size_t nops,
	int64_t time_us, dbn_str *out)
{
	size_t from = out->len, hash_at;

	system_head(out);
	dbn_json_uint(out, "count", count);
	hash_at = out->len;
	if (nops) {
		dbn_json_name(out, "ops");
		dbn_str_addc(out, '[');
		for (size_t i = 0; i < nops; i++)
			dbn_str_addf(out, "%s\"%016llx\"", i ? "," : "", (unsigned long long)ops[i]);
		dbn_str_addc(out, ']');
	}
	dbn_json_text(out, "outcome", DBN_TEXT_LIT("not_recorded"));
	dbn_json_text(out, "prev", dbn_text_n(c->prev, DBN_SHA256_HEX));
	dbn_json_uint(out, "seq", c->seq + 1);
	return system_tail(c, "lost", time_us, out, from, hash_at);
}

bool
dbn_audit__write_close(audit_chain *c, int64_t time_us, dbn_str *out)
{
	size_t from = out->len, hash_at;

	system_head(out);
	hash_at = out->len;
	dbn_json_text(out, "prev", dbn_text_n(c->prev, DBN_SHA256_HEX));
	dbn_json_uint(out, "seq", c->seq + 1);
	return system_tail(c, "close", time_us, out, from, hash_at);
}

/* The one place in the line where the member stands; NULL: none, or several.
 * Inside a string its quotes would be escaped, so it cannot stand there. */
static const char *
find_hash(dbn_text line)
{
	const char *end = line.ptr + line.len, *found = NULL, *p = line.ptr;

	while ((p = memmem(p, (size_t)(end - p), HASH_NAME, sizeof(HASH_NAME) - 1)) != NULL) {
		if (found)
			return NULL;
		found = p;
		p += sizeof(HASH_NAME) - 1;
	}
	return found;
}

bool
dbn_audit__line_hash(dbn_hasher *h, dbn_text line, char hash[DBN_SHA256_HEX + 1], bool *agrees)
{
	const size_t name = sizeof(HASH_NAME) - 1, whole = name + DBN_SHA256_HEX + 1;
	const char *at = line.len ? find_hash(line) : NULL;
	uint8_t stated[DBN_SHA256_SIZE], real[DBN_SHA256_SIZE];
	size_t before;

	*agrees = false;
	if (!at)
		return false;
	before = (size_t)(at - line.ptr);
	if (line.len - before < whole || at[whole - 1] != '"' ||
	    !dbn_unhex(at + name, DBN_SHA256_HEX, stated, sizeof(stated)))
		return false;
	memcpy(hash, at + name, DBN_SHA256_HEX);
	hash[DBN_SHA256_HEX] = '\0';
	if (!dbn_hasher_begin(h) || !dbn_hasher_add(h, line.ptr, before) ||
	    !dbn_hasher_add(h, at + whole, line.len - before - whole) || !dbn_hasher_end(h, real))
		return false;
	*agrees = dbn_secret_eq(stated, real, sizeof(real));
	return true;
}
