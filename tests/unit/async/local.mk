# SPDX-License-Identifier: MIT
# Futures and what runs behind them, on whole stacks.
if HAVE_CRITERION
check_PROGRAMS += %D%/test_async
TESTS += %D%/test_async
%C%_test_async_SOURCES = %D%/test_async.c tests/lib/stack.c tests/lib/stack.h tests/lib/team_member.h
%C%_test_async_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS)
%C%_test_async_LDADD = libcore/libdbnexus.la $(CRITERION_LIBS)
endif
check_PROGRAMS += %D%/threads
TESTS += %D%/threads
dbn_thread_tests += %D%/threads
%C%_threads_SOURCES = %D%/threads.c
%C%_threads_LDADD = libcore/libcore.la
if ENABLE_DRIVER_POSTGRES
check_PROGRAMS += %D%/test_groups %D%/test_rides
TESTS += %D%/run-groups %D%/run-rides
dbn_thread_tests += $(top_srcdir)/%D%/run-groups $(top_srcdir)/%D%/run-rides
dbn_thread_needs += %D%/test_groups %D%/test_rides
%C%_test_groups_SOURCES = %D%/test_groups.c %D%/pgstack.c %D%/pgstack.h
%C%_test_rides_SOURCES = %D%/test_rides.c %D%/pgstack.c %D%/pgstack.h
%C%_test_rides_LDADD = libcore/libcore.la
%C%_test_groups_LDADD = libcore/libcore.la
endif
EXTRA_DIST += %D%/run-groups %D%/run-rides
check_PROGRAMS += %D%/lanes
TESTS += %D%/lanes
dbn_thread_tests += %D%/lanes
%C%_lanes_SOURCES = %D%/lanes.c %D%/answers.c %D%/answers.h
%C%_lanes_LDADD = libcore/libcore.la
check_PROGRAMS += %D%/rides
TESTS += %D%/rides
dbn_thread_tests += %D%/rides
%C%_rides_SOURCES = %D%/rides.c %D%/answers.c %D%/answers.h
%C%_rides_LDADD = libcore/libcore.la
