# SPDX-License-Identifier: MIT
if HAVE_CRITERION
dbn_conf_tests = %D%/test_hostile %D%/test_config %D%/test_schema %D%/test_stack %D%/test_conf_nomem
check_PROGRAMS += $(dbn_conf_tests)
TESTS += $(dbn_conf_tests)
%C%_test_hostile_SOURCES = %D%/test_hostile.c %D%/dir.h
%C%_test_hostile_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_hostile_LDADD = libcore/libcore.la $(CRITERION_LIBS)
%C%_test_config_SOURCES = %D%/test_config.c %D%/dir.h
%C%_test_config_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_config_LDADD = libcore/libcore.la $(CRITERION_LIBS)
%C%_test_schema_SOURCES = %D%/test_schema.c %D%/dir.h
%C%_test_schema_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_schema_LDADD = libcore/libcore.la $(CRITERION_LIBS)
%C%_test_stack_SOURCES = %D%/test_stack.c
%C%_test_stack_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_stack_LDADD = libcore/libcore.la $(CRITERION_LIBS)
%C%_test_conf_nomem_SOURCES = %D%/test_conf_nomem.c
%C%_test_conf_nomem_CPPFLAGS = $(AM_CPPFLAGS) $(CRITERION_CFLAGS)
%C%_test_conf_nomem_LDADD = libcore/libcore.la $(CRITERION_LIBS)
endif
