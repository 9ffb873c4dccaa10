/* SPDX-License-Identifier: MIT */
/*
 * What the server answers, as errors with fields.  Its primary message names
 * things but may quote values too (22xxx, XX000), so for those it only travels
 * in the detail, which the core withholds where rules hide rows.
 */
#include <stdarg.h>
#include <stdlib.h>

#include "driver.h"

bool
pg_is_error(const PGresult *r)
{
	ExecStatusType st = PQresultStatus(r);

	return st == PGRES_FATAL_ERROR || st == PGRES_BAD_RESPONSE;
}

dbn_status
pg_fail_state(const dbn_host *h, dbn_error **err, const char *state, const char *hint,
	const char *fmt, ...)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };
	dbn_status rc;
	va_list ap;

	memcpy(f.sqlstate, state, 6);
	f.hint = plug_text(hint);
	va_start(ap, fmt);
	rc = h->fail(h, err, &f, fmt, ap);
	va_end(ap);
	return rc;
}

static dbn_text
field(const PGresult *res, int code)
{
	return plug_text(PQresultErrorField(res, code));
}

#define PG_HINT_CA "Name the certificate of the authority that signed the server's: the setting ca, or " \
	"sslrootcert in the url; sslmode may lower what is checked."

static const struct advice {
	char state[6];
	const char *hint;
} advices[] = {
	{ "23505", "A row with this key is there already: update it, or use another key." },
	{ "25P02", "Roll the transaction back, or back to a savepoint." },
	{ "25006", "The transaction or the connection is read-only." },
	{ "40001", "Run the whole transaction again." },
	{ "40P01", "Run the whole transaction again." },
	{ "42501", "Grant the right to the role that DBNexus connects as." },
	{ "42P18", "Cast the parameter: CAST($1 AS bigint)." },
	{ "53100", "Make room on the server's disk." },
	{ "53300", "Lower max of the pool, or raise max_connections of the server." },
	{ "55P03", "Another transaction holds the lock: try again." },
	{ "3D000", "Create the database first; create = true (--create) makes it at connect." },
};

static dbn_text
hint_for(const char *state, dbn_text given)
{
	if (given.len)
		return given;
	for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
		if (memcmp(advices[i].state, state, 5) == 0)
			return plug_text(advices[i].hint);
	return given;
}

/* The server counts characters, from 1; we count bytes. */
static uint32_t
byte_position(const struct dbn_conn *c, const char *position)
{
	long at = position ? strtol(position, NULL, 10) : 0, seen = 0;

	if (!c->sql || at <= 0)
		return 0;
	for (size_t i = 0; c->sql[i] && i < UINT32_MAX - 1; i++)
		if (((unsigned char)c->sql[i] & 0xc0) != 0x80 && ++seen == at)
			return (uint32_t)i + 1;
	return 0;
}

static dbn_status
fail_stopped(struct dbn_conn *c, dbn_fail_info *f, dbn_error **err)
{
	if (c->stop == PG_STOP_DEADLINE)
		return pg_too_late(c, err);
	if (c->stop == PG_STOP_LIMIT)
		return pg_fail_state(c->host, err, "54000", NULL, "the result is larger than the limit");
	memcpy(f->sqlstate, "57014", 6);
	if (c->stop == PG_STOP_CANCEL || pg_was_cancelled(c))
		return plug_fail(c->host, err, f, "the statement was cancelled");
	f->hint = PLUG_TEXT("The setting statement_timeout of the driver, or somebody on the server, "
		"stopped it.");
	return plug_fail(c->host, err, f, "the server stopped the statement");
}

/* The words of an error whose message may hold values. */
static const char *
words_for(const char *state)
{
	static const struct { char class[3]; const char *text; } words[] = {
		{ "22", "a value cannot be taken as it is" }, { "P0", "a routine raised an error" },
		{ "38", "a routine failed" }, { "39", "a routine failed" }, { "44", "a check was violated" },
		{ "XX", "the server reports a fault of its own" },
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (memcmp(words[i].class, state, 2) == 0)
			return words[i].text;
	return NULL;
}

/* "unnamed portal parameter $2": which; 0: it does not say. */
static unsigned long
parameter_in(const char *context)
{
	static const char mark[] = "portal parameter $";
	const char *p = context ? strstr(context, mark) : NULL;

	return p ? strtoul(p + sizeof mark - 1, NULL, 10) : 0;
}

dbn_status
pg_fail_result(struct dbn_conn *c, const PGresult *res, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY), *words;
	unsigned long n;

	if (!state || strlen(state) != 5) { /* libpq's own: the connection, or no memory */
		if (PQstatus(c->pg) == CONNECTION_BAD)
			return pg_lost(c, err);
		if (strstr(PQresultErrorMessage(res), "out of memory")) {
			c->broken = true; /* replies were thrown away */
			return plug_nomem(c->host, err);
		}
		return pg_lost(c, err);
	}
	memcpy(f.sqlstate, state, 6);
	if (memcmp(state, "57P", 3) == 0 || memcmp(state, "08", 2) == 0 || memcmp(state, "25P03", 5) == 0)
		c->broken = true;
	if (c->broken && c->phase == PG_PHASE_COMMIT)
		return pg_lost(c, err);
	if (memcmp(state, "57014", 5) == 0)
		return fail_stopped(c, &f, err);
	f.detail = field(res, PG_DIAG_MESSAGE_DETAIL);
	f.hint = hint_for(state, field(res, PG_DIAG_MESSAGE_HINT));
	if (c->broken && !f.hint.len)
		f.hint = PLUG_TEXT(PLUG_HINT_LOST);
	f.constraint = field(res, PG_DIAG_CONSTRAINT_NAME);
	f.relation = field(res, PG_DIAG_TABLE_NAME);
	f.column = field(res, PG_DIAG_COLUMN_NAME);
	f.position = byte_position(c, PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION));
	if (memcmp(state, "0A000", 5) == 0 && text && strstr(text, "cached plan"))
		f.status = DBN_E_SCHEMA;
	if (memcmp(state, "42883", 5) == 0 || memcmp(state, "3F000", 5) == 0 ||
		memcmp(state, "42704", 5) == 0)
		f.status = DBN_E_SCHEMA;
	words = words_for(state);
	if (words) {
		if (!f.detail.len)
			f.detail = plug_text(text);
		n = parameter_in(PQresultErrorField(res, PG_DIAG_CONTEXT));
		return n ? plug_fail(c->host, err, &f, "parameter %lu: %s", n, words)
			: plug_fail(c->host, err, &f, "%s", words);
	}
	return plug_fail(c->host, err, &f, "%s", text ? text : "the server refused");
}

/* The state in libpq's words: "FATAL:  28P01: password authentication failed". */
static const char *
state_in(const char *text, char out[6])
{
	const char *found = NULL;

	for (const char *p = text; *p; p++) {
		size_t n = strspn(p, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");

		if (n == 5 && p > text && p[-1] == ' ' && p[5] == ':' && p[6] == ' ') {
			memcpy(out, p, 5);
			out[5] = 0;
			found = p + 7;
		}
		p += n ? n - 1 : 0;
	}
	return found;
}

/* What is wrong with the encryption, in libpq's words: trying again changes nothing. */
static const char *
tls_hint(const char *text)
{
	static const struct { const char *words, *hint; } hints[] = {
		{ "root certificate file", PG_HINT_CA }, { "certificate verify failed", PG_HINT_CA },
		{ "does not match host name", "Write the server by a name that its certificate has; sslmode "
			"= \"verify-ca\" leaves the name unchecked." },
		{ "does not support SSL", "Servers that are not on this machine must have a certificate: give "
			"it one (ssl = on), or say sslmode = \"disable\" where the network is trusted." },
	};

	for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
		if (strstr(text, hints[i].words))
			return hints[i].hint;
	return NULL;
}

dbn_status
pg_fail_connect(struct dbn_conn *c, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f, .status = DBN_E_CONN };
	const char *text = c->pg ? PQerrorMessage(c->pg) : "", *rest;

	c->broken = true;
	memcpy(f.sqlstate, "08001", 6);
	rest = state_in(text, f.sqlstate);
	f.detail = plug_text(text);
	while (f.detail.len && f.detail.ptr[f.detail.len - 1] == '\n')
		f.detail.len--;
	f.hint = hint_for(f.sqlstate, f.hint);
	if (!f.hint.len)
		f.hint = PLUG_TEXT(PLUG_HINT_CONNECT);
	/* who may log in and what is there does not change by trying again */
	if (memcmp(f.sqlstate, "28", 2) == 0 || memcmp(f.sqlstate, "3D", 2) == 0 ||
		memcmp(f.sqlstate, "42", 2) == 0 || memcmp(f.sqlstate, "22", 2) == 0)
		f.retryable = 2;
	else
		f.retryable = 1;
	if (tls_hint(text)) {
		f.retryable = 2;
		f.hint = plug_text(tls_hint(text));
	}
	return plug_fail(c->host, err, &f, "cannot connect to PostgreSQL%s%.*s", rest ? ": " : "",
		rest ? (int)strcspn(rest, "\n") : 0, rest ? rest : "");
}

void
pg_notice(void *conn, const PGresult *res)
{
	struct dbn_conn *c = (struct dbn_conn *)conn;
	const char *level = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	int32_t how = level && strcmp(level, "WARNING") == 0 ? 1
		: level && strcmp(level, "DEBUG") == 0 ? 3 : 2;

	plug_log(c->host, how, "postgres %s %s: %s", level ? level : "notice", state ? state : "",
		text ? text : "");
}
