# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/catalog.h %D%/dialect.h %D%/parse.h %D%/print.h %D%/resolve.h %D%/tree.h
