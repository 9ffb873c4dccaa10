# SPDX-License-Identifier: MIT
if HAVE_CRITERION
check_PROGRAMS += %D%/test_admin %D%/test_dialects %D%/test_sql_nomem %D%/test_tree %D%/test_writes
TESTS += %D%/test_admin %D%/test_dialects %D%/test_sql_nomem %D%/test_tree %D%/test_writes
%C%_test_admin_SOURCES = %D%/test_admin.c
%C%_test_admin_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_admin_LDADD = libcore/libcore.la $(CRITERION_LIBS)
%C%_test_writes_SOURCES = %D%/test_writes.c
%C%_test_writes_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_writes_LDADD = libcore/libcore.la $(CRITERION_LIBS)
%C%_test_dialects_SOURCES = %D%/test_dialects.c
%C%_test_dialects_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_dialects_LDADD = libcore/libcore.la $(CRITERION_LIBS)
%C%_test_tree_SOURCES = %D%/test_tree.c
%C%_test_tree_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_tree_LDADD = libcore/libcore.la $(CRITERION_LIBS)
%C%_test_sql_nomem_SOURCES = %D%/test_sql_nomem.c
%C%_test_sql_nomem_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_sql_nomem_LDADD = libcore/libcore.la $(CRITERION_LIBS)
if ENABLE_DRIVER_SQLITE
# SQLite is the oracle: linked into the tests alone.
dbn_sql_tests = %D%/test_grammar %D%/test_oracle %D%/test_parse %D%/test_resolve %D%/test_samples
check_PROGRAMS += $(dbn_sql_tests)
TESTS += $(dbn_sql_tests)
dbn_sql_cppflags = $(AM_CPPFLAGS) $(CRITERION_CFLAGS) $(SQLITE_CFLAGS)
dbn_sql_ldadd = libcore/libcore.la $(CRITERION_LIBS) $(SQLITE_LIBS)
%C%_test_grammar_SOURCES = %D%/test_grammar.c %D%/fixture.c %D%/fixture.h
%C%_test_grammar_CPPFLAGS = $(dbn_sql_cppflags)
%C%_test_grammar_LDADD = $(dbn_sql_ldadd)
%C%_test_oracle_SOURCES = %D%/test_oracle.c %D%/fixture.c %D%/fixture.h
%C%_test_oracle_CPPFLAGS = $(dbn_sql_cppflags)
%C%_test_oracle_LDADD = $(dbn_sql_ldadd)
%C%_test_parse_SOURCES = %D%/test_parse.c %D%/fixture.c %D%/fixture.h
%C%_test_parse_CPPFLAGS = $(dbn_sql_cppflags)
%C%_test_parse_LDADD = $(dbn_sql_ldadd)
%C%_test_samples_SOURCES = %D%/test_samples.c %D%/fixture.c %D%/fixture.h
%C%_test_samples_CPPFLAGS = $(dbn_sql_cppflags)
%C%_test_samples_LDADD = $(dbn_sql_ldadd)
%C%_test_resolve_SOURCES = %D%/test_resolve.c %D%/fixture.c %D%/fixture.h
%C%_test_resolve_CPPFLAGS = $(dbn_sql_cppflags)
%C%_test_resolve_LDADD = $(dbn_sql_ldadd)
endif
endif
