# SPDX-License-Identifier: MIT
if HAVE_CRITERION
check_PROGRAMS += %D%/test_crypto
TESTS += %D%/test_crypto
%C%_test_crypto_SOURCES = %D%/test_crypto.c
%C%_test_crypto_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_crypto_LDADD = libcore/libcore.la $(CRITERION_LIBS)
endif
