/* SPDX-License-Identifier: MIT */
/*
 * What compiling costs: from text to plan, lexing to canonical text, for the three
 * dialects; and whether it grows as the text does: sizes are doubled up to the
 * limits.  No database is needed.
 *   compile [--no-head] [--rounds N] [--scale N] [--each]
 *   compile once DIALECT SHAPE PARTS TIMES     for counting instructions from outside
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab.h"
#include "shapes.h"
#include "table.h"

#define ROUNDS_MAX 501u
#define SIZES_MAX 32u

static unsigned rounds = 41, scale = 1;
static bool each_size;

static _Noreturn void
die(const char *what, const char *why)
{
	(void)fprintf(stderr, "compile: %s: %s\n", what, why);
	exit(1);
}

/* ---- single statements ---- */

static void
compile(lab *l, const char *what, bool own, dbn_text sql)
{
	dbn_error *err;

	if (lab_compile(l, own, sql, NULL, &err) != DBN_OK)
		die(what, dbn_error_message(err));
}

static void
tell(const char *where, const char *what, lab *l, bool own, const struct shape *s, unsigned parts,
	double aim)
{
	static double ns[ROUNDS_MAX];
	struct shape_text made = { NULL, 0, 0 };
	dbn_text text = shape_make(&made, s, parts);
	unsigned n = (unsigned)(200000 / (text.len + 100)) / scale + 1;
	struct table_line t = { .where = where, .what = what, .measure = MEASURE_NS, .aim = aim };

	compile(l, what, own, text);
	for (unsigned r = 0; r < rounds; r++) {
		double from = now_ns();

		for (unsigned i = 0; i < n; i++)
			compile(l, what, own, text);
		ns[r] = (now_ns() - from) / n;
	}
	t.m = median_of(ns, rounds);
	table_line(&t);
	free(made.at);
}

/* ---- shapes that grow ---- */

struct growth {
	unsigned n, parts[SIZES_MAX];
	double bytes[SIZES_MAX], ns[SIZES_MAX];
	char stop[128];                  /* why it went no further */
};

/* The least of some times: what disturbs only adds. */
static double
time_of(lab *l, dbn_text sql, bool *ok, dbn_error **err)
{
	double least = 0, all = 0;

	for (unsigned i = 0; *ok && i < 40 && (i < 3 || all < 4e6 / scale); i++) {
		double from = now_ns(), took;

		*ok = lab_compile(l, false, sql, NULL, err) == DBN_OK;
		took = now_ns() - from;
		all += took;
		least = i == 0 || took < least ? took : least;
		if (took > 1e9)
			break;
	}
	return least;
}

static void
grow(lab *l, const struct shape *s, struct growth *g)
{
	struct shape_text t = { NULL, 0, 0 };
	bool ok = true;

	memset(g, 0, sizeof *g);
	for (unsigned parts = 4; ok && g->n < SIZES_MAX; parts *= 2) {
		dbn_text sql = shape_make(&t, s, parts);
		dbn_error *err = NULL;
		double ns = time_of(l, sql, &ok, &err);

		if (!ok) {
			(void)snprintf(g->stop, sizeof g->stop, "%s", dbn_error_message(err));
			if (dbn_error_code(err) != DBN_E_LIMIT && g->n == 0)
				die(s->name, g->stop);
			dbn_error_free(err);
			break;
		}
		g->parts[g->n] = parts;
		g->bytes[g->n] = (double)sql.len;
		g->ns[g->n++] = ns;
		if (ns > 5e9 || sql.len > (16u << 20) / scale)
			break;
	}
	free(t.at);
}

/* Exponents between neighbours of the larger sizes: 1 is linear.  Their median does
 * not see the one step where the text has outgrown a cache or what malloc keeps. */
static struct median
exponents(const struct growth *g)
{
	double v[SIZES_MAX];
	unsigned from = g->n > 7 ? g->n - 7 : 0, n = 0;

	for (unsigned i = from; i + 1 < g->n; i++)
		v[n++] = log2(g->ns[i + 1] / g->ns[i]) / log2(g->bytes[i + 1] / g->bytes[i]);
	return n ? median_of(v, n) : (struct median){ 0, 0, 0 };
}

static void
tell_growth(const char *where, lab *l, const struct shape *s)
{
	struct growth g;
	char remark[512], name[64];
	size_t at;
	struct table_line t = { .where = where, .what = name, .measure = MEASURE_GROWTH, .aim = 1.3,
		.remark = remark };

	grow(l, s, &g);
	(void)snprintf(name, sizeof name, "compile: %s", s->name);
	t.m = exponents(&g);
	(void)snprintf(remark, sizeof remark, "ns a byte");
	for (unsigned i = 0; i < g.n; i++) {
		at = strlen(remark);
		if (each_size || i + 4 >= g.n || i % 3 == 0)
			(void)snprintf(remark + at, sizeof remark - at, ", %u: %.0f", g.parts[i],
				g.ns[i] / g.bytes[i]);
	}
	at = strlen(remark);
	if (*g.stop && each_size)
		(void)snprintf(remark + at, sizeof remark - at, " (%s)", g.stop);
	table_line(&t);
}

/* ---- the command line ---- */

static void
measure(dbn_dialect_id id)
{
	lab *l = lab_open(id);
	const char *name = dbn_sql_dialect_get(id)->name;

	tell(name, "compile: point select", l, false, &shape_point, 1, 10e3);
	tell(name, "compile: the same with a row rule", l, true, &shape_point, 1, 0);
	tell(name, "compile: join of four tables", l, false, &shape_join, 1, 50e3);
	tell(name, "compile: the same with row rules", l, true, &shape_join, 1, 0);
	tell(name, "compile: insert of 100 rows", l, false, &shape_insert, 100, 200e3);
	for (const struct shape *s = shapes; s->name; s++)
		tell_growth(name, l, s);
	lab_close(l);
}

static void
once(const char *dialect, const char *name, unsigned parts, unsigned times)
{
	const struct shape *s = shape_named(name);
	dbn_dialect_id id = DBN_DIALECT_SQLITE;
	struct shape_text t = { NULL, 0, 0 };
	dbn_text sql;
	lab *l;

	while (id < DBN_DIALECT_MYSQL && strcmp(dbn_sql_dialect_get(id)->name, dialect) != 0)
		id++;
	if (!s)
		die(name, "no such shape");
	l = lab_open(id);
	sql = shape_make(&t, s, parts);
	for (unsigned i = 0; i < times; i++)
		compile(l, name, false, sql);
	free(t.at);
	lab_close(l);
}

int
main(int argc, char **argv)
{
	bool head = true;

	if (argc == 6 && strcmp(argv[1], "once") == 0) {
		once(argv[2], argv[3], (unsigned)strtoul(argv[4], NULL, 10),
			(unsigned)strtoul(argv[5], NULL, 10));
		return 0;
	}

	for (int i = 1; i < argc; i++) {
		unsigned long n = i + 1 < argc ? strtoul(argv[i + 1], NULL, 10) : 0;

		if (strcmp(argv[i], "--no-head") == 0)
			head = false;
		else if (strcmp(argv[i], "--each") == 0)
			each_size = true;
		else if (strcmp(argv[i], "--rounds") == 0 && n >= 1 && n <= ROUNDS_MAX)
			rounds = (unsigned)n, i++;
		else if (strcmp(argv[i], "--scale") == 0 && n >= 1)
			scale = (unsigned)n, i++;
		else
			die("usage", "compile [--no-head] [--rounds N] [--scale N] [--each]");
	}
	if (head)
		table_head();
	for (dbn_dialect_id id = DBN_DIALECT_SQLITE; id <= DBN_DIALECT_MYSQL; id++)
		measure(id);
	return 0;
}
