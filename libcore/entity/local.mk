# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/async.c \
	%D%/cond.c \
	%D%/create.c \
	%D%/fields.c \
	%D%/find.c \
	%D%/model.c \
	%D%/model.h \
	%D%/pattern.c \
	%D%/pattern.h \
	%D%/pattern_impl.h \
	%D%/pattern_parse.c \
	%D%/record.c \
	%D%/texts.c \
	%D%/write.c
