# SPDX-License-Identifier: MIT
# What needs no library to run is an archive of its own, for the unit tests.
noinst_LTLIBRARIES += %D%/libcli.la
%C%_libcli_la_SOURCES = \
	%D%/cli.h \
	%D%/help.c \
	%D%/options.c \
	%D%/out.c %D%/out.h \
	%D%/out_impl.h \
	%D%/params.c \
	%D%/report.c \
	%D%/table.c \
	%D%/text.c %D%/text.h

bin_PROGRAMS += %D%/dbnexus
%C%_dbnexus_SOURCES = \
	%D%/audit.c \
	%D%/check.c \
	%D%/conform.c \
	%D%/main.c \
	%D%/plugins.c \
	%D%/pool.c \
	%D%/query.c \
	%D%/stack.c
%C%_dbnexus_LDADD = %D%/libcli.la libcore/libdbnexus.la $(JANSSON_LIBS)
%C%_dbnexus_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) -DDBN_LIBEXEC='"$(pkglibexecdir)"'
