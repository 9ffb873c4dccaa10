# SPDX-License-Identifier: MIT
# A throw-away PostgreSQL driver, and the proof that the border carries it.
if HAVE_LIBPQ
check_LTLIBRARIES += %D%/pg-proof.la
%C%_pg_proof_la_SOURCES  = %D%/driver.c %D%/pg.h %D%/rows.c %D%/wire.c
%C%_pg_proof_la_CPPFLAGS = $(dbn_plug_cppflags)
%C%_pg_proof_la_CFLAGS   = $(AM_CFLAGS) $(LIBPQ_CFLAGS)
%C%_pg_proof_la_LIBADD   = $(dbn_plug_libs) $(LIBPQ_LIBS)
%C%_pg_proof_la_LDFLAGS  = $(dbn_module_ldflags) -rpath /nowhere
check_PROGRAMS += %D%/test_pg
%C%_test_pg_SOURCES  = %D%/test_pg.c
%C%_test_pg_CPPFLAGS = $(dbn_conform_cppflags)
%C%_test_pg_LDADD    = $(dbn_conform_libs)
TESTS += %D%/run-pg
endif
EXTRA_DIST += %D%/run-pg %D%/quirks
