# SPDX-License-Identifier: MIT
if HAVE_CRITERION
check_PROGRAMS += %D%/test_route
TESTS += %D%/test_route
%C%_test_route_SOURCES = %D%/test_route.c
%C%_test_route_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_route_LDADD = libcore/libcore.la $(CRITERION_LIBS)
endif
