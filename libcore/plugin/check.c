/* SPDX-License-Identifier: MIT */
/*
 * Judging a descriptor before any code of its plugin runs: it is plain data.
 * Whatever is wrong is refused with path, configuration line and cause.
 */
#include "plugin/load.h"

struct judged {
	const char *path, *where;
	dbn_error **err;
};

#define REFUSE(j, hint, ...) \
	return refuse(j, hint, __VA_ARGS__)

static dbn_status refuse(const struct judged *j, const char *hint, const char *fmt, ...)
	DBN_PRINTF(3, 4);

static dbn_status
refuse(const struct judged *j, const char *hint, const char *fmt, ...)
{
	dbn_status rc;
	va_list ap;
	dbn_str why;

	dbn_str_init(&why, 4096);
	va_start(ap, fmt);
	dbn_str_addv(&why, fmt, ap);
	va_end(ap);
	rc = why.status == DBN_E_NOMEM ? dbn_fail_nomem(j->err) :
		dbn_fail_where(j->err, DBN_E_PLUGIN, j->where, hint, "plugin \"%s\" is refused: %s",
			j->path, dbn_str_z(&why));
	dbn_str_free(&why);
	return rc;
}

const char *
dbn_kind_name(uint32_t kind)
{
	static const char *const names[] = { NULL, "driver", "cache", "permission", "shard",
		"audit" };

	return kind < sizeof names / sizeof *names ? names[kind] : NULL;
}

/* The head, which never moves: enough to know whether the rest can be read. */
static dbn_status
check_head(const struct judged *j, const dbn_plugin_descriptor *entry, size_t bytes)
{
	const size_t head = offsetof(dbn_plugin_descriptor, kind);

	if (bytes == 0)
		REFUSE(j, "a plugin defines it by DBN_PLUGIN()", "dbn_plugin_entry is not data");
	if (bytes < head)
		REFUSE(j, "a plugin defines it by DBN_PLUGIN()",
			"dbn_plugin_entry has only %zu bytes", bytes);
	if (entry->magic != DBN_PLUGIN_MAGIC)
		REFUSE(j, "it is not a plugin of dbnexus", "its magic is 0x%08x instead of 0x%08x",
			(unsigned)entry->magic, DBN_PLUGIN_MAGIC);
	if (entry->abi_major != DBN_ABI_MAJOR)
		REFUSE(j, "build it against the installed headers",
			"it is made for ABI %u.%u, this is %u.%u", entry->abi_major, entry->abi_minor,
			DBN_ABI_MAJOR, DBN_ABI_MINOR);
	/* major 0: borders may be redrawn, so the exact minor is wanted */
	if (DBN_ABI_MAJOR == 0 && entry->abi_minor != DBN_ABI_MINOR)
		REFUSE(j, "build it against the installed headers",
			"it is made for ABI %u.%u, and before 1.0 only exactly %u.%u will do",
			entry->abi_major, entry->abi_minor, DBN_ABI_MAJOR, DBN_ABI_MINOR);
	if (entry->struct_size < head || entry->struct_size > bytes ||
		entry->struct_size > 65536)
		REFUSE(j, NULL, "dbn_plugin_entry says that it has %u bytes",
			(unsigned)entry->struct_size);
	return DBN_OK;
}

static bool
good_name(const char *name)
{
	size_t n = 0;

	for (; name && name[n]; n++)
		if (!((name[n] >= 'a' && name[n] <= 'z') || (name[n] >= '0' && name[n] <= '9') ||
			name[n] == '_' || name[n] == '-') || n == 64)
			return false;
	return n > 0;
}

static dbn_status
check_words(const struct judged *j, const dbn_plugin_descriptor *d)
{
	const uint32_t unknown = d->flags & ~DBN_PLUGIN_KNOWN_FLAGS;

	if (!dbn_kind_name(d->kind))
		REFUSE(j, NULL, "its kind is %u, which is none", (unsigned)d->kind);
	if (d->threads < DBN_THREADS_SERIAL || d->threads > DBN_THREADS_PARALLEL)
		REFUSE(j, NULL, "its thread word is %u, which is none", (unsigned)d->threads);
	if (unknown)
		REFUSE(j, NULL, "it has the unknown flag 0x%x", (unsigned)unknown);
	if (d->reserved0)
		REFUSE(j, NULL, "reserved0 of its descriptor is not zero");
	if (!good_name(d->name))
		REFUSE(j, "small letters, digits, - and _", "it has no usable name");
	if (!d->version || !d->version[0])
		REFUSE(j, NULL, "it has no version");
	if (!d->create || !d->destroy)
		REFUSE(j, NULL, "it has no %s", d->create ? "destroy()" : "create()");
	if (!d->ops)
		REFUSE(j, NULL, "it has no operations");
	if (d->settings_size > (1u << 20))
		REFUSE(j, NULL, "its settings have %u bytes", (unsigned)d->settings_size);
	return DBN_OK;
}

static bool
is_set(const void *ops, const dbn_op *op)
{
	dbn_any_fn fn;

	memcpy(&fn, (const char *)ops + op->offset, sizeof fn);
	return fn != NULL;
}

/* What the flags of an audit sink promise must be there. */
static bool
promised(const dbn_plugin_descriptor *d, uint32_t flags, const dbn_op *op)
{
	if (d->kind != DBN_KIND_AUDIT)
		return false;
	return ((flags & DBN_AUDIT_DURABLE) && op->offset == offsetof(dbn_audit_ops, sync)) ||
		((flags & DBN_AUDIT_TRANSACTIONAL) &&
		op->offset == offsetof(dbn_audit_ops, append_within)) ||
		((flags & DBN_AUDIT_READS_BACK) && op->offset == offsetof(dbn_audit_ops, read));
}

static dbn_status
check_ops(const struct judged *j, const dbn_kind_ops *k, dbn_plugin *out)
{
	struct {
		uint32_t struct_size, flags;
	} head;
	void *ops = &out->ops;
	unsigned missing = 0;
	dbn_status rc;
	dbn_str names;

	memcpy(&head, out->desc.ops, sizeof head);
	if (head.struct_size < sizeof head || head.struct_size > 65536)
		REFUSE(j, NULL, "its operations say that they have %u bytes",
			(unsigned)head.struct_size);
	if (head.flags & ~k->known_flags)
		REFUSE(j, NULL, "its operations have the unknown flag 0x%x",
			(unsigned)(head.flags & ~k->known_flags));
	memcpy(ops, out->desc.ops, head.struct_size < k->size ? head.struct_size : k->size);
	memcpy(ops, &(uint32_t){ (uint32_t)k->size }, sizeof(uint32_t));
	dbn_str_init(&names, 4096);
	for (size_t i = 0; i < k->n; i++) {
		const dbn_op *op = &k->ops[i];

		if (is_set(ops, op))
			continue;
		if (op->required || promised(&out->desc, head.flags, op))
			dbn_str_addf(&names, "%s%s", missing++ ? ", " : "", op->name);
		memcpy((char *)ops + op->offset, &op->filler, sizeof op->filler);
	}
	rc = names.status == DBN_E_NOMEM ? dbn_fail_nomem(j->err) : missing ? refuse(j, NULL, "it lacks the required operation%s %s",
		missing > 1 ? "s" : "", dbn_str_z(&names)) : DBN_OK;
	dbn_str_free(&names);
	return rc;
}

dbn_status
dbn_plugin_judge(const dbn_plugin_descriptor *entry, size_t bytes, const char *path,
	const char *where, dbn_plugin *out, dbn_error **err)
{
	struct judged j = { .path = path, .where = where, .err = err };
	dbn_plugin_descriptor *d = &out->desc;
	dbn_error *why = NULL;
	dbn_status rc = check_head(&j, entry, bytes);

	if (rc != DBN_OK)
		return rc;
	memset(out, 0, sizeof *out);
	out->path = path;
	memcpy(d, entry, entry->struct_size < sizeof *d ? entry->struct_size : sizeof *d);
	rc = check_words(&j, d);
	if (rc == DBN_OK)
		rc = check_ops(&j, dbn_kind_ops_of(d->kind), out);
	if (rc != DBN_OK)
		return rc;
	rc = dbn_conf_schema_check(&d->conf, d->settings_size, &why);
	if (rc == DBN_E_PLUGIN)
		rc = refuse(&j, NULL, "%s", dbn_error_message(why));
	else if (rc != DBN_OK)
		rc = dbn_fail_nomem(err);
	dbn_error_free(why);
	return rc;
}
