/* SPDX-License-Identifier: MIT */
/*
 * Between the files of the cache module.
 */
#ifndef DBN_CACHE_DECODE_H
#define DBN_CACHE_DECODE_H

#include "cache/cache.h"

/* Look at the head of a value; false: damaged, or not an answer to this key. */
bool dbn_cache__open_result(dbn_cached *h, dbn_text value, dbn_text key);

#endif
