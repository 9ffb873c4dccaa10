# SPDX-License-Identifier: MIT
if HAVE_CRITERION
check_PROGRAMS += %D%/test_entity %D%/test_pattern
TESTS += %D%/test_entity %D%/test_pattern
%C%_test_entity_SOURCES = %D%/test_entity.c %D%/entities.c %D%/entities.h tests/lib/team_member.h
%C%_test_entity_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS)
%C%_test_entity_LDADD = libcore/libcore.la $(CRITERION_LIBS) -lm
%C%_test_pattern_SOURCES = %D%/test_pattern.c
%C%_test_pattern_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_pattern_LDADD = libcore/libcore.la $(CRITERION_LIBS)
endif

check_PROGRAMS += %D%/threads %D%/cxx
TESTS += %D%/threads %D%/cxx
dbn_thread_tests += %D%/threads
%C%_threads_SOURCES = %D%/threads.c %D%/entities.c %D%/entities.h
%C%_threads_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_threads_LDADD = libcore/libcore.la
%C%_cxx_SOURCES = %D%/cxx.cc
%C%_cxx_CXXFLAGS = $(AM_CXXFLAGS) -std=c++17
%C%_cxx_LDADD = libcore/libdbnexus.la
