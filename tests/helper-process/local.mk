# SPDX-License-Identifier: MIT
# A driver whose every operation is a message to another process.
check_LTLIBRARIES += %D%/helper-driver.la
%C%_helper_driver_la_SOURCES  = %D%/catalog.c %D%/proxy.c %D%/proxy.h %D%/spawn.c %D%/wire.c \
	%D%/wire.h
%C%_helper_driver_la_CPPFLAGS = $(dbn_plug_cppflags) -I$(top_srcdir)/tests
%C%_helper_driver_la_LIBADD   = $(dbn_plug_libs)
%C%_helper_driver_la_LDFLAGS  = $(dbn_module_ldflags) -rpath /nowhere
check_PROGRAMS += %D%/helper %D%/test_helper
%C%_helper_SOURCES  = %D%/helper.c %D%/wire.c
%C%_helper_CPPFLAGS = $(dbn_conform_cppflags)
%C%_helper_LDADD    = $(dbn_conform_libs)
%C%_helper_LDFLAGS  = -no-install $(AM_LDFLAGS)
%C%_test_helper_SOURCES  = %D%/test_helper.c
%C%_test_helper_CPPFLAGS = $(dbn_conform_cppflags) -I$(top_srcdir)/plugins
%C%_test_helper_LDADD    = $(dbn_conform_libs)
if ENABLE_DRIVER_SQLITE
TESTS += %D%/run-helper
endif
EXTRA_DIST += %D%/run-helper
