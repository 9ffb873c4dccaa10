/* SPDX-License-Identifier: MIT */
/*
 * Schema items as conf/ itself uses them: two additions that plugins do not
 * have, and stepping through arrays of them.
 */
#ifndef DBN_CONF_ITEM_H
#define DBN_CONF_ITEM_H

#include "conf/schema.h"

enum { DBN_CONF_NODE = 1000 };            /* const dbn_conf_node *, as it stands */
enum {
	DBN_CONF_LATER = 1u << 30         /* known, but nothing stands behind it yet */
};

#define DBN_CONF_KNOWN_FLAGS (DBN_CONF_REQUIRED | DBN_CONF_SECRET | DBN_CONF_RELOADABLE)

/* Item i, copied: an older plugin's is shorter than ours. */
static inline dbn_conf_item
dbn_conf_item_at(const dbn_array *items, uint32_t i)
{
	size_t n = items->stride < sizeof(dbn_conf_item) ? items->stride : sizeof(dbn_conf_item);
	dbn_conf_item item;

	memset(&item, 0, sizeof item);
	memcpy(&item, (const char *)items->items + (size_t)i * items->stride, n);
	return item;
}

/* Bytes that an item takes in the settings struct, 0: unknown type. */
size_t dbn_conf_item_bytes(const dbn_conf_item *item);
/* Word i of "low|medium|high", or its index; -1: none. */
int32_t dbn_conf_choice_find(const char *choices, dbn_text word);

/* A scalar from text, into place (not GROUP, LIST, NODE).  dir: of PATH.
 * *problem (a phrase that begins "must be") is set where it does not fit. */
dbn_status dbn_conf_scalar_from_text(const dbn_conf_item *item, dbn_text text, const char *dir,
	void *place, dbn_conf_memory *memory, const char **problem);

#endif
