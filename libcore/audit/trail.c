/* SPDX-License-Identifier: MIT */
/*
 * dbnexus/trail.h: a trail of a configuration, read back by the plugin that
 * keeps it.  Makes one instance for the call and opens no stream, so nothing is
 * locked or repaired and a living writer is not disturbed.
 */
#include <string.h>

#include "audit/verify.h"
#include "base/str.h"
#include "error/error.h"
#include "plugin/registry.h"
#include <dbnexus/trail.h>

/* One sink, opened for reading. */
struct trail {
	dbn_problems problems;
	dbn_stack_conf *stack;
	dbn_registry *registry;
	dbn_instance *sink;
};

static const dbn_conf_audit *
choose(const dbn_stack_conf *stack, const char *name)
{
	for (size_t i = 0; i < stack->naudit; i++)
		if (!name || (stack->audit[i].name && strcmp(stack->audit[i].name, name) == 0))
			return &stack->audit[i];
	return NULL;
}

static dbn_status
trail_open(const dbn_config *config, const char *name, struct trail *t, dbn_error **err)
{
	const dbn_conf_audit *conf;
	dbn_status rc;

	memset(t, 0, sizeof *t);
	dbn_problems_init(&t->problems);
	if (dbn_stack_load(config, &t->problems, &t->stack) == DBN_E_NOMEM || !t->stack)
		return dbn_fail_nomem(err);
	rc = dbn_problems_fail(&t->problems, err);
	if (rc != DBN_OK)
		return rc;
	conf = choose(t->stack, name);
	if (!conf && name)
		return dbn_fail(err, DBN_E_CONFIG, "there is no audit sink \"%s\"", name);
	if (!conf)
		return dbn_fail_hint(err, DBN_E_CONFIG, "Add a sink to the list \"audit\".",
			"the configuration keeps no audit trail");
	rc = dbn_registry_new(t->stack->plugin_dirs, t->stack->nplugin_dirs, NULL, &t->registry, err);
	if (rc != DBN_OK)
		return rc;
	return dbn_instance_new(t->registry, DBN_KIND_AUDIT, &conf->plugin, &t->sink, err);
}

static void
trail_close(struct trail *t)
{
	dbn_registry_free(t->registry);
	dbn_stack_free(t->stack);
	dbn_problems_free(&t->problems);
}

static dbn_status
check_opts(const dbn_trail_opts *opts, dbn_trail_opts *full, dbn_error **err)
{
	*full = dbn_trail_opts_init();
	if (!opts)
		return DBN_OK;
	if (opts->struct_size < sizeof(uint32_t))
		return dbn_fail_hint(err, DBN_E_INVALID, "Make it with dbn_trail_opts_init().",
			"dbn_trail_opts without its size");
	memcpy(full, opts, opts->struct_size < sizeof *full ? opts->struct_size : sizeof *full);
	if (full->flags & ~(uint32_t)DBN_TRAIL_PRUNED)
		return dbn_fail(err, DBN_E_INVALID, "dbn_trail_opts has an unknown flag");
	if (full->head_seq && (!full->head_hash || strlen(full->head_hash) != DBN_SHA256_HEX ||
		strspn(full->head_hash, "0123456789abcdef") != DBN_SHA256_HEX))
		return dbn_fail(err, DBN_E_INVALID, "the hash of a head is %d hexadecimal digits",
			DBN_SHA256_HEX);
	return DBN_OK;
}

static void
fill(dbn_trail_report *out, const dbn_audit_report *in)
{
	dbn_trail_report full;
	uint32_t size = out->struct_size < sizeof full ? out->struct_size : (uint32_t)sizeof full;

	memset(&full, 0, sizeof full);
	full.damage = in->damage;
	full.records = in->records;
	full.first_seq = in->first_seq;
	full.last_seq = in->last_seq;
	full.lost = in->lost;
	full.bad_seq = in->bad_seq;
	full.bad_line = in->bad_line;
	memcpy(full.last_hash, in->last_hash, sizeof in->last_hash);
	memcpy(full.what, in->what, sizeof full.what);
	full.struct_size = size;
	memcpy(out, &full, size);
}

dbn_status
dbn_trail_verify(const dbn_config *config, const dbn_trail_opts *opts, dbn_trail_report *report,
	dbn_error **err)
{
	dbn_audit_verify_opts how = { 0 };
	dbn_audit_report found;
	dbn_trail_opts o;
	struct trail t;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (!config || !report || report->struct_size < sizeof(uint32_t))
		return dbn_fail_hint(err, DBN_E_INVALID, "Set struct_size: sizeof(dbn_trail_report).",
			"no configuration, or a dbn_trail_report without its size");
	rc = check_opts(opts, &o, err);
	if (rc != DBN_OK)
		return rc;
	how.allow_pruned = (o.flags & DBN_TRAIL_PRUNED) != 0;
	how.head_seq = o.head_seq;
	if (o.head_seq)
		memcpy(how.head_hash, o.head_hash, DBN_SHA256_HEX + 1);
	rc = trail_open(config, o.sink, &t, err);
	if (rc == DBN_OK) {
		dbn_instance_enter(t.sink);
		rc = dbn_audit_verify(t.sink->self, t.sink->ops, &how, &found, err);
		dbn_instance_leave(t.sink);
	}
	if (rc == DBN_OK) {
		fill(report, &found);
		if (found.damage != DBN_AUDIT_SOUND)
			rc = dbn_fail(err, DBN_E_INTEGRITY, "record %llu is %s",
				(unsigned long long)found.bad_seq, dbn_audit_damage_name(found.damage));
	}
	trail_close(&t);
	return rc;
}

struct visit {
	dbn_status (*each)(dbn_text line, bool torn, void *user);
	void *user;
};

static dbn_status
visit_record(const dbn_audit_record *r, void *user)
{
	struct visit *v = user;

	return v->each(r->line, (r->flags & DBN_AUDIT_RECORD_TORN) != 0, v->user);
}

dbn_status
dbn_trail_read(const dbn_config *config, const dbn_trail_opts *opts,
	dbn_status (*each)(dbn_text line, bool torn, void *user), void *user, dbn_error **err)
{
	dbn_call call = DBN_CALL_INIT;
	struct visit v = { each, user };
	const dbn_audit_ops *ops;
	dbn_trail_opts o;
	struct trail t;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (!config || !each)
		return dbn_fail(err, DBN_E_INVALID, "no configuration, or nothing to call");
	rc = check_opts(opts, &o, err);
	if (rc != DBN_OK)
		return rc;
	rc = trail_open(config, o.sink, &t, err);
	if (rc == DBN_OK) {
		ops = t.sink->ops;
		dbn_instance_enter(t.sink);
		rc = ops->read(t.sink->self, 1, &call, visit_record, &v, err);
		dbn_instance_leave(t.sink);
	}
	trail_close(&t);
	return rc;
}

/* "a, b, c" of a list of texts. */
static bool
join_list(const dbn_audit_entry *e, const char *member, dbn_str *out)
{
	const char *item;
	size_t i = 0;

	for (; (item = dbn_audit_entry_item(e, member, i)) != NULL; i++) {
		if (i)
			dbn_str_adds(out, ", ");
		dbn_str_adds(out, item);
	}
	return i > 0;
}

bool
dbn_trail_member(dbn_text line, const char *member, char *buf, size_t size)
{
	dbn_audit_entry *e = NULL;
	const char *z;
	bool found;
	int64_t n;
	dbn_str s;

	if (!member || !buf || !size || dbn_audit_entry_parse(line, &e, NULL) != DBN_OK)
		return false;
	dbn_str_init(&s, 0);
	z = dbn_audit_entry_text(e, member);
	found = z != NULL;
	if (found)
		dbn_str_adds(&s, z);
	else if ((found = dbn_audit_entry_int(e, member, &n)))
		dbn_str_addi(&s, n);
	else
		found = join_list(e, member, &s);
	dbn_audit_entry_free(e);
	if (found) {
		size_t len = s.len < size ? s.len : size - 1;

		len = dbn_utf8_valid(dbn_str_z(&s), len); /* no half characters */
		memcpy(buf, dbn_str_z(&s), len);
		buf[len] = '\0';
	}
	dbn_str_free(&s);
	return found;
}

const char *
dbn_trail_damage_name(dbn_trail_damage damage)
{
	return dbn_audit_damage_name(damage);
}

_Static_assert((int)DBN_TRAIL_REPLACED == (int)DBN_AUDIT_REPLACED &&
	(int)DBN_TRAIL_TORN == (int)DBN_AUDIT_TORN, "the same numbers on both sides");
