/* SPDX-License-Identifier: MIT */
/*
 * Values on their way into a statement and out of a row.  Plain functions and
 * macros over dbn_value; nothing here allocates or keeps anything.
 *
 *   DBN_ARGS(25, "bob", 3.5, true, NULL)     arguments, typed by what they are
 *   DBN_ARGS()                               none
 *   DBN_OUT(&id, &name)                      where to put the cells of a row
 *
 * In C, true and comparisons have type int: they bind as integers, which a
 * boolean column takes where they are 0 or 1.  In C++ write nullptr, not NULL.
 */
#ifndef DBN_VALUE_H
#define DBN_VALUE_H

#include <dbnexus/types.h>

DBN_BEGIN_DECLS

/** Arguments of one statement: borrowed for the call. */
typedef struct dbn_args {
	const dbn_value *v;
	size_t n;
} dbn_args;

/** Where one cell goes. */
typedef struct dbn_out {
	uint32_t kind, reserved0; /* DBN_OUT_.. */
	void *ptr;
} dbn_out;
typedef struct dbn_outs {
	const dbn_out *o;
	size_t n;
} dbn_outs;
enum {
	DBN_OUT_BOOL = 1, DBN_OUT_INT32, DBN_OUT_INT64, DBN_OUT_UINT32, DBN_OUT_UINT64,
	DBN_OUT_DOUBLE, DBN_OUT_CSTR, DBN_OUT_TEXT, DBN_OUT_BYTES, DBN_OUT_VALUE,
	DBN_OUT_OPT_BOOL, DBN_OUT_OPT_INT32, DBN_OUT_OPT_INT64, DBN_OUT_OPT_DOUBLE
};

/** Nullable scalars: all zero means NULL. */
typedef struct dbn_opt_bool { bool set; bool value; } dbn_opt_bool;
typedef struct dbn_opt_int32 { bool set; int32_t value; } dbn_opt_int32;
typedef struct dbn_opt_int64 { bool set; int64_t value; } dbn_opt_int64;
typedef struct dbn_opt_double { bool set; double value; } dbn_opt_double;

static inline dbn_value
dbn__v(dbn_type type, uint16_t flags, uint16_t aux)
{
	dbn_value v;

	v.type = type;
	v.flags = flags;
	v.aux = aux;
	v.u.i64 = 0;
	v.len = 0;
	return v;
}
static inline dbn_value dbn_v_null(const void *x) { (void)x; return dbn__v(DBN_NULL, 0, 0); }
static inline dbn_value dbn_v_bool(bool x) { dbn_value v = dbn__v(DBN_BOOL, 0, 0); v.u.i64 = x; return v; }
static inline dbn_value dbn_v_i64(int64_t x) { dbn_value v = dbn__v(DBN_INT64, 0, 0); v.u.i64 = x; return v; }
static inline dbn_value dbn_v_u64(uint64_t x) { dbn_value v = dbn__v(DBN_UINT64, 0, 0); v.u.u64 = x; return v; }
static inline dbn_value dbn_v_f64(double x) { dbn_value v = dbn__v(DBN_DOUBLE, 0, 0); v.u.f64 = x; return v; }
static inline dbn_value dbn_v_f32(float x) { dbn_value v = dbn__v(DBN_FLOAT, 0, 0); v.u.f64 = (double)x; return v; }
/** NUL-ended text; NULL is NULL. */
static inline dbn_value
dbn_v_text(const char *x)
{
	dbn_value v = dbn__v(x ? (dbn_type)DBN_TEXT : (dbn_type)DBN_NULL, x ? DBN_VALUE_CSTR : 0, 0);

	v.u.ptr = x;
	return v;
}
static inline dbn_value
dbn__v_ptr(dbn_type type, const void *p, size_t n)
{
	dbn_value v = dbn__v(type, 0, 0);

	v.u.ptr = p;
	v.len = n;
	return v;
}
static inline dbn_value dbn_v_textn(dbn_text x) { return dbn__v_ptr(DBN_TEXT, x.ptr, x.len); }
static inline dbn_value dbn_v_bytes(dbn_bytes x) { return dbn__v_ptr(DBN_BYTES, x.ptr, x.len); }
static inline dbn_value dbn_v_value(dbn_value x) { return x; }
static inline dbn_value dbn_bytes_of(const void *p, size_t n) { return dbn__v_ptr(DBN_BYTES, p, n); }
/** Digits as text, NUL-ended: "-12.50". */
static inline dbn_value
dbn_decimal_of(const char *digits)
{
	dbn_value v = dbn_v_text(digits);

	if (digits)
		v.type = DBN_DECIMAL;
	return v;
}
static inline dbn_value dbn_json_of(dbn_text x) { return dbn__v_ptr(DBN_JSON, x.ptr, x.len); }
static inline dbn_value dbn_uuid_of(const uint8_t *sixteen) { return dbn__v_ptr(DBN_UUID, sixteen, 16); }
static inline dbn_value dbn__v_int(dbn_type t, int64_t x) { dbn_value v = dbn__v(t, 0, 0); v.u.i64 = x; return v; }
/** Days since 1970-01-01. */
static inline dbn_value dbn_date_of(int64_t days) { return dbn__v_int(DBN_DATE, days); }
/** Microseconds since midnight. */
static inline dbn_value dbn_time_of(int64_t us) { return dbn__v_int(DBN_TIME, us); }
/** Microseconds since 1970-01-01, without a zone. */
static inline dbn_value dbn_timestamp_of(int64_t us) { return dbn__v_int(DBN_TIMESTAMP, us); }
/** Microseconds since 1970-01-01 UTC. */
static inline dbn_value dbn_timestamptz_of(int64_t us) { return dbn__v_int(DBN_TIMESTAMPTZ, us); }
/** A list for IN (?): expands to as many parameters as it has values; not empty. */
static inline dbn_value dbn_list_of(const dbn_value *values, size_t n) { return dbn__v_ptr(DBN_LIST, values, n); }
static inline dbn_value dbn_v_opt_bool(dbn_opt_bool x) { return x.set ? dbn_v_bool(x.value) : dbn_v_null(NULL); }
static inline dbn_value dbn_v_opt_int32(dbn_opt_int32 x) { return x.set ? dbn_v_i64(x.value) : dbn_v_null(NULL); }
static inline dbn_value dbn_v_opt_int64(dbn_opt_int64 x) { return x.set ? dbn_v_i64(x.value) : dbn_v_null(NULL); }
static inline dbn_value dbn_v_opt_double(dbn_opt_double x) { return x.set ? dbn_v_f64(x.value) : dbn_v_null(NULL); }

static inline dbn_opt_bool dbn_some_bool(bool v) { dbn_opt_bool o; o.set = true; o.value = v; return o; }
static inline dbn_opt_int32 dbn_some_int32(int32_t v) { dbn_opt_int32 o; o.set = true; o.value = v; return o; }
static inline dbn_opt_int64 dbn_some_int64(int64_t v) { dbn_opt_int64 o; o.set = true; o.value = v; return o; }
static inline dbn_opt_double dbn_some_double(double v) { dbn_opt_double o; o.set = true; o.value = v; return o; }

static inline bool dbn_is_null(const dbn_value *v) { return v->type == DBN_NULL; }
/** Text, JSON, enum, decimal or bytes of a cell, borrowed; {NULL, 0} otherwise. */
static inline dbn_text
dbn_text_of(const dbn_value *v)
{
	dbn_text t = { NULL, 0 };

	if (v->type == DBN_TEXT || v->type == DBN_JSON || v->type == DBN_ENUM ||
		v->type == DBN_DECIMAL || v->type == DBN_BYTES) {
		t.ptr = (const char *)v->u.ptr;
		t.len = (size_t)v->len;
	}
	return t;
}

/**
 * A value as people read it: numbers without a locale, bytes as hex, times as
 * ISO 8601, NULL as "", arrays as {1,NULL,"x y"}.  Writes at most size bytes with a NUL.
 * Returns: bytes the whole text has.  Threads: any.  Since: 0.1
 */
DBN_API size_t dbn_value_print(const dbn_value *v, char *buf, size_t size);

static inline dbn_out
dbn__out(uint32_t kind, void *p)
{
	dbn_out o;

	o.kind = kind;
	o.reserved0 = 0;
	o.ptr = p;
	return o;
}
static inline dbn_out dbn_out_bool(bool *p) { return dbn__out(DBN_OUT_BOOL, p); }
static inline dbn_out dbn_out_int32(int32_t *p) { return dbn__out(DBN_OUT_INT32, p); }
static inline dbn_out dbn_out_uint32(uint32_t *p) { return dbn__out(DBN_OUT_UINT32, p); }
static inline dbn_out dbn_out_int64(int64_t *p) { return dbn__out(DBN_OUT_INT64, p); }
static inline dbn_out dbn_out_uint64(uint64_t *p) { return dbn__out(DBN_OUT_UINT64, p); }
static inline dbn_out dbn_out_llong(long long *p) { return dbn__out(DBN_OUT_INT64, p); }
static inline dbn_out dbn_out_ullong(unsigned long long *p) { return dbn__out(DBN_OUT_UINT64, p); }
static inline dbn_out dbn_out_double(double *p) { return dbn__out(DBN_OUT_DOUBLE, p); }
/** NUL-ended, tied to the row; NULL for NULL. */
static inline dbn_out dbn_out_cstr(const char **p) { return dbn__out(DBN_OUT_CSTR, (void *)p); }
static inline dbn_out dbn_out_text(dbn_text *p) { return dbn__out(DBN_OUT_TEXT, p); }
static inline dbn_out dbn_out_bytes(dbn_bytes *p) { return dbn__out(DBN_OUT_BYTES, p); }
static inline dbn_out dbn_out_value(dbn_value *p) { return dbn__out(DBN_OUT_VALUE, p); }
static inline dbn_out dbn_out_opt_bool(dbn_opt_bool *p) { return dbn__out(DBN_OUT_OPT_BOOL, p); }
static inline dbn_out dbn_out_opt_int32(dbn_opt_int32 *p) { return dbn__out(DBN_OUT_OPT_INT32, p); }
static inline dbn_out dbn_out_opt_int64(dbn_opt_int64 *p) { return dbn__out(DBN_OUT_OPT_INT64, p); }
static inline dbn_out dbn_out_opt_double(dbn_opt_double *p) { return dbn__out(DBN_OUT_OPT_DOUBLE, p); }

DBN_END_DECLS

#ifdef __cplusplus
namespace dbn {
inline dbn_value val(bool x) { return dbn_v_bool(x); }
template <class T> dbn_value val(T *) = delete; /* any other pointer would become bool */
template <class T> dbn_value val(const T *) = delete;
inline dbn_value val(char *x) { return dbn_v_text(x); }
inline dbn_value val(const char *x) { return dbn_v_text(x); }
inline dbn_value val(signed char x) { return dbn_v_i64(x); }
inline dbn_value val(unsigned char x) { return dbn_v_i64(x); }
inline dbn_value val(short x) { return dbn_v_i64(x); }
inline dbn_value val(unsigned short x) { return dbn_v_i64(x); }
inline dbn_value val(int x) { return dbn_v_i64(x); }
inline dbn_value val(unsigned x) { return dbn_v_i64(x); }
inline dbn_value val(long x) { return dbn_v_i64(x); }
inline dbn_value val(long long x) { return dbn_v_i64(x); }
inline dbn_value val(unsigned long x) { return dbn_v_u64(x); }
inline dbn_value val(unsigned long long x) { return dbn_v_u64(x); }
inline dbn_value val(float x) { return dbn_v_f32(x); }
inline dbn_value val(double x) { return dbn_v_f64(x); }
dbn_value val(long double) = delete;
dbn_value val(char) = delete; /* a letter or a number? cast it */
inline dbn_value val(dbn_text x) { return dbn_v_textn(x); }
inline dbn_value val(dbn_bytes x) { return dbn_v_bytes(x); }
inline dbn_value val(dbn_value x) { return x; }
inline dbn_value val(dbn_opt_bool x) { return dbn_v_opt_bool(x); }
inline dbn_value val(dbn_opt_int32 x) { return dbn_v_opt_int32(x); }
inline dbn_value val(dbn_opt_int64 x) { return dbn_v_opt_int64(x); }
inline dbn_value val(dbn_opt_double x) { return dbn_v_opt_double(x); }
inline dbn_value val(decltype(nullptr)) { return dbn_v_null(nullptr); }
template <size_t N> struct pack {
	dbn_value v[N];
	operator dbn_args() const { return dbn_args{ v, N }; }
};
template <class... T> pack<sizeof...(T)> args(T... x) { return { { val(x)... } }; }
inline dbn_args args() { return dbn_args{ nullptr, 0 }; }

inline dbn_out out(bool *p) { return dbn_out_bool(p); }
inline dbn_out out(int32_t *p) { return dbn_out_int32(p); }
inline dbn_out out(uint32_t *p) { return dbn_out_uint32(p); }
inline dbn_out out(long *p) { return dbn__out(sizeof(long) == 8 ? DBN_OUT_INT64 : DBN_OUT_INT32, p); }
inline dbn_out out(unsigned long *p) { return dbn__out(sizeof(long) == 8 ? DBN_OUT_UINT64 : DBN_OUT_UINT32, p); }
inline dbn_out out(long long *p) { return dbn_out_llong(p); }
inline dbn_out out(unsigned long long *p) { return dbn_out_ullong(p); }
inline dbn_out out(double *p) { return dbn_out_double(p); }
inline dbn_out out(const char **p) { return dbn_out_cstr(p); }
inline dbn_out out(dbn_text *p) { return dbn_out_text(p); }
inline dbn_out out(dbn_bytes *p) { return dbn_out_bytes(p); }
inline dbn_out out(dbn_value *p) { return dbn_out_value(p); }
inline dbn_out out(dbn_opt_bool *p) { return dbn_out_opt_bool(p); }
inline dbn_out out(dbn_opt_int32 *p) { return dbn_out_opt_int32(p); }
inline dbn_out out(dbn_opt_int64 *p) { return dbn_out_opt_int64(p); }
inline dbn_out out(dbn_opt_double *p) { return dbn_out_opt_double(p); }
template <size_t N> struct out_pack {
	dbn_out o[N];
	operator dbn_outs() const { return dbn_outs{ o, N }; }
};
template <class... T> out_pack<sizeof...(T)> outs(T... p) { return { { out(p)... } }; }
} /* namespace dbn */
#define DBN_V(x)      (::dbn::val(x))
#define DBN_ARGS(...) (::dbn::args(__VA_ARGS__))
#define DBN_OUT(...)  (::dbn::outs(__VA_ARGS__))
#define DBN_NO_ARGS   (::dbn::args())
#else
/** One value, typed by what it is; a pointer to anything else does not compile. */
#define DBN_V(x) _Generic((x), \
	_Bool: dbn_v_bool, char: dbn_v_i64, signed char: dbn_v_i64, short: dbn_v_i64, \
	int: dbn_v_i64, long: dbn_v_i64, long long: dbn_v_i64, unsigned char: dbn_v_i64, \
	unsigned short: dbn_v_i64, unsigned: dbn_v_i64, unsigned long: dbn_v_u64, \
	unsigned long long: dbn_v_u64, float: dbn_v_f32, double: dbn_v_f64, \
	char *: dbn_v_text, const char *: dbn_v_text, void *: dbn_v_null, \
	const void *: dbn_v_null, dbn_text: dbn_v_textn, dbn_bytes: dbn_v_bytes, \
	dbn_value: dbn_v_value, dbn_opt_bool: dbn_v_opt_bool, dbn_opt_int32: dbn_v_opt_int32, \
	dbn_opt_int64: dbn_v_opt_int64, dbn_opt_double: dbn_v_opt_double)(x)

#define DBN__O(x) _Generic((x), \
	_Bool *: dbn_out_bool, int *: dbn_out_int32, unsigned *: dbn_out_uint32, \
	long *: dbn__out_long, unsigned long *: dbn__out_ulong, long long *: dbn_out_llong, \
	unsigned long long *: dbn_out_ullong, double *: dbn_out_double, \
	const char **: dbn_out_cstr, dbn_text *: dbn_out_text, dbn_bytes *: dbn_out_bytes, \
	dbn_value *: dbn_out_value, dbn_opt_bool *: dbn_out_opt_bool, \
	dbn_opt_int32 *: dbn_out_opt_int32, dbn_opt_int64 *: dbn_out_opt_int64, \
	dbn_opt_double *: dbn_out_opt_double)(x)
static inline dbn_out dbn__out_long(long *p) { return dbn__out(sizeof(long) == 8 ? DBN_OUT_INT64 : DBN_OUT_INT32, p); }
static inline dbn_out dbn__out_ulong(unsigned long *p) { return dbn__out(sizeof(long) == 8 ? DBN_OUT_UINT64 : DBN_OUT_UINT32, p); }

#define DBN__CAT(a, b)  DBN__CAT2(a, b)
#define DBN__CAT2(a, b) a##b
#define DBN__40(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, \
	a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, \
	a37, a38, a39, n, ...) n
/* How many, 1 to 32; past that a name that says what is wrong. */
#define DBN__N(...) DBN__40(__VA_ARGS__, _TOO_MANY, _TOO_MANY, _TOO_MANY, _TOO_MANY, _TOO_MANY, \
	_TOO_MANY, _TOO_MANY, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, \
	15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define DBN__COMMA(...) DBN__40(__VA_ARGS__, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, \
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0)
/* Is the list empty?  After Jens Gustedt, "Detect empty macro arguments". */
#define DBN__PAREN(...) ,
#define DBN__EMPTY(...) DBN__EMPTY1(DBN__COMMA(__VA_ARGS__), DBN__COMMA(DBN__PAREN __VA_ARGS__), \
	DBN__COMMA(__VA_ARGS__()), DBN__COMMA(DBN__PAREN __VA_ARGS__()))
#define DBN__EMPTY1(a, b, c, d) DBN__CAT5(DBN__EMPTY_, a, b, c, d)
#define DBN__CAT5(a, b, c, d, e) a##b##c##d##e
#define DBN__EMPTY_0001 ,
#define DBN__IF_EMPTY(...) DBN__COMMA(DBN__EMPTY(__VA_ARGS__))

#define DBN__M1(f, a) f(a)
#define DBN__M2(f, a, ...) f(a), DBN__M1(f, __VA_ARGS__)
#define DBN__M3(f, a, ...) f(a), DBN__M2(f, __VA_ARGS__)
#define DBN__M4(f, a, ...) f(a), DBN__M3(f, __VA_ARGS__)
#define DBN__M5(f, a, ...) f(a), DBN__M4(f, __VA_ARGS__)
#define DBN__M6(f, a, ...) f(a), DBN__M5(f, __VA_ARGS__)
#define DBN__M7(f, a, ...) f(a), DBN__M6(f, __VA_ARGS__)
#define DBN__M8(f, a, ...) f(a), DBN__M7(f, __VA_ARGS__)
#define DBN__M9(f, a, ...) f(a), DBN__M8(f, __VA_ARGS__)
#define DBN__M10(f, a, ...) f(a), DBN__M9(f, __VA_ARGS__)
#define DBN__M11(f, a, ...) f(a), DBN__M10(f, __VA_ARGS__)
#define DBN__M12(f, a, ...) f(a), DBN__M11(f, __VA_ARGS__)
#define DBN__M13(f, a, ...) f(a), DBN__M12(f, __VA_ARGS__)
#define DBN__M14(f, a, ...) f(a), DBN__M13(f, __VA_ARGS__)
#define DBN__M15(f, a, ...) f(a), DBN__M14(f, __VA_ARGS__)
#define DBN__M16(f, a, ...) f(a), DBN__M15(f, __VA_ARGS__)
#define DBN__M17(f, a, ...) f(a), DBN__M16(f, __VA_ARGS__)
#define DBN__M18(f, a, ...) f(a), DBN__M17(f, __VA_ARGS__)
#define DBN__M19(f, a, ...) f(a), DBN__M18(f, __VA_ARGS__)
#define DBN__M20(f, a, ...) f(a), DBN__M19(f, __VA_ARGS__)
#define DBN__M21(f, a, ...) f(a), DBN__M20(f, __VA_ARGS__)
#define DBN__M22(f, a, ...) f(a), DBN__M21(f, __VA_ARGS__)
#define DBN__M23(f, a, ...) f(a), DBN__M22(f, __VA_ARGS__)
#define DBN__M24(f, a, ...) f(a), DBN__M23(f, __VA_ARGS__)
#define DBN__M25(f, a, ...) f(a), DBN__M24(f, __VA_ARGS__)
#define DBN__M26(f, a, ...) f(a), DBN__M25(f, __VA_ARGS__)
#define DBN__M27(f, a, ...) f(a), DBN__M26(f, __VA_ARGS__)
#define DBN__M28(f, a, ...) f(a), DBN__M27(f, __VA_ARGS__)
#define DBN__M29(f, a, ...) f(a), DBN__M28(f, __VA_ARGS__)
#define DBN__M30(f, a, ...) f(a), DBN__M29(f, __VA_ARGS__)
#define DBN__M31(f, a, ...) f(a), DBN__M30(f, __VA_ARGS__)
#define DBN__M32(f, a, ...) f(a), DBN__M31(f, __VA_ARGS__)
/* Each of the list through f. */
#define DBN__EACH(f, ...) DBN__CAT(DBN__M, DBN__N(__VA_ARGS__))(f, __VA_ARGS__)

#define DBN__ARGS0(...) ((dbn_args){ \
	(const dbn_value[]){ DBN__EACH(DBN_V, __VA_ARGS__) }, DBN__N(__VA_ARGS__) })
#define DBN__ARGS1(...) ((dbn_args){ NULL, 0 })
#define DBN_ARGS(...) DBN__CAT(DBN__ARGS, DBN__IF_EMPTY(__VA_ARGS__))(__VA_ARGS__)
#define DBN_NO_ARGS   ((dbn_args){ NULL, 0 })
#define DBN_OUT(...)  ((dbn_outs){ \
	(const dbn_out[]){ DBN__EACH(DBN__O, __VA_ARGS__) }, DBN__N(__VA_ARGS__) })
#endif

/** Arguments that are in an array already, however many. */
static inline dbn_args
dbn_args_of(const dbn_value *values, size_t n)
{
	dbn_args a;

	a.v = values;
	a.n = n;
	return a;
}

/** A sized options struct, zero otherwise: DBN_INIT(dbn_call_opts, .deadline_ns = x).
 *  C++: use the type's own init function, for example dbn_call_opts_init(). */
#ifndef __cplusplus
#define DBN_INIT(type, ...) ((type){ .struct_size = (uint32_t)sizeof(type), __VA_ARGS__ })
#endif

#endif
