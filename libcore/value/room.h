/* SPDX-License-Identifier: MIT */
/*
 * What a column's declaration leaves room for: "numeric(6,2)", "varchar(3)",
 * "timestamp(0)".  Servers round and cut some of what does not fit, and say
 * nothing: what is to be stored is held against it before.  Immutable once made.
 */
#ifndef DBN_VALUE_ROOM_H
#define DBN_VALUE_ROOM_H

#include "value/value.h"

typedef struct dbn_room {
	int32_t whole;     /* digits before the point; -1: any */
	int32_t places;    /* behind it, or of a second; negative: whole tens, hundreds */
	int64_t length;    /* characters or bytes; -1: any */
	bool limited;      /* places and whole count */
	bool padded;       /* shorter ones are filled up */
	bool stripped;     /* blanks at the end are lost */
	uint8_t reserved0[5];
} dbn_room;

/* True where there is something to check.  mysql: a bare TIME keeps no fraction. */
bool dbn_room_of(dbn_text declared, dbn_type type, bool mysql, dbn_room *out);
/* What both leave room for. */
void dbn_room_meet(dbn_room *a, const dbn_room *b);
/* NULL, or static words for what does not fit.  v is measured and of the column's type. */
const char *dbn_room_misfit(const dbn_room *r, const dbn_value *v);

#endif
