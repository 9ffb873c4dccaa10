/* SPDX-License-Identifier: MIT */
/*
 * Random policies and statements against a brute-force reading of what rules
 * mean: rows in C arrays, predicates as little trees, three-valued logic by hand.
 * Nothing of it is shared with the library.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab.h"

enum { READ = 1, INSERT = 2, UPDATE = 4, DELETE = 8 };
enum { NCOLS = 4, NROWS = 12, NRULES = 6, NIL = -1 };
static const char *const cols[NCOLS] = { "id", "a", "b", "s" };
static const char *const texts[] = { "u", "v", "w" }; /* values of s by number */

struct row { int v[NCOLS]; };           /* NIL: NULL */

/* ---- predicates ---- */
enum { P_CMP, P_COL, P_NULL, P_AND, P_OR, P_NOT, P_IN };
struct pred {
	int kind, col, other, op, value;
	bool user;                      /* s = $user.id */
	struct pred *l, *r;
};

static struct pred pool[4000];
static size_t npool;
static uint64_t seed;

static unsigned
rnd(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static struct pred *
make(unsigned depth)
{
	struct pred *p = &pool[npool++];

	memset(p, 0, sizeof(*p));
	p->kind = (int)rnd(depth ? 7 : 3);
	if (p->kind == P_IN)
		p->col = 1 + (int)rnd(2);
	else if (p->kind >= P_AND) {
		p->l = make(depth - 1);
		p->r = make(depth - 1);
	} else if (p->kind == P_COL) {
		p->col = 1;
		p->other = 2;
	} else {
		p->col = (int)rnd(NCOLS);
	}
	p->op = (int)rnd(p->col == 3 ? 2 : 4);
	p->value = (int)rnd(p->col == 3 ? 3 : 4);
	p->user = p->col == 3 && rnd(2);
	return p;
}

static int
order3(int op, int x, int y)
{
	if (x == NIL || y == NIL)
		return 2;
	return op == 0 ? x == y : op == 1 ? x != y : op == 2 ? x < y : x >= y;
}

static int
eval(const struct pred *p, const struct row *r)
{
	int x, y;

	switch (p->kind) {
	case P_CMP:
		return order3(p->op, r->v[p->col], p->user ? 0 : p->value); /* the user is 'u' */
	case P_COL:
		return order3(p->op, r->v[p->col], r->v[p->other]);
	case P_NULL:
		return (r->v[p->col] == NIL) != (p->value & 1);
	case P_IN:
		return r->v[p->col] == NIL ? 2 : r->v[p->col] == 1 || r->v[p->col] == p->value;
	case P_NOT:
		x = eval(p->l, r);
		return x == 2 ? 2 : !x;
	default:
		x = eval(p->l, r);
		y = eval(p->r, r);
		if (p->kind == P_AND)
			return !x || !y ? 0 : x == 2 || y == 2 ? 2 : 1;
		return x == 1 || y == 1 ? 1 : x == 2 || y == 2 ? 2 : 0;
	}
}

static void
write_pred(const struct pred *p, char *out, size_t size)
{
	static const char *const ops[] = { "=", "<>", "<", ">=" };
	char l[2048], r[2048];

	switch (p->kind) {
	case P_CMP:
		if (p->user)
			(void)snprintf(out, size, "s %s $user.id", ops[p->op]);
		else if (p->col == 3)
			(void)snprintf(out, size, "s %s '%s'", ops[p->op], texts[p->value]);
		else
			(void)snprintf(out, size, "%s %s %d", cols[p->col], ops[p->op], p->value);
		break;
	case P_COL:
		(void)snprintf(out, size, "%s %s %s", cols[p->col], ops[p->op], cols[p->other]);
		break;
	case P_NULL:
		(void)snprintf(out, size, "%s IS %sNULL", cols[p->col], p->value & 1 ? "NOT " : "");
		break;
	case P_IN:
		(void)snprintf(out, size, "%s IN (1, %d)", cols[p->col], p->value);
		break;
	case P_NOT:
		write_pred(p->l, l, sizeof(l));
		if (snprintf(out, size, "NOT (%s)", l) >= (int)size)
			abort();
		break;
	default:
		write_pred(p->l, l, sizeof(l));
		write_pred(p->r, r, sizeof(r));
		if (snprintf(out, size, "((%s) %s (%s))", l, p->kind == P_AND ? "AND" : "OR", r) >=
			(int)size)
			abort();
		break;
	}
}

/* ---- policies ---- */
struct rule {
	bool deny, restrictive, observe;
	unsigned actions, columns;      /* columns: bits, 0: all */
	struct pred *using, *check;
	int mask[NCOLS];                /* 0 none, 1 null, 2 the constant 3; +4: filter */
};
static struct rule rules[NRULES];
static size_t nrules;

static void
make_rule(struct rule *r)
{
	memset(r, 0, sizeof(*r));
	r->actions = rnd(3) ? 15 : 1 + rnd(15);
	if (rnd(2))
		r->using = make(rnd(3));
	switch (rnd(8)) {
	case 0:
		r->deny = true;
		if (r->using)
			return;
		if (rnd(4))
			r->columns = 2u << rnd(3);
		else if (rnd(3))
			r->observe = true;
		return;
	case 1:
	case 2:
		r->restrictive = true;
		if (!r->using)
			r->using = make(1);
		break;
	default:
		if (rnd(2))
			r->columns = 1 | rnd(16);
		for (int c = 1; c < NCOLS && (r->actions & READ); c++)
			if (!rnd(4))
				r->mask[c] = (c == 3 ? 1 : 1 + (int)rnd(2)) + 4 * (int)rnd(2);
	}
	if ((r->actions & (INSERT | UPDATE)) && !rnd(3))
		r->check = make(1);
	r->observe = !rnd(9);
}

static void
add(char *out, size_t size, const char *s)
{
	size_t n = strlen(out);

	(void)snprintf(out + n, size - n, "%s", s);
}

static void
write_rule(const struct rule *r, size_t n, char *out, size_t size)
{
	static const char *const acts[] = { "read", "insert", "update", "delete" };
	char buf[4400], p[4096];
	const char *sep = "";

	(void)snprintf(buf, sizeof(buf), "%s{ id = \"r%zu\"; roles = [ \"x\" ]; relation = \"t\"; %s%s%s actions = [",
		n ? ", " : "", n, r->deny ? "effect = \"deny\"; " : "",
		r->restrictive ? "kind = \"restrictive\"; " : "", r->observe ? "mode = \"observe\"; " : "");
	add(out, size, buf);
	for (int i = 0; i < 4; i++) {
		if (!(r->actions & (1u << i)))
			continue;
		(void)snprintf(buf, sizeof(buf), "%s \"%s\"", sep, acts[i]);
		add(out, size, buf);
		sep = ",";
	}
	add(out, size, " ];");
	for (int c = 0; c < NCOLS && r->columns; c++) {
		(void)snprintf(buf, sizeof(buf), "%s\"%s\"", r->columns & ((1u << c) - 1) ? ", " : " columns = [ ",
			cols[c]);
		if (r->columns & (1u << c))
			add(out, size, buf);
	}
	add(out, size, r->columns ? " ];" : "");
	if (r->using) {
		write_pred(r->using, p, sizeof(p));
		(void)snprintf(buf, sizeof(buf), " using = \"%s\";", p);
		add(out, size, buf);
	}
	if (r->check) {
		write_pred(r->check, p, sizeof(p));
		(void)snprintf(buf, sizeof(buf), " check = \"%s\";", p);
		add(out, size, buf);
	}
	sep = " masks = (";
	for (int c = 0; c < NCOLS; c++) {
		if (!r->mask[c])
			continue;
		(void)snprintf(buf, sizeof(buf), "%s { column = \"%s\"; %s filter = %s; }", sep, cols[c],
			(r->mask[c] & 3) == 1 ? "method = \"null\";" : "method = \"const\"; value = \"3\";",
			r->mask[c] & 4 ? "true" : "false");
		add(out, size, buf);
		sep = ",";
	}
	add(out, size, *sep == ',' ? " ); }\n" : " }\n");
}

static void
make_policy(char *out, size_t size)
{
	npool = 0;
	nrules = 1 + rnd(NRULES);
	(void)snprintf(out, size, "version = 1; roles = ( { name = \"x\"; } );\n"
		"users = ( { name = \"u\"; roles = [ \"x\" ]; } );\nrules = (\n");
	for (size_t i = 0; i < nrules; i++) {
		make_rule(&rules[i]);
		write_rule(&rules[i], i, out, size);
	}
	add(out, size, ");\n");
}

/* ---- what it means ---- */

static bool
grants(const struct rule *r, int col)
{
	return !r->columns || (r->columns & (1u << col));
}

static bool
permissive(const struct rule *r, unsigned action)
{
	return !r->observe && !r->deny && !r->restrictive && (r->actions & action);
}

static bool
may(unsigned action)
{
	bool yes = false;

	for (size_t i = 0; i < nrules; i++) {
		const struct rule *r = &rules[i];

		if (r->deny && !r->observe && !r->using && !r->columns && (r->actions & action))
			return false;
		yes |= permissive(r, action);
	}
	return yes;
}

static bool
may_column(unsigned action, int col)
{
	bool yes = false;

	for (size_t i = 0; i < nrules; i++) {
		const struct rule *r = &rules[i];

		if (r->deny && !r->observe && r->columns && grants(r, col) && (r->actions & action))
			return false;
		yes |= permissive(r, action) && grants(r, col);
	}
	return yes;
}

/* Does the row pass for the action?  written: columns; check: as a new row. */
static bool
passes(unsigned action, unsigned written, bool check, const struct row *row)
{
	for (int c = -1; c < NCOLS; c++) {
		bool any = false;

		if (c >= 0 ? !(written & (1u << c)) : written != 0)
			continue;
		for (size_t i = 0; i < nrules; i++) {
			const struct rule *r = &rules[i];
			const struct pred *p = check && r->check ? r->check : r->using;

			if (permissive(r, action) && (c < 0 || grants(r, c)) && (!p || eval(p, row) == 1))
				any = true;
		}
		if (!any)
			return false;
	}
	for (size_t i = 0; i < nrules; i++) {
		const struct rule *r = &rules[i];
		const struct pred *p = check && r->check ? r->check : r->using;

		if (r->observe || !(r->actions & action) || !p)
			continue;
		if (r->restrictive && eval(p, row) != 1)
			return false;
		if (r->deny && eval(p, row) != 0)
			return false;
	}
	return true;
}

/* What a cell shows. */
static int
cell(const struct row *row, int c)
{
	int mask = 0;

	for (size_t i = 0; i < nrules; i++) {
		const struct rule *r = &rules[i];

		if (!permissive(r, READ) || !grants(r, c) || (r->using && eval(r->using, row) != 1))
			continue;
		if (!r->mask[c])
			return row->v[c];
		if (!mask)
			mask = r->mask[c] & 3;
	}
	return mask == 2 ? 3 : NIL;
}

/* 0: always the value; 1: masked, only to be given out; 2: conditions see what it shows */
static int
masked(int c)
{
	bool all = true, plain = false, any = false, filter = true, covered;
	int n = 0;

	for (size_t i = 0; i < nrules; i++) {
		const struct rule *r = &rules[i];

		if (!permissive(r, READ))
			continue;
		if (!grants(r, c)) {
			all = false;
			continue;
		}
		n++;
		plain |= !r->mask[c] && !r->using;
		any |= r->mask[c] != 0;
	}
	if (plain || (!any && all))
		return 0;
	covered = all;
	for (size_t i = 0; i < nrules; i++) {
		const struct rule *r = &rules[i];

		if (!permissive(r, READ) || !grants(r, c) || !r->mask[c])
			continue;
		filter &= (r->mask[c] & 4) != 0;
		covered |= !r->using;
	}
	return n && filter && covered ? 2 : 1;
}

/* ---- the table ---- */
static struct row table[NROWS + 4];
static size_t nrows;
static lab l;

static void
put(char *out, size_t size, int c, int v)
{
	size_t n = strlen(out);

	if (v == NIL)
		(void)snprintf(out + n, size - n, "~");
	else if (c == 3)
		(void)snprintf(out + n, size - n, "%s", texts[v]);
	else
		(void)snprintf(out + n, size - n, "%d", v);
}

static void
literal(char *out, size_t size, int c, int v)
{
	if (v == NIL)
		(void)snprintf(out, size, "NULL");
	else if (c == 3)
		(void)snprintf(out, size, "'%s'", texts[v]);
	else
		(void)snprintf(out, size, "%d", v);
}

static void
fill(void)
{
	char sql[256], v[NCOLS][16];

	(void)sqlite3_exec(l.db, "DELETE FROM t", NULL, NULL, NULL);
	nrows = NROWS;
	for (int i = 0; i < NROWS; i++) {
		table[i].v[0] = i;
		table[i].v[1] = rnd(5) ? (int)rnd(4) : NIL;
		table[i].v[2] = rnd(5) ? (int)rnd(4) : NIL;
		table[i].v[3] = rnd(6) ? (int)rnd(3) : NIL;
		for (int c = 0; c < NCOLS; c++)
			literal(v[c], sizeof(v[c]), c, table[i].v[c]);
		(void)snprintf(sql, sizeof(sql), "INSERT INTO t VALUES (%s, %s, %s, %s)", v[0], v[1], v[2], v[3]);
		cr_assert_eq(sqlite3_exec(l.db, sql, NULL, NULL, NULL), SQLITE_OK);
	}
}

static char policy[16384];

static void
compare(const char *sql, const char *got, const char *want)
{
	bool refused = strncmp(got, "!DENIED", 7) == 0 || strncmp(got, "!SYNTAX", 7) == 0;

	if (!strcmp(want, "!refused") ? refused : !strcmp(want, "!check") ? strncmp(got, "!SQL check", 10) == 0
		: !strcmp(want, got))
		return;
	cr_assert_fail("%s\n  gave   \"%s\"\n  wanted \"%s\"\n  sent   %s\n%s", sql, got, want,
		dbn_str_z(&l.sql), policy);
}

static void
check_table(const char *sql)
{
	char want[2048] = "", *got = lab_raw(&l, "SELECT * FROM t ORDER BY id");

	for (size_t i = 0; i < nrows; i++) {
		if (*want)
			add(want, sizeof(want), "\n");
		for (int c = 0; c < NCOLS; c++) {
			if (c)
				add(want, sizeof(want), "|");
			put(want, sizeof(want), c, table[i].v[c]);
		}
	}
	if (strcmp(want, got) != 0)
		cr_assert_fail("after %s\n  is     %s\n  wanted %s\n  sent %s\n%s", sql, got, want,
			dbn_str_z(&l.sql), policy);
	free(got);
}

static void
run(const char *sql, const char *want)
{
	char *got = lab_run(&l, "u", sql, NULL);

	compare(sql, got, want);
	free(got);
}

/* SELECT some columns WHERE one of them is a value */
static void
try_select(void)
{
	unsigned set = 1 | rnd(16);
	int wc = rnd(2) ? (int)rnd(NCOLS) : -1, wv = (int)rnd(3);
	char sql[512] = "SELECT", want[2048] = "", lit[16];
	bool refused = !may(READ);

	for (int c = 0; c < NCOLS; c++) {
		if (!(set & (1u << c)))
			continue;
		add(sql, sizeof(sql), c ? ", " : " ");
		add(sql, sizeof(sql), cols[c]);
		refused |= !may_column(READ, c);
	}
	add(sql, sizeof(sql), " FROM t");
	if (wc >= 0) {
		literal(lit, sizeof(lit), wc, wv);
		add(sql, sizeof(sql), " WHERE ");
		add(sql, sizeof(sql), cols[wc]);
		add(sql, sizeof(sql), " = ");
		add(sql, sizeof(sql), lit);
		refused |= !may_column(READ, wc) || masked(wc) == 1;
	}
	add(sql, sizeof(sql), " ORDER BY +t.id");
	refused |= masked(0) == 1;
	for (size_t i = 0; !refused && i < nrows; i++) {
		if (!passes(READ, 0, false, &table[i]) ||
			(wc >= 0 && order3(0, cell(&table[i], wc), wv) != 1))
			continue;
		if (*want)
			add(want, sizeof(want), "\n");
		for (int c = 0; c < NCOLS; c++) {
			if (!(set & (1u << c)))
				continue;
			if (c)
				add(want, sizeof(want), "|");
			put(want, sizeof(want), c, cell(&table[i], c));
		}
	}
	run(sql, refused ? "!refused" : want);
}

static void
try_count(void)
{
	char want[32];
	int n = 0;

	for (size_t i = 0; i < nrows; i++)
		n += passes(READ, 0, false, &table[i]);
	(void)snprintf(want, sizeof(want), "%d", n);
	run("SELECT count(*) FROM t", may(READ) ? want : "!refused");
}

static void
try_update(void)
{
	int c = 1 + (int)rnd(3), d = rnd(2) ? 1 + (int)rnd(3) : c, v = (int)rnd(3), wc = (int)rnd(NCOLS);
	int wv = (int)rnd(3);
	unsigned set = 1u << c | 1u << d;
	char sql[256], lv[16], lw[16];
	struct row fresh[NROWS + 4];
	bool refused = !may(UPDATE) || !may(READ) || !may_column(READ, wc) || masked(wc) == 1, bad = false;

	literal(lv, sizeof(lv), c, v);
	literal(lw, sizeof(lw), wc, wv);
	if (c == d)
		(void)snprintf(sql, sizeof(sql), "UPDATE t SET %s = %s WHERE %s = %s", cols[c], lv, cols[wc], lw);
	else
		(void)snprintf(sql, sizeof(sql), "UPDATE t SET %s = %s, %s = NULL WHERE %s = %s", cols[c], lv,
			cols[d], cols[wc], lw);
	for (int k = 0; k < NCOLS; k++)
		refused |= (set & (1u << k)) && !may_column(UPDATE, k);
	memcpy(fresh, table, sizeof(fresh));
	for (size_t i = 0; !refused && i < nrows; i++) {
		if (!passes(READ, 0, false, &table[i]) || !passes(UPDATE, set, false, &table[i]) ||
			order3(0, cell(&table[i], wc), wv) != 1)
			continue;
		fresh[i].v[c] = v;
		if (d != c)
			fresh[i].v[d] = NIL;
		bad |= !passes(READ, 0, false, &fresh[i]) || !passes(UPDATE, set, true, &fresh[i]);
	}
	run(sql, refused ? "!refused" : bad ? "!check" : "");
	if (!refused && !bad)
		memcpy(table, fresh, sizeof(fresh));
	check_table(sql);
}

static void
try_delete(void)
{
	int wc = (int)rnd(NCOLS), wv = (int)rnd(3);
	char sql[128], lw[16];
	bool refused = !may(DELETE) || !may(READ) || !may_column(READ, wc) || masked(wc) == 1;
	size_t kept = 0;

	literal(lw, sizeof(lw), wc, wv);
	(void)snprintf(sql, sizeof(sql), "DELETE FROM t WHERE %s = %s", cols[wc], lw);
	for (size_t i = 0; i < nrows; i++)
		if (refused || !passes(READ, 0, false, &table[i]) || !passes(DELETE, 0, false, &table[i]) ||
			order3(0, cell(&table[i], wc), wv) != 1)
			table[kept++] = table[i];
	nrows = kept;
	run(sql, refused ? "!refused" : "");
	check_table(sql);
}

static void
try_insert(void)
{
	struct row r = { { 100, (int)rnd(4), rnd(4) ? (int)rnd(4) : NIL, (int)rnd(3) } };
	bool refused = !may(INSERT), back = rnd(2);
	char sql[256], v[NCOLS][16], want[64] = "";

	for (int c = 0; c < NCOLS; c++) {
		literal(v[c], sizeof(v[c]), c, r.v[c]);
		refused |= !may_column(INSERT, c);
	}
	(void)snprintf(sql, sizeof(sql), "INSERT INTO t (id, a, b, s) VALUES (%s, %s, %s, %s)%s", v[0], v[1],
		v[2], v[3], back ? " RETURNING a" : "");
	if (back) {
		refused |= !may(READ) || !may_column(READ, 1);
		put(want, sizeof(want), 1, cell(&r, 1));
	}
	if (refused)
		(void)snprintf(want, sizeof(want), "!refused");
	else if (!passes(INSERT, 15, true, &r) || (back && !passes(READ, 0, false, &r)))
		(void)snprintf(want, sizeof(want), "!check");
	else
		table[nrows++] = r;
	run(sql, want);
	check_table(sql);
}

/* ---- whole queries: as over a table of what is visible ---- */

/* '@' is one of the columns, '#' a small number. */
static const char *const shapes[] = {
	"SELECT @, @ FROM t WHERE @ = # OR @ > #",
	"SELECT x.@, y.@ FROM t x JOIN t y ON x.@ = y.@ WHERE x.@ < # + 2",
	"SELECT x.@, y.@ FROM t x LEFT JOIN t y ON x.@ = y.@ AND y.@ = #",
	"SELECT x.@, y.@ FROM t x LEFT JOIN t y ON x.@ = y.@ WHERE y.@ IS NULL",
	"SELECT x.id FROM t x, t y WHERE x.@ = y.@ AND abs(y.@) = #",
	"SELECT x.id, y.id FROM t x LEFT JOIN t y ON abs(x.@) = y.@ AND char(y.@) <> 'x'",
	"SELECT @, count(*), sum(@), max(@) FROM t GROUP BY @",
	"SELECT @, count(*) FROM t GROUP BY @ HAVING count(*) > # - 1 AND abs(@) >= 0",
	"SELECT count(*), count(@), min(@) FROM t WHERE hex(@) <> '33'",
	"SELECT @ FROM t UNION SELECT @ + 1 FROM t",
	"SELECT @ FROM t EXCEPT SELECT @ FROM t WHERE @ = #",
	"SELECT @ FROM t UNION ALL SELECT @ FROM t WHERE char(@) IS NOT NULL",
	"SELECT DISTINCT @, @ FROM t",
	"SELECT id FROM t WHERE @ IN (SELECT @ FROM t WHERE @ = #)",
	"SELECT id FROM t WHERE NOT EXISTS (SELECT 1 FROM t y WHERE y.@ = t.@ AND y.id <> t.id)",
	"SELECT id, (SELECT count(*) FROM t y WHERE y.@ = t.@) FROM t",
	"SELECT q.m FROM (SELECT @ AS m, count(*) AS n FROM t GROUP BY @) q WHERE q.n > # OR char(q.m) = 'x'",
	"SELECT q.m FROM (SELECT abs(@) AS m, @ AS k FROM t) q WHERE q.m = # AND q.k = q.k",
	"WITH q AS (SELECT @ AS k, @ AS v FROM t) SELECT q.k, p.v FROM q JOIN q p ON q.k = p.v",
	"WITH q AS (SELECT @ AS k FROM t WHERE @ <> #) SELECT count(*) FROM q WHERE abs(k) < 3",
	"WITH RECURSIVE r(n) AS (SELECT # UNION SELECT y.@ FROM r JOIN t y ON y.@ = r.n) SELECT n FROM r",
	"SELECT id, row_number() OVER (PARTITION BY @ ORDER BY id), sum(@) OVER (ORDER BY id) FROM t",
	"SELECT CASE WHEN @ = # THEN @ ELSE @ END FROM t",
	"SELECT id FROM t WHERE (@, @) = (#, #)",
	"SELECT x.* FROM t x JOIN (SELECT max(@) AS m FROM t) q ON x.@ = q.m",
	"SELECT * FROM t",
	"SELECT count(*) FROM t x LEFT JOIN t y ON y.@ = x.@ LEFT JOIN t z ON z.@ = y.@ AND abs(z.@) > #",
	"SELECT id FROM t WHERE @ BETWEEN # AND # + 2 AND s LIKE 'u%'",
	"SELECT s || '!' FROM t WHERE s || 'x' <> 'vx'",
	"SELECT id FROM t ORDER BY @, id LIMIT 3",
	"VALUES (1), ((SELECT count(*) FROM t WHERE @ = #))"
};

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lines in order, so that two answers can be compared. */
static void
sort_lines(char *text)
{
	char *lines[512], *copy = strdup(text), *save = NULL;
	size_t n = 0, at = 0, room = strlen(text) + 1;

	cr_assert_not_null(copy);
	for (char *line = strtok_r(copy, "\n", &save); line && n < 512; line = strtok_r(NULL, "\n", &save))
		lines[n++] = line;
	qsort(lines, n, sizeof(*lines), by_text);
	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, room - at, "%s%s", i ? "\n" : "", lines[i]);
	cr_assert_lt(at, room);
	free(copy);
}

/* A database that holds only what the user may see. */
static sqlite3 *
visible(void)
{
	char sql[1024] = "CREATE TABLE t (", v[16];
	sqlite3 *db = NULL;
	const char *sep = "";

	cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
	for (int c = 0; c < NCOLS; c++) {
		if (!may_column(READ, c))
			continue;
		add(sql, sizeof(sql), sep);
		add(sql, sizeof(sql), cols[c]);
		add(sql, sizeof(sql), c == 3 ? " TEXT" : " INTEGER");
		sep = ", ";
	}
	add(sql, sizeof(sql), ")");
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db; /* no column at all */
	for (size_t i = 0; i < nrows; i++) {
		if (!passes(READ, 0, false, &table[i]))
			continue;
		(void)snprintf(sql, sizeof(sql), "INSERT INTO t VALUES (");
		sep = "";
		for (int c = 0; c < NCOLS; c++) {
			if (!may_column(READ, c))
				continue;
			literal(v, sizeof(v), c, cell(&table[i], c));
			add(sql, sizeof(sql), sep);
			add(sql, sizeof(sql), v);
			sep = ", ";
		}
		add(sql, sizeof(sql), ")");
		cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s", sql);
	}
	return db;
}

static unsigned compared, refused_queries;

static void
try_shape(sqlite3 *db, const char *shape)
{
	char sql[512];
	size_t n = 0;
	sqlite3 *real = l.db;
	sqlite3_stmt *q = NULL;
	char *got, *want;

	for (const char *p = shape; *p && n < sizeof(sql) - 8; p++) {
		if (*p == '@')
			n += (size_t)snprintf(sql + n, sizeof(sql) - n, "%s", cols[rnd(3)]);
		else if (*p == '#')
			n += (size_t)snprintf(sql + n, sizeof(sql) - n, "%u", rnd(4));
		else
			sql[n++] = *p;
	}
	sql[n] = '\0';
	got = lab_run(&l, "u", sql, NULL);
	if (!strncmp(got, "!DENIED", 7) || !strncmp(got, "!SYNTAX", 7)) {
		bool reason = !may(READ);

		for (int c = 0; c < NCOLS; c++)
			reason |= !may_column(READ, c) || masked(c) == 1;
		if (!reason)
			cr_assert_fail("%s\n  refused for nothing: %s\n%s", sql, got, policy);
		refused_queries++;
		free(got);
		return;
	}
	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
		cr_assert_fail("%s\n  gave \"%s\", but %s\n%s", sql, got, sqlite3_errmsg(db), policy);
	(void)sqlite3_finalize(q);
	l.db = db;
	want = lab_raw(&l, sql);
	l.db = real;
	sort_lines(got);
	sort_lines(want);
	if (strcmp(got, want) != 0)
		cr_assert_fail("%s\n  gave   \"%s\"\n  wanted \"%s\"\n  sent   %s\n%s", sql, got, want,
			dbn_str_z(&l.sql), policy);
	compared++;
	free(got);
	free(want);
}

static void
try_queries(void)
{
	sqlite3 *db = visible();

	for (int i = 0; i < 12; i++)
		try_shape(db, shapes[rnd(sizeof(shapes) / sizeof(shapes[0]))]);
	(void)sqlite3_close(db);
}

static void
one_policy(uint64_t number)
{
	char why[2048];

	seed = number * 7919 + 17;
	make_policy(policy, sizeof(policy));
	cr_assert_eq(lab_policy(&l, policy, why, sizeof(why)), DBN_OK, "%s\n%s", why, policy);
	fill();
	for (int i = 0; i < 8; i++)
		try_select();
	try_count();
	try_queries();
	for (int i = 0; i < 4; i++) {
		try_update();
		fill();
	}
	try_delete();
	fill();
	try_insert();
}

static void
many(uint64_t from, uint64_t to)
{
	lab_open(&l, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, s TEXT)",
		"version = 1; rules = ();");
	for (uint64_t i = from; i < to; i++)
		one_policy(i);
	cr_expect_gt(compared, 1500, "only %u queries were compared, %u refused", compared, refused_queries);
	lab_close(&l);
}

Test(oracle, policies_mean_what_is_computed_by_hand, .timeout = 120)
{
	many(0, 700);
}

Test(oracle, and_with_other_seeds, .timeout = 120)
{
	many(100000, 100700);
}
