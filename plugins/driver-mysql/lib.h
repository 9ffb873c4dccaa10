/* SPDX-License-Identifier: MIT */
/*
 * The client library, and all that differs between its two makers: MariaDB
 * Connector/C and MySQL's own libmysqlclient.  Nothing else in this folder asks
 * which of them it is.
 *
 * With Connector/C every call that may wait is made in its non-blocking form, so
 * that waiting is ours (my_wait: the monotonic clock, a deadline, a frozen
 * server).  It costs no system call more than the blocking form, which also
 * tries to read, polls and reads again; what it adds is a change of stacks,
 * about 160 instructions in 4,500 of a point select.  MySQL's library has no such
 * form for prepared statements: there a call ends at the read timeout.
 */
#ifndef DRIVER_MYSQL_LIB_H
#define DRIVER_MYSQL_LIB_H

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef MARIADB_PACKAGE_VERSION_ID
#define MY_LIB_MARIADB 1
typedef my_bool my_flag;
#else
#define MY_LIB_MARIADB 0
typedef bool my_flag;
#define MYSQL_WAIT_READ 1
#define MYSQL_WAIT_WRITE 2
#define MYSQL_WAIT_EXCEPT 4
#define MYSQL_WAIT_TIMEOUT 8
#endif

struct my_link;

/* How certain the server must be who it says it is. */
enum { MY_TLS_AUTO = 0, MY_TLS_OFF = 1, MY_TLS_REQUIRE = 2, MY_TLS_VERIFY_CA = 3,
	MY_TLS_VERIFY_FULL = 4 };

/* Each returns false where it was given up: the link is stuck and must be closed.
 * Otherwise the library's own result is in *ret (0: well). */
bool my_lib_connect(struct my_link *l, const char *host, const char *user, const char *password,
	const char *database, unsigned port, const char *socket, unsigned long flags, int *ret);
bool my_lib_query(struct my_link *l, const char *sql, size_t len, int *ret);
bool my_lib_store(struct my_link *l, MYSQL_RES **ret);
bool my_lib_reset(struct my_link *l, int *ret);
bool my_lib_ping(struct my_link *l, int *ret);
bool my_lib_next_result(struct my_link *l, int *ret);
bool my_lib_stmt_prepare(struct my_link *l, MYSQL_STMT *s, const char *sql, size_t len, int *ret);
bool my_lib_stmt_execute(struct my_link *l, MYSQL_STMT *s, int *ret);
bool my_lib_stmt_next_result(struct my_link *l, MYSQL_STMT *s, int *ret);
bool my_lib_stmt_free_result(struct my_link *l, MYSQL_STMT *s, int *ret);
bool my_lib_stmt_close(struct my_link *l, MYSQL_STMT *s);
bool my_lib_long_data(struct my_link *l, MYSQL_STMT *s, unsigned at, const char *data,
	unsigned long len, int *ret);
/* One row.  *pending not 0: an earlier call would have waited, go on with it.  With
 * may_wait false, *ret is MY_FETCH_LATER where it would wait. */
#define MY_FETCH_LATER (-7)
bool my_lib_stmt_fetch(struct my_link *l, MYSQL_STMT *s, bool may_wait, int *pending, int *ret);

/* Options of a handle that is not connected yet. */
int my_lib_options(MYSQL *db, unsigned tls, const char *ca, const char *capath, const char *cert,
	const char *key, uint64_t max_packet);
/* Does the server take arrays of parameters?  Then my_lib_array() sets their size. */
bool my_lib_has_arrays(MYSQL_STMT *s);
int my_lib_array(MYSQL_STMT *s, unsigned rows);
/* Per cell of an array: 0 a value, 1 NULL. */
void my_lib_indicators(MYSQL_BIND *b, char *indicators);
/* What MariaDB says of a column beyond its type: "json", "uuid", or empty. */
void my_lib_field_kind(const MYSQL_FIELD *f, const char **kind, size_t *len);
/* The columns of a result, as the last execution told them. */
static inline const MYSQL_FIELD *
my_lib_fields(const MYSQL_STMT *s)
{
	return s->fields;
}
/* The descriptor of a connection; -1: none. */
int my_lib_fd(MYSQL *db);
unsigned my_lib_server_status(MYSQL *db);
unsigned my_lib_warnings(MYSQL_STMT *s);
bool my_lib_is_mariadb_server(MYSQL *db);

#endif
