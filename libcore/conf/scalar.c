/* SPDX-License-Identifier: MIT */
/*
 * One setting's value, from text or from a node, into its place; and the memory
 * that holds what was filled.
 */
#include <math.h>
#include <stdio.h>

#include "conf/build.h"
#include "conf/fill.h"

/* A secret in filled settings: wiped with them. */
struct dbn_conf_secret {
	struct dbn_conf_secret *next;
	dbn_bytes bytes;
};

void
dbn_conf_memory_init(dbn_conf_memory *m)
{
	memset(m, 0, sizeof *m);
	dbn_arena_init(&m->arena, 0);
}

void
dbn_conf_memory_free(dbn_conf_memory *m)
{
	for (struct dbn_conf_secret *s = m->secrets; s; s = s->next)
		dbn_secret_wipe(&s->bytes);
	m->secrets = NULL;
	dbn_arena_free(&m->arena);
}

const char *
dbn_conf_memory_secret(dbn_conf_memory *m, dbn_bytes secret)
{
	struct dbn_conf_secret *s = dbn_arena_zalloc(&m->arena, sizeof *s);

	if (!s) {
		dbn_secret_wipe(&secret);
		return NULL;
	}
	s->bytes = secret;
	s->next = m->secrets;
	m->secrets = s;
	return secret.ptr;
}

int32_t
dbn_conf_choice_find(const char *choices, dbn_text word)
{
	int32_t i = 0;

	for (const char *p = choices;; p++, i++) {
		size_t n = strcspn(p, "|");

		if (dbn_text_eq(dbn_text_n(p, n), word))
			return i;
		p += n;
		if (!*p)
			return -1;
	}
}

static void
store_int(void *place, int64_t v)
{
	memcpy(place, &v, sizeof v);
}

static void
store_int32(void *place, int32_t v)
{
	memcpy(place, &v, sizeof v);
}

static bool
in_range(const dbn_conf_item *item, uint64_t v)
{
	if (!item->min && !item->max)
		return true;
	if (v == UINT64_MAX)        /* "never" is above every range */
		return true;
	return v <= INT64_MAX && (int64_t)v >= item->min && (int64_t)v <= item->max;
}

static const char *say(dbn_conf_memory *m, const char *fmt, ...) DBN_PRINTF(2, 3);

static const char *
say(dbn_conf_memory *m, const char *fmt, ...)
{
	char text[256];
	const char *copy;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	copy = dbn_arena_strndup(&m->arena, text, strlen(text));
	return copy ? copy : "is not what is wanted";
}

static dbn_status
put_string(const dbn_conf_item *item, dbn_text text, const char *dir, void *place,
	dbn_conf_memory *m, const char **problem)
{
	char *s;

	if (item->type == DBN_CONF_PATH && !text.len) {
		*problem = "must not be empty";
		return DBN_OK;
	}
	s = dbn_arena_strndup(&m->arena, text.ptr, text.len);
	if (s && item->type == DBN_CONF_PATH)
		s = dbn_conf_join(&m->arena, dir, s);
	if (!s)
		return DBN_E_NOMEM;
	memcpy(place, &s, sizeof s);
	return DBN_OK;
}

const char *
dbn_conf_put_int(const dbn_conf_item *item, int64_t v, void *place, dbn_conf_memory *m)
{
	if ((item->min || item->max) && (v < item->min || v > item->max))
		return say(m, "must be a number of %lld to %lld, not %lld", (long long)item->min,
			(long long)item->max, (long long)v);
	store_int(place, v);
	return NULL;
}

const char *
dbn_conf_put_real(const dbn_conf_item *item, double v, void *place, dbn_conf_memory *m)
{
	if (!isfinite(v))
		return "must be a finite number";
	if ((item->min || item->max) && (v < (double)item->min || v > (double)item->max))
		return say(m, "must be a number of %lld to %lld", (long long)item->min,
			(long long)item->max);
	memcpy(place, &v, sizeof v);
	return NULL;
}

static const char *
put_unit(const dbn_conf_item *item, dbn_text text, void *place)
{
	bool size = item->type == DBN_CONF_SIZE;
	uint64_t v;

	if (!(size ? dbn_conf_parse_size(text, &v) : dbn_conf_parse_duration(text, &v)))
		return size ? "must be a size with its unit, as \"64 MiB\" (B, KiB, MiB, GiB, TiB, "
			"kB, MB, GB, TB)" : "must be a duration with its unit, as \"30 s\" (ns, us, "
			"ms, s, min, h, d, or \"never\")";
	if (!in_range(item, v))
		return size ? "is a size out of range" : "is a duration out of range";
	memcpy(place, &v, sizeof v);
	return NULL;
}

dbn_status
dbn_conf_scalar_from_text(const dbn_conf_item *item, dbn_text text, const char *dir, void *place,
	dbn_conf_memory *m, const char **problem)
{
	int64_t num;
	int32_t word;
	double real;

	switch (item->type) {
	case DBN_CONF_BOOL:
		if (!dbn_text_eqz(text, "true") && !dbn_text_eqz(text, "false"))
			*problem = "must be true or false";
		else
			store_int32(place, text.len == 4);
		return DBN_OK;
	case DBN_CONF_INT:
		if (!dbn_parse_int64(text, &num))
			*problem = "must be a whole number";
		else
			*problem = dbn_conf_put_int(item, num, place, m);
		return DBN_OK;
	case DBN_CONF_FLOAT:
		if (!dbn_parse_double(text, &real))
			*problem = "must be a number";
		else
			*problem = dbn_conf_put_real(item, real, place, m);
		return DBN_OK;
	case DBN_CONF_SIZE:
	case DBN_CONF_DURATION:
		*problem = put_unit(item, text, place);
		return DBN_OK;
	case DBN_CONF_ENUM:
		word = dbn_conf_choice_find(item->choices, text);
		if (word < 0)
			*problem = say(m, "must be one of %s", item->choices);
		else
			store_int32(place, word);
		return DBN_OK;
	default:
		return put_string(item, text, dir, place, m, problem);
	}
}
