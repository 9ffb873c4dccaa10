# SPDX-License-Identifier: MIT
if HAVE_CRITERION
check_PROGRAMS += %D%/test_error
TESTS += %D%/test_error
%C%_test_error_SOURCES = %D%/test_error.c
%C%_test_error_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_error_LDADD = libcore/libcore.la $(CRITERION_LIBS)
endif
