# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/borrowed.c \
	%D%/catalog.c \
	%D%/catalog.h \
	%D%/explain.c \
	%D%/groupable.c \
	%D%/plan.c \
	%D%/plan.h \
	%D%/plans.c \
	%D%/rewrite.c \
	%D%/rewrite.h \
	%D%/rewrite_cell.c \
	%D%/rewrite_check.c \
	%D%/rewrite_cond.c \
	%D%/rewrite_expr.c %D%/rewrite_guard.c \
	%D%/rewrite_impl.h \
	%D%/rewrite_preset.c \
	%D%/rewrite_query.c \
	%D%/rewrite_read.c \
	%D%/rewrite_rel.c \
	%D%/rewrite_rule.c %D%/rewrite_sets.c \
	%D%/rewrite_touch.c \
	%D%/rewrite_write.c \
	%D%/rewrite_write.h \
	%D%/route.c \
	%D%/route.h \
	%D%/route_fact.c \
	%D%/route_impl.h
