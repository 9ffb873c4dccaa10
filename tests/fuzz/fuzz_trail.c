/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as an audit trail.  Beyond not crashing: a trail is sound only as
 * far as it was proven, and nothing that is not chained is taken for a record.
 */
#include <stdio.h>
#include <stdlib.h>

#include "audit/verify.h"
#include <dbnexus/trail.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond) do { if (!(cond)) { \
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); abort(); } } while (0)

static void
look_at(dbn_text line)
{
	static const char *const members[] = { "seq", "user", "relations", "hash", "", "time" };
	char buf[33];

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (dbn_trail_member(line, members[i], buf, sizeof buf))
			MUST(strlen(buf) < sizeof buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size;
	dbn_audit_verifier *v = NULL;
	dbn_audit_report report;
	uint64_t lines = 0;

	if (dbn_audit_verifier_new(NULL, &v, NULL) != DBN_OK)
		return 0;
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		dbn_text line = dbn_text_n(p, (size_t)((nl ? nl : end) - p));

		MUST(dbn_audit_verifier_line(v, line, nl == NULL, NULL) == DBN_OK);
		look_at(line);
		lines++;
		p = nl ? nl + 1 : end;
	}
	dbn_audit_verifier_end(v, &report);
	MUST(report.records <= lines);
	MUST(report.damage == DBN_AUDIT_SOUND || report.bad_line <= lines + 1);
	MUST(report.damage == DBN_AUDIT_SOUND || report.what[0] != '\0');
	MUST(strlen(report.what) < sizeof report.what);
	dbn_audit_verifier_free(v);
	return 0;
}
