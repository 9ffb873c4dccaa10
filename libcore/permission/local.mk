# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/allow_all.c \
	%D%/authority.c \
	%D%/compile.c \
	%D%/decide.c \
	%D%/eval.c \
	%D%/internal.h \
	%D%/lang.c \
	%D%/lang.h \
	%D%/permission.h \
	%D%/policy.c \
	%D%/state.c \
	%D%/subject.c \
	%D%/view.c
