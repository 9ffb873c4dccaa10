/* SPDX-License-Identifier: MIT */
/*
 * The border of permission-rbac.  An instance keeps the newest snapshot and what
 * its file looked like; the mutex is over those, never over reading a snapshot.
 * apply() is left out: a policy file is edited, not written by a program.
 */
#include <string.h>

#include "rbac.h"

struct settings {
	const char *file;
};

static const dbn_conf_item items[] = {
	{ "file", NULL, "policy file, in libconfig syntax", NULL, DBN_CONF_PATH, DBN_CONF_REQUIRED,
		0, 0, offsetof(struct settings, file), 0, DBN_CONF_NONE }
};

#define LOOK_AGAIN_NS ((uint64_t)1000000000)

static bool
same_file(const struct rbac_file *a, const struct rbac_file *b)
{
	return a->mtime_ns == b->mtime_ns && a->size == b->size && a->ino == b->ino && a->dev == b->dev;
}

static dbn_status
create(const dbn_create_info *info, void **self, dbn_error **err)
{
	const struct settings *s = (const struct settings *)info->settings;
	struct rbac *r = (struct rbac *)info->host->alloc(info->host, sizeof(*r));

	if (!r)
		return rbac_fail_nomem(info->host, err);
	memset(r, 0, sizeof(*r));
	r->host = info->host;
	r->path = s->file;
	r->where = info->where;
	if (pthread_mutex_init(&r->mutex, NULL) != 0) {
		info->host->release(info->host, r);
		return rbac_fail_nomem(info->host, err);
	}
	*self = r;
	return DBN_OK;
}

static void
destroy(void *self)
{
	struct rbac *r = (struct rbac *)self;

	if (!r)
		return;
	rbac_policy_free(r->last);
	(void)pthread_mutex_destroy(&r->mutex);
	r->host->release(r->host, r);
}

static dbn_status
health(void *self, const dbn_call *call, dbn_error **err)
{
	struct rbac *r = (struct rbac *)self;
	struct rbac_file now;

	(void)call;
	if (!rbac_stat(r->path, &now))
		return rbac_fail(r->host, err, DBN_E_IO, NULL, "policy \"%s\" is gone", r->path);
	return DBN_OK;
}

/* A file that changed is told once; whether it can be read is asked by the core. */
static dbn_status
maintain(void *self, uint64_t now_ns, uint64_t *next_ns, dbn_error **err)
{
	struct rbac *r = (struct rbac *)self;
	struct rbac_file now;
	bool moved;

	(void)err;
	*next_ns = now_ns + LOOK_AGAIN_NS;
	if (!rbac_stat(r->path, &now))
		return DBN_OK; /* being replaced: look again */
	(void)pthread_mutex_lock(&r->mutex);
	moved = !same_file(&now, &r->seen_file);
	r->seen_file = now;
	(void)pthread_mutex_unlock(&r->mutex);
	if (moved)
		r->host->changed(r->host, DBN_CHANGED_POLICY);
	return DBN_OK;
}

static dbn_status
open_snapshot(void *self, const dbn_call *call, struct dbn_policy **out, uint64_t *epoch,
	dbn_error **err)
{
	struct rbac *r = (struct rbac *)self;
	struct rbac_file now, read_file;
	struct dbn_policy *p = NULL;
	dbn_status rc = DBN_OK;

	(void)call;
	(void)pthread_mutex_lock(&r->mutex);
	if (!r->last || !rbac_stat(r->path, &now) || !same_file(&now, &r->last_file)) {
		memset(&read_file, 0, sizeof(read_file));
		rc = rbac_load(r, &read_file, &p, err);
		if (read_file.ino)
			r->seen_file = read_file; /* also a wrong one is told of once */
		if (rc == DBN_OK) {
			p->epoch = ++r->epoch;
			rbac_policy_free(r->last);
			r->last = p;
			r->last_file = read_file;
		}
	}
	if (rc == DBN_OK) {
		(void)atomic_fetch_add(&r->last->refs, 1);
		*out = r->last;
		*epoch = r->last->epoch;
	}
	(void)pthread_mutex_unlock(&r->mutex);
	return rc;
}

static dbn_status
apply(void *self, const dbn_policy_change *changes, size_t n, const dbn_apply_opts *opts,
	uint64_t *epoch, dbn_error **err)
{
	struct rbac *r = (struct rbac *)self;

	(void)changes;
	(void)n;
	(void)opts;
	(void)epoch;
	return rbac_fail(r->host, err, DBN_E_UNSUPPORTED, "Edit the file: it is read again by itself.",
		"a policy file is not changed by statements");
}

static const dbn_permission_ops ops = { (uint32_t)sizeof(dbn_permission_ops), 0, open_snapshot,
	rbac_policy_free, rbac_attributes, rbac_resolve, rbac_release_subject, rbac_rules,
	rbac_list_all, apply };

DBN_PLUGIN(DBN_KIND_PERMISSION, DBN_THREADS_PARALLEL, DBN_PLUGIN_MAY_BLOCK, "rbac", "0.1",
	DBN_CONF_ITEMS(items), sizeof(struct settings), create, NULL, health, maintain, destroy, NULL,
	&ops);
