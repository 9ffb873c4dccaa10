/* SPDX-License-Identifier: MIT */
/*
 * dbnexus/policy.h: the policy of a configuration, checked without a pool.
 * Makes a provider for the call, which opens no database.
 */
#include <string.h>

#include "permission/permission.h"
#include <dbnexus/policy.h>

static dbn_status
check_stack(const dbn_stack_conf *stack, dbn_registry *registry, uint32_t *rules, dbn_error **err)
{
	dbn_authority_conf conf;
	dbn_instance *instance = NULL;
	dbn_status rc;

	if (!stack->permission) /* everybody may do everything */
		return DBN_OK;
	rc = dbn_instance_new(registry, DBN_KIND_PERMISSION, stack->permission, &instance, err);
	if (rc != DBN_OK)
		return rc;
	memset(&conf, 0, sizeof conf);
	conf.name = instance->name;
	conf.self = instance->self;
	conf.ops = instance->ops;
	conf.instance = instance;
	rc = dbn_permission_check_policy(&conf, rules, err);
	return rc != DBN_OK && err ? dbn_error_locate(err, instance->where) : rc;
}

dbn_status
dbn_policy_check(const dbn_config *config, uint32_t *rules, dbn_error **err)
{
	dbn_stack_conf *stack = NULL;
	dbn_registry *registry = NULL;
	dbn_problems problems;
	uint32_t count = 0;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (!config)
		return dbn_fail(err, DBN_E_INVALID, "no configuration");
	dbn_problems_init(&problems);
	if (dbn_stack_load(config, &problems, &stack) == DBN_E_NOMEM || !stack)
		rc = dbn_fail_nomem(err);
	else
		rc = dbn_problems_fail(&problems, err);
	if (rc == DBN_OK)
		rc = dbn_registry_new(stack->plugin_dirs, stack->nplugin_dirs, NULL, &registry, err);
	if (rc == DBN_OK)
		rc = check_stack(stack, registry, &count, err);
	if (rc == DBN_OK && rules)
		*rules = count;
	dbn_registry_free(registry);
	dbn_stack_free(stack);
	dbn_problems_free(&problems);
	return rc;
}
