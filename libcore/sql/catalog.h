/* SPDX-License-Identifier: MIT */
/*
 * What the resolver must know of a relation, and how it asks.  Filled by
 * plan/ from the driver's catalogue; immutable once handed out.  Knows no
 * database.
 */
#ifndef DBN_SQL_CATALOG_H
#define DBN_SQL_CATALOG_H

#include <dbnexus/error.h>

/* database.schema.name; database is the logical name of the configuration. */
typedef struct dbn_sql_name {
	dbn_text database, schema, name;
} dbn_sql_name;

enum { DBN_REL_TABLE = 1, DBN_REL_VIEW = 2, DBN_REL_VIRTUAL = 3, DBN_REL_SYSTEM = 4 };
enum { DBN_REL_NOT_TRANSACTIONAL = 1u << 0 }; /* facts: no rollback undoes what is written */

enum {
	DBN_COL_NOT_NULL = 1u << 0,
	DBN_COL_GENERATED = 1u << 1,  /* computed from other columns: never written */
	DBN_COL_IDENTITY = 1u << 2,   /* the database makes the value (rowid alias, serial) */
	DBN_COL_HIDDEN = 1u << 3,     /* not part of * */
	DBN_COL_DEFAULT = 1u << 4,    /* has a default */
	DBN_COL_BINARY = 1u << 5      /* compares byte by byte (collation) */
};

typedef struct dbn_sql_column {
	dbn_text name;
	dbn_text declared;            /* as the schema says: "VARCHAR(20)", may be empty */
	dbn_type type;                /* of its values; DBN_NULL: not known */
	uint32_t flags;
	uint32_t key_part;            /* 1.. in the primary key, 0: not in it */
	/* Columns a generated column is computed from (ordinals). */
	const uint32_t *inputs;
	uint32_t ninputs, reserved0;
} dbn_sql_column;

/* Something the database does by itself when the relation is touched. */
typedef struct dbn_sql_effect {
	uint32_t what;                /* DBN_EFFECT_.. of plugin/driver.h */
	uint32_t reserved0;
	dbn_sql_name on;              /* the relation that is touched in turn */
	dbn_text by;                  /* trigger, constraint or view that does it */
} dbn_sql_effect;

typedef struct dbn_sql_relation {
	dbn_sql_name name;            /* canonical */
	uint32_t kind, ncolumns;
	const dbn_sql_column *columns;
	const dbn_sql_effect *effects;
	uint32_t neffects, nkey;      /* nkey: columns of the primary key */
	uint64_t version;             /* moves when the relation changes */
	void *owner;                  /* the catalogue's entry, for plan/ */
	uint32_t facts;               /* DBN_REL_.. */
	uint8_t reserved0[4];
} dbn_sql_relation;

/* Ask for a relation.  name.schema and name.database may be empty: defaults.
 * DBN_E_NOT_FOUND where there is none; the result lives as long as the tree. */
typedef struct dbn_sql_catalog {
	dbn_status (*lookup)(void *user, const dbn_sql_name *name, const dbn_sql_relation **out,
		dbn_error **err);
	void *user;
	dbn_text default_database, default_schema;
} dbn_sql_catalog;

#endif
