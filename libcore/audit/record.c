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
#include "base/mem.h"
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

/* A line under construction: room was made for all of it. */
typedef struct writer {
	audit_chain *chain;
	dbn_str *out;
	char *begin, *at;
	char *hash_at; /* where "hash" goes, in the order of names */
} writer;

/* Make room and begin; false: no memory.  texts: bytes of all texts together. */
static bool
start_line(writer *w, audit_chain *c, dbn_str *out, size_t texts, size_t items)
{
	/* Names, numbers, hashes and brackets of the longest record, generously. */
	const size_t fixed = 2048;
	size_t need;

	if (out->status != DBN_OK || __builtin_mul_overflow(texts, 6, &need) ||
	    __builtin_add_overflow(need, fixed + 3 * items, &need) ||
	    __builtin_add_overflow(need, out->len + 1, &need) || need > out->max ||
	    !dbn_grow(&out->ptr, &out->cap, need, 1)) {
		out->status = DBN_E_NOMEM;
		return false;
	}
	w->chain = c;
	w->out = out;
	w->begin = w->at = out->ptr + out->len;
	w->hash_at = NULL;
	return true;
}

/* Put the hash of the line at its place and move the chain on. */
static bool
seal(writer *w)
{
	audit_chain *c = w->chain;
	uint8_t hash[DBN_SHA256_SIZE];
	char member[sizeof(HASH_NAME) + DBN_SHA256_HEX + 1];
	size_t n = sizeof(HASH_NAME) - 1;

	*w->at++ = '}';
	if (!dbn_hasher_begin(c->hasher) ||
	    !dbn_hasher_add(c->hasher, w->begin, (size_t)(w->at - w->begin)) ||
	    !dbn_hasher_end(c->hasher, hash))
		return false;
	memcpy(member, HASH_NAME, n);
	dbn_hex(hash, sizeof(hash), member + n);
	memcpy(c->prev, member + n, DBN_SHA256_HEX + 1);
	n += DBN_SHA256_HEX;
	member[n++] = '"';
	memmove(w->hash_at + n, w->hash_at, (size_t)(w->at - w->hash_at));
	memcpy(w->hash_at, member, n);
	w->at += n;
	*w->at = '\0';
	w->out->len += (size_t)(w->at - w->begin);
	c->seq++;
	return true;
}

typedef struct pack_view {
	dbn_text text[PACK_TEXTS], list[PACK_LISTS]; /* of a list: from its first item on */
	uint32_t ready_text, ready_list;             /* a bit for each that is JSON already */
	size_t bytes, items;                         /* of all texts; of all lists */
} pack_view;

/* A list behind *at, which moves on. */
static dbn_text
view_list(const char **at, uint16_t n, bool ready)
{
	const char *begin = *at;
	uint32_t len;

	for (unsigned j = 0; j < (ready ? n != 0 : n); j++) {
		memcpy(&len, *at, sizeof(len));
		*at += sizeof(len) + len;
	}
	if (ready && n)
		begin += sizeof(len);
	return dbn_text_n(begin, (size_t)(*at - begin));
}

static void
view_pack(const audit_pack *p, pack_view *v)
{
	static const pack_group groups[PACK_GROUPS] = PACK_GROUP_TABLE;
	const char *at = (const char *)(p + 1);

	v->items = 0;
	v->ready_text = v->ready_list = 0;
	for (unsigned k = 0; k < PACK_GROUPS; k++) {
		bool ready = p->ready >> k & 1;
		pack_group g = groups[k];

		for (unsigned i = g.text; i < g.text_end; i++) {
			v->text[i] = dbn_text_n(at, p->text[i]);
			v->ready_text |= (uint32_t)ready << i;
			at += p->text[i];
		}
		for (unsigned i = g.list; i < g.list_end; i++) {
			v->list[i] = view_list(&at, p->count[i], ready);
			v->ready_list |= (uint32_t)ready << i;
			v->items += p->count[i];
		}
	}
	v->bytes = (size_t)(at - (const char *)(p + 1));
}

static char *
list_value(char *to, const char *at, uint16_t n)
{
	*to++ = '[';
	for (unsigned j = 0; j < n; j++) {
		uint32_t len;

		memcpy(&len, at, sizeof(len));
		at += sizeof(len);
		if (j)
			*to++ = ',';
		to = dbn_json_string(to, dbn_text_n(at, len));
		at += len;
	}
	*to++ = ']';
	return to;
}

static inline char *
text_value(char *to, const pack_view *v, unsigned i)
{
	return v->ready_text >> i & 1 ? dbn_json_raw(to, v->text[i].ptr, v->text[i].len)
				      : dbn_json_string(to, v->text[i]);
}

/* A text without anything to escape. */
static inline char *
plain_value(char *to, const char *p, size_t n)
{
	*to++ = '"';
	to = dbn_json_raw(to, p, n);
	*to++ = '"';
	return to;
}

#define TEXT_MEMBER(w, name, v, i) \
	do { \
		if ((v)->text[i].len) \
			(w)->at = text_value(DBN_JSON_NAME((w)->at, name), (v), (i)); \
	} while (0)
#define LIST_MEMBER(w, name, p, v, i) \
	do { \
		if ((p)->count[i]) \
			(w)->at = (v)->ready_list >> (i) & 1 \
				? dbn_json_raw(DBN_JSON_NAME((w)->at, name), (v)->list[i].ptr, \
					(v)->list[i].len) \
				: list_value(DBN_JSON_NAME((w)->at, name), (v)->list[i].ptr, \
					(p)->count[i]); \
	} while (0)
/* Words and names of this project: nothing to escape. */
#define WORD_MEMBER(w, name, z) \
	((w)->at = plain_value(DBN_JSON_NAME((w)->at, name), (z), strlen(z)))
#define UINT_MEMBER(w, name, v) ((w)->at = dbn_json_uint(DBN_JSON_NAME((w)->at, name), (v)))
#define TRUE_MEMBER(w, name) ((w)->at = DBN_JSON_LITERAL(DBN_JSON_NAME((w)->at, name), "true"))

static char *
hex_value(char *to, const void *p, size_t n)
{
	*to++ = '"';
	dbn_hex(p, n, to); /* and a NUL, which the quote replaces */
	to += 2 * n;
	*to++ = '"';
	return to;
}

static char *
op_value(char *to, uint64_t op)
{
	uint8_t b[8];

	for (unsigned i = 0; i < 8; i++)
		b[i] = (uint8_t)(op >> (56 - 8 * i));
	return hex_value(to, b, sizeof(b));
}

static void
prev_member(writer *w)
{
	w->at = plain_value(DBN_JSON_NAME(w->at, "prev"), w->chain->prev, DBN_SHA256_HEX);
}

static void
time_member(writer *w, int64_t time_us)
{
	char buf[40];
	dbn_text t = time_text(w->chain, time_us, buf);

	w->at = plain_value(DBN_JSON_NAME(w->at, "time"), t.ptr, t.len);
}

/* Members before "hash". */
static void
event_head(writer *w, const audit_pack *p, const pack_view *v)
{
	const char *action = dbn_audit_action_name(p->action);

	w->at = DBN_JSON_LITERAL(w->at, "{\"action\":");
	if (!action)
		action = "other";
	w->at = plain_value(w->at, action, strlen(action));
	if (p->flags & DBN_AUDIT_AFFECTED)
		UINT_MEMBER(w, "affected", p->affected);
	if (p->flags & DBN_AUDIT_CACHED)
		TRUE_MEMBER(w, "cached");
	TEXT_MEMBER(w, "client", v, PACK_CLIENT);
	LIST_MEMBER(w, "columns", p, v, PACK_COLUMNS);
	if (p->cut)
		TRUE_MEMBER(w, "cut");
	TEXT_MEMBER(w, "detail", v, PACK_DETAIL);
	if (p->duration_ns)
		UINT_MEMBER(w, "duration_ns", p->duration_ns);
	if (p->error)
		WORD_MEMBER(w, "error", dbn_status_name(p->error));
	w->hash_at = w->at;
}

/* Members behind "hash". */
static void
event_tail(writer *w, const audit_pack *p, const pack_view *v)
{
	const char *outcome = dbn_audit_outcome_name(p->outcome);

	if (p->flags & DBN_AUDIT_OBSERVED)
		TRUE_MEMBER(w, "observed");
	if (p->op)
		w->at = op_value(DBN_JSON_NAME(w->at, "op"), p->op);
	WORD_MEMBER(w, "outcome", outcome ? outcome : "other");
	if (p->has_plan)
		w->at = hex_value(DBN_JSON_NAME(w->at, "plan"), p->plan.b, sizeof(p->plan.b));
	prev_member(w);
	LIST_MEMBER(w, "relations", p, v, PACK_RELATIONS);
	LIST_MEMBER(w, "roles", p, v, PACK_ROLES);
	LIST_MEMBER(w, "rules", p, v, PACK_RULES);
	UINT_MEMBER(w, "seq", w->chain->seq + 1);
	if (p->session)
		UINT_MEMBER(w, "session", p->session);
	TEXT_MEMBER(w, "shard", v, PACK_SHARD);
	TEXT_MEMBER(w, "statement", v, PACK_STATEMENT);
	time_member(w, p->time_us);
	if (p->txn)
		UINT_MEMBER(w, "txn", p->txn);
	w->at = DBN_JSON_LITERAL(w->at, ",\"type\":\"event\"");
	TEXT_MEMBER(w, "user", v, PACK_USER);
	w->at = DBN_JSON_LITERAL(w->at, ",\"v\":1");
	TEXT_MEMBER(w, "view", v, PACK_VIEW);
}

bool
dbn_audit__write_event(audit_chain *c, const audit_pack *p, dbn_str *out)
{
	pack_view v;
	writer w;

	view_pack(p, &v);
	if (!start_line(&w, c, out, v.bytes, v.items))
		return false;
	event_head(&w, p, &v);
	event_tail(&w, p, &v);
	return seal(&w);
}

/* ---- records of the stream itself ---- */

static bool
system_head(writer *w, audit_chain *c, dbn_str *out, size_t texts, size_t items)
{
	if (!start_line(w, c, out, texts, items))
		return false;
	w->at = DBN_JSON_LITERAL(w->at, "{\"action\":\"system\"");
	w->hash_at = w->at;
	return true;
}

/* The members that every one of them ends with. */
static bool
system_tail(writer *w, const char *type, int64_t time_us)
{
	time_member(w, time_us);
	WORD_MEMBER(w, "type", type);
	w->at = DBN_JSON_LITERAL(w->at, ",\"v\":1");
	return seal(w);
}

bool
dbn_audit__write_start(audit_chain *c, dbn_text stream, const char *instance, uint64_t repaired,
	int64_t time_us, dbn_str *out)
{
	const char *type = c->seq ? "open" : "genesis";
	writer w;

	if (!system_head(&w, c, out, stream.len + strlen(instance), 0))
		return false;
	WORD_MEMBER(&w, "instance", instance);
	prev_member(&w);
	if (repaired)
		UINT_MEMBER(&w, "repaired", repaired);
	UINT_MEMBER(&w, "seq", c->seq + 1);
	w.at = dbn_json_string(DBN_JSON_NAME(w.at, "stream"), stream);
	return system_tail(&w, type, time_us);
}

bool
dbn_audit__write_lost(audit_chain *c, uint64_t count, const uint64_t *ops, size_t nops,
	int64_t time_us, dbn_str *out)
{
	writer w;

	if (!system_head(&w, c, out, 0, nops * 8))
		return false;
	UINT_MEMBER(&w, "count", count);
	w.hash_at = w.at;
	for (size_t i = 0; i < nops; i++) {
		if (i == 0)
			w.at = DBN_JSON_LITERAL(w.at, ",\"ops\":[");
		else
			*w.at++ = ',';
		w.at = op_value(w.at, ops[i]);
		if (i + 1 == nops)
			*w.at++ = ']';
	}
	WORD_MEMBER(&w, "outcome", "not_recorded");
	prev_member(&w);
	UINT_MEMBER(&w, "seq", c->seq + 1);
	return system_tail(&w, "lost", time_us);
}

bool
dbn_audit__write_close(audit_chain *c, int64_t time_us, dbn_str *out)
{
	writer w;

	if (!system_head(&w, c, out, 0, 0))
		return false;
	prev_member(&w);
	UINT_MEMBER(&w, "seq", c->seq + 1);
	return system_tail(&w, "close", time_us);
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
