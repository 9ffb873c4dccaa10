dnl SPDX-License-Identifier: MIT
DBN_PLUGIN_ARG([cache-memory], [dbn_cache_memory], [ENABLE_CACHE_MEMORY], [true])
