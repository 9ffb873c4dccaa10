/* SPDX-License-Identifier: MIT */
/*
 * The public check of a whole configuration, without a pool.
 */
#include "plugin/registry.h"

/* What opening refuses though each plugin would take its settings. */
static void
check_trail(dbn_registry *registry, const dbn_conf_audit *a, dbn_problems *problems)
{
	const dbn_conf_node *node = dbn_conf_member(a->plugin.node, "guarantee");
	const char *plain = "use before_ack or best_effort";
	const dbn_plugin *p = NULL;
	dbn_error *why = NULL;
	uint32_t can;

	if (!a->plugin.name || dbn_registry_find(registry, DBN_KIND_AUDIT, a->plugin.name, NULL, &p, &why) !=
		DBN_OK) { /* it has been told */
		problems->nomem = problems->nomem || dbn_error_code(why) == DBN_E_NOMEM;
		dbn_error_free(why);
		return;
	}
	can = p->ops.audit.flags;
	node = node ? node : a->plugin.node;
	if (a->guarantee == DBN_GUARANTEE_TRANSACTIONAL && (can & DBN_AUDIT_TRANSACTIONAL))
		dbn_problem_node(problems, node, plain, "this version cannot record within transactions");
	else if (a->guarantee == DBN_GUARANTEE_TRANSACTIONAL)
		dbn_problem_node(problems, node, plain, "plugin \"%s\" cannot record within transactions",
			a->plugin.name);
	else if (a->guarantee == DBN_GUARANTEE_BEFORE_ACK && !(can & DBN_AUDIT_DURABLE))
		dbn_problem_node(problems, node, "use best_effort, or a plugin that can sync",
			"plugin \"%s\" cannot promise before_ack: it is not durable", a->plugin.name);
}

static void
check_parts(dbn_registry *registry, const dbn_stack_conf *stack, dbn_problems *problems)
{
	for (size_t i = 0; i < stack->naudit; i++)
		check_trail(registry, &stack->audit[i], problems);
	if (stack->cache && stack->cache->front)
		dbn_problem_node(problems, stack->cache->front->plugin.node, "leave \"front\" out",
			"a cache in front of another is not possible yet");
}

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
	check_parts(registry, stack, &problems);
	if (problems.nomem) {
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
