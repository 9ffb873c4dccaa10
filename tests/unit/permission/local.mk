# SPDX-License-Identifier: MIT
if HAVE_CRITERION
if ENABLE_PERMISSION_RBAC
if ENABLE_DRIVER_SQLITE
# The policy plugin is linked in; SQLite stands alone, without a driver.
check_LTLIBRARIES += %D%/liblab.la
%C%_liblab_la_SOURCES = %D%/lab.c %D%/lab.h tests/lib/fake_host.c tests/lib/fake_host.h \
	tests/lib/fake_plugin.c $(dbn_rbac_sources)
%C%_liblab_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CRITERION_CFLAGS) $(SQLITE_CFLAGS) \
	$(LIBCONFIG_CFLAGS)
dbn_lab_libs = %D%/liblab.la libcore/libcore.la $(LIBCONFIG_LIBS) $(SQLITE_LIBS) $(CRITERION_LIBS) \
	-ldl
dbn_lab_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests -I$(top_srcdir)/tests/unit/permission \
	$(CRITERION_CFLAGS) $(SQLITE_CFLAGS)

dbn_permission_tests = %D%/test_rules %D%/test_oracle %D%/test_policy_file \
	%D%/test_memory %D%/test_language
check_PROGRAMS += $(dbn_permission_tests)
TESTS += $(dbn_permission_tests)
%C%_test_rules_SOURCES = %D%/test_rules.c
%C%_test_rules_CPPFLAGS = $(dbn_lab_cppflags)
%C%_test_rules_LDADD = $(dbn_lab_libs)
%C%_test_policy_file_SOURCES = %D%/test_policy_file.c
%C%_test_policy_file_CPPFLAGS = $(dbn_lab_cppflags)
%C%_test_policy_file_LDADD = $(dbn_lab_libs)
%C%_test_language_SOURCES = %D%/test_language.c
%C%_test_language_CPPFLAGS = $(dbn_lab_cppflags)
%C%_test_language_LDADD = $(dbn_lab_libs)
%C%_test_memory_SOURCES = %D%/test_memory.c
%C%_test_memory_CPPFLAGS = $(dbn_lab_cppflags)
%C%_test_memory_LDADD = $(dbn_lab_libs)
%C%_test_oracle_SOURCES = %D%/test_oracle.c
%C%_test_oracle_CPPFLAGS = $(dbn_lab_cppflags)
%C%_test_oracle_LDADD = $(dbn_lab_libs)
endif
endif
endif

if ENABLE_PERMISSION_RBAC
dbn_thread_tests += %D%/threads
check_PROGRAMS += %D%/threads
TESTS += %D%/threads
%C%_threads_SOURCES = %D%/threads.c tests/lib/fake_host.c tests/lib/fake_host.h \
	tests/lib/fake_plugin.c $(dbn_rbac_sources)
%C%_threads_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(LIBCONFIG_CFLAGS)
%C%_threads_LDADD = libcore/libcore.la $(LIBCONFIG_LIBS) -ldl -lpthread
endif
