/* SPDX-License-Identifier: MIT */
/* Looking at the policy of a configuration: for tools, not for statements. */
#ifndef DBN_POLICY_H
#define DBN_POLICY_H

#include <dbnexus/config.h>
#include <dbnexus/error.h>

DBN_BEGIN_DECLS

/**
 * Read the policy that a configuration names and check all that can be checked
 * without a database: its syntax, roles, users, rules and the conditions in them.
 * @param config  borrowed
 * @param rules   returned: how many rules there are; may be NULL
 * Threads: one at a time per config.  Blocks: while the policy is read.
 * Returns: DBN_OK; DBN_E_CONFIG (detail: every problem, as "file:line: text" where
 * the provider knows it); DBN_E_PLUGIN; DBN_E_IO; DBN_E_NOMEM.  Since: 0.1
 */
DBN_API DBN_NODISCARD dbn_status
dbn_policy_check(const dbn_config *config, uint32_t *rules, dbn_error **err);

DBN_END_DECLS
#endif
