# SPDX-License-Identifier: MIT
# Whole stacks on real databases.
if HAVE_CRITERION
check_PROGRAMS += %D%/test_builder %D%/test_entities %D%/test_session %D%/test_reload %D%/test_hostile_sql
TESTS += %D%/test_builder %D%/test_entities %D%/test_session %D%/test_reload %D%/test_hostile_sql
%C%_test_builder_SOURCES = %D%/test_builder.c tests/lib/stack.c tests/lib/stack.h
%C%_test_builder_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS)
%C%_test_builder_LDADD = libcore/libdbnexus.la $(CRITERION_LIBS)
%C%_test_entities_SOURCES = %D%/test_entities.c tests/lib/stack.c tests/lib/stack.h tests/lib/team_member.h
%C%_test_entities_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS)
%C%_test_entities_LDADD = libcore/libdbnexus.la $(CRITERION_LIBS)
%C%_test_session_SOURCES = %D%/test_session.c tests/lib/stack.c tests/lib/stack.h
%C%_test_session_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS)
%C%_test_session_LDADD = libcore/libdbnexus.la $(CRITERION_LIBS)
%C%_test_hostile_sql_SOURCES = %D%/test_hostile_sql.c tests/lib/stack.c tests/lib/stack.h
%C%_test_hostile_sql_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS)
%C%_test_hostile_sql_LDADD = libcore/libdbnexus.la $(CRITERION_LIBS)
%C%_test_reload_SOURCES = %D%/test_reload.c tests/lib/stack.c tests/lib/stack.h
%C%_test_reload_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS)
%C%_test_reload_LDADD = libcore/libdbnexus.la $(CRITERION_LIBS)
check_PROGRAMS += %D%/test_whole
TESTS += %D%/test_whole
%C%_test_whole_SOURCES = %D%/test_whole.c tests/lib/stack.c tests/lib/stack.h
%C%_test_whole_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS)
%C%_test_whole_LDADD = libcore/libdbnexus.la $(CRITERION_LIBS)
if ENABLE_DRIVER_SQLITE
check_PROGRAMS += %D%/test_asks %D%/test_outside %D%/test_sharded
TESTS += %D%/test_asks %D%/test_outside %D%/test_sharded
%C%_test_asks_SOURCES = %D%/test_asks.c
%C%_test_asks_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS) $(SQLITE_CFLAGS)
%C%_test_asks_LDADD = libcore/libdbnexus.la $(CRITERION_LIBS) $(SQLITE_LIBS)
check_PROGRAMS += %D%/test_txn
TESTS += %D%/test_txn
%C%_test_txn_SOURCES = %D%/test_txn.c tests/lib/stack.c tests/lib/stack.h
%C%_test_txn_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS) $(SQLITE_CFLAGS)
%C%_test_txn_LDADD = libcore/libdbnexus.la $(CRITERION_LIBS) $(SQLITE_LIBS)
%C%_test_outside_SOURCES = %D%/test_outside.c tests/lib/stack.c tests/lib/stack.h
%C%_test_outside_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS) $(SQLITE_CFLAGS)
%C%_test_outside_LDADD = libcore/libdbnexus.la $(CRITERION_LIBS) $(SQLITE_LIBS)
%C%_test_sharded_SOURCES = %D%/test_sharded.c
%C%_test_sharded_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS) $(SQLITE_CFLAGS)
%C%_test_sharded_LDADD = libcore/libdbnexus.la $(CRITERION_LIBS) $(SQLITE_LIBS)
endif
endif

# counters [SECONDS]: 64 threads on one file; DBN_LONG=1: a minute.
check_PROGRAMS += %D%/counters
TESTS += %D%/counters
dbn_thread_tests += %D%/counters
%C%_counters_SOURCES = %D%/counters.c
%C%_counters_LDADD = libcore/libdbnexus.la
