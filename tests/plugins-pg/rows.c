/* SPDX-License-Identifier: MIT */
/*
 * Values to PostgreSQL's text form and back.
 */
#include <stdio.h>
#include <stdlib.h>

#include "pg.h"

dbn_type
pg_type(Oid oid)
{
	static const struct { Oid oid; dbn_type type; } types[] = { { 16, DBN_BOOL }, { 20, DBN_INT64 },
		{ 21, DBN_INT64 }, { 23, DBN_INT64 }, { 25, DBN_TEXT }, { 1043, DBN_TEXT },
		{ 1042, DBN_TEXT }, { 19, DBN_TEXT }, { 700, DBN_FLOAT }, { 701, DBN_DOUBLE },
		{ 1700, DBN_DECIMAL }, { 1082, DBN_DATE }, { 1083, DBN_TIME }, { 1114, DBN_TIMESTAMP },
		{ 1184, DBN_TIMESTAMPTZ }, { 2950, DBN_UUID }, { 114, DBN_JSON }, { 3802, DBN_JSON } };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].oid == oid)
			return types[i].type;
	return DBN_TEXT;
}

dbn_status
pg_write(const dbn_host *host, const dbn_value *v, char **out, dbn_error **err)
{
	size_t n = 64;

	*out = NULL;
	if (v->type == DBN_NULL)
		return DBN_OK;
	if (v->type == DBN_TEXT || v->type == DBN_DECIMAL || v->type == DBN_JSON)
		n += (size_t)plug_value_len(v);
	*out = (char *)plug_zalloc(host, n, 1);
	if (!*out)
		return plug_nomem(host, err);
	switch (v->type) {
	case DBN_BOOL:
		(*out)[0] = v->u.i64 ? 't' : 'f';
		break;
	case DBN_INT64:
		(void)plug_write_i64(*out, v->u.i64);
		break;
	case DBN_UINT64:
		(void)plug_write_u64(*out, v->u.u64);
		break;
	case DBN_DOUBLE:
	case DBN_FLOAT:
		(void)snprintf(*out, n, "%.17g", v->u.f64);
		break;
	case DBN_TEXT:
	case DBN_DECIMAL:
	case DBN_JSON:
		memcpy(*out, v->u.ptr ? v->u.ptr : "", n - 64);
		if (!memchr(*out, 0, n - 64))
			break;
		return plug_fail_status(host, err, DBN_E_VALUE, "a text with a NUL byte");
	case DBN_DATE:
		(void)plug_write_date(*out, v->u.i64);
		break;
	case DBN_TIMESTAMP:
		(void)plug_write_timestamp(*out, v->u.i64);
		break;
	case DBN_TIMESTAMPTZ:
		n = plug_write_timestamp(*out, v->u.i64);
		(*out)[n] = 'Z';
		break;
	case DBN_UUID:
		(void)plug_write_uuid(*out, (const uint8_t *)v->u.ptr);
		break;
	default:
		return plug_fail_status(host, err, DBN_E_UNSUPPORTED, "no values of type %s here",
			plug_type_name(v->type));
	}
	return DBN_OK;
}

struct dbn_cursor *
pg_cursor_new(struct dbn_stmt *s, PGresult *given)
{
	const dbn_host *host = s->conn->host;
	size_t n = (size_t)PQnfields(given);
	struct dbn_cursor *cur = (struct dbn_cursor *)plug_zalloc(host, 1, sizeof *cur);

	if (!cur)
		return NULL;
	cur->cells = (dbn_value *)plug_zalloc(host, n + 1, sizeof *cur->cells);
	cur->scratch = (char (*)[16])plug_zalloc(host, n + 1, sizeof *cur->scratch);
	if (!cur->cells || !cur->scratch) {
		host->release(host, cur->cells);
		host->release(host, cur->scratch);
		host->release(host, cur);
		return NULL;
	}
	cur->host = host;
	cur->stmt = s;
	cur->res = given;
	return cur;
}

static bool
read_cell(dbn_text t, dbn_type type, char *scratch, dbn_value *out)
{
	bool flag = false;
	char *end;

	memset(out, 0, sizeof *out);
	out->type = type;
	switch (type) {
	case DBN_BOOL:
		out->u.i64 = *t.ptr == 't';
		return t.len == 1;
	case DBN_INT64:
		out->u.i64 = strtoll(t.ptr, &end, 10);
		return !*end && t.len;
	case DBN_DOUBLE:
	case DBN_FLOAT:
		out->u.f64 = strtod(t.ptr, &end);
		return !*end && t.len;
	case DBN_DATE:
		return plug_parse_date(t, &out->u.i64);
	case DBN_TIME:
		return plug_parse_time(t, &out->u.i64);
	case DBN_TIMESTAMP:
	case DBN_TIMESTAMPTZ:
		return plug_parse_timestamp(t, &out->u.i64, &flag);
	case DBN_UUID:
		out->u.ptr = scratch;
		out->len = 16;
		return plug_parse_uuid(t, (uint8_t *)scratch);
	default:
		out->u.ptr = t.ptr;
		out->len = t.len;
		return true;
	}
}

dbn_status
pg_fetch(struct dbn_cursor *cur, uint32_t max_rows, dbn_rowset *out, dbn_error **err)
{
	int n = PQnfields(cur->res);

	(void)max_rows;
	if (cur->at >= PQntuples(cur->res))
		return DBN_DONE;
	for (int i = 0; i < n; i++) {
		dbn_text t = { PQgetvalue(cur->res, cur->at, i), (size_t)PQgetlength(cur->res, cur->at, i) };

		if (PQgetisnull(cur->res, cur->at, i))
			memset(&cur->cells[i], 0, sizeof *cur->cells);
		else if (!read_cell(t, cur->stmt->columns[i].type, cur->scratch[i], &cur->cells[i]))
			return plug_fail_status(cur->host, err, DBN_E_VALUE, "column \"%s\": not a %s",
				PQfname(cur->res, i), plug_type_name(cur->stmt->columns[i].type));
	}
	cur->at++;
	out->ncols = (uint32_t)n;
	out->cells = cur->cells;
	out->nrows = 1;
	return DBN_OK;
}

void
pg_close_cursor(struct dbn_cursor *cur)
{
	const dbn_host *host = cur->host;

	PQclear(cur->res);
	host->release(host, cur->cells);
	host->release(host, cur->scratch);
	host->release(host, cur);
}
