# SPDX-License-Identifier: MIT
if HAVE_CRITERION
check_PROGRAMS += %D%/test_shard
TESTS += %D%/test_shard
%C%_test_shard_SOURCES = %D%/test_shard.c
%C%_test_shard_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_shard_LDADD = libcore/libcore.la $(CRITERION_LIBS)
endif
