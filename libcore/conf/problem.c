/* SPDX-License-Identifier: MIT */
/*
 * A list of problems and the error that is made of all of them.
 */
#include <stdio.h>

#include <dbnexus/plugin/host.h>

#include "conf/problem.h"

void
dbn_problems_init(dbn_problems *p)
{
	memset(p, 0, sizeof *p);
	dbn_arena_init(&p->arena, 0);
}

void
dbn_problems_free(dbn_problems *p)
{
	dbn_arena_free(&p->arena);
	p->first = NULL;
	p->count = 0;
}

/* In the order of lines within a file, of finding otherwise. */
static void
insert(dbn_problems *p, dbn_problem *q)
{
	dbn_problem **at = &p->first;

	while (*at && (strcmp((*at)->file, q->file) != 0 || (*at)->line <= q->line))
		at = &(*at)->next;
	q->next = *at;
	*at = q;
}

static void
add(dbn_problems *p, const char *file, uint32_t line, const char *hint, const char *text)
{
	dbn_problem *q;

	p->count++;
	if (p->count > DBN_PROBLEMS_MAX)
		return;
	q = dbn_arena_zalloc(&p->arena, sizeof *q);
	if (!q)
		goto nomem;
	q->file = dbn_arena_strndup(&p->arena, file ? file : "", file ? strlen(file) : 0);
	q->text = dbn_arena_strndup(&p->arena, text, strlen(text));
	q->hint = dbn_arena_strndup(&p->arena, hint ? hint : "", hint ? strlen(hint) : 0);
	q->line = line;
	if (!q->file || !q->text || !q->hint)
		goto nomem;
	insert(p, q);
	return;
nomem:
	p->nomem = true;
}

static void addv(dbn_problems *p, const char *file, uint32_t line, const char *hint,
	const char *fmt, va_list ap) DBN_PRINTF(5, 0);

static void
addv(dbn_problems *p, const char *file, uint32_t line, const char *hint, const char *fmt,
	va_list ap)
{
	char text[1024];

	if (vsnprintf(text, sizeof text, fmt, ap) < 0)
		text[0] = '\0';
	text[dbn_utf8_valid(text, strlen(text))] = '\0';
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	add(p, file, line, hint, text);
}

void
dbn_problem_at(dbn_problems *p, const char *file, uint32_t line, const char *hint,
	const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	addv(p, file, line, hint, fmt, ap);
	va_end(ap);
}

void
dbn_problem_node(dbn_problems *p, const dbn_conf_node *node, const char *hint, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	addv(p, node && node->file ? node->file->path : NULL, node ? node->line : 0, hint, fmt, ap);
	va_end(ap);
}

void
dbn_problem_error(dbn_problems *p, const dbn_conf_node *node, dbn_error *err)
{
	const char *detail = dbn_error_detail(err);

	if (dbn_error_code(err) == DBN_E_NOMEM)
		p->nomem = true;
	else
		dbn_problem_node(p, node, dbn_error_hint(err), "%s%s%s", dbn_error_message(err),
			detail[0] ? ": " : "", detail);
	dbn_error_free(err);
}

static dbn_status fail_with(dbn_error **err, const dbn_fail_info *info, const char *fmt, ...)
	DBN_PRINTF(3, 4);

static dbn_status
fail_with(dbn_error **err, const dbn_fail_info *info, const char *fmt, ...)
{
	va_list ap;
	dbn_status rc;

	va_start(ap, fmt);
	rc = dbn_fail_full(err, info, NULL, NULL, fmt, ap);
	va_end(ap);
	return rc;
}

static void
add_where(dbn_str *s, const dbn_problem *q)
{
	if (!q->file[0])
		return;
	dbn_str_adds(s, q->file);
	if (q->line) {
		dbn_str_addc(s, ':');
		dbn_str_addi(s, q->line);
	}
}

dbn_status
dbn_problems_fail(dbn_problems *p, dbn_error **err)
{
	dbn_fail_info info = { .struct_size = sizeof info, .status = DBN_E_CONFIG };
	dbn_str all, where;
	dbn_status rc;

	if (p->nomem)
		return dbn_fail_nomem(err);
	if (!p->first)
		return DBN_OK;
	dbn_str_init(&all, 0);
	dbn_str_init(&where, 0);
	add_where(&where, p->first);
	for (const dbn_problem *q = p->first; q; q = q->next) {
		if (q != p->first)
			dbn_str_addc(&all, '\n');
		add_where(&all, q);
		if (q->file[0])
			dbn_str_adds(&all, ": ");
		dbn_str_adds(&all, q->text);
		if (q->hint[0])
			dbn_str_addf(&all, " (%s)", q->hint);
	}
	if (p->count > DBN_PROBLEMS_MAX)
		dbn_str_addf(&all, "\nand %u more", (unsigned)(p->count - DBN_PROBLEMS_MAX));
	info.detail = dbn_text_z(dbn_str_z(&all));
	info.where = dbn_text_z(dbn_str_z(&where));
	info.hint = dbn_text_z(p->first->hint);
	rc = all.status == DBN_OK && where.status == DBN_OK ?
		fail_with(err, &info, "%s", p->first->text) : dbn_fail_nomem(err);
	dbn_str_free(&where);
	dbn_str_free(&all);
	return rc;
}
