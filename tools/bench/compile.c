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

static const char point[] = "SELECT id, name, age, score FROM users WHERE id = ?";
static const char join[] = "SELECT u.name, t.name AS team, o.score, p.name AS product FROM users u "
	"JOIN teams t ON t.id = u.team_id JOIN orders o ON o.owner = u.owner "
	"LEFT JOIN products p ON p.id = o.team_id WHERE u.age > ? AND o.score >= ? AND t.name LIKE 'a%' "
	"ORDER BY o.score DESC, u.name LIMIT 10";

static void
compile(lab *l, const char *what, bool own, dbn_text sql)
{
	dbn_error *err;

	if (lab_compile(l, own, sql, NULL, &err) != DBN_OK)
		die(what, dbn_error_message(err));
}

static void
tell(const char *where, const char *what, lab *l, bool own, const char *sql, double aim)
{
	static double ns[ROUNDS_MAX];
	dbn_text text = dbn_text_z(sql);
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
}

/* ---- shapes that grow ---- */

struct text {
	char *at;
	size_t len, cap;
};

static void
add(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (t->len + n + 1 > t->cap) {
		t->cap = (t->len + n + 1) * 2;
		t->at = realloc(t->at, t->cap);
		if (!t->at)
			die("text", "out of memory");
	}
	memcpy(t->at + t->len, s, n + 1);
	t->len += n;
}

static void
add_number(struct text *t, const char *before, unsigned n, const char *after)
{
	char digits[16];

	(void)snprintf(digits, sizeof digits, "%u", n);
	add(t, before);
	add(t, digits);
	add(t, after);
}

/* A statement of n parts: before, n times the part (%: its number), between them,
 * after.  close: n times behind it. */
struct shape {
	const char *name, *before, *part, *between, *after, *close;
};
static const struct shape shapes[] = {
	{ "IN list", "SELECT id FROM users WHERE id IN (", "%", ", ", ")", "" },
	{ "AND chain", "SELECT id FROM users WHERE ", "age > %", " AND ", "", "" },
	{ "sum of terms", "SELECT id, ", "age", " + ", " AS s FROM users", "" },
	{ "VALUES rows", "INSERT INTO users (id, name, age) VALUES ", "(%, 'ann', %)", ", ", "", "" },
	{ "VALUES of parameters", "INSERT INTO users (id, name, age) VALUES ", "(?, ?, ?)", ", ", "", "" },
	{ "select list", "SELECT ", "age + % AS c%", ", ", " FROM users", "" },
	{ "* of a wide subquery", "SELECT * FROM (SELECT ", "age AS c%", ", ", " FROM users) AS s", "" },
	{ "joins", "SELECT u.id FROM users u ", "JOIN t% AS a% ON a%.id = u.id", " ", "", "" },
	{ "joins of one table", "SELECT u.id FROM users u ", "JOIN teams AS a% ON a%.id = u.team_id", " ", "",
		"" },
	{ "UNION ALL chain", "", "SELECT id, name FROM users WHERE age = %", " UNION ALL ", "", "" },
	{ "UNION of tables", "", "SELECT id, name FROM t%", " UNION ALL ", "", "" },
	{ "nested parentheses", "SELECT id FROM users WHERE age > ", "(", "", "1", ")" },
	{ "nested subqueries", "SELECT id FROM users WHERE id IN ", "(SELECT id FROM t% WHERE id IN ", "",
		"(1, 2)", ")" },
	{ "nested derived tables", "SELECT id FROM ", "(SELECT id, name FROM ", "", "users", ") AS d" },
	{ "CTEs", "WITH ", "c% AS (SELECT id, age FROM users WHERE age = %)", ", ", " SELECT id FROM c1", "" },
	{ "CTEs one on another", "WITH c0 AS (SELECT id, age FROM users), ", "c% AS (SELECT id, age FROM c@)",
		", ", " SELECT id FROM c1", "" },
	{ "CASE of many WHEN", "SELECT CASE age ", "WHEN % THEN 'x'", " ", " END AS c FROM users", "" },
	{ "arguments", "SELECT coalesce(", "age", ", ", ", 1) AS c FROM users", "" },
	{ "ORDER BY", "SELECT id FROM users ORDER BY ", "age + %", ", ", "", "" },
	{ "SET of one column each", "UPDATE users SET age = ", "% + ", "", "1 WHERE id = 1", "" },
	{ "window functions", "SELECT ", "sum(age) OVER (PARTITION BY team_id ORDER BY id) AS c%", ", ",
		" FROM users", "" },
	{ "one long string", "SELECT id FROM users WHERE name = '", "abcdefgh", "", "'", "" },
	{ "a long comment", "SELECT id FROM users /* ", "abcdefgh", "", " */ WHERE id = 1", "" },
};

/* %: number of the part, from 1; @: that of the one before. */
static void
add_part(struct text *t, const char *part, unsigned i)
{
	for (const char *p = part; *p; p++) {
		char one[2] = { *p, '\0' };

		if (*p == '%' || *p == '@')
			add_number(t, "", *p == '%' ? i : i - 1, "");
		else
			add(t, one);
	}
}

static dbn_text
make_shape(struct text *t, const struct shape *s, unsigned n)
{
	t->len = 0;
	add(t, s->before);
	for (unsigned i = 1; i <= n; i++) {
		add(t, i > 1 ? s->between : "");
		add_part(t, s->part, i);
	}
	add(t, s->after);
	for (unsigned i = 0; *s->close && i < n; i++) {
		add(t, s->close);
		if (strchr(s->close, 'd'))
			add_number(t, "", i, "");
	}
	return dbn_text_n(t->at, t->len);
}

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
	struct text t = { NULL, 0, 0 };
	bool ok = true;

	memset(g, 0, sizeof *g);
	for (unsigned parts = 4; ok && g->n < SIZES_MAX; parts *= 2) {
		dbn_text sql = make_shape(&t, s, parts);
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

/* The exponent over the larger sizes, by least squares: 1 is linear. */
static double
exponent(const struct growth *g)
{
	double sx = 0, sy = 0, sxx = 0, sxy = 0;
	unsigned from = g->n > 5 ? g->n - 5 : 0, n = g->n - from;

	for (unsigned i = from; i < g->n; i++) {
		double x = log2(g->bytes[i]), y = log2(g->ns[i]);

		sx += x;
		sy += y;
		sxx += x * x;
		sxy += x * y;
	}
	return n > 1 ? (n * sxy - sx * sy) / (n * sxx - sx * sx) : 0;
}

static void
tell_growth(const char *where, lab *l, const struct shape *s)
{
	struct growth g;
	char remark[512], name[64];
	size_t at;
	double e;
	struct table_line t = { .where = where, .what = name, .measure = MEASURE_GROWTH, .aim = 1.3,
		.remark = remark };

	grow(l, s, &g);
	e = exponent(&g);
	(void)snprintf(name, sizeof name, "compile: %s", s->name);
	t.m = (struct median){ e, e, e };
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
	struct text insert = { NULL, 0, 0 };

	add(&insert, "INSERT INTO users (id, name, age, score) VALUES ");
	for (unsigned i = 0; i < 100; i++)
		add(&insert, i ? ", (?, ?, ?, ?)" : "(?, ?, ?, ?)");
	tell(name, "compile: point select", l, false, point, 10e3);
	tell(name, "compile: the same with a row rule", l, true, point, 0);
	tell(name, "compile: join of four tables", l, false, join, 50e3);
	tell(name, "compile: the same with row rules", l, true, join, 0);
	tell(name, "compile: insert of 100 rows", l, false, insert.at, 200e3);
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		tell_growth(name, l, &shapes[i]);
	free(insert.at);
	lab_close(l);
}

static void
once(const char *dialect, const char *name, unsigned parts, unsigned times)
{
	const struct shape *s = NULL;
	dbn_dialect_id id = DBN_DIALECT_SQLITE;
	struct text t = { NULL, 0, 0 };
	dbn_text sql;
	lab *l;

	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		if (strcmp(shapes[i].name, name) == 0)
			s = &shapes[i];
	while (id < DBN_DIALECT_MYSQL && strcmp(dbn_sql_dialect_get(id)->name, dialect) != 0)
		id++;
	if (!s)
		die(name, "no such shape");
	l = lab_open(id);
	sql = make_shape(&t, s, parts);
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
