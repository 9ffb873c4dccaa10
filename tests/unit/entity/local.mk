# SPDX-License-Identifier: MIT
if HAVE_CRITERION
check_PROGRAMS += %D%/test_entity %D%/test_pattern
TESTS += %D%/test_entity %D%/test_pattern
%C%_test_entity_SOURCES = %D%/test_entity.c %D%/entities.c %D%/entities.h tests/lib/team_member.h
%C%_test_entity_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS)
%C%_test_entity_LDADD = libcore/libcore.la $(CRITERION_LIBS) -lm
%C%_test_pattern_SOURCES = %D%/test_pattern.c
%C%_test_pattern_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_pattern_LDADD = libcore/libcore.la $(CRITERION_LIBS)
endif
