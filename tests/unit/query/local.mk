# SPDX-License-Identifier: MIT
if HAVE_CRITERION
check_PROGRAMS += %D%/test_query
TESTS += %D%/test_query
%C%_test_query_SOURCES = %D%/test_query.c
%C%_test_query_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_query_LDADD = libcore/libcore.la $(CRITERION_LIBS)
endif
