# SPDX-License-Identifier: MIT
# What is SQLite's alone; the rest is the driver suite.
if ENABLE_DRIVER_SQLITE
check_PROGRAMS += %D%/check-sqlite
%C%_check_sqlite_SOURCES  = %D%/sqlite.c tests/conformance/driver_lib.c
%C%_check_sqlite_CPPFLAGS = $(dbn_conform_cppflags)
%C%_check_sqlite_LDADD    = $(dbn_conform_libs)
TESTS += %D%/run-sqlite
endif
EXTRA_DIST += %D%/run-sqlite
