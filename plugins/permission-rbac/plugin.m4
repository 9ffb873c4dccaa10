dnl SPDX-License-Identifier: MIT
DBN_PLUGIN_ARG([permission-rbac], [dbn_permission_rbac], [ENABLE_PERMISSION_RBAC], [true])
