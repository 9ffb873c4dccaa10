# SPDX-License-Identifier: MIT
if HAVE_CRITERION
check_PROGRAMS += %D%/test_audit %D%/test_verify
TESTS += %D%/test_audit %D%/test_verify
%C%_test_audit_SOURCES = %D%/memory_sink.c %D%/memory_sink.h %D%/test_audit.c \
	tests/lib/fault_alloc.h
%C%_test_audit_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS) $(JANSSON_CFLAGS)
%C%_test_audit_LDADD = libcore/libcore.la $(CRITERION_LIBS) $(JANSSON_LIBS)
%C%_test_verify_SOURCES = %D%/test_verify.c
%C%_test_verify_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS)
%C%_test_verify_LDADD = libcore/libcore.la $(CRITERION_LIBS)
if ENABLE_AUDIT_FILE
check_PROGRAMS += %D%/test_file
TESTS += %D%/test_file
%C%_test_file_SOURCES = %D%/test_file.c
%C%_test_file_CPPFLAGS = $(dbn_conform_cppflags) $(CRITERION_CFLAGS)
%C%_test_file_LDADD = $(dbn_conform_libs) $(CRITERION_LIBS)
endif
endif
check_PROGRAMS += %D%/threads
TESTS += %D%/threads
dbn_thread_tests += %D%/threads
%C%_threads_SOURCES = %D%/memory_sink.c %D%/memory_sink.h %D%/threads.c
%C%_threads_LDADD = libcore/libcore.la
