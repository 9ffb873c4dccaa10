# SPDX-License-Identifier: MIT
EXTRA_DIST += %D%/README.md
if ENABLE_AUDIT_FILE
dbn_plugin_LTLIBRARIES += %D%/audit-file.la
%C%_audit_file_la_SOURCES = %D%/file.h %D%/open.c %D%/plugin.c %D%/read.c %D%/write.c
%C%_audit_file_la_LDFLAGS = $(dbn_module_ldflags)
endif
