/* SPDX-License-Identifier: MIT */
/*
 * Statements put together in code.  A builder owns everything made from it and
 * frees it at once.  Values go out as parameters, names are always quoted, and
 * the first mistake is remembered and reported when the statement is run, so
 * that calls need no checks between them.  One thread at a time per builder.
 *
 *   dbn_builder *b = dbn_builder_new();
 *   dbn_select *q = dbn_select_new(b);
 *   dbn_select_from(q, "users", "u");
 *   dbn_select_columns(q, DBN_NAMES("u.id", "u.name"));
 *   dbn_select_where(q, dbn_x_is(b, "u.age", DBN_GE, DBN_V(18)));
 *   dbn_select_order(q, dbn_x_col(b, "u.name"), DBN_ASC);
 *   rc = dbn_select_run(session, q, &rows, &err);
 *   ... dbn_rows_close(rows); dbn_builder_free(b);
 */
#ifndef DBN_QUERY_H
#define DBN_QUERY_H

#include <dbnexus/session.h>

DBN_BEGIN_DECLS

/** Comparisons of conditions and expressions. */
typedef uint32_t dbn_op;
enum {
	DBN_EQ = 1, DBN_NE = 2, DBN_LT = 3, DBN_LE = 4, DBN_GT = 5, DBN_GE = 6,
	DBN_LIKE = 7, DBN_NOT_LIKE = 8,
	/* only in expressions of the builder */
	DBN_ADD = 20, DBN_SUB = 21, DBN_MUL = 22, DBN_DIV = 23, DBN_MOD = 24, DBN_CONCAT = 25
};
/** Directions. */
enum { DBN_ASC = 0, DBN_DESC = 1 };
/** Kinds of join. */
enum { DBN_INNER_JOIN = 1, DBN_LEFT_JOIN = 2, DBN_CROSS_JOIN = 3 };

typedef struct dbn_builder dbn_builder;
/** A condition or another expression; tied to its builder. */
typedef struct dbn_expr dbn_expr;
typedef struct dbn_select dbn_select;
typedef struct dbn_insert dbn_insert;
typedef struct dbn_update dbn_update;
typedef struct dbn_delete dbn_delete;

/** Names in an array: DBN_NAMES("id", "name"), at most 32. */
typedef struct dbn_names {
	const char *const *v;
	size_t n;
} dbn_names;
/** Expressions in an array: DBN_EXPRS(x, y), at most 32. */
typedef struct dbn_exprs {
	const dbn_expr *const *v;
	size_t n;
} dbn_exprs;

/**
 * Make a builder.  Returned, free with dbn_builder_free(); NULL when there is no
 * memory: every function here accepts NULL and running then gives DBN_E_NOMEM.
 * Threads: any.  Since: 0.1
 */
DBN_API dbn_builder *dbn_builder_new(void);
/** Free it with all that was made from it, after the rows that it gave are closed. */
DBN_API void dbn_builder_free(dbn_builder *b);
/** Forget all that was made from it and any mistake; the memory is used again. */
DBN_API void dbn_builder_reset(dbn_builder *b);
/** The first mistake so far: DBN_OK if there is none.  Since: 0.1 */
DBN_API dbn_status dbn_builder_check(const dbn_builder *b, dbn_error **err);

/* ---- expressions: made from b, tied to b, NULL after a mistake (which is kept) ---- */

/** A column: "name", "alias.name"; each part is quoted.  "*" and "alias.*": all of them,
 *  as an output column. */
DBN_API const dbn_expr *dbn_x_col(dbn_builder *b, const char *name);
/** A column whose name may hold dots; qualifier may be NULL. */
DBN_API const dbn_expr *dbn_x_name(dbn_builder *b, const char *qualifier, const char *name);
/** A value, bound as a parameter; copied with its text. */
DBN_API const dbn_expr *dbn_x_val(dbn_builder *b, dbn_value v);
/** column op value. */
DBN_API const dbn_expr *dbn_x_is(dbn_builder *b, const char *column, dbn_op op, dbn_value v);
/** column op column: the condition of most joins. */
DBN_API const dbn_expr *dbn_x_cols(dbn_builder *b, const char *left, dbn_op op, const char *right);
/** left op right. */
DBN_API const dbn_expr *dbn_x_op(dbn_builder *b, const dbn_expr *left, dbn_op op, const dbn_expr *right);
DBN_API const dbn_expr *dbn_x_and(dbn_builder *b, const dbn_expr *left, const dbn_expr *right);
DBN_API const dbn_expr *dbn_x_or(dbn_builder *b, const dbn_expr *left, const dbn_expr *right);
/** All of them, any of them; an empty list is a mistake. */
DBN_API const dbn_expr *dbn_x_all_of(dbn_builder *b, dbn_exprs list);
DBN_API const dbn_expr *dbn_x_any_of(dbn_builder *b, dbn_exprs list);
DBN_API const dbn_expr *dbn_x_not(dbn_builder *b, const dbn_expr *x);
/** x IN (values); an empty list matches nothing. */
DBN_API const dbn_expr *dbn_x_in(dbn_builder *b, const dbn_expr *x, dbn_args values);
DBN_API const dbn_expr *dbn_x_in_select(dbn_builder *b, const dbn_expr *x, const dbn_select *sub);
/** x BETWEEN lo AND hi, both included. */
DBN_API const dbn_expr *dbn_x_between(dbn_builder *b, const dbn_expr *x, dbn_value lo, dbn_value hi);
DBN_API const dbn_expr *dbn_x_is_null(dbn_builder *b, const dbn_expr *x);
DBN_API const dbn_expr *dbn_x_is_not_null(dbn_builder *b, const dbn_expr *x);
DBN_API const dbn_expr *dbn_x_exists(dbn_builder *b, const dbn_select *sub);
/** (SELECT ...) as a value. */
DBN_API const dbn_expr *dbn_x_select(dbn_builder *b, const dbn_select *sub);
/** name(arguments): letters, digits and _ only. */
DBN_API const dbn_expr *dbn_x_call(dbn_builder *b, const char *name, dbn_exprs arguments);
/** count(*), and name(DISTINCT x). */
DBN_API const dbn_expr *dbn_x_count_all(dbn_builder *b);
DBN_API const dbn_expr *dbn_x_call_distinct(dbn_builder *b, const char *name, const dbn_expr *x);
/** CASE WHEN condition THEN yes ELSE no END; no may be NULL. */
DBN_API const dbn_expr *dbn_x_case(dbn_builder *b, const dbn_expr *condition, const dbn_expr *yes,
	const dbn_expr *no);
/** In an upsert: the value that was about to be inserted. */
DBN_API const dbn_expr *dbn_x_excluded(dbn_builder *b, const char *column);

/* ---- select ---- */

DBN_API dbn_select *dbn_select_new(dbn_builder *b);
/** A further table without a join condition; alias may be NULL.  Names: "users",
 *  "schema.users". */
DBN_API void dbn_select_from(dbn_select *q, const char *table, const char *alias);
DBN_API void dbn_select_from_select(dbn_select *q, const dbn_select *sub, const char *alias);
/** Join to what was named so far; on is NULL for DBN_CROSS_JOIN. */
DBN_API void dbn_select_join(dbn_select *q, uint32_t kind, const char *table, const char *alias,
	const dbn_expr *on);
DBN_API void dbn_select_join_select(dbn_select *q, uint32_t kind, const dbn_select *sub,
	const char *alias, const dbn_expr *on);
/** One output column; alias may be NULL.  Without any: all of them. */
DBN_API void dbn_select_column(dbn_select *q, const dbn_expr *x, const char *alias);
DBN_API void dbn_select_columns(dbn_select *q, dbn_names names);
DBN_API void dbn_select_distinct(dbn_select *q);
/** Called again: both must hold.  The same for having. */
DBN_API void dbn_select_where(dbn_select *q, const dbn_expr *condition);
DBN_API void dbn_select_group(dbn_select *q, const dbn_expr *x);
DBN_API void dbn_select_having(dbn_select *q, const dbn_expr *condition);
/** NULL sorts below every value, on every database. */
DBN_API void dbn_select_order(dbn_select *q, const dbn_expr *x, uint32_t direction);
DBN_API void dbn_select_limit(dbn_select *q, uint64_t rows);
DBN_API void dbn_select_offset(dbn_select *q, uint64_t rows);

/* ---- insert ---- */

DBN_API dbn_insert *dbn_insert_new(dbn_builder *b, const char *table);
/** The columns, once; then a row of values each time. */
DBN_API void dbn_insert_columns(dbn_insert *q, dbn_names columns);
DBN_API void dbn_insert_values(dbn_insert *q, dbn_args values);
DBN_API void dbn_insert_exprs(dbn_insert *q, dbn_exprs values);
DBN_API void dbn_insert_select(dbn_insert *q, const dbn_select *sub);
/** What to do when the row of these key columns is there already: nothing, or set
 *  columns (dbn_x_excluded() is the new value; dbn_x_col() the stored one). */
DBN_API void dbn_insert_conflict(dbn_insert *q, dbn_names key);
DBN_API void dbn_insert_conflict_set(dbn_insert *q, const char *column, const dbn_expr *x);
/** Set all of these columns to the values that were about to be inserted. */
DBN_API void dbn_insert_conflict_replace(dbn_insert *q, dbn_names columns);
DBN_API void dbn_insert_returning(dbn_insert *q, const dbn_expr *x, const char *alias);

/* ---- update, delete ---- */

DBN_API dbn_update *dbn_update_new(dbn_builder *b, const char *table);
DBN_API void dbn_update_set(dbn_update *q, const char *column, const dbn_expr *x);
DBN_API void dbn_update_set_value(dbn_update *q, const char *column, dbn_value v);
DBN_API void dbn_update_where(dbn_update *q, const dbn_expr *condition);
/** Without a condition an update is a mistake, unless every row is meant. */
DBN_API void dbn_update_every_row(dbn_update *q);
DBN_API void dbn_update_returning(dbn_update *q, const dbn_expr *x, const char *alias);

DBN_API dbn_delete *dbn_delete_new(dbn_builder *b, const char *table);
DBN_API void dbn_delete_where(dbn_delete *q, const dbn_expr *condition);
DBN_API void dbn_delete_every_row(dbn_delete *q);
DBN_API void dbn_delete_returning(dbn_delete *q, const dbn_expr *x, const char *alias);

/* ---- running ---- */

/**
 * Run it.  The rows are tied to the session and to the builder: close them, then
 * free the builder.  The _run of a writing statement drops rows; _query returns
 * those of its RETURNING.
 * @param rows  returned, close with dbn_rows_close()   @param result  may be NULL
 * Threads: one at a time per session and builder.  Blocks: up to the deadline.
 * Returns: the first mistake (DBN_E_INVALID, DBN_E_NOMEM, DBN_E_LIMIT), nothing was
 * sent then; otherwise as dbn_query() and dbn_exec().  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_select_run(dbn_session *session, const dbn_select *q, dbn_rows **rows, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_select_run_with(dbn_session *session, const dbn_select *q, const dbn_query_opts *opts,
	dbn_rows **rows, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_insert_run(dbn_session *session, const dbn_insert *q, dbn_result *result, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_insert_query(dbn_session *session, const dbn_insert *q, dbn_rows **rows, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_update_run(dbn_session *session, const dbn_update *q, dbn_result *result, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_update_query(dbn_session *session, const dbn_update *q, dbn_rows **rows, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_delete_run(dbn_session *session, const dbn_delete *q, dbn_result *result, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_delete_query(dbn_session *session, const dbn_delete *q, dbn_rows **rows, dbn_error **err);

/** The text with its placeholders and the values for them, tied to the builder: for
 *  logs and dbn_explain().  Asked again after a change, it is made again.  Since: 0.1 */
DBN_API DBN_NODISCARD dbn_status
dbn_select_text(const dbn_select *q, dbn_text *sql, dbn_args *args, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_insert_text(const dbn_insert *q, dbn_text *sql, dbn_args *args, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_update_text(const dbn_update *q, dbn_text *sql, dbn_args *args, dbn_error **err);
DBN_API DBN_NODISCARD dbn_status
dbn_delete_text(const dbn_delete *q, dbn_text *sql, dbn_args *args, dbn_error **err);

DBN_END_DECLS

#ifdef __cplusplus
namespace dbn {
template <size_t N> struct name_pack {
	const char *v[N];
	operator dbn_names() const { return dbn_names{ v, N }; }
};
template <class... T> name_pack<sizeof...(T)> names(T... x) { return { { x... } }; }
template <size_t N> struct expr_pack {
	const dbn_expr *v[N];
	operator dbn_exprs() const { return dbn_exprs{ v, N }; }
};
template <class... T> expr_pack<sizeof...(T)> exprs(T... x) { return { { x... } }; }
inline dbn_exprs exprs() { return dbn_exprs{ nullptr, 0 }; }
} /* namespace dbn */
#define DBN_NAMES(...) (::dbn::names(__VA_ARGS__))
#define DBN_EXPRS(...) (::dbn::exprs(__VA_ARGS__))
#else
#define DBN_NAMES(...) ((dbn_names){ (const char *const[]){ __VA_ARGS__ }, \
	sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *) })
#define DBN__X(x) (x)
#define DBN__EXPRS0(...) ((dbn_exprs){ \
	(const dbn_expr *const[]){ DBN__EACH(DBN__X, __VA_ARGS__) }, DBN__N(__VA_ARGS__) })
#define DBN__EXPRS1(...) ((dbn_exprs){ NULL, 0 })
#define DBN_EXPRS(...) DBN__CAT(DBN__EXPRS, DBN__IF_EMPTY(__VA_ARGS__))(__VA_ARGS__)
#endif

#endif
