# SPDX-License-Identifier: MIT
# Corpora, generator and oracles of the SQL front end: see README.
EXTRA_DIST += %D%/README %D%/corpus %D%/schema-sqlite.sql %D%/schema-postgres.sql \
	%D%/schema-mysql.sql
if HAVE_CRITERION
check_PROGRAMS += %D%/test_corpus
TESTS += %D%/test_corpus
%C%_test_corpus_SOURCES = %D%/test_corpus.c %D%/corpus.c %D%/corpus.h
%C%_test_corpus_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS)
%C%_test_corpus_LDADD = libcore/libcore.la $(CRITERION_LIBS)
endif
