# SPDX-License-Identifier: MIT
# Ways around a policy: each is enforced or refused.
if HAVE_CRITERION
if ENABLE_PERMISSION_RBAC
if ENABLE_DRIVER_SQLITE
check_PROGRAMS += %D%/test_bypass %D%/test_second_lock
TESTS += %D%/test_bypass %D%/test_second_lock
%C%_test_bypass_SOURCES = %D%/test_bypass.c
%C%_test_bypass_CPPFLAGS = $(dbn_lab_cppflags)
%C%_test_bypass_LDADD = $(dbn_lab_libs)
%C%_test_second_lock_SOURCES = %D%/test_second_lock.c
%C%_test_second_lock_CPPFLAGS = $(dbn_lab_cppflags)
%C%_test_second_lock_LDADD = $(dbn_lab_libs)
endif
endif
endif
