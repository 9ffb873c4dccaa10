dnl SPDX-License-Identifier: MIT
dnl libpq itself is looked for by configure.ac: the tests use it too.
DBN_PLUGIN_ARG([driver-postgres], [dbn_driver_postgres], [ENABLE_DRIVER_POSTGRES], [test "x$have_libpq" = xyes])
