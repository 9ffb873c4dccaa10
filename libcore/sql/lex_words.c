/* SPDX-License-Identifier: MIT */
/*
 * The words of the grammar, and which of them are no names.  Constant data; any
 * thread.
 */
#include "base/str.h"
#include "sql/lex.h"

struct word {
	const char *name;           /* lower case */
	uint8_t len, reserved;
};
#define W(s, r) { s, sizeof(s) - 1, r }

/* Sorted by name and in the order of the DBN_KW_ enumeration. */
static const struct word words[] = {
	{ "", 0, 0 },
	W("all", 1), W("alter", 0), W("analyze", 0), W("and", 1), W("any", 0), W("as", 1),
	W("asc", 0), W("attach", 0), W("begin", 0), W("between", 1), W("by", 0), W("case", 1),
	W("cast", 0), W("collate", 1), W("commit", 0), W("conflict", 0), W("create", 1),
	W("cross", 1), W("current", 0), W("current_date", 1), W("current_time", 1),
	W("current_timestamp", 1), W("default", 1), W("delete", 1), W("desc", 0), W("detach", 0),
	W("distinct", 1), W("do", 0), W("drop", 1), W("else", 1), W("end", 0), W("escape", 1),
	W("except", 1), W("exclude", 0), W("exists", 1), W("explain", 0), W("extract", 0),
	W("false", 1), W("filter", 0), W("first", 0), W("following", 0), W("for", 0),
	W("from", 1), W("full", 1), W("glob", 0), W("group", 1), W("groups", 0), W("having", 1),
	W("if", 0), W("in", 1), W("index", 1), W("indexed", 0), W("inner", 1), W("insert", 1),
	W("intersect", 1), W("into", 1), W("is", 1), W("isnull", 1), W("join", 1), W("last", 0),
	W("lateral", 0), W("left", 1), W("like", 0), W("limit", 1), W("match", 0),
	W("materialized", 0), W("natural", 1), W("no", 0), W("not", 1), W("nothing", 0),
	W("notnull", 1), W("null", 1), W("nulls", 0), W("offset", 0), W("on", 1), W("or", 1),
	W("order", 1), W("others", 0), W("outer", 1), W("over", 0), W("partition", 0),
	W("pragma", 0), W("preceding", 0), W("raise", 0), W("range", 0), W("recursive", 0),
	W("regexp", 0), W("reindex", 0), W("release", 0), W("replace", 0), W("returning", 1),
	W("right", 1), W("rollback", 0), W("row", 0), W("rows", 0), W("savepoint", 0),
	W("select", 1), W("set", 1), W("start", 0), W("table", 1), W("temp", 0),
	W("temporary", 0), W("then", 1), W("ties", 0), W("to", 1), W("trigger", 0),
	W("true", 1), W("unbounded", 0), W("union", 1), W("unique", 1), W("update", 1),
	W("using", 1), W("vacuum", 0), W("values", 1), W("view", 0), W("virtual", 0),
	W("when", 1), W("where", 1), W("window", 0), W("with", 0)
};
_Static_assert(sizeof(words) / sizeof(words[0]) == DBN_KW_COUNT_, "a word for each DBN_KW_");

/* Where the words of each letter begin. */
static const uint8_t first_of[27] = {
	['a' - 'a'] = DBN_KW_ALL, ['b' - 'a'] = DBN_KW_BEGIN, ['c' - 'a'] = DBN_KW_CASE,
	['d' - 'a'] = DBN_KW_DEFAULT, ['e' - 'a'] = DBN_KW_ELSE, ['f' - 'a'] = DBN_KW_FALSE,
	['g' - 'a'] = DBN_KW_GLOB, ['h' - 'a'] = DBN_KW_HAVING, ['i' - 'a'] = DBN_KW_IF,
	['j' - 'a'] = DBN_KW_JOIN, ['k' - 'a'] = DBN_KW_LAST, ['l' - 'a'] = DBN_KW_LAST,
	['m' - 'a'] = DBN_KW_MATCH, ['n' - 'a'] = DBN_KW_NATURAL, ['o' - 'a'] = DBN_KW_OFFSET,
	['p' - 'a'] = DBN_KW_PARTITION, ['q' - 'a'] = DBN_KW_RAISE, ['r' - 'a'] = DBN_KW_RAISE,
	['s' - 'a'] = DBN_KW_SAVEPOINT, ['t' - 'a'] = DBN_KW_TABLE, ['u' - 'a'] = DBN_KW_UNBOUNDED,
	['v' - 'a'] = DBN_KW_VACUUM, ['w' - 'a'] = DBN_KW_WHEN, ['x' - 'a'] = DBN_KW_COUNT_,
	['y' - 'a'] = DBN_KW_COUNT_, ['z' - 'a'] = DBN_KW_COUNT_, [26] = DBN_KW_COUNT_
};

const char *
dbn_sql_keyword_name(uint32_t kw)
{
	return kw < DBN_KW_COUNT_ ? words[kw].name : "";
}

void
dbn_sql__find_word(const char *p, size_t n, dbn_sql_token *t)
{
	unsigned char c = (unsigned char)p[0] | 32;

	t->kw = DBN_KW_NONE;
	t->reserved = false;
	if (n < 2 || n > 17 || c < 'a' || c > 'z')
		return;
	for (uint32_t i = first_of[c - 'a']; i < first_of[c - 'a' + 1]; i++) {
		size_t k = 1;

		if (words[i].len != n)
			continue;
		while (k < n &&
			dbn_ascii_lower((unsigned char)p[k]) == (unsigned char)words[i].name[k])
			k++;
		if (k == n) {
			t->kw = (uint16_t)i;
			t->reserved = words[i].reserved;
			return;
		}
	}
}
