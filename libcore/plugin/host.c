/* SPDX-License-Identifier: MIT */
/*
 * The table that a plugin instance sees of the core, and the services that
 * stand behind it.  Every function: any thread, no lock held.
 */
#include <stddef.h>

#include "base/clock.h"
#include "base/log.h"
#include "plugin/load.h"

static _Thread_local const _Atomic uint32_t *cancel_flag;

const dbn_instance_full *
dbn_host_full(const dbn_host *h)
{
	return h->ctx;
}

const dbn_instance *
dbn_host_instance(const dbn_host *h)
{
	return &dbn_host_full(h)->pub;
}

dbn_registry *
dbn_host_registry(const dbn_host *h)
{
	return dbn_host_full(h)->registry;
}

const _Atomic uint32_t *
dbn_host_set_cancel(const _Atomic uint32_t *flag)
{
	const _Atomic uint32_t *old = cancel_flag;

	cancel_flag = flag;
	return old;
}

static void *
host_alloc(const dbn_host *h, size_t size)
{
	(void)h;
	return dbn_alloc(size);
}

static void
host_release(const dbn_host *h, void *p)
{
	(void)h;
	dbn_free(p);
}

static void
host_log(const dbn_host *h, int32_t level, const char *msg, size_t len)
{
	if (level < DBN_LOG_ERROR)
		level = DBN_LOG_ERROR;
	dbn_log(level, "%s: %.*s", dbn_host_full(h)->pub.name, (int)(len > 1500 ? 1500 : len), msg);
}

static dbn_status
host_fail(const dbn_host *h, dbn_error **err, const dbn_fail_info *in, const char *fmt, va_list ap)
	DBN_PRINTF(4, 0);

static dbn_status
host_fail(const dbn_host *h, dbn_error **err, const dbn_fail_info *in, const char *fmt, va_list ap)
{
	const dbn_instance_full *i = dbn_host_full(h);
	dbn_fail_info info;

	memset(&info, 0, sizeof info);
	if (in)
		memcpy(&info, in, in->struct_size < sizeof info ? in->struct_size : sizeof info);
	info.struct_size = sizeof info;
	/* what goes wrong in create() is mostly the configuration's fault */
	if (!info.where.len && i->creating)
		info.where = dbn_text_z(i->pub.where);
	return dbn_fail_full(err, &info, i->pub.name, NULL, fmt, ap);
}

static dbn_status
host_error_code(const dbn_error *e)
{
	return dbn_error_code(e);
}

static dbn_text
host_error_field(const dbn_error *e, uint32_t field)
{
	switch (field) {
	case DBN_ERR_MESSAGE:
		return dbn_text_z(dbn_error_message(e));
	case DBN_ERR_DETAIL:
		return dbn_text_z(dbn_error_detail(e));
	case DBN_ERR_HINT:
		return dbn_text_z(dbn_error_hint(e));
	case DBN_ERR_SQLSTATE:
		return dbn_text_z(dbn_error_sqlstate(e));
	case DBN_ERR_WHERE:
		return dbn_text_z(dbn_error_where(e));
	case DBN_ERR_CONSTRAINT:
		return dbn_text_z(dbn_error_constraint(e));
	case DBN_ERR_RELATION:
		return dbn_text_z(dbn_error_relation(e));
	case DBN_ERR_COLUMN:
		return dbn_text_z(dbn_error_column(e));
	default:
		return dbn_text_z("");
	}
}

static uint64_t
host_now_ns(const dbn_host *h)
{
	(void)h;
	return dbn_now_ns();
}

static int64_t
host_wall_us(const dbn_host *h)
{
	(void)h;
	return dbn_wall_us();
}

static int32_t
host_cancelled(const dbn_host *h, const dbn_call *call)
{
	(void)h;
	if (cancel_flag && *cancel_flag)
		return 1;
	return call && call->deadline_ns && dbn_now_ns() >= call->deadline_ns;
}

static void
host_changed(const dbn_host *h, uint32_t what)
{
	const dbn_instance_full *i = dbn_host_full(h);

	if (i->registry->changed)
		i->registry->changed(&i->pub, what, i->registry->changed_user);
}

static const void *
host_get_service(const dbn_host *h, const char *id)
{
	for (const dbn_service_link *s = dbn_host_registry(h)->services; id && s; s = s->next)
		if (strcmp(s->id, id) == 0)
			return s->table;
	return id ? dbn_service_builtin(id) : NULL;
}

void
dbn_host_init(dbn_instance_full *i)
{
	i->host = (dbn_host){
		.struct_size = sizeof(dbn_host),
		.abi_major = DBN_ABI_MAJOR,
		.abi_minor = DBN_ABI_MINOR,
		.ctx = i,
		.alloc = host_alloc,
		.release = host_release,
		.log = host_log,
		.fail = host_fail,
		.error_code = host_error_code,
		.error_field = host_error_field,
		.error_free = dbn_error_free,
		.now_ns = host_now_ns,
		.wall_us = host_wall_us,
		.cancelled = host_cancelled,
		.changed = host_changed,
		.get_service = host_get_service,
	};
}

/* ---- registering ---- */

dbn_status
dbn_host_service_register(dbn_registry *r, const char *id, const void *table, dbn_error **err)
{
	dbn_service_link *s = dbn_arena_zalloc(&r->arena, sizeof *s);

	if (s)
		s->id = dbn_arena_strndup(&r->arena, id, strlen(id));
	if (!s || !s->id)
		return dbn_fail_nomem(err);
	s->table = table;
	s->next = r->services;
	r->services = s;
	return DBN_OK;
}

void
dbn_registry_on_changed(dbn_registry *r,
	void (*fn)(const dbn_instance *i, uint32_t what, void *user), void *user)
{
	r->changed = fn;
	r->changed_user = user;
}

void
dbn_registry_on_metrics(dbn_registry *r,
	dbn_status (*counter)(void *user, const char *name, const char *help, uint32_t *id,
		dbn_error **err),
	void (*add)(void *user, uint32_t id, int64_t n), void *user)
{
	r->counter = counter;
	r->count = add;
	r->count_user = user;
}
