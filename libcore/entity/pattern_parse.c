/* SPDX-License-Identifier: MIT */
/*
 * The text of a pattern becomes a tree, by descent: only its groups recurse, at
 * most DEPTH_MAX deep.  Trees live in the arena.
 */
#include "entity/pattern_impl.h"

enum { DEPTH_MAX = 24, RANGES_MAX = 64 };

void *
dbn_pattern__bad(struct parser *ps, const char *why)
{
	if (!ps->why && !ps->nomem)
		ps->why = why;
	return NULL;
}

static struct node *
node_new(struct parser *ps, int kind)
{
	struct node *n = dbn_arena_zalloc(ps->a, sizeof *n);

	if (!n) {
		ps->nomem = true;
		return NULL;
	}
	n->kind = kind;
	return n;
}

static bool
node_add(struct parser *ps, struct node *n, struct node *part)
{
	if (!part)
		return false;
	if (!dbn_arena_grow(ps->a, &n->parts, &n->cap, n->nparts + 1, sizeof *n->parts)) {
		ps->nomem = true;
		return false;
	}
	n->parts[n->nparts++] = part;
	return true;
}

static bool
add_range(struct parser *ps, struct set *s, uint32_t lo, uint32_t hi)
{
	if (s->count == RANGES_MAX || lo > hi) {
		(void)dbn_pattern__bad(ps, lo > hi ? "a range that ends before it begins"
				      : "a set of too many parts");
		return false;
	}
	s->ranges[s->count].lo = lo;
	s->ranges[s->count++].hi = hi;
	return true;
}

/* \d \w \s into the set; false: another letter. */
static bool
add_class(struct parser *ps, struct set *s, char c)
{
	switch (c) {
	case 'd':
		return add_range(ps, s, '0', '9');
	case 'w':
		return add_range(ps, s, '0', '9') && add_range(ps, s, 'a', 'z') &&
			add_range(ps, s, 'A', 'Z') && add_range(ps, s, '_', '_');
	case 's':
		return add_range(ps, s, '\t', '\r') && add_range(ps, s, ' ', ' ');
	default:
		return false;
	}
}

static struct set *
set_new(struct parser *ps)
{
	struct set *s = dbn_arena_zalloc(ps->a, sizeof *s);

	if (s)
		s->ranges = dbn_arena_array(ps->a, RANGES_MAX, sizeof *s->ranges);
	if (!s || !s->ranges) {
		ps->nomem = true;
		return NULL;
	}
	return s;
}

/* Is it a letter or digit, which a backslash would give a meaning? */
static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* One character of a set, or a class, which gives false. */
static bool
set_char(struct parser *ps, struct set *s, uint32_t *c)
{
	if (*ps->p == '\\') {
		ps->p++;
		if (ps->p == ps->end) {
			(void)dbn_pattern__bad(ps, "a backslash at the end");
			return false;
		}
		if (is_word(*ps->p)) {
			if (!add_class(ps, s, *ps->p))
				(void)dbn_pattern__bad(ps, "an unknown class");
			ps->p++;
			return false;
		}
	}
	*c = next_char(&ps->p);
	return true;
}

static struct node *
parse_set(struct parser *ps)
{
	struct node *n = node_new(ps, NODE_STEP);
	struct set *s = set_new(ps);
	bool first = true;

	if (!n || !s)
		return NULL;
	if (ps->p < ps->end && *ps->p == '^') {
		s->negated = true;
		ps->p++;
	}
	for (; ps->p < ps->end && (first || *ps->p != ']'); first = false) {
		uint32_t lo, hi;

		if (!set_char(ps, s, &lo)) {
			if (ps->why || ps->nomem)
				return NULL;
			continue;
		}
		hi = lo;
		if (ps->end - ps->p > 1 && ps->p[0] == '-' && ps->p[1] != ']') {
			ps->p++;
			if (!set_char(ps, s, &hi))
				return dbn_pattern__bad(ps, "a range that ends in a class");
		}
		if (!add_range(ps, s, lo, hi))
			return NULL;
	}
	if (ps->p == ps->end)
		return dbn_pattern__bad(ps, "a set without its ]");
	ps->p++;
	n->step.op = OP_SET;
	n->step.set = s;
	return n;
}

static struct node *
parse_escape(struct parser *ps)
{
	struct node *n = node_new(ps, NODE_STEP);
	struct set *s;

	if (!n)
		return NULL;
	if (ps->p == ps->end)
		return dbn_pattern__bad(ps, "a backslash at the end");
	if (is_word(*ps->p)) {
		s = set_new(ps);
		if (!s)
			return NULL;
		if (!add_class(ps, s, *ps->p))
			return dbn_pattern__bad(ps, "an unknown class");
		ps->p++;
		n->step.op = OP_SET;
		n->step.set = s;
		return n;
	}
	n->step.op = OP_CHAR;
	n->step.ch = next_char(&ps->p);
	return n;
}

static struct node *parse_alt(struct parser *ps);

static struct node *
parse_group(struct parser *ps)
{
	struct node *n;

	if (++ps->depth > DEPTH_MAX)
		return dbn_pattern__bad(ps, "groups nested too deep");
	n = parse_alt(ps);
	ps->depth--;
	if (!n)
		return NULL;
	if (ps->p == ps->end)
		return dbn_pattern__bad(ps, "a group without its )");
	ps->p++;
	return n;
}

static struct node *
parse_atom(struct parser *ps)
{
	struct node *n;

	switch (*ps->p) {
	case '(':
		ps->p++;
		return parse_group(ps);
	case '[':
		ps->p++;
		return parse_set(ps);
	case '\\':
		ps->p++;
		return parse_escape(ps);
	case '*':
	case '+':
	case '?':
	case '{':
		return dbn_pattern__bad(ps, "a repetition of nothing");
	default:
		break;
	}
	n = node_new(ps, NODE_STEP);
	if (!n)
		return NULL;
	n->step.op = *ps->p == '.' ? OP_ANY : *ps->p == '^' ? OP_START : *ps->p == '$' ? OP_END : OP_CHAR;
	n->step.ch = next_char(&ps->p);
	return n;
}

static bool
parse_number(struct parser *ps, unsigned *out)
{
	const char *from = ps->p;
	unsigned v = 0;

	for (; ps->p < ps->end && *ps->p >= '0' && *ps->p <= '9' && v <= REPEAT_MAX; ps->p++)
		v = v * 10 + (unsigned)(*ps->p - '0');
	*out = v;
	return ps->p > from && v <= REPEAT_MAX;
}

/* {m} {m,} {m,n} behind the brace. */
static bool
parse_bounds(struct parser *ps, unsigned *lo, unsigned *hi)
{
	if (!parse_number(ps, lo))
		return false;
	*hi = *lo;
	if (ps->p < ps->end && *ps->p == ',') {
		ps->p++;
		if (ps->p < ps->end && *ps->p == '}')
			*hi = REPEAT_MAX + 1;
		else if (!parse_number(ps, hi) || *hi < *lo)
			return false;
	}
	if (ps->p == ps->end || *ps->p != '}')
		return false;
	ps->p++;
	return true;
}

static struct node *
parse_item(struct parser *ps)
{
	struct node *n = parse_atom(ps), *r;
	unsigned lo, hi;

	if (!n || ps->p == ps->end)
		return n;
	switch (*ps->p) {
	case '*':
		lo = 0;
		hi = REPEAT_MAX + 1;
		ps->p++;
		break;
	case '+':
		lo = 1;
		hi = REPEAT_MAX + 1;
		ps->p++;
		break;
	case '?':
		lo = 0;
		hi = 1;
		ps->p++;
		break;
	case '{':
		ps->p++;
		if (!parse_bounds(ps, &lo, &hi))
			return dbn_pattern__bad(ps, "a repetition that is not {m}, {m,} or {m,n} up to 255");
		break;
	default:
		return n;
	}
	if (n->kind == NODE_STEP && (n->step.op == OP_START || n->step.op == OP_END))
		return dbn_pattern__bad(ps, "a repetition of nothing");
	r = node_new(ps, NODE_REPEAT);
	if (!r || !node_add(ps, r, n))
		return NULL;
	r->lo = lo;
	r->hi = hi;
	return r;
}

static struct node *
parse_seq(struct parser *ps)
{
	struct node *n = node_new(ps, NODE_SEQ);

	if (!n)
		return NULL;
	while (ps->p < ps->end && *ps->p != '|' && *ps->p != ')')
		if (!node_add(ps, n, parse_item(ps)))
			return NULL;
	return n;
}

static struct node *
parse_alt(struct parser *ps)
{
	struct node *n = node_new(ps, NODE_ALT);

	if (!n)
		return NULL;
	for (;;) {
		if (!node_add(ps, n, parse_seq(ps)))
			return NULL;
		if (ps->p == ps->end || *ps->p != '|')
			return n;
		ps->p++;
	}
}

struct node *
dbn_pattern__parse(struct parser *ps)
{
	struct node *root = parse_alt(ps);

	return root && ps->p != ps->end ? dbn_pattern__bad(ps, "a ) without its (") : root;
}
