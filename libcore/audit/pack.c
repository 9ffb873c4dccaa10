/* SPDX-License-Identifier: MIT */
/*
 * Events into the flat form that crosses the ring.  This runs on the session's
 * thread: copies and additions only.  What is too long is cut and marked.
 */
#include "audit/record.h"

#include <string.h>

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

void
dbn_audit__measure(const dbn_audit_event *ev, size_t max_text, size_t max_bytes, pack_plan *p)
{
	/* What goes first when even the cut texts do not fit. */
	static const uint8_t sacrifice[] = { PACK_COLUMNS, PACK_ROLES, PACK_RULES, PACK_RELATIONS };
	size_t n = sizeof(audit_pack);
	size_t bytes[PACK_LISTS];

	p->cut = false;
	for (unsigned i = 0; i < PACK_TEXTS; i++) {
		bool is_long = i == PACK_STATEMENT || i == PACK_DETAIL;

		p->text[i] = cut_text(*text_of(ev, i), is_long ? max_text : PACK_MAX_SHORT, &p->cut);
		n += p->text[i];
	}
	p->count[PACK_ROLES] = cut_list(ev->nroles, &p->cut);
	p->count[PACK_RELATIONS] = cut_list(ev->nrelations, &p->cut);
	p->count[PACK_COLUMNS] = cut_list(ev->ncolumns, &p->cut);
	p->count[PACK_RULES] = cut_list(ev->nrules, &p->cut);
	for (unsigned i = 0; i < PACK_LISTS; i++)
		n += bytes[i] = list_bytes(list_of(ev, i), p->count[i]);
	for (unsigned i = 0; i < sizeof(sacrifice) && n > max_bytes; i++) {
		n -= bytes[sacrifice[i]];
		p->count[sacrifice[i]] = 0;
		p->cut = true;
	}
	p->bytes = n;
}

static char *
put(char *to, const void *from, size_t n)
{
	if (n)
		memcpy(to, from, n);
	return to + n;
}

void
dbn_audit__pack(const dbn_audit_event *ev, const pack_plan *p, uint64_t op, int64_t time_us, void *out)
{
	audit_pack *a = out;
	char *to = (char *)(a + 1);
	bool cut = p->cut;

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
	memset(a->reserved, 0, sizeof(a->reserved));
	for (unsigned i = 0; i < PACK_TEXTS; i++) {
		a->text[i] = p->text[i];
		to = put(to, text_of(ev, i)->ptr, p->text[i]);
	}
	for (unsigned i = 0; i < PACK_LISTS; i++) {
		const dbn_text *items = list_of(ev, i);

		a->count[i] = p->count[i];
		for (unsigned j = 0; j < p->count[i]; j++) {
			uint32_t len = cut_text(items[j], PACK_MAX_SHORT, &cut);

			to = put(to, &len, sizeof(len));
			to = put(to, items[j].ptr, len);
		}
	}
	a->cut = cut;
}
