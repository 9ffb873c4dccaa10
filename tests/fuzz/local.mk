# SPDX-License-Identifier: MIT
# make check replays the corpus; make fuzz-sql CC=clang looks for more.
check_PROGRAMS += %D%/replay_sql
TESTS += %D%/replay_sql
%C%_replay_sql_SOURCES = %D%/fuzz_sql.c %D%/replay.c %D%/sql_catalog.h
%C%_replay_sql_LDADD = libcore/libcore.la
AM_TESTS_ENVIRONMENT += DBN_FUZZ_CORPUS='$(abs_top_srcdir)/%D%/corpus-sql'; export DBN_FUZZ_CORPUS;
EXTRA_DIST += %D%/corpus-sql

.PHONY: fuzz-sql
fuzz-sql:
	clang -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -I$(top_srcdir)/libcore \
	  -I$(top_srcdir)/libcore/include $(top_srcdir)/%D%/fuzz_sql.c \
	  $(top_srcdir)/libcore/sql/*.c $(top_srcdir)/libcore/base/*.c \
	  $(top_srcdir)/libcore/error/*.c $(top_srcdir)/libcore/value/*.c -o %D%/fuzz_sql
	mkdir -p %D%/found
	./%D%/fuzz_sql -max_len=4096 -timeout=10 $(FUZZ_FLAGS) %D%/found $(top_srcdir)/%D%/corpus-sql
