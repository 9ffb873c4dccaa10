/* SPDX-License-Identifier: MIT */
/*
 * SQLite's result codes as SQLSTATE, with constraint, relation and column taken
 * from the message.  Messages of a running statement may quote stored values
 * ("bad JSON path: ..."), so they only travel in the detail, which the core
 * withholds where rules hide rows.
 */
#include "driver.h"

typedef struct sq_code {
	int code;                 /* extended first, primary codes after them */
	char state[6];
	const char *text;
} sq_code;

static const sq_code codes[] = {
	{ SQLITE_CONSTRAINT_UNIQUE, "23505", "a row with the same key is there already" },
	{ SQLITE_CONSTRAINT_PRIMARYKEY, "23505", "a row with the same key is there already" },
	{ SQLITE_CONSTRAINT_ROWID, "23505", "a row with the same key is there already" },
	{ SQLITE_CONSTRAINT_FOREIGNKEY, "23503", "a foreign key is violated" },
	{ SQLITE_CONSTRAINT_NOTNULL, "23502", "a column must not be null" },
	{ SQLITE_CONSTRAINT_CHECK, "23514", "a check constraint is violated" },
	{ SQLITE_CONSTRAINT_FUNCTION, "44000", "the row is not one that may be written" },
	{ SQLITE_CONSTRAINT_TRIGGER, "23000", "a trigger refused the change" },
	{ SQLITE_CONSTRAINT_DATATYPE, "22018", "a value does not fit the type of its column" },
	{ SQLITE_BUSY_SNAPSHOT, "40001", "the database was changed since the transaction read it" },
	{ SQLITE_IOERR_NOMEM, "53200", "out of memory" },
	{ SQLITE_CONSTRAINT, "23000", "a constraint is violated" },
	{ SQLITE_ABORT, "25P02", "the transaction was undone while rows were open" },
	{ SQLITE_LOCKED, "55006", "an open statement uses the table" },
	{ SQLITE_NOMEM, "53200", "out of memory" },
	{ SQLITE_READONLY, "25006", "the database or connection is read-only" },
	{ SQLITE_PERM, "58000", "the file may not be accessed" },
	{ SQLITE_IOERR, "58030", "the database file cannot be read or written" },
	{ SQLITE_CORRUPT, "XX001", "the database file is damaged" },
	{ SQLITE_NOTADB, "XX001", "the file is not a database, or it is damaged" },
	{ SQLITE_FULL, "53100", "the disk is full" },
	{ SQLITE_CANTOPEN, "08001", "the database file cannot be opened" },
	{ SQLITE_PROTOCOL, "55P03", "the database file could not be locked" },
	{ SQLITE_SCHEMA, "42P01", "the schema has changed" },
	{ SQLITE_TOOBIG, "54000", "a text, a value or a row is longer than the limit" },
	{ SQLITE_MISMATCH, "22018", "a value does not fit the type of its column" },
	{ SQLITE_RANGE, "22003", "a value is out of range" },
	{ SQLITE_NOLFS, "58000", "the file is too large for this system" },
};

static const sq_code *
find_code(int rc)
{
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (codes[i].code == rc)
			return &codes[i];
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (codes[i].code == (rc & 0xff))
			return &codes[i];
	return NULL;
}

static bool
starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* "UNIQUE constraint failed: t.a, t.b": relation t, column a if it is alone. */
static void
fill_constraint(const char *msg, int rc, dbn_fail_info *f)
{
	const char *what = strstr(msg, "failed: "), *dot, *comma;

	if (!what)
		return;
	what += 8;
	if (rc == SQLITE_CONSTRAINT_CHECK || starts(what, "index '")) {
		f->constraint = plug_text(what);
		if (*what == 'i' && rc != SQLITE_CONSTRAINT_CHECK && f->constraint.len > 8) {
			f->constraint.ptr += 7;
			f->constraint.len -= 8;
		}
		return;
	}
	dot = strchr(what, '.');
	comma = strchr(what, ',');
	if (!dot)
		return;
	f->relation = (dbn_text){ what, (size_t)(dot - what) };
	if (!comma)
		f->column = plug_text(dot + 1);
	if (rc != SQLITE_CONSTRAINT_NOTNULL)
		f->constraint = plug_text(what);
}

/* Errors in the text of a statement: SQLite says what in words only. */
static const char *
text_state(const char *msg, dbn_fail_info *f)
{
	const char *colon = strchr(msg, ':');
	dbn_text name = plug_text(colon && colon[1] ? colon + 2 : "");

	if (starts(msg, "no such table: ")) {
		f->relation = name;
		return "42P01";
	}
	if (starts(msg, "no such column: ") || strstr(msg, "has no column named ")) {
		f->column = colon ? name : plug_text(strstr(msg, "named ") + 6);
		return "42703";
	}
	if (starts(msg, "no such function: "))
		return "42883";
	if (starts(msg, "ambiguous column name"))
		return "42702";
	if (strstr(msg, "already exists"))
		return "42P07";
	if (starts(msg, "too many "))
		return "54000";
	if (starts(msg, "Expression tree is too large"))
		return "54001";
	return "42601";
}

static dbn_status
fail_stopped(struct dbn_conn *c, int rc, dbn_fail_info *f, dbn_error **err)
{
	bool locked = (rc & 0xff) == SQLITE_BUSY;

	switch (c->stop) {
	case SQ_STOP_DEADLINE:
		memcpy(f->sqlstate, "HYT00", 6);
		return plug_fail(c->host, err, f, "the deadline passed%s",
			locked ? " while the database was locked by another" : "");
	case SQ_STOP_LIMIT:
		memcpy(f->sqlstate, "54000", 6);
		return plug_fail(c->host, err, f, "the result is larger than the limit");
	case SQ_STOP_LOCK:
		memcpy(f->sqlstate, "55P03", 6);
		f->hint = PLUG_TEXT("Another process may hold a transaction open; "
			"the setting lock_wait says how long to wait.");
		return plug_fail(c->host, err, f, "the database is locked by another");
	case SQ_STOP_CANCEL:
		memcpy(f->sqlstate, "57014", 6);
		return plug_fail(c->host, err, f, "the statement was cancelled%s",
			locked ? " while the database was locked by another" : "");
	default:
		memcpy(f->sqlstate, locked ? "55P03" : "57014", 6);
		return plug_fail(c->host, err, f, locked ? "the database is locked by another"
			: "the statement was cancelled");
	}
}

/* SQLITE_ERROR: the text is wrong, or something went wrong while it ran. */
static dbn_status
fail_error(struct dbn_conn *c, uint32_t phase, const char *msg, dbn_fail_info *f, dbn_error **err)
{
#if SQLITE_VERSION_NUMBER >= 3038000
	int at = sqlite3_error_offset(c->db);

	if (at >= 0 && phase == SQ_PHASE_PREPARE)
		f->position = (uint32_t)at + 1;
#endif
	if (phase == SQ_PHASE_PREPARE || starts(msg, "no such ")) {
		memcpy(f->sqlstate, text_state(msg, f), 6);
		return plug_fail(c->host, err, f, "%s", msg);
	}
	memcpy(f->sqlstate, strstr(msg, "overflow") ? "22003" : "22000", 6);
	f->detail = plug_text(msg);
	return plug_fail(c->host, err, f, "the statement failed while it ran");
}

dbn_status
sq_fail(struct dbn_conn *c, int rc, uint32_t phase, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };
	const sq_code *code = find_code(rc);
	const char *msg = c->db ? sqlite3_errmsg(c->db) : "";

	f.native_code = rc;
	if (rc == SQLITE_CONSTRAINT_FUNCTION) {
		memcpy(f.sqlstate, "44000", 6);
		f.detail = plug_text(c->require_text);
		return plug_fail(c->host, err, &f, "%s", code->text);
	}
	if ((rc & 0xff) == SQLITE_INTERRUPT ||
		((rc & 0xff) == SQLITE_BUSY && rc != SQLITE_BUSY_SNAPSHOT))
		return fail_stopped(c, rc, &f, err);
	if ((rc & 0xff) == SQLITE_AUTH)
		return sq_access_refused(c, phase == SQ_PHASE_PREPARE ? DBN_E_ACCESS : DBN_E_SCHEMA,
			err);
	if (rc == SQLITE_ERROR)
		return fail_error(c, phase, msg, &f, err);
	if ((rc & 0xff) == SQLITE_CONSTRAINT) {
		fill_constraint(msg, rc, &f);
		if (rc == SQLITE_CONSTRAINT_TRIGGER)
			f.detail = plug_text(msg);
	}
	/* Synced or not?  Recovery may find the commit, or may not. */
	if (phase == SQ_PHASE_COMMIT && (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC)) {
		memcpy(f.sqlstate, "40003", 6);
		return plug_fail(c->host, err, &f, "the commit may or may not survive: "
			"the file could not be synced");
	}
	if (!code) {
		memcpy(f.sqlstate, "XX000", 6);
		f.detail = plug_text(msg);
		return plug_fail(c->host, err, &f, "sqlite answered %d (%s)", rc, sqlite3_errstr(rc));
	}
	memcpy(f.sqlstate, code->state, 6);
	if (phase == SQ_PHASE_CONNECT)
		f.detail = plug_text(msg);
	return plug_fail(c->host, err, &f, "%s", code->text);
}
