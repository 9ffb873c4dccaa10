/* SPDX-License-Identifier: MIT */
/*
 * The samples of the table of constructs, changed token by token.  The canonical text
 * is what the digest of a plan is made of, and the normal form is what logs show:
 *   another value       another canonical text, the same normal form
 *   another word, sign  another of both
 *   another name        another of both, unless it only calls a table otherwise
 *   another spelling    the same normal form, the same canonical text
 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "error/error.h"
#include "fixture.h"
#include "sql/grammar.h"
#include "sql/lex.h"

static struct fixture fx;
static const char *const dialects[] = { "", "sqlite", "postgres", "mysql" };

struct forms {
	dbn_str canonical, normal;
};

struct tally {
	unsigned values, words, names, spelled, wrong;
};

/* false: it is not accepted, or has no canonical form. */
static bool
read_forms(dbn_dialect_id id, const char *sql, struct forms *f)
{
	const dbn_sql_dialect *d = dbn_sql_dialect_get(id);
	dbn_sql_result res = { 0 };
	dbn_sql_stmt *s = NULL;
	dbn_error *err = NULL;
	bool good = dbn_sql_parse(&fx.arena, d, NULL, dbn_text_z(sql), &s, &err) == DBN_OK &&
		s->kind != DBN_STMT_ADMIN;

	dbn_str_reset(&f->canonical);
	dbn_str_reset(&f->normal);
	good = good && dbn_sql_print(s, d, DBN_PRINT_FINGERPRINT, NULL, 0, &f->normal, &err) == DBN_OK &&
		dbn_sql_resolve(s, d, &fx.cat, &res, &err) == DBN_OK &&
		dbn_sql_print(s, d, DBN_PRINT_CANONICAL, NULL, 0, &f->canonical, &err) == DBN_OK;
	dbn_error_free(err);
	return good;
}

static void
expect(struct tally *t, dbn_dialect_id id, const char *a, const char *b, const struct forms *x,
	const struct forms *y, int canonical, int normal)
{
	bool same = strcmp(dbn_str_z(&x->canonical), dbn_str_z(&y->canonical)) == 0;
	bool same_normal = strcmp(dbn_str_z(&x->normal), dbn_str_z(&y->normal)) == 0;

	if ((canonical >= 0 && same != canonical) || (normal >= 0 && same_normal != normal)) {
		t->wrong++;
		cr_log_error("%s: %s\n  %s\n  canonical is %s, the normal form %s\n  %s\n  %s", dialects[id], a, b,
			same ? "the same" : "another", same_normal ? "the same" : "another",
			dbn_str_z(&y->canonical), dbn_str_z(&y->normal));
	}
}

/* ---- one token instead of another ---- */

static char *
with_token(const char *sql, const dbn_sql_token *t, const char *with)
{
	size_t n = strlen(sql) + strlen(with) + 1;
	char *z = malloc(n);

	cr_assert_not_null(z);
	(void)snprintf(z, n, "%.*s%s%s", (int)t->pos, sql, with, sql + t->end);
	return z;
}

/* A value: its first letter or digit is another, which stays one of its kind. */
static bool
other_value(const char *sql, const dbn_sql_token *t, char *out, size_t size)
{
	uint32_t n = t->end - t->pos, i = t->kind == DBN_TK_NUMBER ? n : t->open;

	if (n + 1 > size)
		return false;
	memcpy(out, sql + t->pos, n);
	out[n] = 0;
	if (t->kind == DBN_TK_NUMBER) {
		while (i && !isdigit((unsigned char)out[i - 1]))
			i--;
		if (!i)
			return false;
		i--;
	} else {
		while (i < n && !isalnum((unsigned char)out[i]))
			i++;
		if (i == n)
			return false;
	}
	out[i] = out[i] == '9' ? '8' : out[i] == 'z' ? 'y' : (char)(out[i] + 1);
	return true;
}

/* Words and signs that may stand in one another's place and mean something else. */
static const char *const swaps[][2] = {
	{ "=", "<>" }, { "<>", "<" }, { "<", ">=" }, { ">", "<=" }, { "<=", ">" }, { ">=", "<" },
	{ "+", "-" }, { "-", "+" }, { "*", "/" }, { "/", "*" }, { "%", "+" }, { "&", "|" }, { "|", "&" },
	{ "<<", ">>" }, { ">>", "<<" }, { "||", "=" }, { "->", "->>" }, { "->>", "->" }, { "#>", "#>>" },
	{ "#>>", "#>" }, { "?", "<>" }, { "?|", "?&" }, { "?&", "?|" }, { "@?", "@@" }, { "@>", "<@" },
	{ "<@", "@>" }, { "~", "!~" }, { "!~*", "~*" }, { "~~", "!~~" }, { "!~~*", "~~*" }, { "^@", "=" },
	{ "<=>", "=" }, { "^", "-" }, { "#", "&" }, { "|/", "||/" },
	{ "AND", "OR" }, { "OR", "AND" }, { "LEFT", "INNER" }, { "RIGHT", "LEFT" }, { "FULL", "LEFT" },
	{ "CROSS", "NATURAL" }, { "UNION", "EXCEPT" }, { "EXCEPT", "UNION" }, { "INTERSECT", "EXCEPT" },
	{ "DESC", "ASC" }, { "FIRST", "LAST" }, { "LAST", "FIRST" }, { "TRUE", "FALSE" },
	{ "MATERIALIZED", "" }, { "NOT", "" }, { "DISTINCT", "" }, { "ALL", "ANY" },
	{ "LATERAL", "" }, { "IN", "NOT IN" }, { "LIKE", "NOT LIKE" }, { "BETWEEN", "NOT BETWEEN" },
	{ "EXISTS", "NOT EXISTS" }, { "ROLLUP", "CUBE" }, { "CUBE", "ROLLUP" }, { "WHERE", "WHERE NOT" },
	{ "GLOB", "LIKE" }, { "ILIKE", "LIKE" }, { "REGEXP", "LIKE" }, { "SYMMETRIC", "" },
	{ "LEADING", "TRAILING" }, { "BOTH", "LEADING" }, { "DAY", "MONTH" }, { "MONTH", "DAY" },
	{ "ORDINALITY", "" }, { "ONLY", "" }, { "UPDATE", "SHARE" }, { "DIV", "MOD" }, { "MOD", "DIV" },
	{ "XOR", "OR" }, { "BERNOULLI", "SYSTEM" }, { "TIES", "" }, { "BINARY", "" },
	{ "UNKNOWN", "TRUE" }, { "NULL", "TRUE" }, { "NOTNULL", "ISNULL" }, { "ISNULL", "NOTNULL" },
	{ "REPLACE", "INSERT" }, { "IGNORE", "" }, { "NOTHING", "UPDATE SET n = 1" }, { "SOME", "ALL" },
	{ "count", "max" }, { "sum", "min" }, { "lower", "upper" }, { "min", "max" }, { "max", "min" },
};

static bool
is_word(const char *sql, const dbn_sql_token *t, const char *word)
{
	return strlen(word) == t->end - t->pos && strncasecmp(sql + t->pos, word, t->end - t->pos) == 0;
}

struct sample {
	dbn_dialect_id id;
	const char *sql;
	struct forms was, is;
	dbn_sql_token tokens[200];
	size_t n;
	struct tally *tally;
};

/* Two ways to say one thing, where they stand. */
static bool
says_the_same(const char *sql, const char *other)
{
	return strstr(sql, "UNION DISTINCT") && strstr(other, "UNION  SELECT");
}

/* A number that is no value but a part of a type: CHAR(3). */
static bool
is_form(const struct sample *s, size_t i)
{
	return i > 1 && is_word(s->sql, &s->tokens[i - 2], "CHAR");
}

/* ---- one sample ---- */

static void
changed(struct sample *s, const dbn_sql_token *t, const char *with, unsigned *count, int canonical,
	int normal)
{
	char *z = with_token(s->sql, t, with);

	if (!says_the_same(s->sql, z) && read_forms(s->id, z, &s->is)) {
		(*count)++;
		expect(s->tally, s->id, s->sql, z, &s->was, &s->is, canonical, normal);
	}
	free(z);
}

/* Does the name only call something: a table, a query, a window, a column of those? */
static bool
is_alias(const struct sample *s, size_t i)
{
	uint32_t left = i ? s->tokens[i - 1].kind : DBN_TK_END;
	uint32_t kw = i ? s->tokens[i - 1].kw : 0;

	return left == DBN_TK_QUOTED || left == DBN_TK_RPAREN || (left == DBN_TK_NAME && (!kw ||
		kw == DBN_KW_AS || kw == DBN_KW_WITH || kw == DBN_KW_RECURSIVE || kw == DBN_KW_WINDOW ||
		kw == DBN_KW_OVER)) || (i + 1 < s->n && s->tokens[i + 1].kind == DBN_TK_DOT);
}

static void
other_names(struct sample *s, size_t i)
{
	static const char *const names[] = { "id", "name", "email", "age", "score", "team_id", "title",
		"budget", "users", "teams", "orders", "amount", "kv", "k", "v", "n", "x", "y", "plain" };
	bool calls = is_alias(s, i);

	for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
		if (!is_word(s->sql, &s->tokens[i], names[k]))
			changed(s, &s->tokens[i], names[k], &s->tally->names, calls ? -1 : 0, calls ? -1 : 0);
}

static void
token(struct sample *s, size_t i)
{
	const dbn_sql_token *t = &s->tokens[i];
	char value[200];

	if (t->kind == DBN_TK_NUMBER || t->kind == DBN_TK_STRING || t->kind == DBN_TK_BLOB) {
		if (other_value(s->sql, t, value, sizeof value))
			changed(s, t, value, &s->tally->values, 0, is_form(s, i) ? -1 : 1);
		return;
	}
	for (size_t k = 0; k < sizeof swaps / sizeof swaps[0]; k++)
		if (is_word(s->sql, t, swaps[k][0]))
			changed(s, t, swaps[k][1], &s->tally->words, 0, 0);
	if (t->kind == DBN_TK_NAME && !t->kw)
		other_names(s, i);
}

/* Words in small letters, a comment before each: outputs that have no name are called
 * by their text on SQLite and MySQL, so there only the normal form is one. */
static void
spelled(struct sample *s)
{
	dbn_str z;

	dbn_str_init(&z, 0);
	for (size_t i = 0; i < s->n; i++) {
		const dbn_sql_token *t = &s->tokens[i];
		uint32_t from = i ? s->tokens[i - 1].end : 0;

		dbn_str_add(&z, s->sql + from, t->pos - from);
		if (from != t->pos)
			dbn_str_adds(&z, "/* c */ ");
		for (uint32_t k = t->pos; k < t->end; k++)
			dbn_str_addc(&z, t->kind == DBN_TK_NAME && t->kw ? (char)tolower((unsigned char)s->sql[k]) :
				s->sql[k]);
	}
	if (read_forms(s->id, dbn_str_z(&z), &s->is)) {
		s->tally->spelled++;
		expect(s->tally, s->id, s->sql, dbn_str_z(&z), &s->was, &s->is,
			s->id == DBN_DIALECT_POSTGRES ? 1 : -1, 1);
	}
	dbn_str_free(&z);
}

static bool
cut(struct sample *s)
{
	dbn_sql_lexer lx = { .d = dbn_sql_dialect_get(s->id), .text = dbn_text_z(s->sql), .left = 200 };
	dbn_error *err = NULL;
	dbn_status rc = DBN_OK;

	for (s->n = 0; s->n < 200; s->n++) {
		rc = dbn_sql_lex(&lx, &s->tokens[s->n], &err);
		if (rc != DBN_OK || s->tokens[s->n].kind == DBN_TK_END)
			break;
	}
	dbn_error_free(err);
	return rc == DBN_OK && s->n < 200;
}

static void
sample(uint32_t construct, dbn_dialect_id id, struct tally *t)
{
	struct sample s = { .id = id, .sql = dbn_sql_construct_get(construct)->sample[id - 1], .tally = t };
	unsigned before = t->values + t->words + t->names;

	if (dbn_sql_construct_state(construct, id) != DBN_G_RUN)
		return;
	dbn_str_init(&s.was.canonical, 0);
	dbn_str_init(&s.was.normal, 0);
	dbn_str_init(&s.is.canonical, 0);
	dbn_str_init(&s.is.normal, 0);
	if (read_forms(id, s.sql, &s.was)) {
		cr_assert(cut(&s), "%s", s.sql);
		for (size_t i = 0; i < s.n; i++)
			token(&s, i);
		spelled(&s);
		if (t->values + t->words + t->names == before)
			printf("# %s: nothing of it can be changed: %s\n", dialects[id], s.sql);
	}
	dbn_str_free(&s.was.canonical);
	dbn_str_free(&s.was.normal);
	dbn_str_free(&s.is.canonical);
	dbn_str_free(&s.is.normal);
}

static void
all(dbn_dialect_id id)
{
	struct tally t = { 0 };

	fixture_open(&fx);
	for (uint32_t i = 1; i < DBN_G_COUNT; i++)
		sample(i, id, &t);
	fixture_close(&fx);
	printf("# %s: %u values, %u words and signs, %u names, %u spellings\n", dialects[id], t.values,
		t.words, t.names, t.spelled);
	cr_expect_eq(t.wrong, 0, "%u of them are not as they should be", t.wrong);
	cr_expect_geq(t.values, 60);
	cr_expect_geq(t.words, 60);
	cr_expect_geq(t.names, 300);
}

Test(samples, sqlite) { all(DBN_DIALECT_SQLITE); }
Test(samples, postgres) { all(DBN_DIALECT_POSTGRES); }
Test(samples, mysql) { all(DBN_DIALECT_MYSQL); }
