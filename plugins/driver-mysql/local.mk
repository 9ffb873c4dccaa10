# SPDX-License-Identifier: MIT
if ENABLE_DRIVER_MYSQL
dbn_plugin_LTLIBRARIES += %D%/driver-mysql.la
%C%_driver_mysql_la_SOURCES = \
	%D%/array.c %D%/bind.c %D%/catalog.c %D%/cell.c %D%/columns.c %D%/conn.c %D%/driver.c \
	%D%/driver.h %D%/effects.c %D%/error.c %D%/exec.c %D%/guard.c %D%/keyed.c %D%/lib.c %D%/lib.h \
	%D%/link.c %D%/many.c %D%/position.c %D%/rows.c %D%/stmt.c %D%/txn.c %D%/url.c %D%/warn.c \
	%D%/words.c %D%/xa.c
%C%_driver_mysql_la_CPPFLAGS = $(dbn_plug_cppflags)
%C%_driver_mysql_la_CFLAGS   = $(AM_CFLAGS) $(MYSQL_CFLAGS)
%C%_driver_mysql_la_LIBADD   = $(dbn_plug_libs) $(MYSQL_LIBS) -lm
%C%_driver_mysql_la_LDFLAGS  = $(dbn_module_ldflags)
endif
EXTRA_DIST += %D%/README.md
