/* SPDX-License-Identifier: MIT */
/* The rows of the benchmark as an entity, for the cached read. */
#ifndef BENCH_USER_H
#define BENCH_USER_H

#include <dbnexus/dbnexus.h>

#define USER_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY  (e, id,    int64,  DBN_PLAIN) \
	FIELD(e, name,  text,   DBN_PLAIN) \
	FIELD(e, age,   int64,  DBN_PLAIN) \
	FIELD(e, score, double, DBN_PLAIN)
DBN_ENTITY_DECLARE(bench_user, USER_ROWS);

#endif
