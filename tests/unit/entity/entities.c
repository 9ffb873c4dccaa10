/* SPDX-License-Identifier: MIT */
/* The shared entities, and some whose declaration only the core can refuse. */
#include "entities.h"

DBN_ENTITY_DEFINE(team, "team", TEAM_ROWS);
DBN_ENTITY_DEFINE(member, "main.member", MEMBER_ROWS);
DBN_ENTITY_DEFINE(tag, "tag", TAG_ROWS);
DBN_ENTITY_DEFINE(odd, "odd \"name\"", ODD_ROWS);
DBN_ENTITY_DEFINE(serial, "serial", SERIAL_ROWS);
DBN_ENTITY_DEFINE(bad_pattern, "bad", BAD_PATTERN_ROWS);
DBN_ENTITY_DEFINE(bad_range, "bad", BAD_RANGE_ROWS);
DBN_ENTITY_DEFINE(bad_length, "bad", BAD_LENGTH_ROWS);
DBN_ENTITY_DEFINE(bad_columns, "bad", BAD_COLUMNS_ROWS);
DBN_ENTITY_DEFINE(bad_relation, "bad", BAD_RELATION_ROWS);
DBN_ENTITY_DEFINE(bad_generated, "bad", BAD_GENERATED_ROWS);
