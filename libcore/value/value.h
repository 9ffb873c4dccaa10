/* SPDX-License-Identifier: MIT */
/*
 * Values inside the core: measuring, converting for a parameter, storing into
 * the caller's variables, equality.  Nothing here keeps a pointer.
 */
#ifndef DBN_VALUE_INTERNAL_H
#define DBN_VALUE_INTERNAL_H

#include <dbnexus/value.h>

#include "base/iso.h"
#include "base/mem.h"
#include "error/error.h"

/* A copy of v whose length is set: DBN_VALUE_CSTR resolved. */
static inline dbn_value
dbn_value_measured(dbn_value v)
{
	if (v.flags & DBN_VALUE_CSTR) {
		v.len = __builtin_strlen((const char *)v.u.ptr);
		v.flags &= (uint16_t)~DBN_VALUE_CSTR;
	}
	return v;
}

/* Does the value hold bytes behind u.ptr that len measures? */
bool dbn_value_is_bytes(const dbn_value *v);
/*
 * Make *v, measured, fit the wanted type exactly, or refuse: int64 <-> uint64 by
 * range, 0/1 -> bool, float -> double, integral -> decimal, decimal -> text, text -> json, uuid,
 * enum, date ... by their ISO form.  Storage for a converted value comes from
 * scratch (may be NULL where nothing needs it).  wanted DBN_NULL: as it is.
 * Invalid UTF-8 in a text is refused.  what names the value in the message.
 */
dbn_status dbn_value_fit(dbn_value *v, dbn_type wanted, dbn_arena *scratch, const char *what,
	dbn_error **err);
/* Store a cell into the caller's variable; column names it in the message. */
dbn_status dbn_value_store(const dbn_value *v, const dbn_out *out, const char *column,
	dbn_error **err);
/* Deep copy into an arena; text gets a NUL. */
bool dbn_value_copy(dbn_arena *a, const dbn_value *v, dbn_value *out);
/* Is it [-+]digits[.digits]?  The other readers stand in base/iso.h. */
bool dbn_parse_decimal(dbn_text t);

#endif
