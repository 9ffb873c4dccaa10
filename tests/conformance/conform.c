/* SPDX-License-Identifier: MIT */
/*
 * The frame: arguments, one process per case, the instance around it, TAP.
 * One thread; what a suite starts is its own.
 */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/conform.h"

#define MAX_WORDS 128
#define EXIT_SKIPPED 77
#define MAX_TRIES 30

typedef struct words {
	char *w[MAX_WORDS + 1];
	size_t n;
} words;

typedef struct setup {
	const char *path, *only;
	bool in_process;
	uint32_t kind;
	words settings, args, quirks, must_fail;
} setup;

static void
add(words *w, const char *text)
{
	if (w->n == MAX_WORDS) {
		fprintf(stderr, "too many arguments\n");
		exit(2);
	}
	w->w[w->n] = strdup(text);
	if (!w->w[w->n++])
		exit(2);
}

/* Replace @TMP@. */
static char *
expand(const char *text, const char *tmp)
{
	const char *at = strstr(text, "@TMP@");
	char *out = NULL;

	if (!at)
		return strdup(text);
	if (asprintf(&out, "%.*s%s%s", (int)(at - text), text, tmp, at + 5) < 0)
		return NULL;
	return out;
}

static void
expand_all(const words *in, words *out, const char *tmp)
{
	out->n = 0;
	for (size_t i = 0; i < in->n; i++)
		out->w[out->n++] = expand(in->w[i], tmp);
	out->w[out->n] = NULL;
}

static void
free_words(words *w)
{
	while (w->n)
		free(w->w[--w->n]);
}

static const char *
lookup(const char *const *lines, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; lines[i]; i++)
		if (strncmp(lines[i], name, n) == 0 &&
			(lines[i][n] == '=' || lines[i][n] == ' ' || !lines[i][n]))
			return lines[i][n] ? lines[i] + n + 1 : "";
	return NULL;
}

const char *
conform_quirk(const conform *cf, const char *name)
{
	const char *v = lookup(cf->quirks, name);

	return v ? v : lookup(cf->args, name);
}

const char *
conform_arg(const conform *cf, const char *name, const char *otherwise)
{
	const char *v = lookup(cf->args, name);

	return v ? v : otherwise;
}

void
conform_skip(conform *cf, const char *why)
{
	cf->skipped = why;
}

void
conform_fail_at(conform *cf, const char *file, int line, const char *fmt, ...)
{
	const char *base = strrchr(file, '/');
	va_list ap;

	cf->failed++;
	printf("# %s:%d: ", base ? base + 1 : file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

static void
forget(conform *cf)
{
	dbn_error_free(cf->err);
	cf->err = NULL;
}

bool
conform_ok_at(conform *cf, const char *file, int line, const char *what, dbn_status rc)
{
	cf->checked++;
	if (rc == DBN_OK && cf->err)
		conform_fail_at(cf, file, line, "%s: an error beside DBN_OK: %s", what,
			dbn_error_message(cf->err));
	if (rc != DBN_OK)
		conform_fail_at(cf, file, line, "%s: %s [%s] %s (%s)", what, dbn_status_name(rc),
			dbn_error_sqlstate(cf->err), dbn_error_message(cf->err),
			dbn_error_detail(cf->err));
	forget(cf);
	return rc == DBN_OK;
}

bool
conform_error_at(conform *cf, const char *file, int line, const char *what, dbn_status rc,
	dbn_status want, const char *sqlstate)
{
	unsigned before = cf->failed;

	cf->checked++;
	if (rc != want)
		conform_fail_at(cf, file, line, "%s: %s, wanted %s: %s", what, dbn_status_name(rc),
			dbn_status_name(want), dbn_error_message(cf->err));
	else if (!cf->err || dbn_error_code(cf->err) != rc)
		conform_fail_at(cf, file, line, "%s: no error object that says %s", what,
			dbn_status_name(rc));
	else if (sqlstate && strcmp(dbn_error_sqlstate(cf->err), sqlstate) != 0)
		conform_fail_at(cf, file, line, "%s: SQLSTATE %s, wanted %s: %s", what,
			dbn_error_sqlstate(cf->err), sqlstate, dbn_error_message(cf->err));
	forget(cf);
	return cf->failed == before;
}

dbn_status
conform_again(conform *cf, fake_plugin *fp)
{
	return fake_plugin_again(fp, &cf->plugin, cf->settings, &cf->err);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Load, make the instance, run, unmake.  0 passed, 1 failed, 77 skipped. */
static int
run_case(const setup *s, const conform_case *c, const char *tmp)
{
	words settings, args, quirks;
	conform cf;
	bool made = false;

	memset(&cf, 0, sizeof cf);
	expand_all(&s->settings, &settings, tmp);
	expand_all(&s->args, &args, tmp);
	expand_all(&s->quirks, &quirks, tmp);
	cf.tmp = tmp;
	cf.path = s->path;
	cf.settings = (const char *const *)settings.w;
	cf.args = (const char *const *)args.w;
	cf.quirks = (const char *const *)quirks.w;
	if (!(c->flags & CONFORM_NO_INSTANCE))
		made = conform_ok_at(&cf, __FILE__, __LINE__, "make an instance",
			fake_plugin_open(&cf.plugin, s->path, NULL, cf.settings, NULL, &cf.err));
	if (made && cf.plugin.desc->kind != s->kind)
		conform_fail_at(&cf, __FILE__, __LINE__, "a plugin of another kind");
	else if (made || (c->flags & CONFORM_NO_INSTANCE))
		c->run(&cf);
	if (made) {
		int64_t live;

		fake_plugin_close(&cf.plugin);
		live = atomic_load(&cf.plugin.fh.live);
		CF_CHECK(&cf, cf.failed || live == 0, "%lld pieces of host memory not released",
			(long long)live);
	}
	CF_CHECK(&cf, cf.skipped || cf.checked > 1, "nothing was checked");
	if (cf.skipped)
		printf("# does not apply: %s\n", cf.skipped);
	forget(&cf);
	free_words(&settings);
	free_words(&args);
	free_words(&quirks);
	return cf.failed ? 1 : cf.skipped ? EXIT_SKIPPED : 0;
}

static int
in_child(const setup *s, const conform_case *c, const char *tmp)
{
	pid_t pid;
	int st = 0;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return 1;
	if (pid == 0) {
		int rc;

		alarm(c->seconds ? c->seconds : 30);
		rc = run_case(s, c, tmp);
		(void)fflush(stdout); /* a sanitizer may end the process before exit() does */
		exit(rc);
	}
	while (waitpid(pid, &st, 0) < 0)
		if (errno != EINTR)
			return 1;
	if (WIFSIGNALED(st)) {
		printf("# %s\n", WTERMSIG(st) == SIGALRM ? "hangs" : strsignal(WTERMSIG(st)));
		return 1;
	}
	return WEXITSTATUS(st);
}

static int
one(const setup *s, const conform_case *c)
{
	const char *base = getenv("TMPDIR");
	char *tmp = NULL;
	int rc;

	if (asprintf(&tmp, "%s/conform.XXXXXX", base && *base ? base : "/tmp") < 0 || !mkdtemp(tmp)) {
		printf("# cannot make a directory\n");
		free(tmp);
		return 1;
	}
	rc = s->in_process ? run_case(s, c, tmp) : in_child(s, c, tmp);
	(void)nftw(tmp, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(tmp);
	return rc;
}

static void
read_quirks(setup *s, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[512];

	if (!f) {
		fprintf(stderr, "cannot open \"%s\"\n", path);
		exit(2);
	}
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = 0;
		if (*line && *line != '#')
			add(&s->quirks, line);
	}
	(void)fclose(f);
}

static void
read_args(setup *s, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(a, "--in-process") == 0) {
			s->in_process = true;
			continue;
		}
		if (*a != '-') {
			s->path = a;
			continue;
		}
		if (!v) {
			s->path = NULL;
			break;
		}
		i++;
		if (strcmp(a, "--set") == 0)
			add(&s->settings, v);
		else if (strcmp(a, "--arg") == 0)
			add(&s->args, v);
		else if (strcmp(a, "--quirks") == 0)
			read_quirks(s, v);
		else if (strcmp(a, "--must-fail") == 0)
			add(&s->must_fail, v);
		else if (strcmp(a, "--only") == 0)
			s->only = v;
		else
			s->path = NULL;
	}
	if (!s->path) {
		fprintf(stderr, "usage: %s [--set NAME=VALUE] [--arg NAME=VALUE] [--quirks FILE] "
			"[--only CASE] [--must-fail CASE] [--in-process] PLUGIN.so\n", argv[0]);
		exit(2);
	}
}

static bool
wanted_to_fail(const setup *s, const char *name)
{
	for (size_t i = 0; i < s->must_fail.n; i++)
		if (strcmp(s->must_fail.w[i], name) == 0)
			return true;
	return false;
}

/* Whether a case fails that has to: what goes wrong by a race only shows in one
 * of several runs. */
static bool
caught_at_last(const setup *s, const conform_case *c)
{
	for (int i = 0; i < MAX_TRIES; i++)
		if (one(s, c) == 1)
			return true;
	return false;
}

static void
report(int rc, size_t n, const char *name, const char *prefix)
{
	if (rc == EXIT_SKIPPED)
		printf("ok %zu - %s%s (does not apply)\n", n, prefix, name);
	else
		printf("%s %zu - %s%s\n", rc ? "not ok" : "ok", n, prefix, name);
	fflush(stdout);
}

/* A plugin that is spoilt on purpose also spoils memory: sanitizers report that to
 * the terminal, not into the files where somebody looks for reports.  A case that
 * fails leaves off with things open; that is no leak, and must not be what catches
 * the plugin: the case itself must. */
static void
own_reports(const setup *s, char **argv)
{
	const char *asan = getenv("ASAN_OPTIONS");
	char options[1024];

	if (!s->must_fail.n || !asan || !strstr(asan, "log_path") || getenv("CONFORM_SPOILT"))
		return;
	(void)snprintf(options, sizeof options, "%s:log_path=stderr:detect_leaks=0", asan);
	(void)setenv("ASAN_OPTIONS", options, 1);
	(void)setenv("UBSAN_OPTIONS", "log_path=stderr", 1);
	(void)setenv("CONFORM_SPOILT", "1", 1);
	(void)execv("/proc/self/exe", argv);
}

int
conform_main(int argc, char **argv, uint32_t kind, const conform_case *cases, size_t n)
{
	setup s;
	size_t shown = 0, bad = 0, caught = 0;

	memset(&s, 0, sizeof s);
	s.kind = kind;
	read_args(&s, argc, argv);
	own_reports(&s, argv);
	for (size_t i = 0; i < n; i++) {
		bool must_fail = wanted_to_fail(&s, cases[i].name);
		int rc;

		if ((s.only && strcmp(s.only, cases[i].name) != 0) || (s.must_fail.n && !must_fail))
			continue;
		if (must_fail) {
			rc = caught_at_last(&s, &cases[i]) ? 0 : 1;
			caught += rc == 0;
		} else {
			rc = one(&s, &cases[i]);
		}
		bad += rc != 0 && rc != EXIT_SKIPPED;
		report(rc, ++shown, cases[i].name, must_fail ? "catches " : "");
	}
	if (caught + bad < s.must_fail.n) {
		printf("# a case named by --must-fail does not exist\n");
		bad++;
	}
	printf("1..%zu\n", shown);
	free_words(&s.settings);
	free_words(&s.args);
	free_words(&s.quirks);
	free_words(&s.must_fail);
	return bad || !shown ? 1 : 0;
}
