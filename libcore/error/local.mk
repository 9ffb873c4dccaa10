# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/classify.c \
	%D%/error.c %D%/error.h
