/* SPDX-License-Identifier: MIT */
/*
 * Thompson's construction and simulation: the pattern becomes a tree, the tree a
 * program of at most PROGRAM_MAX steps, and matching keeps the set of steps that
 * are alive (Russ Cox, "Regular Expression Matching Can Be Simple And Fast").
 * Only the pattern's own nesting recurses, at most DEPTH_MAX deep.
 */
#include <string.h>

#include "base/str.h"
#include "entity/pattern.h"

enum { PROGRAM_MAX = 1000, DEPTH_MAX = 24, REPEAT_MAX = 255, RANGES_MAX = 64 };

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

static void *
bad(struct parser *ps, const char *why)
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

/* The next character of valid UTF-8; moves on. */
static uint32_t
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

static bool
add_range(struct parser *ps, struct set *s, uint32_t lo, uint32_t hi)
{
	if (s->count == RANGES_MAX || lo > hi) {
		(void)bad(ps, lo > hi ? "a range that ends before it begins"
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
			(void)bad(ps, "a backslash at the end");
			return false;
		}
		if (is_word(*ps->p)) {
			if (!add_class(ps, s, *ps->p))
				(void)bad(ps, "an unknown class");
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
				return bad(ps, "a range that ends in a class");
		}
		if (!add_range(ps, s, lo, hi))
			return NULL;
	}
	if (ps->p == ps->end)
		return bad(ps, "a set without its ]");
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
		return bad(ps, "a backslash at the end");
	if (is_word(*ps->p)) {
		s = set_new(ps);
		if (!s)
			return NULL;
		if (!add_class(ps, s, *ps->p))
			return bad(ps, "an unknown class");
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
		return bad(ps, "groups nested too deep");
	n = parse_alt(ps);
	ps->depth--;
	if (!n)
		return NULL;
	if (ps->p == ps->end)
		return bad(ps, "a group without its )");
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
		return bad(ps, "a repetition of nothing");
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
			return bad(ps, "a repetition that is not {m}, {m,} or {m,n} up to 255");
		break;
	default:
		return n;
	}
	if (n->kind == NODE_STEP && (n->step.op == OP_START || n->step.op == OP_END))
		return bad(ps, "a repetition of nothing");
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

/* ---- program ---- */

static struct step *
emit(struct parser *ps, uint16_t op)
{
	struct step *s;

	if (ps->out->count == PROGRAM_MAX)
		return bad(ps, "too large");
	s = &ps->out->steps[ps->out->count++];
	memset(s, 0, sizeof *s);
	s->op = op;
	return s;
}

static uint16_t
here(const struct parser *ps)
{
	return (uint16_t)ps->out->count;
}

static bool emit_node(struct parser *ps, const struct node *n);

static bool
emit_repeat(struct parser *ps, const struct node *n)
{
	const struct node *part = n->parts[0];
	struct step *s;

	for (unsigned i = 0; i < n->lo; i++) {
		uint16_t before = here(ps);

		if (!emit_node(ps, part))
			return false;
		if (here(ps) == before)
			break;            /* nothing, however often */
	}
	if (n->hi > REPEAT_MAX) {
		uint16_t loop = here(ps);

		if (!(s = emit(ps, OP_SPLIT)))
			return false;
		s->x = here(ps);
		if (!emit_node(ps, part) || !emit(ps, OP_JUMP))
			return false;
		ps->out->steps[here(ps) - 1].x = loop;
		s->y = here(ps);
		return true;
	}
	/* each optional one may leave to the one behind it, all of which may be skipped */
	for (unsigned i = n->lo; i < n->hi; i++) {
		if (!(s = emit(ps, OP_SPLIT)))
			return false;
		s->x = here(ps);
		if (!emit_node(ps, part))
			return false;
		s->y = here(ps);
	}
	return true;
}

static bool
emit_alt(struct parser *ps, const struct node *n)
{
	uint16_t last = UINT16_MAX;   /* chain of jumps to the end */

	for (size_t i = 0; i < n->nparts; i++) {
		struct step *split = NULL, *jump;

		if (i + 1 < n->nparts) {
			if (!(split = emit(ps, OP_SPLIT)))
				return false;
			split->x = here(ps);
		}
		if (!emit_node(ps, n->parts[i]))
			return false;
		if (!split)
			break;
		if (!(jump = emit(ps, OP_JUMP)))
			return false;
		jump->x = last;
		last = (uint16_t)(here(ps) - 1);
		split->y = here(ps);
	}
	while (last != UINT16_MAX) {
		struct step *jump = &ps->out->steps[last];

		last = jump->x;
		jump->x = here(ps);
	}
	return true;
}

/* Recurses as deep as the groups nest, which the parser has counted. */
static bool
emit_node(struct parser *ps, const struct node *n)
{
	struct step *s;

	switch (n->kind) {
	case NODE_STEP:
		if (!(s = emit(ps, n->step.op)))
			return false;
		*s = n->step;
		return true;
	case NODE_SEQ:
		for (size_t i = 0; i < n->nparts; i++)
			if (!emit_node(ps, n->parts[i]))
				return false;
		return true;
	case NODE_ALT:
		return emit_alt(ps, n);
	default:
		return emit_repeat(ps, n);
	}
}

dbn_status
dbn_pattern_compile(dbn_arena *a, dbn_text source, const dbn_pattern **out, const char **why,
	size_t *at)
{
	struct parser ps = { .a = a, .p = source.ptr, .begin = source.ptr,
		.end = source.ptr + source.len };
	struct node *root;

	*why = NULL;
	*at = dbn_utf8_valid(source.ptr, source.len);
	if (*at != source.len) {
		*why = "not valid UTF-8";
		return DBN_E_INVALID;
	}
	ps.out = dbn_alloc(sizeof *ps.out + PROGRAM_MAX * sizeof *ps.out->steps);
	if (!ps.out)
		return DBN_E_NOMEM;
	ps.out->count = 0;
	root = parse_alt(&ps);
	if (root && ps.p != ps.end)
		root = bad(&ps, "a ) without its (");
	if (root && emit_node(&ps, root) && emit(&ps, OP_FOUND)) {
		*out = dbn_arena_memdup(a, ps.out,
			sizeof *ps.out + ps.out->count * sizeof *ps.out->steps);
		ps.nomem = *out == NULL;
	}
	*why = ps.why;
	*at = (size_t)(ps.p - ps.begin);
	dbn_free(ps.out);
	return ps.nomem ? DBN_E_NOMEM : ps.why ? DBN_E_INVALID : DBN_OK;
}

/* ---- matching ---- */

struct threads {
	uint32_t count;
	uint16_t at[PROGRAM_MAX];
};

struct run {
	const dbn_pattern *p;
	bool start, end;          /* where the text stands */
	uint32_t seen[PROGRAM_MAX]; /* generation in which a step was added */
	uint32_t generation;
};

/* Add a step and all that it leads to without a character.  True: found. */
static bool
add(struct run *r, struct threads *t, uint16_t first)
{
	uint16_t stack[PROGRAM_MAX + 1];
	size_t n = 0;

	stack[n++] = first;
	while (n) {
		uint16_t i = stack[--n];
		const struct step *s = &r->p->steps[i];

		if (r->seen[i] == r->generation)
			continue;
		r->seen[i] = r->generation;
		switch (s->op) {
		case OP_FOUND:
			return true;
		case OP_JUMP:
			stack[n++] = s->x;
			break;
		case OP_SPLIT:
			/* the stack grows by one for each step seen, so it suffices */
			stack[n++] = s->y;
			stack[n++] = s->x;
			break;
		case OP_START:
			if (r->start)
				stack[n++] = (uint16_t)(i + 1);
			break;
		case OP_END:
			if (r->end)
				stack[n++] = (uint16_t)(i + 1);
			break;
		default:
			t->at[t->count++] = i;
			break;
		}
	}
	return false;
}

static bool
takes(const struct step *s, uint32_t c)
{
	if (s->op == OP_CHAR)
		return s->ch == c;
	if (s->op == OP_ANY)
		return true;
	for (uint32_t i = 0; i < s->set->count; i++)
		if (c >= s->set->ranges[i].lo && c <= s->set->ranges[i].hi)
			return !s->set->negated;
	return s->set->negated;
}

bool
dbn_pattern_found(const dbn_pattern *p, dbn_text text)
{
	struct run r;
	struct threads a, b, *now = &a, *then = &b, *swap;
	const char *at = text.ptr, *end = text.ptr + text.len;

	memset(r.seen, 0, p->count * sizeof *r.seen);
	r.p = p;
	r.start = true;
	r.end = text.len == 0;
	r.generation = 1;
	now->count = 0;
	if (add(&r, now, 0))
		return true;
	while (at < end) {
		uint32_t c = next_char(&at);

		then->count = 0;
		r.generation++;
		r.start = false;
		r.end = at == end;
		for (uint32_t i = 0; i < now->count; i++)
			if (takes(&p->steps[now->at[i]], c) &&
				add(&r, then, (uint16_t)(now->at[i] + 1)))
				return true;
		if (add(&r, then, 0))     /* it may begin anywhere */
			return true;
		swap = now;
		now = then;
		then = swap;
	}
	return false;
}
