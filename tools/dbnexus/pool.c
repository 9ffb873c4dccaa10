/* SPDX-License-Identifier: MIT */
/*
 * dbnexus pool: who holds which connection of a stack that runs elsewhere, who
 * waits, and the shares.  Asked at metrics.socket.
 */
#include "cli.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { SET, WHAT, STATE, USER, SESSION, TXN, AGE, STATEMENT, PLACE, COLUMNS };
static const char *const names[COLUMNS] = { "set", "what", "state", "user", "session", "transaction",
	"age_ms", "statement", "place" };

static long long
number(const json_t *o, const char *name)
{
	return (long long)json_integer_value(json_object_get(o, name));
}

static dbn_value
text_of(const json_t *o, const char *name)
{
	return out_text_or_null(json_string_value(json_object_get(o, name)));
}

/* What a set or a share is, in words. */
static void
describe(const json_t *o, const char *what, char *buf, size_t size)
{
	const char *breaker = json_string_value(json_object_get(o, "breaker"));

	if (strcmp(what, "set") == 0)
		(void)snprintf(buf, size, "%lld of %lld open, %lld busy, %lld waiting, breaker %s",
			number(o, "open"), number(o, "max"), number(o, "busy"), number(o, "waiting"),
			breaker ? breaker : "?");
	else if (number(o, "max"))
		(void)snprintf(buf, size, "weight %lld, %lld of %lld in use, %lld waiting, %lld turns",
			number(o, "weight"), number(o, "in_use"), number(o, "max"), number(o, "waiting"),
			number(o, "turns"));
	else
		(void)snprintf(buf, size, "weight %lld, %lld in use, %lld waiting, %lld turns",
			number(o, "weight"), number(o, "in_use"), number(o, "waiting"), number(o, "turns"));
}

static bool
show(struct out *out, const json_t *o)
{
	const char *what = json_string_value(json_object_get(o, "what"));
	const json_t *session = json_object_get(o, "session"), *age = json_object_get(o, "age_ms");
	const json_t *txn = json_object_get(o, "transaction");
	dbn_value cells[COLUMNS];
	char words[200];

	if (!what)
		return true;
	cells[SET] = text_of(o, "set");
	cells[WHAT] = out_text_or_null(what);
	cells[STATE] = text_of(o, "state");
	cells[USER] = text_of(o, strcmp(what, "share") == 0 ? "role" : "user");
	if (strcmp(what, "set") == 0 || strcmp(what, "share") == 0) {
		describe(o, what, words, sizeof words);
		cells[STATE] = dbn_v_text(words);
	}
	cells[SESSION] = session ? dbn_v_i64(json_integer_value(session)) : dbn_v_null(NULL);
	cells[TXN] = json_is_true(txn) ? dbn_v_text("yes") : txn ? dbn_v_text("no") : dbn_v_null(NULL);
	cells[AGE] = age ? dbn_v_i64(json_integer_value(age)) : dbn_v_null(NULL);
	cells[STATEMENT] = text_of(o, "statement");
	cells[PLACE] = text_of(o, "place");
	return out_row(out, cells);
}

static int
show_all(struct cli *c, const char *lines)
{
	struct out *out = cli_open_out(c, names, COLUMNS);
	bool ok = out != NULL;

	while (ok && *lines) {
		size_t n = strcspn(lines, "\n");
		json_t *o = json_loadb(lines, n, 0, NULL);

		ok = o && show(out, o);
		json_decref(o);
		lines += n + (lines[n] == '\n');
	}
	ok = out && out_finish(out) && ok;
	out_free(out);
	if (!ok)
		cli_say(c, "cannot show the answer");
	return ok ? EXIT_DONE : EXIT_FAILED;
}

int
cli_pool(struct cli *c)
{
	dbn_config *config = NULL;
	dbn_error *err = NULL;
	char *lines = NULL;
	dbn_status rc;
	int bad;

	if (c->nargs)
		return cli_usage(c, "pool takes no further words");
	bad = cli_open_config(c, &config);
	if (bad)
		return bad;
	rc = dbn_config_ask(config, "pool", &lines, &err);
	dbn_config_free(config);
	if (rc != DBN_OK)
		return cli_fail(c, err, NULL, 0);
	if (c->format == OUT_JSON)
		(void)fputs(lines, stdout);
	else
		bad = show_all(c, lines);
	dbn_free_text(lines);
	return bad;
}
