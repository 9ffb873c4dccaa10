/* SPDX-License-Identifier: MIT */
/*
 * The calls of lib.h over the library that is there.  A call that would wait
 * stands still inside of the library until my_wait() says what has come; one that
 * is given up leaves the handle good for nothing but closing.
 */
#include <string.h>

#include "driver.h"

#if MY_LIB_MARIADB

/* Go on with what stands still until it ends; false: given up. */
#define MY_FINISH(l, status, again) \
	while (status) { \
		int came = my_wait((l), (status)); \
		if (!came) \
			return false; \
		status = (again); \
	}

bool
my_lib_connect(struct my_link *l, const char *host, const char *user, const char *password,
	const char *database, unsigned port, const char *socket, unsigned long flags, int *ret)
{
	MYSQL *got = NULL;
	int st = mysql_real_connect_start(&got, l->db, host, user, password, database, port, socket,
		flags);

	MY_FINISH(l, st, mysql_real_connect_cont(&got, l->db, came));
	*ret = got ? 0 : 1;
	return true;
}

bool
my_lib_query(struct my_link *l, const char *sql, size_t len, int *ret)
{
	int st = mysql_real_query_start(ret, l->db, sql, (unsigned long)len);

	MY_FINISH(l, st, mysql_real_query_cont(ret, l->db, came));
	return true;
}

bool
my_lib_store(struct my_link *l, MYSQL_RES **ret)
{
	int st = mysql_store_result_start(ret, l->db);

	MY_FINISH(l, st, mysql_store_result_cont(ret, l->db, came));
	return true;
}

bool
my_lib_reset(struct my_link *l, int *ret)
{
	int st = mysql_reset_connection_start(ret, l->db);

	MY_FINISH(l, st, mysql_reset_connection_cont(ret, l->db, came));
	return true;
}

bool
my_lib_ping(struct my_link *l, int *ret)
{
	int st = mysql_ping_start(ret, l->db);

	MY_FINISH(l, st, mysql_ping_cont(ret, l->db, came));
	return true;
}

bool
my_lib_next_result(struct my_link *l, int *ret)
{
	int st = mysql_next_result_start(ret, l->db);

	MY_FINISH(l, st, mysql_next_result_cont(ret, l->db, came));
	return true;
}

bool
my_lib_stmt_prepare(struct my_link *l, MYSQL_STMT *s, const char *sql, size_t len, int *ret)
{
	int st = mysql_stmt_prepare_start(ret, s, sql, (unsigned long)len);

	MY_FINISH(l, st, mysql_stmt_prepare_cont(ret, s, came));
	return true;
}

bool
my_lib_stmt_execute(struct my_link *l, MYSQL_STMT *s, int *ret)
{
	int st = mysql_stmt_execute_start(ret, s);

	MY_FINISH(l, st, mysql_stmt_execute_cont(ret, s, came));
	return true;
}

bool
my_lib_stmt_next_result(struct my_link *l, MYSQL_STMT *s, int *ret)
{
	int st = mysql_stmt_next_result_start(ret, s);

	MY_FINISH(l, st, mysql_stmt_next_result_cont(ret, s, came));
	return true;
}

bool
my_lib_stmt_free_result(struct my_link *l, MYSQL_STMT *s, int *ret)
{
	my_bool r = 0;
	int st = mysql_stmt_free_result_start(&r, s);

	MY_FINISH(l, st, mysql_stmt_free_result_cont(&r, s, came));
	*ret = r;
	return true;
}

bool
my_lib_stmt_close(struct my_link *l, MYSQL_STMT *s)
{
	my_bool r = 0;
	int st = mysql_stmt_close_start(&r, s);

	MY_FINISH(l, st, mysql_stmt_close_cont(&r, s, came));
	return true;
}

bool
my_lib_long_data(struct my_link *l, MYSQL_STMT *s, unsigned at, const char *data,
	unsigned long len, int *ret)
{
	my_bool r = 0;
	int st = mysql_stmt_send_long_data_start(&r, s, at, data, len);

	MY_FINISH(l, st, mysql_stmt_send_long_data_cont(&r, s, came));
	*ret = r;
	return true;
}

bool
my_lib_stmt_fetch(struct my_link *l, MYSQL_STMT *s, bool may_wait, int *pending, int *ret)
{
	int st = *pending;

	if (!st)
		st = mysql_stmt_fetch_start(ret, s);
	*pending = 0;
	if (st && !may_wait) {
		*pending = st;
		*ret = MY_FETCH_LATER;
		return true;
	}
	MY_FINISH(l, st, mysql_stmt_fetch_cont(ret, s, came));
	return true;
}

int
my_lib_options(MYSQL *db, unsigned tls, const char *ca, const char *capath, const char *cert,
	const char *key, uint64_t max_packet)
{
	my_bool on = 1, off = 0, enforce = tls > MY_TLS_OFF, verify = tls >= MY_TLS_VERIFY_CA;
	unsigned none = 0;
	size_t packet = (size_t)max_packet;
	int rc = mysql_options(db, MYSQL_OPT_NONBLOCK, NULL);

	rc |= mysql_options(db, MYSQL_OPT_LOCAL_INFILE, &none);
	rc |= mysql_options(db, MYSQL_OPT_RECONNECT, &off);
	rc |= mysql_options(db, MYSQL_REPORT_DATA_TRUNCATION, &on);
	rc |= mysql_options(db, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	rc |= mysql_options(db, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
	if (tls > MY_TLS_OFF)
		rc |= mysql_ssl_set(db, key, cert, ca, capath, NULL);
	rc |= mysql_options(db, MYSQL_OPT_SSL_ENFORCE, &enforce);
	rc |= mysql_options(db, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
	return rc;
}

bool
my_lib_has_arrays(MYSQL_STMT *s)
{
	unsigned long more = 0;

	if ((s->mysql->server_capabilities & CLIENT_MYSQL) || /* not MariaDB's server */
		mariadb_get_info(s->mysql, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &more) != 0)
		return false;
	return (more & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)) != 0;
}

int
my_lib_array(MYSQL_STMT *s, unsigned rows)
{
	return mysql_stmt_attr_set(s, STMT_ATTR_ARRAY_SIZE, &rows);
}

void
my_lib_indicators(MYSQL_BIND *b, char *indicators)
{
	b->u.indicator = indicators;
}

void
my_lib_field_kind(const MYSQL_FIELD *f, const char **kind, size_t *len)
{
	MARIADB_CONST_STRING s = { NULL, 0 };

	if (mariadb_field_attr(&s, f, MARIADB_FIELD_ATTR_FORMAT_NAME) != 0 || !s.length)
		(void)mariadb_field_attr(&s, f, MARIADB_FIELD_ATTR_DATA_TYPE_NAME);
	*kind = s.str;
	*len = s.length;
}

int
my_lib_fd(MYSQL *db)
{
	return (int)mysql_get_socket(db);
}

unsigned
my_lib_server_status(MYSQL *db)
{
	return db->server_status;
}

unsigned
my_lib_warnings(MYSQL_STMT *s)
{
	return (unsigned)mysql_stmt_warning_count(s);
}

bool
my_lib_is_mariadb_server(MYSQL *db)
{
	return mariadb_connection(db) != 0;
}

#else /* MySQL's own: every call blocks until the read timeout of the link */

bool
my_lib_connect(struct my_link *l, const char *host, const char *user, const char *password,
	const char *database, unsigned port, const char *socket, unsigned long flags, int *ret)
{
	unsigned seconds = my_link_seconds(l);

	(void)mysql_options(l->db, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
	(void)mysql_options(l->db, MYSQL_OPT_READ_TIMEOUT, &seconds);
	(void)mysql_options(l->db, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
	*ret = mysql_real_connect(l->db, host, user, password, database, port, socket, flags) ? 0 : 1;
	return true;
}

bool
my_lib_query(struct my_link *l, const char *sql, size_t len, int *ret)
{
	*ret = mysql_real_query(l->db, sql, (unsigned long)len);
	return true;
}

bool
my_lib_store(struct my_link *l, MYSQL_RES **ret)
{
	*ret = mysql_store_result(l->db);
	return true;
}

bool
my_lib_reset(struct my_link *l, int *ret)
{
	*ret = mysql_reset_connection(l->db);
	return true;
}

bool
my_lib_ping(struct my_link *l, int *ret)
{
	*ret = mysql_ping(l->db);
	return true;
}

bool
my_lib_next_result(struct my_link *l, int *ret)
{
	*ret = mysql_next_result(l->db);
	return true;
}

bool
my_lib_stmt_prepare(struct my_link *l, MYSQL_STMT *s, const char *sql, size_t len, int *ret)
{
	(void)l;
	*ret = mysql_stmt_prepare(s, sql, (unsigned long)len);
	return true;
}

bool
my_lib_stmt_execute(struct my_link *l, MYSQL_STMT *s, int *ret)
{
	(void)l;
	*ret = mysql_stmt_execute(s);
	return true;
}

bool
my_lib_stmt_next_result(struct my_link *l, MYSQL_STMT *s, int *ret)
{
	(void)l;
	*ret = mysql_stmt_next_result(s);
	return true;
}

bool
my_lib_stmt_free_result(struct my_link *l, MYSQL_STMT *s, int *ret)
{
	(void)l;
	*ret = mysql_stmt_free_result(s);
	return true;
}

bool
my_lib_stmt_close(struct my_link *l, MYSQL_STMT *s)
{
	(void)l;
	(void)mysql_stmt_close(s);
	return true;
}

bool
my_lib_long_data(struct my_link *l, MYSQL_STMT *s, unsigned at, const char *data,
	unsigned long len, int *ret)
{
	(void)l;
	*ret = mysql_stmt_send_long_data(s, at, data, len);
	return true;
}

bool
my_lib_stmt_fetch(struct my_link *l, MYSQL_STMT *s, bool may_wait, int *pending, int *ret)
{
	(void)l;
	(void)may_wait;
	*pending = 0;
	*ret = mysql_stmt_fetch(s);
	return true;
}

int
my_lib_options(MYSQL *db, unsigned tls, const char *ca, const char *capath, const char *cert,
	const char *key, uint64_t max_packet)
{
	static const unsigned modes[] = { SSL_MODE_DISABLED, SSL_MODE_DISABLED, SSL_MODE_REQUIRED,
		SSL_MODE_VERIFY_CA, SSL_MODE_VERIFY_IDENTITY };
	bool on = true;
	unsigned none = 0;
	unsigned long packet = (unsigned long)max_packet;
	int rc = mysql_options(db, MYSQL_OPT_LOCAL_INFILE, &none);

	rc |= mysql_options(db, MYSQL_REPORT_DATA_TRUNCATION, &on);
	rc |= mysql_options(db, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	rc |= mysql_options(db, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
	rc |= mysql_options(db, MYSQL_OPT_SSL_MODE, &modes[tls <= MY_TLS_VERIFY_FULL ? tls : 4]);
	if (tls > MY_TLS_OFF) {
		rc |= ca ? mysql_options(db, MYSQL_OPT_SSL_CA, ca) : 0;
		rc |= capath ? mysql_options(db, MYSQL_OPT_SSL_CAPATH, capath) : 0;
		rc |= cert ? mysql_options(db, MYSQL_OPT_SSL_CERT, cert) : 0;
		rc |= key ? mysql_options(db, MYSQL_OPT_SSL_KEY, key) : 0;
	}
	return rc;
}

bool
my_lib_has_arrays(MYSQL_STMT *s)
{
	(void)s;
	return false;
}

int
my_lib_array(MYSQL_STMT *s, unsigned rows)
{
	(void)s;
	return rows > 1;
}

void
my_lib_indicators(MYSQL_BIND *b, char *indicators)
{
	(void)b;
	(void)indicators;
}

void
my_lib_field_kind(const MYSQL_FIELD *f, const char **kind, size_t *len)
{
	*kind = f->type == MYSQL_TYPE_JSON ? "json" : "";
	*len = strlen(*kind);
}

int
my_lib_fd(MYSQL *db)
{
	return (int)db->net.fd;
}

unsigned
my_lib_server_status(MYSQL *db)
{
	return db->server_status;
}

unsigned
my_lib_warnings(MYSQL_STMT *s)
{
	return mysql_warning_count(s->mysql);
}

bool
my_lib_is_mariadb_server(MYSQL *db)
{
	return strstr(mysql_get_server_info(db), "MariaDB") != NULL;
}

#endif
