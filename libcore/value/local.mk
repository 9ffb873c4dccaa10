# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/convert.c \
	%D%/text.c \
	%D%/value.h
