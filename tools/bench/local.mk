# SPDX-License-Identifier: MIT
# make bench; make bench-instructions.  BENCH_ARGS: --rounds N, --scale N, --only sqlite.
# BENCH_PLACE: apart, one or free (servers.sh).
# Programs of make check, which runs them for a moment.
if ENABLE_STACK
check_PROGRAMS += %D%/bench
endif
%C%_bench_SOURCES = %D%/bench.c %D%/bench.h %D%/bench_user.h %D%/compare.c %D%/at_once.c \
	%D%/place.c %D%/stack.c %D%/stats.c %D%/stats.h %D%/table.c %D%/table.h
%C%_bench_CPPFLAGS = $(AM_CPPFLAGS)
# A real program in the build tree, not a script around it: it is timed.
%C%_bench_LDFLAGS = -no-install $(AM_LDFLAGS)
%C%_bench_LDADD = libcore/libdbnexus.la -lm
if ENABLE_DRIVER_SQLITE
%C%_bench_SOURCES += %D%/raw_sqlite.c
%C%_bench_CPPFLAGS += $(SQLITE_CFLAGS) -DHAVE_SQLITE
%C%_bench_LDADD += $(SQLITE_LIBS)
endif
if ENABLE_DRIVER_POSTGRES
%C%_bench_SOURCES += %D%/raw_postgres.c
%C%_bench_CPPFLAGS += $(LIBPQ_CFLAGS) -DHAVE_POSTGRES
%C%_bench_LDADD += $(LIBPQ_LIBS)
endif
if ENABLE_DRIVER_MYSQL
%C%_bench_SOURCES += %D%/raw_mysql.c
%C%_bench_CPPFLAGS += $(MYSQL_CFLAGS) -DHAVE_MYSQL
%C%_bench_LDADD += $(MYSQL_LIBS)
endif
# Other libraries, where configure has found them.  All programs print the columns.
dbn_bench_peers =
%C%_bench_CPPFLAGS += $(dbn_bench_peers)
if BENCH_LIBDBI
%C%_bench_SOURCES += %D%/peer_libdbi.c
%C%_bench_CPPFLAGS += $(LIBDBI_CFLAGS)
dbn_bench_peers += -DHAVE_LIBDBI
%C%_bench_LDADD += $(LIBDBI_LIBS)
endif
if BENCH_ODBC
%C%_bench_SOURCES += %D%/peer_odbc.c
%C%_bench_CPPFLAGS += $(ODBC_CFLAGS)
dbn_bench_peers += -DHAVE_ODBC
%C%_bench_LDADD += $(ODBC_LIBS)
endif
if BENCH_SOCI
# A library of its own, so that bench is linked by the C compiler with and without.
check_LTLIBRARIES += %D%/libpeer_soci.la
%C%_libpeer_soci_la_SOURCES = %D%/peer_soci.cpp
dbn_bench_peers += -DHAVE_SOCI
%C%_bench_LDADD += %D%/libpeer_soci.la -lsoci_core -lstdc++
endif
# The connection pool alone.
check_PROGRAMS += %D%/pool
%C%_pool_SOURCES = %D%/pool.c %D%/idle.c %D%/idle.h %D%/stats.c %D%/table.c
%C%_pool_CPPFLAGS = $(AM_CPPFLAGS) $(dbn_bench_peers)
%C%_pool_LDADD = libcore/libcore.la -lm
# Compiling alone.
check_PROGRAMS += %D%/compile
%C%_compile_SOURCES = %D%/compile.c %D%/idle.c %D%/idle.h %D%/lab.c %D%/lab.h \
	%D%/shapes.c %D%/shapes.h \
	%D%/stats.c %D%/stats.h %D%/table.c %D%/table.h
%C%_compile_CPPFLAGS = $(AM_CPPFLAGS) $(dbn_bench_peers)
%C%_compile_LDFLAGS = -no-install $(AM_LDFLAGS)
%C%_compile_LDADD = libcore/libcore.la -lm
BENCH_ARGS =
BENCH_PLACE =
bench_dir = $(abs_top_builddir)/bench.d

.PHONY: bench bench-instructions
bench: %D%/bench %D%/pool %D%/compile $(dbn_plugin_LTLIBRARIES)
	@DBNEXUS_PLUGIN_PATH=`$(dbn_built_plugin_path)` \
	  BENCH_PLACE=$(BENCH_PLACE) \
	  $(SHELL) $(srcdir)/%D%/servers.sh $(abs_top_srcdir)/tests \
	  $(abs_builddir)/%D%/bench $(bench_dir) $(BENCH_ARGS)
	@%D%/pool
	@%D%/compile --no-head
bench-instructions: %D%/bench $(dbn_plugin_LTLIBRARIES)
	@DBNEXUS_PLUGIN_PATH=`$(dbn_built_plugin_path)` \
	  $(SHELL) $(srcdir)/%D%/servers.sh $(abs_top_srcdir)/tests \
	  $(SHELL) $(abs_srcdir)/%D%/instructions.sh $(abs_builddir)/%D%/bench $(bench_dir)
EXTRA_DIST += %D%/instructions.sh %D%/servers.sh %D%/peers.m4

clean-bench:
	-rm -rf $(bench_dir)
.PHONY: clean-bench
