/* SPDX-License-Identifier: MIT */
/*
 * Between fill.c, scalar.c and secret.c only.
 */
#ifndef DBN_CONF_FILL_H
#define DBN_CONF_FILL_H

#include "conf/item.h"

/* scalar.c: what is wrong, or NULL and it is stored. */
const char *dbn_conf_put_int(const dbn_conf_item *item, int64_t v, void *place, dbn_conf_memory *m);
const char *dbn_conf_put_real(const dbn_conf_item *item, double v, void *place, dbn_conf_memory *m);
/* The secret, kept (given) and wiped with the memory; NULL: none left, wiped. */
const char *dbn_conf_memory_secret(dbn_conf_memory *m, dbn_bytes secret);
/* secret.c: is the reference well formed? */
dbn_status dbn_secret_check(const dbn_conf_node *node, dbn_error **err);
/* fill.c: the item whose name is nearest, or NULL. */
const char *dbn_conf_nearest(const dbn_array *items, bool secrets, dbn_text word);

#endif
