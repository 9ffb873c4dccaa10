/* SPDX-License-Identifier: MIT */
/*
 * Nodes as text again.  Depth is bounded by the tree's own.
 */
#include "conf/build.h"

static void
quoted(dbn_text t, dbn_str *out)
{
	dbn_str_addc(out, '"');
	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.ptr[i];

		if (c == '"' || c == '\\') {
			dbn_str_addc(out, '\\');
			dbn_str_addc(out, (char)c);
		} else if (c < 0x20 || c == 0x7f) {
			dbn_str_addf(out, "\\x%02x", c);
		} else {
			dbn_str_addc(out, (char)c);
		}
	}
	dbn_str_addc(out, '"');
}

static void
print(const dbn_conf_node *n, dbn_str *out, bool top, unsigned depth)
{
	char buf[40];
	size_t len;

	switch (n->kind) {
	case DBN_NODE_BOOL:
		dbn_str_adds(out, n->u.flag ? "true" : "false");
		return;
	case DBN_NODE_INT:
		dbn_str_addi(out, n->u.num);
		if (!top && (n->u.num > INT32_MAX || n->u.num < INT32_MIN))
			dbn_str_addc(out, 'L');
		return;
	case DBN_NODE_FLOAT:
		len = dbn_format_double(buf, sizeof buf, n->u.real);
		dbn_str_add(out, buf, len);
		if (!memchr(buf, '.', len) && !memchr(buf, 'e', len))
			dbn_str_adds(out, ".0");
		return;
	case DBN_NODE_STRING:
	case DBN_NODE_TEXT:
		if (top)
			dbn_str_addt(out, n->u.text);
		else
			quoted(n->u.text, out);
		return;
	default:
		break;
	}
	if (depth > DBN_CONF_DEPTH + 2)
		return;
	dbn_str_addc(out, n->kind == DBN_NODE_GROUP ? '{' : '(');
	for (const dbn_conf_node *c = n->child; c; c = c->next) {
		if (n->kind == DBN_NODE_GROUP)
			dbn_str_addf(out, " %s = ", c->name ? c->name : "");
		else if (c != n->child)
			dbn_str_adds(out, ", ");
		print(c, out, false, depth + 1);
		if (n->kind == DBN_NODE_GROUP)
			dbn_str_addc(out, ';');
	}
	dbn_str_adds(out, n->kind == DBN_NODE_GROUP ? " }" : ")");
}

void
dbn_conf_print(const dbn_conf_node *n, dbn_str *out)
{
	print(n, out, true, 0);
}
