/* SPDX-License-Identifier: MIT */
/*
 * Proving a trail: every kind of damage at every record, heads kept elsewhere,
 * old files removed, and lines that are anything.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/record.h"
#include "audit/verify.h"

#define N 12

static char *lines[N + 2];
static size_t n;
static audit_chain chain;

static void
add_line(void)
{
	dbn_audit_event ev = { .action = DBN_AUDIT_READ, .outcome = DBN_AUDIT_OK };
	static char pack[4096] __attribute__((aligned(16)));
	pack_plan plan;
	dbn_str s;

	ev.user = DBN_TEXT_LIT("alice");
	ev.statement = DBN_TEXT_LIT("SELECT ,\"hash\":\" FROM \"t\"");
	dbn_str_init(&s, 0);
	if (n == 0) {
		cr_assert(dbn_audit__write_start(&chain, DBN_TEXT_LIT("trail"), "ab", 0, 1, &s));
	} else if (n == 5) {
		const uint64_t ops[] = { 7, 8 };

		cr_assert(dbn_audit__write_lost(&chain, 4, ops, 2, 1, &s));
	} else {
		dbn_audit__measure(&ev, 1000, sizeof(pack), &plan);
		dbn_audit__pack(&ev, &plan, 0, 1, pack);
		cr_assert(dbn_audit__write_event(&chain, (audit_pack *)(void *)pack, &s));
	}
	lines[n++] = strdup(dbn_str_z(&s));
	dbn_str_free(&s);
}

static void
setup(void)
{
	n = 0;
	cr_assert_eq(dbn_audit__chain_init(&chain, NULL), DBN_OK);
	for (int i = 0; i < N; i++)
		add_line();
}

static void
teardown(void)
{
	for (size_t i = 0; i < n; i++)
		free(lines[i]);
	dbn_audit__chain_free(&chain);
}

TestSuite(verify, .init = setup, .fini = teardown);

static dbn_audit_report
judge(char *const *list, size_t count, const dbn_audit_verify_opts *o, bool torn)
{
	dbn_audit_verifier *v;
	dbn_audit_report r;

	cr_assert_eq(dbn_audit_verifier_new(o, &v, NULL), DBN_OK);
	for (size_t i = 0; i < count; i++)
		cr_assert_eq(dbn_audit_verifier_line(v, dbn_text_z(list[i]), torn && i + 1 == count,
			NULL), DBN_OK);
	dbn_audit_verifier_end(v, &r);
	dbn_audit_verifier_free(v);
	return r;
}

Test(verify, a_sound_trail_is_sound)
{
	dbn_audit_report r = judge(lines, n, NULL, false);

	cr_assert_eq(r.damage, DBN_AUDIT_SOUND, "%s", r.what);
	cr_assert_eq(r.records, N);
	cr_assert_eq(r.first_seq, 1);
	cr_assert_eq(r.last_seq, N);
	cr_assert_str_eq(r.last_hash, chain.prev);
	cr_assert_eq(r.lost, 4);
	cr_assert_str_eq(r.what, "");
	r = judge(lines, 0, NULL, false);
	cr_assert_eq(r.damage, DBN_AUDIT_SOUND, "nothing is a sound beginning");
}

Test(verify, every_changed_byte_is_found)
{
	for (size_t i = 0; i < n; i++)
		for (size_t at = 0; at < strlen(lines[i]); at++) {
			char was = lines[i][at];
			dbn_audit_report r;

			lines[i][at] = was == '1' ? '2' : (char)(was ^ 1);
			r = judge(lines, n, NULL, false);
			cr_assert_eq(r.damage, DBN_AUDIT_EDITED, "record %zu byte %zu: %s", i + 1, at,
				dbn_audit_damage_name(r.damage));
			cr_assert_eq(r.bad_seq, i + 1);
			cr_assert_eq(r.bad_line, i + 1);
			cr_assert_eq(r.last_seq, i);
			lines[i][at] = was;
		}
}

Test(verify, the_report_names_the_record)
{
	char *at = strstr(lines[6], "alice");
	char want[32];
	dbn_audit_report r;

	at[0] = 'A';
	r = judge(lines, n, NULL, false);
	(void)snprintf(want, sizeof(want), "record 7 was edited");
	cr_assert(strstr(r.what, want), "%s", r.what);
}

Test(verify, every_missing_record_is_found)
{
	for (size_t i = 0; i < n - 1; i++) {
		char *without[N];
		dbn_audit_report r;

		memcpy(without, lines, i * sizeof(*lines));
		memcpy(without + i, lines + i + 1, (n - i - 1) * sizeof(*lines));
		r = judge(without, n - 1, NULL, false);
		cr_assert_eq(r.damage, DBN_AUDIT_MISSING, "record %zu: %s", i + 1, r.what);
		cr_assert_eq(r.bad_seq, i + 1);
	}
}

Test(verify, every_pair_in_the_wrong_order_is_found)
{
	for (size_t i = 0; i + 1 < n; i++) {
		char *other[N];
		dbn_audit_report r;

		memcpy(other, lines, n * sizeof(*lines));
		other[i] = lines[i + 1];
		other[i + 1] = lines[i];
		r = judge(other, n, NULL, false);
		cr_assert_eq(r.damage, DBN_AUDIT_REORDERED, "records %zu and %zu: %s", i + 1, i + 2,
			r.what);
		cr_assert_eq(r.bad_seq, i + 1);
	}
}

Test(verify, a_record_twice_is_found)
{
	char *other[N + 1];
	dbn_audit_report r;

	memcpy(other, lines, 5 * sizeof(*lines));
	memcpy(other + 5, lines + 4, (n - 4) * sizeof(*lines));
	r = judge(other, n + 1, NULL, false);
	cr_assert_eq(r.damage, DBN_AUDIT_REORDERED, "%s", r.what);
	cr_assert_eq(r.bad_seq, 6);
}

/* Somebody who can compute hashes replaces a record: the next one disagrees. */
Test(verify, a_record_replaced_with_a_new_hash_is_found)
{
	audit_chain other;
	char prev[DBN_SHA256_HEX + 1];
	dbn_audit_report r;
	bool agrees;
	dbn_str s;

	cr_assert_eq(dbn_audit__chain_init(&other, NULL), DBN_OK);
	cr_assert(dbn_audit__line_hash(chain.hasher, dbn_text_z(lines[3]), prev, &agrees) && agrees);
	other.seq = 4;
	memcpy(other.prev, prev, sizeof(prev));
	dbn_str_init(&s, 0);
	cr_assert(dbn_audit__write_close(&other, 99, &s));
	free(lines[4]);
	lines[4] = strdup(dbn_str_z(&s));
	dbn_str_free(&s);
	dbn_audit__chain_free(&other);
	r = judge(lines, n, NULL, false);
	cr_assert_eq(r.damage, DBN_AUDIT_EDITED, "%s", r.what);
	cr_assert_eq(r.bad_seq, 6, "the first that does not follow on");
}

Test(verify, a_torn_end_is_no_edit)
{
	char *half = lines[n - 1];
	dbn_audit_report r;

	half[strlen(half) / 2] = 0;
	r = judge(lines, n, NULL, true);
	cr_assert_eq(r.damage, DBN_AUDIT_TORN);
	cr_assert_eq(r.bad_seq, N);
	cr_assert_eq(r.last_seq, N - 1);
	r = judge(lines, n, NULL, false);
	cr_assert_eq(r.damage, DBN_AUDIT_EDITED, "half a record that ends in a new line is an edit");
}

Test(verify, a_kept_head_proves_the_end)
{
	dbn_audit_verify_opts o = { .head_seq = N };
	dbn_audit_report r;

	memcpy(o.head_hash, chain.prev, sizeof(o.head_hash));
	cr_assert_eq(judge(lines, n, &o, false).damage, DBN_AUDIT_SOUND);
	r = judge(lines, n - 3, &o, false);
	cr_assert_eq(r.damage, DBN_AUDIT_CUT, "%s", r.what);
	cr_assert_eq(r.bad_seq, N - 2);
	cr_assert_eq(judge(lines, n - 3, NULL, false).damage, DBN_AUDIT_SOUND,
		"without a head nobody can tell");
	o.head_hash[0] = o.head_hash[0] == 'a' ? 'b' : 'a';
	r = judge(lines, n, &o, false);
	cr_assert_eq(r.damage, DBN_AUDIT_REPLACED, "%s", r.what);
	cr_assert_eq(r.bad_seq, N);
	o.head_seq = 5;
	cr_assert_eq(judge(lines, n, &o, false).damage, DBN_AUDIT_REPLACED);
}

Test(verify, removed_beginnings_must_be_allowed)
{
	dbn_audit_verify_opts o = { .allow_pruned = true };
	dbn_audit_report r = judge(lines + 4, n - 4, NULL, false);

	cr_assert_eq(r.damage, DBN_AUDIT_MISSING, "%s", r.what);
	cr_assert_eq(r.first_seq, 5);
	r = judge(lines + 4, n - 4, &o, false);
	cr_assert_eq(r.damage, DBN_AUDIT_SOUND, "%s", r.what);
	cr_assert_eq(r.first_seq, 5);
	cr_assert_eq(r.last_seq, N);
	o.head_seq = 3; /* a head from the removed part */
	memset(o.head_hash, 'a', DBN_SHA256_HEX);
	r = judge(lines + 4, n - 4, &o, false);
	cr_assert_eq(r.damage, DBN_AUDIT_MISSING, "%s", r.what);
}

Test(verify, a_trail_must_begin_with_its_beginning)
{
	audit_chain other;
	dbn_audit_report r;
	char *line;
	dbn_str s;

	cr_assert_eq(dbn_audit__chain_init(&other, NULL), DBN_OK);
	dbn_str_init(&s, 0);
	cr_assert(dbn_audit__write_close(&other, 1, &s)); /* number 1, but no genesis */
	line = s.ptr;
	r = judge(&line, 1, NULL, false);
	cr_assert_eq(r.damage, DBN_AUDIT_EDITED, "%s", r.what);
	dbn_str_free(&s);
	dbn_audit__chain_free(&other);
}

Test(verify, anything_at_all_is_only_damage)
{
	static char *const junk[] = { "", "{}", "[]", "null", "{\"seq\":1}", "\xff\xfe", "{\"seq\":1,\"seq\":2}",
		"{\"a\":1,\"hash\":\"00\"}", "{\"a\":1,\"hash\":\"", ",\"hash\":\"",
		"{\"seq\":-1,\"hash\":\"0000000000000000000000000000000000000000000000000000000000000000\"}" };

	for (size_t i = 0; i < sizeof(junk) / sizeof(*junk); i++) {
		dbn_audit_report r = judge(junk + i, 1, NULL, false);

		cr_assert_eq(r.damage, DBN_AUDIT_EDITED, "%s", junk[i]);
	}
	cr_assert_str_eq(dbn_audit_damage_name(99), "unknown");
}

Test(verify, entries_are_read_in_parts)
{
	dbn_audit_entry *e;
	int64_t seq;

	cr_assert_eq(dbn_audit_entry_parse(dbn_text_z(lines[5]), &e, NULL), DBN_OK);
	cr_assert_str_eq(dbn_audit_entry_text(e, "type"), "lost");
	cr_assert(dbn_audit_entry_int(e, "seq", &seq) && seq == 6);
	cr_assert_not(dbn_audit_entry_int(e, "type", &seq));
	cr_assert_null(dbn_audit_entry_text(e, "user"));
	cr_assert_str_eq(dbn_audit_entry_item(e, "ops", 1), "0000000000000008");
	cr_assert_null(dbn_audit_entry_item(e, "ops", 2));
	cr_assert_null(dbn_audit_entry_item(e, "nothing", 0));
	dbn_audit_entry_free(e);
	dbn_audit_entry_free(NULL);
	cr_assert_eq(dbn_audit_entry_parse(DBN_TEXT_LIT("{\"a\":"), &e, NULL), DBN_E_INTEGRITY);
	cr_assert_eq(dbn_audit_entry_parse(DBN_TEXT_LIT("[1]"), &e, NULL), DBN_E_INTEGRITY);
}
