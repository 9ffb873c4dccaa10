# SPDX-License-Identifier: MIT
pkglibexec_PROGRAMS += %D%/conform-shard
%C%_conform_shard_SOURCES  = %D%/shard.c
%C%_conform_shard_CPPFLAGS = $(dbn_conform_cppflags)
%C%_conform_shard_LDADD    = $(dbn_conform_libs)
check_LTLIBRARIES += %D%/plain-shard.la
%C%_plain_shard_la_SOURCES = %D%/plain_shard.c
%C%_plain_shard_la_LDFLAGS = $(dbn_module_ldflags) -rpath /nowhere
if ENABLE_SHARD_HASH
TESTS += %D%/run-shard
endif
EXTRA_DIST += %D%/run-shard
