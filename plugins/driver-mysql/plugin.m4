dnl SPDX-License-Identifier: MIT
dnl MariaDB Connector/C, or else MySQL's own client library.
PKG_CHECK_MODULES([MYSQL], [libmariadb >= 3.1], [have_mysql=yes],
  [PKG_CHECK_MODULES([MYSQL], [mysqlclient >= 8.0], [have_mysql=yes], [have_mysql=no])])
DBN_PLUGIN_ARG([driver-mysql], [dbn_driver_mysql], [ENABLE_DRIVER_MYSQL], [test "x$have_mysql" = xyes])
