/* SPDX-License-Identifier: MIT */
/*
 * A declaration as the core uses it: options read, patterns compiled, statements
 * written once.  Made on first use, hung on the declaration and kept for the
 * life of the process; constant afterwards, so that any thread may read it.
 */
#ifndef DBN_ENTITY_MODEL_H
#define DBN_ENTITY_MODEL_H

#include <dbnexus/entity.h>
#include <dbnexus/plugin/driver.h>

#include "base/str.h"
#include "entity/pattern.h"
#include "error/error.h"

enum { DBN_ENTITY_FIELDS_MAX = 500, DBN_ENTITY_VARIANTS_MAX = 64 };

typedef struct dbn_model_field {
	const dbn_field *f;
	const char *name;             /* of the field */
	dbn_text column;              /* not quoted */
	uint32_t kind, offset;
	bool key, nullable, generated, unique;
	bool has_len, has_range;
	bool has_default;             /* default_value, or open */
	bool open;                    /* the default is an expression: only the database knows it */
	int64_t len_lo, len_hi, range_lo, range_hi;
	const dbn_pattern *pattern;
	const char *pattern_text;
	const char *default_sql;
	dbn_value default_value;      /* where it is a literal */
} dbn_model_field;

/* A statement that depends on which fields take part. */
typedef struct dbn_model_variant {
	struct dbn_model_variant *next;
	uint32_t what;                /* DBN_VARIANT_.. */
	bool returning;               /* INSERT: rows come back */
	dbn_text sql;
	bool mask[];                  /* nfields */
} dbn_model_variant;
enum { DBN_VARIANT_INSERT = 1, DBN_VARIANT_UPDATE = 2 };

typedef struct dbn_model {
	const dbn_entity *e;
	dbn_arena arena;
	uint32_t nfields, nkeys, ngenerated, nopen;
	dbn_model_field *fields;
	uint32_t *keys;               /* field numbers, in order */
	/* the only generated field, where it is an integer that is the key alone */
	int32_t auto_key;             /* -1: none */
	bool generated_default;       /* nothing is ever sent: DEFAULT VALUES */
	dbn_text table;               /* quoted */
	dbn_text columns;             /* quoted, all, in order */
	dbn_text find, remove;        /* by key */
	dbn_text select, count, remove_all; /* without WHERE */
	dbn_text *load;               /* has many: by relation; empty otherwise */
	bool *updated;                /* what a plain update sets */
	uint32_t nupdated, nvariants; /* nvariants: atomic */
	dbn_model_variant *variants;  /* atomic, newest first */
} dbn_model;

/* The model of a declaration; DBN_E_INVALID says what is wrong with it. */
dbn_status dbn_model_get(const dbn_entity *e, const dbn_model **out, dbn_error **err);
/* Tests only: drop what the declaration has cached; nobody else may use it. */
void dbn_model_forget(const dbn_entity *e);

const dbn_field *dbn_entity__field(const dbn_entity *e, uint32_t i);
const dbn_relation *dbn_entity__relation(const dbn_entity *e, uint32_t i);

/* ---- texts.c ---- */
void dbn_model_quote(dbn_str *s, dbn_text name);
bool dbn_model_texts(dbn_model *m);
/* The statement for this mask, out of the cache where it fits; else one that
 * lives in *own (free with dbn_free()). */
dbn_status dbn_model_variant_get(const dbn_model *m, uint32_t what, const bool *mask,
	const dbn_model_variant **out, dbn_model_variant **own, dbn_error **err);
/* As the database's driver describes itself. */
dbn_status dbn_model_create_sql(const dbn_model *m, const dbn_dialect *d, dbn_str *s,
	dbn_error **err);

/* ---- fields.c ---- */
/* The field as a value, borrowed from the record. */
dbn_value dbn_model_field_get(const dbn_model_field *f, const void *rec);
/* May it be sent?  insert: a default may stand in for NULL. */
dbn_status dbn_model_field_check(const dbn_model *m, const dbn_model_field *f, const void *rec,
	bool insert, dbn_error **err);
/* The same for all that an insert sends. */
dbn_status dbn_model_record_check(const dbn_model *m, const void *rec, dbn_error **err);
/* An error about one field: entity.field, with relation and column set. */
dbn_status dbn_model_fail(const dbn_model *m, const dbn_model_field *f, dbn_status status,
	const char *hint, dbn_error **err, const char *fmt, ...) DBN_PRINTF(6, 7);

/* ---- record.c ---- */
/* Bytes that the cells need beside the record. */
size_t dbn_model_row_bytes(const dbn_model *m, const dbn_value *cells);
/* Fill a zeroed record; text goes to *bump, which has room. */
dbn_status dbn_model_row_load(const dbn_model *m, const dbn_value *cells, uint32_t ncells,
	void *rec, char **bump, dbn_error **err);
dbn_status dbn_model_cell_load(const dbn_model *m, const dbn_model_field *f, const dbn_value *cell,
	void *rec, char **bump, dbn_error **err);
size_t dbn_model_cell_bytes(const dbn_value *cell);
/* Memory of one record, hung on it. */
char *dbn_model_record_alloc(const dbn_model *m, void *rec, size_t bytes);
/* Read all rows into a list; closes rows. */
dbn_status dbn_model_list_read(const dbn_model *m, dbn_rows *rows, void **list, size_t *count,
	dbn_error **err);

/* ---- find.c ---- */
/* What the public calls of these names do; f NULL: the caller waits, otherwise the
 * future is made (dbn_job__enter() has been called) and rows come to where they go later. */
dbn_status dbn_model_find(dbn_session *s, const dbn_entity *e, const dbn_value *key, size_t nkey,
	void *rec, dbn_future **f, dbn_error **err);
dbn_status dbn_model_find_where(dbn_session *s, const dbn_entity *e, const dbn_cond *where,
	const dbn_find_opts *opts, void **list, size_t *count, dbn_future **f, dbn_error **err);
dbn_status dbn_model_count(dbn_session *s, const dbn_entity *e, const dbn_cond *where,
	uint64_t *count, dbn_future **f, dbn_error **err);
dbn_status dbn_model_load_one(dbn_session *s, const dbn_entity *e, uint32_t relation, const void *rec,
	void *out, dbn_future **f, dbn_error **err);
dbn_status dbn_model_load_many(dbn_session *s, const dbn_entity *e, uint32_t relation, const void *rec,
	const dbn_find_opts *opts, void **list, size_t *count, dbn_future **f, dbn_error **err);
dbn_status dbn_model_check_key(const dbn_model *m, const dbn_value *key, size_t nkey,
	dbn_error **err);
dbn_status dbn_model_not_found(const dbn_model *m, dbn_error **err);

/* ---- cond.c ---- */
/* Append " WHERE ..." (nothing for every record); values and the lists in them go
 * into the arena. */
dbn_status dbn_model_where(const dbn_model *m, const dbn_cond *c, dbn_str *sql, dbn_arena *a,
	dbn_value *values, size_t *nvalues, dbn_error **err);
/* A copy with its texts and lists, in the arena; NULL: no memory. */
const dbn_cond *dbn_model_cond_copy(const dbn_entity *e, const dbn_cond *c, dbn_arena *a);

#endif
