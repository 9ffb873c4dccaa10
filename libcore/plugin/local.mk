# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/check.c \
	%D%/defaults.c \
	%D%/host.c %D%/host.h \
	%D%/instance.c \
	%D%/load.h \
	%D%/loader.c \
	%D%/plugins.c \
	%D%/preflight.c \
	%D%/registry.c %D%/registry.h \
	%D%/serial.c \
	%D%/services.c \
	%D%/trust.c
