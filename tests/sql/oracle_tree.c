/* SPDX-License-Identifier: MIT */
/*
 * Oracle: PostgreSQL's grammar reads the text of a statement and what is printed
 * of it before resolution as one and the same tree (pg_tree.c says what is passed
 * over).  Prints TAP, a line for each file of the corpus.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error/error.h"
#include "sql/corpus.h"
#include "sql/generate.h"
#include "sql/parse.h"
#include "sql/pg_tree.h"
#include "sql/print.h"

#define STACK ((size_t)512 << 20)

/* What the child tells, also when it has died. */
struct shared {
	size_t next, compared, wrong;
};

static struct corpus corpus;
static struct shared *shared;

static const dbn_sql_dialect *
postgres(void)
{
	return dbn_sql_dialect_get(DBN_DIALECT_POSTGRES);
}

/* PostgreSQL has no ?: the text with $1, $2 ... for them.  The lexer alone tells what
 * a ? is by place, so the parser's positions are used. */
static dbn_status
place(dbn_sql_expr **e, void *user)
{
	uint32_t *at = user;

	if ((*e)->kind == DBN_X_PARAM)
		at[(*e)->pos] = (*e)->index;
	return DBN_OK;
}

static char *
numbered(dbn_sql_stmt *s, const char *sql)
{
	size_t n = strlen(sql), used = 0;
	uint32_t *at = calloc(n + 1, sizeof(*at));
	char *out = malloc(n * 8 + 16);
	dbn_sql_visitor v = { .expr = place, .user = at };

	if (!at || !out || dbn_sql_walk(s, &v) != DBN_OK)
		abort();
	for (size_t i = 0; i < n; i++) {
		if (at[i] && sql[i] == '?')
			used += (size_t)snprintf(out + used, 16, "$%u ", at[i]);
		else
			out[used++] = sql[i];
	}
	out[used] = '\0';
	free(at);
	return out;
}

static void
wrong(const struct corpus_stmt *s, const char *what, const char *detail, const char *print)
{
	shared->wrong++;
	printf("# %s:%u: %s: %s\n#   text:  %s\n", s->file, s->line, what, detail, s->sql);
	if (print)
		printf("#   print: %s\n", print);
}

static void
judge(const struct corpus_stmt *s, dbn_sql_stmt *tree, const char *print)
{
	char *text = numbered(tree, s->sql), *bad = NULL, *bad2 = NULL, where[1500];
	json_t *a = pg_tree(text, &bad), *b = pg_tree(print, &bad2);

	if (!a)
		wrong(s, "PostgreSQL does not take the text", bad, NULL);
	else if (!b)
		wrong(s, "PostgreSQL does not take the print", bad2, print);
	else if (pg_tree_differ(a, b, where, sizeof(where)))
		wrong(s, "another tree", where, print);
	shared->compared++;
	json_decref(a);
	json_decref(b);
	free(text);
	free(bad);
	free(bad2);
}

static void
one(const struct corpus_stmt *s)
{
	dbn_arena a;
	dbn_sql_stmt *tree;
	dbn_error *err = NULL;
	dbn_str out;

	dbn_arena_init(&a, 0);
	dbn_str_init(&out, 0);
	if (dbn_sql_parse(&a, postgres(), NULL, dbn_text_z(s->sql), &tree, &err) != DBN_OK)
		wrong(s, "does not parse", dbn_error_message(err), NULL);
	else if (dbn_sql_print(tree, postgres(), DBN_PRINT_SOURCE, NULL, 0, &out, &err) != DBN_OK)
		wrong(s, "does not print", dbn_error_message(err), NULL);
	else
		judge(s, tree, dbn_str_z(&out));
	dbn_error_free(err);
	dbn_str_free(&out);
	dbn_arena_free(&a);
}

static void *
work(void *unused)
{
	for (; shared->next < corpus.count; shared->next++) {
		if (corpus.stmts[shared->next].expect == CORPUS_ACCEPTED)
			one(&corpus.stmts[shared->next]);
	}
	return unused;
}

/* On a stack that holds whatever our parser accepts, in a process that may die. */
static void
child(void)
{
	pthread_attr_t attr;
	pthread_t t;

	if (pthread_attr_init(&attr) || pthread_attr_setstacksize(&attr, STACK) ||
		pthread_create(&t, &attr, work, NULL) || pthread_join(t, NULL))
		_exit(3);
	(void)fflush(stdout);
	corpus_free(&corpus);
	_exit(0);
}

static void
run(void)
{
	int status = 0;
	pid_t pid;

	while (shared->next < corpus.count) {
		(void)fflush(stdout);
		pid = fork();
		if (pid == 0)
			child();
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			abort();
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			continue;
		wrong(&corpus.stmts[shared->next], "the reader died of it", "", NULL);
		shared->next++;
	}
}

int
main(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		-1, 0);
	if (shared == MAP_FAILED)
		return 99;
	if (!corpus_read(&corpus, "postgres")) {
		printf("Bail out! %s\n", corpus.problem);
		return 99;
	}
	generate_wanted(&corpus, "postgres");
	run();
	printf("# %zu statements compared\n", shared->compared);
	printf("%s 1 - text and print are one tree to PostgreSQL\n", shared->wrong ? "not ok" :
		"ok");
	printf("%s 2 - every accepted statement was compared\n", shared->compared ==
		corpus.accepted ? "ok" : "not ok");
	printf("1..2\n");
	(void)fflush(stdout);
	corpus_free(&corpus);
	return shared->wrong ? 1 : 0;
}
