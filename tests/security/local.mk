# SPDX-License-Identifier: MIT
# Ways around a policy: each is enforced or refused.
if HAVE_CRITERION
if ENABLE_PERMISSION_RBAC
if ENABLE_DRIVER_SQLITE
check_PROGRAMS += %D%/test_bypass %D%/test_second_lock
TESTS += %D%/test_bypass %D%/test_second_lock
%C%_test_bypass_SOURCES = %D%/test_bypass.c
%C%_test_bypass_CPPFLAGS = $(dbn_lab_cppflags)
%C%_test_bypass_LDADD = $(dbn_lab_libs)
%C%_test_second_lock_SOURCES = %D%/test_second_lock.c
%C%_test_second_lock_CPPFLAGS = $(dbn_lab_cppflags)
%C%_test_second_lock_LDADD = $(dbn_lab_libs)
endif
endif
endif
# Through the public API, also on servers of their own.
if HAVE_CRITERION
if ENABLE_STACK
check_PROGRAMS += %D%/test_around
TESTS += %D%/test_around
%C%_test_around_SOURCES = %D%/test_around.c %D%/around.c %D%/around.h %D%/around_mysql.c \
	%D%/around_postgres.c %D%/around_shapes.c %D%/around_traps.c %D%/around_writes.c tests/lib/stack.c tests/lib/stack.h
%C%_test_around_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_around_LDADD = $(dbn_integration_libs)
EXTRA_DIST += %D%/on-postgres %D%/on-mariadb
if ENABLE_DRIVER_POSTGRES
TESTS += %D%/on-postgres
endif
if ENABLE_DRIVER_MYSQL
TESTS += %D%/on-mariadb
endif
endif
endif
