# SPDX-License-Identifier: MIT
dbn_core_sources += %D%/rewrite.h
