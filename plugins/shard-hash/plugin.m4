dnl SPDX-License-Identifier: MIT
DBN_PLUGIN_ARG([shard-hash], [dbn_shard_hash], [ENABLE_SHARD_HASH], [true])
