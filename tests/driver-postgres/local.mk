# SPDX-License-Identifier: MIT
# What is PostgreSQL's alone; the rest is the driver suite.
if ENABLE_DRIVER_POSTGRES
check_PROGRAMS += %D%/check-postgres
%C%_check_postgres_SOURCES  = %D%/check.c %D%/check.h %D%/groups.c %D%/loads.c %D%/reach.c \
	%D%/stops.c %D%/types.c tests/conformance/driver_lib.c
%C%_check_postgres_CPPFLAGS = $(dbn_conform_cppflags)
%C%_check_postgres_LDADD    = $(dbn_conform_libs)
TESTS += %D%/run-postgres
endif
EXTRA_DIST += %D%/run-postgres
