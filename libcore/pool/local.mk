# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/acquire.c \
	%D%/breaker.c \
	%D%/breaker.h \
	%D%/conn.c \
	%D%/connset.c \
	%D%/connset.h \
	%D%/connset_impl.h \
	%D%/env.c \
	%D%/group.c \
	%D%/group.h \
	%D%/group_impl.h \
	%D%/helper.c \
	%D%/keep.c \
	%D%/lane.c \
	%D%/queue.c \
	%D%/report.c \
	%D%/ride.c \
	%D%/stmts.c
