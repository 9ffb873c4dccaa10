# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/builder.c \
	%D%/builder.h \
	%D%/expr.c \
	%D%/select.c \
	%D%/write.c
