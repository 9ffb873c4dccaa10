/* SPDX-License-Identifier: MIT */
/*
 * The generator's dice, and its entry.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql/generate_impl.h"

/* splitmix64 */
uint64_t
gen_random(struct gen *g)
{
	uint64_t z = g->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

unsigned
gen_below(struct gen *g, unsigned n)
{
	return (unsigned)(gen_random(g) % n);
}

bool
gen_chance(struct gen *g, unsigned percent)
{
	return gen_below(g, 100) < percent;
}

const char *
gen_pick(struct gen *g, const char *const *list)
{
	unsigned n = 0;

	while (list[n])
		n++;
	return list[gen_below(g, n)];
}

void
gen_put(struct gen *g, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	dbn_str_addv(g->out, fmt, ap);
	va_end(ap);
}

void
gen_put_text(struct gen *g, const char *form, const char *text)
{
	const char *at = strstr(form, "%s");

	gen_put(g, "%.*s%s%s", (int)(at - form), form, text, at + 2);
}

void
gen_name(struct gen *g, const char *name)
{
	for (; *name; name++)
		dbn_str_addc(g->out, *name == '"' && gen_mysql(g) ? '`' : *name);
}

static void
one(struct corpus *c, dbn_dialect_id dialect, unsigned long seed, size_t number)
{
	struct gen g = { .dialect = dialect, .state = (uint64_t)seed << 32 | number };
	struct corpus_stmt *s = corpus_add(c, "generated", (unsigned)number);
	dbn_str out;

	dbn_str_init(&out, 0);
	g.out = &out;
	g.stmt = s;
	if (gen_chance(&g, 25))
		gen_write(&g);
	else
		gen_select(&g);
	s->sql = strdup(dbn_str_z(&out));
	if (!s->sql)
		abort();
	dbn_str_free(&out);
}

void
generate(struct corpus *c, dbn_dialect_id dialect, unsigned long seed, size_t n)
{
	for (size_t i = 1; i <= n; i++)
		one(c, dialect, seed, i);
}

static unsigned long
asked(const char *name, unsigned long otherwise)
{
	const char *v = getenv(name);

	return v && *v ? strtoul(v, NULL, 10) : otherwise;
}

void
generate_wanted(struct corpus *c, const char *dialect)
{
	dbn_dialect_id id = strcmp(dialect, "postgres") == 0 ? DBN_DIALECT_POSTGRES :
		strcmp(dialect, "mysql") == 0 ? DBN_DIALECT_MYSQL : DBN_DIALECT_SQLITE;

	unsigned long seed = asked("DBN_SEED", 1), n = asked("DBN_GENERATE", 1500);

	printf("# %s: %lu statements are made by DBN_SEED=%lu DBN_GENERATE=%lu\n", dialect, n, seed, n);
	generate(c, id, seed, n);
}
