/* SPDX-License-Identifier: MIT */
/*
 * Statements of a builder, nobody waiting: text and values are taken out and
 * copied, so the builder is free again when the call returns.
 */
#include <dbnexus/async.h>

#include "error/error.h"

static dbn_status
no_future(dbn_future **f, dbn_error **err)
{
	DBN_ERR_CLEAR(err);
	if (!f)
		return dbn_fail(err, DBN_E_INVALID, "there is no place for the future");
	*f = NULL;
	return DBN_OK;
}

#define RUN(what, name, begin) \
	dbn_status \
	name(dbn_session *s, const what *q, dbn_future **f, dbn_error **err) \
	{ \
		dbn_text sql; \
		dbn_args args; \
		dbn_status rc = no_future(f, err); \
		if (rc == DBN_OK) \
			rc = what##_text(q, &sql, &args, err); \
		return rc == DBN_OK ? begin(s, sql, args, NULL, f, err) : rc; \
	}
RUN(dbn_insert, dbn_insert_run_async, dbn_exec_with_async)
RUN(dbn_insert, dbn_insert_query_async, dbn_query_with_async)
RUN(dbn_update, dbn_update_run_async, dbn_exec_with_async)
RUN(dbn_update, dbn_update_query_async, dbn_query_with_async)
RUN(dbn_delete, dbn_delete_run_async, dbn_exec_with_async)
RUN(dbn_delete, dbn_delete_query_async, dbn_query_with_async)

dbn_status
dbn_select_run_with_async(dbn_session *s, const dbn_select *q, const dbn_query_opts *opts,
	dbn_future **f, dbn_error **err)
{
	dbn_text sql;
	dbn_args args;
	dbn_status rc = no_future(f, err);

	if (rc == DBN_OK)
		rc = dbn_select_text(q, &sql, &args, err);
	return rc == DBN_OK ? dbn_query_with_async(s, sql, args, opts, f, err) : rc;
}

dbn_status
dbn_select_run_async(dbn_session *s, const dbn_select *q, dbn_future **f, dbn_error **err)
{
	return dbn_select_run_with_async(s, q, NULL, f, err);
}
