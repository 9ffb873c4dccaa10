/* SPDX-License-Identifier: MIT */
/*
 * Declared entities: a list of rows becomes a struct, its table and type-safe
 * functions.  DBN_ENTITY_DECLARE goes into a header, DBN_ENTITY_DEFINE into one
 * source file, C11 or C++17.  Compile with -Werror=int-conversion and
 * -Werror=incompatible-pointer-types: then a wrong type does not compile.
 *
 *   #define TEAM_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
 *           KEY     (e, id,      int64, DBN_GENERATED) \
 *           FIELD   (e, name,    text,  DBN_LEN(1, 40), DBN_UNIQUE) \
 *           HAS_MANY(e, members, member, team_id)
 *   DBN_ENTITY_DECLARE(team, TEAM_ROWS);
 *   #define MEMBER_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
 *           KEY     (e, team_id, int64, DBN_PLAIN) \
 *           KEY     (e, login,   text,  DBN_LEN(1, 32), DBN_MATCH("^[a-z]+$")) \
 *           FIELD   (e, role,    text,  DBN_DEFAULT("'guest'")) \
 *           NULLABLE(e, age,     int32, DBN_RANGE(0, 150)) \
 *           BELONGS_TO(e, team,  team,  team_id)
 *   DBN_ENTITY_DECLARE(member, MEMBER_ROWS);
 *
 *   DBN_ENTITY_DEFINE(team, "team", TEAM_ROWS);        in a .c file
 *   DBN_ENTITY_DEFINE(member, "member", MEMBER_ROWS);
 *
 *   member m = member_init();
 *   m.team_id = 1; m.login = "bob"; m.age = dbn_some_int32(25);
 *   rc = member_insert(s, &m, &err);
 *   rc = member_find_where(s, member_and(member_role(DBN_EQ, "guest"),
 *           member_age(DBN_GE, 18)), NULL, &list, &n, &err);
 *
 * Type words: bool int32 int64 double text bytes date timestamp timestamptz uuid
 * decimal (digits as text; SQLite keeps 15 of them) json (text).  Texts are const char *: those you set
 * are borrowed, those that were loaded lie in the record's own memory, which
 * X_clear() frees; the records of a list share the list's memory, which
 * X_list_free() frees.  A record starts as X_init() or all zero.
 */
#ifndef DBN_ENTITY_H
#define DBN_ENTITY_H

#include <dbnexus/async.h>

DBN_BEGIN_DECLS

/** Days since 1970-01-01. */
typedef struct dbn_date { int64_t days; } dbn_date;
/** Microseconds since 1970-01-01, of no zone. */
typedef struct dbn_timestamp { int64_t us; } dbn_timestamp;
/** Microseconds since 1970-01-01 UTC. */
typedef struct dbn_timestamptz { int64_t us; } dbn_timestamptz;
typedef struct dbn_uuid { uint8_t bytes[16]; } dbn_uuid;
/** Nullable: all zero means NULL.  Nullable text, bytes, decimal, json: ptr NULL. */
typedef struct dbn_opt_date { bool set; dbn_date value; } dbn_opt_date;
typedef struct dbn_opt_timestamp { bool set; dbn_timestamp value; } dbn_opt_timestamp;
typedef struct dbn_opt_timestamptz { bool set; dbn_timestamptz value; } dbn_opt_timestamptz;
typedef struct dbn_opt_uuid { bool set; dbn_uuid value; } dbn_opt_uuid;
static inline dbn_opt_date dbn_some_date(dbn_date v) { dbn_opt_date o; o.set = true; o.value = v; return o; }
static inline dbn_opt_timestamp dbn_some_timestamp(dbn_timestamp v) { dbn_opt_timestamp o; o.set = true; o.value = v; return o; }
static inline dbn_opt_timestamptz dbn_some_timestamptz(dbn_timestamptz v) { dbn_opt_timestamptz o; o.set = true; o.value = v; return o; }
static inline dbn_opt_uuid dbn_some_uuid(dbn_uuid v) { dbn_opt_uuid o; o.set = true; o.value = v; return o; }

/** A calendar day, Gregorian; month 1 to 12.  Threads: any.  Since: 0.1 */
DBN_API dbn_date dbn_date_make(int64_t year, unsigned month, unsigned day);
/** The parts of a day; each may be NULL.  Since: 0.1 */
DBN_API void dbn_date_parts(dbn_date date, int64_t *year, unsigned *month, unsigned *day);

/* ---- the declaration as data ---- */

/** Field kinds. */
enum {
	DBN_FIELD_BOOL = 1, DBN_FIELD_INT32 = 2, DBN_FIELD_INT64 = 3, DBN_FIELD_DOUBLE = 4,
	DBN_FIELD_TEXT = 5, DBN_FIELD_BYTES = 6, DBN_FIELD_DATE = 7, DBN_FIELD_TIMESTAMP = 8,
	DBN_FIELD_TIMESTAMPTZ = 9, DBN_FIELD_UUID = 10, DBN_FIELD_DECIMAL = 11, DBN_FIELD_JSON = 12
};
enum { DBN_FIELD_KEY = 1u << 0, DBN_FIELD_NULLABLE = 1u << 1 };

/** One option of a field; frozen. */
typedef struct dbn_field_opt {
	uint32_t kind, reserved0;
	int64_t lo, hi;
	const char *text;
} dbn_field_opt;
enum {
	DBN_OPT_END = 0, DBN_OPT_LEN = 1, DBN_OPT_RANGE = 2, DBN_OPT_MATCH = 3, DBN_OPT_DEFAULT = 4,
	DBN_OPT_COLUMN = 5, DBN_OPT_GENERATED = 6, DBN_OPT_UNIQUE = 7
};
/** No option. */
#define DBN_PLAIN         { DBN_OPT_END, 0, 0, 0, NULL }
/** Characters of text, bytes of bytes: lo to hi. */
#define DBN_LEN(lo, hi)   { DBN_OPT_LEN, 0, (lo), (hi), NULL }
/** Numbers: lo to hi, both whole. */
#define DBN_RANGE(lo, hi) { DBN_OPT_RANGE, 0, (lo), (hi), NULL }
/** Text: a pattern that must be found in it; anchor it with ^ and $.  Characters,
 *  . [a-z] [^a-z] \d \w \s ( ) | * + ? {m,n} as in extended regular expressions,
 *  over UTF-8, in time linear in the text. */
#define DBN_MATCH(re)     { DBN_OPT_MATCH, 0, 0, 0, (re) }
/** SQL of the default; it stands in where a text is NULL, a nullable is not set. */
#define DBN_DEFAULT(sql)  { DBN_OPT_DEFAULT, 0, 0, 0, (sql) }
/** The column's name where it is not the field's. */
#define DBN_COLUMN(name)  { DBN_OPT_COLUMN, 0, 0, 0, (name) }
/** Made by the database: never sent, written back by an insert. */
#define DBN_GENERATED     { DBN_OPT_GENERATED, 0, 0, 0, NULL }
#define DBN_UNIQUE        { DBN_OPT_UNIQUE, 0, 0, 0, NULL }

typedef struct dbn_field {
	const char *name;
	uint32_t kind, flags, offset, size;
	const dbn_field_opt *opts;       /* up to DBN_OPT_END */
} dbn_field;

enum { DBN_RELATION_COLUMNS = 4 };
struct dbn_entity;
typedef struct dbn_relation {
	const char *name;
	const struct dbn_entity *to;
	uint32_t many, ncolumns;
	/* belongs to: fields of this entity that hold the other's key;
	 * has many: fields of the other that hold this one's key */
	uint32_t columns[DBN_RELATION_COLUMNS];
} dbn_relation;

/** Made by DBN_ENTITY_DEFINE; static for the life of the process. */
typedef struct dbn_entity {
	uint32_t struct_size, record_size;
	uint32_t field_stride, field_count, relation_stride, relation_count;
	uint32_t memory_offset, reserved0;
	const char *name, *table;        /* table: "member" or "schema.member" */
	const dbn_field *fields;
	const dbn_relation *relations;
	void **cache;                    /* the core's: statements made once */
} dbn_entity;

/** The memory of one loaded record. */
typedef struct dbn_memory dbn_memory;

/* ---- conditions: plain data, copied by value; texts are borrowed ---- */

enum { DBN_COND_LEAVES = 16, DBN_COND_CODES = 48 };
typedef struct dbn_cond_leaf {
	uint32_t field, op;
	uint64_t n;                      /* values of a list, bytes of a value */
	union {
		int64_t i64;
		double f64;
		const void *ptr;
		uint8_t uuid[16];
	} u;
} dbn_cond_leaf;
/** At most DBN_COND_LEAVES comparisons; more is DBN_E_LIMIT when it is run. */
typedef struct dbn_cond {
	uint32_t struct_size;
	uint8_t nleaves, ncodes, overflow, reserved0;
	uint8_t codes[DBN_COND_CODES];   /* postfix */
	dbn_cond_leaf leaves[DBN_COND_LEAVES];
} dbn_cond;
enum {
	DBN__OP_IN = 100, DBN__OP_IS_NULL = 101, DBN__OP_IS_SET = 102,
	DBN__COND_AND = 200, DBN__COND_OR = 201, DBN__COND_NOT = 202, DBN__COND_EVERY = 203
};
/** Both, either, the opposite; what the generated X_and, X_or, X_not call. */
DBN_API void dbn_cond_combine(dbn_cond *out, const dbn_cond *a, const dbn_cond *b, uint32_t how);

static inline dbn_cond_leaf *
dbn__cond_leaf(dbn_cond *c, uint32_t field, uint32_t op)
{
	c->struct_size = (uint32_t)sizeof *c;
	c->nleaves = c->ncodes = 1;
	c->overflow = c->reserved0 = 0;
	c->codes[0] = 0;
	c->leaves[0].field = field;
	c->leaves[0].op = op;
	c->leaves[0].n = 0;
	c->leaves[0].u.i64 = 0;
	return c->leaves;
}
static inline void dbn__cond_bool(dbn_cond *c, uint32_t f, dbn_op op, bool v) { dbn__cond_leaf(c, f, op)->u.i64 = v; }
static inline void dbn__cond_int32(dbn_cond *c, uint32_t f, dbn_op op, int32_t v) { dbn__cond_leaf(c, f, op)->u.i64 = v; }
static inline void dbn__cond_int64(dbn_cond *c, uint32_t f, dbn_op op, int64_t v) { dbn__cond_leaf(c, f, op)->u.i64 = v; }
static inline void dbn__cond_double(dbn_cond *c, uint32_t f, dbn_op op, double v) { dbn__cond_leaf(c, f, op)->u.f64 = v; }
static inline void dbn__cond_text(dbn_cond *c, uint32_t f, dbn_op op, const char *v) { dbn__cond_leaf(c, f, op)->u.ptr = v; }
static inline void dbn__cond_decimal(dbn_cond *c, uint32_t f, dbn_op op, const char *v) { dbn__cond_leaf(c, f, op)->u.ptr = v; }
static inline void dbn__cond_json(dbn_cond *c, uint32_t f, dbn_op op, const char *v) { dbn__cond_leaf(c, f, op)->u.ptr = v; }
static inline void dbn__cond_date(dbn_cond *c, uint32_t f, dbn_op op, dbn_date v) { dbn__cond_leaf(c, f, op)->u.i64 = v.days; }
static inline void dbn__cond_timestamp(dbn_cond *c, uint32_t f, dbn_op op, dbn_timestamp v) { dbn__cond_leaf(c, f, op)->u.i64 = v.us; }
static inline void dbn__cond_timestamptz(dbn_cond *c, uint32_t f, dbn_op op, dbn_timestamptz v) { dbn__cond_leaf(c, f, op)->u.i64 = v.us; }
static inline void
dbn__cond_bytes(dbn_cond *c, uint32_t f, dbn_op op, dbn_bytes v)
{
	dbn_cond_leaf *l = dbn__cond_leaf(c, f, op);

	l->u.ptr = v.ptr;
	l->n = v.len;
}
static inline void
dbn__cond_uuid(dbn_cond *c, uint32_t f, dbn_op op, dbn_uuid v)
{
	dbn_cond_leaf *l = dbn__cond_leaf(c, f, op);

	for (unsigned i = 0; i < 16; i++)
		l->u.uuid[i] = v.bytes[i];
}
static inline void
dbn__cond_list(dbn_cond *c, uint32_t f, uint32_t op, const void *values, size_t n)
{
	dbn_cond_leaf *l = dbn__cond_leaf(c, f, op);

	l->u.ptr = values;
	l->n = n;
}
static inline void
dbn__cond_every(dbn_cond *c)
{
	(void)dbn__cond_leaf(c, 0, 0);
	c->nleaves = 0;
	c->codes[0] = DBN__COND_EVERY;
}

/** One column of an order; zero: none. */
typedef struct dbn_order { uint16_t field_plus_one, direction; } dbn_order;
enum { DBN_ORDER_COLUMNS = 4 };
/** What X_opts becomes. */
typedef struct dbn_find_opts {
	uint32_t struct_size, flags;
	dbn_order order[DBN_ORDER_COLUMNS];
	uint64_t limit, offset;          /* 0: none */
	const dbn_query_opts *query;     /* borrowed; NULL: defaults */
} dbn_find_opts;

/*
 * What the generated functions call.  e is static; records and keys are borrowed;
 * lists are returned, free with dbn_entity_list_free().  Threads: one at a time
 * per session.  Blocks: up to the deadline.  Returns, besides what statements
 * return: DBN_E_VALUE for a field check (nothing was sent), DBN_E_NOT_FOUND,
 * DBN_E_INVALID for a wrong declaration or condition.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status dbn_entity_insert(dbn_session *s, const dbn_entity *e, void *rec, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status dbn_entity_insert_batch(dbn_session *s, const dbn_entity *e, void *recs, size_t n, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status dbn_entity_find(dbn_session *s, const dbn_entity *e, const dbn_value *key, size_t nkey, void *rec, dbn_error **err);
/** where NULL: every record. */
DBN_API DBN_NODISCARD dbn_status dbn_entity_find_where(dbn_session *s, const dbn_entity *e, const dbn_cond *where, const dbn_find_opts *opts, void **list, size_t *count, dbn_error **err);
/** fields NULL: all but key and generated ones. */
DBN_API DBN_NODISCARD dbn_status dbn_entity_update(dbn_session *s, const dbn_entity *e, const void *rec, const bool *fields, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status dbn_entity_delete(dbn_session *s, const dbn_entity *e, const dbn_value *key, size_t nkey, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status dbn_entity_delete_where(dbn_session *s, const dbn_entity *e, const dbn_cond *where, uint64_t *deleted, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status dbn_entity_count(dbn_session *s, const dbn_entity *e, const dbn_cond *where, uint64_t *count, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status dbn_entity_load_one(dbn_session *s, const dbn_entity *e, uint32_t relation, const void *rec, void *out, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status dbn_entity_load_many(dbn_session *s, const dbn_entity *e, uint32_t relation, const void *rec, const dbn_find_opts *opts, void **list, size_t *count, dbn_error **err);
/** CREATE TABLE IF NOT EXISTS: an administrative statement, needs the admin.ddl right. */
DBN_API DBN_NODISCARD dbn_status dbn_entity_create_table(dbn_session *s, const dbn_entity *e, dbn_error **err);
/** The checks of an insert alone; sends nothing.  Threads: any. */
DBN_API DBN_NODISCARD dbn_status dbn_entity_check(const dbn_entity *e, const void *rec, dbn_error **err);
/** Free what was loaded into the record and make it all zero.  Threads: any. */
DBN_API void dbn_entity_clear(const dbn_entity *e, void *rec);
DBN_API void dbn_entity_list_free(const dbn_entity *e, void *list, size_t count);

/* The same, nobody waiting: see dbnexus/async.h.  Records and what is written to stay
 * until the future is done; keys, conditions, field sets and options are copied. */
DBN_API DBN_NODISCARD dbn_status dbn_entity_insert_async(dbn_session *s, const dbn_entity *e, void *rec, dbn_future **f, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status dbn_entity_insert_batch_async(dbn_session *s, const dbn_entity *e, void *recs, size_t n, dbn_future **f, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status dbn_entity_find_async(dbn_session *s, const dbn_entity *e, const dbn_value *key, size_t nkey, void *rec, dbn_future **f, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status dbn_entity_find_where_async(dbn_session *s, const dbn_entity *e, const dbn_cond *where, const dbn_find_opts *opts, void **list, size_t *count, dbn_future **f, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status dbn_entity_update_async(dbn_session *s, const dbn_entity *e, const void *rec, const bool *fields, dbn_future **f, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status dbn_entity_delete_async(dbn_session *s, const dbn_entity *e, const dbn_value *key, size_t nkey, dbn_future **f, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status dbn_entity_delete_where_async(dbn_session *s, const dbn_entity *e, const dbn_cond *where, uint64_t *deleted, dbn_future **f, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status dbn_entity_count_async(dbn_session *s, const dbn_entity *e, const dbn_cond *where, uint64_t *count, dbn_future **f, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status dbn_entity_load_one_async(dbn_session *s, const dbn_entity *e, uint32_t relation, const void *rec, void *out, dbn_future **f, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status dbn_entity_load_many_async(dbn_session *s, const dbn_entity *e, uint32_t relation, const void *rec, const dbn_find_opts *opts, void **list, size_t *count, dbn_future **f, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status dbn_entity_create_table_async(dbn_session *s, const dbn_entity *e, dbn_future **f, dbn_error **err);

DBN_END_DECLS

#ifdef __cplusplus
#define DBN__STATIC_ASSERT(c, m) static_assert(c, m)
#define DBN__ZERO {}
#else
#define DBN__STATIC_ASSERT(c, m) _Static_assert(c, m)
#define DBN__ZERO { 0 }
#endif

/* Nobody uses all of them. */
#if defined(__GNUC__)
#define DBN__INLINE static inline __attribute__((unused))
#else
#define DBN__INLINE static inline
#endif

/* ---- type word -> C type, nullable C type, kind, key value ---- */
#define DBN_C_bool        bool
#define DBN_C__Bool       bool
#define DBN_C_int32       int32_t
#define DBN_C_int64       int64_t
#define DBN_C_double      double
#define DBN_C_text        const char *
#define DBN_C_bytes       dbn_bytes
#define DBN_C_date        dbn_date
#define DBN_C_timestamp   dbn_timestamp
#define DBN_C_timestamptz dbn_timestamptz
#define DBN_C_uuid        dbn_uuid
#define DBN_C_decimal     const char *
#define DBN_C_json        const char *
#define DBN_CN_bool        dbn_opt_bool
#define DBN_CN__Bool       dbn_opt_bool
#define DBN_CN_int32       dbn_opt_int32
#define DBN_CN_int64       dbn_opt_int64
#define DBN_CN_double      dbn_opt_double
#define DBN_CN_text        const char *
#define DBN_CN_bytes       dbn_bytes
#define DBN_CN_date        dbn_opt_date
#define DBN_CN_timestamp   dbn_opt_timestamp
#define DBN_CN_timestamptz dbn_opt_timestamptz
#define DBN_CN_uuid        dbn_opt_uuid
#define DBN_CN_decimal     const char *
#define DBN_CN_json        const char *
#define DBN_T_bool        DBN_FIELD_BOOL
#define DBN_T__Bool       DBN_FIELD_BOOL
#define DBN_T_int32       DBN_FIELD_INT32
#define DBN_T_int64       DBN_FIELD_INT64
#define DBN_T_double      DBN_FIELD_DOUBLE
#define DBN_T_text        DBN_FIELD_TEXT
#define DBN_T_bytes       DBN_FIELD_BYTES
#define DBN_T_date        DBN_FIELD_DATE
#define DBN_T_timestamp   DBN_FIELD_TIMESTAMP
#define DBN_T_timestamptz DBN_FIELD_TIMESTAMPTZ
#define DBN_T_uuid        DBN_FIELD_UUID
#define DBN_T_decimal     DBN_FIELD_DECIMAL
#define DBN_T_json        DBN_FIELD_JSON
#define dbn__key_bool(x)        dbn_v_bool(x)
#define dbn__key__Bool(x)       dbn_v_bool(x)
#define dbn__key_int32(x)       dbn_v_i64(x)
#define dbn__key_int64(x)       dbn_v_i64(x)
#define dbn__key_double(x)      dbn_v_f64(x)
#define dbn__key_text(x)        dbn_v_text(x)
#define dbn__key_bytes(x)       dbn_v_bytes(x)
#define dbn__key_date(x)        dbn_date_of((x).days)
#define dbn__key_timestamp(x)   dbn_timestamp_of((x).us)
#define dbn__key_timestamptz(x) dbn_timestamptz_of((x).us)
#define dbn__key_uuid(x)        dbn_uuid_of((x).bytes)
#define dbn__key_decimal(x)     dbn_decimal_of(x)
#define dbn__key_json(x)        dbn_v_text(x)
#define dbn__cond__Bool         dbn__cond_bool

/* ---- the rows of a declaration, seen in different ways ---- */
#define DBN__NOP(...)
#define DBN__PLUS1(...) + 1
#define DBN__DECL_K(e_, n_, t_, ...) DBN_C_##t_ n_;
#define DBN__DECL_N(e_, n_, t_, ...) DBN_CN_##t_ n_;
#define DBN__ID(e_, n_, ...) e_##__i_##n_,
#define DBN__BIT(e_, n_, ...) bool n_;
#define DBN__PARM(e_, n_, t_, ...) , DBN_C_##t_ n_
#define DBN__VAL(e_, n_, t_, ...) dbn__key_##t_(n_),
#define DBN__OPTS(e_, n_, t_, ...) \
	static const dbn_field_opt e_##__o_##n_[] = { __VA_ARGS__, DBN_PLAIN };
#define DBN__ROW_K(e_, n_, t_, ...) { #n_, DBN_T_##t_, DBN_FIELD_KEY, \
	(uint32_t)offsetof(struct e_, n_), (uint32_t)sizeof(DBN_C_##t_), e_##__o_##n_ },
#define DBN__ROW_F(e_, n_, t_, ...) { #n_, DBN_T_##t_, 0, \
	(uint32_t)offsetof(struct e_, n_), (uint32_t)sizeof(DBN_C_##t_), e_##__o_##n_ },
#define DBN__ROW_N(e_, n_, t_, ...) { #n_, DBN_T_##t_, DBN_FIELD_NULLABLE, \
	(uint32_t)offsetof(struct e_, n_), (uint32_t)sizeof(DBN_CN_##t_), e_##__o_##n_ },
#define DBN__COND_F(e_, n_, t_, ...) \
	DBN__INLINE e_##_cond e_##_##n_(dbn_op dbn_op_, DBN_C_##t_ dbn_v_) \
	{ e_##_cond dbn_c_; dbn__cond_##t_(&dbn_c_.c, (uint32_t)e_##__i_##n_, dbn_op_, dbn_v_); return dbn_c_; } \
	DBN__INLINE e_##_cond e_##_##n_##_in(DBN_C_##t_ const *dbn_v_, size_t dbn_n_) \
	{ e_##_cond dbn_c_; dbn__cond_list(&dbn_c_.c, (uint32_t)e_##__i_##n_, DBN__OP_IN, dbn_v_, dbn_n_); return dbn_c_; } \
	DBN__INLINE e_##_order e_##_by_##n_(uint32_t dbn_d_) \
	{ e_##_order dbn_o_; dbn_o_.o.field_plus_one = (uint16_t)((uint32_t)e_##__i_##n_ + 1u); \
	  dbn_o_.o.direction = (uint16_t)dbn_d_; return dbn_o_; }
#define DBN__COND_N(e_, n_, t_, ...) \
	DBN__COND_F(e_, n_, t_, ~) \
	DBN__INLINE e_##_cond e_##_##n_##_is_null(void) \
	{ e_##_cond dbn_c_; dbn__cond_list(&dbn_c_.c, (uint32_t)e_##__i_##n_, DBN__OP_IS_NULL, NULL, 0); return dbn_c_; } \
	DBN__INLINE e_##_cond e_##_##n_##_is_set(void) \
	{ e_##_cond dbn_c_; dbn__cond_list(&dbn_c_.c, (uint32_t)e_##__i_##n_, DBN__OP_IS_SET, NULL, 0); return dbn_c_; }
/* relations: how many columns, and their field numbers in an entity */
#define DBN__COLN(...) DBN__COLN1(__VA_ARGS__, 4, 3, 2, 1, 0)
#define DBN__COLN1(a, b, c, d, n, ...) n
#define DBN__COLS(e_, ...) DBN__COLS1(e_, __VA_ARGS__, dbn_none, dbn_none, dbn_none, ~)
#define DBN__COLS1(e_, a, b, c, d, ...) e_##__i_##a, e_##__i_##b, e_##__i_##c, e_##__i_##d
#define DBN__RID(e_, n_, ...) e_##__r_##n_,
#define DBN__RDECL_B(e_, n_, to_, ...) \
	typedef struct to_ to_; \
	DBN_NODISCARD dbn_status e_##_load_##n_(dbn_session *s, const struct e_ *rec, struct to_ *out, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_load_##n_##_async(dbn_session *s, const struct e_ *rec, struct to_ *out, \
		dbn_future **f, dbn_error **err);
#define DBN__RDECL_M(e_, n_, to_, ...) \
	typedef struct to_ to_; \
	typedef struct to_##_opts to_##_opts; \
	DBN_NODISCARD dbn_status e_##_load_##n_(dbn_session *s, const struct e_ *rec, \
		const struct to_##_opts *opts, struct to_ **list, size_t *count, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_load_##n_##_async(dbn_session *s, const struct e_ *rec, \
		const struct to_##_opts *opts, struct to_ **list, size_t *count, dbn_future **f, dbn_error **err);
#define DBN__RROW_B(e_, n_, to_, ...) \
	{ #n_, &to_##_entity, 0, DBN__COLN(__VA_ARGS__), { DBN__COLS(e_, __VA_ARGS__) } },
#define DBN__RROW_M(e_, n_, to_, ...) \
	{ #n_, &to_##_entity, 1, DBN__COLN(__VA_ARGS__), { DBN__COLS(to_, __VA_ARGS__) } },
#define DBN__RDEF_B(e_, n_, to_, ...) \
	DBN__STATIC_ASSERT(DBN__COLN(__VA_ARGS__) == (int)to_##__key_count, \
		"BELONGS_TO names one column for each key field of the other entity"); \
	dbn_status e_##_load_##n_(dbn_session *s, const struct e_ *rec, struct to_ *out, dbn_error **err) \
	{ return dbn_entity_load_one(s, &e_##_entity, (uint32_t)e_##__r_##n_, rec, out, err); } \
	dbn_status e_##_load_##n_##_async(dbn_session *s, const struct e_ *rec, struct to_ *out, \
		dbn_future **f, dbn_error **err) \
	{ return dbn_entity_load_one_async(s, &e_##_entity, (uint32_t)e_##__r_##n_, rec, out, f, err); }
#define DBN__RDEF_M(e_, n_, to_, ...) \
	DBN__STATIC_ASSERT(DBN__COLN(__VA_ARGS__) == (int)e_##__key_count, \
		"HAS_MANY names one column of the other entity for each key field of this one"); \
	dbn_status e_##_load_##n_(dbn_session *s, const struct e_ *rec, const struct to_##_opts *opts, \
		struct to_ **list, size_t *count, dbn_error **err) \
	{ \
		void *dbn_p_ = NULL; \
		dbn_find_opts dbn_o_ = to_##__find_opts(opts); \
		dbn_status dbn_rc_ = dbn_entity_load_many(s, &e_##_entity, (uint32_t)e_##__r_##n_, rec, \
			opts ? &dbn_o_ : NULL, &dbn_p_, count, err); \
		*list = (struct to_ *)dbn_p_; \
		return dbn_rc_; \
	} \
	dbn_status e_##_load_##n_##_async(dbn_session *s, const struct e_ *rec, const struct to_##_opts *opts, \
		struct to_ **list, size_t *count, dbn_future **f, dbn_error **err) \
	{ \
		dbn_find_opts dbn_o_ = to_##__find_opts(opts); \
		*list = NULL; \
		return dbn_entity_load_many_async(s, &e_##_entity, (uint32_t)e_##__r_##n_, rec, \
			opts ? &dbn_o_ : NULL, (void **)list, count, f, err); \
	}

/** In a header: the struct and its functions. */
#define DBN_ENTITY_DECLARE(e_, ROWS) \
	DBN_BEGIN_DECLS \
	typedef struct e_ { \
		dbn_memory *dbn_memory_; \
		ROWS(e_, DBN__DECL_K, DBN__DECL_K, DBN__DECL_N, DBN__NOP, DBN__NOP) \
	} e_; \
	enum { ROWS(e_, DBN__ID, DBN__ID, DBN__ID, DBN__NOP, DBN__NOP) e_##__field_count, \
		e_##__i_dbn_none = 0xffff }; \
	enum { e_##__key_count = 0 ROWS(e_, DBN__PLUS1, DBN__NOP, DBN__NOP, DBN__NOP, DBN__NOP) }; \
	enum { ROWS(e_, DBN__NOP, DBN__NOP, DBN__NOP, DBN__RID, DBN__RID) e_##__relation_count }; \
	DBN__STATIC_ASSERT((int)e_##__key_count > 0, "an entity needs a KEY"); \
	typedef struct e_##_fields { ROWS(e_, DBN__BIT, DBN__BIT, DBN__BIT, DBN__NOP, DBN__NOP) } e_##_fields; \
	typedef struct e_##_cond { dbn_cond c; } e_##_cond; \
	typedef struct e_##_order { dbn_order o; } e_##_order; \
	typedef struct e_##_opts { \
		uint32_t struct_size, flags; \
		e_##_order order[DBN_ORDER_COLUMNS]; \
		uint64_t limit, offset; \
		const dbn_query_opts *query; \
	} e_##_opts; \
	extern const dbn_entity e_##_entity; \
	DBN_NODISCARD dbn_status e_##_insert(dbn_session *s, struct e_ *rec, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_insert_batch(dbn_session *s, struct e_ *recs, size_t n, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_find_by_id(dbn_session *dbn_s_ \
		ROWS(e_, DBN__PARM, DBN__NOP, DBN__NOP, DBN__NOP, DBN__NOP), struct e_ *dbn_out_, dbn_error **dbn_err_); \
	DBN_NODISCARD dbn_status e_##_find_all(dbn_session *s, const struct e_##_opts *opts, \
		struct e_ **list, size_t *count, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_find_where(dbn_session *s, struct e_##_cond where, \
		const struct e_##_opts *opts, struct e_ **list, size_t *count, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_count(dbn_session *s, struct e_##_cond where, uint64_t *count, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_update(dbn_session *s, const struct e_ *rec, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_update_fields(dbn_session *s, const struct e_ *rec, \
		const struct e_##_fields *fields, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_delete(dbn_session *dbn_s_ \
		ROWS(e_, DBN__PARM, DBN__NOP, DBN__NOP, DBN__NOP, DBN__NOP), dbn_error **dbn_err_); \
	DBN_NODISCARD dbn_status e_##_delete_where(dbn_session *s, struct e_##_cond where, \
		uint64_t *deleted, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_create_table(dbn_session *s, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_check(const struct e_ *rec, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_insert_async(dbn_session *s, struct e_ *rec, dbn_future **f, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_insert_batch_async(dbn_session *s, struct e_ *recs, size_t n, \
		dbn_future **f, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_find_by_id_async(dbn_session *dbn_s_ \
		ROWS(e_, DBN__PARM, DBN__NOP, DBN__NOP, DBN__NOP, DBN__NOP), struct e_ *dbn_out_, \
		dbn_future **dbn_f_, dbn_error **dbn_err_); \
	DBN_NODISCARD dbn_status e_##_find_all_async(dbn_session *s, const struct e_##_opts *opts, \
		struct e_ **list, size_t *count, dbn_future **f, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_find_where_async(dbn_session *s, struct e_##_cond where, \
		const struct e_##_opts *opts, struct e_ **list, size_t *count, dbn_future **f, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_count_async(dbn_session *s, struct e_##_cond where, uint64_t *count, \
		dbn_future **f, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_update_async(dbn_session *s, const struct e_ *rec, dbn_future **f, \
		dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_update_fields_async(dbn_session *s, const struct e_ *rec, \
		const struct e_##_fields *fields, dbn_future **f, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_delete_async(dbn_session *dbn_s_ \
		ROWS(e_, DBN__PARM, DBN__NOP, DBN__NOP, DBN__NOP, DBN__NOP), dbn_future **dbn_f_, \
		dbn_error **dbn_err_); \
	DBN_NODISCARD dbn_status e_##_delete_where_async(dbn_session *s, struct e_##_cond where, \
		uint64_t *deleted, dbn_future **f, dbn_error **err); \
	DBN_NODISCARD dbn_status e_##_create_table_async(dbn_session *s, dbn_future **f, dbn_error **err); \
	void e_##_clear(struct e_ *rec); \
	void e_##_list_free(struct e_ *list, size_t count); \
	DBN__INLINE e_ e_##_init(void) { e_ dbn_r_ = DBN__ZERO; return dbn_r_; } \
	DBN__INLINE e_##_opts e_##_opts_init(void) \
	{ e_##_opts dbn_o_ = DBN__ZERO; dbn_o_.struct_size = (uint32_t)sizeof dbn_o_; return dbn_o_; } \
	DBN__INLINE e_##_cond e_##_and(e_##_cond a, e_##_cond b) \
	{ e_##_cond dbn_c_; dbn_cond_combine(&dbn_c_.c, &a.c, &b.c, DBN__COND_AND); return dbn_c_; } \
	DBN__INLINE e_##_cond e_##_or(e_##_cond a, e_##_cond b) \
	{ e_##_cond dbn_c_; dbn_cond_combine(&dbn_c_.c, &a.c, &b.c, DBN__COND_OR); return dbn_c_; } \
	DBN__INLINE e_##_cond e_##_not(e_##_cond a) \
	{ e_##_cond dbn_c_; dbn_cond_combine(&dbn_c_.c, &a.c, NULL, DBN__COND_NOT); return dbn_c_; } \
	DBN__INLINE e_##_cond e_##_every(void) { e_##_cond dbn_c_; dbn__cond_every(&dbn_c_.c); return dbn_c_; } \
	ROWS(e_, DBN__COND_F, DBN__COND_F, DBN__COND_N, DBN__NOP, DBN__NOP) \
	ROWS(e_, DBN__NOP, DBN__NOP, DBN__NOP, DBN__RDECL_B, DBN__RDECL_M) \
	DBN__INLINE dbn_find_opts e_##__find_opts(const e_##_opts *o) \
	{ \
		dbn_find_opts dbn_f_ = DBN__ZERO; \
		if (o) { \
			dbn_f_.struct_size = o->struct_size == sizeof *o ? (uint32_t)sizeof dbn_f_ : 0; \
			dbn_f_.flags = o->flags; \
			for (unsigned i = 0; i < DBN_ORDER_COLUMNS; i++) \
				dbn_f_.order[i] = o->order[i].o; \
			dbn_f_.limit = o->limit; \
			dbn_f_.offset = o->offset; \
			dbn_f_.query = o->query; \
		} \
		return dbn_f_; \
	} \
	DBN_END_DECLS \
	struct e_##__needs_semicolon

/** In one source file, where all entities that it is related to are declared. */
#define DBN_ENTITY_DEFINE(e_, table_, ROWS) \
	ROWS(e_, DBN__OPTS, DBN__OPTS, DBN__OPTS, DBN__NOP, DBN__NOP) \
	static const dbn_field e_##__fields[] = { ROWS(e_, DBN__ROW_K, DBN__ROW_F, DBN__ROW_N, DBN__NOP, DBN__NOP) }; \
	static const dbn_relation e_##__relations[] = { \
		ROWS(e_, DBN__NOP, DBN__NOP, DBN__NOP, DBN__RROW_B, DBN__RROW_M) \
		{ NULL, NULL, 0, 0, { 0, 0, 0, 0 } } }; \
	static void *e_##__cache; \
	DBN__STATIC_ASSERT(sizeof(e_##_fields) == (size_t)e_##__field_count, "one flag per field"); \
	const dbn_entity e_##_entity = { (uint32_t)sizeof(dbn_entity), (uint32_t)sizeof(struct e_), \
		(uint32_t)sizeof(dbn_field), e_##__field_count, (uint32_t)sizeof(dbn_relation), \
		e_##__relation_count, (uint32_t)offsetof(struct e_, dbn_memory_), 0, \
		#e_, table_, e_##__fields, e_##__relations, &e_##__cache }; \
	dbn_status e_##_insert(dbn_session *s, struct e_ *rec, dbn_error **err) \
	{ return dbn_entity_insert(s, &e_##_entity, rec, err); } \
	dbn_status e_##_insert_batch(dbn_session *s, struct e_ *recs, size_t n, dbn_error **err) \
	{ return dbn_entity_insert_batch(s, &e_##_entity, recs, n, err); } \
	dbn_status e_##_find_by_id(dbn_session *dbn_s_ \
		ROWS(e_, DBN__PARM, DBN__NOP, DBN__NOP, DBN__NOP, DBN__NOP), struct e_ *dbn_out_, dbn_error **dbn_err_) \
	{ \
		const dbn_value dbn_k_[] = { ROWS(e_, DBN__VAL, DBN__NOP, DBN__NOP, DBN__NOP, DBN__NOP) }; \
		return dbn_entity_find(dbn_s_, &e_##_entity, dbn_k_, sizeof dbn_k_ / sizeof *dbn_k_, \
			dbn_out_, dbn_err_); \
	} \
	dbn_status e_##_find_all(dbn_session *s, const struct e_##_opts *opts, struct e_ **list, \
		size_t *count, dbn_error **err) \
	{ return e_##_find_where(s, e_##_every(), opts, list, count, err); } \
	dbn_status e_##_find_where(dbn_session *s, struct e_##_cond where, const struct e_##_opts *opts, \
		struct e_ **list, size_t *count, dbn_error **err) \
	{ \
		void *dbn_p_ = NULL; \
		dbn_find_opts dbn_o_ = e_##__find_opts(opts); \
		dbn_status dbn_rc_ = dbn_entity_find_where(s, &e_##_entity, &where.c, opts ? &dbn_o_ : NULL, \
			&dbn_p_, count, err); \
		*list = (struct e_ *)dbn_p_; \
		return dbn_rc_; \
	} \
	dbn_status e_##_count(dbn_session *s, struct e_##_cond where, uint64_t *count, dbn_error **err) \
	{ return dbn_entity_count(s, &e_##_entity, &where.c, count, err); } \
	dbn_status e_##_update(dbn_session *s, const struct e_ *rec, dbn_error **err) \
	{ return dbn_entity_update(s, &e_##_entity, rec, NULL, err); } \
	dbn_status e_##_update_fields(dbn_session *s, const struct e_ *rec, const struct e_##_fields *fields, \
		dbn_error **err) \
	{ return dbn_entity_update(s, &e_##_entity, rec, (const bool *)fields, err); } \
	dbn_status e_##_delete(dbn_session *dbn_s_ \
		ROWS(e_, DBN__PARM, DBN__NOP, DBN__NOP, DBN__NOP, DBN__NOP), dbn_error **dbn_err_) \
	{ \
		const dbn_value dbn_k_[] = { ROWS(e_, DBN__VAL, DBN__NOP, DBN__NOP, DBN__NOP, DBN__NOP) }; \
		return dbn_entity_delete(dbn_s_, &e_##_entity, dbn_k_, sizeof dbn_k_ / sizeof *dbn_k_, dbn_err_); \
	} \
	dbn_status e_##_delete_where(dbn_session *s, struct e_##_cond where, uint64_t *deleted, dbn_error **err) \
	{ return dbn_entity_delete_where(s, &e_##_entity, &where.c, deleted, err); } \
	dbn_status e_##_create_table(dbn_session *s, dbn_error **err) \
	{ return dbn_entity_create_table(s, &e_##_entity, err); } \
	dbn_status e_##_check(const struct e_ *rec, dbn_error **err) \
	{ return dbn_entity_check(&e_##_entity, rec, err); } \
	dbn_status e_##_insert_async(dbn_session *s, struct e_ *rec, dbn_future **f, dbn_error **err) \
	{ return dbn_entity_insert_async(s, &e_##_entity, rec, f, err); } \
	dbn_status e_##_insert_batch_async(dbn_session *s, struct e_ *recs, size_t n, dbn_future **f, \
		dbn_error **err) \
	{ return dbn_entity_insert_batch_async(s, &e_##_entity, recs, n, f, err); } \
	dbn_status e_##_find_by_id_async(dbn_session *dbn_s_ \
		ROWS(e_, DBN__PARM, DBN__NOP, DBN__NOP, DBN__NOP, DBN__NOP), struct e_ *dbn_out_, \
		dbn_future **dbn_f_, dbn_error **dbn_err_) \
	{ \
		const dbn_value dbn_k_[] = { ROWS(e_, DBN__VAL, DBN__NOP, DBN__NOP, DBN__NOP, DBN__NOP) }; \
		return dbn_entity_find_async(dbn_s_, &e_##_entity, dbn_k_, sizeof dbn_k_ / sizeof *dbn_k_, \
			dbn_out_, dbn_f_, dbn_err_); \
	} \
	dbn_status e_##_find_all_async(dbn_session *s, const struct e_##_opts *opts, struct e_ **list, \
		size_t *count, dbn_future **f, dbn_error **err) \
	{ return e_##_find_where_async(s, e_##_every(), opts, list, count, f, err); } \
	dbn_status e_##_find_where_async(dbn_session *s, struct e_##_cond where, const struct e_##_opts *opts, \
		struct e_ **list, size_t *count, dbn_future **f, dbn_error **err) \
	{ \
		dbn_find_opts dbn_o_ = e_##__find_opts(opts); \
		*list = NULL; \
		return dbn_entity_find_where_async(s, &e_##_entity, &where.c, opts ? &dbn_o_ : NULL, \
			(void **)list, count, f, err); \
	} \
	dbn_status e_##_count_async(dbn_session *s, struct e_##_cond where, uint64_t *count, dbn_future **f, \
		dbn_error **err) \
	{ return dbn_entity_count_async(s, &e_##_entity, &where.c, count, f, err); } \
	dbn_status e_##_update_async(dbn_session *s, const struct e_ *rec, dbn_future **f, dbn_error **err) \
	{ return dbn_entity_update_async(s, &e_##_entity, rec, NULL, f, err); } \
	dbn_status e_##_update_fields_async(dbn_session *s, const struct e_ *rec, \
		const struct e_##_fields *fields, dbn_future **f, dbn_error **err) \
	{ return dbn_entity_update_async(s, &e_##_entity, rec, (const bool *)fields, f, err); } \
	dbn_status e_##_delete_async(dbn_session *dbn_s_ \
		ROWS(e_, DBN__PARM, DBN__NOP, DBN__NOP, DBN__NOP, DBN__NOP), dbn_future **dbn_f_, \
		dbn_error **dbn_err_) \
	{ \
		const dbn_value dbn_k_[] = { ROWS(e_, DBN__VAL, DBN__NOP, DBN__NOP, DBN__NOP, DBN__NOP) }; \
		return dbn_entity_delete_async(dbn_s_, &e_##_entity, dbn_k_, sizeof dbn_k_ / sizeof *dbn_k_, \
			dbn_f_, dbn_err_); \
	} \
	dbn_status e_##_delete_where_async(dbn_session *s, struct e_##_cond where, uint64_t *deleted, \
		dbn_future **f, dbn_error **err) \
	{ return dbn_entity_delete_where_async(s, &e_##_entity, &where.c, deleted, f, err); } \
	dbn_status e_##_create_table_async(dbn_session *s, dbn_future **f, dbn_error **err) \
	{ return dbn_entity_create_table_async(s, &e_##_entity, f, err); } \
	void e_##_clear(struct e_ *rec) { dbn_entity_clear(&e_##_entity, rec); } \
	void e_##_list_free(struct e_ *list, size_t count) { dbn_entity_list_free(&e_##_entity, list, count); } \
	ROWS(e_, DBN__NOP, DBN__NOP, DBN__NOP, DBN__RDEF_B, DBN__RDEF_M) \
	struct e_##__needs_semicolon

#endif
