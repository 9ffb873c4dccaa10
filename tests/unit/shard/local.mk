# SPDX-License-Identifier: MIT
if HAVE_CRITERION
check_PROGRAMS += %D%/test_shard
TESTS += %D%/test_shard
%C%_test_shard_SOURCES = %D%/test_shard.c
%C%_test_shard_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS)
%C%_test_shard_LDADD = libcore/libcore.la $(CRITERION_LIBS)
if ENABLE_SHARD_HASH
check_PROGRAMS += %D%/test_hash
TESTS += %D%/test_hash
%C%_test_hash_SOURCES = %D%/test_hash.c plugins/shard-hash/hash.c
%C%_test_hash_CPPFLAGS = $(dbn_conform_cppflags) -I$(top_srcdir)/plugins/shard-hash \
	$(CRITERION_CFLAGS)
%C%_test_hash_LDADD = $(dbn_conform_libs) $(CRITERION_LIBS)
endif
endif
