# SPDX-License-Identifier: MIT
pkglibexec_PROGRAMS += %D%/conform-audit
%C%_conform_audit_SOURCES  = %D%/audit.c
%C%_conform_audit_CPPFLAGS = $(dbn_conform_cppflags)
%C%_conform_audit_LDADD    = $(dbn_conform_libs)
check_LTLIBRARIES += %D%/plain-audit.la
%C%_plain_audit_la_SOURCES = %D%/plain_audit.c
%C%_plain_audit_la_LDFLAGS = $(dbn_module_ldflags) -rpath /nowhere
if ENABLE_AUDIT_FILE
TESTS += %D%/run-audit
endif
EXTRA_DIST += %D%/run-audit
