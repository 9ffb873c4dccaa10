# SPDX-License-Identifier: MIT
# The frame and a program per plugin kind, installed for "dbnexus plugins check";
# each kind adds its own lines below.
dbn_conform_cppflags = -I$(top_srcdir)/libcore/include -I$(top_srcdir)/libcore \
	-I$(top_srcdir)/tests
noinst_LTLIBRARIES += %D%/libconform.la
%C%_libconform_la_SOURCES = %D%/conform.c %D%/conform.h \
	tests/lib/fake_host.c tests/lib/fake_host.h tests/lib/fake_plugin.c tests/lib/stopped.h
%C%_libconform_la_CPPFLAGS = $(dbn_conform_cppflags)
dbn_conform_libs = %D%/libconform.la libcore/libcore.la -ldl
include %D%/driver.mk
include %D%/cache.mk
include %D%/shard.mk
include %D%/audit.mk
include %D%/permission.mk
