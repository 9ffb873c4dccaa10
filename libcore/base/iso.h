/* SPDX-License-Identifier: MIT */
/*
 * Readers of dates and times after ISO 8601 (T or a blank between date and time),
 * UUIDs and decimals: whole text or false, exact or refused.  The one source of the
 * core and of plugins: knows public headers only.  No state, locale or allocation.
 */
#ifndef DBN_BASE_ISO_H
#define DBN_BASE_ISO_H

#include <dbnexus/types.h>

/* Days since 1970-01-01 <-> civil date, proleptic Gregorian calendar. */
int64_t dbn_days_from_civil(int64_t y, unsigned m, unsigned d);
void dbn_civil_from_days(int64_t days, int64_t *y, unsigned *m, unsigned *d);

bool dbn_parse_date(dbn_text t, int64_t *days);
bool dbn_parse_time(dbn_text t, int64_t *us);
bool dbn_parse_timetz(dbn_text t, int64_t *us, int16_t *east_minutes);
bool dbn_parse_timestamp(dbn_text t, int64_t *us, bool *zoned);
bool dbn_parse_uuid(dbn_text t, uint8_t out[16]);
/* [-+]digits[.digits], at least one digit; *digits: significant ones. */
bool dbn_parse_digits(dbn_text t, unsigned *digits, bool *integral);

#endif
