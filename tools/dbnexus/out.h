/* SPDX-License-Identifier: MIT */
/*
 * Rows in one of three formats, written as they come.  A table looks at the
 * first rows to find its widths (so memory is bounded) and turns into one
 * "name | value" line per column where even narrow columns would not fit.
 * One thread.
 */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include <dbnexus/value.h>

#include "text.h"

enum out_format { OUT_TABLE, OUT_JSON, OUT_CSV };

struct out_opts {
	enum out_format format;
	size_t width; /* columns of the terminal; 0: no limit */
	bool utf8;    /* the locale can show it */
	bool colour;  /* NULL and headings by terminal attributes */
};

struct out;

/* names are borrowed for the call.  NULL: out of memory. */
struct out *out_open(FILE *f, const struct out_opts *opts, const char *const *names, size_t n);
/* cells: n of them.  false: out of memory or the file cannot be written. */
bool out_row(struct out *o, const dbn_value *cells);
/* Write what is held back.  false as above. */
bool out_finish(struct out *o);
uint64_t out_rows(const struct out *o);
void out_free(struct out *o);

/* NULL also for an empty text. */
static inline dbn_value
out_text_or_null(const char *z)
{
	return dbn_v_text(z && *z ? z : NULL);
}

/* One value as JSON / as a cell of a table or CSV, for tests. */
void out_json_value(struct text *t, const dbn_value *v);
void out_table_value(struct text *t, const dbn_value *v);
void out_csv_value(struct text *t, const dbn_value *v);

#endif
