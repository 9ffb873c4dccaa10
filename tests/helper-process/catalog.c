/* SPDX-License-Identifier: MIT */
/*
 * Descriptions of relations out of a message, in the one block the core wants.
 */
#include "proxy.h"

typedef struct unpack {
	wire *in;
	char *texts;
	uint32_t *inputs;
} unpack;

static dbn_text
copy_text(unpack *u)
{
	dbn_text t = get_text(u->in), out = { u->texts, t.len };

	if (t.len)
		memcpy(u->texts, t.ptr, t.len);
	u->texts[t.len] = 0;
	u->texts += t.len + 1;
	return out;
}

static void
unpack_column(unpack *u, dbn_column_desc *c)
{
	uint32_t n;

	c->struct_size = (uint32_t)sizeof *c;
	c->flags = get_u32(u->in);
	c->name = copy_text(u);
	c->declared = copy_text(u);
	c->collation = copy_text(u);
	c->type = get_u32(u->in);
	c->key_part = get_u32(u->in);
	n = get_u32(u->in);
	c->inputs = (dbn_array){ u->inputs, n, (uint32_t)sizeof *u->inputs };
	for (uint32_t i = 0; i < n && !u->in->bad; i++)
		*u->inputs++ = get_u32(u->in);
}

static void
unpack_effect(unpack *u, dbn_effect_desc *e)
{
	e->struct_size = (uint32_t)sizeof *e;
	e->what = get_u32(u->in);
	e->on.schema = copy_text(u);
	e->on.name = copy_text(u);
	e->by = copy_text(u);
	e->actions = get_u32(u->in);
	e->does = get_u32(u->in);
}

dbn_status
proxy_relation(struct dbn_conn *c, const dbn_name *name, const dbn_call *call,
	dbn_relation_info *out, dbn_error **err)
{
	wire *m = proxy_message(c);
	dbn_column_desc *cols;
	dbn_effect_desc *effs;
	uint32_t ncols, neffs, kind, facts;
	dbn_text schema, rel;
	uint64_t version;
	dbn_status rc;
	unpack u;
	char *block;

	proxy_put_call(c, call);
	put_text(m, name->schema);
	put_text(m, name->name);
	rc = proxy_ask(c, OP_RELATION, err);
	if (rc != DBN_OK)
		return rc;
	kind = get_u32(&c->in);
	schema = get_text(&c->in);
	rel = get_text(&c->in);
	version = get_u64(&c->in);
	facts = get_u32(&c->in);
	ncols = get_u32(&c->in);
	neffs = get_u32(&c->in);
	if (ncols > 100000 || neffs > 100000)
		return plug_fail_status(c->host, err, DBN_E_PLUGIN, "a damaged message");
	/* Texts and inputs need no more than they took in the message. */
	block = (char *)plug_zalloc(c->host, 1, ncols * sizeof *cols + neffs * sizeof *effs +
		2 * c->in.len + 64);
	if (!block)
		return plug_nomem(c->host, err);
	cols = (dbn_column_desc *)(void *)block;
	effs = (dbn_effect_desc *)(void *)(cols + ncols);
	u = (unpack){ &c->in, NULL, (uint32_t *)(void *)(effs + neffs) };
	u.texts = (char *)u.inputs + c->in.len;
	memcpy(u.texts, rel.ptr, rel.len);
	out->name.name = (dbn_text){ u.texts, rel.len };
	u.texts += rel.len + 1;
	memcpy(u.texts, schema.ptr, schema.len);
	out->name.schema = (dbn_text){ u.texts, schema.len };
	u.texts += schema.len + 1;
	for (uint32_t i = 0; i < ncols; i++)
		unpack_column(&u, &cols[i]);
	for (uint32_t i = 0; i < neffs; i++)
		unpack_effect(&u, &effs[i]);
	out->kind = kind;
	out->version = version;
	out->facts = facts;
	out->columns = (dbn_array){ cols, ncols, (uint32_t)sizeof *cols };
	out->effects = (dbn_array){ effs, neffs, (uint32_t)sizeof *effs };
	out->memory = block;
	return DBN_OK;
}

dbn_status
proxy_relations(struct dbn_conn *c, const dbn_name *pattern, const dbn_call *call,
	dbn_status (*each)(const dbn_name *, uint32_t kind, void *user), void *user, dbn_error **err)
{
	static const dbn_name all;
	wire *m = proxy_message(c);
	dbn_status rc;
	wire list;

	if (!pattern)
		pattern = &all;
	proxy_put_call(c, call);
	put_text(m, pattern->schema);
	put_text(m, pattern->name);
	rc = proxy_ask(c, OP_RELATIONS, err);
	if (rc != DBN_OK)
		return rc;
	list = c->in; /* a callback may use the connection */
	memset(&c->in, 0, sizeof c->in);
	while (rc == DBN_OK && list.at < list.len && !list.bad) {
		uint32_t kind = get_u32(&list);
		dbn_name n;

		n.schema = get_text(&list);
		n.name = get_text(&list);
		rc = each(&n, kind, user);
	}
	wire_free(&list);
	return rc;
}
