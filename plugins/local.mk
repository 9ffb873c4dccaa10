# SPDX-License-Identifier: MIT
# One folder, one module.
EXTRA_DIST += %D%/plugin.map
include %D%/common/local.mk
include %D%/driver-sqlite/local.mk
include %D%/driver-postgres/local.mk
include %D%/driver-mysql/local.mk
include %D%/cache-memory/local.mk
include %D%/permission-rbac/local.mk
include %D%/shard-hash/local.mk
include %D%/audit-file/local.mk
include %D%/template/local.mk
