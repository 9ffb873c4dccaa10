# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/audit.c %D%/audit.h \
	%D%/entry.c \
	%D%/json.c %D%/json.h \
	%D%/names.c \
	%D%/pack.c \
	%D%/record.c %D%/record.h \
	%D%/ring.c %D%/ring.h \
	%D%/sink.c %D%/sink.h \
	%D%/trail.c \
	%D%/verify.c %D%/verify.h \
	%D%/worker.c
