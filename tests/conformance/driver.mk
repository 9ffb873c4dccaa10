# SPDX-License-Identifier: MIT
# Drivers: the suite, and the proof that it catches broken ones.
check_PROGRAMS += %D%/conform-driver
%C%_conform_driver_SOURCES = %D%/driver.c %D%/driver.h %D%/driver_access.c %D%/driver_basic.c \
	%D%/driver_catalog.c %D%/driver_lib.c %D%/driver_many.c %D%/driver_rows.c \
	%D%/driver_stop.c %D%/driver_txn.c %D%/driver_values.c
%C%_conform_driver_CPPFLAGS = $(dbn_conform_cppflags)
%C%_conform_driver_LDADD    = $(dbn_conform_libs)
