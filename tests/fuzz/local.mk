# SPDX-License-Identifier: MIT
# make check replays the corpus; make fuzz-sql CC=clang looks for more.
check_PROGRAMS += %D%/replay_sql
TESTS += %D%/replay_sql
%C%_replay_sql_SOURCES = %D%/fuzz_sql.c %D%/replay.c %D%/sql_catalog.h
%C%_replay_sql_LDADD = libcore/libcore.la
AM_TESTS_ENVIRONMENT += DBN_FUZZ_DIR='$(abs_top_srcdir)/%D%'; export DBN_FUZZ_DIR;
EXTRA_DIST += %D%/corpus-sql

.PHONY: fuzz-sql
fuzz-sql:
	clang -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -I$(top_srcdir)/libcore \
	  -I$(top_srcdir)/libcore/include $(top_srcdir)/%D%/fuzz_sql.c \
	  $(top_srcdir)/libcore/sql/*.c $(top_srcdir)/libcore/base/*.c \
	  $(top_srcdir)/libcore/error/*.c $(top_srcdir)/libcore/value/*.c -o %D%/fuzz_sql
	mkdir -p %D%/found
	./%D%/fuzz_sql -max_len=4096 -timeout=10 $(FUZZ_FLAGS) %D%/found $(top_srcdir)/%D%/corpus-sql

check_PROGRAMS += %D%/replay_conf
TESTS += %D%/replay_conf
%C%_replay_conf_SOURCES = %D%/fuzz_conf.c %D%/replay.c
%C%_replay_conf_LDADD = libcore/libcore.la
EXTRA_DIST += %D%/corpus-conf

.PHONY: fuzz-conf
fuzz-conf:
	clang -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -I$(top_srcdir)/libcore \
	  -I$(top_srcdir)/libcore/include $(top_srcdir)/%D%/fuzz_conf.c \
	  $(top_srcdir)/libcore/conf/*.c $(top_srcdir)/libcore/base/*.c \
	  $(top_srcdir)/libcore/error/*.c $(top_srcdir)/libcore/value/*.c -o %D%/fuzz_conf $(LIBCONFIG_LIBS)
	mkdir -p %D%/found-conf
	./%D%/fuzz_conf -max_len=4096 -timeout=10 $(FUZZ_FLAGS) %D%/found-conf $(top_srcdir)/%D%/corpus-conf

check_PROGRAMS += %D%/replay_trail
TESTS += %D%/replay_trail
%C%_replay_trail_SOURCES = %D%/fuzz_trail.c %D%/replay.c
%C%_replay_trail_LDADD = libcore/libcore.la
EXTRA_DIST += %D%/corpus-trail

.PHONY: fuzz-trail
fuzz-trail:
	clang -D_GNU_SOURCE -DDBN_PLUGIN_DIR='"."' -g -O1 -fsanitize=fuzzer,address,undefined \
	  -I$(top_srcdir)/libcore -I$(top_srcdir)/libcore/include $(top_srcdir)/%D%/fuzz_trail.c \
	  $(top_srcdir)/libcore/conf/*.c $(top_srcdir)/libcore/base/*.c \
	  $(top_srcdir)/libcore/error/*.c $(top_srcdir)/libcore/value/*.c \
	  $(top_srcdir)/libcore/crypto/*.c $(top_srcdir)/libcore/plugin/*.c \
	  $(top_srcdir)/libcore/audit/*.c -o %D%/fuzz_trail $(dbn_core_libs)
	mkdir -p %D%/found-trail
	./%D%/fuzz_trail -max_len=4096 -timeout=10 $(FUZZ_FLAGS) %D%/found-trail $(top_srcdir)/%D%/corpus-trail

if ENABLE_PERMISSION_RBAC
check_PROGRAMS += %D%/replay_policy
TESTS += %D%/replay_policy
%C%_replay_policy_SOURCES = %D%/fuzz_policy.c %D%/replay.c tests/lib/fake_host.c tests/lib/fake_host.h \
	tests/lib/fake_plugin.c $(dbn_rbac_sources)
%C%_replay_policy_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(LIBCONFIG_CFLAGS)
%C%_replay_policy_LDADD = libcore/libcore.la $(LIBCONFIG_LIBS) -ldl
endif
EXTRA_DIST += %D%/corpus-policy
