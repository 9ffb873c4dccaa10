/* SPDX-License-Identifier: MIT */
/*
 * The keys that the server makes for many rows at once.  Without them an array of
 * rows tells only the first; so an INSERT of plain values whose keys are wanted has
 * a twin that returns its AUTO_INCREMENT column, a row for each row of the array and
 * in their order.  Where there can be no twin, rows go one by one.
 */
#include <ctype.h>

#include "driver.h"

#define OLDEST 101100u /* of the servers, that this was seen to work on */

/* Past blanks; a comment is none of them. */
static const char *
blanks(const char *p, const char *end)
{
	while (p < end && isspace((unsigned char)*p))
		p++;
	return p;
}

static bool
is_letter(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* Past a word of that spelling, or NULL. */
static const char *
word(const char *p, const char *end, const char *w)
{
	size_t n = strlen(w);

	p = blanks(p, end);
	if ((size_t)(end - p) <= n || !plug_text_same((dbn_text){ p, n }, (dbn_text){ w, n }) ||
		is_letter(p[n]) || (p[n] & 0x80))
		return NULL;
	return p + n;
}

/* Past what stands between two quotes of that kind; NULL: it does not end. */
static const char *
quoted(const char *p, const char *end, char quote)
{
	for (p++; p < end; p++) {
		if (*p != quote)
			continue;
		if (end - p < 2 || p[1] != quote)
			return p + 1;
		p++;
	}
	return NULL;
}

/* Past a name, or NULL. */
static const char *
name(const char *p, const char *end)
{
	for (p = blanks(p, end);; p++) {
		const char *from = p;

		if (p < end && *p == '`')
			p = quoted(p, end, '`');
		else
			while (p < end && is_letter(*p))
				p++;
		if (!p || p == from || p >= end || *p != '.')
			return p == from ? NULL : p;
	}
}

/* Past a pair of parentheses and all between them; NULL: there is none, or a comment
 * or a backslash in it, of which settings decide what they mean. */
static const char *
group(const char *p, const char *end)
{
	unsigned depth = 0;

	for (p = blanks(p, end); p && p < end;) {
		if (*p == '(') {
			depth++;
		} else if (!depth || *p == '\\' || *p == '#' || *p == ';' ||
			(end - p >= 2 && (memcmp(p, "/*", 2) == 0 || memcmp(p, "--", 2) == 0))) {
			return NULL;
		} else if (*p == '\'' || *p == '"' || *p == '`') {
			if (memchr(p, '\\', (size_t)(end - p)))
				return NULL;
			p = quoted(p, end, *p);
			continue;
		} else if (*p == ')' && --depth == 0) {
			return p + 1;
		}
		p++;
	}
	return NULL;
}

/* INSERT INTO `r` (...) VALUES (...), nothing else: then a row of values is a row of
 * the relation, whose name is *relation. */
static bool
is_plain(dbn_text sql, dbn_text *relation)
{
	const char *end = sql.ptr + sql.len, *p = word(sql.ptr, end, "INSERT"), *from;

	p = p ? word(p, end, "INTO") : NULL;
	from = p;
	p = p ? name(p, end) : NULL;
	if (!p)
		return false;
	*relation = (dbn_text){ from, (size_t)(p - from) };
	p = group(p, end);
	p = p ? word(p, end, "VALUES") : NULL;
	p = p ? group(p, end) : NULL;
	return p && blanks(p, end) == end;
}

/* The one column of a table that is AUTO_INCREMENT; NULL: none of those that show. */
static const MYSQL_FIELD *
counted(MYSQL_STMT *q)
{
	const MYSQL_FIELD *fields = my_lib_fields(q);
	unsigned n = mysql_stmt_field_count(q);

	for (unsigned i = 0; i < n; i++)
		if (fields[i].flags & AUTO_INCREMENT_FLAG)
			return fields[i].table_length == fields[i].org_table_length &&
				memcmp(fields[i].table, fields[i].org_table, fields[i].table_length) == 0
				? &fields[i] : NULL;
	return NULL;
}

/* The server reads sql; *q NULL: it does not want to. */
static dbn_status
read_twin(struct dbn_conn *c, my_text *sql, MYSQL_STMT **q, dbn_error **err)
{
	int ret = 1;

	*q = NULL;
	if (sql->nomem || !(*q = mysql_stmt_init(c->link.db)))
		return plug_nomem(c->host, err);
	if (my_lib_stmt_prepare(&c->link, *q, sql->p, sql->n, &ret) && ret == 0)
		return DBN_OK;
	ret = c->link.stuck || c->stop != MY_STOP_NONE || my_is_lost(mysql_stmt_errno(*q));
	if (ret)
		ret = my_fail(c, *q, MY_PHASE_PREPARE, err);
	my_stmt_drop(c, *q);
	*q = NULL;
	return ret;
}

static dbn_status
make_twin(struct dbn_stmt *s, dbn_text relation, dbn_error **err)
{
	struct dbn_conn *c = s->conn;
	my_text t = { .host = c->host };
	const MYSQL_FIELD *key;
	MYSQL_STMT *q;
	dbn_status st;

	my_add(&t, "SELECT * FROM ");
	my_add_n(&t, relation.ptr, relation.len);
	st = read_twin(c, &t, &q, err);
	if (st != DBN_OK || !q)
		goto out;
	t.n = 0;
	key = counted(q);
	my_add_n(&t, s->sql, s->sql_len);
	my_add(&t, " RETURNING ");
	if (key)
		my_add_name(&t, key->name, key->name_length);
	my_stmt_drop(c, q);
	if (key)
		st = read_twin(c, &t, &s->keyed, err);
out:
	my_text_free(&t);
	return st;
}

dbn_status
my_keyed_ready(struct dbn_stmt *s, bool *ready, dbn_error **err)
{
	dbn_text relation;
	dbn_status st = DBN_OK;

	if (!s->keyed && !s->no_keyed) {
		if (s->arrays && mysql_get_server_version(s->conn->link.db) >= OLDEST &&
			is_plain((dbn_text){ s->sql, s->sql_len }, &relation))
			st = make_twin(s, relation, err);
		s->no_keyed = !s->keyed;
	}
	*ready = s->keyed != NULL;
	return st;
}

/* The schema has changed since; without the twin it may still do. */
bool
my_keyed_outdated(struct dbn_stmt *s)
{
	MYSQL_STMT *q = s->keyed;

	if (!q || s->conn->link.stuck || my_errno(s->conn, &q) != ER_BAD_FIELD_ERROR)
		return false;
	my_keyed_forget(s);
	s->no_keyed = true;
	return true;
}

dbn_status
my_keyed_fetch(struct dbn_stmt *s, uint32_t rows, uint32_t phase, int64_t *keys, dbn_value *last,
	dbn_error **err)
{
	struct dbn_conn *c = s->conn;
	int64_t id = 0;
	my_flag is_null = 0;
	MYSQL_BIND b = { .buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &id, .is_null = &is_null };
	uint32_t n = 0;
	int ret = MYSQL_NO_DATA, pending = 0;

	if (mysql_stmt_field_count(s->keyed) == 1) {
		b.is_unsigned = (my_lib_fields(s->keyed)->flags & UNSIGNED_FLAG) != 0;
		ret = mysql_stmt_bind_result(s->keyed, &b) ? 1 : 0;
	}
	while (ret == 0) {
		if (!my_lib_stmt_fetch(&c->link, s->keyed, true, &pending, &ret) || ret)
			break;
		last->type = is_null ? DBN_NULL : b.is_unsigned && id < 0 ? DBN_UINT64 : DBN_INT64;
		last->u.i64 = id;
		if (keys && n < rows)
			keys[n] = plug_key(last);
		n++;
	}
	if (c->link.stuck || ret != MYSQL_NO_DATA)
		return my_fail(c, s->keyed, phase, err);
	if (n != rows || (my_lib_server_status(c->link.db) & SERVER_MORE_RESULTS_EXIST)) {
		c->broken = true;
		return plug_fail_status(c->host, err, DBN_E_UNKNOWN_OUTCOME,
			"the server returned %u keys for %u rows", n, rows);
	}
	return DBN_OK;
}

void
my_keyed_forget(struct dbn_stmt *s)
{
	my_stmt_drop(s->conn, s->keyed);
	s->keyed = NULL;
	s->no_keyed = false;
}
