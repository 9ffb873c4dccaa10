/* SPDX-License-Identifier: MIT */
#include "shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct shape shape_point = { "point",
	"SELECT id, name, age, score FROM users WHERE id = ?", "", "", "", "", 1 };
const struct shape shape_join = { "join",
	"SELECT u.name, t.name AS team, o.score, p.name AS product FROM users u "
	"JOIN teams t ON t.id = u.team_id JOIN orders o ON o.owner = u.owner "
	"LEFT JOIN products p ON p.id = o.team_id WHERE u.age > ? AND o.score >= ? AND t.name LIKE 'a%' "
	"ORDER BY o.score DESC, u.name LIMIT 10", "", "", "", "", 1 };
const struct shape shape_insert = { "insert", "INSERT INTO users (id, name, age, score) VALUES ",
	"(?, ?, ?, ?)", ", ", "", "", 8000 };

const struct shape shapes[] = {
	{ "IN list", "SELECT id FROM users WHERE id IN (", "%", ", ", ")", "", 0 },
	{ "AND chain", "SELECT id FROM users WHERE ", "age > %", " AND ", "", "", 0 },
	{ "sum of terms", "SELECT id, ", "age", " + ", " AS s FROM users", "", 0 },
	{ "VALUES rows", "INSERT INTO users (id, name, age) VALUES ", "(%, 'ann', %)", ", ",
		"", "", 0 },
	{ "VALUES of parameters", "INSERT INTO users (id, name, age) VALUES ", "(?, ?, ?)",
		", ", "", "", 0 },
	{ "select list", "SELECT ", "age + % AS c%", ", ", " FROM users", "", 1000 },
	{ "* of a wide subquery", "SELECT * FROM (SELECT ", "age AS c%", ", ",
		" FROM users) AS s", "", 1000 },
	{ "joins", "SELECT u.id FROM users u ", "JOIN t% AS a% ON a%.id = u.id", " ", "", "", 50 },
	{ "joins of one table", "SELECT u.id FROM users u ",
		"JOIN teams AS a% ON a%.id = u.team_id", " ", "", "", 50 },
	{ "UNION ALL chain", "", "SELECT id, name FROM users WHERE age = %", " UNION ALL ", "",
		"", 0 },
	{ "UNION of tables", "", "SELECT id, name FROM t%", " UNION ALL ", "", "", 0 },
	{ "nested parentheses", "SELECT id FROM users WHERE age > ", "(", "", "1", ")", 180 },
	{ "nested subqueries", "SELECT id FROM users WHERE id IN ",
		"(SELECT id FROM t% WHERE id IN ", "", "(1, 2)", ")", 180 },
	{ "nested derived tables", "SELECT id FROM ", "(SELECT id, name FROM ", "", "users",
		") AS d", 180 },
	{ "CTEs", "WITH ", "c% AS (SELECT id, age FROM users WHERE age = %)", ", ",
		" SELECT id FROM c1", "", 0 },
	{ "CTEs one on another", "WITH c0 AS (SELECT id, age FROM users), ",
		"c% AS (SELECT id, age FROM c@)", ", ", " SELECT id FROM c1", "", 0 },
	{ "CASE of many WHEN", "SELECT CASE age ", "WHEN % THEN 'x'", " ",
		" END AS c FROM users", "", 0 },
	{ "arguments", "SELECT coalesce(", "age", ", ", ", 1) AS c FROM users", "", 0 },
	{ "ORDER BY", "SELECT id FROM users ORDER BY ", "age + %", ", ", "", "", 0 },
	{ "a long SET", "UPDATE users SET age = ", "% + ", "", "1 WHERE id = 1",
		"", 0 },
	{ "window functions", "SELECT ",
		"sum(age) OVER (PARTITION BY team_id ORDER BY id) AS c%", ", ", " FROM users", "", 1000 },
	{ "one long string", "SELECT id FROM users WHERE name = '", "abcdefgh", "", "'", "", 0 },
	{ "CTEs on the first", "WITH c0 AS (SELECT id, age FROM users), ",
		"c% AS (SELECT id, age FROM c0)", ", ", " SELECT id FROM c1", "", 0 },
	{ "columns of one name", "SELECT id FROM (SELECT id", ", age", "", " FROM users) AS s",
		"", 1000 },
	{ "a long comment", "SELECT id FROM users /* ", "abcdefgh", "", " */ WHERE id = 1", "", 0 },
	{ NULL, NULL, NULL, NULL, NULL, NULL, 0 }
};

const struct shape *
shape_named(const char *name)
{
	const struct shape *const single[] = { &shape_point, &shape_join, &shape_insert };

	for (size_t i = 0; i < sizeof single / sizeof *single; i++)
		if (strcmp(single[i]->name, name) == 0)
			return single[i];
	for (const struct shape *s = shapes; s->name; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

static void
add(struct shape_text *t, const char *s)
{
	size_t n = strlen(s);

	if (t->len + n + 1 > t->cap) {
		t->cap = (t->len + n + 1) * 2;
		t->at = realloc(t->at, t->cap);
		if (!t->at)
			abort();
	}
	memcpy(t->at + t->len, s, n + 1);
	t->len += n;
}

static void
add_number(struct shape_text *t, const char *before, unsigned n, const char *after)
{
	char digits[16];

	(void)snprintf(digits, sizeof digits, "%u", n);
	add(t, before);
	add(t, digits);
	add(t, after);
}



/* %: number of the part, from 1; @: that of the one before. */
static void
add_part(struct shape_text *t, const char *part, unsigned i)
{
	for (const char *p = part; *p; p++) {
		char one[2] = { *p, '\0' };

		if (*p == '%' || *p == '@')
			add_number(t, "", *p == '%' ? i : i - 1, "");
		else
			add(t, one);
	}
}

dbn_text
shape_make(struct shape_text *t, const struct shape *s, unsigned parts)
{
	t->len = 0;
	add(t, s->before);
	for (unsigned i = 1; i <= parts; i++) {
		add(t, i > 1 ? s->between : "");
		add_part(t, s->part, i);
	}
	add(t, s->after);
	for (unsigned i = 0; *s->close && i < parts; i++) {
		add(t, s->close);
		if (strchr(s->close, 'd'))
			add_number(t, "", i, "");
	}
	return (dbn_text){ t->at, t->len };
}
