# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/README.md
if ENABLE_CACHE_MEMORY
dbn_plugin_LTLIBRARIES += %D%/cache-memory.la
%C%_cache_memory_la_SOURCES = %D%/hash.h %D%/memory.h %D%/plugin.c %D%/table.c %D%/tags.c
%C%_cache_memory_la_LDFLAGS = $(dbn_module_ldflags)
endif
