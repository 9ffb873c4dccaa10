/* SPDX-License-Identifier: MIT */
/*
 * One record read back in parts, by jansson; and going on behind the last
 * record of a stream.
 */
#include "audit/record.h"
#include "audit/verify.h"

#include <jansson.h>
#include <string.h>
#include "error/error.h"

dbn_status
dbn_audit_entry_parse(dbn_text line, dbn_audit_entry **out, dbn_error **err)
{
	json_error_t why;
	json_t *root = json_loadb(line.ptr ? line.ptr : "", line.len,
		JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);

	DBN_ERR_CLEAR(err);
	*out = NULL;
	if (!root)
		return dbn_fail(err, DBN_E_INTEGRITY, "not a record: %s", why.text);
	if (!json_is_object(root)) {
		json_decref(root);
		return dbn_fail(err, DBN_E_INTEGRITY, "not a record: no object");
	}
	*out = (dbn_audit_entry *)root;
	return DBN_OK;
}

void
dbn_audit_entry_free(dbn_audit_entry *e)
{
	json_decref((json_t *)e);
}

const char *
dbn_audit_entry_text(const dbn_audit_entry *e, const char *member)
{
	return json_string_value(json_object_get((const json_t *)e, member));
}

bool
dbn_audit_entry_int(const dbn_audit_entry *e, const char *member, int64_t *out)
{
	const json_t *v = json_object_get((const json_t *)e, member);

	if (!json_is_integer(v))
		return false;
	*out = json_integer_value(v);
	return true;
}

const char *
dbn_audit_entry_item(const dbn_audit_entry *e, const char *member, size_t i)
{
	const json_t *list = json_object_get((const json_t *)e, member);

	return json_string_value(json_array_get(list, i));
}

dbn_status
dbn_audit__chain_resume(audit_chain *c, uint64_t seq, dbn_text line, dbn_error **err)
{
	char hash[DBN_SHA256_HEX + 1];
	dbn_audit_entry *e = NULL;
	bool agrees;
	int64_t own;
	dbn_status rc;

	if (!dbn_audit__line_hash(c->hasher, line, hash, &agrees) || !agrees)
		return dbn_fail(err, DBN_E_INTEGRITY,
			"record %llu, the last one, is not as it was written", (unsigned long long)seq);
	rc = dbn_audit_entry_parse(line, &e, err);
	if (rc != DBN_OK)
		return rc;
	if (!dbn_audit_entry_int(e, "seq", &own) || own < 1 || (uint64_t)own != seq)
		rc = dbn_fail(err, DBN_E_INTEGRITY, "the last record should be number %llu",
			(unsigned long long)seq);
	dbn_audit_entry_free(e);
	if (rc == DBN_OK) {
		c->seq = seq;
		memcpy(c->prev, hash, sizeof(hash));
	}
	return rc;
}
