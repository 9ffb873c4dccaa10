/* SPDX-License-Identifier: MIT */
/* Entities of the tests of this folder. */
#ifndef TESTS_UNIT_ENTITY_ENTITIES_H
#define TESTS_UNIT_ENTITY_ENTITIES_H

#include "lib/team_member.h"

#define ODD_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY  (e, id,    uuid,  DBN_COLUMN("the \"id\"")) \
	FIELD(e, flag,  bool,  DBN_DEFAULT("true")) \
	FIELD(e, count_, int32, DBN_DEFAULT("7"), DBN_RANGE(-5, 5)) \
	FIELD(e, quote, text,  DBN_DEFAULT("'it''s'")) \
	FIELD(e, blob,  bytes, DBN_LEN(2, 4)) \
	NULLABLE(e, rate, double, DBN_DEFAULT("1.5")) \
	NULLABLE(e, on,  bool, DBN_DEFAULT("false"))
DBN_ENTITY_DECLARE(odd, ODD_ROWS);

/* Nothing but what the database makes. */
#define SERIAL_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY(e, id, int64, DBN_GENERATED)
DBN_ENTITY_DECLARE(serial, SERIAL_ROWS);

#define BAD_PATTERN_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY(e, id, text, DBN_MATCH("^[a-z"))
DBN_ENTITY_DECLARE(bad_pattern, BAD_PATTERN_ROWS);
#define BAD_RANGE_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY(e, id, text, DBN_RANGE(1, 2))
DBN_ENTITY_DECLARE(bad_range, BAD_RANGE_ROWS);
#define BAD_LENGTH_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY(e, id, text, DBN_LEN(5, 2))
DBN_ENTITY_DECLARE(bad_length, BAD_LENGTH_ROWS);
#define BAD_COLUMNS_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY  (e, id, int64, DBN_PLAIN) \
	FIELD(e, x,  text,  DBN_COLUMN("ID"))
DBN_ENTITY_DECLARE(bad_columns, BAD_COLUMNS_ROWS);
#define BAD_RELATION_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY  (e, id, int64, DBN_PLAIN) \
	FIELD(e, team_name, text, DBN_PLAIN) \
	BELONGS_TO(e, team, team, team_name)
DBN_ENTITY_DECLARE(bad_relation, BAD_RELATION_ROWS);
#define BAD_GENERATED_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY  (e, id, int64, DBN_PLAIN) \
	FIELD(e, x, text, DBN_GENERATED)
DBN_ENTITY_DECLARE(bad_generated, BAD_GENERATED_ROWS);

#endif
