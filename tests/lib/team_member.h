/* SPDX-License-Identifier: MIT */
/* Declared entities that several tests share: teams, their members, tags. */
#ifndef TESTS_TEAM_MEMBER_H
#define TESTS_TEAM_MEMBER_H

#include <dbnexus/entity.h>

#define TEAM_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY     (e, id,      int64, DBN_GENERATED) \
	FIELD   (e, name,    text,  DBN_LEN(1, 40), DBN_UNIQUE) \
	FIELD   (e, budget,  decimal, DBN_DEFAULT("0.00")) \
	HAS_MANY(e, members, member, team_id)
DBN_ENTITY_DECLARE(team, TEAM_ROWS);

#define MEMBER_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY     (e, team_id, int64, DBN_PLAIN) \
	KEY     (e, login,   text,  DBN_LEN(1, 32), DBN_MATCH("^[a-z][a-z0-9_]*$")) \
	FIELD   (e, role,    text,  DBN_DEFAULT("'guest'"), DBN_COLUMN("member role")) \
	FIELD   (e, active,  bool,  DBN_PLAIN) \
	FIELD   (e, score,   double, DBN_RANGE(0, 100)) \
	NULLABLE(e, age,     int32, DBN_RANGE(0, 150)) \
	NULLABLE(e, visits,  int64, DBN_PLAIN) \
	NULLABLE(e, verified, bool, DBN_PLAIN) \
	NULLABLE(e, ratio,   double, DBN_PLAIN) \
	NULLABLE(e, photo,   bytes, DBN_LEN(0, 1000)) \
	NULLABLE(e, born,    date,  DBN_PLAIN) \
	NULLABLE(e, lunch,   timestamp, DBN_PLAIN) \
	NULLABLE(e, seen,    timestamptz, DBN_PLAIN) \
	NULLABLE(e, uid,     uuid,  DBN_PLAIN) \
	NULLABLE(e, wage,    decimal, DBN_PLAIN) \
	NULLABLE(e, extra,   json,  DBN_PLAIN) \
	BELONGS_TO(e, team,  team,  team_id) \
	HAS_MANY(e, tags,    tag,   team_id, login)
DBN_ENTITY_DECLARE(member, MEMBER_ROWS);

#define TAG_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY     (e, id,      int32, DBN_GENERATED) \
	NULLABLE(e, team_id, int64, DBN_PLAIN) \
	NULLABLE(e, login,   text,  DBN_PLAIN) \
	FIELD   (e, word,    text,  DBN_LEN(1, 20)) \
	FIELD   (e, made,    timestamptz, DBN_GENERATED, DBN_DEFAULT("CURRENT_TIMESTAMP")) \
	NULLABLE(e, kind,    text,  DBN_DEFAULT("lower('PLAIN')")) \
	BELONGS_TO(e, member, member, team_id, login)
DBN_ENTITY_DECLARE(tag, TAG_ROWS);

#endif
