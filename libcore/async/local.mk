# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/completions.c \
	%D%/future.c \
	%D%/future.h \
	%D%/queue.h \
	%D%/reactor.c \
	%D%/reactor.h \
	%D%/workers.c \
	%D%/workers.h
