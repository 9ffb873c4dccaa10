/* SPDX-License-Identifier: MIT */
/*
 * TAP, stacks, and statements on the tables of the tests; see world.h.  Notes may
 * come from any thread.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "world.h"

/* ---- TAP ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int cases, bad, notes;

void
tap_note(const char *fmt, ...)
{
	va_list ap;

	(void)pthread_mutex_lock(&mutex);
	if (notes++ < 12) {
		printf("# ");
		va_start(ap, fmt);
		(void)vprintf(fmt, ap);
		va_end(ap);
		printf("\n");
		(void)fflush(stdout);
	}
	(void)pthread_mutex_unlock(&mutex);
}

int
tap_notes(void)
{
	int n;

	(void)pthread_mutex_lock(&mutex);
	n = notes;
	(void)pthread_mutex_unlock(&mutex);
	return n;
}

bool
tap_ok(bool good, const char *fmt, ...)
{
	va_list ap;

	(void)pthread_mutex_lock(&mutex);
	good = good && !notes;
	if (notes > 12)
		printf("# and %d more\n", notes - 12);
	notes = 0;
	printf("%sok %d - ", good ? "" : "not ", ++cases);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	(void)fflush(stdout);
	bad += !good;
	(void)pthread_mutex_unlock(&mutex);
	return good;
}

int
tap_end(void)
{
	printf("1..%d\n", cases);
	(void)fflush(stdout);
	return bad ? 1 : 0;
}

static void
too_long(int sig)
{
	static const char words[] = "Bail out! something hangs\n";

	(void)sig;
	if (write(1, words, sizeof words - 1) < 0)
		_exit(2);
	_exit(1);
}

void
tap_guard(unsigned seconds)
{
	const char *more = getenv("DBN_TEST_GUARD");

	if (more)
		seconds = (unsigned)strtoul(more, NULL, 10);
	(void)signal(SIGALRM, too_long);
	(void)alarm(seconds);
}

uint64_t
now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void
sleep_ms(unsigned ms)
{
	struct timespec ts = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	while (nanosleep(&ts, &ts) != 0 && errno == EINTR)
		continue;
}

/* ---- stacks ---- */

static const char policy[] =
	"version = 1;\n"
	"roles = ( { name = \"all\"; } );\n"
	"users = ( { name = \"tester\"; roles = [ \"all\" ]; } );\n"
	"rules = (\n"
	"\t{ id = \"rows\"; roles = [ \"all\" ]; relation = \"*\"; actions = [ \"read\", \"write\" ];"
	" columns = [ \"*\" ]; },\n"
	"\t{ id = \"ddl\"; roles = [ \"all\" ]; database = \"main\"; actions = [ \"admin.ddl\","
	" \"admin.settings\" ]; } );\n";

static void
put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0) {
		printf("Bail out! cannot write %s\n", path);
		exit(1);
	}
}

dbn_status
stack_try(const world *w, const char *url, const char *driver, const char *pool, const char *more,
	dbn_pool **out, dbn_error **err)
{
	char path[128], text[4096];
	static _Atomic int no;

	(void)snprintf(path, sizeof path, "%s/policy.conf", w->work);
	put_file(path, policy);
	(void)snprintf(path, sizeof path, "%s/app-%d.conf", w->work, no++);
	(void)snprintf(text, sizeof text, "version = 1;\n"
		"databases = { main = {\n"
		"\tdriver = { plugin = \"%s\"; url = \"%s\"; settings = { %s }; };\n"
		"\tpool = { %s };\n}; };\n"
		"permission = { plugin = \"rbac\"; settings = { file = \"policy.conf\"; }; };\n"
		"log = { level = \"error\"; to = \"stderr\"; };\n%s",
		w->postgres ? "postgres" : "mysql", url, driver, pool, more);
	put_file(path, text);
	return dbn_pool_open(path, out, err);
}

dbn_pool *
stack_make(const world *w, const char *url, const char *driver, const char *pool, const char *more)
{
	dbn_error *err = NULL;
	dbn_pool *p = NULL;

	if (stack_try(w, url, driver, pool, more, &p, &err) != DBN_OK) {
		printf("Bail out! no stack: %s: %s\n", dbn_error_message(err), dbn_error_detail(err));
		exit(1);
	}
	return p;
}

dbn_session *
session_make(dbn_pool *p)
{
	dbn_session *s = NULL;
	dbn_error *err = NULL;

	if (dbn_session_open_as(p, "tester", &s, &err) != DBN_OK) {
		printf("Bail out! no session: %s\n", dbn_error_message(err));
		exit(1);
	}
	return s;
}

void
must(dbn_session *s, const char *sql)
{
	dbn_error *err = NULL;

	if (dbn_exec(s, sql, DBN_ARGS(), NULL, &err) != DBN_OK) {
		printf("Bail out! %s: %s: %s\n", sql, dbn_error_message(err), dbn_error_detail(err));
		exit(1);
	}
}

/* ---- errors ---- */

static const struct expected {
	dbn_status rc;
	bool retryable, hint;
} expected[] = {
	{ DBN_E_CONN, true, true },
	{ DBN_E_UNKNOWN_OUTCOME, false, true },
	{ DBN_E_TIMEOUT, false, false },
	{ DBN_E_TXN_FAILED, false, true },
	{ DBN_E_BUSY, true, true },
	{ DBN_E_IO, false, true },
};

void
judge(const char *where, dbn_status rc, dbn_error *err, const dbn_status *allowed)
{
	const char *text = dbn_error_message(err);

	if (rc == DBN_OK) {
		if (err)
			tap_note("%s: OK with an error: %s", where, text);
		dbn_error_free(err);
		return;
	}
	while (*allowed != DBN_OK && *allowed != rc)
		allowed++;
	if (*allowed == DBN_OK)
		tap_note("%s: %s is not what it should be: %s (%s)", where, dbn_status_name(rc), text,
			dbn_error_detail(err));
	if (dbn_error_code(err) != rc || !*text || strchr(text, '\n'))
		tap_note("%s: %s comes with error %s \"%s\"", where, dbn_status_name(rc),
			dbn_status_name(dbn_error_code(err)), text);
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		if (expected[i].rc != rc)
			continue;
		if (dbn_error_retryable(err) != expected[i].retryable)
			tap_note("%s: %s is %sretryable: %s", where, dbn_status_name(rc),
				expected[i].retryable ? "not " : "", text);
		if (expected[i].hint && !*dbn_error_hint(err))
			tap_note("%s: %s has no hint: %s (%s)", where, dbn_status_name(rc), text,
				dbn_error_detail(err));
	}
	dbn_error_free(err);
}

/* ---- statements ---- */

static dbn_text
text_of(const char *z)
{
	return (dbn_text){ z, strlen(z) };
}

void
seed_word(int64_t id, char *out, size_t size)
{
	(void)snprintf(out, size, "seed %lld of the test, with a tail so that rows have some length "
		"on the wire: %032lld", (long long)id, (long long)(id * 7919));
}

static bool
seed_is(int64_t id, const char *word)
{
	char want[160];

	seed_word(id, want, sizeof want);
	return word && strcmp(word, want) == 0;
}

dbn_status
seed_read(dbn_session *s, int64_t id, const dbn_query_opts *opts, dbn_error **err)
{
	const char *word = NULL;
	dbn_rows *rows = NULL;
	dbn_status rc = dbn_query_with(s, text_of("SELECT word FROM fault_seed WHERE id = ?"),
		DBN_ARGS(id), opts, &rows, err);

	if (rc != DBN_OK)
		return rc;
	rc = dbn_rows_next(rows, err);
	if (rc == DBN_DONE)
		tap_note("read of row %lld: there is none", (long long)id);
	if (rc == DBN_OK)
		rc = dbn_rows_scan(rows, DBN_OUT(&word), err);
	if (rc == DBN_OK && !seed_is(id, word))
		tap_note("read of row %lld: wrong row \"%s\"", (long long)id, word ? word : "");
	if (rc == DBN_OK && (rc = dbn_rows_next(rows, err)) == DBN_OK)
		tap_note("read of row %lld: a second one", (long long)id);
	dbn_rows_close(rows);
	return rc == DBN_DONE ? DBN_OK : rc;
}

dbn_status
seed_scan(dbn_session *s, const dbn_query_opts *opts, dbn_error **err)
{
	dbn_rows *rows = NULL;
	int64_t id = 0, n = 0;
	const char *word = NULL;
	dbn_status rc = dbn_query_with(s, text_of("SELECT id, word FROM fault_seed ORDER BY id"),
		DBN_ARGS(), opts, &rows, err);

	if (rc != DBN_OK)
		return rc;
	while ((rc = dbn_rows_next(rows, err)) == DBN_OK) {
		rc = dbn_rows_scan(rows, DBN_OUT(&id, &word), err);
		if (rc != DBN_OK)
			break;
		if (id != ++n || !seed_is(id, word))
			tap_note("scan: row %lld is %lld \"%s\"", (long long)n, (long long)id,
				word ? word : "");
	}
	if (rc == DBN_DONE && n != SEED_ROWS)
		tap_note("scan: ended without an error after %lld rows", (long long)n);
	dbn_rows_close(rows);
	return rc == DBN_DONE ? DBN_OK : rc;
}

dbn_status
row_insert(dbn_session *s, int64_t id, int64_t grp, const dbn_query_opts *opts, dbn_error **err)
{
	dbn_result res = { .struct_size = (uint32_t)sizeof res };
	char word[40];
	dbn_status rc;

	(void)snprintf(word, sizeof word, "row %lld", (long long)id);
	rc = dbn_exec_with(s, text_of("INSERT INTO fault_rows (id, grp, word) VALUES (?, ?, ?)"),
		DBN_ARGS(id, grp, (const char *)word), opts, &res, err);
	if (rc == DBN_OK && res.affected != 1)
		tap_note("insert of row %lld: OK, with %llu rows", (long long)id,
			(unsigned long long)res.affected);
	return rc;
}
