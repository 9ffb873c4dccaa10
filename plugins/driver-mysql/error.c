/* SPDX-License-Identifier: MIT */
/*
 * The server's and the library's error numbers as SQLSTATE, with constraint,
 * relation and column taken from the message.  Messages of a running statement
 * may quote stored values ("Duplicate entry 'x' for key"), so they only travel in
 * the detail, which the core withholds where rules hide rows.
 */
#include "driver.h"

enum { FATAL = 1, TXN = 2 }; /* the connection is lost; the transaction is undone */

typedef struct my_code {
	unsigned code;
	char state[6];
	uint8_t effect;
	const char *text;
	const char *hint;
} my_code;

static const my_code codes[] = {
	{ 1062, "23505", 0, "a row with the same key is there already", NULL },
	{ 1022, "23505", 0, "a row with the same key is there already", NULL },
	{ 1169, "23505", 0, "a row with the same key is there already", NULL },
	{ 1586, "23505", 0, "a row with the same key is there already", NULL },
	{ 1859, "23505", 0, "a row with the same key is there already", NULL },
	{ 1451, "23503", 0, "a foreign key is violated: rows refer to this one", NULL },
	{ 1452, "23503", 0, "a foreign key is violated: there is no such parent", NULL },
	{ 1216, "23503", 0, "a foreign key is violated", NULL },
	{ 1217, "23503", 0, "a foreign key is violated", NULL },
	{ 1048, "23502", 0, "a column must not be null", NULL },
	{ 1364, "23502", 0, "a column has no default and was given no value", NULL },
	{ 1263, "23502", 0, "a column must not be null", NULL },
	{ 4025, "23514", 0, "a check constraint is violated", NULL },
	{ 3819, "23514", 0, "a check constraint is violated", NULL },
	{ 1369, "44000", 0, "the row is not one that the view shows", NULL },
	{ 1644, "45000", 0, "a trigger or routine refused it", NULL },
	{ 1213, "40P01", TXN, "a deadlock: the transaction was undone",
		"Run the transaction again." },
	{ 1020, "40001", TXN, "a row was changed since the transaction read it",
		"Run the transaction again." },
	{ 1180, "40000", TXN, "the commit failed", NULL },
	{ 1205, "55P03", 0, "a lock was not got in time",
		"Another transaction holds the row or table; the setting lock_wait says how long to wait." },
	{ 1206, "53200", TXN, "there are more locks than the server has room for", NULL },
	{ 1931, "54000", 0, "the statement exceeded a limit of the server", NULL },
	{ 3636, "54000", 0, "a recursive query exceeded its limit", NULL },
	{ 3572, "55P03", 0, "a lock is held by another", NULL },
	{ 1317, "57014", 0, "the statement was cancelled", NULL },
	{ 1969, "HYT00", 0, "the statement ran longer than max_statement_time", NULL },
	{ 3024, "HYT00", 0, "the statement ran longer than max_execution_time", NULL },
	{ 1028, "57014", 0, "the sort was cancelled", NULL },
	{ 2001, "08001", FATAL, "cannot make a socket", NULL },
	{ 2002, "08001", FATAL, "cannot connect to the server",
		"Check host, port and socket of the url, and whether the server runs." },
	{ 2003, "08001", FATAL, "cannot connect to the server",
		"Check host, port and socket of the url, and whether the server runs." },
	{ 2004, "08001", FATAL, "cannot connect to the server", NULL },
	{ 2005, "08001", FATAL, "the host of the url is not known", NULL },
	{ 2006, "08006", FATAL, "the connection was lost", NULL },
	{ 2007, "08001", FATAL, "the server speaks another protocol", NULL },
	{ 2012, "08001", FATAL, "the server broke off while connecting", NULL },
	{ 2013, "08006", FATAL, "the connection was lost", NULL },
	{ 2014, "08006", FATAL, "the connection is out of step", NULL },
	{ 2020, "54000", FATAL, "a packet is larger than max_packet", NULL },
	{ 2026, "08001", FATAL, "the encrypted connection could not be made",
		"Check the certificate of the server, its name, and the settings ca and tls." },
	{ 2027, "08006", FATAL, "the server sent what is not of its protocol", NULL },
	{ 2055, "08006", FATAL, "the connection was lost", NULL },
	{ 5013, "08006", FATAL, "the connection was lost", NULL },
	{ 5014, "08006", FATAL, "the connection was lost", NULL },
	{ 2059, "28000", FATAL, "the login's authentication plugin is not there", NULL },
	{ 2061, "28000", FATAL, "the login's authentication failed", NULL },
	{ 1040, "53300", FATAL, "the server takes no more connections",
		"Raise max_connections of the server, or lower pool.max." },
	{ 1203, "53300", FATAL, "the login has no connections left", NULL },
	{ 1226, "53300", FATAL, "the login has used up what it may", NULL },
	{ 1129, "08004", FATAL, "the server has blocked this host", NULL },
	{ 1130, "08004", FATAL, "the server does not let this host connect", NULL },
	{ 1042, "08001", FATAL, "the server cannot tell who connects", NULL },
	{ 1043, "08001", FATAL, "the server broke off while connecting", NULL },
	{ 1044, "28000", 0, "the login may not use the database", NULL },
	{ 1045, "28000", FATAL, "the server refuses the login",
		"Check the user of the url and secrets = { password = ...; }." },
	{ 1698, "28000", FATAL, "the server refuses the login", NULL },
	{ 1049, "08004", FATAL, "there is no such database",
		"Check the database of the url; create = true (--create) makes it." },
	{ 1053, "57P01", FATAL, "the server is shutting down", NULL },
	{ 1079, "57P01", FATAL, "the server is shutting down", NULL },
	{ 1152, "08006", FATAL, "the server broke the connection off", NULL },
	{ 1158, "08006", FATAL, "the connection was lost", NULL },
	{ 1159, "08006", FATAL, "the connection was lost", NULL },
	{ 1160, "08006", FATAL, "the connection was lost", NULL },
	{ 1161, "08006", FATAL, "the connection was lost", NULL },
	{ 1184, "08006", FATAL, "the server broke the connection off", NULL },
	{ 1927, "57P01", FATAL, "the connection was killed", NULL },
	{ 1153, "54000", FATAL, "a packet is larger than the server's max_allowed_packet", NULL },
	{ 1264, "22003", 0, "a value is out of the range of its column", NULL },
	{ 1690, "22003", 0, "a result is out of range", NULL },
	{ 1365, "22012", 0, "division by zero", NULL },
	{ 1366, "22018", 0, "a value does not fit the type of its column", NULL },
	{ 1367, "22018", 0, "a value is not of its type", NULL },
	{ 1265, "22018", 0, "a value does not fit the type of its column", NULL },
	{ 1406, "22001", 0, "a value is longer than its column", NULL },
	{ 1292, "22007", 0, "a value is not of its type", NULL },
	{ 1411, "22007", 0, "a value is not of its type", NULL },
	{ 1441, "22008", 0, "a date or time is out of range", NULL },
	{ 4078, "22018", 0, "the types do not fit each other", NULL },
	{ 1416, "22018", 0, "a value is not a geometry", NULL },
	{ 3140, "22032", 0, "a value is not JSON", NULL },
	{ 4038, "22032", 0, "a value is not JSON", NULL },
	{ 1210, "22018", 0, "a value does not fit where it stands", NULL },
	{ 1242, "21000", 0, "a subquery gave more than one row", NULL },
	{ 1146, "42P01", 0, NULL, NULL },
	{ 1051, "42P01", 0, NULL, NULL },
	{ 1109, "42P01", 0, NULL, NULL },
	{ 1054, "42703", 0, NULL, NULL },
	{ 1305, "42883", 0, NULL, NULL },
	{ 1630, "42883", 0, NULL, NULL },
	{ 1050, "42P07", 0, NULL, NULL },
	{ 1064, "42601", 0, NULL, NULL },
	{ 1065, "42601", 0, "there is no statement in the text", NULL },
	{ 1149, "42601", 0, NULL, NULL },
	{ 1142, "42501", 0, NULL, NULL },
	{ 1143, "42501", 0, NULL, NULL },
	{ 1227, "42501", 0, NULL, NULL },
	{ 1370, "42501", 0, NULL, NULL },
	{ 1290, "25006", 0, "the server is read-only", NULL },
	{ 1836, "25006", 0, "the server is read-only", NULL },
	{ 1792, "25006", 0, "the transaction is read-only", NULL },
	{ 1399, "25001", 0, "not within a branch of a distributed transaction", NULL },
	{ 1397, "42704", 0, "there is no such prepared transaction", NULL },
	{ 1402, "40000", TXN, "the branch was rolled back",
		"A prepared branch that wrote nothing ends so after its connection has gone: that is no loss." },
	{ 1440, "42710", 0, "a transaction with this id is there already", NULL },
	{ 1613, "40000", TXN, "the branch took too long and was rolled back", NULL },
	{ 1614, "40P01", TXN, "the branch was rolled back by a deadlock", NULL },
	{ 1021, "53100", 0, "the disk of the server is full",
		"Make room on the server's disk." },
	{ 1114, "53100", 0, "the table or the disk of the server is full",
		"Make room on the server's disk, or let the table's file grow." },
	{ 1041, "53200", 0, "the server is out of memory", NULL },
	{ 1037, "53200", 0, "the server is out of memory", NULL },
	{ 1038, "53200", 0, "the server has not enough memory to sort", NULL },
	{ 2008, "53200", FATAL, "out of memory", NULL },
	{ 1030, "58030", 0, "the storage of the server failed", NULL },
	{ 1005, "58030", 0, "the server cannot make the table", NULL },
	{ 1194, "XX001", 0, "a table is damaged", NULL },
	{ 1195, "XX001", 0, "a table is damaged", NULL },
	{ 1390, "54000", 0, "there are more parameters than the server takes", NULL },
	{ 1461, "53400", 0, "the server has no room for more prepared statements",
		"Raise max_prepared_stmt_count of the server, or lower the pool's prepared statements." },
	{ 1615, "42P01", 0, "the schema has changed since the statement was prepared", NULL },
	{ 1243, "42P01", 0, "the server has forgotten the statement", NULL },
	{ 1235, "0A000", 0, NULL, NULL },
	{ 1295, "0A000", 0, NULL, NULL },
	{ 1046, "42P01", 0, "no database is chosen", NULL },
	{ 1436, "54001", 0, "the statement is nested too deeply for the server", NULL },
};

static const my_code *
find_code(unsigned code)
{
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (codes[i].code == code)
			return &codes[i];
	return NULL;
}

bool
my_is_lost(unsigned code)
{
	const my_code *k = find_code(code);

	return k ? (k->effect & FATAL) != 0 : code >= CR_MIN_ERROR && code < 3000;
}

/* The text between the nth pair of q in s. */
static dbn_text
quoted(const char *s, char q, unsigned nth)
{
	for (unsigned i = 0; s; i++) {
		const char *a = strchr(s, q), *b = a ? strchr(a + 1, q) : NULL;

		if (!b)
			break;
		if (i == nth)
			return (dbn_text){ a + 1, (size_t)(b - a - 1) };
		s = b + 1;
	}
	return (dbn_text){ NULL, 0 };
}

/* What stands between quotes after a word, the last time it occurs. */
static dbn_text
after(const char *msg, const char *word, char q)
{
	const char *p = NULL, *s = msg;

	while ((s = strstr(s, word)) != NULL)
		p = s += strlen(word);
	return p ? quoted(p, q, 0) : (dbn_text){ NULL, 0 };
}

/* "t.key" to relation and key (MySQL 8); MariaDB names the key alone. */
static void
split_key(dbn_fail_info *f)
{
	const char *dot = f->constraint.len
		? (const char *)memchr(f->constraint.ptr, '.', f->constraint.len) : NULL;

	if (!dot)
		return;
	f->relation = (dbn_text){ f->constraint.ptr, (size_t)(dot - f->constraint.ptr) };
	f->constraint = (dbn_text){ dot + 1, f->constraint.len - f->relation.len - 1 };
}

/* "... fails (`db`.`child`, CONSTRAINT `name` FOREIGN KEY ..." */
static void
split_foreign(const char *msg, dbn_fail_info *f)
{
	const char *open = strstr(msg, "(`");

	if (open)
		f->relation = quoted(open, '`', 1);
	f->constraint = after(msg, "CONSTRAINT ", '`');
}

static void
last_part(dbn_text *t)
{
	for (size_t i = t->len; i > 0; i--)
		if (t->ptr[i - 1] == '.') {
			t->ptr += i;
			t->len -= i;
			return;
		}
}

static void
fill_names(unsigned code, const char *msg, dbn_fail_info *f)
{
	switch (code) {
	case 1062:
	case 1586:
		f->constraint = after(msg, "for key ", '\'');
		split_key(f);
		break;
	case 1451:
	case 1452:
		split_foreign(msg, f);
		break;
	case 4025:
	case 3819:
		f->constraint = code == 4025 ? quoted(msg, '`', 0) : quoted(msg, '\'', 0);
		last_part(&f->constraint);
		if (code == 4025)
			f->relation = quoted(strstr(msg, "for ") ? strstr(msg, "for ") : msg, '`', 1);
		break;
	case 1048:
	case 1364:
	case 1054:
		f->column = quoted(msg, '\'', 0);
		last_part(&f->column);
		break;
	case 1264:
	case 1265:
	case 1406:
		f->column = after(msg, "column ", '\'');
		break;
	case 1366:
		f->column = after(msg, "column ", '`');
		if (strstr(msg, "column `") && strstr(msg, "`.`"))
			f->column = quoted(strstr(msg, "column `"), '`', 2);
		break;
	case 1292:
		f->column = strstr(msg, "column `") ? quoted(strstr(msg, "column `"), '`', 2)
			: after(msg, "column ", '\'');
		break;
	case 1146:
	case 1051:
	case 1109:
	case 1050:
		f->relation = quoted(msg, '\'', 0);
		last_part(&f->relation);
		break;
	case 1142:
		f->relation = after(msg, "table ", '`');
		if (strstr(msg, "`.`"))
			f->relation = quoted(strstr(msg, "table "), '`', 1);
		break;
	case 1143:
		f->column = after(msg, "column ", '\'');
		f->relation = after(msg, "table ", '\'');
		break;
	default:
		break;
	}
}

/* A statement was told to stop, or nobody answered in time. */
static dbn_status
fail_stopped(struct dbn_conn *c, unsigned code, uint32_t phase, dbn_fail_info *f, dbn_error **err)
{
	if (c->link.stuck) {
		c->broken = true;
		if (c->txn)
			c->failed = true;
		if (phase == MY_PHASE_COMMIT || phase == MY_PHASE_AUTO) {
			memcpy(f->sqlstate, "40003", 6);
			f->hint = PLUG_TEXT(PLUG_HINT_UNKNOWN);
			return plug_fail(c->host, err, f, "the deadline passed and the server does not "
				"answer: it may or may not have been done");
		}
		memcpy(f->sqlstate, "HYT00", 6);
		return plug_fail(c->host, err, f, phase == MY_PHASE_CONNECT
			? "the server did not answer in time" : "the deadline passed and the server does "
			"not answer: the connection is given up");
	}
	memcpy(f->sqlstate, c->stop == MY_STOP_DEADLINE ? "HYT00" : "57014", 6);
	f->native_code = code;
	return plug_fail(c->host, err, f, c->stop == MY_STOP_DEADLINE ? "the deadline passed"
		: "the statement was cancelled");
}

/* The connection went away in the middle. */
static dbn_status
fail_lost(struct dbn_conn *c, uint32_t phase, const char *msg, dbn_fail_info *f, dbn_error **err)
{
	c->broken = true;
	if (c->txn)
		c->failed = true;
	f->detail = plug_text(msg);
	if (phase == MY_PHASE_COMMIT || phase == MY_PHASE_AUTO) {
		memcpy(f->sqlstate, "40003", 6);
		f->hint = PLUG_TEXT(PLUG_HINT_UNKNOWN);
		return plug_fail(c->host, err, f, "the connection was lost before the reply: "
			"it may or may not have been done");
	}
	f->hint = PLUG_TEXT(PLUG_HINT_LOST);
	return plug_fail(c->host, err, f, "the connection was lost");
}

static bool
can_wait(uint32_t phase)
{
	return phase != MY_PHASE_CONNECT;
}

/* Some errors of a fetch are told on the connection only: then *q is NULL afterwards. */
unsigned
my_errno(const struct dbn_conn *c, MYSQL_STMT **q)
{
	if (*q && mysql_stmt_errno(*q))
		return mysql_stmt_errno(*q);
	*q = NULL;
	return c->link.db ? mysql_errno(c->link.db) : 0;
}

dbn_status
my_fail(struct dbn_conn *c, MYSQL_STMT *q, uint32_t phase, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };
	unsigned code = my_errno(c, &q);
	const char *msg = q ? mysql_stmt_error(q) : c->link.db ? mysql_error(c->link.db) : "";
	const my_code *k = find_code(code);
	const char *state = k ? k->state : q ? mysql_stmt_sqlstate(q) : mysql_sqlstate(c->link.db);

	if (c->link.stuck || ((code == 1317 || code == 1028) && can_wait(phase)) ||
		(code == 1969 && c->stop == MY_STOP_DEADLINE))
		return fail_stopped(c, code, phase, &f, err);
	f.native_code = code;
	memcpy(f.sqlstate, strlen(state) == 5 ? state : "XX000", 6);
	if (!k && (strcmp(state, "HY000") == 0 || strcmp(state, "00000") == 0))
		memcpy(f.sqlstate, "XX000", 6);
	f.hint = plug_text(k && k->hint ? k->hint : "");
	if (phase == MY_PHASE_CONNECT && memcmp(f.sqlstate, "28", 2) == 0) {
		f.status = DBN_E_CONN; /* it is our login, not the user's identity */
		f.retryable = 2;
	}
	if (k && (k->effect & TXN) && c->txn)
		c->failed = true;
	if (code == 1205 && c->rollback_on_timeout && c->txn)
		c->failed = true;
	if (my_is_lost(code) && phase != MY_PHASE_CONNECT) {
		/* What could not even be sent has not been done. */
		if (code == CR_SERVER_GONE_ERROR || code == CR_NET_PACKET_TOO_LARGE)
			phase = MY_PHASE_RUN;
		return fail_lost(c, phase, msg, &f, err);
	}
	fill_names(code, msg, &f);
	if (phase == MY_PHASE_CONNECT && my_is_lost(code) && !f.hint.len)
		f.hint = PLUG_TEXT(PLUG_HINT_CONNECT);
	if (k && k->text) {
		f.detail = plug_text(msg);
		return plug_fail(c->host, err, &f, "%s", k->text);
	}
	if (phase == MY_PHASE_PREPARE || phase == MY_PHASE_CONNECT || k)
		return plug_fail(c->host, err, &f, "%s", msg);
	f.detail = plug_text(msg);
	return plug_fail(c->host, err, &f, "the server answered %u", code);
}

dbn_status
my_fail_state(struct dbn_conn *c, const char *state, const char *text, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };

	memcpy(f.sqlstate, state, 6);
	return plug_fail(c->host, err, &f, "%s", text);
}
