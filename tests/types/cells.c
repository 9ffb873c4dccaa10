/* SPDX-License-Identifier: MIT */
/*
 * Reads Markdown tables and the values in them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "types/cells.h"

#define DAY_US INT64_C(86400000000)

static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n && strchr(" \t\n", s[n - 1]))
		s[--n] = '\0';
	return s;
}

/* Cells are between bars; none of the values has one. */
static void
read_row(char *line, cell_row *row)
{
	char *at = line + 1, *bar;

	row->n = 0;
	while ((bar = strchr(at, '|')) != NULL && row->n < CELLS_COLUMNS) {
		*bar = '\0';
		row->cell[row->n++] = trim(at);
		at = bar + 1;
	}
}

bool
cells_read(const char *path, const char *name, cell_table *out)
{
	char mark[64], *line = NULL;
	size_t cap = 0;
	bool inside = false;
	FILE *f = fopen(path, "r");

	out->n = 0;
	if (!f)
		return false;
	(void)snprintf(mark, sizeof mark, "<!-- table: %s -->", name);
	while (getline(&line, &cap, f) > 0) {
		if (!inside) {
			inside = !strncmp(line, mark, strlen(mark));
			continue;
		}
		if (line[0] != '|')
			break;
		if (line[1] == '-' || out->n == CELLS_ROWS)
			continue;
		read_row(line, &out->row[out->n++]);
		line = NULL; /* the cells point into it */
		cap = 0;
	}
	free(line);
	(void)fclose(f);
	return out->n > 1;
}

size_t
cell_words(char *cell, cell_word *out)
{
	size_t n = 0;

	for (char *p = cell; n < CELL_WORDS; n++) {
		p += strspn(p, " ");
		if (!*p)
			break;
		out[n].quoted = *p == '`';
		if (out[n].quoted)
			p++;
		out[n].text = p;
		p += strcspn(p, out[n].quoted ? "`" : " ");
		if (*p)
			*p++ = '\0';
	}
	return n;
}

dbn_type
cell_type(const char *name)
{
	for (dbn_type t = DBN_BOOL; t <= DBN_EXTENSION; t++)
		if (!strcmp(name, dbn_type_name(t)))
			return t;
	return DBN_NULL;
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
read_hex(const char **p, char *out)
{
	int high = hex_digit(**p), low = high < 0 ? -1 : hex_digit((*p)[1]);

	if (low < 0)
		return false;
	*out = (char)(high * 16 + low);
	*p += 2;
	return true;
}

/* 'as in C', as far as \\ \' \0 \xNN go */
static bool
read_text(const char *p, typed_value *out)
{
	size_t n = 0;

	if (*p++ != '\'')
		return false;
	while (*p && *p != '\'' && n < sizeof out->bytes) {
		char c = *p++;

		if (c == '\\') {
			c = *p++;
			if (c == '0')
				c = '\0';
			else if (c == 'x' && !read_hex(&p, &c))
				return false;
		}
		out->bytes[n++] = c;
	}
	out->v.len = n;
	return p[0] == '\'' && !p[1];
}

static bool
read_bytes(const char *p, bool uuid, typed_value *out)
{
	size_t n = 0;

	if (!uuid && *p++ != 'x')
		return false;
	while (*p && n < sizeof out->bytes) {
		if (uuid && *p == '-')
			p++;
		if (!read_hex(&p, &out->bytes[n++]))
			return false;
	}
	out->v.len = n;
	return !uuid || n == 16;
}

/* [-]HH:MM:SS[.ffffff] */
static bool
read_clock(const char *p, int64_t *us)
{
	long long h = 0, m = 0, s = 0, unit = 100000;
	bool minus = *p == '-';
	int end = 0;

	if (sscanf(p + minus, "%2lld:%2lld:%2lld%n", &h, &m, &s, &end) != 3)
		return false;
	*us = ((h * 60 + m) * 60 + s) * 1000000;
	p += minus + end;
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++, unit /= 10)
			*us += (*p - '0') * unit;
	if (minus)
		*us = -*us;
	return !*p;
}

/* [-]YYYY-MM-DD[Tclock]; 0 is the year before 1 */
static bool
read_day(const char *p, dbn_type type, int64_t *x)
{
	char *end;
	long long year = strtoll(p, &end, 10);
	unsigned month, day;
	int64_t us;
	int n = 0;

	if (sscanf(end, "-%2u-%2u%n", &month, &day, &n) != 2)
		return false;
	*x = dbn_date_make(year, month, day).days;
	end += n;
	if (type == DBN_DATE)
		return !*end;
	if (*end != 'T' || !read_clock(end + 1, &us))
		return false;
	*x = *x * DAY_US + us;
	return true;
}

static bool
read_interval(const char *p, typed_value *out)
{
	long long us;

	out->v.u.ptr = &out->interval;
	if (sscanf(p, "%d %d %lld", &out->interval.months, &out->interval.days, &us) != 3)
		return false;
	out->interval.microseconds = us;
	return true;
}

/* {1,null,-3}: of integers */
static bool
read_array(const char *p, typed_value *out)
{
	size_t n = 0;

	out->v.u.ptr = out->items;
	out->v.aux = DBN_INT64;
	for (p++; *p && *p != '}' && n < VALUE_ITEMS; p += *p == ',') {
		char *end;

		if (!strncmp(p, "null", 4)) {
			out->items[n++] = dbn_v_null(NULL);
			p += 4;
			continue;
		}
		out->items[n++] = dbn_v_i64(strtoll(p, &end, 10));
		if (end == p)
			return false;
		p = end;
	}
	out->v.len = n;
	return *p == '}';
}

static bool
read_number(const char *p, typed_value *out)
{
	char *end = NULL;

	switch (out->v.type) {
	case DBN_BOOL:
		out->v.u.i64 = !strcmp(p, "true");
		return out->v.u.i64 || !strcmp(p, "false");
	case DBN_INT64:
		out->v.u.i64 = strtoll(p, &end, 10);
		break;
	case DBN_UINT64:
		out->v.u.u64 = strtoull(p, &end, 10);
		break;
	case DBN_FLOAT:
		out->v.u.f64 = (double)strtof(p, &end);
		break;
	default:
		out->v.u.f64 = strtod(p, &end);
		break;
	}
	return end != p && !*end;
}

bool
cell_value(const char *text, dbn_type type, typed_value *out)
{
	char name[16] = "";
	size_t n = strcspn(text, ":");

	memset(out, 0, sizeof *out);
	if (text[n] && n < sizeof name) {
		memcpy(name, text, n);
		name[n] = '\0';
		if (cell_type(name) != DBN_NULL) {
			type = cell_type(name);
			text += n + 1;
		}
	}
	out->v.type = type;
	out->v.u.ptr = out->bytes;
	switch (type) {
	case DBN_TEXT:
		return read_text(text, out);
	case DBN_BYTES:
	case DBN_UUID:
		return read_bytes(text, type == DBN_UUID, out);
	case DBN_DECIMAL:
	case DBN_JSON:
	case DBN_ENUM:
		(void)snprintf(out->bytes, sizeof out->bytes, "%s", text);
		out->v.len = strlen(out->bytes);
		return *text != '\0';
	case DBN_DATE:
	case DBN_TIMESTAMP:
	case DBN_TIMESTAMPTZ:
		return read_day(text, type, &out->v.u.i64);
	case DBN_TIME:
		return read_clock(text, &out->v.u.i64);
	case DBN_INTERVAL:
		return read_interval(text, out);
	case DBN_ARRAY:
		return read_array(text, out);
	default:
		return read_number(text, out);
	}
}
