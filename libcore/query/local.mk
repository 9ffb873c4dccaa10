# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/async.c \
	%D%/builder.c \
	%D%/builder.h \
	%D%/expr.c \
	%D%/select.c \
	%D%/write.c
