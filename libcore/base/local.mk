# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/clock.c %D%/clock.h \
	%D%/futex.h \
	%D%/index.c %D%/index.h \
	%D%/iso.c %D%/iso.h \
	%D%/log.c %D%/log.h \
	%D%/map.c %D%/map.h \
	%D%/mem.c %D%/mem.h \
	%D%/name.c %D%/name.h \
	%D%/str.c %D%/str.h
