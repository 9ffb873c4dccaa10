/* SPDX-License-Identifier: MIT */
/*
 * The entry of the SQLite driver: its settings, its dialect, its operations.
 * An instance is settings only; everything that changes hangs on connections.
 */
#include "driver.h"

#define AT(member) (uint32_t)offsetof(sq_settings, member)

static const dbn_conf_item items[] = {
	{ "journal", "wal", "how changes are kept until they are in the file; wal lets readers "
		"and a writer work at the same time", "wal|delete|truncate", DBN_CONF_ENUM, 0, 0, 0,
		AT(journal), 0, DBN_CONF_NONE },
	{ "synchronous", "full", "full: what was committed survives a power cut; normal: it "
		"survives a crash of the process only, and is faster", "full|normal|extra",
		DBN_CONF_ENUM, 0, 0, 0, AT(synchronous), 0, DBN_CONF_NONE },
	{ "lock_wait", "60 s", "how long a statement without a deadline waits for another process",
		NULL, DBN_CONF_DURATION, 0, 0, 0, AT(lock_wait_ns), 0, DBN_CONF_NONE },
	{ "cache_size", "16 MiB", "page cache of one connection", NULL, DBN_CONF_SIZE, 0, 65536,
		INT64_C(1) << 40, AT(cache_size), 0, DBN_CONF_NONE },
	{ "mmap_size", "0 B", "how much of the file is read through memory; 0: none", NULL,
		DBN_CONF_SIZE, 0, 0, INT64_C(1) << 40, AT(mmap_size), 0, DBN_CONF_NONE },
	{ "checkpoint_pages", "1000", "pages in the write-ahead log before it is copied back; "
		"0: never by itself", NULL, DBN_CONF_INT, 0, 0, 1000000, AT(checkpoint_pages), 0,
		DBN_CONF_NONE },
	{ "max_value", "16 MiB", "longest text, blob or row; bounds what one function call can "
		"cost", NULL, DBN_CONF_SIZE, 0, 1024, 1000000000, AT(max_value_bytes), 0,
		DBN_CONF_NONE },
	{ "max_statement", "1 MiB", "longest statement", NULL, DBN_CONF_SIZE, 0, 1024, 1000000000,
		AT(max_sql_bytes), 0, DBN_CONF_NONE },
	{ "max_params", "32766", "most parameters of one statement", NULL, DBN_CONF_INT, 0, 1,
		32766, AT(max_params), 0, DBN_CONF_NONE },
};

static dbn_status
sq_create(const dbn_create_info *info, void **self, dbn_error **err)
{
	const dbn_host *h = info->host;
	sq_driver *d = (sq_driver *)plug_zalloc(h, 1, sizeof *d);

	if (!d)
		return plug_nomem(h, err);
	d->host = h;
	memcpy(&d->set, info->settings, sizeof d->set);
	if (!sqlite3_threadsafe()) {
		h->release(h, d);
		return plug_fail_hint(h, err, DBN_E_PLUGIN, "Install a libsqlite3 built with "
			"SQLITE_THREADSAFE=1 or 2.", "this libsqlite3 was built without threads");
	}
	*self = d;
	return DBN_OK;
}

static void
sq_destroy(void *self)
{
	sq_driver *d = (sq_driver *)self;

	d->host->release(d->host, d);
}

static dbn_status
sq_describe(void *self, dbn_dialect *out, dbn_error **err)
{
	const sq_driver *d = (const sq_driver *)self;

	(void)err;
	out->id = DBN_DIALECT_SQLITE;
	out->capabilities = DBN_CAP_RETURNING | DBN_CAP_MULTI_ROW | DBN_CAP_SAVEPOINT |
		DBN_CAP_ONE_WRITER | DBN_CAP_REQUIRE_FN | DBN_CAP_ACCESS_CHECK | DBN_CAP_CANCEL;
	out->default_schema = PLUG_TEXT("main");
	out->max_params = (uint32_t)d->set.max_params;
	out->max_statement_bytes = (uint32_t)d->set.max_sql_bytes;
	out->isolation_levels = 1u << DBN_ISOLATION_SERIALIZABLE;
	out->default_isolation = DBN_ISOLATION_SERIALIZABLE;
	out->version = plug_text(sqlite3_libversion());
	return DBN_OK;
}

static const dbn_driver_ops ops = {
	.struct_size = (uint32_t)sizeof ops,
	.describe = sq_describe,
	.connect = sq_connect,
	.disconnect = sq_disconnect,
	.ping = sq_ping,
	.reset = sq_reset,
	.state = sq_state,
	.cancel = sq_cancel,
	.prepare = sq_prepare,
	.close_stmt = sq_close_stmt,
	.execute = sq_execute,
	.execute_many = sq_execute_many,
	.fetch = sq_fetch,
	.buffer = sq_buffer,
	.close_cursor = sq_close_cursor,
	.begin = sq_begin,
	.end = sq_end,
	.savepoint = sq_savepoint,
	.relation = sq_relation,
	.relations = sq_relations,
	.schema_epoch = sq_schema_epoch,
};

DBN_PLUGIN(DBN_KIND_DRIVER, DBN_THREADS_PER_HANDLE, DBN_PLUGIN_MAY_BLOCK, "sqlite", "0.1",
	DBN_CONF_ITEMS(items), sizeof(sq_settings), sq_create, NULL, NULL, NULL, sq_destroy, NULL,
	&ops);
