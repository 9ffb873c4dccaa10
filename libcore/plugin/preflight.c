/* SPDX-License-Identifier: MIT */
/*
 * The public check of a whole configuration, without a pool.
 */
#include "plugin/registry.h"

static void
tell_each(const dbn_problems *problems, void (*each)(const dbn_config_problem *p, void *user),
	void *user)
{
	for (const dbn_problem *q = problems->first; each && q; q = q->next) {
		dbn_config_problem p = { .struct_size = sizeof p, .line = q->line, .file = q->file,
			.text = q->text, .hint = q->hint };

		each(&p, user);
	}
}

dbn_status
dbn_config_check(const dbn_config *config,
	void (*each)(const dbn_config_problem *problem, void *user), void *user, dbn_error **err)
{
	dbn_stack_conf *stack = NULL;
	dbn_registry *registry = NULL;
	dbn_problems problems;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (!config)
		return dbn_fail(err, DBN_E_INVALID, "dbn_config_check() needs a configuration");
	dbn_problems_init(&problems);
	rc = dbn_stack_load(config, &problems, &stack);
	if (rc != DBN_OK) {
		rc = dbn_fail_nomem(err);
		goto out;
	}
	rc = dbn_registry_new(stack->plugin_dirs, stack->nplugin_dirs, NULL, &registry, err);
	if (rc != DBN_OK)
		goto out;
	rc = dbn_registry_check(registry, stack, &problems);
	if (rc != DBN_OK) {
		rc = dbn_fail_nomem(err);
		goto out;
	}
	tell_each(&problems, each, user);
	rc = dbn_problems_fail(&problems, err);
out:
	dbn_registry_free(registry);
	dbn_stack_free(stack);
	dbn_problems_free(&problems);
	return rc;
}
