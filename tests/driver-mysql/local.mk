# SPDX-License-Identifier: MIT
# What is MySQL's alone; the rest is the driver suite.
if ENABLE_DRIVER_MYSQL
check_PROGRAMS += %D%/check-mysql
%C%_check_mysql_SOURCES  = %D%/lost.c %D%/mysql.c %D%/mysql.h %D%/types.c %D%/writes.c \
	tests/conformance/driver_lib.c
%C%_check_mysql_CPPFLAGS = $(dbn_conform_cppflags)
%C%_check_mysql_LDADD    = $(dbn_conform_libs)
TESTS += %D%/run-mysql %D%/run-shim
endif
EXTRA_DIST += %D%/run-mysql %D%/run-shim
