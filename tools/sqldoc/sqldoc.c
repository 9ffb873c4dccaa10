/* SPDX-License-Identifier: MIT */
/*
 * Writes docs/sql.md from the tables of the SQL front end: the constructs, and per
 * dialect the functions and types that are free to use.  Not installed; "make
 * sql-doc" writes the page anew and a test compares it.
 *
 * Usage: sqldoc HEAD.md > sql.md, where HEAD.md is the page's own text.
 */
#include <stdio.h>
#include <string.h>

#include "sql/dialect.h"
#include "sql/grammar.h"

static const char *const states[] = { "–", "runs", "refused" };

static int
head(const char *path)
{
	FILE *f = fopen(path, "r");
	char buf[4096];
	size_t n;

	if (!f)
		return 1;
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		(void)fwrite(buf, 1, n, stdout);
	return fclose(f) ? 1 : 0;
}

/* A cell of a table: no bar of its own. */
static void
cell(const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			(void)putchar('\\');
		(void)putchar(*text);
	}
}

/* A sample as code, within bars. */
static void
code(const char *text)
{
	bool tick = strchr(text, '`') != NULL;

	(void)fputs(tick ? "`` " : "`", stdout);
	cell(text);
	(void)fputs(tick ? " ``" : "`", stdout);
}

static void
construct(uint32_t id)
{
	const dbn_sql_construct *c = dbn_sql_construct_get(id);
	const char *last = "";

	printf("| ");
	cell(c->name);
	for (uint32_t d = 1; d <= 3; d++)
		printf(" | %s", states[dbn_sql_construct_state(id, (dbn_dialect_id)d)]);
	printf(" | ");
	for (uint32_t d = 0; d < 3; d++) {
		if (c->states[d] == '.' || !*c->sample[d] || strcmp(c->sample[d], last) == 0)
			continue;
		if (*last)
			printf("<br>");
		last = c->sample[d];
		code(last);
	}
	printf(" | ");
	if (strchr(c->states, '-'))
		cell(c->why);
	if (*c->hint) {
		printf("%s", strchr(c->states, '-') ? ". " : "");
		cell(c->hint);
	}
	printf(" |\n");
}

static void
constructs(void)
{
	const char *group = "";

	for (uint32_t id = 1; id < DBN_G_COUNT; id++) {
		const dbn_sql_construct *c = dbn_sql_construct_get(id);

		if (strcmp(group, c->group) != 0) {
			group = c->group;
			printf("\n## %s\n\n| construct | SQLite | PostgreSQL | MySQL | example | "
				"why not, and what instead |\n|---|---|---|---|---|---|\n", group);
		}
		construct(id);
	}
}

static void
functions(const dbn_sql_dialect *d, const char *title, uint32_t with, uint32_t without)
{
	const char *comma = "";

	printf("- %s: ", title);
	for (size_t i = 0; i < d->nfuncs; i++) {
		if ((d->funcs[i].flags & with) != with || (d->funcs[i].flags & without))
			continue;
		printf("%s`%s`", comma, d->funcs[i].name);
		comma = ", ";
	}
	printf("%s\n", *comma ? "." : "none.");
}

static void
lists(dbn_dialect_id id, const char *name)
{
	const dbn_sql_dialect *d = dbn_sql_dialect_get(id);
	const char *comma = "";

	printf("\n### %s\n\n", name);
	functions(d, "Functions, free to use", DBN_FN_PURE,
		DBN_FN_AGGREGATE | DBN_FN_WINDOW | DBN_FN_VOLATILE);
	functions(d, "Aggregates", DBN_FN_AGGREGATE, 0);
	functions(d, "Window functions", DBN_FN_WINDOW, 0);
	functions(d, "Not the same twice", DBN_FN_VOLATILE, 0);
	if (!d->ntypes) {
		printf("- Types in casts: whatever is written; its affinity counts.\n");
		return;
	}
	printf("- Types in casts: ");
	for (size_t i = 0; i < d->ntypes; i++) {
		printf("%s`%s`", comma, d->types[i].name);
		comma = ", ";
	}
	printf(".\n");
}

int
main(int argc, char **argv)
{
	if (argc != 2 || head(argv[1]) != 0) {
		fprintf(stderr, "usage: sqldoc HEAD.md\n");
		return 2;
	}
	constructs();
	printf("\n## Functions and types\n\nWhat is not in these lists needs a rule that grants "
		"it (`actions = [ \"execute\" ]`).\n");
	lists(DBN_DIALECT_SQLITE, "SQLite");
	lists(DBN_DIALECT_POSTGRES, "PostgreSQL");
	lists(DBN_DIALECT_MYSQL, "MySQL and MariaDB");
	return fflush(stdout) ? 1 : 0;
}
