# SPDX-License-Identifier: MIT
# What callers see when servers and wires fail: real servers, a proxy in between.
# run-postgres and run-mariadb PROGRAM [PART] runs one of them alone; the threads
# of load also under ThreadSanitizer.
if ENABLE_STACK
check_PROGRAMS += %D%/cut %D%/load %D%/outage %D%/twophase
dbn_thread_tests += %D%/load
%C%_common = %D%/ledger.c %D%/ops.c %D%/ops.h %D%/proxy.c %D%/proxy.h %D%/server.c %D%/world.c \
	%D%/world.h
%C%_cut_SOURCES = %D%/cut.c $(%C%_common)
%C%_cut_CPPFLAGS = -I$(top_srcdir)/libcore/include
%C%_cut_LDADD = libcore/libdbnexus.la
%C%_load_SOURCES = %D%/load.c $(%C%_common)
%C%_load_CPPFLAGS = -I$(top_srcdir)/libcore/include
%C%_load_LDADD = libcore/libdbnexus.la
%C%_outage_SOURCES = %D%/outage.c $(%C%_common)
%C%_outage_CPPFLAGS = -I$(top_srcdir)/libcore/include
%C%_outage_LDADD = libcore/libdbnexus.la
%C%_twophase_SOURCES = %D%/twophase.c $(%C%_common)
%C%_twophase_CPPFLAGS = $(dbn_conform_cppflags)
%C%_twophase_LDADD = $(dbn_conform_libs)
if ENABLE_DRIVER_POSTGRES
TESTS += %D%/run-postgres
endif
if ENABLE_DRIVER_MYSQL
TESTS += %D%/run-mariadb
endif
endif
EXTRA_DIST += %D%/run-postgres %D%/run-mariadb
