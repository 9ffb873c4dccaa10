/* SPDX-License-Identifier: MIT */
/*
 * Tables that fit the terminal.  The first rows are held back until their
 * widths are known; the widest columns give way first, and what does not fit is
 * cut with a mark.
 */
#include "out_impl.h"

#include <stdlib.h>
#include <string.h>

#define HELD_ROWS  1000
#define HELD_BYTES ((size_t)1 << 20)
#define NARROWEST  6 /* columns that a column keeps, if it has them */

static const char dim[] = "\033[2m", bold[] = "\033[1m", plain[] = "\033[0m";

static size_t
min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void
add_padding(struct text *t, size_t n)
{
	while (n--)
		text_addc(t, ' ');
}

/* One cell in its column; the last one is not padded on its right. */
static void
add_cell(struct out *o, const char *p, const struct cell *c, size_t width, bool last)
{
	struct text s = { 0 };
	size_t used = text_show(&s, p, c->len, width, o->opts.utf8);
	bool tint = c->null && o->opts.colour;

	if (c->right)
		add_padding(&o->line, width - used);
	if (tint)
		text_addz(&o->line, dim);
	text_add(&o->line, s.ptr ? s.ptr : "", s.len);
	if (tint)
		text_addz(&o->line, plain);
	if (!c->right && !last)
		add_padding(&o->line, width - used);
	o->line.failed = o->line.failed || s.failed;
	text_free(&s);
}

/* What a line takes beside its cells. */
static size_t
frame_of(const struct out *o)
{
	return o->n ? 3 * o->n - 1 : 1;
}

/* Later rows may be wider than those that were looked at: a column grows as far
 * as the terminal has room, so that no number is cut without need. */
static void
grow(struct out *o, const struct cell *cells)
{
	size_t total = frame_of(o);

	for (size_t i = 0; i < o->n; i++)
		total += o->widths[i];
	for (size_t i = 0; i < o->n; i++) {
		size_t w = text_columns(o->held.ptr + cells[i].at, cells[i].len, o->opts.utf8), more;

		if (w <= o->widths[i])
			continue;
		more = w - o->widths[i];
		if (o->opts.width)
			more = min_size(more, o->opts.width > total ? o->opts.width - total : 0);
		o->widths[i] += more;
		total += more;
	}
}

static bool
write_grid_row(struct out *o, const struct cell *cells)
{
	grow(o, cells);
	for (size_t i = 0; i < o->n; i++) {
		text_addz(&o->line, i ? " | " : " ");
		add_cell(o, o->held.ptr + cells[i].at, &cells[i], o->widths[i], i + 1 == o->n);
	}
	text_addc(&o->line, '\n');
	return out_flush_line(o, &o->line);
}

static bool
write_record(struct out *o, const struct cell *cells)
{
	size_t names = o->widths[0];
	size_t room = o->opts.width > names + 4 ? o->opts.width - names - 4 : 1;

	text_addf(&o->line, "-- row %llu\n", (unsigned long long)o->shown + 1);
	for (size_t i = 0; i < o->n; i++) {
		struct cell name = { 0, strlen(o->names[i]), false, false };
		struct cell c = cells[i];

		c.right = false;
		text_addc(&o->line, ' ');
		add_cell(o, o->names[i], &name, names, false);
		text_addz(&o->line, " | ");
		add_cell(o, o->held.ptr + c.at, &c, room, true);
		text_addc(&o->line, '\n');
	}
	return out_flush_line(o, &o->line);
}

static bool
write_heading(struct out *o)
{
	if (o->records)
		return true;
	for (size_t i = 0; i < o->n; i++) {
		struct cell c = { 0, strlen(o->names[i]), false, false };

		text_addz(&o->line, i ? " | " : " ");
		if (o->opts.colour)
			text_addz(&o->line, bold);
		add_cell(o, o->names[i], &c, o->widths[i], i + 1 == o->n);
		if (o->opts.colour)
			text_addz(&o->line, plain);
	}
	text_addc(&o->line, '\n');
	for (size_t i = 0; i < o->n; i++) {
		text_addz(&o->line, i ? "-+-" : "-");
		for (size_t k = 0; k < o->widths[i]; k++)
			text_addc(&o->line, '-');
	}
	text_addz(&o->line, "-\n");
	return out_flush_line(o, &o->line);
}

/* Let the widest give way until all of it takes no more than room columns. */
static bool
shrink(size_t *w, size_t n, size_t room)
{
	size_t total = 0, least = 0;

	for (size_t i = 0; i < n; i++) {
		total += w[i];
		least += min_size(w[i], NARROWEST);
	}
	if (least > room)
		return false;
	while (total > room) {
		size_t top = 0, next = NARROWEST, many = 0, cut;

		for (size_t i = 0; i < n; i++)
			if (w[i] > top)
				top = w[i];
		for (size_t i = 0; i < n; i++) {
			if (w[i] == top)
				many++;
			else if (w[i] > next)
				next = w[i];
		}
		/* All the widest together, down to the next or as far as needed. */
		cut = min_size(top - next, (total - room + many - 1) / many);
		cut = cut ? cut : 1;
		for (size_t i = 0; i < n; i++)
			if (w[i] == top) {
				w[i] -= cut;
				total -= cut;
			}
	}
	return true;
}

/* From the names and the rows that are held. */
static bool
find_widths(struct out *o)
{
	size_t n = o->n, frame = frame_of(o), names = 1;

	o->widths = calloc(n ? n : 1, sizeof *o->widths);
	if (!o->widths)
		return false;
	for (size_t i = 0; i < n; i++) {
		o->widths[i] = text_columns(o->names[i], strlen(o->names[i]), o->opts.utf8);
		if (o->widths[i] > names)
			names = o->widths[i];
	}
	for (size_t i = 0; i < o->ncells; i++) {
		size_t w = text_columns(o->held.ptr + o->cells[i].at, o->cells[i].len, o->opts.utf8);

		if (w > o->widths[i % n])
			o->widths[i % n] = w;
	}
	if (o->opts.width && n &&
		(frame > o->opts.width || !shrink(o->widths, n, o->opts.width - frame))) {
		o->records = true;
		o->widths[0] = min_size(names, o->opts.width / 2);
	}
	return true;
}

static bool
write_held(struct out *o)
{
	for (size_t i = 0; i < o->ncells && !o->failed; i += o->n, o->shown++)
		(void)(o->records ? write_record(o, &o->cells[i]) : write_grid_row(o, &o->cells[i]));
	o->ncells = 0;
	o->held.len = 0;
	return !o->failed;
}

static bool
hold(struct out *o, const dbn_value *v)
{
	struct cell c = { o->held.len, 0, false, v->type == DBN_NULL };

	if (o->ncells == o->cap) {
		size_t cap = o->cap ? o->cap * 2 : 64;
		struct cell *p = realloc(o->cells, cap * sizeof *p);

		if (!p)
			return false;
		o->cells = p;
		o->cap = cap;
	}
	c.right = v->type == DBN_INT64 || v->type == DBN_UINT64 || v->type == DBN_DOUBLE ||
		v->type == DBN_FLOAT || v->type == DBN_DECIMAL;
	out_table_value(&o->held, v);
	text_addc(&o->held, '\0');
	c.len = o->held.len - c.at - 1;
	o->cells[o->ncells++] = c;
	return !o->held.failed;
}

static bool
begin(struct out *o)
{
	if (!o->widths && (!find_widths(o) || !write_heading(o)))
		o->failed = true;
	return !o->failed;
}

bool
out_table_row(struct out *o, const dbn_value *cells)
{
	for (size_t i = 0; i < o->n; i++)
		if (!hold(o, &cells[i]))
			o->failed = true;
	if (o->failed)
		return false;
	if (!o->widths && o->rows < HELD_ROWS && o->held.len < HELD_BYTES)
		return true;
	return begin(o) && write_held(o);
}

bool
out_table_finish(struct out *o)
{
	return begin(o) && write_held(o);
}

void
out_table_free(struct out *o)
{
	text_free(&o->held);
	free(o->cells);
	free(o->widths);
}
