/* SPDX-License-Identifier: MIT */
/*
 * One trail in files: PATH, the one being written, and PATH.<20 digits> for
 * each rotated one, named after the number of its first record.  PATH.lock is
 * locked by the writer, PATH.torn keeps what a crash left half written.
 */
#ifndef AUDIT_FILE_FILE_H
#define AUDIT_FILE_FILE_H

#include <sys/types.h>
#include <dbnexus/plugin/audit.h>

#define FILE_DIGITS   20
#define FILE_LINE_MAX ((size_t)16 << 20)

typedef struct settings {
	const char *path;
	uint64_t rotate_size;    /* 0: never */
	int64_t keep;            /* rotated files; 0: all */
} settings;

typedef struct trail {
	const dbn_host *host;
	const settings *set;     /* tied to the instance */
	int fd, lock_fd;         /* -1: not opened */
	uint64_t size;           /* of the file being written */
	uint64_t first_seq;      /* of its first record; 0: it is empty */
	uint64_t last_seq, durable_seq;
	bool broken;             /* what is on the disk is not known any more */
	char *line;              /* the last one, for open_stream() */
	char *buf;               /* what append() writes */
	size_t buf_cap;
} trail;

/* The rotated files in order; made and released by the reader. */
typedef struct rotated {
	char **paths;
	uint64_t *first;
	size_t count, cap;
} rotated;

dbn_status trail_fail(const dbn_host *host, dbn_error **err, dbn_status status, const char *hint,
	const char *fmt, ...) DBN_PRINTF(5, 6);
/* The same with errno's words behind the message. */
dbn_status trail_fail_errno(const dbn_host *host, dbn_error **err, int error, const char *hint,
	const char *fmt, ...) DBN_PRINTF(5, 6);
/* Make the buffer at least that large; false: no memory. */
bool trail_grow(const dbn_host *host, char **buf, size_t *cap, size_t need);
/* PATH and a suffix; released through the host; NULL: no memory. */
char *trail_path(const dbn_host *host, const char *path, const char *suffix);
/* The number in a line ("seq":12); 0: there is none. */
uint64_t trail_line_seq(const char *line, size_t len);

/* open.c */
dbn_status trail_open(trail *t, dbn_audit_head *out, dbn_error **err);
/* Open PATH for appending, below the conditions of open_stream(). */
dbn_status trail_open_file(trail *t, dbn_error **err);
dbn_status trail_sync_dir(const trail *t, dbn_error **err);

/* write.c */
dbn_status trail_append(trail *t, const dbn_array *records, bool durable, dbn_error **err);
dbn_status trail_sync(trail *t, uint64_t *durable_seq, dbn_error **err);
dbn_status trail_rotate(trail *t, dbn_error **err);

/* read.c */
dbn_status trail_list(const trail *t, rotated *out, dbn_error **err);
void trail_list_free(const trail *t, rotated *list);
dbn_status trail_read(trail *t, uint64_t from_seq, const dbn_call *call,
	dbn_status (*each)(const dbn_audit_record *, void *user), void *user, dbn_error **err);

#endif
