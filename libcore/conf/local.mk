# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/problem.h \
	%D%/schema.h \
	%D%/stack.h \
	%D%/tree.h
