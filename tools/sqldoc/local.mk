# SPDX-License-Identifier: MIT
# docs/sql.md is written from the parser's tables.
check_PROGRAMS += %D%/sqldoc
%C%_sqldoc_SOURCES = %D%/sqldoc.c
%C%_sqldoc_LDADD = libcore/libcore.la
EXTRA_DIST += %D%/head.md
.PHONY: sql-doc
sql-doc: %D%/sqldoc
	%D%/sqldoc $(srcdir)/%D%/head.md > $(srcdir)/docs/sql.md
