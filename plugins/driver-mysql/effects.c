/* SPDX-License-Identifier: MIT */
/*
 * What the server does by itself when a relation is touched: foreign keys, from
 * information_schema; triggers and views, by reading their text for the tables
 * they name.  A reading of text is a guess: where a trigger calls a routine, or
 * the text cannot be seen, an effect without a table says that more may happen.
 */
#include "driver.h"

#define DEPTH 16 /* views over views, cascades over cascades */

void
my_add_effect(my_description *d, uint32_t what, dbn_text schema, dbn_text on, dbn_text by,
	uint32_t actions, uint32_t does)
{
	bool own = !schema.len || plug_text_same(schema, plug_text(d->conn->url.database));

	plug_relation_effect(&d->rel, what, own ? (dbn_text){ NULL, 0 } : schema, on, by, actions, does);
}

/* ---- words of a stored text ---- */

typedef struct my_token {
	dbn_text text;
	char kind;                  /* 'n' a name, 'w' a word, '.' and other signs, 0 the end */
} my_token;

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* A stored text, and how it was meant when it was stored. */
typedef struct my_reader {
	const char *p, *end;
	bool backslash;             /* it escapes in strings */
	bool ansi;                  /* "x" is a name */
} my_reader;

static my_reader
reader(dbn_text text, dbn_text sql_mode)
{
	my_reader r = { text.ptr, text.ptr + text.len, true, false };

	r.backslash = !sql_mode.len || !strstr(sql_mode.ptr, "NO_BACKSLASH_ESCAPES");
	r.ansi = sql_mode.len && strstr(sql_mode.ptr, "ANSI_QUOTES");
	return r;
}

/* Past a string; two quotes together are two strings here, which is the same. */
static const char *
skip_string(const my_reader *r, const char *s)
{
	char q = *s;

	for (s++; s < r->end && *s != q; s++)
		if (*s == '\\' && r->backslash && r->end - s > 1)
			s++;
	return s + (s < r->end);
}

/* The next token; strings and comments are passed over. */
static my_token
next(my_reader *r)
{
	const char *s = r->p, *end = r->end;
	my_token t = { { NULL, 0 }, 0 };

	for (;;) {
		while (s < end && (*s == ' ' || (*s >= '\t' && *s <= '\r')))
			s++;
		if (end - s >= 2 && s[0] == '/' && s[1] == '*' && !(end - s > 2 && (s[2] == '!' || s[2] == 'M'))) {
			for (s += 2; s < end && !(end - s >= 2 && s[0] == '*' && s[1] == '/'); s++)
				;
			s = end - s >= 2 ? s + 2 : end;
		} else if (s < end && (*s == '#' || (end - s >= 2 && s[0] == '-' && s[1] == '-'))) {
			while (s < end && *s != '\n')
				s++;
		} else if (s < end && (*s == '\'' || (*s == '"' && !r->ansi))) {
			s = skip_string(r, s);
		} else {
			break;
		}
	}
	t.text.ptr = s;
	if (s < end && (*s == '`' || *s == '"')) {
		char q = *s++;

		t.text.ptr = s;
		while (s < end && *s != q)
			s++;
		t.text.len = (size_t)(s - t.text.ptr);
		t.kind = 'n';
		s += s < end;
	} else if (s < end && is_word(*s)) {
		while (s < end && is_word(*s))
			s++;
		t.text.len = (size_t)(s - t.text.ptr);
		t.kind = 'w';
	} else if (s < end) {
		t.text.len = 1;
		t.kind = *s++;
	}
	r->p = s;
	return t;
}

static bool
is(const my_token *t, const char *word)
{
	return t->kind == 'w' && plug_text_same(t->text, plug_text(word));
}

/* [schema.]name behind what was read; false: there is none. */
static bool
table_at(my_reader *r, dbn_text *schema, dbn_text *name)
{
	my_reader s = *r;
	my_token t = next(&s), dot;

	if (t.kind != 'n' && t.kind != 'w')
		return false;
	*schema = (dbn_text){ NULL, 0 };
	*name = t.text;
	*r = s;
	dot = next(&s);
	if (dot.kind != '.')
		return true;
	t = next(&s);
	if (t.kind != 'n' && t.kind != 'w')
		return false;
	*schema = *name;
	*name = t.text;
	*r = s;
	return true;
}

static bool
passes(const my_token *t)
{
	return is(t, "INTO") || is(t, "IGNORE") || is(t, "LOW_PRIORITY") || is(t, "DELAYED") ||
		is(t, "HIGH_PRIORITY") || is(t, "QUICK") || is(t, "FROM");
}

/* The table that a writing word is for. */
static void
note_write(my_description *d, my_reader *r, dbn_text by, uint32_t action, uint32_t does)
{
	my_reader s = *r, before = s;
	dbn_text schema, name;
	my_token t = next(&s);

	while (passes(&t)) {
		before = s;
		t = next(&s);
	}
	if (is(&t, "SET") || !table_at(&before, &schema, &name))
		return;
	my_add_effect(d, DBN_EFFECT_TRIGGER_WRITES, schema, name, by, action, does);
	*r = before;
}

static void
read_trigger(my_description *d, my_reader r, dbn_text by, uint32_t action)
{
	my_token t = next(&r), last = { { NULL, 0 }, 0 };

	for (; t.kind; last = t, t = next(&r)) {
		dbn_text schema, name;
		bool after_key = is(&last, "KEY"); /* ON DUPLICATE KEY UPDATE */

		if (is(&t, "INSERT") || is(&t, "REPLACE")) {
			note_write(d, &r, by, action, is(&t, "INSERT") ? DBN_ACT_INSERT
				: DBN_ACT_INSERT | DBN_ACT_DELETE);
		} else if (is(&t, "UPDATE") && !after_key) {
			note_write(d, &r, by, action, DBN_ACT_UPDATE);
		} else if (is(&t, "DELETE")) {
			note_write(d, &r, by, action, DBN_ACT_DELETE);
		} else if (is(&t, "FROM") || is(&t, "JOIN")) {
			if (table_at(&r, &schema, &name))
				my_add_effect(d, DBN_EFFECT_TRIGGER_READS, schema, name, by, action, DBN_ACT_READ);
		} else if (is(&t, "CALL")) {
			my_add_effect(d, DBN_EFFECT_TRIGGER_WRITES, (dbn_text){ NULL, 0 },
				(dbn_text){ NULL, 0 }, by, action, 0);
		}
	}
}

static dbn_status
find_triggers(my_description *d, dbn_error **err)
{
	my_text t = { .host = d->conn->host };
	MYSQL_RES *r = NULL;
	MYSQL_ROW row;
	dbn_status st;

	my_add(&t, "SELECT TRIGGER_NAME,EVENT_MANIPULATION,ACTION_STATEMENT,SQL_MODE FROM "
		"information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA=");
	my_add_literal(&t, d->schema.ptr, d->schema.len);
	my_add(&t, " AND EVENT_OBJECT_TABLE=");
	my_add_literal(&t, d->name, strlen(d->name));
	st = my_ask(d->conn, &t, &r, err);
	while (st == DBN_OK && r && (row = mysql_fetch_row(r)) != NULL) {
		dbn_text by = my_cell(r, row, 0), event = my_cell(r, row, 1), text = my_cell(r, row, 2);
		uint32_t action = plug_text_is(event, "INSERT") ? DBN_ACT_INSERT
			: plug_text_is(event, "UPDATE") ? DBN_ACT_UPDATE : DBN_ACT_DELETE;
		size_t before = d->rel.neffects;

		if (text.ptr)
			read_trigger(d, reader(text, my_cell(r, row, 3)), by, action);
		/* It changes the row itself, or does what was not understood. */
		if (d->rel.neffects == before)
			my_add_effect(d, DBN_EFFECT_TRIGGER_WRITES, d->schema, plug_text(d->name), by, action, 0);
	}
	mysql_free_result(r);
	return st;
}

/* ---- foreign keys ---- */

static dbn_status
find_parents(my_description *d, dbn_error **err)
{
	my_text t = { .host = d->conn->host };
	MYSQL_RES *r = NULL;
	MYSQL_ROW row;
	dbn_status st;

	my_add(&t, "SELECT REFERENCED_TABLE_SCHEMA,REFERENCED_TABLE_NAME,CONSTRAINT_NAME FROM "
		"information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA=");
	my_add_literal(&t, d->schema.ptr, d->schema.len);
	my_add(&t, " AND TABLE_NAME=");
	my_add_literal(&t, d->name, strlen(d->name));
	my_add(&t, " AND REFERENCED_TABLE_NAME IS NOT NULL");
	st = my_ask(d->conn, &t, &r, err);
	while (st == DBN_OK && r && (row = mysql_fetch_row(r)) != NULL)
		my_add_effect(d, DBN_EFFECT_FK_READS, my_cell(r, row, 0), my_cell(r, row, 1),
			my_cell(r, row, 2), DBN_ACT_INSERT | DBN_ACT_UPDATE, DBN_ACT_READ);
	mysql_free_result(r);
	return st;
}

static bool
sets(dbn_text rule)
{
	return plug_text_is(rule, "SET NULL") || plug_text_is(rule, "SET DEFAULT");
}

/* One child of (schema, name), touched when what happens there is `touched`. */
static uint32_t
add_child(my_description *d, MYSQL_RES *r, MYSQL_ROW row, uint32_t touched, uint32_t actions)
{
	dbn_text schema = my_cell(r, row, 0), name = my_cell(r, row, 1), by = my_cell(r, row, 2);
	dbn_text on_update = my_cell(r, row, 3), on_delete = my_cell(r, row, 4);
	uint32_t next_touch = 0;

	if (touched & DBN_ACT_DELETE) {
		if (plug_text_is(on_delete, "CASCADE"))
			next_touch |= DBN_ACT_DELETE;
		else if (sets(on_delete))
			next_touch |= DBN_ACT_UPDATE;
	}
	if ((touched & DBN_ACT_UPDATE) && (plug_text_is(on_update, "CASCADE") || sets(on_update)))
		next_touch |= DBN_ACT_UPDATE;
	if (next_touch & DBN_ACT_DELETE)
		my_add_effect(d, DBN_EFFECT_CASCADE_DELETE, schema, name, by, actions, DBN_ACT_DELETE);
	if (next_touch & DBN_ACT_UPDATE)
		my_add_effect(d, DBN_EFFECT_CASCADE_UPDATE, schema, name, by, actions, DBN_ACT_UPDATE);
	my_add_effect(d, DBN_EFFECT_FK_READS, schema, name, by, actions, DBN_ACT_READ);
	return next_touch;
}

/* A name that is its own file name: InnoDB keeps names in that form. */
static bool
is_plain(dbn_text name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!is_word(name.ptr[i]) || name.ptr[i] == '$' || (unsigned char)name.ptr[i] >= 0x80)
			return false;
	return name.len != 0;
}

static bool
all_plain(MYSQL_RES *r)
{
	MYSQL_ROW row;
	bool plain = true;

	while (plain && (row = mysql_fetch_row(r)) != NULL)
		plain = is_plain(my_cell(r, row, 0)) && is_plain(my_cell(r, row, 1));
	mysql_data_seek(r, 0);
	return plain;
}

/*
 * The foreign keys that refer to a table by InnoDB's own list, as ask_children() has
 * them; *out NULL: it may not be read (without PROCESS), or names would have to be
 * decoded.
 */
static dbn_status
ask_innodb(my_description *d, dbn_text schema, dbn_text name, MYSQL_RES **out, dbn_error **err)
{
	struct dbn_conn *c = d->conn;
	my_text t = { .host = c->host };
	dbn_error *why = NULL;
	dbn_status st;

	if (!c->mariadb || c->no_innodb_list || !is_plain(schema) || !is_plain(name))
		return DBN_OK;
	my_add(&t, "SELECT SUBSTRING_INDEX(FOR_NAME,'/',1),SUBSTRING_INDEX(FOR_NAME,'/',-1),"
		"SUBSTRING(ID,LOCATE('/',ID)+1),"
		"IF(TYPE&4,'CASCADE',IF(TYPE&8,'SET NULL','RESTRICT')),"
		"IF(TYPE&1,'CASCADE',IF(TYPE&2,'SET NULL','RESTRICT')) "
		"FROM (SELECT CONCAT(");
	my_add_literal(&t, schema.ptr, schema.len);
	my_add(&t, ",'/',");
	my_add_literal(&t, name.ptr, name.len);
	my_add(&t, ") n) q JOIN information_schema.INNODB_SYS_FOREIGN ON REF_NAME=n AND "
		"(@@lower_case_table_names<>0 OR BINARY REF_NAME=BINARY n)");
	st = my_ask(c, &t, out, &why);
	if (st == DBN_OK && *out && !all_plain(*out)) {
		mysql_free_result(*out);
		*out = NULL;
	}
	if (st == DBN_OK)
		return st;
	if (!c->broken && c->stop == MY_STOP_NONE && st != DBN_E_NOMEM) {
		c->no_innodb_list = true;
		st = DBN_OK;
	} else if (err) {
		*err = why;
		why = NULL;
	}
	c->host->error_free(why);
	return st;
}

/* MariaDB opens every table of the server to answer this: it takes long where there
 * are thousands, and moves the counters of my_schema_epoch().  Hence InnoDB first. */
static dbn_status
ask_children(my_description *d, dbn_text schema, dbn_text name, MYSQL_RES **out, dbn_error **err)
{
	my_text t = { .host = d->conn->host };
	dbn_status st = ask_innodb(d, schema, name, out, err);

	if (st != DBN_OK || *out)
		return st;
	my_add(&t, "SELECT CONSTRAINT_SCHEMA,TABLE_NAME,CONSTRAINT_NAME,UPDATE_RULE,DELETE_RULE FROM "
		"information_schema.REFERENTIAL_CONSTRAINTS WHERE UNIQUE_CONSTRAINT_SCHEMA=");
	my_add_literal(&t, schema.ptr, schema.len);
	my_add(&t, " AND REFERENCED_TABLE_NAME=");
	my_add_literal(&t, name.ptr, name.len);
	return my_ask(d->conn, &t, out, err);
}

static dbn_status
find_children(my_description *d, dbn_text schema, dbn_text name, uint32_t touched, uint32_t actions,
	unsigned depth, dbn_error **err)
{
	MYSQL_RES *r = NULL;
	MYSQL_ROW row;
	dbn_status st = ask_children(d, schema, name, &r, err);

	while (st == DBN_OK && r && (row = mysql_fetch_row(r)) != NULL) {
		size_t before = d->rel.neffects;
		uint32_t more = add_child(d, r, row, touched, actions);

		/* What is new and changes rows may set off more. */
		if (more && d->rel.neffects > before && depth < DEPTH)
			st = find_children(d, my_cell(r, row, 0), my_cell(r, row, 1), more, actions, depth + 1,
				err);
	}
	mysql_free_result(r);
	return st;
}

/* ---- views ---- */

static bool
known_view(const my_description *d, dbn_text schema, dbn_text name)
{
	bool own = plug_text_same(schema, plug_text(d->conn->url.database));

	for (size_t i = 0; i < d->rel.neffects; i++)
		if (plug_text_is(name, d->rel.texts + d->rel.effects[i].on) &&
			plug_text_is(own ? (dbn_text){ NULL, 0 } : schema, d->rel.texts + d->rel.effects[i].schema))
			return true;
	return false;
}

/* What stands behind a view is not known: it may be anything. */
static void
unseen(my_description *d, dbn_text by)
{
	my_add_effect(d, DBN_EFFECT_VIEW_READS, (dbn_text){ NULL, 0 }, (dbn_text){ NULL, 0 }, by,
		DBN_ACT_READ, 0);
	d->rel.facts |= DBN_RELATION_NOT_TRANSACTIONAL;
}

static dbn_status find_view(my_description *d, dbn_text schema, dbn_text name, unsigned depth,
	dbn_error **err);

/* The server keeps a view with names as `schema`.`table`, and so are columns: what
 * is a relation is asked. */
static dbn_status
read_view(my_description *d, dbn_text text, dbn_text by, unsigned depth, dbn_error **err)
{
	my_reader r = reader(text, PLUG_TEXT("ANSI_QUOTES,NO_BACKSLASH_ESCAPES")); /* as we asked */
	my_token t = next(&r), last = { { NULL, 0 }, 0 };
	dbn_status st = DBN_OK;

	for (; st == DBN_OK && t.kind; last = t, t = next(&r)) {
		my_reader s = r;
		char canonical[MY_NAME_SIZE];
		dbn_text schema, name;
		uint32_t kind = 0;

		if (t.kind != 'n' || last.kind == '.')
			continue;
		schema = t.text;
		if (next(&s).kind != '.')
			continue;
		name = next(&s).text;
		if (!name.len || known_view(d, schema, name))
			continue;
		st = my_find_relation(d, schema, name, canonical, &kind, err);
		if (st == DBN_DONE) {
			st = DBN_OK; /* a column */
			continue;
		}
		if (st != DBN_OK)
			break;
		my_add_effect(d, DBN_EFFECT_VIEW_READS, schema, name, by, DBN_ACT_READ, DBN_ACT_READ);
		if (kind == DBN_RELATION_VIEW && depth < DEPTH)
			st = find_view(d, schema, name, depth + 1, err);
		else if (kind == DBN_RELATION_VIEW)
			unseen(d, by);
	}
	return st;
}

static dbn_status
find_view(my_description *d, dbn_text schema, dbn_text name, unsigned depth, dbn_error **err)
{
	my_text t = { .host = d->conn->host };
	MYSQL_RES *r = NULL;
	MYSQL_ROW row;
	dbn_text text;
	dbn_status st;

	my_add(&t, "SELECT VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA=");
	my_add_literal(&t, schema.ptr, schema.len);
	my_add(&t, " AND TABLE_NAME=");
	my_add_literal(&t, name.ptr, name.len);
	st = my_ask(d->conn, &t, &r, err);
	if (st != DBN_OK)
		return st;
	row = r ? mysql_fetch_row(r) : NULL;
	text = row ? my_cell(r, row, 0) : (dbn_text){ NULL, 0 };
	if (text.len)
		st = read_view(d, text, name, depth, err);
	else /* the login may not see it */
		unseen(d, name);
	mysql_free_result(r);
	return st;
}

dbn_status
my_find_effects(my_description *d, dbn_error **err)
{
	dbn_text name = plug_text(d->name);
	dbn_status st;

	if (d->kind == DBN_RELATION_VIEW)
		return find_view(d, d->schema, name, 0, err);
	if (d->kind != DBN_RELATION_TABLE)
		return DBN_OK;
	st = find_triggers(d, err);
	if (st == DBN_OK)
		st = find_parents(d, err);
	if (st == DBN_OK)
		st = find_children(d, d->schema, name, DBN_ACT_DELETE, DBN_ACT_DELETE, 0, err);
	if (st == DBN_OK)
		st = find_children(d, d->schema, name, DBN_ACT_UPDATE, DBN_ACT_UPDATE, 0, err);
	return st;
}
