/* SPDX-License-Identifier: MIT */
/* See places.h. */
#include "places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

DBN_ENTITY_DEFINE(country, "country", COUNTRY_ROWS);
DBN_ENTITY_DEFINE(zone, "zone", ZONE_ROWS);
DBN_ENTITY_DEFINE(zone_use, "zone_use", ZONE_USE_ROWS);

enum { MOST = 2000, LARGEST = 1 << 20 };

static char *
read_file(const char *dir, const char *name)
{
	char path[1024], *text = malloc(LARGEST + 1);
	size_t n = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "re");
	if (f && text) {
		n = fread(text, 1, LARGEST, f);
		text[n] = '\0';
	}
	if (f)
		(void)fclose(f);
	if (!f || !text || n == 0 || n == LARGEST) {
		(void)fprintf(stderr, "tour: cannot read %s\n", path);
		free(text);
		return NULL;
	}
	return text;
}

/* Cut the next tab-separated field off a line; NULL: there is none. */
static char *
next_field(char **line)
{
	char *field = *line, *tab;

	if (!field)
		return NULL;
	tab = strchr(field, '\t');
	*line = tab ? tab + 1 : NULL;
	if (tab)
		*tab = '\0';
	return field;
}

/* The next line that is no comment. */
static char *
next_line(char **text)
{
	char *line;

	do
		line = strsep(text, "\n");
	while (line && (*line == '#' || *line == '\0'));
	return line;
}

static bool
read_countries(struct places *p)
{
	char *text = p->buffers[0], *line;

	while ((line = next_line(&text)) != NULL && p->ncountries < MOST) {
		country *c = &p->countries[p->ncountries++];

		*c = country_init();
		c->code = next_field(&line);
		c->name = next_field(&line);
		if (!c->name)
			return false;
	}
	return p->ncountries > 0;
}

static bool
add_uses(struct places *p, const char *name, char *codes)
{
	char *code;

	while ((code = strsep(&codes, ",")) != NULL) {
		if (p->nuses == MOST)
			return false;
		p->uses[p->nuses] = zone_use_init();
		p->uses[p->nuses].zone_name = name;
		p->uses[p->nuses++].country_code = code;
	}
	return true;
}

static bool
read_zones(struct places *p)
{
	char *text = p->buffers[1], *line;

	while ((line = next_line(&text)) != NULL && p->nzones < MOST) {
		zone *z = &p->zones[p->nzones++];
		char *codes = next_field(&line);

		*z = zone_init();
		z->position = next_field(&line);
		z->name = next_field(&line);
		z->notes = next_field(&line);
		if (!z->name || !add_uses(p, z->name, codes))
			return false;
	}
	return p->nzones > 0;
}

bool
places_read(const char *dir, struct places *p)
{
	memset(p, 0, sizeof *p);
	p->countries = calloc(MOST, sizeof *p->countries);
	p->zones = calloc(MOST, sizeof *p->zones);
	p->uses = calloc(MOST, sizeof *p->uses);
	p->buffers[0] = read_file(dir, "iso3166.tab");
	p->buffers[1] = read_file(dir, "zone1970.tab");
	if (!p->countries || !p->zones || !p->uses || !p->buffers[0] || !p->buffers[1])
		return false;
	if (read_countries(p) && read_zones(p))
		return true;
	(void)fprintf(stderr, "tour: the tables in %s are not as expected\n", dir);
	return false;
}

void
places_free(struct places *p)
{
	free(p->countries);
	free(p->zones);
	free(p->uses);
	free(p->buffers[0]);
	free(p->buffers[1]);
}
