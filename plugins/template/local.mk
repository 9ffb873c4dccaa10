# SPDX-License-Identifier: MIT
# Built by make check as test material, by make installcheck from what was
# installed; never installed themselves.
dbn_template_ldflags = $(dbn_module_ldflags) -rpath /nowhere
dbn_template_modules = %D%/driver-template.la %D%/cache-template.la %D%/permission-template.la \
	%D%/shard-template.la %D%/audit-template.la
check_LTLIBRARIES += $(dbn_template_modules)
%C%_driver_template_la_SOURCES = %D%/driver.c %D%/fail.h
%C%_driver_template_la_LDFLAGS = $(dbn_template_ldflags)
%C%_cache_template_la_SOURCES = %D%/cache.c %D%/fail.h
%C%_cache_template_la_LDFLAGS = $(dbn_template_ldflags)
%C%_permission_template_la_SOURCES = %D%/permission.c %D%/fail.h
%C%_permission_template_la_LDFLAGS = $(dbn_template_ldflags)
%C%_shard_template_la_SOURCES = %D%/shard.c %D%/fail.h
%C%_shard_template_la_LDFLAGS = $(dbn_template_ldflags)
%C%_audit_template_la_SOURCES = %D%/audit.c %D%/fail.h
%C%_audit_template_la_LDFLAGS = $(dbn_template_ldflags)
EXTRA_DIST += %D%/Makefile %D%/README.md

# The installed headers and dbnexus-plugin.pc are all that a plugin needs.
.PHONY: installcheck-template
installcheck-template:
	rm -rf %D%/installed && $(MKDIR_P) %D%/installed
	cd %D%/installed && \
	  root='$(DESTDIR)' && \
	  PKG_CONFIG_PATH="$$root$(pkgconfigdir)" PKG_CONFIG_SYSROOT_DIR="$$root" \
	  $(MAKE) -f '$(abs_top_srcdir)/%D%/Makefile' SRCDIR='$(abs_top_srcdir)/%D%' \
	    CC='$(CC)' CFLAGS='-O2 -Wall -Wextra -Werror' all
	for k in driver cache permission shard audit; do \
	  nm -D --defined-only %D%/installed/$$k-template.so | grep -q dbn_plugin_entry || exit 1; \
	done
	rm -rf %D%/installed
installcheck-local: installcheck-template
