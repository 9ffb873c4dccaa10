/* SPDX-License-Identifier: MIT */
/*
 * The tables of docs/types.md as data: rows of cells, cells of words, and the
 * notation of values.  Everything read lives until the process ends.
 */
#ifndef TESTS_TYPES_CELLS_H
#define TESTS_TYPES_CELLS_H

#include <dbnexus/dbnexus.h>

enum { CELLS_ROWS = 64, CELLS_COLUMNS = 16, CELL_WORDS = 32, VALUE_BYTES = 256, VALUE_ITEMS = 8 };

typedef struct cell_row {
	char *cell[CELLS_COLUMNS];        /* trimmed */
	size_t n;
} cell_row;
typedef struct cell_table {
	cell_row row[CELLS_ROWS];         /* the first is the head */
	size_t n;
} cell_table;

/* A word of a cell: as it stands, or what is between back quotes. */
typedef struct cell_word {
	char *text;
	bool quoted;
} cell_word;

typedef struct typed_value {
	dbn_value v;                      /* points into what is below */
	char bytes[VALUE_BYTES];
	dbn_interval interval;
	dbn_value items[VALUE_ITEMS];
} typed_value;

/* The table behind "<!-- table: NAME -->"; false: there is none. */
bool cells_read(const char *path, const char *name, cell_table *out);
/* The words of a cell, at most CELL_WORDS; the cell is cut up. */
size_t cell_words(char *cell, cell_word *out);
/* DBN_NULL: no such type. */
dbn_type cell_type(const char *name);
/* "[TYPE:]TEXT", TEXT in the notation of the type; false: it is not. */
bool cell_value(const char *text, dbn_type type, typed_value *out);

#endif
