# SPDX-License-Identifier: MIT
if HAVE_CRITERION
check_PROGRAMS += %D%/test_audit
TESTS += %D%/test_audit
%C%_test_audit_SOURCES = %D%/memory_sink.c %D%/memory_sink.h %D%/test_audit.c
%C%_test_audit_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS) $(JANSSON_CFLAGS)
%C%_test_audit_LDADD = libcore/libcore.la $(CRITERION_LIBS) $(JANSSON_LIBS)
endif
