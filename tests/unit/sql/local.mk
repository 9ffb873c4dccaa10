# SPDX-License-Identifier: MIT
if HAVE_CRITERION
if ENABLE_DRIVER_SQLITE
dbn_sql_tests = %D%/test_oracle
check_PROGRAMS += $(dbn_sql_tests)
TESTS += $(dbn_sql_tests)
dbn_sql_cppflags = $(AM_CPPFLAGS) $(CRITERION_CFLAGS) $(SQLITE_CFLAGS)
dbn_sql_ldadd = libcore/libcore.la $(CRITERION_LIBS) $(SQLITE_LIBS)
%C%_test_oracle_SOURCES = %D%/test_oracle.c %D%/fixture.c %D%/fixture.h
%C%_test_oracle_CPPFLAGS = $(dbn_sql_cppflags)
%C%_test_oracle_LDADD = $(dbn_sql_ldadd)
endif
endif
