# SPDX-License-Identifier: MIT
# Corpora, generator and oracles of the SQL front end: see README.
EXTRA_DIST += %D%/README %D%/corpus %D%/schema-sqlite.sql %D%/schema-postgres.sql \
	%D%/schema-mysql.sql
dbn_corpus_sources = %D%/corpus.c %D%/corpus.h %D%/generate.c %D%/generate.h %D%/generate_expr.c \
	%D%/generate_forms.c %D%/generate_from.c %D%/generate_group.c %D%/generate_impl.h %D%/generate_insert.c %D%/generate_query.c %D%/generate_write.c
if HAVE_CRITERION
check_PROGRAMS += %D%/test_corpus
TESTS += %D%/test_corpus
%C%_test_corpus_SOURCES = %D%/test_corpus.c $(dbn_corpus_sources)
%C%_test_corpus_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS)
%C%_test_corpus_LDADD = libcore/libcore.la $(CRITERION_LIBS)
if HAVE_PG_QUERY
# Its trees are the judge.
check_PROGRAMS += %D%/oracle_tree
TESTS += %D%/oracle_tree
%C%_oracle_tree_SOURCES = %D%/oracle_tree.c %D%/pg_tree.c %D%/pg_tree.h $(dbn_corpus_sources)
%C%_oracle_tree_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(JANSSON_CFLAGS)
%C%_oracle_tree_LDADD = libcore/libcore.la $(JANSSON_LIBS) -lpg_query
endif
endif

# The oracles: SQLite always; on servers by the scripts.
if HAVE_CRITERION
if ENABLE_STACK
dbn_oracle_sources = %D%/answer.c %D%/engine.h %D%/engine_sqlite.c %D%/world.c %D%/world.h \
	%D%/authorizer.c %D%/oracles.h %D%/same.c \
	$(dbn_corpus_sources) tests/lib/stack.c tests/lib/stack.h
dbn_oracle_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS) $(SQLITE_CFLAGS)
dbn_oracle_libs = libcore/libcore.la $(CRITERION_LIBS) $(SQLITE_LIBS)
if ENABLE_DRIVER_POSTGRES
dbn_oracle_sources += %D%/engine_postgres.c
dbn_oracle_cppflags += -DORACLE_POSTGRES $(LIBPQ_CFLAGS)
dbn_oracle_libs += $(LIBPQ_LIBS)
endif
if ENABLE_DRIVER_MYSQL
dbn_oracle_sources += %D%/engine_mysql.c
dbn_oracle_cppflags += -DORACLE_MYSQL $(MYSQL_CFLAGS)
dbn_oracle_libs += $(MYSQL_LIBS)
endif
check_PROGRAMS += %D%/test_same %D%/test_authorizer
TESTS += %D%/test_same %D%/test_authorizer
%C%_test_authorizer_SOURCES = %D%/test_authorizer.c $(dbn_oracle_sources)
%C%_test_authorizer_CPPFLAGS = $(dbn_oracle_cppflags)
%C%_test_authorizer_LDADD = $(dbn_oracle_libs)
%C%_test_same_SOURCES = %D%/test_same.c %D%/coverage.c %D%/coverage.h $(dbn_oracle_sources)
%C%_test_same_CPPFLAGS = $(dbn_oracle_cppflags)
%C%_test_same_LDADD = $(dbn_oracle_libs)
# A copy of libcore/sql with bugs in it: some files through seed.awk, the rest as they are.
check_PROGRAMS += %D%/test_seeded
TESTS += %D%/test_seeded
dbn_seeded = print.c print_call.c print_expr.c print_from.c print_order.c print_value.c print_write.c resolve_items.c \
	resolve_query.c resolve_write.c scope.c
dbn_seeded_sources = %D%/seeded/print.c %D%/seeded/print_call.c %D%/seeded/print_expr.c %D%/seeded/print_order.c \
	%D%/seeded/print_from.c %D%/seeded/print_value.c %D%/seeded/print_write.c %D%/seeded/resolve_items.c \
	%D%/seeded/resolve_query.c %D%/seeded/resolve_write.c %D%/seeded/scope.c
%C%_test_seeded_SOURCES = %D%/test_seeded.c $(dbn_oracle_sources)
nodist_%C%_test_seeded_SOURCES = $(dbn_seeded_sources)
%C%_test_seeded_CPPFLAGS = $(dbn_oracle_cppflags)
%C%_test_seeded_LDADD = $(dbn_oracle_libs)
# Without a command make would not look at them again.
$(dbn_seeded_sources): %D%/seeded/list
	@touch $@
%D%/seeded/list: %D%/seeds.txt %D%/seed.awk $(dbn_sql_sources)
	@$(MKDIR_P) %D%/seeded
	$(AM_V_GEN)rm -f $@.new; for f in $(dbn_seeded); do \
	  $(AWK) -v file=$$f -v list=%D%/seeded/one -f $(srcdir)/%D%/seed.awk $(srcdir)/%D%/seeds.txt \
	    $(srcdir)/libcore/sql/$$f >%D%/seeded/$$f && cat %D%/seeded/one >>$@.new || exit 1; \
	done; mv -f $@.new $@
EXTRA_DIST += %D%/seeds.txt %D%/seed.awk
CLEANFILES += $(dbn_seeded_sources) %D%/seeded/list %D%/seeded/one
check_PROGRAMS += %D%/test_lists %D%/test_portable
TESTS += %D%/test_lists %D%/test_portable
%C%_test_lists_SOURCES = %D%/test_lists.c $(dbn_oracle_sources)
%C%_test_lists_CPPFLAGS = $(dbn_oracle_cppflags)
%C%_test_lists_LDADD = $(dbn_oracle_libs)
%C%_test_portable_SOURCES = %D%/test_portable.c $(dbn_oracle_sources)
%C%_test_portable_CPPFLAGS = $(dbn_oracle_cppflags)
%C%_test_portable_LDADD = $(dbn_oracle_libs)
# What the driver is asked is counted: --wrap.
check_PROGRAMS += %D%/test_many_tables
TESTS += %D%/test_many_tables
%C%_test_many_tables_SOURCES = %D%/test_many_tables.c $(dbn_oracle_sources)
%C%_test_many_tables_CPPFLAGS = $(dbn_oracle_cppflags)
%C%_test_many_tables_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=dbn_connset_acquire
%C%_test_many_tables_LDADD = $(dbn_oracle_libs)
if ENABLE_DRIVER_POSTGRES
check_PROGRAMS += %D%/test_depend
%C%_test_depend_SOURCES = %D%/test_depend.c $(dbn_oracle_sources)
%C%_test_depend_CPPFLAGS = $(dbn_oracle_cppflags)
%C%_test_depend_LDADD = $(dbn_oracle_libs)
TESTS += %D%/on-postgres
endif
if ENABLE_DRIVER_MYSQL
check_PROGRAMS += %D%/test_role
%C%_test_role_SOURCES = %D%/test_role.c $(dbn_oracle_sources)
%C%_test_role_CPPFLAGS = $(dbn_oracle_cppflags)
%C%_test_role_LDADD = $(dbn_oracle_libs)
TESTS += %D%/on-mariadb
endif
EXTRA_DIST += %D%/on-servers %D%/on-postgres %D%/on-mariadb
endif
endif
