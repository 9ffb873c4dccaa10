# SPDX-License-Identifier: MIT
if HAVE_CRITERION
dbn_plugin_tests = %D%/test_refusals %D%/test_instance %D%/test_template %D%/test_plugin_nomem %D%/test_serial
check_PROGRAMS += $(dbn_plugin_tests)
TESTS += $(dbn_plugin_tests)
%C%_test_refusals_SOURCES = %D%/test_refusals.c %D%/stack.h
%C%_test_refusals_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_refusals_LDADD = libcore/libcore.la $(CRITERION_LIBS)
%C%_test_instance_SOURCES = %D%/test_instance.c %D%/stack.h
%C%_test_instance_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS)
%C%_test_instance_LDADD = libcore/libcore.la $(CRITERION_LIBS)
%C%_test_plugin_nomem_SOURCES = %D%/test_plugin_nomem.c %D%/stack.h
%C%_test_plugin_nomem_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_plugin_nomem_LDADD = libcore/libcore.la $(CRITERION_LIBS)
%C%_test_serial_SOURCES = %D%/test_serial.c %D%/stack.h
%C%_test_serial_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_serial_LDADD = libcore/libcore.la $(CRITERION_LIBS)
%C%_test_template_SOURCES = %D%/test_template.c %D%/stack.h
%C%_test_template_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_template_LDADD = libcore/libcore.la $(CRITERION_LIBS)
endif
check_PROGRAMS += %D%/test_serial_threads
TESTS += %D%/test_serial_threads
%C%_test_serial_threads_SOURCES = %D%/test_serial_threads.c
%C%_test_serial_threads_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests
%C%_test_serial_threads_LDADD = libcore/libcore.la
dbn_thread_tests += %D%/test_serial_threads
