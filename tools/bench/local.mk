# SPDX-License-Identifier: MIT
# make bench; make bench-instructions.  BENCH_ROUNDS and BENCH_SCALE shorten it.  A
# program of make check, which runs it for a moment.
if ENABLE_DRIVER_SQLITE
check_PROGRAMS += %D%/bench
endif
%C%_bench_SOURCES = %D%/bench.c %D%/bench.h %D%/bench_user.h %D%/raw.c %D%/stack.c
%C%_bench_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
# A real program in the build tree, not a script around it: it is timed.
%C%_bench_LDFLAGS = -no-install $(AM_LDFLAGS)
%C%_bench_LDADD = libcore/libdbnexus.la $(SQLITE_LIBS) -lm
BENCH_ROUNDS = 61
BENCH_SCALE = 1
bench_dir = $(abs_top_builddir)/bench.d

# The connection pool alone.
check_PROGRAMS += %D%/pool
%C%_pool_SOURCES = %D%/pool.c
%C%_pool_LDADD = libcore/libcore.la

.PHONY: bench bench-instructions
bench: %D%/bench %D%/pool $(dbn_plugin_LTLIBRARIES)
	@%D%/pool
	@DBNEXUS_PLUGIN_PATH=`$(dbn_built_plugin_path)` \
	  %D%/bench $(bench_dir) $(BENCH_ROUNDS) $(BENCH_SCALE)
bench-instructions: %D%/bench $(dbn_plugin_LTLIBRARIES)
	@DBNEXUS_PLUGIN_PATH=`$(dbn_built_plugin_path)` \
	  $(SHELL) $(srcdir)/%D%/instructions.sh %D%/bench $(bench_dir)
EXTRA_DIST += %D%/instructions.sh
clean-bench:
	-rm -rf $(bench_dir)
.PHONY: clean-bench
