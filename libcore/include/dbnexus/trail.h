/* SPDX-License-Identifier: MIT */
/*
 * Audit trails read back: proof and display, beside a living writer or without
 * one.  A chain proves edits, insertions, reordering and gaps; that records were
 * cut off at the end is only proven against a head that was kept elsewhere.
 */
#ifndef DBN_TRAIL_H
#define DBN_TRAIL_H

#include <dbnexus/config.h>
#include <dbnexus/error.h>

DBN_BEGIN_DECLS

typedef uint32_t dbn_trail_damage;
enum {
	DBN_TRAIL_SOUND = 0,
	DBN_TRAIL_EDITED = 1,    /* its bytes are not those that were hashed */
	DBN_TRAIL_REORDERED = 2, /* it stands at another place, or twice */
	DBN_TRAIL_MISSING = 3,   /* records before it are gone */
	DBN_TRAIL_TORN = 4,      /* the last line is not whole: a crash in mid-append */
	DBN_TRAIL_CUT = 5,       /* it ends before the head that was kept elsewhere */
	DBN_TRAIL_REPLACED = 6   /* another record with the number of the kept head */
};

/** Flags of dbn_trail_opts. */
enum {
	DBN_TRAIL_PRUNED = 1u << 0 /* it may begin later than record 1: old files were removed */
};

typedef struct dbn_trail_opts {
	uint32_t struct_size, flags;
	const char *sink;        /* borrowed: name of the sink; NULL: the first */
	uint64_t head_seq;       /* a head kept elsewhere; 0: none */
	const char *head_hash;   /* borrowed: 64 hexadecimal digits */
} dbn_trail_opts;
static inline dbn_trail_opts
dbn_trail_opts_init(void)
{
	dbn_trail_opts o = { (uint32_t)sizeof(dbn_trail_opts), 0, NULL, 0, NULL };
	return o;
}

typedef struct dbn_trail_report {
	uint32_t struct_size;
	dbn_trail_damage damage; /* of the first bad record */
	uint64_t records;        /* read in all */
	uint64_t first_seq;
	uint64_t last_seq;       /* of the sound part, with last_hash: the head */
	uint64_t lost;           /* events that the trail itself says were lost */
	uint64_t bad_seq;        /* number of the bad record as it should be */
	uint64_t bad_line;       /* 1..: counted over all lines read */
	char last_hash[72];      /* 64 hexadecimal digits */
	char what[256];          /* one sentence about the damage; "" when sound */
} dbn_trail_report;

/**
 * Read a whole trail and judge it.  Nothing is written or repaired.
 * @param config  borrowed: its audit sinks; from dbn_config_open_url() with an
 *                audit file: that file
 * @param opts    borrowed; NULL: none
 * @param report  struct_size set by the caller; filled also for DBN_E_INTEGRITY
 * Threads: any, one at a time per config.  Blocks: while it is read.
 * Returns: DBN_OK: sound; DBN_E_INTEGRITY; DBN_E_CONFIG; DBN_E_PLUGIN;
 * DBN_E_UNSUPPORTED (the sink does not read back); DBN_E_IO; DBN_E_NOMEM.
 * Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_trail_verify(const dbn_config *config, const dbn_trail_opts *opts, dbn_trail_report *report,
	dbn_error **err);

/**
 * Visit the lines of a trail as they stand, oldest first; they are not judged.
 * @param each  line: one record, canonical JSON, borrowed; torn: its end is
 *              missing.  A status other than DBN_OK ends it and is returned.
 * Returns: as dbn_trail_verify().  Calls back: each.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_trail_read(const dbn_config *config, const dbn_trail_opts *opts,
	dbn_status (*each)(dbn_text line, bool torn, void *user), void *user, dbn_error **err);

/** A member of a record's line as text: a string without its quotes and escapes,
 *  anything else as it stands; false: it is not there.  Written to buf, cut to
 *  size with a NUL.  Threads: any.  Since: 0.1 */
DBN_API bool
dbn_trail_member(dbn_text line, const char *member, char *buf, size_t size);

/** The word for a damage: "edited".  Static.  Since: 0.1 */
DBN_API const char *dbn_trail_damage_name(dbn_trail_damage damage);

DBN_END_DECLS
#endif
