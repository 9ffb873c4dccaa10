/* SPDX-License-Identifier: MIT */
/*
 * Administrative statements: known by their first words, lexed to the end by the
 * dialect's rules so that there is exactly one, and never understood further.
 * Those that reach past the statement, into the connection, other sessions or the
 * server, are refused by name.
 */
#include <string.h>

#include "sql/parser.h"

enum { ON_SQLITE = 1, ON_POSTGRES = 2, ON_MYSQL = 4, ON_SERVERS = 6, ON_ALL = 7 };

/* kind 0: always refused, by the construct's name. */
static const struct first {
	const char *word;
	uint8_t on, kind;
	uint16_t construct;
} firsts[] = {
	{ "create", ON_ALL, DBN_ADMIN_DDL, DBN_G_DDL }, { "alter", ON_ALL, DBN_ADMIN_DDL, DBN_G_DDL },
	{ "drop", ON_ALL, DBN_ADMIN_DDL, DBN_G_DDL },
	{ "truncate", ON_SERVERS, DBN_ADMIN_DDL, DBN_G_TRUNCATE },
	{ "rename", ON_MYSQL, DBN_ADMIN_DDL, DBN_G_RENAME },
	{ "reindex", ON_SQLITE | ON_POSTGRES, DBN_ADMIN_DDL, DBN_G_REINDEX },
	{ "analyze", ON_ALL, DBN_ADMIN_DDL, DBN_G_ANALYZE },
	{ "analyse", ON_POSTGRES, DBN_ADMIN_DDL, DBN_G_ANALYZE },
	{ "vacuum", ON_SQLITE | ON_POSTGRES, DBN_ADMIN_DDL, DBN_G_VACUUM },
	{ "optimize", ON_MYSQL, DBN_ADMIN_DDL, DBN_G_TABLE_UPKEEP },
	{ "repair", ON_MYSQL, DBN_ADMIN_DDL, DBN_G_TABLE_UPKEEP },
	{ "check", ON_MYSQL, DBN_ADMIN_DDL, DBN_G_TABLE_UPKEEP },
	{ "checksum", ON_MYSQL, DBN_ADMIN_DDL, DBN_G_TABLE_UPKEEP },
	{ "cluster", ON_POSTGRES, DBN_ADMIN_DDL, DBN_G_CLUSTER },
	{ "refresh", ON_POSTGRES, DBN_ADMIN_DDL, DBN_G_REFRESH },
	{ "comment", ON_POSTGRES, DBN_ADMIN_DDL, DBN_G_COMMENT },
	{ "security", ON_POSTGRES, DBN_ADMIN_DDL, DBN_G_SECURITY_LABEL },
	{ "import", ON_POSTGRES, DBN_ADMIN_DDL, DBN_G_IMPORT_SCHEMA },
	{ "grant", ON_SERVERS, DBN_ADMIN_DDL, DBN_G_GRANT },
	{ "revoke", ON_SERVERS, DBN_ADMIN_DDL, DBN_G_GRANT },
	{ "reassign", ON_POSTGRES, DBN_ADMIN_DDL, DBN_G_GRANT },
	{ "set", ON_SERVERS, DBN_ADMIN_SETTINGS, DBN_G_SET },
	{ "reset", ON_SERVERS, DBN_ADMIN_SETTINGS, DBN_G_SET },
	{ "show", ON_SERVERS, DBN_ADMIN_SETTINGS, DBN_G_SHOW },
	{ "pragma", ON_SQLITE, DBN_ADMIN_SETTINGS, DBN_G_PRAGMA },
	{ "attach", ON_SQLITE, DBN_ADMIN_SETTINGS, DBN_G_ATTACH },
	{ "detach", ON_SQLITE, DBN_ADMIN_SETTINGS, DBN_G_ATTACH },
	{ "lock", ON_SERVERS, DBN_ADMIN_SETTINGS, DBN_G_LOCK_TABLE },
	{ "unlock", ON_MYSQL, 0, DBN_G_LOCK_TABLE },
	{ "checkpoint", ON_POSTGRES, DBN_ADMIN_SETTINGS, DBN_G_CHECKPOINT },
	{ "flush", ON_MYSQL, DBN_ADMIN_SETTINGS, DBN_G_FLUSH },
	{ "notify", ON_POSTGRES, DBN_ADMIN_ROUTINE, DBN_G_NOTIFY },
	{ "listen", ON_POSTGRES, 0, DBN_G_LISTEN }, { "unlisten", ON_POSTGRES, 0, DBN_G_LISTEN },
	{ "call", ON_SERVERS, DBN_ADMIN_ROUTINE, DBN_G_CALL },
	{ "do", ON_SERVERS, DBN_ADMIN_ROUTINE, DBN_G_DO },
	{ "copy", ON_POSTGRES, DBN_ADMIN_ROUTINE, DBN_G_COPY },
	{ "load", ON_MYSQL, DBN_ADMIN_ROUTINE, DBN_G_LOAD_DATA },
	{ "load", ON_POSTGRES, 0, DBN_G_LOAD_CODE }, { "install", ON_MYSQL, 0, DBN_G_LOAD_CODE },
	{ "uninstall", ON_MYSQL, 0, DBN_G_LOAD_CODE },
	{ "prepare", ON_SERVERS, 0, DBN_G_PREPARE }, { "execute", ON_SERVERS, 0, DBN_G_PREPARE },
	{ "deallocate", ON_SERVERS, 0, DBN_G_PREPARE }, { "declare", ON_POSTGRES, 0, DBN_G_CURSOR },
	{ "fetch", ON_POSTGRES, 0, DBN_G_CURSOR }, { "move", ON_POSTGRES, 0, DBN_G_CURSOR },
	{ "close", ON_POSTGRES, 0, DBN_G_CURSOR }, { "discard", ON_POSTGRES, 0, DBN_G_DISCARD },
	{ "handler", ON_MYSQL, 0, DBN_G_HANDLER }, { "use", ON_MYSQL, 0, DBN_G_USE },
	{ "kill", ON_MYSQL, 0, DBN_G_KILL }, { "shutdown", ON_MYSQL, 0, DBN_G_SERVER },
	{ "restart", ON_MYSQL, 0, DBN_G_SERVER }, { "change", ON_MYSQL, 0, DBN_G_SERVER },
	{ "stop", ON_MYSQL, 0, DBN_G_SERVER }, { "purge", ON_MYSQL, 0, DBN_G_SERVER },
	{ "binlog", ON_MYSQL, 0, DBN_G_SERVER }, { "backup", ON_MYSQL, 0, DBN_G_SERVER },
	{ "clone", ON_MYSQL, 0, DBN_G_SERVER }, { "cache", ON_MYSQL, 0, DBN_G_SERVER },
	{ "signal", ON_MYSQL, 0, DBN_G_SIGNAL }, { "resignal", ON_MYSQL, 0, DBN_G_SIGNAL },
	{ "get", ON_MYSQL, 0, DBN_G_SIGNAL }, { "merge", ON_POSTGRES, 0, DBN_G_MERGE },
	{ "explain", ON_ALL, 0, DBN_G_EXPLAIN }, { "describe", ON_MYSQL, 0, DBN_G_EXPLAIN },
	{ "desc", ON_MYSQL, 0, DBN_G_EXPLAIN }, { "xa", ON_MYSQL, 0, DBN_G_TRANSACTION },
	{ "abort", ON_POSTGRES, 0, DBN_G_TRANSACTION }
};

static uint8_t
on(const dbn_sql_parser *p)
{
	return p->d->id == DBN_DIALECT_SQLITE ? ON_SQLITE : p->d->id == DBN_DIALECT_POSTGRES
		? ON_POSTGRES : ON_MYSQL;
}

static const struct first *
first_of(const dbn_sql_parser *p)
{
	if (p->tok.kind != DBN_TK_NAME)
		return NULL;
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++)
		if ((firsts[i].on & on(p)) && dbn_sql__at_word(p, firsts[i].word))
			return &firsts[i];
	return NULL;
}

bool
dbn_sql__is_admin(const dbn_sql_parser *p)
{
	return first_of(p) != NULL;
}

/* One of the words, up to NULL? */
static bool
among(const dbn_sql_parser *p, const char *const *words)
{
	for (; *words; words++)
		if (dbn_sql__at_word(p, *words))
			return true;
	return false;
}

static bool
skip_words(dbn_sql_parser *p, const char *const *words)
{
	while (p->status == DBN_OK && among(p, words))
		if (!dbn_sql__next(p))
			return false;
	return p->status == DBN_OK;
}

/* ---- CREATE, ALTER, DROP ---- */

/* DEFINER = user@host, ALGORITHM = x: up to the next word that is none of it. */
static bool
skip_setting(dbn_sql_parser *p)
{
	if (!dbn_sql__next(p))
		return false;
	if (p->tok.kind == DBN_TK_EQ) {
		if (!dbn_sql__next(p) || !dbn_sql__next(p))
			return false;
		if (p->tok.kind == DBN_TK_OTHER) /* @ */
			return dbn_sql__next(p) && dbn_sql__next(p);
	}
	return p->status == DBN_OK;
}

/* CREATE [OR REPLACE] [TEMP] [UNIQUE] TABLE, INDEX, VIEW, TRIGGER ... */
static bool
object_word(dbn_sql_parser *p, dbn_sql_stmt *s, dbn_text verb, char object[24])
{
	static const char *const before[] = { "or", "replace", "temp", "temporary", "global", "local",
		"unique", "fulltext", "spatial", "virtual", "unlogged", "foreign", "recursive",
		"materialized", "trusted", "procedural", "constraint", "default", "aggregate", "sql",
		"security", "invoker", "online", "offline", "ignore", NULL };
	static const char *const settings[] = { "definer", "algorithm", NULL };
	static const char *const of_sqlite[] = { "table", "index", "view", "trigger", NULL };
	size_t n;
	char *word;

	while (p->status == DBN_OK && (among(p, before) || (p->d->id == DBN_DIALECT_MYSQL &&
		among(p, settings)))) {
		s->admin_temp |= dbn_sql__at_kw(p, DBN_KW_TEMP) || dbn_sql__at_kw(p, DBN_KW_TEMPORARY);
		if (!(among(p, settings) ? skip_setting(p) : dbn_sql__next(p)))
			return false;
	}
	if (p->tok.kind != DBN_TK_NAME || (p->d->id == DBN_DIALECT_SQLITE && !among(p, of_sqlite)))
		return dbn_sql__unexpected(p, "TABLE, INDEX, VIEW or TRIGGER") != NULL;
	if (p->d->id != DBN_DIALECT_SQLITE && (dbn_sql__at_word(p, "system") || dbn_sql__at_word(p, "instance")))
		return dbn_sql__refuse(p, DBN_G_SERVER, s->pos) != NULL;
	n = p->tok.end - p->tok.pos;
	for (size_t i = 0; i < 23 && i < n; i++)
		object[i] = (char)dbn_ascii_lower((unsigned char)p->lx.text.ptr[p->tok.pos + i]);
	object[n < 23 ? n : 23] = '\0';
	word = dbn_arena_printf(p->a, "%.*s %.*s", DBN_TEXT_ARG(verb), (int)n,
		p->lx.text.ptr + p->tok.pos);
	if (!word)
		return dbn_sql__nomem(p) != NULL;
	s->admin_word = dbn_text_z(word);
	return dbn_sql__next(p);
}

/* a, or a, b, ... where many may stand: each with what may stand before it; RENAME:
 * a TO b, c TO d. */
static bool
names(dbn_sql_parser *p, dbn_sql_stmt *s, bool many)
{
	static const char *const before[] = { "only", NULL };
	static const char *const to[] = { "to", NULL };
	size_t cap = 0;

	do {
		if (!skip_words(p, before) ||
			!dbn_sql__room(p, &s->admin_names, &cap, s->nadmin_names, sizeof(*s->admin_names)))
			return false;
		s->admin_names[s->nadmin_names] = (dbn_sql_name){ { 0 }, { 0 }, { 0 } };
		if (!dbn_sql__relation_name(p, &s->admin_names[s->nadmin_names++]))
			return false;
		(void)dbn_sql__take(p, DBN_TK_STAR); /* TRUNCATE t *: with what inherits */
	} while (p->status == DBN_OK && many && (dbn_sql__take(p, DBN_TK_COMMA) ||
		(among(p, to) && dbn_sql__next(p))));
	return p->status == DBN_OK;
}

/* What it is about, where that is easy. */
static bool
object_name(dbn_sql_parser *p, dbn_sql_stmt *s, const char *object, bool drop)
{
	static const char *const between[] = { "if", "not", "exists", "only", "concurrently", NULL };
	dbn_sql_name ignored = { { 0 }, { 0 }, { 0 } };
	bool table = !strcmp(object, "table") || !strcmp(object, "view");

	if (!table && p->d->id != DBN_DIALECT_SQLITE && strcmp(object, "index") != 0)
		return p->status == DBN_OK;
	if (!skip_words(p, between))
		return false;
	if (!table && dbn_sql__at_kw(p, DBN_KW_ON)) /* CREATE INDEX ON t */
		return dbn_sql__next(p) && skip_words(p, between) && names(p, s, false);
	if (table)
		return names(p, s, drop);
	if (!dbn_sql__relation_name(p, &ignored))
		return false;
	if (!strcmp(object, "index") && dbn_sql__take_kw(p, DBN_KW_ON))
		return skip_words(p, between) && names(p, s, false);
	return p->status == DBN_OK;
}

static uint32_t
definition(const dbn_sql_parser *p, const char *object)
{
	if (!strcmp(object, "trigger"))
		return DBN_G_CREATE_TRIGGER;
	if (p->d->id == DBN_DIALECT_POSTGRES && !strcmp(object, "rule"))
		return DBN_G_CREATE_RULE;
	if (p->d->id != DBN_DIALECT_SQLITE && (!strcmp(object, "function") || !strcmp(object, "procedure") ||
		!strcmp(object, "event") || !strcmp(object, "package")))
		return DBN_G_CREATE_ROUTINE;
	return 0;
}

/* ---- what is refused by what follows ---- */

/* Settings that the driver pins, or that are the session's. */
static bool
is_pinned(const dbn_sql_parser *p)
{
	static const char *const pinned[] = { "search_path", "standard_conforming_strings",
		"client_encoding", "role", "session_authorization", "authorization", "row_security",
		"session_replication_role", "transaction", "characteristics", "transaction_isolation",
		"transaction_read_only", "default_transaction_isolation", "default_transaction_read_only",
		"timezone", "time", "datestyle", "intervalstyle", "bytea_output", "extra_float_digits",
		"backslash_quote", "escape_string_warning", "names", "sql_mode", "character",
		"charset", "character_set_client", "character_set_connection", "character_set_results",
		"character_set_database", "collation_connection", "autocommit", "completion_type",
		"tx_isolation", "tx_read_only", "time_zone", "password", "statement", "schema",
		"pseudo_thread_id", "sql_log_bin", "insert_id", "last_insert_id", "timestamp", NULL };

	dbn_text t = dbn_sql_token_text(&p->lx, &p->tok, p->a);

	for (size_t i = 0; pinned[i]; i++)
		if (dbn_text_ieqz(t, pinned[i]))
			return true;
	return false;
}

/* By the token at hand, somewhere in the statement: the construct that it is; 0: none. */
static uint32_t
refused_by(const dbn_sql_parser *p, uint32_t construct)
{
	static const char *const streams[] = { "stdin", "stdout", NULL };

	switch (construct) {
	case DBN_G_SET: return is_pinned(p) ? DBN_G_SET_PINNED : 0;
	case DBN_G_COPY: return among(p, streams) ? DBN_G_COPY_STREAM : 0;
	case DBN_G_LOAD_DATA: return dbn_sql__at_word(p, "local") ? DBN_G_LOAD_LOCAL : 0;
	default: return 0;
	}
}

/* By the word behind the first. */
static bool
second_word(dbn_sql_parser *p, const struct first *f, uint32_t pos)
{
	static const char *const tables[] = { "table", "local", "no_write_to_binlog", NULL };
	bool mysql = p->d->id == DBN_DIALECT_MYSQL;
	uint32_t id = 0;

	if (f->construct == DBN_G_ANALYZE && mysql && !among(p, tables))
		id = DBN_G_EXPLAIN; /* it runs the statement behind it */
	else if (f->construct == DBN_G_PREPARE && dbn_sql__at_word(p, "transaction"))
		id = DBN_G_TRANSACTION;
	else if (f->construct == DBN_G_SET && mysql && dbn_text_ieqz(dbn_text_n(p->lx.text.ptr + pos, 5),
		"reset"))
		id = DBN_G_SERVER; /* RESET MASTER, RESET REPLICA */
	else if (f->construct == DBN_G_SET && dbn_sql__at_kw(p, DBN_KW_ALL))
		id = DBN_G_SET_PINNED; /* RESET ALL */
	else if (!f->kind)
		id = f->construct;
	return id ? dbn_sql__refuse(p, id, pos) != NULL : p->status == DBN_OK;
}

/* ---- to the end ---- */

/* Bodies with statements of their own: BEGIN ... END, and CASE ... END in them. */
static bool
body_depth(dbn_sql_parser *p, uint32_t construct, uint32_t *depth)
{
	static const char *const blocks[] = { "if", "loop", "repeat", "while", "for", NULL };
	const dbn_sql_token *t;

	if (p->tok.kind != DBN_TK_NAME || (construct != DBN_G_CREATE_TRIGGER &&
		construct != DBN_G_CREATE_ROUTINE))
		return true;
	if (dbn_sql__at_kw(p, DBN_KW_BEGIN) && p->d->id == DBN_DIALECT_POSTGRES) {
		t = dbn_sql__peek(p, 1);
		*depth += t && dbn_text_ieqz(dbn_text_n(p->lx.text.ptr + t->pos, t->end - t->pos), "atomic");
	} else if (dbn_sql__at_kw(p, DBN_KW_BEGIN) || (*depth && dbn_sql__at_kw(p, DBN_KW_CASE))) {
		++*depth;
	} else if (*depth && dbn_sql__at_kw(p, DBN_KW_END)) {
		if (!dbn_sql__next(p))
			return false;
		if (p->d->id == DBN_DIALECT_MYSQL && among(p, blocks))
			return dbn_sql__next(p);
		--*depth;
		return p->d->id != DBN_DIALECT_MYSQL || !dbn_sql__at_kw(p, DBN_KW_CASE) || dbn_sql__next(p);
	}
	return dbn_sql__next(p);
}

static bool
no_value(dbn_sql_parser *p, uint32_t depth)
{
	bool postgres = p->d->id == DBN_DIALECT_POSTGRES;

	/* PostgreSQL: an operator of jsonb, an argument of the function */
	if ((p->tok.kind == DBN_TK_QMARK && !postgres) || (p->tok.kind == DBN_TK_DOLLAR &&
		!(postgres && depth)))
		return dbn_sql__fail(p, p->tok.pos, "Write the values into the text.",
			"a placeholder in an administrative statement") != NULL;
	return true;
}

/* A semicolon may only be the last token, but inside of a body, and in parentheses of
 * a rule. */
static bool
to_the_end(dbn_sql_parser *p, uint32_t construct)
{
	uint32_t depth = 0, parens = 0, id;

	while (p->tok.kind != DBN_TK_END && p->status == DBN_OK) {
		const uint32_t pos = p->tok.pos;

		if (!no_value(p, depth))
			return false;
		id = p->tok.kind == DBN_TK_NAME || p->tok.kind == DBN_TK_QUOTED ? refused_by(p, construct) : 0;
		if (id)
			return dbn_sql__refuse(p, id, pos) != NULL;
		if (p->tok.kind == DBN_TK_SEMI && !depth && !(parens && construct == DBN_G_CREATE_RULE))
			return true;
		parens += p->tok.kind == DBN_TK_LPAREN;
		parens -= parens && p->tok.kind == DBN_TK_RPAREN;
		if (!body_depth(p, construct, &depth))
			return false;
		if (p->tok.pos == pos && p->tok.kind != DBN_TK_END && !dbn_sql__next(p))
			return false;
	}
	if (depth && p->status == DBN_OK)
		dbn_sql__unexpected(p, "END");
	return p->status == DBN_OK;
}

static bool
upper_word(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	char *upper;

	s->admin_word = dbn_arena_text(p->a, s->admin_word);
	if (!s->admin_word.ptr)
		return dbn_sql__nomem(p) != NULL;
	upper = (char *)(uintptr_t)s->admin_word.ptr;
	for (size_t i = 0; i < s->admin_word.len; i++)
		if (upper[i] >= 'a' && upper[i] <= 'z')
			upper[i] = (char)(upper[i] - 32);
	return true;
}

/* TRUNCATE [TABLE] [ONLY] t, OPTIMIZE TABLE t, REFRESH MATERIALIZED VIEW v ... */
static bool
plain_name(dbn_sql_parser *p, dbn_sql_stmt *s, const struct first *f)
{
	static const char *const before[] = { "table", "tables", "only", "materialized", "view",
		"concurrently", "local", "no_write_to_binlog", NULL };

	switch (f->construct) {
	case DBN_G_TRUNCATE: case DBN_G_RENAME: case DBN_G_TABLE_UPKEEP: case DBN_G_REFRESH:
	case DBN_G_LOCK_TABLE:
		if (!skip_words(p, before))
			return false;
		return !dbn_sql__is_name(p) || names(p, s, true);
	default:
		return p->status == DBN_OK;
	}
}

bool
dbn_sql__admin(dbn_sql_parser *p, dbn_sql_stmt *s)
{
	dbn_text verb = { p->lx.text.ptr + p->tok.pos, p->tok.end - p->tok.pos };
	const struct first *f = first_of(p);
	uint32_t pos = p->tok.pos, construct = f->construct, more;
	char object[24] = "";

	p->lx.raw = true;
	s->kind = DBN_STMT_ADMIN;
	s->admin = f->kind;
	s->admin_word = verb;
	if (!dbn_sql__next(p) || !second_word(p, f, pos) || !dbn_sql__construct(p, construct, pos))
		return false;
	if (construct == DBN_G_DDL) {
		if (!object_word(p, s, verb, object) || !object_name(p, s, object,
			dbn_text_ieqz(verb, "drop")))
			return false;
		more = dbn_text_ieqz(verb, "create") ? definition(p, object) : 0;
		if (more && !dbn_sql__construct(p, more, pos))
			return false;
		construct = more ? more : construct;
	} else if (!plain_name(p, s, f)) {
		return false;
	}
	return upper_word(p, s) && to_the_end(p, construct);
}
