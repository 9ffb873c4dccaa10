/* SPDX-License-Identifier: MIT */
/*
 * The entry of the MySQL driver: its settings, its dialect, its operations.  An
 * instance is settings only; everything that changes hangs on connections.
 */
#include "driver.h"

#define AT(member) (uint32_t)offsetof(my_settings, member)

static const dbn_conf_item items[] = {
	{ "password", NULL, "of the url's user; given as secrets = { password = ...; }", NULL,
		DBN_CONF_STRING, DBN_CONF_SECRET, 0, 0, AT(password), 0, DBN_CONF_NONE },
	{ "server", "mariadb", "what the server is: statements are compiled for what it can, before "
		"there is a connection", "mariadb|mysql", DBN_CONF_ENUM, 0, 0, 0, AT(server), 0,
		DBN_CONF_NONE },
	{ "tls", "auto", "encryption, and what of the server's certificate is checked; auto: "
		"verify-full, but off on a socket and on loopback",
		"auto|off|require|verify-ca|verify-full", DBN_CONF_ENUM, 0, 0, 0, AT(tls), 0,
		DBN_CONF_NONE },
	{ "ca", NULL, "file with the certificates that a server's must come from; none: the "
		"system's", NULL, DBN_CONF_PATH, 0, 0, 0, AT(ca), 0, DBN_CONF_NONE },
	{ "capath", NULL, "directory of such files, named by hash", NULL, DBN_CONF_PATH, 0, 0, 0,
		AT(capath), 0, DBN_CONF_NONE },
	{ "cert", NULL, "file with the certificate of this client", NULL, DBN_CONF_PATH, 0, 0, 0,
		AT(cert), 0, DBN_CONF_NONE },
	{ "key", NULL, "file with the key of this client", NULL, DBN_CONF_PATH, 0, 0, 0, AT(key), 0,
		DBN_CONF_NONE },
	{ "isolation", "repeatable-read", "of a transaction that asks for none",
		"repeatable-read|read-committed|serializable", DBN_CONF_ENUM, 0, 0, 0, AT(isolation), 0,
		DBN_CONF_NONE },
	{ "tinyint1", "bool", "what TINYINT(1) is: bool, as MySQL's BOOLEAN is made of it, or int",
		"bool|int", DBN_CONF_ENUM, 0, 0, 0, AT(tinyint1), 0, DBN_CONF_NONE },
	{ "connect_timeout", "10 s", "how long connecting may take, also where nobody waits less",
		NULL, DBN_CONF_DURATION, 0, 0, 0, AT(connect_timeout_ns), 0, DBN_CONF_NONE },
	{ "lock_wait", "50 s", "how long the server lets a statement wait for a row or a table",
		NULL, DBN_CONF_DURATION, 0, 0, 0, AT(lock_wait_ns), 0, DBN_CONF_NONE },
	{ "stop_wait", "500 ms", "past its deadline, how long a statement that was told to stop may "
		"take to do so before its connection is given up", NULL, DBN_CONF_DURATION, 0, 0, 0,
		AT(stop_wait_ns), 0, DBN_CONF_NONE },
	{ "max_statement_time", "never", "the server's own limit for a statement (MariaDB)", NULL,
		DBN_CONF_DURATION, 0, 0, 0, AT(max_statement_ns), 0, DBN_CONF_NONE },
	{ "max_statement", "1 MiB", "longest statement", NULL, DBN_CONF_SIZE, 0, 1024, 1000000000,
		AT(max_statement), 0, DBN_CONF_NONE },
	{ "max_packet", "64 MiB", "largest packet and value; the server has a limit of its own, "
		"max_allowed_packet", NULL, DBN_CONF_SIZE, 0, 16384, 1073741824, AT(max_packet), 0,
		DBN_CONF_NONE },
	{ "max_params", "65535", "most parameters of one statement", NULL, DBN_CONF_INT, 0, 1, 65535,
		AT(max_params), 0, DBN_CONF_NONE },
};

static dbn_status
my_create(const dbn_create_info *info, void **self, dbn_error **err)
{
	const dbn_host *h = info->host;
	my_driver *d = (my_driver *)plug_zalloc(h, 1, sizeof *d);

	if (!d)
		return plug_nomem(h, err);
	d->host = h;
	memcpy(&d->set, info->settings, sizeof d->set);
	if (!mysql_thread_safe() || mysql_library_init(0, NULL, NULL) != 0) {
		h->release(h, d);
		return plug_fail_status(h, err, DBN_E_PLUGIN,
			"this client library of MySQL was built without threads");
	}
	*self = d;
	return DBN_OK;
}

static void
my_destroy(void *self)
{
	my_driver *d = (my_driver *)self;

	d->host->release(d->host, d);
}

static dbn_status
my_describe(void *self, dbn_dialect *out, dbn_error **err)
{
	static const uint32_t own[] = { DBN_ISOLATION_REPEATABLE_READ,
		DBN_ISOLATION_READ_COMMITTED, DBN_ISOLATION_SERIALIZABLE };
	const my_driver *d = (const my_driver *)self;

	(void)err;
	out->id = DBN_DIALECT_MYSQL;
	out->capabilities = DBN_CAP_MULTI_ROW | DBN_CAP_SAVEPOINT | DBN_CAP_TWO_PHASE |
		DBN_CAP_SERVER_ROLES | DBN_CAP_CANCEL;
	if (d->set.server == MY_SERVER_MARIADB)
		out->capabilities |= DBN_CAP_RETURNING; /* of INSERT and DELETE */
	out->default_schema = PLUG_TEXT(MY_OWN_SCHEMA);
	out->max_params = (uint32_t)d->set.max_params;
	out->max_statement_bytes = (uint32_t)d->set.max_statement;
	out->isolation_levels = 1u << DBN_ISOLATION_READ_UNCOMMITTED |
		1u << DBN_ISOLATION_READ_COMMITTED | 1u << DBN_ISOLATION_REPEATABLE_READ |
		1u << DBN_ISOLATION_SNAPSHOT | 1u << DBN_ISOLATION_SERIALIZABLE;
	out->default_isolation = own[d->set.isolation >= 0 && d->set.isolation < 3
		? d->set.isolation : 0];
	out->version = plug_text(mysql_get_client_info());
	return DBN_OK;
}

static const dbn_driver_ops ops = {
	.struct_size = (uint32_t)sizeof ops,
	.describe = my_describe,
	.connect = my_connect,
	.disconnect = my_disconnect,
	.ping = my_ping,
	.reset = my_reset,
	.state = my_state,
	.cancel = my_cancel,
	.assume = my_assume,
	.prepare = my_prepare,
	.close_stmt = my_close_stmt,
	.execute = my_execute,
	.execute_many = my_execute_many,
	.fetch = my_fetch,
	.buffer = my_buffer,
	.close_cursor = my_close_cursor,
	.begin = my_begin,
	.end = my_end,
	.savepoint = my_savepoint,
	.list_prepared = my_list_prepared,
	.relation = my_relation,
	.relations = my_relations,
	.schema_epoch = my_schema_epoch,
};

DBN_PLUGIN(DBN_KIND_DRIVER, DBN_THREADS_PER_HANDLE, DBN_PLUGIN_MAY_BLOCK, "mysql", "0.1",
	DBN_CONF_ITEMS(items), sizeof(my_settings), my_create, NULL, NULL, NULL, my_destroy,
	my_get_extension, &ops);
