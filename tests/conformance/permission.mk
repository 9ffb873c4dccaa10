# SPDX-License-Identifier: MIT
pkglibexec_PROGRAMS += %D%/conform-permission
%C%_conform_permission_SOURCES  = %D%/permission.c
%C%_conform_permission_CPPFLAGS = $(dbn_conform_cppflags)
%C%_conform_permission_LDADD    = $(dbn_conform_libs) -lpthread
check_LTLIBRARIES += %D%/plain-permission.la
%C%_plain_permission_la_SOURCES = %D%/plain_permission.c
%C%_plain_permission_la_LDFLAGS = $(dbn_module_ldflags) -rpath /nowhere
if ENABLE_PERMISSION_RBAC
TESTS += %D%/run-permission
endif
EXTRA_DIST += %D%/run-permission
# What a policy says that the suite can judge, for "dbnexus plugins check".
dbn_suitedir = $(pkgdatadir)/conformance
dist_dbn_suite_DATA = %D%/policy.conf %D%/policy-next.conf %D%/policy-wrong.conf
