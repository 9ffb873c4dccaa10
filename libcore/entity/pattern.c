/* SPDX-License-Identifier: MIT */
/*
 * Thompson's construction and simulation: the tree of a pattern becomes a program
 * of at most PROGRAM_MAX steps, and matching keeps the set of steps that are alive
 * (Russ Cox, "Regular Expression Matching Can Be Simple And Fast").
 */
#include <string.h>

#include "base/str.h"
#include "entity/pattern_impl.h"

/* ---- program ---- */

static struct step *
emit(struct parser *ps, uint16_t op)
{
	struct step *s;

	if (ps->out->count == PROGRAM_MAX)
		return dbn_pattern__bad(ps, "too large");
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
	root = dbn_pattern__parse(&ps);
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
