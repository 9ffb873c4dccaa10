/* SPDX-License-Identifier: MIT */
/*
 * Between what reads a pattern (pattern_parse.c: text to tree) and what runs it
 * (pattern.c: tree to program, and matching).
 */
#ifndef DBN_ENTITY_PATTERN_IMPL_H
#define DBN_ENTITY_PATTERN_IMPL_H

#include "entity/pattern.h"

enum { PROGRAM_MAX = 1000, REPEAT_MAX = 255 };

struct range {
	uint32_t lo, hi;
};
struct set {
	struct range *ranges;
	uint32_t count;
	bool negated;
};

enum { OP_CHAR, OP_ANY, OP_SET, OP_START, OP_END, OP_SPLIT, OP_JUMP, OP_FOUND };
struct step {
	uint16_t op, x, y;        /* SPLIT: x and y; JUMP: x */
	uint32_t ch;
	const struct set *set;
};
struct dbn_pattern {
	uint32_t count;
	struct step steps[];
};

enum { NODE_STEP, NODE_SEQ, NODE_ALT, NODE_REPEAT };
struct node {
	int kind;
	struct step step;
	struct node **parts;      /* SEQ, ALT; REPEAT: one */
	size_t nparts, cap;
	unsigned lo, hi;          /* REPEAT; hi REPEAT_MAX + 1: no end */
};

struct parser {
	dbn_arena *a;
	const char *p, *begin, *end;
	const char *why;
	bool nomem;
	unsigned depth;
	dbn_pattern *out;
};

/* Remember the first thing that is wrong; returns NULL. */
void *dbn_pattern__bad(struct parser *ps, const char *why);
/* All of the text as a tree, in the arena; NULL: ps->why or ps->nomem. */
struct node *dbn_pattern__parse(struct parser *ps);

/* The next character of valid UTF-8; moves on. */
static inline uint32_t
next_char(const char **pp)
{
	const unsigned char *p = (const unsigned char *)*pp;
	uint32_t c = p[0];
	size_t n = 1;

	if (c >= 0xF0) {
		c = (c & 7u) << 18 | (p[1] & 63u) << 12 | (p[2] & 63u) << 6 | (p[3] & 63u);
		n = 4;
	} else if (c >= 0xE0) {
		c = (c & 15u) << 12 | (p[1] & 63u) << 6 | (p[2] & 63u);
		n = 3;
	} else if (c >= 0xC0) {
		c = (c & 31u) << 6 | (p[1] & 63u);
		n = 2;
	}
	*pp += n;
	return c;
}

#endif
