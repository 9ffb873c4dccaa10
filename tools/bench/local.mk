# SPDX-License-Identifier: MIT
# make bench; make bench-instructions.  BENCH_ARGS: --rounds N, --scale N, --only sqlite.
# Programs of make check, which runs them for a moment.
if ENABLE_STACK
check_PROGRAMS += %D%/bench
endif
%C%_bench_SOURCES = %D%/bench.c %D%/bench.h %D%/bench_user.h %D%/compare.c %D%/at_once.c \
	%D%/stack.c %D%/stats.c %D%/stats.h %D%/table.c %D%/table.h
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
# The connection pool alone.
check_PROGRAMS += %D%/pool
%C%_pool_SOURCES = %D%/pool.c %D%/stats.c %D%/table.c
%C%_pool_LDADD = libcore/libcore.la -lm
# Compiling alone.
check_PROGRAMS += %D%/compile
%C%_compile_SOURCES = %D%/compile.c %D%/lab.c %D%/lab.h %D%/shapes.c %D%/shapes.h \
	%D%/stats.c %D%/stats.h %D%/table.c %D%/table.h
%C%_compile_CPPFLAGS = $(AM_CPPFLAGS)
%C%_compile_LDFLAGS = -no-install $(AM_LDFLAGS)
%C%_compile_LDADD = libcore/libcore.la -lm
BENCH_ARGS =
bench_dir = $(abs_top_builddir)/bench.d

.PHONY: bench bench-instructions
bench: %D%/bench %D%/pool %D%/compile $(dbn_plugin_LTLIBRARIES)
	@DBNEXUS_PLUGIN_PATH=`$(dbn_built_plugin_path)` \
	  $(SHELL) $(srcdir)/%D%/servers.sh $(abs_top_srcdir)/tests \
	  $(abs_builddir)/%D%/bench $(bench_dir) $(BENCH_ARGS)
	@%D%/pool
	@%D%/compile --no-head
bench-instructions: %D%/bench $(dbn_plugin_LTLIBRARIES)
	@DBNEXUS_PLUGIN_PATH=`$(dbn_built_plugin_path)` \
	  $(SHELL) $(srcdir)/%D%/servers.sh $(abs_top_srcdir)/tests \
	  $(SHELL) $(abs_srcdir)/%D%/instructions.sh $(abs_builddir)/%D%/bench $(bench_dir)
EXTRA_DIST += %D%/instructions.sh %D%/servers.sh

clean-bench:
	-rm -rf $(bench_dir)
.PHONY: clean-bench
