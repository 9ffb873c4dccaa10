/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql/corpus.h"

#define NEST_MAX 8
#define VARIANTS_MAX 20000

static bool
problem(struct corpus *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(c->problem, sizeof(c->problem), fmt, ap);
	va_end(ap);
	return false;
}

static void *
need(void *p)
{
	if (!p)
		abort();
	return p;
}

/* ---- alternatives: text, or @{a@|b@} ---- */

static bool
at(const char *p, const char *end, char second)
{
	return end - p >= 2 && p[0] == '@' && p[1] == second;
}

/* Behind the alternative that starts at p: its "@|" or "@}". */
static const char *
alternative_end(const char *p, const char *end)
{
	int depth = 0;

	for (; p < end; p++) {
		if (at(p, end, '{'))
			depth++;
		else if (depth && at(p, end, '}'))
			depth--;
		else if (!depth && (at(p, end, '|') || at(p, end, '}')))
			return p;
	}
	return NULL;
}

/* In how many ways can it be read?  0: the brackets are not balanced. */
static size_t
ways(const char *p, const char *end, int depth)
{
	size_t n = 1, sum, one;
	const char *stop;

	if (depth > NEST_MAX)
		return 0;
	while (p < end) {
		if (at(p, end, '|') || at(p, end, '}'))
			return 0;
		if (!at(p, end, '{')) {
			p++;
			continue;
		}
		sum = 0;
		do {
			p += 2;
			stop = alternative_end(p, end);
			one = stop ? ways(p, stop, depth + 1) : 0;
			if (!one)
				return 0;
			sum += one;
			p = stop;
		} while (at(p, end, '|'));
		p += 2;
		if (n * sum > VARIANTS_MAX)
			return 0;
		n *= sum;
	}
	return n;
}

/* Write reading number *k (it is used up), and how far it got. */
static char *
reading(const char *p, const char *end, size_t *k, char *out)
{
	const char *start, *stop;
	size_t sum, pick, one;

	while (p < end) {
		if (at(p, end, '/')) { /* a new line */
			*out++ = '\n';
			p += 2;
			continue;
		}
		if (!at(p, end, '{')) {
			*out++ = *p++;
			continue;
		}
		start = p;
		sum = 0;
		do {
			p += 2;
			stop = alternative_end(p, end);
			sum += ways(p, stop, 0);
			p = stop;
		} while (at(p, end, '|'));
		pick = *k % sum;
		*k /= sum;
		for (p = start;; p = stop) {
			p += 2;
			stop = alternative_end(p, end);
			one = ways(p, stop, 0);
			if (pick < one)
				break;
			pick -= one;
		}
		out = reading(p, stop, &pick, out);
		for (p = stop; at(p, end, '|'); p = alternative_end(p + 2, end))
			;
		p += 2;
	}
	return out;
}

/* ---- a line ---- */

static const char *
blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

static const char *
one_arg(const char *p, struct corpus_arg *a)
{
	char *out = need(malloc(strlen(p) + 1));
	size_t n = 0;

	a->text = out;
	if (*p == '\'') {
		a->kind = 't';
		for (p++; *p && (*p != '\'' || p[1] == '\''); p++) {
			if (*p == '\'')
				p++;
			out[n++] = *p;
		}
		out[n] = '\0';
		return *p ? p + 1 : NULL;
	}
	while (*p && !strchr(", \t@", *p))
		out[n++] = *p++;
	out[n] = '\0';
	if (strcmp(out, "null") == 0) {
		a->kind = 'n';
	} else if (strcmp(out, "true") == 0 || strcmp(out, "false") == 0) {
		a->kind = 'b';
		out[0] = out[0] == 't' ? '1' : '0';
		out[1] = '\0';
	} else if (n && strspn(out, "+-.0123456789eE") == n) {
		a->kind = strpbrk(out, ".eE") ? 'd' : 'i';
	} else {
		return NULL;
	}
	return p;
}

/* "1, 'x', null @ " */
static const char *
read_args(const char *p, struct corpus_stmt *s)
{
	for (;;) {
		s->args = need(realloc(s->args, (s->nargs + 1) * sizeof(*s->args)));
		s->args[s->nargs] = (struct corpus_arg){ 0, NULL };
		p = one_arg(blanks(p), &s->args[s->nargs++]);
		if (!p)
			return NULL;
		p = blanks(p);
		if (*p == '@')
			return blanks(p + 1);
		if (*p++ != ',')
			return NULL;
	}
}

static void
free_stmt(struct corpus_stmt *s)
{
	for (size_t i = 0; i < s->nargs; i++)
		free(s->args[i].text);
	free(s->args);
	free(s->names);
	free(s->sql);
}

static bool
starts(const char **p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*p, word, n) != 0)
		return false;
	*p += n;
	return true;
}

/* The markers before the statement itself. */
static const char *
markers(const char *p, struct corpus_stmt *s)
{
	const char *end;

	if (starts(&p, "!refused(")) {
		end = strstr(p, "): ");
		if (!end)
			return NULL;
		s->names = need(strndup(p, (size_t)(end - p)));
		s->expect = CORPUS_REFUSED;
		p = end + 3;
	} else if (starts(&p, "!refused: ")) {
		s->expect = CORPUS_REFUSED;
	} else if (starts(&p, "!later: ")) {
		s->expect = CORPUS_LATER;
	} else if (*p == '!') {
		return NULL;
	}
	if (starts(&p, "@args "))
		p = read_args(p, s);
	return p;
}

static struct corpus_stmt *
add(struct corpus *c)
{
	if (c->count == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 256;
		c->stmts = need(realloc(c->stmts, c->cap * sizeof(*c->stmts)));
	}
	c->stmts[c->count] = (struct corpus_stmt){ 0 };
	return &c->stmts[c->count++];
}

static bool
read_line(struct corpus *c, const char *file, unsigned line, const char *text)
{
	size_t n = ways(text, text + strlen(text), 0), k;
	char *buf = need(malloc(strlen(text) + 1));
	struct corpus_stmt *s;
	const char *sql;
	bool good = n > 0;

	for (size_t i = 0; good && i < n; i++) {
		k = i;
		*reading(text, text + strlen(text), &k, buf) = '\0';
		s = add(c);
		s->file = file;
		s->line = line;
		s->variant = (unsigned)i;
		sql = markers(buf, s);
		good = sql && *sql;
		s->sql = good ? need(strdup(sql)) : NULL;
		c->accepted += s->expect == CORPUS_ACCEPTED;
		c->refused += s->expect == CORPUS_REFUSED;
		c->later += s->expect == CORPUS_LATER;
	}
	free(buf);
	return good || problem(c, "%s:%u: malformed (alternatives, marker or @args): %s", file,
		line, text);
}

/* ---- files ---- */

bool
corpus_read_text(struct corpus *c, const char *name, const char *text)
{
	unsigned line = 0;
	const char *end;
	char *file, *one;
	bool good = true;

	c->files = need(realloc(c->files, (c->nfiles + 1) * sizeof(*c->files)));
	c->files[c->nfiles++] = file = need(strdup(name));
	for (; good && *text; text = *end ? end + 1 : end) {
		end = text + strcspn(text, "\n");
		line++;
		if (end == text || *text == '#')
			continue;
		one = need(strndup(text, (size_t)(end - text)));
		good = read_line(c, file, line, one);
		free(one);
	}
	return good;
}

static char *
slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t n = 0, got;

	if (!f)
		return NULL;
	do {
		text = need(realloc(text, n + 65537));
		got = fread(text + n, 1, 65536, f);
		n += got;
	} while (got);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

static int
sql_file(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".sql") == 0;
}

static const char *
top_source(void)
{
	const char *top = getenv("DBN_TOP_SRC");

	return top ? top : ".";
}

/* All of one folder; its files are called as `label` says before their names. */
static bool
read_folder(struct corpus *c, const char *folder, const char *label)
{
	char dir[1024], path[1400], name[300], *text;
	struct dirent **names = NULL;
	bool good = true;
	int n;

	(void)snprintf(dir, sizeof(dir), "%s/tests/sql/corpus/%s", top_source(), folder);
	n = scandir(dir, &names, sql_file, alphasort);
	if (n <= 0)
		return problem(c, "%s: no *.sql there", dir);
	for (int i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		(void)snprintf(name, sizeof(name), "%s%s", label, names[i]->d_name);
		text = good ? slurp(path) : NULL;
		if (good)
			good = text ? corpus_read_text(c, name, text) : problem(c, "%s: cannot be read", path);
		free(text);
		free(names[i]);
	}
	free(names);
	return good;
}

bool
corpus_read(struct corpus *c, const char *dialect)
{
	memset(c, 0, sizeof(*c));
	return read_folder(c, "common", "common/") && read_folder(c, dialect, "");
}

struct corpus_stmt *
corpus_add(struct corpus *c, const char *file, unsigned line)
{
	struct corpus_stmt *s = add(c);

	s->file = file;
	s->line = line;
	c->accepted++;
	return s;
}

void
corpus_free(struct corpus *c)
{
	for (size_t i = 0; i < c->count; i++)
		free_stmt(&c->stmts[i]);
	for (size_t i = 0; i < c->nfiles; i++)
		free(c->files[i]);
	free(c->stmts);
	free(c->files);
	memset(c, 0, sizeof(*c));
}

char *
corpus_schema(const char *dialect)
{
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/tests/sql/schema-%s.sql", top_source(), dialect);
	return slurp(path);
}
