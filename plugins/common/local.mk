# SPDX-License-Identifier: MIT
# Linked into plugins, never into libcore.
noinst_LTLIBRARIES += %D%/libplug.la
%C%_libplug_la_SOURCES = %D%/fit.c %D%/plug.c %D%/plug.h \
	%D%/relation.c %D%/relation.h %D%/when.c \
	libcore/base/iso.c libcore/base/iso.h
dbn_plug_cppflags = -I$(top_srcdir)/libcore/include -I$(top_srcdir)/plugins
dbn_plug_libs = %D%/libplug.la
