dnl SPDX-License-Identifier: MIT
DBN_PLUGIN_ARG([audit-file], [dbn_audit_file], [ENABLE_AUDIT_FILE], [true])
