/* SPDX-License-Identifier: MIT */
/*
 * A relation while a driver describes it: growing arrays whose texts are offsets,
 * packed at the end into the one block that the core releases.  Used by one thread
 * at a time.  Where memory runs out, nomem is set, what follows does nothing, and
 * packing fails: look once, at the end.
 */
#ifndef DBN_PLUGINS_COMMON_RELATION_H
#define DBN_PLUGINS_COMMON_RELATION_H

#include <dbnexus/plugin/driver.h>
#include "plug.h"

typedef struct plug_column {
	uint32_t name, declared, collation; /* offsets into the texts */
	uint32_t flags, key_part, first_input, ninputs;
	dbn_type type;
	uint32_t own;               /* the driver's: goes into the version only */
} plug_column;

typedef struct plug_effect {
	uint32_t what, schema, on, by, actions, does;
} plug_effect;

typedef struct plug_relation { /* zeroed but for the host */
	const dbn_host *host;
	plug_column *columns;
	size_t ncolumns, cap_columns;
	plug_effect *effects;
	size_t neffects, cap_effects;
	uint32_t *inputs;
	size_t ninputs, cap_inputs;
	char *texts;
	size_t ntexts, cap_texts;
	uint32_t facts;             /* DBN_RELATION_NOT_.. */
	bool nomem;
} plug_relation;

/* The offset of a copy; 0 is the empty text. */
uint32_t plug_relation_text(plug_relation *r, dbn_text t);
void plug_relation_column(plug_relation *r, const plug_column *col);
/* One more input of a column, whose inputs are the last; false: it had it already,
 * or no memory. */
bool plug_relation_input(plug_relation *r, plug_column *col, uint32_t ordinal);
/* One more effect, or more actions of one that is known. */
void plug_relation_effect(plug_relation *r, uint32_t what, dbn_text schema, dbn_text on,
	dbn_text by, uint32_t actions, uint32_t does);
/* The whole in one block; false: no memory.  salt: what else makes a version. */
bool plug_relation_pack(const plug_relation *r, uint32_t kind, uint32_t schema, uint32_t name,
	uint64_t salt, dbn_relation_info *out);
void plug_relation_free(plug_relation *r);

#endif
