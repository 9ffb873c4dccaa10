# SPDX-License-Identifier: MIT
dbn_rbac_sources = %D%/rbac.h %D%/memory.c %D%/scan.c %D%/load.c %D%/people.c \
	%D%/rules.c %D%/lookup.c %D%/plugin.c
if ENABLE_PERMISSION_RBAC
dbn_plugin_LTLIBRARIES += %D%/permission-rbac.la
%C%_permission_rbac_la_SOURCES = $(dbn_rbac_sources)
%C%_permission_rbac_la_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCONFIG_CFLAGS)
%C%_permission_rbac_la_LIBADD  = $(LIBCONFIG_LIBS)
%C%_permission_rbac_la_LDFLAGS = $(dbn_module_ldflags)
endif
EXTRA_DIST += %D%/README.md
