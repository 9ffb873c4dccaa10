/* SPDX-License-Identifier: MIT */
/*
 * Answers of engines, and whether two are the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sql/engine.h"

void
answer_init(answer *a)
{
	memset(a, 0, sizeof *a);
	dbn_str_init(&a->head, 0);
	dbn_str_init(&a->names, 0);
	dbn_str_init(&a->classes, 0);
}

void
answer_free(answer *a)
{
	for (size_t i = 0; i < a->nrows; i++) {
		free(a->rows[i]);
		free(a->loose[i]);
	}
	free(a->rows);
	free(a->loose);
	dbn_str_free(&a->head);
	dbn_str_free(&a->names);
	dbn_str_free(&a->classes);
	memset(a, 0, sizeof *a);
}

static void *
need(void *p)
{
	if (!p)
		abort();
	return p;
}

void
answer_add_row(answer *a, const char *text, const char *loose)
{
	if (a->nrows == a->cap) {
		a->cap = a->cap ? a->cap * 2 : 16;
		a->rows = need(realloc(a->rows, a->cap * sizeof *a->rows));
		a->loose = need(realloc(a->loose, a->cap * sizeof *a->loose));
	}
	a->rows[a->nrows] = need(strdup(text));
	a->loose[a->nrows++] = need(strdup(loose));
}

void
answer_add_column(answer *a, const char *name, char class)
{
	dbn_str_addf(&a->names, "[%s]", name);
	dbn_str_addc(&a->classes, class);
}

void
answer_loose(dbn_str *out, char class, bool null, const char *text, size_t len)
{
	char number[64];
	double v;

	if (null) {
		dbn_str_adds(out, "null");
	} else if (class == 'n' && len < sizeof number) {
		memcpy(number, text, len);
		number[len] = '\0';
		v = strtod(number, NULL);
		dbn_str_addf(out, "%.6g", v == 0 ? 0.0 : v);
	} else if (class == 't') {
		dbn_str_addc(out, '=');
		dbn_str_add(out, text, len);
	} else {
		dbn_str_addc(out, '?');
	}
	dbn_str_addc(out, '|');
}

void
answer_fail(answer *a, const char *why, const char *message)
{
	a->failed = true;
	(void)snprintf(a->why, sizeof a->why, "%s", why);
	(void)snprintf(a->message, sizeof a->message, "%s", message);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char **
sorted(char *const *rows, size_t n)
{
	char **v = need(malloc((n + 1) * sizeof *v));

	if (n)
		memcpy(v, rows, n * sizeof *v);
	qsort(v, n, sizeof *v, by_text);
	return v;
}

static int
rows_differ(char *const *x, char *const *y, size_t n, bool ordered)
{
	char **a = ordered ? NULL : sorted(x, n), **b = ordered ? NULL : sorted(y, n);
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++)
		rc = strcmp(a ? a[i] : x[i], b ? b[i] : y[i]) != 0;
	free(a);
	free(b);
	return rc;
}

int
answer_differs(const answer *x, const answer *y, bool ordered)
{
	if (x->failed || y->failed)
		return x->failed != y->failed || strcmp(x->why, y->why) != 0;
	if (x->nrows != y->nrows || x->changed != y->changed ||
		strcmp(dbn_str_z(&x->head), dbn_str_z(&y->head)) != 0)
		return 1;
	return rows_differ(x->rows, y->rows, x->nrows, ordered);
}

int
answer_differs_loosely(const answer *x, const answer *y, bool ordered)
{
	if (x->failed || y->failed)
		return x->failed != y->failed;
	if (x->nrows != y->nrows || strcmp(dbn_str_z(&x->names), dbn_str_z(&y->names)) != 0)
		return 1;
	return rows_differ(x->loose, y->loose, x->nrows, ordered);
}

void
answer_print(const answer *a, dbn_str *out)
{
	if (a->failed) {
		dbn_str_addf(out, "error %s: %s\n", a->why, a->message);
		return;
	}
	dbn_str_addf(out, "%s changed %lld\n", dbn_str_z(&a->head), (long long)a->changed);
	for (size_t i = 0; i < a->nrows && i < 12; i++)
		dbn_str_addf(out, "%.300s\n", a->rows[i]);
	if (a->nrows > 12)
		dbn_str_addf(out, "... %zu rows\n", a->nrows);
}

void
engine_close(engine *e)
{
	if (e->db)
		e->ops->close(e);
	e->db = NULL;
}
