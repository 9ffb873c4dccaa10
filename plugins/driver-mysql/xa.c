/* SPDX-License-Identifier: MIT */
/*
 * Two-phase commit by XA.  A global id is written as hexadecimal, up to 64 bytes
 * as the transaction's part and up to 64 more as the branch's.  A prepared branch
 * outlives its connection; while that lives, no other connection may finish it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "driver.h"

#define PART 64

static size_t
add_hex(char *out, dbn_text t)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	out[n++] = 'X';
	out[n++] = '\'';
	for (size_t i = 0; i < t.len; i++) {
		out[n++] = digits[(unsigned char)t.ptr[i] >> 4];
		out[n++] = digits[(unsigned char)t.ptr[i] & 15];
	}
	out[n++] = '\'';
	return n;
}

dbn_status
my_xid(struct dbn_conn *c, dbn_text id, char *out, size_t size, dbn_error **err)
{
	dbn_text first = { id.ptr, id.len < PART ? id.len : PART };
	size_t n;

	if (!id.len || id.len > (size_t)2 * PART || size < 4 * (size_t)PART + 8)
		return plug_fail_status(c->host, err, DBN_E_INVALID,
			"a global id has 1 to %d bytes", 2 * PART);
	n = add_hex(out, first);
	if (id.len > PART) {
		out[n++] = ',';
		n += add_hex(out + n, (dbn_text){ id.ptr + PART, id.len - PART });
	}
	out[n] = 0;
	return DBN_OK;
}

dbn_status
my_xa_prepare(struct dbn_conn *c, dbn_error **err)
{
	char sql[400];
	dbn_status st;

	if (!c->xa)
		return plug_fail_hint(c->host, err, DBN_E_INVALID, "Begin the transaction with a global id.",
			"the transaction has no global id");
	if (c->failed)
		return my_fail_state(c, "25P02", "the transaction was undone by an error; roll it back",
			err);
	(void)snprintf(sql, sizeof sql, "XA END %s", c->xid);
	st = my_own(c, sql, err);
	if (st != DBN_OK)
		return st;
	(void)snprintf(sql, sizeof sql, "XA PREPARE %s", c->xid);
	c->own_run = false;
	if (my_link_query(&c->link, sql, strlen(sql)) != 0) {
		st = my_fail(c, NULL, MY_PHASE_COMMIT, err);
		if (!c->broken)
			c->failed = true;
		return st;
	}
	return DBN_OK;
}

dbn_status
my_xa_finish(struct dbn_conn *c, uint32_t how, dbn_text global_id, dbn_error **err)
{
	char xid[300], sql[400];
	unsigned code;
	dbn_status st;

	if (c->txn)
		return my_fail_state(c, "25001", "a transaction is active", err);
	st = my_xid(c, global_id, xid, sizeof xid, err);
	if (st != DBN_OK)
		return st;
	(void)snprintf(sql, sizeof sql, "XA %s %s",
		how == DBN_END_COMMIT_PREPARED ? "COMMIT" : "ROLLBACK", xid);
	c->own_run = false;
	if (my_link_query(&c->link, sql, strlen(sql)) == 0)
		return DBN_OK;
	code = mysql_errno(c->link.db);
	if (!c->link.stuck && code == ER_XAER_NOTA) {
		dbn_fail_info f = { .struct_size = (uint32_t)sizeof f, .status = DBN_E_NOT_FOUND };

		f.native_code = code;
		f.hint = PLUG_TEXT("It is finished already, or the connection that prepared it is "
			"still there: then only that one may finish it.");
		return plug_fail(c->host, err, &f, "there is no such prepared transaction to finish");
	}
	/* What a read-only branch says once its connection has gone. */
	if (!c->link.stuck && code == ER_XA_RBROLLBACK && how == DBN_END_ROLLBACK_PREPARED)
		return DBN_OK;
	return my_fail(c, NULL, MY_PHASE_COMMIT, err);
}

dbn_status
my_list_prepared(struct dbn_conn *c, dbn_text prefix, const dbn_call *call,
	dbn_status (*each)(dbn_text gid, int64_t age_us, void *user), void *user, dbn_error **err)
{
	static const char sql[] = "XA RECOVER";
	MYSQL_RES *r = NULL;
	MYSQL_ROW row;
	dbn_status st = my_enter(c, call, err);

	if (st == DBN_OK)
		st = my_own_rows(c, sql, sizeof sql - 1, &r, err);
	while (st == DBN_OK && r && (row = mysql_fetch_row(r)) != NULL) {
		dbn_text id = my_cell(r, row, 3);

		/* Other formats are other programs'. */
		if (!row[0] || strcmp(row[0], "1") != 0 || id.len < prefix.len ||
			(prefix.len && memcmp(id.ptr, prefix.ptr, prefix.len) != 0))
			continue;
		st = each(id, -1, user);
	}
	mysql_free_result(r);
	return st;
}
