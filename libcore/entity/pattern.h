/* SPDX-License-Identifier: MIT */
/*
 * The patterns of field checks: a small set of extended regular expressions over
 * UTF-8, compiled once and matched in time linear in the text times the size of
 * the pattern, whatever the text is.  No locale, no back references.  A compiled
 * pattern is constant: any thread.
 *
 *   characters   .   [a-z0-9_]  [^x]   \d \w \s   \. (a quoted character)
 *   ( )   |   *  +  ?  {m}  {m,}  {m,n}   ^ $ (start and end of the text)
 */
#ifndef DBN_ENTITY_PATTERN_H
#define DBN_ENTITY_PATTERN_H

#include "base/mem.h"

typedef struct dbn_pattern dbn_pattern;

/* Into the arena.  Returns DBN_OK, DBN_E_NOMEM, or DBN_E_INVALID with *why
 * (static) and *at, a byte offset. */
dbn_status dbn_pattern_compile(dbn_arena *a, dbn_text source, const dbn_pattern **out,
	const char **why, size_t *at);
/* Is it found in the text (valid UTF-8)?  No allocation. */
bool dbn_pattern_found(const dbn_pattern *p, dbn_text text);

#endif
