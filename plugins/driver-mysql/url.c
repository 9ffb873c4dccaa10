/* SPDX-License-Identifier: MIT */
/*
 * mysql://USER@HOST:PORT/DATABASE?socket=/path: parts are percent-decoded, the
 * database is all that follows the first slash.  mariadb:// is the same.
 */
#include "driver.h"

static const char password[] = "a password in a url is refused";

static dbn_status
refuse(const dbn_host *h, const char *what, dbn_error **err)
{
	if (what == password)
		return plug_fail_hint(h, err, DBN_E_CONFIG,
			"Give it as secrets = { password = \"file:...\"; };", "%s", what);
	return plug_fail_hint(h, err, DBN_E_CONFIG,
		"Write mysql://USER@HOST:PORT/DATABASE or mysql://USER@localhost/DATABASE?socket=/PATH.",
		"%s", what);
}

static int
hex(unsigned char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
		: c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decode t to *at, which moves past its NUL; false: not a text. */
static bool
decode(dbn_text t, char **at, char **out)
{
	char *p = *at;

	*out = p;
	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.ptr[i];

		if (c == '%') {
			int hi = i + 2 < t.len ? hex((unsigned char)t.ptr[i + 1]) : -1;
			int lo = hi >= 0 ? hex((unsigned char)t.ptr[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				return false;
			c = (unsigned char)(hi << 4 | lo);
			i += 2;
		}
		if (!c)
			return false;
		*p++ = (char)c;
	}
	*p++ = 0;
	*at = p;
	return true;
}

/* The bytes of t before the first of c (all of it if there is none), and what follows. */
static dbn_text
cut(dbn_text *t, char c, bool *found)
{
	const char *p = t->len ? (const char *)memchr(t->ptr, c, t->len) : NULL;
	dbn_text head = { t->ptr, p ? (size_t)(p - t->ptr) : t->len };

	*found = p != NULL;
	t->len -= head.len + (p ? 1 : 0);
	t->ptr += head.len + (p ? 1 : 0);
	return head;
}

static bool
parse_port(dbn_text t, unsigned *port)
{
	*port = 0;
	if (!t.len || t.len > 5)
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (t.ptr[i] < '0' || t.ptr[i] > '9')
			return false;
		*port = *port * 10 + (unsigned)(t.ptr[i] - '0');
	}
	return *port && *port < 65536;
}

/* USER@HOST:PORT; the host may be [::1]. */
static const char *
parse_authority(dbn_text a, my_url *u, char **at)
{
	const char *sign = NULL;
	dbn_text user = { "", 0 }, host = a, port = { "", 0 };

	for (size_t i = 0; i < a.len; i++)
		if (a.ptr[i] == '@')
			sign = a.ptr + i;
	if (sign) {
		user = (dbn_text){ a.ptr, (size_t)(sign - a.ptr) };
		host = (dbn_text){ sign + 1, a.len - user.len - 1 };
	}
	if (user.len && memchr(user.ptr, ':', user.len))
		return password;
	for (size_t i = 0; i < host.len; i++) {
		if (host.ptr[i] != ':' || (host.ptr[0] == '[' && (!i || host.ptr[i - 1] != ']')))
			continue;
		port = (dbn_text){ host.ptr + i + 1, host.len - i - 1 };
		host.len = i;
		if (!parse_port(port, &u->port))
			return "the port of the url is not one";
		break;
	}
	if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
		host.ptr++;
		host.len -= 2;
	}
	if (!decode(user, at, &u->user) || !decode(host, at, &u->host))
		return "the url is not percent-encoded as it should be";
	return NULL;
}

static const char *
parse_query(dbn_text q, my_url *u, char **at)
{
	bool more = q.len > 0, eq;

	while (more) {
		dbn_text item = cut(&q, '&', &more), name = cut(&item, '=', &eq);

		if (!plug_text_is(name, "socket") || !eq)
			return "the only parameter of the url is socket=/PATH";
		if (!decode(item, at, &u->socket))
			return "the url is not percent-encoded as it should be";
	}
	return NULL;
}

static bool
is_loopback(const char *host)
{
	return !*host || strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
		strcmp(host, "::1") == 0;
}

dbn_status
my_url_parse(const dbn_host *host, dbn_text url, my_url *u, dbn_error **err)
{
	static const char *const schemes[] = { "mysql://", "mariadb://" };
	dbn_text rest = { NULL, 0 }, authority, database;
	const char *wrong = NULL;
	bool slash, question;
	char *at;

	memset(u, 0, sizeof *u);
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		size_t n = strlen(schemes[i]);

		if (url.len > n && memcmp(url.ptr, schemes[i], n) == 0)
			rest = (dbn_text){ url.ptr + n, url.len - n };
	}
	if (!rest.ptr || memchr(url.ptr, 0, url.len))
		return refuse(host, "not a url of MySQL", err);
	u->block = host->alloc(host, url.len + 16);
	if (!u->block)
		return plug_nomem(host, err);
	at = (char *)u->block;
	*at = 0;
	u->user = u->host = u->database = u->socket = at++;
	authority = cut(&rest, '/', &slash);
	database = cut(&rest, '?', &question);
	if (!slash || !database.len)
		wrong = "the url names no database";
	if (!wrong)
		wrong = parse_authority(authority, u, &at);
	if (!wrong && !decode(database, &at, &u->database))
		wrong = "the url is not percent-encoded as it should be";
	if (!wrong && question)
		wrong = parse_query(rest, u, &at);
	if (!wrong && *u->socket && !is_loopback(u->host))
		wrong = "a socket is on this host, but the url names another";
	if (!wrong && strlen(u->database) > (size_t)MY_NAME_MAX * 4)
		wrong = "the name of the database is too long";
	if (wrong) {
		host->release(host, u->block);
		u->block = NULL;
		return refuse(host, wrong, err);
	}
	u->local = *u->socket || is_loopback(u->host);
	return DBN_OK;
}
