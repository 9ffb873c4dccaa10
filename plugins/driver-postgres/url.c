/* SPDX-License-Identifier: MIT */
/*
 * From a URL, the settings and the secrets to the parameters of libpq: URIs,
 * service files and key=value texts.  Server certificates are verified wherever
 * a host is neither a Unix socket nor the loopback, unless it says otherwise.
 */
#include <stdlib.h>
#include <strings.h>

#include "driver.h"

void
pg_params_set(pg_params *p, const char *key, const char *val)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->keys[i], key) == 0) {
			p->vals[i] = val;
			return;
		}
	if (p->n + 1 < sizeof p->keys / sizeof *p->keys) {
		p->keys[p->n] = key;
		p->vals[p->n++] = val;
	}
}

const char *
pg_params_get(const pg_params *p, const char *key)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->keys[i], key) == 0)
			return p->vals[i] && *p->vals[i] ? p->vals[i] : NULL;
	return NULL;
}

void
pg_params_free(pg_params *p)
{
	pg_arena_free(&p->arena);
}

static char *
keep(pg_params *p, const char *s, size_t n)
{
	char *at = (char *)pg_arena_take(&p->arena, n + 1);

	if (at) {
		memcpy(at, s, n);
		at[n] = 0;
	}
	return at;
}

/* Every item of a list like "127.0.0.1,/tmp": a socket, or this machine? */
static bool
all_local(const char *list, bool *any)
{
	static const char *const names[] = { "localhost", "::1", "" };

	while (list && *list) {
		size_t n = strcspn(list, ",");
		bool local = *list == '/' || *list == '@' || (n > 4 && memcmp(list, "127.", 4) == 0);

		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			local = local || (strlen(names[i]) == n && strncasecmp(list, names[i], n) == 0);
		/* "127." begins names of other machines too: digits and dots only */
		if (*list == '1' && strspn(list, "0123456789.") < n)
			local = false;
		*any = true;
		if (!local)
			return false;
		list += n + (list[n] == ',');
	}
	return true;
}

static bool
is_local(const char *host, const char *hostaddr)
{
	bool any = false;

	if (hostaddr && *hostaddr)
		return all_local(hostaddr, &any);
	if (!host || !*host)
		host = getenv("PGHOST");
	return all_local(host, &any);
}

static const char *
tls_word(int32_t mode)
{
	static const char *const words[] = { "auto", "disable", "prefer", "require", "verify-ca",
		"verify-full" };

	return words[mode];
}

static void
choose_tls(pg_driver *d, pg_params *p)
{
	if (!pg_params_get(p, "sslmode")) {
		if (d->set.sslmode != PG_TLS_AUTO)
			pg_params_set(p, "sslmode", tls_word(d->set.sslmode));
		else if (pg_params_get(p, "service") || getenv("PGSERVICE"))
			p->tls_open = true;
		else if (!getenv("PGSSLMODE") &&
			!is_local(pg_params_get(p, "host"), pg_params_get(p, "hostaddr")))
			pg_params_set(p, "sslmode", "verify-full");
	}
	if (d->set.ca && *d->set.ca && !pg_params_get(p, "sslrootcert"))
		pg_params_set(p, "sslrootcert", d->set.ca);
}

bool
pg_params_tighten(pg_params *p, PGconn *pg)
{
	PQconninfoOption *all = p->tls_open ? PQconninfo(pg) : NULL;
	const char *host = NULL, *addr = NULL, *mode = NULL;
	bool due;

	p->tls_open = false;
	for (PQconninfoOption *o = all; o && o->keyword; o++) {
		if (strcmp(o->keyword, "host") == 0)
			host = o->val;
		else if (strcmp(o->keyword, "hostaddr") == 0)
			addr = o->val;
		else if (strcmp(o->keyword, "sslmode") == 0)
			mode = o->val;
	}
	/* "prefer" is what libpq puts where nobody has said anything */
	due = all && (!mode || strcmp(mode, "prefer") == 0) && !is_local(host, addr);
	PQconninfoFree(all);
	if (due)
		pg_params_set(p, "sslmode", "verify-full");
	return due;
}

/* The URL as libpq reads it; key=value texts come behind "postgres:". */
static dbn_status
parse(pg_driver *d, dbn_text url, pg_params *p, dbn_error **err)
{
	static const char *const schemes[] = { "postgres:", "postgresql:" };
	PQconninfoOption *opts;
	const char *text = NULL;
	char *why = NULL;
	dbn_status rc = DBN_OK;
	char *whole;

	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(schemes[i]);

		if (url.len > n && memcmp(url.ptr, schemes[i], n) == 0)
			text = url.ptr + (url.len > n + 2 && memcmp(url.ptr + n, "//", 2) == 0 ? 0 : n);
	}
	if (!text || memchr(url.ptr, 0, url.len))
		return plug_fail_hint(d->host, err, DBN_E_CONFIG, "Write postgres://USER@HOST/DATABASE, "
			"or postgres:service=NAME.", "not a url of PostgreSQL");
	whole = keep(p, text, (size_t)(url.ptr + url.len - text));
	if (!whole)
		return plug_nomem(d->host, err);
	opts = PQconninfoParse(whole, &why);
	if (!opts && !why)
		return plug_nomem(d->host, err);
	if (!opts) { /* libpq's words may quote the url, so they stay out of the message */
		PQfreemem(why);
		return plug_fail_hint(d->host, err, DBN_E_CONFIG, "Special characters in a part of a "
			"url are written as %40 (for @), %2F (for /) and so on.",
			"libpq cannot read the url of the database");
	}
	for (PQconninfoOption *o = opts; rc == DBN_OK && o->keyword; o++) {
		if (!o->val || !*o->val)
			continue;
		if (strcmp(o->keyword, "password") == 0 || strcmp(o->keyword, "sslpassword") == 0) {
			rc = plug_fail_hint(d->host, err, DBN_E_CONFIG, "Give it as secrets = { password "
				"= \"file:...\"; } (or sslpassword) beside the plugin.",
				"a password in a url is refused");
			continue;
		}
		whole = keep(p, o->val, strlen(o->val));
		if (!whole)
			rc = plug_nomem(d->host, err);
		else /* keywords are static in libpq, but that is not promised */
			pg_params_set(p, keep(p, o->keyword, strlen(o->keyword)), whole);
	}
	PQconninfoFree(opts);
	return rc;
}

/* "-c name=value" for the start-up packet; blanks and backslashes escaped. */
static void
add_option(FILE *f, const char *name, const char *value)
{
	(void)fprintf(f, " -c %s=", name);
	for (; *value; value++) {
		if (*value == ' ' || *value == '\\' || *value == '\t')
			(void)putc('\\', f);
		(void)putc(*value, f);
	}
}

static dbn_status
start_options(pg_driver *d, const dbn_connect_opts *o, pg_params *p, dbn_error **err)
{
	const char *user = pg_params_get(p, "options");
	char ms[32], role[128], *text = NULL, *kept;
	size_t n = 0;
	FILE *f;

	if (o->server_role.len >= sizeof role || memchr(o->server_role.ptr ? o->server_role.ptr : "", 0,
			o->server_role.len))
		return plug_fail_status(d->host, err, DBN_E_CONFIG, "not a name of a role");
	f = open_memstream(&text, &n);
	if (!f)
		return plug_nomem(d->host, err);
	if (user)
		(void)fputs(user, f);
	add_option(f, "search_path", d->set.search_path ? d->set.search_path : "");
	add_option(f, "standard_conforming_strings", "on");
	add_option(f, "row_security", d->set.row_security ? "on" : "off");
	if (d->set.statement_timeout_ns && d->set.statement_timeout_ns != UINT64_MAX) {
		(void)snprintf(ms, sizeof ms, "%llu",
			(unsigned long long)(d->set.statement_timeout_ns / 1000000));
		add_option(f, "statement_timeout", ms);
	}
	if (o->read_only)
		add_option(f, "default_transaction_read_only", "on");
	if (o->server_role.len) {
		(void)snprintf(role, sizeof role, "%.*s", (int)o->server_role.len, o->server_role.ptr);
		add_option(f, "role", role);
	}
	if (fclose(f) != 0) {
		free(text);
		return plug_nomem(d->host, err);
	}
	kept = keep(p, text, n);
	free(text);
	if (!kept)
		return plug_nomem(d->host, err);
	pg_params_set(p, "options", kept);
	return DBN_OK;
}

dbn_status
pg_params_make(pg_driver *d, const dbn_connect_opts *o, pg_params *p, dbn_error **err)
{
	dbn_status rc;

	memset(p, 0, sizeof *p);
	p->arena.host = d->host;
	rc = parse(d, o->url, p, err);
	if (rc == DBN_OK)
		rc = start_options(d, o, p, err);
	if (rc != DBN_OK)
		return rc;
	if (d->set.password)
		pg_params_set(p, "password", d->set.password);
	if (d->set.sslpassword)
		pg_params_set(p, "sslpassword", d->set.sslpassword);
	choose_tls(d, p);
	pg_params_set(p, "client_encoding", "UTF8");
	if (!pg_params_get(p, "application_name"))
		pg_params_set(p, "fallback_application_name", d->set.application_name);
	p->keys[p->n] = NULL;
	p->vals[p->n] = NULL;
	return DBN_OK;
}
