/* SPDX-License-Identifier: MIT */
/*
 * Describing a relation: see relation.h.
 */
#include "relation.h"

static uint32_t
add_text(plug_relation *r, const char *s, size_t n)
{
	size_t at = r->ntexts;

	if (r->nomem || at > UINT32_MAX - 1 || n > UINT32_MAX - 1 - at ||
		!plug_grow(r->host, &r->texts, &r->cap_texts, at + n + 1, 1)) {
		r->nomem = true;
		return 0;
	}
	if (n)
		memcpy(r->texts + at, s, n);
	r->texts[at + n] = 0;
	r->ntexts += n + 1;
	return (uint32_t)at;
}

uint32_t
plug_relation_text(plug_relation *r, dbn_text t)
{
	if (!r->ntexts)
		(void)add_text(r, NULL, 0);
	return t.len ? add_text(r, t.ptr, t.len) : 0;
}

void
plug_relation_column(plug_relation *r, const plug_column *col)
{
	if (!plug_grow(r->host, &r->columns, &r->cap_columns, r->ncolumns + 1, sizeof *col))
		r->nomem = true;
	if (!r->nomem)
		r->columns[r->ncolumns++] = *col;
}

bool
plug_relation_input(plug_relation *r, plug_column *col, uint32_t ordinal)
{
	for (uint32_t i = 0; i < col->ninputs; i++)
		if (r->inputs[col->first_input + i] == ordinal)
			return false;
	if (!plug_grow(r->host, &r->inputs, &r->cap_inputs, r->ninputs + 1, sizeof *r->inputs)) {
		r->nomem = true;
		return false;
	}
	r->inputs[r->ninputs++] = ordinal;
	col->ninputs++;
	return true;
}

void
plug_relation_effect(plug_relation *r, uint32_t what, dbn_text schema, dbn_text on,
	dbn_text by, uint32_t actions, uint32_t does)
{
	plug_effect e = { .what = what, .actions = actions, .does = does };

	for (size_t i = 0; i < r->neffects; i++) {
		plug_effect *x = &r->effects[i];

		if (x->what == what && x->does == does && plug_text_is(on, r->texts + x->on) &&
			plug_text_is(schema, r->texts + x->schema) && plug_text_is(by, r->texts + x->by)) {
			x->actions |= actions;
			return;
		}
	}
	e.schema = plug_relation_text(r, schema);
	e.on = plug_relation_text(r, on);
	e.by = plug_relation_text(r, by);
	if (!plug_grow(r->host, &r->effects, &r->cap_effects, r->neffects + 1, sizeof e))
		r->nomem = true;
	if (!r->nomem)
		r->effects[r->neffects++] = e;
}

static uint64_t
mix(uint64_t h, const void *p, size_t n)
{
	const unsigned char *b = (const unsigned char *)p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * UINT64_C(1099511628211);
	return h ^ h >> 29;
}

/* Equal descriptions have equal versions: the parts themselves are hashed. */
static uint64_t
version_of(const plug_relation *r, uint32_t kind, uint64_t salt)
{
	uint64_t h = UINT64_C(14695981039346656037);

	h = mix(h, &kind, sizeof kind);
	h = mix(h, &salt, sizeof salt);
	h = mix(h, &r->facts, sizeof r->facts);
	h = mix(h, r->texts, r->ntexts);
	h = mix(h, r->columns, r->ncolumns * sizeof *r->columns);
	h = mix(h, r->effects, r->neffects * sizeof *r->effects);
	return mix(h, r->inputs, r->ninputs * sizeof *r->inputs);
}

static size_t
align(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

static void
pack_columns(const plug_relation *r, dbn_column_desc *out, const uint32_t *inputs,
	const char *texts)
{
	for (size_t i = 0; i < r->ncolumns; i++) {
		const plug_column *c = &r->columns[i];

		out[i].struct_size = (uint32_t)sizeof *out;
		out[i].flags = c->flags;
		out[i].name = plug_text(texts + c->name);
		out[i].declared = plug_text(texts + c->declared);
		out[i].collation = plug_text(texts + c->collation);
		out[i].type = c->type;
		out[i].key_part = c->key_part;
		out[i].inputs = (dbn_array){ c->ninputs ? inputs + c->first_input : NULL, c->ninputs,
			(uint32_t)sizeof *inputs };
	}
}

static void
pack_effects(const plug_relation *r, dbn_effect_desc *out, const char *texts)
{
	for (size_t i = 0; i < r->neffects; i++) {
		const plug_effect *e = &r->effects[i];

		out[i].struct_size = (uint32_t)sizeof *out;
		out[i].what = e->what;
		out[i].on.schema = plug_text(texts + e->schema);
		out[i].on.name = plug_text(texts + e->on);
		out[i].by = plug_text(texts + e->by);
		out[i].actions = e->actions;
		out[i].does = e->does;
	}
}

bool
plug_relation_pack(const plug_relation *r, uint32_t kind, uint32_t schema, uint32_t name,
	uint64_t salt, dbn_relation_info *out)
{
	size_t at_effects = align(r->ncolumns * sizeof(dbn_column_desc));
	size_t at_inputs = at_effects + align(r->neffects * sizeof(dbn_effect_desc));
	size_t at_texts = at_inputs + align(r->ninputs * sizeof *r->inputs);
	char *block = r->nomem ? NULL : (char *)plug_zalloc(r->host, at_texts + r->ntexts + 1, 1);
	dbn_column_desc *columns = (dbn_column_desc *)(void *)block;
	dbn_effect_desc *effects;
	const char *texts;

	if (!block)
		return false;
	effects = (dbn_effect_desc *)(void *)(block + at_effects);
	texts = block + at_texts;
	if (r->ninputs)
		memcpy(block + at_inputs, r->inputs, r->ninputs * sizeof *r->inputs);
	if (r->ntexts)
		memcpy(block + at_texts, r->texts, r->ntexts);
	pack_columns(r, columns, (const uint32_t *)(const void *)(block + at_inputs), texts);
	pack_effects(r, effects, texts);
	out->kind = kind;
	out->name.schema = plug_text(texts + schema);
	out->name.name = plug_text(texts + name);
	out->columns = (dbn_array){ columns, (uint32_t)r->ncolumns, (uint32_t)sizeof *columns };
	out->effects = (dbn_array){ effects, (uint32_t)r->neffects, (uint32_t)sizeof *effects };
	out->version = version_of(r, kind, salt);
	out->facts = r->facts;
	out->memory = block;
	return true;
}

void
plug_relation_free(plug_relation *r)
{
	r->host->release(r->host, r->columns);
	r->host->release(r->host, r->effects);
	r->host->release(r->host, r->inputs);
	r->host->release(r->host, r->texts);
}
