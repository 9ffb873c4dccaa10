# SPDX-License-Identifier: MIT
if ENABLE_DRIVER_SQLITE
dbn_plugin_LTLIBRARIES += %D%/driver-sqlite.la
%C%_driver_sqlite_la_SOURCES = \
	%D%/access.c %D%/bind.c %D%/catalog.c %D%/cell.c %D%/conn.c %D%/driver.c \
	%D%/driver.h %D%/effects.c %D%/error.c %D%/exec.c %D%/free.c %D%/guard.c \
	%D%/inputs.c %D%/many.c %D%/rows.c %D%/schema.c %D%/stmt.c %D%/txn.c
%C%_driver_sqlite_la_CPPFLAGS = $(dbn_plug_cppflags)
%C%_driver_sqlite_la_CFLAGS   = $(AM_CFLAGS) $(SQLITE_CFLAGS)
%C%_driver_sqlite_la_LIBADD   = $(dbn_plug_libs) $(SQLITE_LIBS) -lm
%C%_driver_sqlite_la_LDFLAGS  = $(dbn_module_ldflags)
endif
EXTRA_DIST += %D%/README.md
