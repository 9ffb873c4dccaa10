# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/conn.c \
	%D%/connset.c \
	%D%/connset.h \
	%D%/connset_impl.h \
	%D%/stmts.c
