/* SPDX-License-Identifier: MIT */
/*
 * The entry of the PostgreSQL driver: its settings, its dialect, its operations.
 * An instance is settings and what epoch.c remembers; the rest hangs on connections.
 */
#include "driver.h"

#define AT(member) (uint32_t)offsetof(pg_settings, member)

static const dbn_conf_item items[] = {
	{ "sslmode", "auto", "what a url without sslmode gets. auto: verify-full, which checks the "
		"server's certificate and name, unless every host is a Unix socket or the loopback; "
		"prefer and require check no certificate and stop no impostor",
		"auto|disable|prefer|require|verify-ca|verify-full", DBN_CONF_ENUM, 0, 0, 0,
		AT(sslmode), 0, DBN_CONF_NONE },
	{ "ca", NULL, "certificates that may have signed the server's; default: sslrootcert of the "
		"url, else ~/.postgresql/root.crt", NULL, DBN_CONF_PATH, 0, 0, 0, AT(ca), 0,
		DBN_CONF_NONE },
	{ "password", NULL, "of the url's user, else libpq's own password file; given as secrets = { "
		"password = ...; }", NULL, DBN_CONF_STRING, DBN_CONF_SECRET, 0, 0, AT(password), 0,
		DBN_CONF_NONE },
	{ "sslpassword", NULL, "of the client's key; given as a secret too", NULL, DBN_CONF_STRING,
		DBN_CONF_SECRET, 0, 0, AT(sslpassword), 0, DBN_CONF_NONE },
	{ "application_name", "dbnexus", "what pg_stat_activity shows, unless the url says it", NULL,
		DBN_CONF_STRING, 0, 0, 0, AT(application_name), 0, DBN_CONF_NONE },
	{ "statement_timeout", "never", "a coarse limit that the server itself keeps on every "
		"statement, in case the client cannot stop it any more", NULL, DBN_CONF_DURATION, 0, 0,
		0, AT(statement_timeout_ns), 0, DBN_CONF_NONE },
	{ "cancel_wait", "1 s", "how long past its deadline a statement that was told to stop may take "
		"to answer; then the connection is given up", NULL, DBN_CONF_DURATION, 0, 0, 0,
		AT(cancel_wait_ns), 0, DBN_CONF_NONE },
	{ "buffer", "64 MiB", "how much of open rows is kept in memory when something else is done with "
		"their connection", NULL, DBN_CONF_SIZE, 0, 65536, INT64_C(1) << 40, AT(buffer_bytes), 0,
		DBN_CONF_NONE },
	{ "search_path", "pg_catalog, pg_temp", "where unqualified names are looked up; statements of "
		"DBNexus qualify every name, so there is nothing to be gained by a longer one", NULL,
		DBN_CONF_STRING, 0, 0, 0, AT(search_path), 0, DBN_CONF_NONE },
	{ "admin_search_path", "public", "the same for administrative statements, which run as they are "
		"written", NULL, DBN_CONF_STRING, 0, 0, 0, AT(admin_search_path), 0, DBN_CONF_NONE },
	{ "row_security", "true", "false: a query that the server's own row security would filter fails "
		"instead", NULL, DBN_CONF_BOOL, 0, 0, 0, AT(row_security), 0, DBN_CONF_NONE },
};

static dbn_status
pg_create(const dbn_create_info *info, void **self, dbn_error **err)
{
	const dbn_host *h = info->host;
	pg_driver *d = (pg_driver *)plug_zalloc(h, 1, sizeof *d);

	if (!d)
		return plug_nomem(h, err);
	d->host = h;
	memcpy(&d->set, info->settings, sizeof d->set);
	if (d->set.cancel_wait_ns > UINT64_C(3600000000000))
		d->set.cancel_wait_ns = UINT64_C(3600000000000);
	if (!PQisthreadsafe()) {
		h->release(h, d);
		return plug_fail_hint(h, err, DBN_E_PLUGIN, "Install a libpq built with threads.",
			"libpq was built without thread safety");
	}
	(void)pthread_mutex_init(&d->mutex, NULL);
	*self = d;
	return DBN_OK;
}

static void
pg_destroy(void *self)
{
	pg_driver *d = (pg_driver *)self;

	pg_watch_free(d);
	(void)pthread_mutex_destroy(&d->mutex);
	d->host->release(d->host, d);
}

static dbn_status
pg_describe(void *self, dbn_dialect *out, dbn_error **err)
{
	(void)self;
	(void)err;
	out->id = DBN_DIALECT_POSTGRES;
	out->capabilities = DBN_CAP_RETURNING | DBN_CAP_MULTI_ROW | DBN_CAP_SAVEPOINT |
		DBN_CAP_TWO_PHASE | DBN_CAP_SERVER_ROLES | DBN_CAP_CANCEL | DBN_CAP_ROW_CELLS_STABLE;
	out->default_schema = PLUG_TEXT("public");
	out->max_params = 65535;
	out->max_statement_bytes = 0;
	out->isolation_levels = 1u << DBN_ISOLATION_READ_COMMITTED |
		1u << DBN_ISOLATION_REPEATABLE_READ | 1u << DBN_ISOLATION_SNAPSHOT |
		1u << DBN_ISOLATION_SERIALIZABLE;
	out->default_isolation = DBN_ISOLATION_READ_COMMITTED;
	out->version = PLUG_TEXT("12");
	return DBN_OK;
}

static const dbn_driver_async_1 async = {
	.struct_size = (uint32_t)sizeof async,
	.connect_start = pg_connect_start,
	.prepare_start = pg_prepare_start,
	.submit = pg_submit,
	.sync = pg_sync,
	.advance = pg_advance,
	.take = pg_take,
	.stmt_info = pg_stmt_info,
};

static const dbn_driver_bulk_1 bulk = {
	.struct_size = (uint32_t)sizeof bulk,
	.open = pg_bulk_open,
	.write = pg_bulk_write,
	.close = pg_bulk_close,
};

static const dbn_driver_position_1 position = {
	.struct_size = (uint32_t)sizeof position,
	.now = pg_position_now,
	.wait = pg_position_wait,
};

static const dbn_driver_notify_1 notify = {
	.struct_size = (uint32_t)sizeof notify,
	.send = pg_notify_send,
	.listen = pg_notify_listen,
	.take = pg_notify_take,
};

static const void *
pg_extension(void *self, const char *id)
{
	const struct { const char *id; const void *table; } all[] = {
		{ DBN_DRIVER_ASYNC_1, &async }, { DBN_DRIVER_BULK_1, &bulk },
		{ DBN_DRIVER_POSITION_1, &position }, { DBN_DRIVER_NOTIFY_1, &notify },
	};

	(void)self;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(id, all[i].id) == 0)
			return all[i].table;
	return NULL;
}

static const dbn_driver_ops ops = {
	.struct_size = (uint32_t)sizeof ops,
	.describe = pg_describe,
	.connect = pg_connect,
	.disconnect = pg_disconnect,
	.ping = pg_ping,
	.reset = pg_reset,
	.state = pg_state,
	.cancel = pg_cancel,
	.assume = pg_assume,
	.prepare = pg_prepare,
	.close_stmt = pg_close_stmt,
	.execute = pg_execute,
	.execute_many = pg_execute_many,
	.fetch = pg_fetch,
	.buffer = pg_buffer,
	.close_cursor = pg_close_cursor,
	.begin = pg_begin,
	.end = pg_end,
	.savepoint = pg_savepoint,
	.list_prepared = pg_list_prepared,
	.relation = pg_relation,
	.relations = pg_relations,
	.schema_epoch = pg_schema_epoch,
};

DBN_PLUGIN(DBN_KIND_DRIVER, DBN_THREADS_PER_HANDLE, DBN_PLUGIN_MAY_BLOCK, "postgres", "0.1",
	DBN_CONF_ITEMS(items), sizeof(pg_settings), pg_create, NULL, NULL, NULL, pg_destroy,
	pg_extension, &ops);
