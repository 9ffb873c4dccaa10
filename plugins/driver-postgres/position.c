/* SPDX-License-Identifier: MIT */
/*
 * Where the server stands in its log, waiting for a replica to get there, and
 * notifications.  A position is the eight bytes of an LSN, the highest first.
 */
#include <poll.h>
#include <stdlib.h>

#include "driver.h"

dbn_status
pg_position(struct dbn_conn *c, uint8_t out[8], bool *primary, dbn_error **err)
{
	PGresult *r = NULL;
	dbn_status rc = pg_query(c, "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN coalesce("
		"pg_catalog.pg_last_wal_replay_lsn(), '0/0') ELSE pg_catalog.pg_current_wal_insert_lsn() END, "
		"NOT pg_catalog.pg_is_in_recovery()", 0, NULL, &r, err);

	if (rc == DBN_OK) {
		memcpy(out, PQgetvalue(r, 0, 0), 8);
		*primary = *PQgetvalue(r, 0, 1) != 0;
	}
	PQclear(r);
	return rc;
}

dbn_status
pg_position_now(struct dbn_conn *c, const dbn_call *call, dbn_token *out, dbn_error **err)
{
	bool primary;
	dbn_status rc = pg_enter(c, call, err);

	if (rc != DBN_OK)
		return rc;
	memset(out->bytes, 0, sizeof out->bytes);
	out->len = 8;
	return pg_position(c, out->bytes, &primary, err);
}

dbn_status
pg_position_wait(struct dbn_conn *c, const dbn_token *token, const dbn_call *call, dbn_error **err)
{
	int pause_ms = 1;
	uint8_t at[8];
	bool primary;

	if (token->len != 8)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "not a position of PostgreSQL");
	for (;;) {
		dbn_status rc = pg_enter(c, call, err);

		if (rc == DBN_OK)
			rc = pg_position(c, at, &primary, err);
		if (rc != DBN_OK || primary || memcmp(at, token->bytes, 8) >= 0)
			return rc;
		if (call && call->deadline_ns && c->host->now_ns(c->host) >= call->deadline_ns)
			return pg_fail_state(c->host, err, "HYT00", "Ask another replica, or the primary.",
				"the replica did not get that far before the deadline");
		if (c->host->cancelled(c->host, call))
			return pg_fail_state(c->host, err, "57014", NULL, "waiting was cancelled");
		(void)poll(NULL, 0, pause_ms);
		pause_ms = pause_ms < 20 ? pause_ms * 2 : 20;
	}
}

/* ---- notifications ---- */

dbn_status
pg_notify_send(struct dbn_conn *c, dbn_text channel, dbn_text payload, const dbn_call *call,
	dbn_error **err)
{
	char *values[2] = { strndup(channel.ptr ? channel.ptr : "", channel.len),
		strndup(payload.ptr ? payload.ptr : "", payload.len) };
	PGresult *r = NULL;
	dbn_status rc = values[0] && values[1] ? pg_enter(c, call, err) : plug_nomem(c->host, err);

	if (rc == DBN_OK && (strlen(values[0]) != channel.len || strlen(values[1]) != payload.len))
		rc = plug_fail_status(c->host, err, DBN_E_VALUE, "a NUL byte in a notification");
	if (rc == DBN_OK)
		rc = pg_query(c, "SELECT pg_catalog.pg_notify($1, $2)", 2, (const char *const *)values, &r,
			err);
	PQclear(r);
	free(values[0]);
	free(values[1]);
	return rc;
}

dbn_status
pg_notify_listen(struct dbn_conn *c, dbn_text channel, const dbn_call *call, dbn_error **err)
{
	char *quoted = NULL, *sql = NULL;
	dbn_status rc = pg_enter(c, call, err);

	if (rc != DBN_OK)
		return rc;
	if (!channel.len || memchr(channel.ptr, 0, channel.len))
		return plug_fail_status(c->host, err, DBN_E_INVALID, "not a name of a channel");
	quoted = PQescapeIdentifier(c->pg, channel.ptr, channel.len);
	if (!quoted || asprintf(&sql, "LISTEN %s", quoted) < 0) {
		sql = NULL;
		rc = plug_nomem(c->host, err);
	} else {
		c->listening = true;
		rc = pg_command(c, sql, NULL, err);
	}
	PQfreemem(quoted);
	free(sql);
	return rc;
}

dbn_status
pg_notify_take(struct dbn_conn *c, dbn_text *channel, dbn_text *payload, dbn_error **err)
{
	PQfreemem(c->notice);
	c->notice = NULL;
	if (c->broken || !PQconsumeInput(c->pg))
		return pg_lost(c, err);
	c->notice = PQnotifies(c->pg);
	if (!c->notice)
		return DBN_DONE;
	*channel = plug_text(c->notice->relname);
	*payload = plug_text(c->notice->extra);
	return DBN_OK;
}
