# SPDX-License-Identifier: MIT
dbn_core_sources += %D%/convert.c %D%/shard.c %D%/shard.h
