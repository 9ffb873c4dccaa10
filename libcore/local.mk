# SPDX-License-Identifier: MIT
# dbn_core_sources grows folder by folder; the convenience library carries
# every symbol for unit tests, libdbnexus.so only those of libdbnexus.map.
dbn_core_sources =
include %D%/include/local.mk
include %D%/base/local.mk
include %D%/error/local.mk
include %D%/value/local.mk
include %D%/conf/local.mk
include %D%/crypto/local.mk
include %D%/async/local.mk
include %D%/plugin/local.mk
include %D%/sql/local.mk
include %D%/permission/local.mk
include %D%/shard/local.mk
include %D%/cache/local.mk
include %D%/audit/local.mk
include %D%/metrics/local.mk
include %D%/pool/local.mk
include %D%/plan/local.mk
include %D%/session/local.mk
include %D%/query/local.mk
include %D%/entity/local.mk

dbn_core_libs = $(LTDL_LIBS) $(LIBCONFIG_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS) \
	$(LIBUV_LIBS)

noinst_LTLIBRARIES += %D%/libcore.la
%C%_libcore_la_SOURCES  = $(dbn_core_sources)
%C%_libcore_la_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCONFIG_CFLAGS) $(CRYPTO_CFLAGS) \
	$(JANSSON_CFLAGS) $(LIBUV_CFLAGS) -DDBN_PLUGIN_DIR='"$(dbn_plugindir)"' -DDBN_BUILDING
%C%_libcore_la_LIBADD   = $(dbn_core_libs)

lib_LTLIBRARIES += %D%/libdbnexus.la
%C%_libdbnexus_la_SOURCES =
%C%_libdbnexus_la_LIBADD  = %D%/libcore.la
# Its own calls of what it exports go straight there, not through a table.
%C%_libdbnexus_la_LDFLAGS = -version-info 0:0:0 -no-undefined $(DBN_MODULE_DEFS) \
	-Wl,-Bsymbolic-functions \
	-Wl,--version-script=$(top_srcdir)/%D%/libdbnexus.map $(AM_LDFLAGS)
EXTRA_%C%_libdbnexus_la_DEPENDENCIES = %D%/libdbnexus.map

pkgconfigdir = $(libdir)/pkgconfig
nodist_pkgconfig_DATA = %D%/dbnexus.pc %D%/dbnexus-plugin.pc
EXTRA_DIST += %D%/libdbnexus.map
