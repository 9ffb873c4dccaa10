/* SPDX-License-Identifier: MIT */
/* Between out.c and table.c only. */
#ifndef CLI_OUT_IMPL_H
#define CLI_OUT_IMPL_H

#include "out.h"

/* A cell that is held back: where its text begins in held. */
struct cell {
	size_t at, len;
	bool right, null; /* numbers stand to the right */
};

struct out {
	FILE *f;
	struct out_opts opts;
	char **names;
	size_t n;
	uint64_t rows;
	bool failed;
	struct text line;
	/* table.c */
	struct text held;
	struct cell *cells;
	size_t ncells, cap;
	size_t *widths; /* NULL until the heading has been written */
	bool records;   /* one line per column */
	uint64_t shown;
};

bool out_flush_line(struct out *o, struct text *line);
bool out_table_row(struct out *o, const dbn_value *cells);
bool out_table_finish(struct out *o);
void out_table_free(struct out *o);

#endif
