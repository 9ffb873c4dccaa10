# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/convert.c \
	%D%/room.c \
	%D%/room.h \
	%D%/text.c \
	%D%/value.h
