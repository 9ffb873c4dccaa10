# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/catalog.h \
	%D%/copy.c \
	%D%/dialect.c %D%/dialect.h \
	%D%/lex.c %D%/lex.h \
	%D%/parse.c %D%/parse.h %D%/parser.h \
	%D%/parse_admin.c %D%/parse_call.c %D%/parse_expr.c %D%/parse_query.c %D%/parse_write.c \
	%D%/print.h \
	%D%/resolve.h \
	%D%/tree.c %D%/tree.h \
	%D%/walk.c
