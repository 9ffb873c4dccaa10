# SPDX-License-Identifier: MIT
dbn_core_sources += %D%/audit.h %D%/verify.h
