# SPDX-License-Identifier: MIT
if HAVE_CRITERION
check_PROGRAMS += %D%/test_cache
TESTS += %D%/test_cache
%C%_test_cache_SOURCES = %D%/test_cache.c
%C%_test_cache_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS)
%C%_test_cache_LDADD = libcore/libcore.la $(CRITERION_LIBS)
endif
if ENABLE_CACHE_MEMORY
check_PROGRAMS += %D%/threads
TESTS += %D%/threads
dbn_thread_tests += %D%/threads
%C%_threads_SOURCES = %D%/threads.c
%C%_threads_CPPFLAGS = $(dbn_conform_cppflags)
%C%_threads_LDADD = $(dbn_conform_libs)
endif
