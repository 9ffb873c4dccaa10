# SPDX-License-Identifier: MIT
# Every allocation of the core fails once.  SQLite itself is asked, past all of
# the library, what has become of the data.
if HAVE_CRITERION
if ENABLE_STACK
check_PROGRAMS += %D%/test_async %D%/test_fault %D%/test_wide
TESTS += %D%/test_async %D%/test_fault %D%/test_wide
dbn_fault_sources = tests/fault/fault.h tests/lib/stack.c tests/lib/stack.h tests/lib/fault_alloc.h
dbn_fault_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS) $(SQLITE_CFLAGS)
%C%_test_async_SOURCES = %D%/test_async.c $(dbn_fault_sources)
%C%_test_async_CPPFLAGS = $(dbn_fault_cppflags)
%C%_test_async_LDADD = libcore/libcore.la $(CRITERION_LIBS) $(SQLITE_LIBS)
%C%_test_fault_SOURCES = %D%/test_fault.c $(dbn_fault_sources)
%C%_test_fault_CPPFLAGS = $(dbn_fault_cppflags)
%C%_test_fault_LDADD = libcore/libcore.la $(CRITERION_LIBS) $(SQLITE_LIBS)
%C%_test_wide_SOURCES = %D%/test_wide.c tests/lib/team_member.h $(dbn_fault_sources)
%C%_test_wide_CPPFLAGS = $(dbn_fault_cppflags)
%C%_test_wide_LDADD = libcore/libcore.la $(CRITERION_LIBS) $(SQLITE_LIBS)
endif
endif
