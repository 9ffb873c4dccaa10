/* SPDX-License-Identifier: MIT */
/*
 * The dispatcher over sinks in memory: what a record says, what each guarantee
 * promises when the sink fails, what is lost and told, filters, forks.
 */
#include <criterion/criterion.h>

#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/json.h"
#include "audit/verify.h"
#include "base/clock.h"
#include "error/error.h"
#include "lib/fault_alloc.h"
#include "memory_sink.h"

#define SECOND UINT64_C(1000000000)

static memory_sink sinks[2];
static dbn_audit_sink_conf confs[2];
static dbn_audit_conf conf = { .sinks = confs, .nsinks = 1 };
static dbn_audit *a;

static void
setup(void)
{
	for (int i = 0; i < 2; i++) {
		memory_sink_init(&sinks[i]);
		confs[i] = (dbn_audit_sink_conf) {
			.name = i ? DBN_TEXT_LIT("second") : DBN_TEXT_LIT("trail"),
			.self = &sinks[i], .ops = &sinks[i].ops,
			.guarantee = DBN_AUDIT_BEST_EFFORT, .on_failure = DBN_AUDIT_STOP
		};
	}
	conf.nsinks = 1;
}

static void
teardown(void)
{
	memory_sink_free(&sinks[0]);
	memory_sink_free(&sinks[1]);
}

TestSuite(audit, .init = setup, .fini = teardown, .timeout = 60);

static void
open_trail(void)
{
	dbn_error *err = NULL;

	cr_assert_eq(dbn_audit_open(&conf, &a, &err), DBN_OK, "%s", dbn_error_message(err));
}

static void
close_trail(void)
{
	dbn_audit_close(a, 0);
	a = NULL;
}

static dbn_audit_event
event(dbn_audit_action action, dbn_audit_outcome_kind outcome)
{
	static const dbn_text relations[] = { DBN_TEXT_LIT("main.main.users") };
	dbn_audit_event ev = { .action = action, .outcome = outcome };

	ev.user = DBN_TEXT_LIT("alice");
	ev.statement = DBN_TEXT_LIT("SELECT \"id\" FROM \"users\" WHERE \"id\" = ?");
	ev.relations = relations;
	ev.nrelations = 1;
	return ev;
}

static void
check_sound(memory_sink *s)
{
	dbn_audit_report r;
	dbn_error *err = NULL;

	cr_assert_eq(dbn_audit_verify(s, &s->ops, NULL, &r, &err), DBN_OK, "%s", dbn_error_message(err));
	cr_assert_eq(r.damage, DBN_AUDIT_SOUND, "%s", r.what);
	cr_assert_eq(r.last_seq, s->nlines);
}

Test(audit, opening_writes_a_genesis_and_closing_a_close)
{
	open_trail();
	cr_assert_eq(memory_sink_count(&sinks[0]), 1);
	close_trail();
	cr_assert_eq(memory_sink_count(&sinks[0]), 2);
	cr_assert_eq(memory_sink_grep(&sinks[0], "\"type\":\"genesis\""), 1);
	cr_assert_eq(memory_sink_grep(&sinks[0], "\"stream\":\"trail\""), 1);
	cr_assert_eq(memory_sink_grep(&sinks[0], "\"type\":\"close\""), 1);
	check_sound(&sinks[0]);
}

Test(audit, reopening_goes_on_with_the_chain)
{
	for (int i = 0; i < 3; i++) {
		dbn_audit_event ev = event(DBN_AUDIT_READ, DBN_AUDIT_OK);

		open_trail();
		dbn_audit_submit(a, &ev);
		close_trail();
	}
	cr_assert_eq(memory_sink_count(&sinks[0]), 9);
	cr_assert_eq(memory_sink_grep(&sinks[0], "\"type\":\"open\""), 2);
	check_sound(&sinks[0]);
}

Test(audit, repaired_bytes_are_told)
{
	open_trail();
	close_trail();
	sinks[0].repaired = 17;
	open_trail();
	close_trail();
	cr_assert_eq(memory_sink_grep(&sinks[0], "\"repaired\":17"), 1);
}

Test(audit, will_not_go_on_behind_a_changed_record)
{
	dbn_error *err = NULL;
	char *at;

	open_trail();
	close_trail();
	at = strstr(sinks[0].lines[1], "close");
	at[0] = 'K';
	cr_assert_eq(dbn_audit_open(&conf, &a, &err), DBN_E_INTEGRITY);
	cr_assert(strstr(dbn_error_message(err), "trail"), "%s", dbn_error_message(err));
	dbn_error_free(err);
}

Test(audit, refuses_promises_that_the_sink_cannot_keep)
{
	dbn_error *err = NULL;

	confs[0].guarantee = DBN_AUDIT_BEFORE_ACK;
	sinks[0].ops.flags = 0;
	cr_assert_eq(dbn_audit_open(&conf, &a, &err), DBN_E_CONFIG);
	dbn_error_free(err);
	confs[0].guarantee = DBN_AUDIT_IN_TRANSACTION;
	cr_assert_eq(dbn_audit_open(&conf, &a, &err), DBN_E_CONFIG);
	dbn_error_free(err);
	sinks[0].ops.flags = DBN_AUDIT_TRANSACTIONAL;
	cr_assert_eq(dbn_audit_open(&conf, &a, &err), DBN_E_UNSUPPORTED);
	dbn_error_free(err);
	confs[0].guarantee = 0;
	cr_assert_eq(dbn_audit_open(&conf, &a, &err), DBN_E_CONFIG);
	dbn_error_free(err);
}

Test(audit, a_destination_that_cannot_be_written_is_found_at_once)
{
	dbn_error *err = NULL;

	atomic_store(&sinks[0].append_fails, 1);
	cr_assert_eq(dbn_audit_open(&conf, &a, &err), DBN_E_AUDIT);
	dbn_error_free(err);
}

/* Every member, and the line as RFC 8785 wants it. */
Test(audit, a_record_says_everything_canonically)
{
	const dbn_text roles[] = { DBN_TEXT_LIT("staff"), DBN_TEXT_LIT("support") };
	const dbn_text columns[] = { DBN_TEXT_LIT("main.main.users.id") };
	const dbn_text rules[] = { DBN_TEXT_LIT("r1") };
	dbn_audit_event ev = event(DBN_AUDIT_UPDATE, DBN_AUDIT_DENIED);
	dbn_digest plan = { { 0xab, 1, 2 } };
	char *line, *again;
	json_t *root;

	ev.flags = DBN_AUDIT_AFFECTED | DBN_AUDIT_CACHED | DBN_AUDIT_OBSERVED;
	ev.affected = 3;
	ev.error = DBN_E_DENIED;
	ev.time_us = INT64_C(1700000000000001);
	ev.duration_ns = UINT64_C(1) << 60;
	ev.session = 7;
	ev.txn = 8;
	ev.plan = &plan;
	ev.view_key = DBN_TEXT_LIT("staff,support");
	ev.client = DBN_TEXT_LIT("10.0.0.1");
	ev.shard = DBN_TEXT_LIT("s0");
	ev.detail = DBN_TEXT_LIT("quote \" slash \\ tab \t bell \a e\xcc\x81 bad \xff end");
	ev.roles = roles;
	ev.nroles = 2;
	ev.columns = columns;
	ev.ncolumns = 1;
	ev.rules = rules;
	ev.nrules = 1;
	open_trail();
	dbn_audit_submit(a, &ev);
	close_trail();
	line = memory_sink_line(&sinks[0], 1);
	root = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	cr_assert(root, "%s", line);
	/* jansson writes control characters in capitals, the RFC in small letters. */
	again = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
	cr_assert_eq(strncasecmp(again, line, strlen(line)), 0, "\n%s\n%s", line, again);
	cr_assert(strstr(line, "bell \\u0007 "));
	cr_assert(strstr(line, "tab \\t "));
	cr_assert(strstr(line, "bad \xef\xbf\xbd end"));
	cr_assert(strstr(line, "\"duration_ns\":\"1152921504606846976\""), "past 2^53: a string");
	cr_assert(strstr(line, "\"time\":\"2023-11-14T22:13:20.000001Z\""));
	cr_assert(strstr(line, "\"plan\":\"ab010200000000000000000000000000\""));
	cr_assert(strstr(line, "\"error\":\"DBN_E_DENIED\""));
	cr_assert(strstr(line, "\"roles\":[\"staff\",\"support\"]"));
	cr_assert(strstr(line, "\"columns\":[\"main.main.users.id\"]"));
	cr_assert(strstr(line, "\"rules\":[\"r1\"]"));
	cr_assert(strstr(line, "\"relations\":[\"main.main.users\"]"));
	cr_assert(strstr(line, "\"action\":\"update\",\"affected\":3,\"cached\":true,\"client\""));
	cr_assert(strstr(line, "\"observed\":true,\"outcome\":\"denied\""));
	cr_assert(strstr(line, "\"session\":7,\"shard\":\"s0\""));
	cr_assert(strstr(line, "\"txn\":8,\"type\":\"event\",\"user\":\"alice\",\"v\":1,\"view\""));
	cr_assert_null(strstr(line, "\"cut\""));
	check_sound(&sinks[0]);
	free(again);
	free(line);
	json_decref(root);
}

/* What differs between two records of the same: number and hashes. */
static void
blank(char *line, const char *name, size_t n)
{
	char *at = strstr(line, name);

	cr_assert(at, "%s", line);
	memset(at + strlen(name), '.', n);
}

Test(audit, what_was_laid_out_beforehand_reads_the_same)
{
	const dbn_text roles[] = { DBN_TEXT_LIT("staff"), DBN_TEXT_LIT("say \"hi\" \x01") };
	const dbn_text rules[] = { DBN_TEXT_LIT("r1"), DBN_TEXT_LIT(""), DBN_TEXT_LIT("r\xff") };
	dbn_audit_event ev = event(DBN_AUDIT_READ, DBN_AUDIT_OK);
	dbn_audit_part who, what;
	dbn_arena arena;
	char *lines[4];

	ev.time_us = INT64_C(1700000000000001);
	ev.view_key = DBN_TEXT_LIT("staff,\\\n");
	ev.detail = DBN_TEXT_LIT("behind them");
	ev.shard = DBN_TEXT_LIT("s\"0");
	ev.roles = roles;
	ev.nroles = 2;
	ev.rules = rules;
	ev.nrules = 3;
	dbn_arena_init(&arena, 0);
	dbn_audit_part_who(&ev, &arena, &who);
	dbn_audit_part_what(&ev, &arena, &what);
	cr_assert(who.data && what.data);
	open_trail();
	for (unsigned i = 0; i < 4; i++) {
		ev.who = i & 1 ? &who : NULL;
		ev.what = i & 2 ? &what : NULL;
		dbn_audit_submit(a, &ev);
	}
	close_trail();
	check_sound(&sinks[0]);
	for (unsigned i = 0; i < 4; i++) {
		lines[i] = memory_sink_line(&sinks[0], i + 1);
		blank(lines[i], "\"hash\":\"", 64);
		blank(lines[i], "\"prev\":\"", 64);
		blank(lines[i], "\"seq\":", 1);
		cr_assert_str_eq(lines[i], lines[0]);
	}
	cr_assert(strstr(lines[0], "\"rules\":[\"r1\",\"\",\"r\xef\xbf\xbd\"]"), "%s", lines[0]);
	for (unsigned i = 0; i < 4; i++)
		free(lines[i]);
	dbn_arena_free(&arena);
}

Test(audit, long_texts_are_cut_between_characters_and_marked)
{
	dbn_audit_event ev = event(DBN_AUDIT_READ, DBN_AUDIT_OK);
	static char text[100000];
	char *line;

	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa4", 2);
	ev.statement.ptr = text;
	ev.statement.len = sizeof(text);
	conf.max_text = 101;
	open_trail();
	dbn_audit_submit(a, &ev);
	close_trail();
	conf.max_text = 0;
	line = memory_sink_line(&sinks[0], 1);
	cr_assert(strstr(line, "\"cut\":true"));
	cr_assert_null(strstr(line, "\xef\xbf\xbd"), "half a character");
	cr_assert_lt(strlen(line), 1000);
	free(line);
}

Test(audit, a_huge_event_still_becomes_a_record)
{
	dbn_audit_event ev = event(DBN_AUDIT_READ, DBN_AUDIT_OK);
	static dbn_text many[600];
	static char name[3000];
	dbn_audit_stats st;

	memset(name, 'x', sizeof(name));
	for (size_t i = 0; i < 600; i++)
		many[i] = dbn_text_n(name, sizeof(name));
	ev.columns = ev.rules = ev.roles = ev.relations = many;
	ev.ncolumns = ev.nrules = ev.nroles = ev.nrelations = 600;
	ev.statement = ev.user = ev.detail = dbn_text_n(name, sizeof(name));
	open_trail();
	dbn_audit_submit(a, &ev);
	cr_assert_eq(dbn_audit_flush(a, 10 * SECOND, NULL), DBN_OK);
	dbn_audit_get_stats(a, &st);
	cr_assert_eq(st.lost, 0);
	close_trail();
	cr_assert_eq(memory_sink_grep(&sinks[0], "\"cut\":true"), 1);
	check_sound(&sinks[0]);
}

Test(audit, flush_waits_and_syncs)
{
	dbn_audit_event ev = event(DBN_AUDIT_READ, DBN_AUDIT_OK);

	open_trail();
	cr_assert_eq(dbn_audit_flush(a, SECOND, NULL), DBN_OK, "nothing was handed over");
	for (int i = 0; i < 1000; i++)
		dbn_audit_submit(a, &ev);
	cr_assert_eq(dbn_audit_flush(a, 10 * SECOND, NULL), DBN_OK);
	cr_assert_eq(memory_sink_count(&sinks[0]), 1001);
	cr_assert_eq(sinks[0].durable, 1001);
	cr_assert_eq(dbn_audit_flush(a, 10 * SECOND, NULL), DBN_OK);
	close_trail();
	check_sound(&sinks[0]);
}

Test(audit, best_effort_is_stored_without_being_asked)
{
	dbn_audit_event ev = event(DBN_AUDIT_READ, DBN_AUDIT_OK);
	int waited = 0;

	open_trail();
	for (int round = 0; round < 3; round++) { /* awake, dozing, asleep */
		size_t before = memory_sink_count(&sinks[0]);

		dbn_audit_submit(a, &ev);
		for (waited = 0; memory_sink_count(&sinks[0]) == before && waited < 2000; waited++)
			dbn_sleep_ns(1000000);
		cr_assert_lt(waited, 2000, "round %d", round);
		dbn_sleep_ns((uint64_t)round * 200000000);
	}
	close_trail();
}

Test(audit, a_full_queue_loses_counts_and_tells)
{
	dbn_audit_event ev = event(DBN_AUDIT_READ, DBN_AUDIT_OK);
	dbn_audit_stats st;
	dbn_audit_report r;
	size_t told;

	confs[0].queue_bytes = 4096;
	confs[0].on_failure = DBN_AUDIT_DROP;
	open_trail();
	atomic_store(&sinks[0].hang, true);
	for (int i = 0; i < 1000; i++)
		dbn_audit_submit(a, &ev);
	dbn_audit_get_stats(a, &st);
	cr_assert_gt(st.lost, 900);
	cr_assert_eq(dbn_audit_check(a, NULL), DBN_OK, "dropping stops nobody");
	atomic_store(&sinks[0].hang, false);
	cr_assert_eq(dbn_audit_flush(a, 10 * SECOND, NULL), DBN_OK);
	close_trail();
	/* Told at once or in two records, as the thread came to it. */
	told = memory_sink_grep(&sinks[0], "\"type\":\"lost\"");
	cr_assert_geq(told, 1);
	cr_assert_eq(memory_sink_count(&sinks[0]), 1 + (1000 - st.lost) + told + 1);
	cr_assert_eq(dbn_audit_verify(&sinks[0], &sinks[0].ops, NULL, &r, NULL), DBN_OK);
	cr_assert_eq(r.damage, DBN_AUDIT_SOUND, "%s", r.what);
	cr_assert_eq(r.lost, st.lost);
}

Test(audit, losing_stops_where_the_configuration_says_so)
{
	dbn_audit_event ev = event(DBN_AUDIT_READ, DBN_AUDIT_OK);
	dbn_error *err = NULL;

	confs[0].queue_bytes = 4096;
	open_trail();
	atomic_store(&sinks[0].hang, true);
	for (int i = 0; i < 1000; i++)
		dbn_audit_submit(a, &ev);
	cr_assert_eq(dbn_audit_check(a, &err), DBN_E_AUDIT);
	cr_assert(strstr(dbn_error_message(err), "trail"));
	dbn_error_free(err);
	atomic_store(&sinks[0].hang, false);
	cr_assert_eq(dbn_audit_flush(a, 10 * SECOND, NULL), DBN_OK);
	cr_assert_eq(dbn_audit_check(a, NULL), DBN_OK, "it works again");
	close_trail();
	check_sound(&sinks[0]);
}

Test(audit, best_effort_with_stop_keeps_and_tries_again)
{
	dbn_audit_event ev = event(DBN_AUDIT_READ, DBN_AUDIT_OK);
	dbn_audit_stats st;
	int i;

	open_trail();
	atomic_store(&sinks[0].append_fails, 2);
	for (i = 0; i < 10; i++)
		dbn_audit_submit(a, &ev);
	for (i = 0; dbn_audit_check(a, NULL) == DBN_OK && i < 2000; i++)
		dbn_sleep_ns(1000000);
	cr_assert_lt(i, 2000, "the failure stops statements");
	cr_assert_eq(dbn_audit_flush(a, 10 * SECOND, NULL), DBN_OK);
	dbn_audit_get_stats(a, &st);
	cr_assert_eq(st.lost, 0);
	cr_assert_eq(memory_sink_count(&sinks[0]), 11);
	close_trail();
	check_sound(&sinks[0]);
}

Test(audit, best_effort_with_drop_loses_and_tells)
{
	dbn_audit_event ev = event(DBN_AUDIT_READ, DBN_AUDIT_OK);
	dbn_audit_stats st;
	dbn_audit_report r;

	confs[0].on_failure = DBN_AUDIT_DROP;
	open_trail();
	atomic_store(&sinks[0].append_fails, 1);
	dbn_audit_submit(a, &ev);
	for (int i = 0; i < 2000; i++) {
		dbn_audit_get_stats(a, &st);
		if (st.lost)
			break;
		dbn_sleep_ns(1000000);
	}
	cr_assert_eq(st.lost, 1);
	dbn_audit_submit(a, &ev);
	close_trail();
	cr_assert_eq(dbn_audit_verify(&sinks[0], &sinks[0].ops, NULL, &r, NULL), DBN_OK);
	cr_assert_eq(r.damage, DBN_AUDIT_SOUND, "%s", r.what);
	cr_assert_eq(r.lost, 1);
	cr_assert_eq(memory_sink_count(&sinks[0]), 4); /* genesis, lost, event, close */
}

Test(audit, closing_tries_for_as_long_as_it_is_told)
{
	dbn_audit_event ev = event(DBN_AUDIT_READ, DBN_AUDIT_OK);
	uint64_t t0;

	open_trail();
	atomic_store(&sinks[0].append_fails, -1);
	dbn_audit_submit(a, &ev);
	t0 = dbn_now_ns();
	dbn_audit_close(a, 3 * SECOND / 10);
	cr_assert_lt(dbn_now_ns() - t0, 5 * SECOND);
	cr_assert_eq(memory_sink_count(&sinks[0]), 1, "no close record behind an untold loss");
}

Test(audit, before_ack_is_durable_before_and_after)
{
	dbn_audit_event ev = event(DBN_AUDIT_INSERT, DBN_AUDIT_OK);
	uint64_t op = 0;
	char text[32];

	confs[0].guarantee = DBN_AUDIT_BEFORE_ACK;
	open_trail();
	cr_assert(dbn_audit_has_before_ack(a));
	cr_assert_eq(dbn_audit_intent(a, &ev, &op, NULL), DBN_OK);
	cr_assert_neq(op, 0);
	cr_assert_eq(memory_sink_count(&sinks[0]), 2);
	cr_assert_eq(sinks[0].durable, 2);
	cr_assert_eq(dbn_audit_outcome(a, &ev, op, NULL), DBN_OK);
	cr_assert_eq(sinks[0].durable, 3);
	(void)snprintf(text, sizeof(text), "\"op\":\"%016llx\"", (unsigned long long)op);
	cr_assert_eq(memory_sink_grep(&sinks[0], text), 2);
	cr_assert_eq(memory_sink_grep(&sinks[0], "\"outcome\":\"intent\""), 1);
	close_trail();
	check_sound(&sinks[0]);
}

Test(audit, an_intent_that_finds_no_place_stops_the_write)
{
	dbn_audit_event ev = event(DBN_AUDIT_INSERT, DBN_AUDIT_OK);
	dbn_error *err = NULL;
	dbn_audit_stats st;
	uint64_t op;

	confs[0].guarantee = DBN_AUDIT_BEFORE_ACK;
	open_trail();
	atomic_store(&sinks[0].append_fails, 1);
	cr_assert_eq(dbn_audit_intent(a, &ev, &op, &err), DBN_E_AUDIT);
	cr_assert(strstr(dbn_error_message(err), "not run"), "%s", dbn_error_message(err));
	dbn_error_free(err);
	cr_assert_eq(dbn_audit_intent(a, &ev, &op, NULL), DBN_OK, "the next one tries again");
	cr_assert_eq(dbn_audit_check(a, NULL), DBN_OK);
	dbn_audit_get_stats(a, &st);
	cr_assert_eq(st.refused, 1);
	atomic_store(&sinks[0].sync_fails, 1);
	cr_assert_eq(dbn_audit_intent(a, &ev, &op, NULL), DBN_E_AUDIT, "appended but not durable");
	close_trail();
	check_sound(&sinks[0]);
}

Test(audit, an_outcome_that_finds_no_place_is_said_and_told_later)
{
	dbn_audit_event ev = event(DBN_AUDIT_INSERT, DBN_AUDIT_OK);
	dbn_error *err = NULL;
	uint64_t op, second;
	char text[64];

	confs[0].guarantee = DBN_AUDIT_BEFORE_ACK;
	open_trail();
	cr_assert_eq(dbn_audit_intent(a, &ev, &op, NULL), DBN_OK);
	atomic_store(&sinks[0].append_fails, 1);
	cr_assert_eq(dbn_audit_outcome(a, &ev, op, &err), DBN_E_AUDIT);
	cr_assert(strstr(dbn_error_message(err), "executed, but"), "%s", dbn_error_message(err));
	dbn_error_free(err);
	cr_assert_eq(dbn_audit_intent(a, &ev, &second, NULL), DBN_OK);
	cr_assert_neq(op, second);
	close_trail();
	(void)snprintf(text, sizeof(text), "\"ops\":[\"%016llx\"],\"outcome\":\"not_recorded\"",
		(unsigned long long)op);
	cr_assert_eq(memory_sink_grep(&sinks[0], text), 1);
	check_sound(&sinks[0]);
}

Test(audit, before_ack_with_drop_stops_nobody)
{
	dbn_audit_event ev = event(DBN_AUDIT_INSERT, DBN_AUDIT_OK);
	dbn_audit_stats st;
	uint64_t op;

	confs[0].guarantee = DBN_AUDIT_BEFORE_ACK;
	confs[0].on_failure = DBN_AUDIT_DROP;
	open_trail();
	atomic_store(&sinks[0].append_fails, 2);
	cr_assert_eq(dbn_audit_intent(a, &ev, &op, NULL), DBN_OK);
	cr_assert_eq(dbn_audit_outcome(a, &ev, op, NULL), DBN_OK);
	dbn_audit_get_stats(a, &st);
	cr_assert_eq(st.lost, 2);
	close_trail();
}

Test(audit, a_sink_that_hangs_does_not_hang_the_session_for_ever)
{
	dbn_audit_event ev = event(DBN_AUDIT_INSERT, DBN_AUDIT_OK);
	uint64_t op, t0;

	confs[0].guarantee = DBN_AUDIT_BEFORE_ACK;
	conf.wait_ns = SECOND / 5;
	open_trail();
	atomic_store(&sinks[0].hang, true);
	t0 = dbn_now_ns();
	cr_assert_eq(dbn_audit_intent(a, &ev, &op, NULL), DBN_E_AUDIT);
	cr_assert_lt(dbn_now_ns() - t0, 5 * SECOND);
	atomic_store(&sinks[0].hang, false);
	close_trail();
	conf.wait_ns = 0;
	check_sound(&sinks[0]);
}

static void *
write_many(void *arg)
{
	dbn_audit_event ev = event(DBN_AUDIT_INSERT, DBN_AUDIT_OK);
	uint64_t op;

	(void)arg;
	for (int i = 0; i < 50; i++)
		if (dbn_audit_intent(a, &ev, &op, NULL) != DBN_OK ||
		    dbn_audit_outcome(a, &ev, op, NULL) != DBN_OK)
			return arg;
	return NULL;
}

Test(audit, many_sessions_share_syncs)
{
	pthread_t t[16];
	dbn_audit_stats st;

	confs[0].guarantee = DBN_AUDIT_BEFORE_ACK;
	confs[0].queue_bytes = 4096; /* full now and then */
	open_trail();
	for (int i = 0; i < 16; i++)
		cr_assert_eq(pthread_create(&t[i], NULL, write_many, &conf), 0);
	for (int i = 0; i < 16; i++) {
		void *failed;

		pthread_join(t[i], &failed);
		cr_assert_null(failed);
	}
	dbn_audit_get_stats(a, &st);
	cr_assert_eq(st.records, 1 + 16 * 100);
	cr_assert_lt(st.syncs, 16 * 100, "%llu syncs", (unsigned long long)st.syncs);
	close_trail();
	check_sound(&sinks[0]);
}

Test(audit, filters_choose)
{
	const dbn_audit_filter filters[] = {
		{ .outcomes = 1u << DBN_AUDIT_DENIED },
		{ .actions = 1u << DBN_AUDIT_ADMIN },
		{ .relation = DBN_TEXT_LIT("hr.*"), .actions = 1u << DBN_AUDIT_READ }
	};
	const dbn_text hr[] = { DBN_TEXT_LIT("main.hr.salaries") };
	dbn_audit_event ev = event(DBN_AUDIT_READ, DBN_AUDIT_OK);

	confs[1].filters = filters;
	confs[1].nfilters = 3;
	conf.nsinks = 2;
	open_trail();
	dbn_audit_submit(a, &ev);               /* no */
	ev.outcome = DBN_AUDIT_DENIED;
	dbn_audit_submit(a, &ev);               /* first filter */
	ev = event(DBN_AUDIT_ADMIN, DBN_AUDIT_OK);
	dbn_audit_submit(a, &ev);               /* second */
	ev = event(DBN_AUDIT_READ, DBN_AUDIT_OK);
	ev.relations = hr;
	dbn_audit_submit(a, &ev);               /* third */
	ev.action = DBN_AUDIT_UPDATE;
	dbn_audit_submit(a, &ev);               /* no */
	close_trail();
	cr_assert_eq(memory_sink_count(&sinks[0]), 2 + 5);
	cr_assert_eq(memory_sink_count(&sinks[1]), 2 + 3);
	check_sound(&sinks[0]);
	check_sound(&sinks[1]);
}

Test(audit, intents_go_only_where_their_outcome_may)
{
	const dbn_audit_filter only_denied[] = { { .outcomes = 1u << DBN_AUDIT_DENIED } };
	dbn_audit_event ev = event(DBN_AUDIT_INSERT, DBN_AUDIT_OK);
	uint64_t op = 1;

	confs[0].guarantee = DBN_AUDIT_BEFORE_ACK;
	confs[0].filters = only_denied;
	confs[0].nfilters = 1;
	open_trail();
	cr_assert_eq(dbn_audit_intent(a, &ev, &op, NULL), DBN_OK);
	cr_assert_eq(op, 0);
	cr_assert_eq(dbn_audit_outcome(a, &ev, op, NULL), DBN_OK);
	cr_assert_eq(memory_sink_count(&sinks[0]), 1);
	close_trail();
}

Test(audit, one_sink_that_fails_does_not_keep_the_other_from_its_record)
{
	dbn_audit_event ev = event(DBN_AUDIT_INSERT, DBN_AUDIT_OK);
	uint64_t op;

	confs[0].guarantee = confs[1].guarantee = DBN_AUDIT_BEFORE_ACK;
	conf.nsinks = 2;
	open_trail();
	cr_assert_eq(dbn_audit_intent(a, &ev, &op, NULL), DBN_OK);
	atomic_store(&sinks[0].append_fails, 1);
	cr_assert_eq(dbn_audit_outcome(a, &ev, op, NULL), DBN_E_AUDIT);
	cr_assert_eq(memory_sink_grep(&sinks[1], "\"outcome\":\"ok\""), 1);
	close_trail();
	check_sound(&sinks[0]);
	check_sound(&sinks[1]);
}

Test(audit, heads_can_be_kept_elsewhere)
{
	dbn_audit_event ev = event(DBN_AUDIT_READ, DBN_AUDIT_OK);
	dbn_audit_verify_opts o = { .head_seq = 0 };
	dbn_audit_report r;
	dbn_text name;

	open_trail();
	dbn_audit_submit(a, &ev);
	cr_assert_eq(dbn_audit_flush(a, 10 * SECOND, NULL), DBN_OK);
	cr_assert_eq(dbn_audit_sinks(a), 1);
	dbn_audit_head_of(a, 0, &name, &o.head_seq, o.head_hash);
	cr_assert(dbn_text_eqz(name, "trail"));
	cr_assert_eq(o.head_seq, 2);
	close_trail();
	cr_assert_eq(dbn_audit_verify(&sinks[0], &sinks[0].ops, &o, &r, NULL), DBN_OK);
	cr_assert_eq(r.damage, DBN_AUDIT_SOUND, "%s", r.what);
}

Test(audit, a_child_of_fork_writes_nothing)
{
	dbn_audit_event ev = event(DBN_AUDIT_READ, DBN_AUDIT_OK);
	uint64_t op;
	int status;
	pid_t pid;

	confs[0].guarantee = DBN_AUDIT_BEFORE_ACK;
	open_trail();
	cr_assert_eq(dbn_audit_outcome(a, &ev, 0, NULL), DBN_OK); /* the thread runs */
	pid = fork();
	if (pid == 0) {
		int bad = 0;

		bad |= dbn_audit_check(a, NULL) != DBN_E_FORKED;
		bad |= dbn_audit_intent(a, &ev, &op, NULL) != DBN_E_FORKED;
		bad |= dbn_audit_outcome(a, &ev, 0, NULL) != DBN_E_FORKED;
		bad |= dbn_audit_flush(a, SECOND, NULL) != DBN_E_FORKED;
		dbn_audit_submit(a, &ev);
		dbn_audit_close(a, SECOND); /* must not hang, must not write */
		bad |= sinks[0].nlines != 2;
		_exit(bad);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	cr_assert_eq(dbn_audit_outcome(a, &ev, 0, NULL), DBN_OK);
	close_trail();
	check_sound(&sinks[0]);
}

Test(audit, without_sinks_everything_passes)
{
	dbn_audit_event ev = event(DBN_AUDIT_INSERT, DBN_AUDIT_OK);
	uint64_t op;

	conf.nsinks = 0;
	open_trail();
	dbn_audit_submit(a, &ev);
	dbn_audit_submit(NULL, &ev);
	cr_assert_eq(dbn_audit_check(a, NULL), DBN_OK);
	cr_assert_eq(dbn_audit_intent(a, &ev, &op, NULL), DBN_OK);
	cr_assert_eq(dbn_audit_outcome(a, &ev, op, NULL), DBN_OK);
	close_trail();
	dbn_audit_close(NULL, 0);
}

Test(audit, words_go_there_and_back)
{
	for (uint32_t i = 1; i <= DBN_AUDIT_SYSTEM; i++)
		cr_assert_eq(dbn_audit_action_find(dbn_text_z(dbn_audit_action_name(i))), i);
	for (uint32_t i = 1; i <= DBN_AUDIT_INTENT; i++)
		cr_assert_eq(dbn_audit_outcome_find(dbn_text_z(dbn_audit_outcome_name(i))), i);
	cr_assert_null(dbn_audit_action_name(99));
	cr_assert_eq(dbn_audit_outcome_find(DBN_TEXT_LIT("nonsense")), 0);
}

/* Each allocation fails once: an error or a loss that is told, and a sound chain. */
Test(audit, every_allocation_may_fail)
{
	const dbn_audit_filter filters[] = { { .relation = DBN_TEXT_LIT("users") } };
	static char text[9000];
	dbn_audit_event ev = event(DBN_AUDIT_INSERT, DBN_AUDIT_OK);
	dbn_audit_report r;
	bool happened;
	int64_t n = 0;

	memset(text, 'x', sizeof(text));
	ev.statement = dbn_text_n(text, sizeof(text)); /* makes the line buffer grow */
	confs[0].guarantee = DBN_AUDIT_BEFORE_ACK;
	confs[0].filters = filters;
	confs[0].nfilters = 1;
	do {
		dbn_error *err = NULL;
		dbn_status rc;
		uint64_t op;

		fault_arm(++n);
		rc = dbn_audit_open(&conf, &a, &err);
		cr_assert(rc == DBN_OK || rc == DBN_E_NOMEM, "allocation %d: %d", (int)n, (int)rc);
		if (rc == DBN_OK) {
			rc = dbn_audit_intent(a, &ev, &op, &err);
			if (rc == DBN_OK)
				rc = dbn_audit_outcome(a, &ev, op, &err);
			cr_assert(rc == DBN_OK || rc == DBN_E_AUDIT, "allocation %d: %d", (int)n, (int)rc);
			dbn_error_free(err);
			close_trail();
		} else {
			dbn_error_free(err);
		}
		happened = fault_happened();
		cr_assert_eq(atomic_load(&fault_live), 0, "a leak after allocation %d", (int)n);
		if (memory_sink_count(&sinks[0])) {
			cr_assert_eq(dbn_audit_verify(&sinks[0], &sinks[0].ops, NULL, &r, NULL), DBN_OK);
			cr_assert_eq(r.damage, DBN_AUDIT_SOUND, "allocation %d: %s", (int)n, r.what);
		}
	} while (happened);
	cr_assert_gt(n, 8, "allocations are counted");
	dbn_mem_set_hooks(NULL);
}

/* Plain bytes are taken eight at a time: every byte at every place of a block. */
Test(audit, every_byte_is_escaped_wherever_it_stands)
{
	for (int c = 0; c < 128; c++)
		for (size_t at = 0; at < 19; at++) {
			char in[19], want[32], got[DBN_JSON_TEXT(sizeof in)];
			bool plain = c >= 0x20 && c != '"' && c != '\\';
			const char *letter = c && !plain ? strchr("\bb\tt\nn\ff\rr\"\"\\\\", c) : NULL;
			size_t n;

			memset(in, 'p', sizeof in);
			in[at] = (char)c;
			if (letter)
				(void)snprintf(want, sizeof want, "\\%c", letter[1]);
			else
				(void)snprintf(want, sizeof want, plain ? "%c" : "\\u%04x", (unsigned)c);
			n = (size_t)(dbn_json_string(got, dbn_text_n(in, sizeof in)) - got);
			cr_assert_eq(n, sizeof in - 1 + strlen(want) + 2, "byte %d at %zu", c, at);
			cr_assert_eq(memcmp(got + 1, in, at), 0, "before byte %d at %zu", c, at);
			cr_assert_eq(memcmp(got + 1 + at, want, strlen(want)), 0, "byte %d at %zu", c, at);
			cr_assert_eq(memcmp(got + 1 + at + strlen(want), in + at + 1, sizeof in - at - 1), 0,
				"behind byte %d at %zu", c, at);
		}
}
