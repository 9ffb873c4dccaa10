# SPDX-License-Identifier: MIT
# The connection pool over a database that is not there (fake_db.c).
EXTRA_DIST += %D%/fake_db.h
if HAVE_CRITERION
check_PROGRAMS += %D%/test_order %D%/test_pool
TESTS += %D%/test_order %D%/test_pool
%C%_test_order_SOURCES = %D%/test_order.c %D%/fake_db.c
%C%_test_order_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS)
%C%_test_order_LDADD = libcore/libcore.la $(CRITERION_LIBS)
%C%_test_pool_SOURCES = %D%/test_pool.c %D%/test_lines.c %D%/fake_db.c
%C%_test_pool_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS)
%C%_test_pool_LDADD = libcore/libcore.la $(CRITERION_LIBS)
endif

# threads [SECONDS]: 32 threads on 8 connections that die now and then.
check_PROGRAMS += %D%/threads
TESTS += %D%/threads
dbn_thread_tests += %D%/threads
%C%_threads_SOURCES = %D%/threads.c %D%/fake_db.c
%C%_threads_LDADD = libcore/libcore.la
