# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/README.md
if ENABLE_SHARD_HASH
dbn_plugin_LTLIBRARIES += %D%/shard-hash.la
%C%_shard_hash_la_SOURCES = %D%/hash.c %D%/hash.h %D%/plugin.c
%C%_shard_hash_la_LDFLAGS = $(dbn_module_ldflags)
endif
