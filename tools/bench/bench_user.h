/* SPDX-License-Identifier: MIT */
/* Rows of the benchmark as entities: for the cached read, and for batches whose keys
 * the database makes. */
#ifndef BENCH_USER_H
#define BENCH_USER_H

#include <dbnexus/dbnexus.h>

#define USER_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY  (e, id,    int64,  DBN_PLAIN) \
	FIELD(e, name,  text,   DBN_PLAIN) \
	FIELD(e, age,   int64,  DBN_PLAIN) \
	FIELD(e, score, double, DBN_PLAIN)
DBN_ENTITY_DECLARE(bench_user, USER_ROWS);

#define KEYED_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY  (e, id,    int64,  DBN_GENERATED) \
	FIELD(e, name,  text,   DBN_PLAIN) \
	FIELD(e, age,   int64,  DBN_PLAIN) \
	FIELD(e, score, double, DBN_PLAIN)
DBN_ENTITY_DECLARE(bench_keyed, KEYED_ROWS);

#endif
