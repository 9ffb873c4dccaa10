# SPDX-License-Identifier: MIT
# What callers see when servers and wires fail; on real servers, through a proxy.
if ENABLE_STACK
check_PROGRAMS += %D%/cut
%C%_common = %D%/ledger.c %D%/ops.c %D%/ops.h %D%/proxy.c %D%/proxy.h %D%/server.c %D%/world.c \
	%D%/world.h
%C%_cut_SOURCES = %D%/cut.c $(%C%_common)
%C%_cut_CPPFLAGS = -I$(top_srcdir)/libcore/include
%C%_cut_LDADD = libcore/libdbnexus.la
endif
EXTRA_DIST += %D%/run-postgres %D%/run-mariadb
