dnl SPDX-License-Identifier: MIT
dnl Other libraries over several databases, which make bench measures beside the
dnl stack where they are there.  Nothing else uses them.  Sanitized builds leave
dnl them out: what they leak is theirs.
m4_define([DBN_PEER], [
  AC_ARG_WITH([$1], [AS_HELP_STRING([--with-$1=auto|yes|no], [let make bench compare with $2])],
    [], [with_$1=auto])
  dbn_peer_$1=no
  AS_IF([test "x$with_$1" != xno && test -z "$DBN_SANITIZE"], [$3])
  AS_IF([test "x$with_$1" = xyes && test "x$dbn_peer_$1" = xno],
    [AC_MSG_ERROR([--with-$1, but $2 is not there, or the build is sanitized])])
  AM_CONDITIONAL([BENCH_]m4_toupper([$1]), [test "x$dbn_peer_$1" = xyes])
])

DBN_PEER([libdbi], [libdbi], [PKG_CHECK_MODULES([LIBDBI], [dbi >= 0.9], [dbn_peer_libdbi=yes], [:])])
DBN_PEER([odbc], [unixODBC], [PKG_CHECK_MODULES([ODBC], [odbc >= 2.3], [dbn_peer_odbc=yes], [:])])
DBN_PEER([soci], [SOCI],
  [AC_LANG_PUSH([C++])
  dbn_save_libs=$LIBS
  LIBS="-lsoci_core $LIBS"
  AC_MSG_CHECKING([for SOCI 4])
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <soci/soci.h>
#include <soci/version.h>
#if SOCI_VERSION < 400000
#error too old
#endif]], [[soci::session s; s.close();]])], [dbn_peer_soci=yes])
  AC_MSG_RESULT([$dbn_peer_soci])
  LIBS=$dbn_save_libs
  AC_LANG_POP([C++])])
