# SPDX-License-Identifier: MIT
# Whole stacks on real databases.
if HAVE_CRITERION
if ENABLE_STACK
dbn_integration_tests = %D%/test_asks %D%/test_builder %D%/test_edges %D%/test_entities %D%/test_forms %D%/test_hostile_sql \
	%D%/test_memory %D%/test_outside %D%/test_params %D%/test_pool %D%/test_reload %D%/test_rules_everywhere \
	%D%/test_session %D%/test_txn %D%/test_whole
check_PROGRAMS += $(dbn_integration_tests)
TESTS += $(dbn_integration_tests)
%C%_test_asks_SOURCES = %D%/test_asks.c
%C%_test_asks_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_asks_LDADD = $(dbn_integration_libs)
%C%_test_builder_SOURCES = %D%/test_builder.c tests/lib/stack.c tests/lib/stack.h
%C%_test_builder_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_builder_LDADD = $(dbn_integration_libs)
%C%_test_forms_SOURCES = %D%/test_forms.c %D%/each.h tests/lib/stack.c tests/lib/stack.h
%C%_test_forms_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_forms_LDADD = $(dbn_integration_libs)
%C%_test_edges_SOURCES = %D%/test_edges.c tests/lib/stack.c tests/lib/stack.h
%C%_test_edges_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_edges_LDADD = $(dbn_integration_libs)
%C%_test_entities_SOURCES = %D%/test_entities.c tests/lib/stack.c tests/lib/stack.h tests/lib/team_member.h
%C%_test_entities_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_entities_LDADD = $(dbn_integration_libs)
%C%_test_hostile_sql_SOURCES = %D%/test_hostile_sql.c tests/lib/stack.c tests/lib/stack.h
%C%_test_hostile_sql_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_hostile_sql_LDADD = $(dbn_integration_libs)
%C%_test_memory_SOURCES = %D%/test_memory.c tests/lib/stack.c tests/lib/stack.h
%C%_test_memory_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_memory_LDADD = libcore/libcore.la $(CRITERION_LIBS)
%C%_test_outside_SOURCES = %D%/test_outside.c tests/lib/stack.c tests/lib/stack.h
%C%_test_outside_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_outside_LDADD = $(dbn_integration_libs)
%C%_test_params_SOURCES = %D%/test_params.c %D%/each.h tests/lib/stack.c tests/lib/stack.h
%C%_test_params_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_params_LDADD = $(dbn_integration_libs)
%C%_test_pool_SOURCES = %D%/test_pool.c tests/lib/stack.c tests/lib/stack.h
%C%_test_pool_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_pool_LDADD = $(dbn_integration_libs)
%C%_test_reload_SOURCES = %D%/test_reload.c tests/lib/stack.c tests/lib/stack.h
%C%_test_reload_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_reload_LDADD = $(dbn_integration_libs)
%C%_test_rules_everywhere_SOURCES = %D%/test_rules_everywhere.c tests/lib/stack.c tests/lib/stack.h
%C%_test_rules_everywhere_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_rules_everywhere_LDADD = $(dbn_integration_libs)
%C%_test_session_SOURCES = %D%/test_session.c tests/lib/stack.c tests/lib/stack.h
%C%_test_session_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_session_LDADD = $(dbn_integration_libs)
%C%_test_txn_SOURCES = %D%/test_txn.c tests/lib/stack.c tests/lib/stack.h
%C%_test_txn_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_txn_LDADD = $(dbn_integration_libs)
%C%_test_whole_SOURCES = %D%/test_whole.c tests/lib/stack.c tests/lib/stack.h
%C%_test_whole_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_whole_LDADD = $(dbn_integration_libs)
EXTRA_DIST += %D%/on-servers %D%/on-postgres %D%/on-mariadb
if ENABLE_DRIVER_POSTGRES
TESTS += %D%/on-postgres
endif
if ENABLE_DRIVER_MYSQL
TESTS += %D%/on-mariadb
endif
if ENABLE_SHARD_HASH
check_PROGRAMS += %D%/test_sharded
TESTS += %D%/test_sharded
%C%_test_sharded_SOURCES = %D%/test_sharded.c
%C%_test_sharded_CPPFLAGS = $(dbn_integration_cppflags)
%C%_test_sharded_LDADD = $(dbn_integration_libs)
endif
endif
endif
dbn_integration_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS) $(SQLITE_CFLAGS)
dbn_integration_libs = libcore/libdbnexus.la $(CRITERION_LIBS) $(SQLITE_LIBS)

# counters [SECONDS]: 64 threads on one file; DBN_LONG=1: a minute.
if ENABLE_STACK
check_PROGRAMS += %D%/counters
TESTS += %D%/counters
dbn_thread_tests += %D%/counters
%C%_counters_SOURCES = %D%/counters.c
%C%_counters_LDADD = libcore/libdbnexus.la
check_PROGRAMS += %D%/changes
TESTS += %D%/changes
dbn_thread_tests += %D%/changes
%C%_changes_SOURCES = %D%/changes.c
%C%_changes_LDADD = libcore/libdbnexus.la
endif
