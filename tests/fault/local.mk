# SPDX-License-Identifier: MIT
# Every allocation of the core fails once.  SQLite itself is asked, past all of
# the library, what has become of the data.
if HAVE_CRITERION
if ENABLE_STACK
check_PROGRAMS += %D%/test_fault
TESTS += %D%/test_fault
%C%_test_fault_SOURCES = %D%/test_fault.c tests/lib/stack.c tests/lib/stack.h tests/lib/fault_alloc.h
%C%_test_fault_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/libcore -I$(top_srcdir)/tests \
	$(CRITERION_CFLAGS) $(SQLITE_CFLAGS)
%C%_test_fault_LDADD = libcore/libcore.la $(CRITERION_LIBS) $(SQLITE_LIBS)
endif
endif
