/* SPDX-License-Identifier: MIT */
/*
 * The types that applications and plugins share: status codes, borrowed text
 * and bytes, and the 24-byte value.  Everything here is plain data, frozen for
 * ever, and may be used from any thread.
 */
#ifndef DBN_TYPES_H
#define DBN_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define DBN_BEGIN_DECLS extern "C" {
#define DBN_END_DECLS   }
#else
#define DBN_BEGIN_DECLS
#define DBN_END_DECLS
#endif

#if defined(__GNUC__)
#define DBN_API            __attribute__((visibility("default")))
#define DBN_NODISCARD      __attribute__((warn_unused_result))
#define DBN_PRINTF(f, a)   __attribute__((format(printf, f, a)))
#else
#define DBN_API
#define DBN_NODISCARD
#define DBN_PRINTF(f, a)
#endif

DBN_BEGIN_DECLS

/** 0 is success, negative values are failures, positive values are news. */
typedef int32_t dbn_status;
enum {
	DBN_OK = 0,
	DBN_DONE = 1, /* no more rows */

	DBN_E_NOMEM = -1,           /* out of memory */
	DBN_E_INVALID = -2,         /* a wrong argument, or a call out of order */
	DBN_E_CONFIG = -3,          /* the configuration or the policy is wrong */
	DBN_E_PLUGIN = -4,          /* a plugin cannot be loaded, or misbehaves */
	DBN_E_UNSUPPORTED = -5,     /* not something this plugin or dialect can do */
	DBN_E_SYNTAX = -6,          /* the statement cannot be read or resolved */
	DBN_E_DENIED = -7,          /* the policy says no */
	DBN_E_IDENTITY = -8,        /* no such user, or the identity is not valid */
	DBN_E_NOT_FOUND = -9,       /* no row has that key */
	DBN_E_DUPLICATE = -10,      /* a row with that key is there already */
	DBN_E_CONSTRAINT = -11,     /* another constraint of the database */
	DBN_E_VALUE = -12,          /* a value does not fit its column or type */
	DBN_E_CONN = -13,           /* no connection, or it was lost */
	DBN_E_TIMEOUT = -14,        /* the deadline has passed */
	DBN_E_CANCELLED = -15,      /* cancelled from elsewhere */
	DBN_E_BUSY = -16,           /* in use: a lock, a session, open rows */
	DBN_E_CONFLICT = -17,       /* serialisation failure or deadlock: run the transaction again */
	DBN_E_TXN_ACTIVE = -18,     /* a transaction is active already */
	DBN_E_TXN_NONE = -19,       /* no transaction is active */
	DBN_E_TXN_FAILED = -20,     /* the transaction can only be rolled back */
	DBN_E_UNKNOWN_OUTCOME = -21, /* it may or may not have happened */
	DBN_E_LIMIT = -22,          /* a configured limit */
	DBN_E_ACCESS = -23,         /* the driver's own check disagrees with ours */
	DBN_E_SCHEMA = -24,         /* the schema has changed since it was read */
	DBN_E_NO_SHARD = -25,       /* no shard, or more than one, for this key */
	DBN_E_AUDIT = -26,          /* the audit trail cannot take the record */
	DBN_E_INTEGRITY = -27,      /* a chain, a hash or a signature does not fit */
	DBN_E_IO = -28,             /* a file or a disk: full, read-only, broken */
	DBN_E_FORKED = -29,         /* the process has forked since the pool was opened */
	DBN_E_INTERNAL = -30        /* a fault of the library: please report it */
};

/** Borrowed text: UTF-8, not necessarily ended by NUL. */
typedef struct dbn_text {
	const char *ptr;
	size_t len;
} dbn_text;

/** Borrowed bytes. */
typedef struct dbn_bytes {
	const void *ptr;
	size_t len;
} dbn_bytes;

/** An array of structs that may grow: step by stride, never by sizeof. */
typedef struct dbn_array {
	const void *items;
	uint32_t count, stride;
} dbn_array;

/** What a value is.  Numbers never change; new types are added at the end. */
typedef uint32_t dbn_type;
enum {
	DBN_NULL = 0,
	DBN_BOOL = 1,         /* u.i64: 0 or 1 */
	DBN_INT64 = 2,        /* u.i64 */
	DBN_UINT64 = 3,       /* u.u64 */
	DBN_FLOAT = 4,        /* u.f64, exactly a float */
	DBN_DOUBLE = 5,       /* u.f64 */
	DBN_DECIMAL = 6,      /* u.ptr, len: digits as text, "-12.50" */
	DBN_TEXT = 7,         /* u.ptr, len: UTF-8 */
	DBN_BYTES = 8,        /* u.ptr, len */
	DBN_DATE = 9,         /* u.i64: days since 1970-01-01 */
	DBN_TIME = 10,        /* u.i64: microseconds since midnight */
	DBN_TIMETZ = 11,      /* as DBN_TIME, aux: minutes east of UTC, as int16_t */
	DBN_TIMESTAMP = 12,   /* u.i64: microseconds since 1970-01-01, no zone */
	DBN_TIMESTAMPTZ = 13, /* u.i64: microseconds since 1970-01-01 UTC */
	DBN_INTERVAL = 14,    /* u.ptr: dbn_interval */
	DBN_UUID = 15,        /* u.ptr: 16 bytes, len 16 */
	DBN_JSON = 16,        /* u.ptr, len: text */
	DBN_ENUM = 17,        /* u.ptr, len: the label */
	DBN_ARRAY = 18,       /* u.ptr: dbn_value, len: how many, aux: element type */
	DBN_LIST = 19,        /* parameters only: expands to ?, ?, ?; as DBN_ARRAY */
	DBN_EXTENSION = 20    /* u.ptr, len: bytes of a driver's type, aux: its id */
};

/** Flags of a value. */
enum {
	DBN_VALUE_CSTR = 1,   /* text ends in NUL and len is not set: the core measures */
	DBN_VALUE_MASKED = 2  /* a cell that the policy replaced */
};

/** Frozen for ever: 24 bytes, no struct_size.  Text and bytes are borrowed. */
typedef struct dbn_value {
	dbn_type type;
	uint16_t flags, aux;
	union {
		int64_t i64;
		uint64_t u64;
		double f64;
		const void *ptr;
	} u;
	uint64_t len;
} dbn_value;

/** What a DBN_INTERVAL points to. */
typedef struct dbn_interval {
	int64_t microseconds;
	int32_t days, months;
} dbn_interval;

/** Does the struct behind p, as its maker compiled it, have this member? */
#define DBN_HAS(type, p, member) \
	((p)->struct_size >= offsetof(type, member) + sizeof(((type *)0)->member))

/** A type's name as messages print it: "int64", "text".  Never NULL. */
DBN_API const char *dbn_type_name(dbn_type type);

DBN_END_DECLS
#endif
