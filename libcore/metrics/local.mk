# SPDX-License-Identifier: MIT
dbn_core_sources += %D%/metrics.c %D%/metrics.h
