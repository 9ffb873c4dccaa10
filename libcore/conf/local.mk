# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/build.h \
	%D%/config.c \
	%D%/fill.c %D%/fill.h \
	%D%/grammar.c \
	%D%/item.h \
	%D%/load.h \
	%D%/path.c \
	%D%/print.c \
	%D%/problem.c %D%/problem.h \
	%D%/read.c \
	%D%/scalar.c \
	%D%/scan.c \
	%D%/schema.c %D%/schema.h \
	%D%/secret.c \
	%D%/stack.c %D%/stack.h \
	%D%/stack_db.c \
	%D%/stack_plugin.c \
	%D%/stack_shard.c \
	%D%/tree.c %D%/tree.h \
	%D%/units.c
