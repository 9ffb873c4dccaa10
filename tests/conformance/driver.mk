# SPDX-License-Identifier: MIT
# Drivers: the suite, and the proof that it catches broken ones.
pkglibexec_PROGRAMS += %D%/conform-driver
%C%_conform_driver_SOURCES = %D%/driver.c %D%/driver.h %D%/driver_access.c %D%/driver_basic.c \
	%D%/driver_catalog.c %D%/driver_lib.c %D%/driver_long.c %D%/driver_many.c %D%/driver_rows.c \
	%D%/driver_stop.c %D%/driver_txn.c %D%/driver_values.c
%C%_conform_driver_CPPFLAGS = $(dbn_conform_cppflags)
%C%_conform_driver_LDADD    = $(dbn_conform_libs)
check_LTLIBRARIES += %D%/broken-driver.la
%C%_broken_driver_la_SOURCES  = %D%/broken_driver.c
%C%_broken_driver_la_CPPFLAGS = $(dbn_conform_cppflags)
%C%_broken_driver_la_LIBADD   = %D%/libconform.la libcore/libcore.la -ldl
%C%_broken_driver_la_LDFLAGS  = $(dbn_module_ldflags) -rpath /nowhere
if ENABLE_DRIVER_SQLITE
TESTS += %D%/run-driver
endif
if ENABLE_DRIVER_POSTGRES
TESTS += %D%/run-driver-postgres
endif
if ENABLE_DRIVER_MYSQL
TESTS += %D%/run-driver-mysql
endif
EXTRA_DIST += %D%/run-driver-mysql %D%/quirks-mysql tests/servers/common.sh \
	tests/servers/with-mariadb
EXTRA_DIST += %D%/run-driver %D%/run-driver-postgres %D%/quirks-postgres \
	tests/servers/with-postgres
