/* SPDX-License-Identifier: MIT */
/* Helpers and cases of MySQL's own tests. */
#ifndef TESTS_DRIVER_MYSQL_H
#define TESTS_DRIVER_MYSQL_H

#include <stdlib.h>
#include <string.h>

#include "conformance/driver.h"

/* The one cell of a query, as type (DBN_NULL: the driver's choice); texts are copied
 * into bytes.  DBN_DONE: no row. */
dbn_status my_cell(drv *d, const char *sql, dbn_type type, dbn_value *out, char *bytes, size_t size);
/* Run with one parameter of a declared type. */
dbn_status my_run1(drv *d, const char *sql, dbn_type type, dbn_value v);
/* Forget the error of the call before. */
void my_forget(drv *d);
/* A shell command about the server; true where it succeeds. */
bool my_shell(const char *command);

extern const conform_case my_types[], my_writes[], my_lost[];
/* Run by name, with a short stop_wait. */
extern const conform_case my_frozen;
extern const size_t my_ntypes, my_nwrites, my_nlost;

#endif
