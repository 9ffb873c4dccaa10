/* SPDX-License-Identifier: MIT */
/*
 * dbnexus plugins check: runs the conformance program of the plugin's kind over
 * it and makes a report of what that says (TAP).  The programs are installed
 * beside the command's private parts; DBNEXUS_LIBEXEC names another place.
 */
#include "cli.h"

#include <dbnexus/plugins.h>
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_MAX_BYTES 4096
#define NOTE_MAX_BYTES 8192
#define NOTES_MAX 4

extern char **environ;

struct report {
	struct cli *c;
	struct out *out;
	char note[NOTE_MAX_BYTES]; /* what stood before the next result */
	size_t len;
	unsigned notes;
	unsigned long passed, failed, apart;
	bool broken; /* the report cannot be written */
};

static void
append_note(struct report *r, const char *text)
{
	int n = snprintf(r->note + r->len, sizeof r->note - r->len, "%s%s", r->len ? "; " : "", text);

	if (n > 0)
		r->len = (size_t)n < sizeof r->note - r->len ? r->len + (size_t)n : sizeof r->note - 1;
}

/* The first few say it; a case in a loop says it a hundred times. */
static void
add_note(struct report *r, const char *text)
{
	if (++r->notes <= NOTES_MAX)
		append_note(r, text);
}

/* "ok 3 - name (does not apply)" */
static void
one_result(struct report *r, char *line)
{
	bool ok = strncmp(line, "ok ", 3) == 0;
	char *name = strstr(line, " - "), *skip;
	dbn_value cells[3];
	const char *result;

	if (!name)
		return;
	name += 3;
	skip = strstr(name, " (does not apply)");
	if (skip)
		*skip = '\0';
	result = !ok ? "failed" : skip ? "does not apply" : "passed";
	r->passed += ok && !skip;
	r->failed += !ok;
	r->apart += ok && skip;
	if (r->notes > NOTES_MAX) {
		char more[40];

		(void)snprintf(more, sizeof more, "and %u more", r->notes - NOTES_MAX);
		append_note(r, more);
	}
	cells[0] = dbn_v_text(name);
	cells[1] = dbn_v_text(result);
	cells[2] = dbn_v_text(strncmp(r->note, "does not apply: ", 16) == 0 ? r->note + 16 : r->note);
	r->broken = !out_row(r->out, cells) || r->broken;
	r->note[0] = '\0';
	r->len = 0;
	r->notes = 0;
}

static void
read_results(struct report *r, FILE *f)
{
	char line[LINE_MAX_BYTES];

	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' && line[1] == ' ')
			add_note(r, line + 2);
		else if (strncmp(line, "ok ", 3) == 0 || strncmp(line, "not ok ", 7) == 0)
			one_result(r, line);
	}
}

/* Starts it with its output in *f; 0, or an errno. */
static int
start(char **argv, FILE **f, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int ends[2], rc;

	if (pipe(ends) != 0)
		return errno;
	rc = posix_spawn_file_actions_init(&actions);
	if (rc == 0) {
		rc = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
		if (rc == 0)
			rc = posix_spawn_file_actions_addclose(&actions, ends[0]);
		if (rc == 0)
			rc = posix_spawn(pid, argv[0], &actions, NULL, argv, environ);
		(void)posix_spawn_file_actions_destroy(&actions);
	}
	(void)close(ends[1]);
	*f = rc == 0 ? fdopen(ends[0], "r") : NULL;
	if (!*f)
		(void)close(ends[0]);
	return rc;
}

static void
head(const struct cli *c, const dbn_plugin_info *info)
{
	(void)printf("%s-%s %s\n", info->kind_name, info->name, info->version);
	(void)printf("  file     %s\n", info->path);
	(void)printf("  abi      %u.%u\n", info->abi_major, info->abi_minor);
	(void)printf("  checked  by dbnexus %s (abi %d.%d)\n", PACKAGE_VERSION, DBN_ABI_MAJOR, DBN_ABI_MINOR);
	for (size_t i = 0; i + 1 < c->nforward; i += 2)
		(void)printf("  %-8s %s\n", c->forward[i] + 2, c->forward[i + 1]);
}

static int
run(struct cli *c, const dbn_plugin_info *info, char **argv)
{
	static const char *const names[] = { "case", "result", "note" };
	struct report r = { .c = c };
	FILE *f = NULL;
	pid_t pid = 0;
	int rc, st = 0;

	(void)fflush(stdout);
	rc = start(argv, &f, &pid);
	if (rc != 0 || !f) {
		cli_say(c, "cannot run %s: %s", argv[0], rc == ENOENT ? "it is not installed" : "it cannot be started");
		(void)fputs("  hint: the suites come with dbnexus; DBNEXUS_LIBEXEC names where they are\n", stderr);
		return EXIT_FAILED;
	}
	if (c->format == OUT_TABLE)
		head(c, info);
	r.out = cli_open_out(c, names, 3);
	if (r.out)
		read_results(&r, f);
	(void)fclose(f);
	while (waitpid(pid, &st, 0) < 0 && errno == EINTR)
		continue;
	if (!r.out)
		return EXIT_FAILED;
	r.broken = !out_finish(r.out) || r.broken;
	out_free(r.out);
	if (WIFEXITED(st) && WEXITSTATUS(st) == EXIT_USAGE)
		return EXIT_USAGE;
	if (c->format == OUT_TABLE)
		(void)printf("%lu passed, %lu failed, %lu do not apply\n", r.passed, r.failed, r.apart);
	if (r.passed + r.failed == 0) {
		cli_say(c, "no case was run");
		return EXIT_FAILED;
	}
	return st == 0 && !r.failed && !r.broken ? EXIT_DONE : EXIT_FAILED;
}

int
cli_plugins_check(struct cli *c, const dbn_plugin_info *info)
{
	const char *dir = getenv("DBNEXUS_LIBEXEC");
	char program[4096], **argv = calloc(c->nforward + 3, sizeof *argv);
	size_t n = 0;
	int rc;

	if (!argv) {
		cli_say(c, "out of memory");
		return EXIT_FAILED;
	}
	(void)snprintf(program, sizeof program, "%s/conform-%s", dir && *dir ? dir : DBN_LIBEXEC,
		info->kind_name);
	argv[n++] = program;
	for (size_t i = 0; i < c->nforward; i++)
		argv[n++] = (char *)c->forward[i];
	argv[n++] = (char *)info->path;
	rc = run(c, info, argv);
	free(argv);
	return rc;
}
