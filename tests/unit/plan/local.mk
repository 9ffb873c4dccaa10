# SPDX-License-Identifier: MIT
if HAVE_CRITERION
check_PROGRAMS += %D%/test_route
TESTS += %D%/test_route
%C%_test_route_SOURCES = %D%/test_route.c
%C%_test_route_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_route_LDADD = libcore/libcore.la $(CRITERION_LIBS)
check_PROGRAMS += %D%/test_digest
TESTS += %D%/test_digest
%C%_test_digest_SOURCES = %D%/test_digest.c tools/bench/idle.c tools/bench/idle.h tools/bench/lab.c \
	tools/bench/lab.h
%C%_test_digest_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_digest_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=dbn_digest_make
%C%_test_digest_LDADD = libcore/libcore.la $(CRITERION_LIBS)
# The counters stand before functions of other files: --wrap.
check_PROGRAMS += %D%/test_work
TESTS += %D%/test_work
%C%_test_work_SOURCES = %D%/test_work.c tools/bench/idle.c tools/bench/idle.h tools/bench/lab.c \
	tools/bench/lab.h tools/bench/shapes.c \
	tools/bench/shapes.h
%C%_test_work_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_work_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=dbn_text_eq,--wrap=dbn_text_ieq,--wrap=dbn_hash \
	-Wl,--wrap=dbn_arena_alloc,--wrap=dbn_arena_zalloc,--wrap=dbn_arena_array,--wrap=dbn_arena_grow \
	-Wl,--wrap=dbn_str_add,--wrap=dbn_str_addc,--wrap=dbn_index_next
%C%_test_work_LDADD = libcore/libcore.la $(CRITERION_LIBS)
endif
