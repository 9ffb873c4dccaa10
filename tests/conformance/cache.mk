# SPDX-License-Identifier: MIT
pkglibexec_PROGRAMS += %D%/conform-cache
%C%_conform_cache_SOURCES  = %D%/cache.c
%C%_conform_cache_CPPFLAGS = $(dbn_conform_cppflags)
%C%_conform_cache_LDADD    = $(dbn_conform_libs)
check_LTLIBRARIES += %D%/plain-cache.la
%C%_plain_cache_la_SOURCES = %D%/plain_cache.c
%C%_plain_cache_la_LDFLAGS = $(dbn_module_ldflags) -rpath /nowhere
if ENABLE_CACHE_MEMORY
TESTS += %D%/run-cache
endif
EXTRA_DIST += %D%/run-cache
