# SPDX-License-Identifier: MIT
if ENABLE_DRIVER_POSTGRES
dbn_plugin_LTLIBRARIES += %D%/driver-postgres.la
%C%_driver_postgres_la_SOURCES = \
	%D%/arrays.c %D%/async.c %D%/bind.c %D%/bulk.c %D%/cancel.c %D%/catalog.c \
	%D%/cell.c %D%/conn.c %D%/cursor.c %D%/describe.h %D%/driver.c %D%/driver.h \
	%D%/effects.c %D%/epoch.c %D%/error.c %D%/exec.c %D%/many.c %D%/numeric.c \
	%D%/position.c %D%/queue.c %D%/rows.c %D%/stmt.c %D%/submit.c %D%/text.c \
	%D%/txn.c %D%/types.c %D%/url.c %D%/wire.c
%C%_driver_postgres_la_CPPFLAGS = $(dbn_plug_cppflags)
%C%_driver_postgres_la_CFLAGS   = $(AM_CFLAGS) $(LIBPQ_CFLAGS)
%C%_driver_postgres_la_LIBADD   = $(dbn_plug_libs) $(LIBPQ_LIBS) -lm
%C%_driver_postgres_la_LDFLAGS  = $(dbn_module_ldflags)
endif
EXTRA_DIST += %D%/README.md
