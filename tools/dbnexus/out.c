/* SPDX-License-Identifier: MIT */
/*
 * JSON and CSV, and the choice between the formats.  See out.h.  What is exact
 * and what is not: JSON and CSV give every value in full; numbers of any size
 * are printed digit by digit, decimals as strings, bytes as hexadecimal.
 */
#include "out_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The value as dbn_value_print() has it. */
static void
add_printed(struct text *t, const dbn_value *v)
{
	char small[256];
	size_t n = dbn_value_print(v, small, sizeof small);

	if (n < sizeof small) {
		text_add(t, small, n);
		return;
	}
	char *big = malloc(n + 1);
	if (!big) {
		t->failed = true;
		return;
	}
	(void)dbn_value_print(v, big, n + 1);
	text_add(t, big, n);
	free(big);
}

static bool
is_text(const dbn_value *v)
{
	return v->type == DBN_TEXT || v->type == DBN_JSON || v->type == DBN_ENUM;
}

static dbn_text
text_of(const dbn_value *v)
{
	dbn_text t = dbn_text_of(v);

	if (v->flags & DBN_VALUE_CSTR)
		t.len = t.ptr ? strlen(t.ptr) : 0;
	return t;
}

void
out_json_value(struct text *t, const dbn_value *v)
{
	size_t from;

	switch (v->type) {
	case DBN_NULL:
		text_addz(t, "null");
		return;
	case DBN_BOOL:
		text_addz(t, v->u.i64 ? "true" : "false");
		return;
	case DBN_INT64:
	case DBN_UINT64:
		add_printed(t, v);
		return;
	case DBN_FLOAT:
	case DBN_DOUBLE:
		if (!isfinite(v->u.f64))
			break;
		from = t->len;
		add_printed(t, v);
		/* 5 would come back as a whole number. */
		if (!t->failed && !strpbrk(t->ptr + from, ".eE"))
			text_addz(t, ".0");
		return;
	default:
		break;
	}
	if (is_text(v)) {
		text_json(t, text_of(v).ptr, text_of(v).len);
		return;
	}
	struct text plain = { 0 };
	add_printed(&plain, v);
	text_json(t, plain.ptr ? plain.ptr : "", plain.len);
	t->failed = t->failed || plain.failed;
	text_free(&plain);
}

/* Text that would read as something else than it is stands in quotes. */
static bool
needs_quotes(dbn_text s)
{
	if (s.len == 0 || s.ptr[0] == '\'' || s.ptr[0] == ' ' || s.ptr[s.len - 1] == ' ')
		return true;
	return s.len == 4 && memcmp(s.ptr, "NULL", 4) == 0;
}

void
out_table_value(struct text *t, const dbn_value *v)
{
	dbn_text s;

	if (v->type == DBN_NULL) {
		text_addz(t, "NULL");
		return;
	}
	if (!is_text(v)) {
		add_printed(t, v);
		return;
	}
	s = text_of(v);
	if (!needs_quotes(s)) {
		text_add(t, s.ptr, s.len);
		return;
	}
	text_addc(t, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\'')
			text_addc(t, '\'');
		text_addc(t, s.ptr[i]);
	}
	text_addc(t, '\'');
}

static void
add_csv(struct text *t, const char *p, size_t n)
{
	bool quote = n == 0 || p[0] == ' ' || p[n - 1] == ' ';

	for (size_t i = 0; i < n && !quote; i++)
		quote = p[i] == '"' || p[i] == ',' || p[i] == '\n' || p[i] == '\r';
	if (!quote) {
		text_add(t, p, n);
		return;
	}
	text_addc(t, '"');
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"')
			text_addc(t, '"');
		text_addc(t, p[i]);
	}
	text_addc(t, '"');
}

/* NULL is nothing at all, an empty text is "". */
void
out_csv_value(struct text *t, const dbn_value *v)
{
	if (v->type == DBN_NULL)
		return;
	if (is_text(v))
		add_csv(t, text_of(v).ptr, text_of(v).len);
	else
		add_printed(t, v);
}

/* ---- the three writers ---- */

/* A terminal is not driven by CSV either: ends of line within a cell show as \n. */
static void
make_harmless(struct out *o, struct text *line)
{
	struct text t = { 0 };

	(void)text_show(&t, line->ptr, line->len - 1, SIZE_MAX, o->opts.utf8);
	text_addc(&t, '\n');
	text_free(line);
	*line = t;
}

bool
out_flush_line(struct out *o, struct text *line)
{
	if (o->opts.format == OUT_CSV && o->opts.width && !line->failed && line->len)
		make_harmless(o, line);
	if (line->failed)
		o->failed = true;
	else if (line->len && fwrite(line->ptr, 1, line->len, o->f) != line->len)
		o->failed = true;
	line->len = 0;
	return !o->failed;
}

static bool
row_json(struct out *o, const dbn_value *cells)
{
	text_addc(&o->line, '{');
	for (size_t i = 0; i < o->n; i++) {
		if (i)
			text_addc(&o->line, ',');
		text_json(&o->line, o->names[i], strlen(o->names[i]));
		text_addc(&o->line, ':');
		out_json_value(&o->line, &cells[i]);
	}
	text_addz(&o->line, "}\n");
	return out_flush_line(o, &o->line);
}

static bool
row_csv(struct out *o, const dbn_value *cells)
{
	for (size_t i = 0; i < o->n; i++) {
		if (i)
			text_addc(&o->line, ',');
		out_csv_value(&o->line, &cells[i]);
	}
	text_addc(&o->line, '\n');
	return out_flush_line(o, &o->line);
}

/* A member name may stand only once in a JSON object: the second "id" is "id_2". */
static char *
unique_name(char *const *names, size_t i, const char *name)
{
	struct text t = { 0 };

	text_addz(&t, name);
	for (unsigned k = 2; !t.failed && k < 10000; k++) {
		size_t j = 0;

		while (j < i && strcmp(names[j], t.ptr) != 0)
			j++;
		if (j == i)
			break;
		t.len = 0;
		text_addf(&t, "%s_%u", name, k);
	}
	if (t.failed)
		text_free(&t);
	return t.ptr;
}

struct out *
out_open(FILE *f, const struct out_opts *opts, const char *const *names, size_t n)
{
	struct out *o = calloc(1, sizeof *o);

	if (!o)
		return NULL;
	o->f = f;
	o->opts = *opts;
	o->names = calloc(n ? n : 1, sizeof *o->names);
	if (!o->names)
		goto fail;
	for (; o->n < n; o->n++) {
		o->names[o->n] = opts->format == OUT_JSON
			? unique_name(o->names, o->n, names[o->n])
			: strdup(names[o->n]);
		if (!o->names[o->n])
			goto fail;
	}
	if (opts->format == OUT_CSV) {
		for (size_t i = 0; i < n; i++) {
			if (i)
				text_addc(&o->line, ',');
			add_csv(&o->line, o->names[i], strlen(o->names[i]));
		}
		text_addc(&o->line, '\n');
		(void)out_flush_line(o, &o->line);
	}
	return o;
fail:
	out_free(o);
	return NULL;
}

bool
out_row(struct out *o, const dbn_value *cells)
{
	o->rows++;
	switch (o->opts.format) {
	case OUT_JSON:
		return row_json(o, cells);
	case OUT_CSV:
		return row_csv(o, cells);
	default:
		return out_table_row(o, cells);
	}
}

bool
out_finish(struct out *o)
{
	if (o->opts.format == OUT_TABLE)
		(void)out_table_finish(o);
	if (fflush(o->f) != 0)
		o->failed = true;
	return !o->failed;
}

uint64_t
out_rows(const struct out *o)
{
	return o->rows;
}

void
out_free(struct out *o)
{
	if (!o)
		return;
	for (size_t i = 0; o->names && i < o->n; i++)
		free(o->names[i]);
	free(o->names);
	out_table_free(o);
	text_free(&o->line);
	free(o);
}
