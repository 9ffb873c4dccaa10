dnl SPDX-License-Identifier: MIT
PKG_CHECK_MODULES([SQLITE], [sqlite3 >= 3.35], [have_sqlite=yes], [have_sqlite=no])
DBN_PLUGIN_ARG([driver-sqlite], [dbn_driver_sqlite], [ENABLE_DRIVER_SQLITE], [test "x$have_sqlite" = xyes])
