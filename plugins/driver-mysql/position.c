/* SPDX-License-Identifier: MIT */
/*
 * Where a replica is: MariaDB's GTID positions.  What this connection committed
 * last comes with the reply of the commit, as the server tracks it.
 */
#include <stdio.h>

#include "driver.h"

dbn_status
my_track_position(struct dbn_conn *c, dbn_error **err)
{
	dbn_status st;

	if (c->tracks || !c->mariadb || mysql_get_server_version(c->link.db) < MY_TRACKS_GTID)
		return DBN_OK;
	st = my_own(c, "SET session_track_system_variables='last_gtid'", err);
	c->tracks = st == DBN_OK;
	return st;
}

dbn_text
my_last_position(struct dbn_conn *c)
{
	const char *name, *value;
	size_t n, len;

	if (mysql_session_track_get_first(c->link.db, SESSION_TRACK_SYSTEM_VARIABLES, &name, &n) != 0)
		return (dbn_text){ NULL, 0 };
	do {
		bool ours = n == 9 && memcmp(name, "last_gtid", 9) == 0;

		if (mysql_session_track_get_next(c->link.db, SESSION_TRACK_SYSTEM_VARIABLES, &value,
				&len) != 0)
			break;
		if (ours && len && len < sizeof c->position) {
			memcpy(c->position, value, len);
			c->position[len] = 0;
			return (dbn_text){ c->position, len };
		}
	} while (mysql_session_track_get_next(c->link.db, SESSION_TRACK_SYSTEM_VARIABLES, &name,
		&n) == 0);
	return (dbn_text){ NULL, 0 };
}

static dbn_status
only_mariadb(struct dbn_conn *c, dbn_error **err)
{
	if (c->mariadb)
		return DBN_OK;
	return plug_fail_status(c->host, err, DBN_E_UNSUPPORTED,
		"positions are known of MariaDB servers only");
}

static dbn_status
position_now(struct dbn_conn *c, const dbn_call *call, dbn_token *out, dbn_error **err)
{
	/* A primary's own writes are in the binary log, a replica's in the other. */
	static const char sql[] = "SELECT IF(@@gtid_binlog_pos<>'',@@gtid_binlog_pos,@@gtid_current_pos)";
	MYSQL_RES *r = NULL;
	MYSQL_ROW row;
	dbn_text pos = { NULL, 0 };
	dbn_status st = my_enter(c, call, err);

	if (st == DBN_OK)
		st = only_mariadb(c, err);
	if (st == DBN_OK)
		st = my_own_rows(c, sql, sizeof sql - 1, &r, err);
	if (st != DBN_OK)
		return st;
	row = r ? mysql_fetch_row(r) : NULL;
	if (row)
		pos = my_cell(r, row, 0);
	if (pos.len > sizeof out->bytes) {
		st = plug_fail_status(c->host, err, DBN_E_LIMIT,
			"the position names more domains than fit into %zu bytes", sizeof out->bytes);
	} else {
		memset(out->bytes, 0, sizeof out->bytes);
		if (pos.len)
			memcpy(out->bytes, pos.ptr, pos.len);
		out->len = (uint32_t)pos.len;
	}
	mysql_free_result(r);
	return st;
}

/* "0-1-17" at *p: domain and number; moves on behind the comma. */
static bool
next_gtid(const char **p, const char *end, uint64_t *domain, uint64_t *number)
{
	uint64_t part[3] = { 0, 0, 0 };
	int n = 0;

	if (*p >= end)
		return false;
	for (; *p < end && **p != ','; ++*p) {
		if (**p == '-' && n < 2)
			n++;
		else if (**p >= '0' && **p <= '9')
			part[n] = part[n] * 10 + (uint64_t)(**p - '0');
	}
	*p += *p < end;
	*domain = part[0];
	*number = part[2];
	return true;
}

/* Is everything of want within have?  A primary knows its own writes only so. */
static bool
covers(dbn_text have, dbn_text want)
{
	const char *w = want.ptr;
	uint64_t domain, number, d, n;

	while (next_gtid(&w, want.ptr + want.len, &domain, &number)) {
		const char *h = have.ptr;
		bool found = false;

		while (!found && next_gtid(&h, have.ptr + have.len, &d, &n))
			found = d == domain && n >= number;
		if (!found)
			return false;
	}
	return true;
}

static dbn_status
is_there(struct dbn_conn *c, dbn_text want, bool *there, dbn_error **err)
{
	static const char sql[] = "SELECT @@gtid_binlog_pos,@@gtid_current_pos";
	MYSQL_RES *r = NULL;
	MYSQL_ROW row;
	dbn_status st = my_own_rows(c, sql, sizeof sql - 1, &r, err);

	*there = false;
	if (st == DBN_OK && r && (row = mysql_fetch_row(r)) != NULL)
		*there = (row[0] && covers(my_cell(r, row, 0), want)) ||
			(row[1] && covers(my_cell(r, row, 1), want));
	mysql_free_result(r);
	return st;
}

static dbn_status
position_wait(struct dbn_conn *c, const dbn_token *token, const dbn_call *call, dbn_error **err)
{
	uint64_t now = c->host->now_ns(c->host), left = 0;
	my_text t = { .host = c->host };
	char tail[48];
	MYSQL_RES *r = NULL;
	MYSQL_ROW row;
	bool there;
	dbn_status st = my_enter(c, call, err);

	if (st == DBN_OK)
		st = only_mariadb(c, err);
	if (st != DBN_OK || !token->len)
		return st;
	if (token->len > sizeof token->bytes)
		return plug_fail_status(c->host, err, DBN_E_INVALID, "not a position");
	st = is_there(c, (dbn_text){ (const char *)token->bytes, token->len }, &there, err);
	if (st != DBN_OK || there)
		return st;
	if (call && call->deadline_ns)
		left = call->deadline_ns > now ? call->deadline_ns - now : 0;
	my_add(&t, "SELECT MASTER_GTID_WAIT(");
	my_add_literal(&t, (const char *)token->bytes, token->len);
	if (call && call->deadline_ns)
		(void)snprintf(tail, sizeof tail, ",%llu.%06llu)", (unsigned long long)(left / 1000000000u),
			(unsigned long long)(left / 1000u % 1000000u));
	else
		(void)snprintf(tail, sizeof tail, ")");
	my_add(&t, tail);
	c->link.deadline_ns = 0; /* the server counts; then a frozen one is given up */
	if (call && call->deadline_ns)
		c->link.deadline_ns = call->deadline_ns + c->drv->set.stop_wait_ns;
	st = my_ask(c, &t, &r, err);
	if (st != DBN_OK)
		return st;
	row = r ? mysql_fetch_row(r) : NULL;
	if (!row || !row[0])
		st = plug_fail_status(c->host, err, DBN_E_INVALID, "not a position of this server");
	else if (strcmp(row[0], "0") != 0)
		st = my_fail_state(c, "HYT00", "the server did not reach the position in time", err);
	mysql_free_result(r);
	return st;
}

static const dbn_driver_position_1 position = {
	.struct_size = (uint32_t)sizeof position,
	.now = position_now,
	.wait = position_wait,
};

const void *
my_get_extension(void *self, const char *id)
{
	(void)self;
	return strcmp(id, DBN_DRIVER_POSITION_1) == 0 ? &position : NULL;
}
