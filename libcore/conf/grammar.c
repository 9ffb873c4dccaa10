/* SPDX-License-Identifier: MIT */
/*
 * May this token stand here?  libconfig says only "syntax error", stops at the
 * first, and loses the text it had begun; so it never gets to see one.
 */
#include "conf/build.h"

enum {
	WANT_NAME = 0,              /* a group: a name, or its end */
	WANT_ASSIGN = 1,
	WANT_VALUE = 2,
	AFTER_VALUE = 3,
	WANT_ITEM = 4               /* a list, at its beginning: a value, or its end */
};

static bool
is_value(unsigned token)
{
	return token == DBN_TOKEN_STRING || token == DBN_TOKEN_NUMBER || token == DBN_TOKEN_BOOL ||
		token == DBN_TOKEN_OPEN;
}

static const char *
begin_value(dbn_conf_grammar *g, unsigned token, char c)
{
	uint8_t *state = &g->state[g->depth];

	if (!is_value(token))
		return "a value is missing before this";
	if (token == DBN_TOKEN_OPEN && g->open[g->depth] == '[')
		return "an array [ ] holds no groups and lists; a list ( ) does";
	*state = AFTER_VALUE;
	if (token != DBN_TOKEN_OPEN || g->depth == DBN_CONF_DEPTH)
		return NULL;
	g->depth++;
	g->open[g->depth] = c;
	g->state[g->depth] = c == '{' ? WANT_NAME : WANT_ITEM;
	return NULL;
}

/* The caller matches brackets. */
static const char *
close_one(dbn_conf_grammar *g)
{
	if (!g->depth)
		return NULL;
	switch (g->state[g->depth]) {
	case WANT_ASSIGN:
		return "a name without a value";
	case WANT_VALUE:
		return g->open[g->depth] == '{' ? "a value is missing before this" :
			"a comma stands before a closing bracket";
	default:
		g->depth--;
		return NULL;
	}
}

static const char *
after_value(dbn_conf_grammar *g, unsigned token, char c, bool string_before)
{
	bool group = !g->depth || g->open[g->depth] == '{';

	if (token == DBN_TOKEN_STRING && string_before)
		return NULL;        /* adjacent texts join */
	if (token == DBN_TOKEN_SEPARATOR && (group || c == ',')) {
		g->state[g->depth] = group ? WANT_NAME : WANT_VALUE;
		return NULL;
	}
	if (group && token == DBN_TOKEN_NAME) {
		g->state[g->depth] = WANT_ASSIGN;
		return NULL;
	}
	return group ? "a \";\" is missing before this" : "a comma is missing before this";
}

static const char *
step(dbn_conf_grammar *g, unsigned token, char c, bool string_before)
{
	if (token == DBN_TOKEN_CLOSE)
		return close_one(g);
	switch (g->state[g->depth]) {
	case WANT_NAME:
		if (token == DBN_TOKEN_NAME)
			g->state[g->depth] = WANT_ASSIGN;
		else if (token != DBN_TOKEN_END)
			return "the name of a setting is expected here";
		return NULL;
	case WANT_ASSIGN:
		if (token != DBN_TOKEN_ASSIGN)
			return "\"=\" is missing before this";
		g->state[g->depth] = WANT_VALUE;
		return NULL;
	case AFTER_VALUE:
		return token == DBN_TOKEN_END ? NULL : after_value(g, token, c, string_before);
	default:
		return begin_value(g, token, c);
	}
}

const char *
dbn_conf_grammar_step(dbn_conf_grammar *g, unsigned token, char c)
{
	bool string_before = g->string_before;
	const char *why;

	if (g->broken)
		return NULL;
	g->string_before = token == DBN_TOKEN_STRING;
	why = step(g, token, c, string_before);
	g->broken = why != NULL;
	return why;
}
