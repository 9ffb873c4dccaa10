/* SPDX-License-Identifier: MIT */
/*
 * Events into the flat form that crosses the ring.  This runs on the session's
 * thread: copies and additions only.  What is too long is cut and marked.
 */
#include "audit/record.h"

#include <string.h>
#include "audit/json.h"
#include "base/mem.h"

static uint32_t
cut_text(dbn_text t, size_t max, bool *cut)
{
	if (t.len <= max)
		return (uint32_t)t.len;
	*cut = true;
	/* Not in the middle of a character. */
	while (max > 0 && ((unsigned char)t.ptr[max] & 0xc0) == 0x80)
		max--;
	return (uint32_t)max;
}

static size_t
list_bytes(const dbn_text *items, uint16_t n)
{
	size_t bytes = 0;
	bool cut;

	for (uint16_t i = 0; i < n; i++)
		bytes += 4 + cut_text(items[i], PACK_MAX_SHORT, &cut);
	return bytes;
}

static uint16_t
cut_list(size_t n, bool *cut)
{
	if (n <= PACK_MAX_ITEMS)
		return (uint16_t)n;
	*cut = true;
	return PACK_MAX_ITEMS;
}

static const dbn_text *
text_of(const dbn_audit_event *ev, unsigned i)
{
	const dbn_text *texts[PACK_TEXTS] = {
		[PACK_USER] = &ev->user, [PACK_VIEW] = &ev->view_key, [PACK_CLIENT] = &ev->client,
		[PACK_SHARD] = &ev->shard, [PACK_STATEMENT] = &ev->statement,
		[PACK_DETAIL] = &ev->detail
	};

	return texts[i];
}

static const dbn_text *
list_of(const dbn_audit_event *ev, unsigned i)
{
	const dbn_text *lists[PACK_LISTS] = {
		[PACK_ROLES] = ev->roles, [PACK_RELATIONS] = ev->relations,
		[PACK_COLUMNS] = ev->columns, [PACK_RULES] = ev->rules
	};

	return lists[i];
}

static const pack_group groups[PACK_GROUPS] = PACK_GROUP_TABLE;

static size_t
count_of(const dbn_audit_event *ev, unsigned i)
{
	const size_t counts[PACK_LISTS] = {
		[PACK_ROLES] = ev->nroles, [PACK_RELATIONS] = ev->nrelations,
		[PACK_COLUMNS] = ev->ncolumns, [PACK_RULES] = ev->nrules
	};

	return counts[i];
}

/* Bytes of a group that is not laid out yet. */
static inline size_t
measure_group(const dbn_audit_event *ev, pack_group g, size_t max_text, pack_plan *p)
{
	size_t n = 0;

	for (unsigned i = g.text; i < g.text_end; i++) {
		bool is_long = i == PACK_STATEMENT || i == PACK_DETAIL;

		p->text[i] = cut_text(*text_of(ev, i), is_long ? max_text : PACK_MAX_SHORT, &p->cut);
		n += p->text[i];
	}
	for (unsigned i = g.list; i < g.list_end; i++) {
		p->count[i] = cut_list(count_of(ev, i), &p->cut);
		n += list_bytes(list_of(ev, i), p->count[i]);
	}
	return n;
}

/* Everything anew: lists are given up until it fits. */
static size_t
squeeze(const dbn_audit_event *ev, size_t max_text, size_t max_bytes, pack_plan *p)
{
	/* What goes first when even the cut texts do not fit. */
	static const uint8_t sacrifice[] = { PACK_COLUMNS, PACK_ROLES, PACK_RULES, PACK_RELATIONS };
	size_t n = sizeof(audit_pack);

	for (unsigned g = 0; g < PACK_GROUPS; g++) {
		p->part[g] = NULL;
		n += measure_group(ev, groups[g], max_text, p);
	}
	for (unsigned i = 0; i < sizeof(sacrifice) && n > max_bytes; i++) {
		n -= list_bytes(list_of(ev, sacrifice[i]), p->count[sacrifice[i]]);
		p->count[sacrifice[i]] = 0;
		p->cut = true;
	}
	return n;
}

static const dbn_audit_part *
usable(const dbn_audit_part *part, size_t max_text)
{
	return part && part->data && part->longest <= max_text ? part : NULL;
}

void
dbn_audit__measure(const dbn_audit_event *ev, size_t max_text, size_t max_bytes, pack_plan *p)
{
	size_t n = sizeof(audit_pack);

	p->cut = false;
	p->part[PACK_WHO] = usable(ev->who, max_text);
	p->part[PACK_WHAT] = usable(ev->what, max_text);
	p->part[PACK_REST] = NULL;
	n += p->part[PACK_WHO] ? p->part[PACK_WHO]->bytes
			       : measure_group(ev, groups[PACK_WHO], max_text, p);
	n += p->part[PACK_WHAT] ? p->part[PACK_WHAT]->bytes
				: measure_group(ev, groups[PACK_WHAT], max_text, p);
	n += measure_group(ev, groups[PACK_REST], max_text, p);
	p->bytes = n <= max_bytes ? n : squeeze(ev, max_text, max_bytes, p);
}

static inline char *
put(char *to, const void *from, size_t n)
{
	if (n)
		memcpy(to, from, n);
	return to + n;
}

/* The bytes of a group as its plan says. */
static inline __attribute__((always_inline)) char *
put_group(const dbn_audit_event *ev, pack_group g, const uint32_t *text, const uint16_t *count,
	char *to)
{
	bool cut;

	for (unsigned i = g.text; i < g.text_end; i++)
		to = put(to, text_of(ev, i)->ptr, text[i]);
	for (unsigned i = g.list; i < g.list_end; i++) {
		const dbn_text *items = list_of(ev, i);

		for (unsigned j = 0; j < count[i]; j++) {
			uint32_t len = cut_text(items[j], PACK_MAX_SHORT, &cut);

			to = put(to, &len, sizeof(len));
			to = put(to, items[j].ptr, len);
		}
	}
	return to;
}

/* Which group is known at each call: without its loops. */
static inline __attribute__((always_inline)) char *
pack_one(const dbn_audit_event *ev, pack_group g, const dbn_audit_part *part, const pack_plan *p,
	audit_pack *a, char *to)
{
	for (unsigned i = g.text; i < g.text_end; i++)
		a->text[i] = part ? part->text[i - g.text] : p->text[i];
	for (unsigned i = g.list; i < g.list_end; i++)
		a->count[i] = part ? part->count[i - g.list] : p->count[i];
	return part ? put(to, part->data, part->bytes) : put_group(ev, g, p->text, p->count, to);
}

void
dbn_audit__pack(const dbn_audit_event *ev, const pack_plan *p, uint64_t op, int64_t time_us, void *out)
{
	audit_pack *a = out;
	char *to = (char *)(a + 1);

	a->action = ev->action;
	a->outcome = ev->outcome;
	a->flags = ev->flags;
	a->error = ev->error;
	a->time_us = time_us;
	a->duration_ns = ev->duration_ns;
	a->affected = ev->affected;
	a->session = ev->session;
	a->txn = ev->txn;
	a->op = op;
	a->has_plan = ev->plan != NULL;
	if (ev->plan)
		a->plan = *ev->plan;
	a->ready = (uint8_t)((p->part[PACK_WHO] ? 1u << PACK_WHO : 0) |
		(p->part[PACK_WHAT] ? 1u << PACK_WHAT : 0));
	a->reserved0 = 0;
	to = pack_one(ev, groups[PACK_WHO], p->part[PACK_WHO], p, a, to);
	to = pack_one(ev, groups[PACK_WHAT], p->part[PACK_WHAT], p, a, to);
	(void)pack_one(ev, groups[PACK_REST], NULL, p, a, to);
	a->cut = p->cut;
}

/* ---- laid out beforehand ---- */

#define PART_MAX 4096u /* more is rare, and then it need not be fast */

static char *
put_array(char *to, const dbn_text *items, uint16_t n)
{
	char *begin = to;
	uint32_t len;

	to += sizeof(len);
	*to++ = '[';
	for (unsigned j = 0; j < n; j++) {
		if (j)
			*to++ = ',';
		to = dbn_json_string(to, items[j]);
	}
	*to++ = ']';
	len = (uint32_t)(to - begin - (ptrdiff_t)sizeof(len));
	memcpy(begin, &len, sizeof(len));
	return to;
}

/* The group as JSON, its sizes into the part; where it ends.  Nothing is cut. */
static char *
put_ready(const dbn_audit_event *ev, pack_group g, const pack_plan *p, dbn_audit_part *out, char *to)
{
	for (unsigned i = g.text; i < g.text_end; i++) {
		char *end = p->text[i] ? dbn_json_string(to, *text_of(ev, i)) : to;

		out->text[i - g.text] = (uint32_t)(end - to);
		if (p->text[i] > out->longest)
			out->longest = p->text[i];
		to = end;
	}
	for (unsigned i = g.list; i < g.list_end; i++) {
		out->count[i - g.list] = p->count[i];
		if (p->count[i])
			to = put_array(to, list_of(ev, i), p->count[i]);
	}
	return to;
}

static void
make_part(const dbn_audit_event *ev, pack_group g, dbn_arena *arena, dbn_audit_part *out)
{
	pack_plan p = { .cut = false };
	size_t n = measure_group(ev, g, PART_MAX, &p), items = 0;
	char *room, *data;

	memset(out, 0, sizeof(*out));
	for (unsigned i = g.list; i < g.list_end; i++)
		items += p.count[i] + 2u;
	room = p.cut || n > PART_MAX ? NULL : dbn_alloc(DBN_JSON_TEXT(n) + 8 * (items + PACK_TEXTS));
	if (!room)
		return;
	n = (size_t)(put_ready(ev, g, &p, out, room) - room);
	data = dbn_arena_alloc(arena, n ? n : 1);
	if (data && n)
		memcpy(data, room, n);
	dbn_free(room);
	out->bytes = n;
	out->data = data;
}

void
dbn_audit_part_who(const dbn_audit_event *ev, dbn_arena *arena, dbn_audit_part *out)
{
	make_part(ev, groups[PACK_WHO], arena, out);
}

void
dbn_audit_part_what(const dbn_audit_event *ev, dbn_arena *arena, dbn_audit_part *out)
{
	make_part(ev, groups[PACK_WHAT], arena, out);
}
