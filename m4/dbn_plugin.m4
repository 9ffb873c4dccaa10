dnl SPDX-License-Identifier: MIT
dnl DBN_PLUGIN_ARG(NAME, SHELLVAR, CONDITIONAL, HAVE-EXPRESSION)
dnl --enable-NAME=auto|yes|no: yes and missing is an error, auto and missing a
dnl line in the summary.  HAVE-EXPRESSION is a shell test that is true where
dnl what the plugin needs is there.
AC_DEFUN([DBN_PLUGIN_ARG], [
AC_ARG_ENABLE([$1],
  [AS_HELP_STRING([--enable-$1=auto|yes|no], [build the $1 plugin (auto)])],
  [$2=$enableval], [$2=auto])
AS_IF([test "x$$2" != xno],
  [AS_IF([$4], [$2=yes],
    [AS_IF([test "x$$2" = xyes],
      [AC_MSG_ERROR([--enable-$1 was asked for, but what it needs is missing])],
      [$2=missing])])])
AM_CONDITIONAL([$3], [test "x$$2" = xyes])
DBN_PLUGIN_SUMMARY="$DBN_PLUGIN_SUMMARY $1=$$2"
])
