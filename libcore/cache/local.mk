# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/cache.c %D%/cache.h \
	%D%/decode.c %D%/decode.h \
	%D%/encode.c \
	%D%/key.c \
	%D%/result.h
