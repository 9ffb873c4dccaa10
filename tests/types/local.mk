# SPDX-License-Identifier: MIT
# docs/types.md, cell by cell, on each database.
if HAVE_CRITERION
if ENABLE_STACK
check_PROGRAMS += %D%/test_types
TESTS += %D%/test_types
%C%_test_types_SOURCES = %D%/test_types.c %D%/test_reading.c %D%/types.c %D%/types.h %D%/cells.c \
	%D%/cells.h tests/lib/stack.c tests/lib/stack.h
%C%_test_types_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_types_LDADD = $(dbn_integration_libs)
if ENABLE_DRIVER_POSTGRES
TESTS += %D%/on-postgres
endif
if ENABLE_DRIVER_MYSQL
TESTS += %D%/on-mariadb
endif
endif
endif
EXTRA_DIST += %D%/on-postgres %D%/on-mariadb
