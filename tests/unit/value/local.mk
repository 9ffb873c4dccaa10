# SPDX-License-Identifier: MIT
if HAVE_CRITERION
check_PROGRAMS += %D%/test_value
TESTS += %D%/test_value
%C%_test_value_SOURCES = %D%/test_value.c
%C%_test_value_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_value_LDADD = libcore/libcore.la $(CRITERION_LIBS) -lm
endif
