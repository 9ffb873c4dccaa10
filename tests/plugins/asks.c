/* SPDX-License-Identifier: MIT */
/*
 * shard-asks, permission-asks: plugins that run statements by "dbn.sql/1".  The
 * shard map sends every key to the first shard; from its housekeeping it counts
 * what it can see of the table "seen" of another database, and writes what it
 * found, or why it found nothing, into "visits" there.
 */
#include <string.h>

#include <dbnexus/plugin/permission.h>
#include <dbnexus/plugin/shard.h>

struct settings {
	const char *database;
};
static const dbn_conf_item items[] = {
	{ "database", "main", "to ask", NULL, DBN_CONF_STRING, 0, 0, 0,
		offsetof(struct settings, database), 0, { NULL, 0, 0 } },
};

struct asks {
	const dbn_host *host;
	const dbn_sql_service *service;
	struct dbn_sql *sql;
};

static dbn_status
create(const dbn_create_info *info, void **self, dbn_error **err)
{
	const struct settings *s = info->settings;
	struct asks *a = info->host->alloc(info->host, sizeof *a);
	dbn_text database = { s->database, strlen(s->database) };
	dbn_text purpose = { "counting", 8 };
	dbn_status rc;

	if (!a)
		return DBN_E_NOMEM;
	a->host = info->host;
	a->service = info->host->get_service(info->host, "dbn.sql/1");
	rc = a->service ? a->service->open(a->host, database, purpose, &a->sql, err)
		: DBN_E_UNSUPPORTED;
	if (rc != DBN_OK) {
		info->host->release(info->host, a);
		return rc;
	}
	*self = a;
	return DBN_OK;
}

static void
destroy(void *self)
{
	struct asks *a = self;

	a->service->close(a->sql);
	a->host->release(a->host, a);
}

/* A row of the same handle cannot run another statement. */
struct count {
	struct asks *a;
	int64_t n, busy;
};

static dbn_status
take(const dbn_value *cells, size_t n, void *user)
{
	static const char text[] = "DELETE FROM seen";
	struct count *c = user;

	c->n = n == 1 && cells[0].type == DBN_INT64 ? cells[0].u.i64 : -1;
	c->busy = c->a->service->exec(c->a->sql, (dbn_text){ text, sizeof text - 1 }, NULL, 0, NULL,
		NULL, NULL) == DBN_E_BUSY;
	return DBN_DONE;
}

#define SQL(text) ((dbn_text){ text, sizeof text - 1 })

static dbn_status
maintain(void *self, uint64_t now, uint64_t *next, dbn_error **err)
{
	struct asks *a = self;
	struct count c = { a, -1, 0 };
	dbn_call call = DBN_CALL_INIT;
	dbn_error *why = NULL;
	dbn_value v[3];
	dbn_status rc, secret;

	(void)err;
	*next = now + 10000000;
	call.deadline_ns = a->host->now_ns(a->host) + 20000000000u;
	rc = a->service->query(a->sql, SQL("SELECT count(*) FROM seen"), NULL, 0, &call, take, &c, &why);
	a->host->error_free(why);
	why = NULL;
	secret = a->service->query(a->sql, SQL("SELECT count(*) FROM secret"), NULL, 0, &call, take, &c,
		&why);
	a->host->error_free(why);
	why = NULL;
	if (rc != DBN_OK)
		return DBN_OK; /* the stack is not open yet */
	memset(v, 0, sizeof v);
	v[0].type = v[1].type = v[2].type = DBN_INT64;
	v[0].u.i64 = c.n;
	v[1].u.i64 = secret;
	v[2].u.i64 = c.busy;
	rc = a->service->transact(a->sql, DBN_SQL_BEGIN, &call, &why);
	if (rc == DBN_OK)
		rc = a->service->exec(a->sql,
			SQL("INSERT INTO visits (n, secret, busy) VALUES (?, ?, ?)"), v, 3, &call,
			NULL, &why);
	if (rc == DBN_OK)
		rc = a->service->transact(a->sql, DBN_SQL_COMMIT, &call, &why);
	a->host->error_free(why);
	return DBN_OK;
}

#ifndef T_PERMISSION
static dbn_status
bind(void *self, const dbn_array *shards, const dbn_type *key_types, size_t nkey, dbn_error **err)
{
	(void)self, (void)shards, (void)key_types, (void)nkey, (void)err;
	return DBN_OK;
}

static dbn_status
route(void *self, const dbn_value *keys, size_t nkey, size_t n, uint32_t *shards, dbn_error **err)
{
	(void)self, (void)keys, (void)nkey, (void)err;
	memset(shards, 0, n * sizeof *shards);
	return DBN_OK;
}

static dbn_status
slices(void *self, dbn_status (*each)(const dbn_slice *, void *user), void *user, dbn_error **err)
{
	dbn_slice slice;

	(void)self, (void)err;
	memset(&slice, 0, sizeof slice);
	slice.struct_size = (uint32_t)sizeof slice;
	return each(&slice, user);
}

static const dbn_shard_ops ops = { (uint32_t)sizeof(dbn_shard_ops), 0, bind, route, NULL, NULL,
	slices };
DBN_PLUGIN(DBN_KIND_SHARD, DBN_THREADS_PARALLEL, 0, "asks", "1.0", DBN_CONF_ITEMS(items),
	sizeof(struct settings), create, NULL, NULL, maintain, destroy, NULL, &ops);
#else
/* Never called: create() is refused. */
static dbn_status
open_snapshot(void *self, const dbn_call *call, struct dbn_policy **out, uint64_t *epoch,
	dbn_error **err)
{
	(void)self, (void)call, (void)out, (void)epoch, (void)err;
	return DBN_E_INTERNAL;
}

static void
close_snapshot(struct dbn_policy *p)
{
	(void)p;
}

static dbn_status
attributes(struct dbn_policy *p, dbn_array *out, dbn_error **err)
{
	(void)p, (void)out, (void)err;
	return DBN_E_INTERNAL;
}

static dbn_status
resolve(struct dbn_policy *p, const dbn_identity_in *who, const dbn_call *call,
	dbn_subject_out *out, dbn_error **err)
{
	(void)p, (void)who, (void)call, (void)out, (void)err;
	return DBN_E_INTERNAL;
}

static void
release_subject(struct dbn_policy *p, dbn_subject_out *s)
{
	(void)p, (void)s;
}

static dbn_status
rules(struct dbn_policy *p, dbn_text view_key, const dbn_text *roles, size_t nroles,
	const dbn_resource *r, uint32_t actions, dbn_status (*each)(const dbn_rule *, void *user),
	void *user, dbn_error **err)
{
	(void)p, (void)view_key, (void)roles, (void)nroles, (void)r, (void)actions, (void)each;
	(void)user, (void)err;
	return DBN_E_INTERNAL;
}

static dbn_status
list(struct dbn_policy *p, uint32_t what, dbn_status (*each)(const void *item, void *user),
	void *user, dbn_error **err)
{
	(void)p, (void)what, (void)each, (void)user, (void)err;
	return DBN_E_INTERNAL;
}

static const dbn_permission_ops ops = { (uint32_t)sizeof(dbn_permission_ops), 0, open_snapshot,
	close_snapshot, attributes, resolve, release_subject, rules, list, NULL };
DBN_PLUGIN(DBN_KIND_PERMISSION, DBN_THREADS_PARALLEL, 0, "asks", "1.0", DBN_CONF_ITEMS(items),
	sizeof(struct settings), create, NULL, NULL, maintain, destroy, NULL, &ops);
#endif
