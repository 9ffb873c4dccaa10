/* SPDX-License-Identifier: MIT */
/*
 * Errors for people: what, where (with a caret under the statement), the facts,
 * what to try.  Nothing of it may drive the terminal.
 */
#include "cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int
cli_exit_status(dbn_status status)
{
	switch (status) {
	case DBN_OK:
	case DBN_DONE:
		return EXIT_DONE;
	case DBN_E_CONFIG:
	case DBN_E_PLUGIN:
		return EXIT_USAGE;
	case DBN_E_DENIED:
	case DBN_E_IDENTITY:
	case DBN_E_ACCESS:
		return EXIT_DENIED;
	case DBN_E_INTEGRITY:
		return EXIT_INTEGRITY;
	default:
		return EXIT_FAILED;
	}
}

/* Every line of p, each behind prefix. */
static void
print_lines(FILE *f, const struct cli *c, const char *prefix, const char *p)
{
	while (*p) {
		size_t n = strcspn(p, "\n");
		struct text t = { 0 };

		text_addz(&t, prefix);
		(void)text_show(&t, p, n, SIZE_MAX, c->utf8);
		text_addc(&t, '\n');
		if (!t.failed)
			(void)fwrite(t.ptr, 1, t.len, f);
		text_free(&t);
		p += n + (p[n] == '\n');
	}
}

/* The line of sql that holds byte at, cut around it, and a caret below. */
static void
print_caret(FILE *f, const struct cli *c, const char *sql, size_t len, size_t at, size_t width)
{
	size_t from = at, to = at, room = width > 12 ? width - 8 : 72, before;
	struct text t = { 0 };

	while (from > 0 && sql[from - 1] != '\n' && at - from < room / 2)
		from--;
	while (to < len && sql[to] != '\n' && to - from < room)
		to++;
	/* Not in the middle of a character. */
	while (from < at && from > 0 && ((unsigned char)sql[from] & 0xc0) == 0x80)
		from++;
	text_addz(&t, from > 0 && sql[from - 1] != '\n' ? "  ..." : "  ");
	before = t.len + text_columns(sql + from, at - from, c->utf8);
	(void)text_show(&t, sql + from, to - from, SIZE_MAX, c->utf8);
	text_addc(&t, '\n');
	for (size_t i = 0; i < before; i++)
		text_addc(&t, ' ');
	text_addz(&t, "^\n");
	if (!t.failed)
		(void)fwrite(t.ptr, 1, t.len, f);
	text_free(&t);
}

/* "line 3, column 7" of byte at; columns count characters. */
static void
print_place(FILE *f, const char *sql, size_t at)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < at; i++) {
		if (sql[i] == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)sql[i] & 0xc0) != 0x80)
			column++;
	}
	(void)fprintf(f, "  at line %zu, column %zu:\n", line, column);
}

/* A list of problems, each with its place and its hint: the first of them is the message. */
static bool
is_list(const dbn_error *err)
{
	const char *where = dbn_error_where(err), *detail = dbn_error_detail(err);
	size_t n = strlen(where);

	return n && strncmp(detail, where, n) == 0 && strncmp(detail + n, ": ", 2) == 0 &&
		strncmp(detail + n + 2, dbn_error_message(err), strlen(dbn_error_message(err))) == 0;
}

void
cli_print_error(FILE *f, const struct cli *c, const dbn_error *err, const char *sql, size_t len,
	size_t width)
{
	uint32_t at = dbn_error_position(err);
	unsigned deep = 0;

	if (is_list(err)) {
		print_lines(f, c, "dbnexus: ", dbn_error_detail(err));
		return;
	}
	print_lines(f, c, "dbnexus: ", dbn_error_message(err));
	if (*dbn_error_where(err))
		print_lines(f, c, "  at ", dbn_error_where(err));
	if (sql && at > 0 && at - 1 <= len) {
		print_place(f, sql, at - 1);
		print_caret(f, c, sql, len, at - 1, width);
	}
	if (!strstr(dbn_error_message(err), dbn_error_detail(err)))
		print_lines(f, c, "  ", dbn_error_detail(err));
	for (const dbn_error *e = dbn_error_cause(err); e && deep < 8; e = dbn_error_cause(e), deep++) {
		print_lines(f, c, "  because: ", dbn_error_message(e));
		print_lines(f, c, "    ", dbn_error_detail(e));
	}
	print_lines(f, c, "  hint: ", dbn_error_hint(err));
}

int
cli_fail(const struct cli *c, dbn_error *err, const char *sql, size_t len)
{
	int status = cli_exit_status(dbn_error_code(err));

	/* What was printed already stands before the error. */
	(void)fflush(stdout);
	cli_print_error(stderr, c, err, sql, len, text_terminal_width(stderr));
	dbn_error_free(err);
	return status == EXIT_DONE ? EXIT_FAILED : status;
}

static void __attribute__((format(printf, 2, 0)))
say(const struct cli *c, const char *fmt, va_list ap)
{
	char *line = NULL;

	if (vasprintf(&line, fmt, ap) < 0)
		return;
	print_lines(stderr, c, "dbnexus: ", line);
	free(line);
}

void
cli_say(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(c, fmt, ap);
	va_end(ap);
}

int
cli_usage(const struct cli *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(c, fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "  hint: \"dbnexus %s%s--help\" shows how it is used\n",
		c->command ? c->command : "", c->command ? " " : "");
	return EXIT_USAGE;
}

struct out *
cli_open_out(const struct cli *c, const char *const *names, size_t n)
{
	struct out_opts opts = { c->format, text_terminal_width(stdout), c->utf8, false };
	struct out *o;

	opts.colour = opts.width && !getenv("NO_COLOR");
	o = out_open(stdout, &opts, names, n);
	if (!o)
		cli_say(c, "out of memory");
	return o;
}
