/* SPDX-License-Identifier: MIT */
/*
 * "dbn.sql/1": statements of plugins.  A handle is a session of the user
 * "plugin:<instance>" on one database, with connections of its own; both are
 * made at the first statement, because handles are opened while the stack is.
 *
 * A statement on a database needs its drivers and shard maps, and always the
 * permission, cache and audit plugins.  So a plugin that serves the database,
 * directly or by the databases its drivers and maps ask, may not open it: that
 * order has no circle, and no statement ever waits for itself.
 *
 * Locks: pool->sql_lock guards the list of handles; a handle's own lock is held
 * for a whole call.  Order: sql_lock, then that of a handle.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "plugin/host.h"
#include "session/session_impl.h"
#include "session/stack_impl.h"

struct dbn_sql {
	dbn_pool *pool;
	struct dbn_sql *next;
	char *user, *purpose;
	size_t owner, database;          /* indexes; NOWHERE: of no database */
	pthread_mutex_t lock;
	dbn_session *session;            /* NULL: not opened yet */
	dbn_connset **sets;              /* by node */
	bool closed;                     /* the pool goes */
};

#define NOWHERE SIZE_MAX

/* ---- who needs whom ---- */

static size_t
database_named(const dbn_pool *p, dbn_text name)
{
	for (size_t i = 0; i < p->conf->ndatabases; i++)
		if (dbn_text_eqz(name, p->conf->databases[i].name))
			return i;
	return NOWHERE;
}

/* Which database does "databases.main.driver" serve? */
static size_t
database_served(const dbn_pool *p, const char *instance)
{
	static const char head[] = "databases.";
	size_t skip = sizeof head - 1;

	if (strncmp(instance, head, skip) != 0)
		return NOWHERE;
	for (size_t i = 0; i < p->conf->ndatabases; i++) {
		const char *name = p->conf->databases[i].name;
		size_t n = strlen(name);

		if (strncmp(instance + skip, name, n) == 0 &&
			(instance[skip + n] == '.' || instance[skip + n] == '['))
			return i;
	}
	return NOWHERE;
}

/* Under sql_lock: do statements on database need that plugin of wanted?  Marks what is
 * needed until nothing new is found. */
static bool
needs_locked(const dbn_pool *p, size_t database, size_t wanted, bool *needed)
{
	bool more = true;

	memset(needed, 0, p->conf->ndatabases * sizeof *needed);
	needed[database] = true;
	while (more) {
		more = false;
		for (const struct dbn_sql *q = p->sql; q; q = q->next)
			if (q->owner != NOWHERE && needed[q->owner] && !needed[q->database])
				more = needed[q->database] = true;
	}
	return needed[wanted];
}

/* Under sql_lock. */
static dbn_status
check_circle_locked(const struct dbn_sql *q, const dbn_instance *i, dbn_error **err)
{
	const char *database = q->pool->conf->databases[q->database].name;
	bool *needed, circle;

	if (i->plugin->desc.kind != DBN_KIND_DRIVER && i->plugin->desc.kind != DBN_KIND_SHARD)
		return dbn_fail_where(err, DBN_E_CONFIG, i->where,
			"Only drivers and shard maps can ask, and only databases that they do not serve.",
			"\"%s\" cannot ask database \"%s\": every statement there needs the %s plugin "
			"first, and so would wait for itself", i->name, database,
			dbn_kind_name(i->plugin->desc.kind));
	if (q->owner == NOWHERE)
		return DBN_OK;
	needed = dbn_alloc_array(q->pool->conf->ndatabases, sizeof *needed);
	if (!needed)
		return dbn_fail_nomem(err);
	circle = needs_locked(q->pool, q->database, q->owner, needed);
	dbn_free(needed);
	if (!circle)
		return DBN_OK;
	return dbn_fail_where(err, DBN_E_CONFIG, i->where, "Let it ask a database that does not need it.",
		"\"%s\" cannot ask database \"%s\": statements there need \"%s\" itself, and so would "
		"wait for themselves", i->name, database, i->name);
}

/* ---- open and close ---- */

static void
handle_free(struct dbn_sql *q)
{
	if (!q)
		return;
	(void)pthread_mutex_destroy(&q->lock);
	dbn_free(q->user);
	dbn_free(q->purpose);
	dbn_free(q);
}

static struct dbn_sql *
handle_new(dbn_pool *p, const dbn_instance *i, dbn_text purpose)
{
	struct dbn_sql *q = dbn_zalloc(sizeof *q);
	pthread_mutexattr_t attr;
	dbn_str user;

	if (!q)
		return NULL;
	q->pool = p;
	q->owner = database_served(p, i->name);
	(void)pthread_mutexattr_init(&attr);
	(void)pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	(void)pthread_mutex_init(&q->lock, &attr);
	(void)pthread_mutexattr_destroy(&attr);
	dbn_str_init(&user, 0);
	dbn_str_addf(&user, "plugin:%s", i->name);
	q->user = user.status == DBN_OK ? dbn_strdup(dbn_str_z(&user)) : NULL;
	dbn_str_reset(&user);
	dbn_str_add(&user, purpose.ptr, purpose.len);
	q->purpose = user.status == DBN_OK ? dbn_strdup(dbn_str_z(&user)) : NULL;
	dbn_str_free(&user);
	if (q->user && q->purpose)
		return q;
	handle_free(q);
	return NULL;
}

static dbn_status
sql_open(const dbn_host *h, dbn_text database, dbn_text purpose, struct dbn_sql **out,
	dbn_error **err)
{
	const dbn_instance *i = dbn_host_instance(h);
	dbn_pool *p = dbn_registry_user(dbn_host_registry(h));
	struct dbn_sql *q;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	*out = NULL;
	q = handle_new(p, i, purpose);
	if (!q)
		return dbn_fail_nomem(err);
	q->database = database_named(p, database);
	if (q->database == NOWHERE) {
		rc = dbn_fail_where(err, DBN_E_CONFIG, i->where, NULL,
			"\"%s\" asks database \"%.*s\", which is not configured", i->name,
			DBN_TEXT_ARG(database));
		goto out;
	}
	(void)pthread_mutex_lock(&p->sql_lock);
	rc = check_circle_locked(q, i, err);
	if (rc == DBN_OK) {
		q->next = p->sql;
		p->sql = q;
		*out = q;
		q = NULL;
	}
	(void)pthread_mutex_unlock(&p->sql_lock);
out:
	handle_free(q);
	return rc;
}

/* Session and connections; under the handle's lock, or nobody else is there. */
static void
shut(struct dbn_sql *q)
{
	dbn_session_close(q->session);
	q->session = NULL;
	for (size_t n = 0; q->sets && n < q->pool->databases[q->database].nnodes; n++)
		dbn_connset_close(q->sets[n]);
	dbn_free(q->sets);
	q->sets = NULL;
}

static void
sql_close(struct dbn_sql *q)
{
	if (!q || dbn_pool_forked(q->pool))
		return;
	(void)pthread_mutex_lock(&q->pool->sql_lock);
	for (struct dbn_sql **pq = &q->pool->sql; *pq; pq = &(*pq)->next)
		if (*pq == q) {
			*pq = q->next;
			break;
		}
	(void)pthread_mutex_unlock(&q->pool->sql_lock);
	shut(q);
	handle_free(q);
}

void
dbn_pool__sql_close(dbn_pool *p)
{
	/* plugins are quiet: no session and no keeper is left, but one that breaks the
	 * rules and has a thread of its own may be in a call: it is waited for */
	(void)pthread_mutex_lock(&p->sql_lock);
	for (struct dbn_sql *q = p->sql; q; q = q->next) {
		(void)pthread_mutex_lock(&q->lock);
		shut(q);
		q->closed = true;
		(void)pthread_mutex_unlock(&q->lock);
	}
	(void)pthread_mutex_unlock(&p->sql_lock);
}

void
dbn_pool__sql_fini(dbn_pool *p)
{
	while (p->sql) { /* forgotten by its plugin */
		struct dbn_sql *q = p->sql;

		p->sql = q->next;
		handle_free(q);
	}
	(void)pthread_mutex_destroy(&p->sql_lock);
}

/* ---- calls ---- */

static bool
stack_is_open(dbn_pool *p)
{
	bool open;

	(void)pthread_mutex_lock(&p->keeper_lock);
	open = p->ready;
	(void)pthread_mutex_unlock(&p->keeper_lock);
	return open;
}

static dbn_status
make_session(struct dbn_sql *q, dbn_error **err)
{
	dbn_identity who = DBN_INIT(dbn_identity, .user = q->user, .client_name = q->purpose);
	dbn_database *db;

	if (!stack_is_open(q->pool))
		return dbn_fail(err, DBN_E_BUSY, "the stack is not open yet: no plugin can run statements");
	db = &q->pool->databases[q->database];
	if (!q->sets)
		q->sets = dbn_alloc_array(db->nnodes, sizeof *q->sets);
	if (!q->sets)
		return dbn_fail_nomem(err);
	return dbn_session__open(q->pool, &who, db, q->sets, &q->session, err);
}

/* Every call: the lock, the session, the time there is. */
static dbn_status
enter(struct dbn_sql *q, const dbn_call *call, uint64_t *timeout_ns, dbn_error **err)
{
	uint64_t now;
	dbn_status rc = DBN_OK;

	DBN_ERR_CLEAR(err);
	*timeout_ns = 0;
	if (dbn_pool_forked(q->pool))
		return dbn_fail(err, DBN_E_FORKED, "the process has forked since the pool was opened");
	if (pthread_mutex_lock(&q->lock) == EDEADLK)
		return dbn_fail(err, DBN_E_BUSY, "a row of the same handle is being looked at");
	if (q->closed)
		rc = dbn_fail(err, DBN_E_INVALID, "the pool is closed");
	else if (!q->session)
		rc = make_session(q, err);
	if (rc == DBN_OK && call && call->deadline_ns) {
		now = dbn_now_ns();
		if (now >= call->deadline_ns)
			rc = dbn_fail(err, DBN_E_TIMEOUT, "the deadline has passed");
		else
			*timeout_ns = call->deadline_ns - now;
	}
	if (rc != DBN_OK)
		(void)pthread_mutex_unlock(&q->lock);
	return rc;
}

static dbn_status
sql_exec(struct dbn_sql *q, dbn_text text, const dbn_value *v, size_t nv, const dbn_call *call,
	uint64_t *affected, dbn_error **err)
{
	dbn_query_opts o = dbn_query_opts_init();
	dbn_result result = { .struct_size = sizeof result };
	dbn_status rc = enter(q, call, &o.timeout_ns, err);

	if (rc != DBN_OK)
		return rc;
	rc = dbn_exec_with(q->session, text, dbn_args_of(v, nv), &o, &result, err);
	(void)pthread_mutex_unlock(&q->lock);
	if (rc == DBN_OK && affected)
		*affected = result.affected;
	return rc;
}

static dbn_status
sql_query(struct dbn_sql *q, dbn_text text, const dbn_value *v, size_t nv, const dbn_call *call,
	dbn_status (*row)(const dbn_value *cells, size_t n, void *user), void *user, dbn_error **err)
{
	dbn_query_opts o = dbn_query_opts_init();
	dbn_rows *rows = NULL;
	dbn_status rc = enter(q, call, &o.timeout_ns, err);

	if (rc != DBN_OK)
		return rc;
	rc = dbn_query_with(q->session, text, dbn_args_of(v, nv), &o, &rows, err);
	while (rc == DBN_OK && (rc = dbn_rows_next(rows, err)) == DBN_OK) {
		rc = row(dbn_rows_cells(rows), dbn_rows_columns(rows), user);
		if (rc < 0)
			rc = dbn_fail(err, rc, "the plugin has ended its query");
		else if (rc != DBN_OK && rc != DBN_DONE)
			rc = dbn_fail(err, DBN_E_PLUGIN, "plugin misbehaves: row() returned %d", (int)rc);
	}
	dbn_rows_close(rows);
	(void)pthread_mutex_unlock(&q->lock);
	return rc == DBN_DONE ? DBN_OK : rc;
}

static dbn_status
sql_transact(struct dbn_sql *q, uint32_t how, const dbn_call *call, dbn_error **err)
{
	dbn_txn_opts o = dbn_txn_opts_init();
	dbn_status rc = enter(q, call, &o.timeout_ns, err);

	if (rc != DBN_OK)
		return rc;
	switch (how) {
	case DBN_SQL_BEGIN:
		rc = dbn_begin(q->session, &o, err);
		break;
	case DBN_SQL_COMMIT:
		rc = dbn_commit(q->session, err);
		break;
	case DBN_SQL_ROLLBACK:
		rc = dbn_rollback(q->session, err);
		break;
	default:
		rc = dbn_fail(err, DBN_E_INVALID, "there is no such step of a transaction: %u",
			(unsigned)how);
	}
	(void)pthread_mutex_unlock(&q->lock);
	return rc;
}

const dbn_sql_service dbn_pool__sql_service = {
	sizeof dbn_pool__sql_service, 0, sql_open, sql_exec, sql_query, sql_transact, sql_close,
};
