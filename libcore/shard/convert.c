/* SPDX-License-Identifier: MIT */
/*
 * Key values as key types, exactly or not at all: the same key must always hash
 * the same, whatever C type the application happened to use.  Pure functions.
 */
#include "shard/shard.h"

#include <string.h>
#include "error/error.h"
#include "value/value.h"

#define DAY_US INT64_C(86400000000)

bool
dbn_shard_key_type(dbn_type t)
{
	switch (t) {
	case DBN_BOOL: case DBN_INT64: case DBN_UINT64: case DBN_TEXT: case DBN_BYTES:
	case DBN_DATE: case DBN_TIME: case DBN_TIMESTAMP: case DBN_TIMESTAMPTZ: case DBN_UUID:
		return true;
	default:
		return false;
	}
}

static bool
to_int64(const dbn_value *in, int64_t *out)
{
	switch (in->type) {
	case DBN_INT64:
		*out = in->u.i64;
		return true;
	case DBN_UINT64:
		*out = in->u.i64;
		return in->u.u64 <= INT64_MAX;
	case DBN_FLOAT: case DBN_DOUBLE:
		if (!(in->u.f64 >= -9007199254740992.0 && in->u.f64 <= 9007199254740992.0))
			return false;
		*out = (int64_t)in->u.f64;
		return (double)*out == in->u.f64;
	case DBN_DECIMAL:
		return dbn_parse_int64(dbn_text_n(in->u.ptr, in->len), out);
	default:
		return false;
	}
}

static bool
to_uint64(const dbn_value *in, uint64_t *out)
{
	int64_t i;

	if (in->type == DBN_UINT64) {
		*out = in->u.u64;
		return true;
	}
	if (in->type == DBN_DECIMAL)
		return dbn_parse_uint64(dbn_text_n(in->u.ptr, in->len), out);
	if (!to_int64(in, &i) || i < 0)
		return false;
	*out = (uint64_t)i;
	return true;
}

static bool
to_bool(const dbn_value *in, int64_t *out)
{
	if (in->type != DBN_BOOL && !to_int64(in, out))
		return false;
	if (in->type == DBN_BOOL)
		*out = in->u.i64;
	return *out == 0 || *out == 1;
}

static bool
to_instant(const dbn_value *in, dbn_type to, int64_t *out)
{
	dbn_text t = { in->u.ptr, in->len };
	bool zoned = false;

	if (in->type == to) {
		*out = in->u.i64;
		return to != DBN_TIME || (*out >= 0 && *out < DAY_US);
	}
	if (in->type != DBN_TEXT)
		return false;
	switch (to) {
	case DBN_DATE:
		return dbn_parse_date(t, out);
	case DBN_TIME:
		return dbn_parse_time(t, out) && *out >= 0 && *out < DAY_US;
	case DBN_TIMESTAMP:
		return dbn_parse_timestamp(t, out, &zoned) && !zoned;
	default:
		return dbn_parse_timestamp(t, out, &zoned) && zoned;
	}
}

static bool
to_uuid(const dbn_value *in, dbn_value *out, void *scratch)
{
	if (in->type == DBN_UUID && in->len == 16) {
		out->u.ptr = in->u.ptr;
	} else if (in->type == DBN_TEXT && dbn_parse_uuid(dbn_text_n(in->u.ptr, in->len), scratch)) {
		out->u.ptr = scratch;
	} else {
		return false;
	}
	out->len = 16;
	return true;
}

static bool
to_bytes(const dbn_value *in, dbn_type to, dbn_value *out)
{
	bool fits = in->type == to || (to == DBN_TEXT && in->type == DBN_ENUM);

	if (!fits)
		return false;
	if (to == DBN_TEXT && dbn_utf8_valid(in->u.ptr, in->len) != in->len)
		return false;
	out->u.ptr = in->u.ptr;
	out->len = in->len;
	return true;
}

static bool
convert(const dbn_value *in, dbn_type to, dbn_value *out, void *scratch)
{
	switch (to) {
	case DBN_BOOL:
		return to_bool(in, &out->u.i64);
	case DBN_INT64:
		return to_int64(in, &out->u.i64);
	case DBN_UINT64:
		return to_uint64(in, &out->u.u64);
	case DBN_DATE: case DBN_TIME: case DBN_TIMESTAMP: case DBN_TIMESTAMPTZ:
		return to_instant(in, to, &out->u.i64);
	case DBN_UUID:
		return to_uuid(in, out, scratch);
	default:
		return to_bytes(in, to, out);
	}
}

dbn_status
dbn_shard_convert(const dbn_value *in, dbn_type to, dbn_value *out, void *scratch, dbn_error **err)
{
	dbn_value v = dbn_value_measured(*in);

	DBN_ERR_CLEAR(err);
	memset(out, 0, sizeof(*out));
	out->type = to;
	if (!dbn_shard_key_type(to))
		return dbn_fail(err, DBN_E_INVALID, "%s cannot be the type of a shard key",
			dbn_type_name(to));
	if (v.type == DBN_NULL)
		return dbn_fail(err, DBN_E_VALUE, "a shard key is NULL");
	if (!convert(&v, to, out, scratch))
		return dbn_fail(err, DBN_E_VALUE, "a value of type %s is not exactly a shard key of type %s",
			dbn_type_name(v.type), dbn_type_name(to));
	return DBN_OK;
}
