/* SPDX-License-Identifier: MIT */
/*
 * A policy file in libconfig syntax, read into immutable snapshots.  A snapshot
 * is one arena; sessions share it by counting.  load.c reads the file, scan.c
 * keeps out what libconfig would corrupt silently, people.c and rules.c read its
 * sections, lookup.c answers, plugin.c is the border.
 */
#ifndef DBN_RBAC_H
#define DBN_RBAC_H

#include <libconfig.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include <dbnexus/plugin/permission.h>

#define RBAC_MAX_BYTES ((size_t)256 << 20)
#define RBAC_DEPTH 64
#define RBAC_PROBLEMS 200       /* the rest is only counted */

/* ---- memory of one snapshot ---- */
struct rbac_block {
	struct rbac_block *next;
	size_t size;
};
struct rbac_arena {
	const dbn_host *host;
	struct rbac_block *blocks;
	char *next, *end;
	int failed;
};
void *rbac_take(struct rbac_arena *a, size_t count, size_t size); /* zeroed; NULL: failed is set */
dbn_text rbac_text(struct rbac_arena *a, const char *p, size_t n);
void rbac_arena_free(struct rbac_arena *a);

/* ---- a policy ---- */
struct rbac_attr {
	dbn_attribute_decl decl;
	unsigned line;
};
struct rbac_role {
	dbn_text name;
	const uint32_t *inherits;
	uint32_t ninherits;
	unsigned line;
};
struct rbac_user {
	dbn_text name;
	const uint32_t *roles;
	const dbn_attribute *attrs;
	uint32_t nroles, nattrs;
};
/* Names to lists of numbers: open hashing, names folded to lower case if fold. */
struct rbac_slot {
	dbn_text key;
	uint32_t *items;
	uint32_t count, cap;
};
struct rbac_index {
	struct rbac_slot *slots;
	uint32_t nslots, used, fold;
};
struct dbn_policy {
	struct rbac_arena arena;
	atomic_uint refs;
	uint64_t epoch;
	struct rbac_attr *attrs;
	struct rbac_role *roles;
	struct rbac_user *users;
	dbn_rule *rules;
	uint32_t nattrs, nroles, nusers, nrules;
	struct rbac_index attr_names, role_names, user_names, rule_ids;
	/* Rules by the last part of their name, "*" for patterns of all names. */
	struct rbac_index by_name;
};

/* ---- reading ---- */
struct rbac_problems {
	char *text;             /* lines, host memory */
	size_t len, cap;
	unsigned count;
	int failed;             /* out of memory */
};
struct rbac_reader {
	const dbn_host *host;
	const char *path, *shown;
	struct dbn_policy *p;
	struct rbac_problems problems;
};

struct rbac_file {
	int64_t mtime_ns;
	uint64_t size, ino, dev;
};
struct rbac {
	const dbn_host *host;
	const char *path;
	dbn_text where;
	pthread_mutex_t mutex;  /* over all below */
	struct dbn_policy *last;
	struct rbac_file last_file, seen_file;
	uint64_t epoch;
};

/* A problem in line (0: none). */
void rbac_problem(struct rbac_reader *r, unsigned line, const char *fmt, ...) DBN_PRINTF(3, 4);
dbn_status rbac_fail(const dbn_host *host, dbn_error **err, dbn_status status, const char *hint,
	const char *fmt, ...) DBN_PRINTF(5, 6);
dbn_status rbac_fail_nomem(const dbn_host *host, dbn_error **err);

/* Read the file into a new snapshot with one reference. */
dbn_status rbac_load(struct rbac *self, struct rbac_file *seen, struct dbn_policy **out,
	dbn_error **err);
bool rbac_stat(const char *path, struct rbac_file *out);
void rbac_policy_free(struct dbn_policy *p);

/* Text that libconfig would read as something else: problems with lines. */
void rbac_scan(struct rbac_reader *r, const char *text, size_t n);

void rbac_read_people(struct rbac_reader *r, const config_setting_t *root);
void rbac_read_rules(struct rbac_reader *r, const config_setting_t *root);

/* Members that the group may have; the others are problems. */
void rbac_known(struct rbac_reader *r, const config_setting_t *group, const char *what,
	const char *const *names, size_t n);
/* The nearest of names, or NULL. */
const char *rbac_nearest(const char *word, const char *const *names, size_t n);
/* A list of groups under name; NULL where there is none. */
const config_setting_t *rbac_list(struct rbac_reader *r, const config_setting_t *root,
	const char *name);
/* A text member; required: a problem where it is missing. */
dbn_text rbac_get_text(struct rbac_reader *r, const config_setting_t *g, const char *name,
	bool required);
bool rbac_get_bool(struct rbac_reader *r, const config_setting_t *g, const char *name, bool deflt);
/* An array or list of texts (or one text); *n of them in the arena. */
dbn_text *rbac_get_texts(struct rbac_reader *r, const config_setting_t *g, const char *name,
	uint32_t *n);

bool rbac_index_init(struct rbac_arena *a, struct rbac_index *x, size_t expected, bool fold);
bool rbac_index_add(struct rbac_arena *a, struct rbac_index *x, dbn_text key, uint32_t item);
const struct rbac_slot *rbac_index_get(const struct rbac_index *x, dbn_text key);

/* ---- the border ---- */
dbn_status rbac_attributes(struct dbn_policy *p, dbn_array *out, dbn_error **err);
dbn_status rbac_resolve(struct dbn_policy *p, const dbn_identity_in *who, const dbn_call *call,
	dbn_subject_out *out, dbn_error **err);
void rbac_release_subject(struct dbn_policy *p, dbn_subject_out *s);
dbn_status rbac_rules(struct dbn_policy *p, dbn_text view_key, const dbn_text *roles, size_t nroles,
	const dbn_resource *res, uint32_t actions,
	dbn_status (*each)(const dbn_rule *, void *user), void *user, dbn_error **err);
dbn_status rbac_list_all(struct dbn_policy *p, uint32_t what,
	dbn_status (*each)(const void *item, void *user), void *user, dbn_error **err);

static inline bool
rbac_eq(dbn_text a, dbn_text b)
{
	return a.len == b.len && (!a.len || !__builtin_memcmp(a.ptr, b.ptr, a.len));
}

#endif
