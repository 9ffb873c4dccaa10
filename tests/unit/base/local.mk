# SPDX-License-Identifier: MIT
if HAVE_CRITERION
check_PROGRAMS += %D%/test_mem %D%/test_text
TESTS += %D%/test_mem %D%/test_text
%C%_test_mem_SOURCES = %D%/test_mem.c
%C%_test_mem_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_mem_LDADD = libcore/libcore.la $(CRITERION_LIBS)
%C%_test_text_SOURCES = %D%/test_text.c
%C%_test_text_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_text_LDADD = libcore/libcore.la $(CRITERION_LIBS) -lm
endif
