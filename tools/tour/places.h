/* SPDX-License-Identifier: MIT */
/*
 * Countries and time zones of the tzdata package as declared entities, and how
 * they are read from its tables iso3166.tab and zone1970.tab.
 */
#ifndef TOUR_PLACES_H
#define TOUR_PLACES_H

#include <dbnexus/dbnexus.h>

#define COUNTRY_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY  (e, code, text, DBN_LEN(2, 2), DBN_MATCH("^[A-Z][A-Z]$")) \
	FIELD(e, name, text, DBN_LEN(1, 80), DBN_UNIQUE) \
	HAS_MANY(e, zones, zone_use, country_code)
DBN_ENTITY_DECLARE(country, COUNTRY_ROWS);

/* notes: what the table says beside a zone; not everybody may read it. */
#define ZONE_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY     (e, name,     text, DBN_LEN(3, 40), DBN_MATCH("^[A-Z][A-Za-z_/-]*$")) \
	FIELD   (e, position, text, DBN_LEN(11, 15)) \
	NULLABLE(e, notes,    text, DBN_LEN(1, 200))
DBN_ENTITY_DECLARE(zone, ZONE_ROWS);

/* Which country uses which zone. */
#define ZONE_USE_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY(e, zone_name,    text, DBN_PLAIN) \
	KEY(e, country_code, text, DBN_PLAIN) \
	BELONGS_TO(e, place, zone, zone_name)
DBN_ENTITY_DECLARE(zone_use, ZONE_USE_ROWS);

/* The tables in memory; texts point into one buffer per file. */
struct places {
	char *buffers[2];
	country *countries;
	zone *zones;
	zone_use *uses;
	size_t ncountries, nzones, nuses;
};

/* false after saying on stderr what is wrong. */
bool places_read(const char *dir, struct places *p);
void places_free(struct places *p);

#endif
