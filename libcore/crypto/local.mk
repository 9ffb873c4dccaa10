# SPDX-License-Identifier: MIT
dbn_core_sources += %D%/crypto.c %D%/crypto.h
