/* SPDX-License-Identifier: MIT */
/*
 * What a pool brings to its plugins: counters, the ear for what they announce,
 * and the services "dbn.predicate/1" and "dbn.sql/1".  Setup only; the services: any thread.
 */
#include "plugin/host.h"
#include "session/stack_impl.h"

static dbn_status
predicate_check(const dbn_host *h, dbn_text predicate, const dbn_text *attributes,
	size_t nattributes, size_t *offset, dbn_error **err)
{
	size_t at = 0;
	dbn_status rc;

	(void)h;
	DBN_ERR_CLEAR(err);
	rc = dbn_permission_check_predicate(predicate, attributes, nattributes, &at, err);
	if (offset)
		*offset = at;
	return rc;
}

static const dbn_predicate_service predicate_service = {
	sizeof predicate_service, 0, predicate_check,
};

static dbn_status
counter(void *user, const char *name, const char *help, uint32_t *id, dbn_error **err)
{
	return dbn_metrics_register(user, name, help, id, err);
}

static void
add(void *user, uint32_t id, int64_t n)
{
	dbn_metrics_add(user, id, n);
}

dbn_status
dbn_pool__services(dbn_pool *p, dbn_error **err)
{
	dbn_status rc;

	dbn_registry_on_metrics(p->registry, counter, add, p->metrics);
	dbn_registry_on_changed(p->registry, dbn_pool__changed, p);
	rc = dbn_host_service_register(p->registry, "dbn.predicate/1", &predicate_service, err);
	if (rc == DBN_OK)
		rc = dbn_host_service_register(p->registry, "dbn.sql/1", &dbn_pool__sql_service, err);
	return rc;
}
