/* SPDX-License-Identifier: MIT */
/*
 * The scan before libconfig 1.5, which silently corrupts numbers outside its
 * range, ends texts at a NUL, reads "-0x10" as two things and resolves @include
 * against the current directory.  Whatever it would get wrong is refused here
 * with file:line; @include is resolved here, so that libconfig sees one text.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "conf/build.h"

/* One file being scanned, behind it those that include it. */
struct level {
	const struct level *outer;
	const dbn_conf_file *file;
	dbn_text text;
	size_t at;
	uint32_t line;
	bool line_start;            /* nothing but blanks before, on this line */
	char open[DBN_CONF_DEPTH];  /* brackets of this file */
	uint32_t open_line[DBN_CONF_DEPTH];
	unsigned nopen;
};

struct scan {
	dbn_conf_tree *tree;
	dbn_conf_flat *flat;
	dbn_problems *problems;
	bool include;
	unsigned depth, nopen;      /* of @include; of brackets in all levels */
	dbn_conf_grammar grammar;
};

static bool scan_level(struct scan *s, struct level *l);

#define BAD(s, l, hint, ...) \
	dbn_problem_at((s)->problems, (l)->file->path, (l)->line, hint, __VA_ARGS__)

void
dbn_conf_flat_init(dbn_conf_flat *f)
{
	memset(f, 0, sizeof *f);
	dbn_str_init(&f->text, DBN_CONF_MAX_BYTES + ((size_t)1 << 20));
}

void
dbn_conf_flat_free(dbn_conf_flat *f)
{
	dbn_str_free(&f->text);
	dbn_free(f->lines);
	f->lines = NULL;
	f->nlines = f->cap = 0;
}

/* A line of the flat text begins: say where it comes from. */
static bool
begin_line(struct scan *s, const struct level *l)
{
	dbn_conf_flat *f = s->flat;

	if (!dbn_grow(&f->lines, &f->cap, f->nlines + 1, sizeof *f->lines))
		return false;
	f->lines[f->nlines].file = l->file;
	f->lines[f->nlines].line = l->line;
	f->nlines++;
	return true;
}

/* Take n bytes over (what has no end may be one too long), counting lines.  Of a
 * comment only its lines: libconfig does not know all forms of them. */
static bool
take(struct scan *s, struct level *l, size_t n, bool comment)
{
	if (n > l->text.len - l->at)
		n = l->text.len - l->at;
	for (; n; n--, l->at++) {
		char c = l->text.ptr[l->at];

		dbn_str_addc(&s->flat->text, comment && c != '\n' ? ' ' : c);
		if (c == '\n') {
			l->line++;
			l->line_start = true;
			if (!begin_line(s, l))
				return false;
		} else if (c != ' ' && c != '\t') {
			l->line_start = false;
		}
	}
	return true;
}

static int
peek(const struct level *l, size_t ahead)
{
	return l->at + ahead < l->text.len ? (unsigned char)l->text.ptr[l->at + ahead] : -1;
}

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(int c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
is_word(int c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
		c == '*' || c == '-';
}

/* Length of a comment that starts here, 0: none. */
static size_t
comment_length(struct scan *s, struct level *l)
{
	size_t n;

	if (peek(l, 0) == '#' || (peek(l, 0) == '/' && peek(l, 1) == '/')) {
		for (n = 1; peek(l, n) >= 0 && peek(l, n) != '\n'; n++)
			;
		return n;
	}
	if (peek(l, 0) != '/' || peek(l, 1) != '*')
		return 0;
	for (n = 2; peek(l, n) >= 0; n++)
		if (peek(l, n) == '*' && peek(l, n + 1) == '/')
			return n + 2;
	BAD(s, l, NULL, "a comment that begins here has no end");
	return n;
}

static size_t
string_length(struct scan *s, struct level *l)
{
	size_t n = 1;

	for (; peek(l, n) >= 0; n++) {
		if (peek(l, n) == '"')
			return n + 1;
		if (peek(l, n) != '\\')
			continue;
		n++;
		if (peek(l, n) == 'x' && peek(l, n + 1) == '0' && peek(l, n + 2) == '0')
			BAD(s, l, NULL, "a text cannot hold a NUL (\\x00)");
	}
	BAD(s, l, NULL, "a text that begins here has no end");
	return n;
}

/* A whole number in libconfig's range?  32 bits, or 64 with an L behind it. */
static void
check_integer(struct scan *s, const struct level *l, dbn_text digits, unsigned base, bool neg,
	bool wide)
{
	const uint64_t limit = (wide ? (uint64_t)INT64_MAX : (uint64_t)INT32_MAX) + (neg ? 1u : 0u);
	uint64_t v = 0;
	bool over = false;
	char hint[64] = "";

	if (base == 10 && digits.len > 1 && digits.ptr[0] == '0') {
		BAD(s, l, "write it without them: there are no octal numbers here",
			"the number %.*s has leading zeros", DBN_TEXT_ARG(digits));
		return;
	}
	for (size_t i = 0; i < digits.len; i++) {
		char c = digits.ptr[i];
		unsigned d = is_digit(c) ? (unsigned)(c - '0') : ((unsigned)c | 32u) - 'a' + 10u;

		over = over || __builtin_mul_overflow(v, (uint64_t)base, &v) ||
			__builtin_add_overflow(v, (uint64_t)d, &v);
	}
	if (!over && v <= limit)
		return;
	if (!wide && !over && v <= (uint64_t)INT64_MAX)
		(void)snprintf(hint, sizeof hint, "a number of more than 32 bits needs an L: %s%.*sL",
			base == 16 ? "0x" : neg ? "-" : "", (int)(digits.len < 20 ? digits.len : 20),
			digits.ptr);
	BAD(s, l, hint, "the number %s%.*s is out of range", base == 16 ? "0x" : neg ? "-" : "",
		(int)(digits.len < 40 ? digits.len : 40), digits.ptr);
}

/* Length of a number that starts here, checked. */
static size_t
number_length(struct scan *s, struct level *l)
{
	size_t n = 0, first;
	bool neg = peek(l, 0) == '-', real = false, wide = false, bad;
	unsigned base = 10;
	dbn_text digits;

	if (peek(l, 0) == '-' || peek(l, 0) == '+')
		n++;
	if (peek(l, n) == '0' && (peek(l, n + 1) == 'x' || peek(l, n + 1) == 'X')) {
		if (n) {
			BAD(s, l, NULL, "a hexadecimal number has no sign");
			return n + 2;
		}
		base = 16;
		n += 2;
	}
	first = n;
	while (base == 16 ? is_hex(peek(l, n)) : is_digit(peek(l, n)))
		n++;
	digits = dbn_text_n(l->text.ptr + l->at + first, n - first);
	bad = base == 16 && !digits.len;
	if (base == 10 && peek(l, n) == '.') {
		real = true;
		for (n++; is_digit(peek(l, n)); n++)
			;
	}
	if (base == 10 && (peek(l, n) == 'e' || peek(l, n) == 'E')) {
		real = true;
		n++;
		if (peek(l, n) == '-' || peek(l, n) == '+')
			n++;
		bad = bad || !is_digit(peek(l, n));
		while (is_digit(peek(l, n)))
			n++;
	}
	for (unsigned i = 0; !real && i < 2 && peek(l, n) == 'L'; i++, n++)
		wide = true;
	if (bad || is_word(peek(l, n)) || peek(l, n) == '.') {
		size_t end = n;

		while ((is_word(peek(l, end)) || peek(l, end) == '.') && end < 40)
			end++;
		BAD(s, l, "a text stands in quotes", "\"%.*s\" is not a number", (int)end,
			l->text.ptr + l->at);
		return end;
	}
	if (!real)
		check_integer(s, l, digits, base, neg, wide);
	return n;
}

static void
bracket(struct scan *s, struct level *l, char c)
{
	char open = c == ')' ? '(' : c == ']' ? '[' : '{';

	if (c == '(' || c == '[' || c == '{') {
		if (s->nopen == DBN_CONF_DEPTH)
			BAD(s, l, NULL, "more than %d groups and lists within each other", DBN_CONF_DEPTH);
		else if (l->nopen < DBN_CONF_DEPTH) {
			l->open[l->nopen] = c;
			l->open_line[l->nopen] = l->line;
		}
		l->nopen++;
		s->nopen++;
		return;
	}
	if (!l->nopen) {
		BAD(s, l, NULL, "\"%c\" closes nothing", c);
		return;
	}
	l->nopen--;
	s->nopen--;
	if (l->nopen < DBN_CONF_DEPTH && l->open[l->nopen] != open)
		BAD(s, l, NULL, "\"%c\" does not close the \"%c\" of line %u", c, l->open[l->nopen],
			(unsigned)l->open_line[l->nopen]);
}

/* Is the file already being read?  By device and inode. */
static bool
is_cycle(const struct level *l, const char *path)
{
	struct stat want, have;

	if (stat(path, &want) != 0)
		return false;
	for (; l; l = l->outer)
		if (stat(l->file->path, &have) == 0 && have.st_dev == want.st_dev &&
			have.st_ino == want.st_ino)
			return true;
	return false;
}

static void
bad_cycle(struct scan *s, const struct level *l, const char *path)
{
	const struct level *way[DBN_CONF_INCLUDES + 1];
	dbn_str chain;
	size_t n = 0;

	dbn_str_init(&chain, 4096);
	for (const struct level *i = l; i && n <= DBN_CONF_INCLUDES; i = i->outer)
		way[n++] = i;
	while (n--)
		dbn_str_addf(&chain, "%s -> ", way[n]->file->path);
	dbn_str_adds(&chain, path);
	BAD(s, l, NULL, "files include each other: %s", dbn_str_z(&chain));
	dbn_str_free(&chain);
}

static bool
include_file(struct scan *s, struct level *l, dbn_text name)
{
	struct level inner = { .outer = l, .line = 1, .line_start = true };
	dbn_error *err = NULL;
	bool ok = false;
	dbn_str bytes;
	char *rel, *path, *dir;

	dbn_str_init(&bytes, 0);
	rel = dbn_arena_strndup(&s->tree->arena, name.ptr, name.len);
	/* what is included is shown as the including file's folder plus its name */
	path = rel ? dbn_conf_join(&s->tree->arena, l->file->dir, rel) : NULL;
	if (!path)
		goto out;
	ok = true;
	if (is_cycle(l, path)) {
		bad_cycle(s, l, path);
		goto out;
	}
	if (s->depth == DBN_CONF_INCLUDES) {
		BAD(s, l, NULL, "@include is nested deeper than %d files", DBN_CONF_INCLUDES);
		goto out;
	}
	if (dbn_conf_read_file(path, DBN_CONF_MAX_BYTES - s->flat->text.len, &bytes, &err) != DBN_OK) {
		BAD(s, l, dbn_error_hint(err), "%s%s%s", dbn_error_message(err),
			dbn_error_detail(err)[0] ? ": " : "", dbn_error_detail(err));
		ok = dbn_error_code(err) != DBN_E_NOMEM;
		goto out;
	}
	dir = dbn_conf_dir_of(&s->tree->arena, path, NULL);
	inner.file = dir ? dbn_conf_add_file(s->tree, path, dir) : NULL;
	inner.text = dbn_text_n(bytes.ptr, bytes.len);
	s->depth++;
	ok = inner.file && scan_level(s, &inner);
	s->depth--;
out:
	dbn_error_free(err);
	dbn_str_free(&bytes);
	return ok;
}

/* @include "file", at the beginning of a line. */
static bool
directive(struct scan *s, struct level *l)
{
	static const char word[] = "@include";
	const char *p = l->text.ptr + l->at, *name;
	size_t left = l->text.len - l->at, n = sizeof word - 1, from;

	if (left < n || memcmp(p, word, n) != 0 || !l->line_start || !s->include) {
		BAD(s, l, NULL, "\"@\" cannot stand here");
		return take(s, l, 1, false);
	}
	while (peek(l, n) == ' ' || peek(l, n) == '\t')
		n++;
	from = n + 1;
	if (peek(l, n) != '"')
		goto bad;
	for (n++; peek(l, n) >= 0 && peek(l, n) != '"' && peek(l, n) != '\n'; n++)
		if (peek(l, n) == '\\')
			goto bad;
	if (peek(l, n) != '"' || n == from)
		goto bad;
	name = p + from;
	l->at += n + 1;
	/* the file's lines are lines of their own */
	if (s->flat->nlines)
		dbn_str_addc(&s->flat->text, '\n');
	if (!include_file(s, l, dbn_text_n(name, n - from)))
		return false;
	dbn_str_addc(&s->flat->text, '\n');
	return begin_line(s, l);
bad:
	BAD(s, l, "write @include \"file\"", "an @include that cannot be read");
	return take(s, l, sizeof word - 1, false);
}

static size_t
word_length(const struct level *l)
{
	size_t n = 1;

	while (is_word(peek(l, n)))
		n++;
	return n;
}

static bool
is_bool(const struct level *l, size_t n)
{
	dbn_text word = dbn_text_n(l->text.ptr + l->at, n);

	return dbn_text_ieqz(word, "true") || dbn_text_ieqz(word, "false");
}

/* Class and length of the token that starts here; what is wrong in it is told. */
static unsigned
token_at(struct scan *s, struct level *l, size_t *n)
{
	int c = peek(l, 0);

	*n = 1;
	if (c == '"') {
		*n = string_length(s, l);
		return DBN_TOKEN_STRING;
	}
	if (is_digit(c) || ((c == '-' || c == '+' || c == '.') &&
		(is_digit(peek(l, 1)) || (peek(l, 1) == '.' && is_digit(peek(l, 2)))))) {
		*n = number_length(s, l);
		return DBN_TOKEN_NUMBER;
	}
	if (is_word(c) && c != '-' && c != '_') {
		*n = word_length(l);
		return is_bool(l, *n) ? DBN_TOKEN_BOOL : DBN_TOKEN_NAME;
	}
	if (c == '=' || c == ':')
		return DBN_TOKEN_ASSIGN;
	if (c == ';' || c == ',')
		return DBN_TOKEN_SEPARATOR;
	if (c == '{' || c == '(' || c == '[')
		return DBN_TOKEN_OPEN;
	return c == '}' || c == ')' || c == ']' ? DBN_TOKEN_CLOSE : DBN_TOKEN_OTHER;
}

static void
check_grammar(struct scan *s, const struct level *l, unsigned token, char c)
{
	const char *why = dbn_conf_grammar_step(&s->grammar, token, c);

	if (why)
		BAD(s, l, NULL, "%s", why);
}

static bool
is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool
scan_tokens(struct scan *s, struct level *l)
{
	while (l->at < l->text.len) {
		int c = peek(l, 0);
		size_t n = is_blank(c) ? 1 : comment_length(s, l);
		bool skipped = n > 0;
		unsigned token;

		if (!n && c == '@') {
			if (!directive(s, l))
				return false;
			continue;
		}
		if (!n) {
			uint32_t problems = s->problems->count;

			token = token_at(s, l, &n);
			/* one mistake is told once */
			if (s->problems->count == problems)
				check_grammar(s, l, token, (char)c);
			else
				s->grammar.broken = true;
			if (token == DBN_TOKEN_OPEN || token == DBN_TOKEN_CLOSE)
				bracket(s, l, (char)c);
		}
		if (!take(s, l, n, skipped))
			return false;
	}
	return true;
}

/* Bytes that no part of a configuration may hold. */
static bool
check_bytes(struct scan *s, struct level *l)
{
	const char *nul = l->text.len ? memchr(l->text.ptr, '\0', l->text.len) : NULL;
	size_t good = dbn_utf8_valid(l->text.ptr ? l->text.ptr : "", l->text.len);
	size_t stop = nul ? (size_t)(nul - l->text.ptr) : l->text.len;

	if (l->text.len >= 3 && memcmp(l->text.ptr, "\xEF\xBB\xBF", 3) == 0) {
		BAD(s, l, "save the file as UTF-8 without it", "the file begins with a byte order mark");
		return false;
	}
	if (good == l->text.len && !nul)
		return true;
	if (good < stop)
		stop = good;
	for (size_t i = 0; i < stop; i++)
		l->line += l->text.ptr[i] == '\n';
	BAD(s, l, NULL, stop == good ? "the text is not valid UTF-8" : "the text holds a NUL byte");
	return false;
}

static bool
scan_level(struct scan *s, struct level *l)
{
	unsigned outer = s->nopen;
	bool ok;

	if (!check_bytes(s, l))
		return true;
	if (!begin_line(s, l))
		return false;
	ok = scan_tokens(s, l);
	if (ok && l->nopen && l->nopen <= DBN_CONF_DEPTH)
		dbn_problem_at(s->problems, l->file->path, l->open_line[l->nopen - 1], NULL,
			"the \"%c\" that begins here is not closed", l->open[l->nopen - 1]);
	s->nopen = outer;
	return ok;
}

dbn_status
dbn_conf_scan(dbn_conf_tree *t, const dbn_conf_file *file, dbn_text text, bool include,
	dbn_conf_flat *flat, dbn_problems *problems)
{
	struct scan s = { .tree = t, .flat = flat, .problems = problems, .include = include };
	struct level l = { .file = file, .text = text, .line = 1, .line_start = true };
	uint32_t before = problems->count;

	if (text.len > DBN_CONF_MAX_BYTES) {
		BAD(&s, &l, NULL, "the text is longer than %zu MiB", DBN_CONF_MAX_BYTES >> 20);
		return DBN_OK;
	}
	if (!scan_level(&s, &l) || flat->text.status == DBN_E_NOMEM)
		return DBN_E_NOMEM;
	if (s.problems->count == before)
		check_grammar(&s, &l, DBN_TOKEN_END, '\0');
	if (flat->text.status != DBN_OK)
		BAD(&s, &l, NULL, "the files are longer than %zu MiB together",
			DBN_CONF_MAX_BYTES >> 20);
	return DBN_OK;
}
