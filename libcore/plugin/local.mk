# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/host.h \
	%D%/plugins.c \
	%D%/registry.h
