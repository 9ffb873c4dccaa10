/* SPDX-License-Identifier: MIT */
/*
 * Even in strict mode the server only notes some changes of a value: digits cut
 * off a decimal, fractions of a second, blanks at the end of a text.  Here they
 * are errors.
 */
#include <stdlib.h>

#include "driver.h"

static bool
is_change(unsigned long code)
{
	static const unsigned short codes[] = { 1264, 1265, 1292, 1366, 1406, 1411, 1441 };

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* "Data truncated for column 'price' at row 1" */
static dbn_text
column_of(const char *msg)
{
	const char *p = strstr(msg, "column '"), *end = p ? strchr(p + 8, '\'') : NULL;

	return end ? (dbn_text){ p + 8, (size_t)(end - p - 8) } : (dbn_text){ NULL, 0 };
}

static dbn_status
refuse(struct dbn_conn *c, unsigned long code, const char *msg, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f, .native_code = (int64_t)code };

	memcpy(f.sqlstate, code == 1264 ? "22003" : "22001", 6);
	f.column = column_of(msg);
	f.detail = plug_text(msg);
	f.hint = PLUG_TEXT("Round or shorten the value to what the column keeps.");
	return plug_fail(c->host, err, &f, "column \"%.*s\" does not keep the value exactly",
		(int)f.column.len, f.column.len ? f.column.ptr : "");
}

dbn_status
my_check_warnings(struct dbn_conn *c, unsigned n, dbn_error **err)
{
	static const char sql[] = "SHOW WARNINGS";
	MYSQL_RES *r = NULL;
	MYSQL_ROW row;
	dbn_status st;

	if (!n)
		return DBN_OK;
	st = my_own_rows(c, sql, sizeof sql - 1, &r, err);
	while (st == DBN_OK && r && (row = mysql_fetch_row(r)) != NULL) {
		unsigned long code = row[1] ? strtoul(row[1], NULL, 10) : 0;

		if (is_change(code))
			st = refuse(c, code, row[2] ? row[2] : "", err);
	}
	mysql_free_result(r);
	return st;
}
