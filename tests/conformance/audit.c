/* SPDX-License-Identifier: MIT */
/*
 * The suite for audit sinks that read back.  The settings must name a place
 * that is empty at the start of each case.  Arguments: "file=PATH", where the
 * sink writes, if it writes files: only then a full disk and a torn end are tried.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conformance/conform.h"
#include <dbnexus/plugin/audit.h>

static const dbn_audit_ops *
ops(conform *cf)
{
	return cf->plugin.desc->ops;
}

static void
forget(conform *cf)
{
	dbn_error_free(cf->err);
	cf->err = NULL;
}

/* A writer: an instance of its own with its stream open. */
static dbn_status
open_writer(conform *cf, fake_plugin *w, dbn_audit_head *head)
{
	dbn_status rc = conform_again(cf, w);

	memset(head, 0, sizeof(*head));
	head->struct_size = sizeof(*head);
	if (rc != DBN_OK)
		return rc;
	rc = ops(cf)->open_stream(w->self, (dbn_text){ "trail", 5 }, head, &cf->err);
	if (rc != DBN_OK)
		fake_plugin_close(w);
	return rc;
}

/* The line of a record as this suite writes them. */
static int
line_of(uint64_t seq, char *buf, size_t size)
{
	return snprintf(buf, size, "{\"action\":\"read\",\"filler\":\"%.*s\",\"seq\":%llu,\"v\":1}",
		(int)(seq * 37 % 200), "01234567890123456789012345678901234567890123456789"
		"01234567890123456789012345678901234567890123456789012345678901234567890123456789"
		"0123456789012345678901234567890123456789012345678901234567890123456789",
		(unsigned long long)seq);
}

/* Append records from..from+n-1 in one batch. */
static dbn_status
append_to(conform *cf, void *self, uint64_t from, uint32_t n, uint32_t durable, dbn_error **err)
{
	static _Thread_local char text[64][400];
	static _Thread_local dbn_audit_record r[64];
	dbn_append_opts o = { .call = DBN_CALL_INIT, .durable = durable };
	dbn_array records = { r, n, sizeof(r[0]) };

	o.call.struct_size = sizeof(o);
	for (uint32_t i = 0; i < n; i++) {
		r[i].struct_size = sizeof(r[i]);
		r[i].flags = 0;
		r[i].seq = from + i;
		r[i].line.len = (size_t)line_of(from + i, text[i], sizeof(text[i]));
		r[i].line.ptr = text[i];
	}
	return ops(cf)->append(self, &records, 0, &o, err);
}

static dbn_status
append(conform *cf, fake_plugin *w, uint64_t from, uint32_t n)
{
	return append_to(cf, w->self, from, n, 0, &cf->err);
}

typedef struct seen {
	uint64_t next, count, bad, torn, stop_at;
} seen;

static dbn_status
see(const dbn_audit_record *r, void *user)
{
	char want[400];
	seen *v = user;
	int n = line_of(v->next, want, sizeof(want));

	if (r->flags & DBN_AUDIT_RECORD_TORN) {
		v->torn++;
		return DBN_OK;
	}
	v->bad += r->seq != v->next || r->line.len != (size_t)n ||
		memcmp(r->line.ptr, want, (size_t)n) != 0;
	v->next++;
	v->count++;
	return v->stop_at && v->count == v->stop_at ? DBN_E_CANCELLED : DBN_OK;
}

/* Read all through the frame's instance, whose stream is not open. */
static void
expect(conform *cf, uint64_t from, uint64_t count)
{
	dbn_call c = DBN_CALL_INIT;
	seen v = { .next = from };

	CF_OK(cf, ops(cf)->read(cf->plugin.self, from, &c, see, &v, &cf->err));
	CF_CHECK(cf, v.bad == 0, "%llu records differ from what was appended",
		(unsigned long long)v.bad);
	CF_CHECK(cf, v.count == count, "%llu records, %llu were appended",
		(unsigned long long)v.count, (unsigned long long)count);
	CF_CHECK(cf, v.torn == 0, "a torn record");
}

static void
appends_and_reads_back(conform *cf)
{
	dbn_audit_head head;
	fake_plugin w;

	CF_OK(cf, open_writer(cf, &w, &head));
	CF_CHECK(cf, head.seq == 0 && head.repaired_bytes == 0, "a new stream is not empty");
	CF_OK(cf, append(cf, &w, 1, 1));
	CF_OK(cf, append(cf, &w, 2, 40));
	CF_OK(cf, append(cf, &w, 42, 0));
	CF_OK(cf, append(cf, &w, 42, 3));
	expect(cf, 1, 44);
	fake_plugin_close(&w);
	expect(cf, 1, 44);
}

static void
goes_on_where_it_ended(conform *cf)
{
	dbn_audit_head head;
	char want[400];
	fake_plugin w;
	uint64_t at = 0;

	for (int round = 0; round < 4; round++) {
		CF_OK(cf, open_writer(cf, &w, &head));
		CF_CHECK(cf, head.seq == at, "ends with %llu, not %llu", (unsigned long long)head.seq,
			(unsigned long long)at);
		if (at) {
			int n = line_of(at, want, sizeof(want));

			CF_CHECK(cf, head.last_line.len == (size_t)n &&
				memcmp(head.last_line.ptr, want, (size_t)n) == 0, "another last line");
		}
		CF_OK(cf, append(cf, &w, at + 1, 5));
		at += 5;
		fake_plugin_close(&w);
	}
	expect(cf, 1, 20);
}

static void
one_writer_at_a_time(conform *cf)
{
	dbn_audit_head head;
	fake_plugin w, second;

	CF_OK(cf, open_writer(cf, &w, &head));
	CF_OK(cf, append(cf, &w, 1, 1));
	CF_FAILS(cf, open_writer(cf, &second, &head), DBN_E_BUSY, NULL);
	CF_OK(cf, append(cf, &w, 2, 1));
	CF_CHECK(cf, ops(cf)->open_stream(w.self, (dbn_text){ "trail", 5 }, &head, &cf->err) < 0,
		"opened twice");
	forget(cf);
	fake_plugin_close(&w);
	CF_OK(cf, open_writer(cf, &second, &head));
	CF_CHECK(cf, head.seq == 2, "%llu records", (unsigned long long)head.seq);
	fake_plugin_close(&second);
	expect(cf, 1, 2);
}

static void
needs_an_open_stream(conform *cf)
{
	uint64_t durable;
	dbn_call c = DBN_CALL_INIT;

	CF_CHECK(cf, append(cf, &cf->plugin, 1, 1) < 0, "appends to a stream that is not open");
	forget(cf);
	if (ops(cf)->flags & DBN_AUDIT_DURABLE)
		CF_CHECK(cf, ops(cf)->sync(cf->plugin.self, 1, &c, &durable, &cf->err) < 0,
			"syncs a stream that is not open");
	forget(cf);
}

static void
sync_tells_what_is_durable(conform *cf)
{
	dbn_call c = DBN_CALL_INIT;
	dbn_audit_head head;
	uint64_t durable = 0;
	fake_plugin w;

	if (!(ops(cf)->flags & DBN_AUDIT_DURABLE)) {
		conform_skip(cf, "it does not promise durability");
		return;
	}
	CF_OK(cf, open_writer(cf, &w, &head));
	CF_OK(cf, append(cf, &w, 1, 3));
	CF_OK(cf, ops(cf)->sync(w.self, 3, &c, &durable, &cf->err));
	CF_CHECK(cf, durable == 3, "durable up to %llu of 3", (unsigned long long)durable);
	CF_OK(cf, append_to(cf, w.self, 4, 2, 1, &cf->err));
	CF_OK(cf, ops(cf)->sync(w.self, 5, &c, &durable, &cf->err));
	CF_CHECK(cf, durable == 5, "durable up to %llu of 5", (unsigned long long)durable);
	fake_plugin_close(&w);
	expect(cf, 1, 5);
}

static void
reads_from_a_number(conform *cf)
{
	dbn_call c = DBN_CALL_INIT;
	seen v = { .next = 7, .stop_at = 3 };
	dbn_audit_head head;
	fake_plugin w;
	dbn_status rc;

	CF_OK(cf, open_writer(cf, &w, &head));
	CF_OK(cf, append(cf, &w, 1, 20));
	expect(cf, 7, 14);
	expect(cf, 20, 1);
	expect(cf, 21, 0);
	rc = ops(cf)->read(cf->plugin.self, 7, &c, see, &v, &cf->err);
	CF_CHECK(cf, rc == DBN_E_CANCELLED && v.count == 3, "told to stop: status %d after %llu records",
		(int)rc, (unsigned long long)v.count);
	forget(cf);
	fake_plugin_close(&w);
}

static void
rotation_goes_on(conform *cf)
{
	dbn_call c = DBN_CALL_INIT;
	dbn_audit_head head;
	fake_plugin w;
	uint64_t at = 0;

	if (!ops(cf)->rotate) {
		conform_skip(cf, "it does not rotate");
		return;
	}
	CF_OK(cf, open_writer(cf, &w, &head));
	CF_OK(cf, ops(cf)->rotate(w.self, &c, &cf->err)); /* nothing in it yet */
	for (int i = 0; i < 5; i++) {
		CF_OK(cf, append(cf, &w, at + 1, 4));
		at += 4;
		CF_OK(cf, ops(cf)->rotate(w.self, &c, &cf->err));
		if (i == 2)
			CF_OK(cf, ops(cf)->rotate(w.self, &c, &cf->err));
		expect(cf, 1, at);
		expect(cf, at - 1, 2);
	}
	fake_plugin_close(&w);
	/* The newest file is empty: the number is in an older one. */
	CF_OK(cf, open_writer(cf, &w, &head));
	CF_CHECK(cf, head.seq == at, "ends with %llu after a rotation", (unsigned long long)head.seq);
	CF_OK(cf, append(cf, &w, at + 1, 2));
	fake_plugin_close(&w);
	expect(cf, 1, at + 2);
}

static dbn_status
compare_long(const dbn_audit_record *r, void *user)
{
	dbn_text *want = user;

	want->ptr = r->line.len == want->len && memcmp(r->line.ptr, want->ptr, want->len) == 0 ?
		want->ptr : NULL;
	return DBN_OK;
}

static void
lines_may_be_long_and_strange(conform *cf)
{
	dbn_call c = DBN_CALL_INIT;
	dbn_append_opts o = { .call = DBN_CALL_INIT };
	dbn_audit_record r = { .struct_size = sizeof(r), .seq = 1 };
	dbn_array records = { &r, 1, sizeof(r) };
	const size_t n = 1000000;
	char *big = malloc(n);
	dbn_audit_head head;
	dbn_text want;
	fake_plugin w;

	CF_NEED(cf, big, "no memory");
	for (size_t i = 0; i < n; i++)
		big[i] = (char)(i * 7 % 251 == '\n' ? 0 : i * 7 % 251);
	memcpy(big + 100, ",\"seq\":1,", 9);
	o.call.struct_size = sizeof(o);
	r.line = want = (dbn_text){ big, n };
	CF_OK(cf, open_writer(cf, &w, &head));
	CF_OK(cf, ops(cf)->append(w.self, &records, 0, &o, &cf->err));
	CF_OK(cf, ops(cf)->read(cf->plugin.self, 1, &c, compare_long, &want, &cf->err));
	CF_CHECK(cf, want.ptr != NULL, "a long line does not come back as it was");
	fake_plugin_close(&w);
	free(big);
}

/* The size a file may have in this process; 0: no limit. */
static void
limit_files(rlim_t bytes)
{
	struct rlimit lim;

	signal(SIGXFSZ, SIG_IGN);
	(void)getrlimit(RLIMIT_FSIZE, &lim);
	lim.rlim_cur = bytes ? bytes : lim.rlim_max;
	(void)setrlimit(RLIMIT_FSIZE, &lim);
}

static void
a_full_disk_takes_all_or_nothing(conform *cf)
{
	const char *file = conform_arg(cf, "file", NULL);
	dbn_audit_head head;
	struct stat st;
	fake_plugin w;

	if (!file) {
		conform_skip(cf, "it does not write files");
		return;
	}
	CF_OK(cf, open_writer(cf, &w, &head));
	CF_OK(cf, append(cf, &w, 1, 10));
	CF_NEED(cf, stat(file, &st) == 0, "no file \"%s\"", file);
	/* Room for a part of the batch, ending in the middle of a record. */
	for (rlim_t more = 1; more < 1500; more += 250) {
		limit_files((rlim_t)st.st_size + more);
		CF_CHECK(cf, append(cf, &w, 11, 20) < 0, "appended without room");
		forget(cf);
		limit_files(0);
		expect(cf, 1, 10);
	}
	CF_OK(cf, append(cf, &w, 11, 20));
	fake_plugin_close(&w);
	expect(cf, 1, 30);
}

static void
a_torn_end_is_set_aside(conform *cf)
{
	const char *file = conform_arg(cf, "file", NULL);
	dbn_call c = DBN_CALL_INIT;
	dbn_audit_head head;
	struct stat st;
	fake_plugin w;

	if (!file) {
		conform_skip(cf, "it does not write files");
		return;
	}
	CF_OK(cf, open_writer(cf, &w, &head));
	CF_OK(cf, append(cf, &w, 1, 10));
	fake_plugin_close(&w);
	for (uint64_t keep = 9; keep >= 8; keep--) {
		seen v = { .next = 1 };

		CF_NEED(cf, stat(file, &st) == 0 && truncate(file, st.st_size - 5) == 0, "cannot tear");
		CF_OK(cf, ops(cf)->read(cf->plugin.self, 1, &c, see, &v, &cf->err));
		CF_CHECK(cf, v.count == keep && v.torn == 1 && v.bad == 0,
			"a torn end reads as %llu records, %llu torn", (unsigned long long)v.count,
			(unsigned long long)v.torn);
		CF_OK(cf, open_writer(cf, &w, &head));
		CF_CHECK(cf, head.seq == keep && head.repaired_bytes > 0,
			"ends with %llu, %llu bytes repaired", (unsigned long long)head.seq,
			(unsigned long long)head.repaired_bytes);
		fake_plugin_close(&w);
	}
	CF_OK(cf, open_writer(cf, &w, &head));
	CF_CHECK(cf, head.seq == 8 && head.repaired_bytes == 0, "repaired again");
	CF_OK(cf, append(cf, &w, 9, 5));
	fake_plugin_close(&w);
	expect(cf, 1, 13);
}

/* Append until killed, telling after each batch how far it got. */
static void
write_until_killed(conform *cf, int tell)
{
	dbn_audit_head head;
	fake_plugin w;
	uint64_t at;

	if (open_writer(cf, &w, &head) != DBN_OK)
		_exit(1);
	for (at = head.seq; at < 100000; at += 7) {
		uint64_t done = at + 7;

		if (append_to(cf, w.self, at + 1, 7, 0, NULL) != DBN_OK ||
		    write(tell, &done, sizeof(done)) != (ssize_t)sizeof(done))
			_exit(1);
	}
	_exit(2);
}

static void
killed_in_mid_append(conform *cf)
{
	uint64_t told = 0;
	dbn_audit_head head;
	fake_plugin w;

	for (int round = 0; round < 6; round++) {
		uint64_t goal = told + 30 + (uint64_t)round * 90, got;
		int fd[2], status;
		pid_t pid;

		CF_NEED(cf, pipe(fd) == 0, "no pipe");
		fflush(stdout);
		pid = fork();
		CF_NEED(cf, pid >= 0, "no process");
		if (pid == 0)
			write_until_killed(cf, fd[1]);
		close(fd[1]);
		while (told < goal && read(fd[0], &got, sizeof(got)) == (ssize_t)sizeof(got))
			told = got;
		kill(pid, SIGKILL);
		while (read(fd[0], &got, sizeof(got)) == (ssize_t)sizeof(got))
			told = got;
		close(fd[0]);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		CF_CHECK(cf, WIFSIGNALED(status), "the writer ended by itself: %d", status);
		CF_OK(cf, open_writer(cf, &w, &head));
		CF_NEED(cf, head.seq >= told, "%llu records were appended, %llu are there",
			(unsigned long long)told, (unsigned long long)head.seq);
		told = head.seq;
		fake_plugin_close(&w);
		expect(cf, 1, told);
	}
}

static void
memory_may_fail(conform *cf)
{
	dbn_audit_head head;
	fake_plugin w;
	dbn_status rc = DBN_OK;
	uint64_t at = 0;

	for (int64_t n = 1; n <= 8; n++) {
		CF_OK(cf, conform_again(cf, &w));
		memset(&head, 0, sizeof(head));
		head.struct_size = sizeof(head);
		atomic_store(&w.fh.fail_at, n);
		rc = ops(cf)->open_stream(w.self, (dbn_text){ "trail", 5 }, &head, &cf->err);
		if (rc == DBN_OK)
			rc = append_to(cf, w.self, at + 1, 3, 0, &cf->err);
		if (rc == DBN_OK)
			at += 3;
		else
			CF_CHECK(cf, rc == DBN_E_NOMEM, "allocation %d failed: %d", (int)n, (int)rc);
		forget(cf);
		atomic_store(&w.fh.fail_at, 0);
		fake_plugin_close(&w);
		CF_CHECK(cf, atomic_load(&w.fh.live) == 0, "allocation %d: memory not released", (int)n);
		if (at)
			expect(cf, 1, at);
	}
	CF_CHECK(cf, at > 0, "no append went through");
}

/* ---- a reader beside the writer ---- */

static conform *shared;
static fake_plugin *shared_writer;
static _Atomic bool stop;
static _Atomic uint64_t written;

static void *
keep_writing(void *arg)
{
	uint64_t at = 0;
	dbn_call c = DBN_CALL_INIT;

	(void)arg;
	while (!atomic_load(&stop) && at < 20000) {
		if (append_to(shared, shared_writer->self, at + 1, 5, 0, NULL) != DBN_OK)
			break;
		at += 5;
		atomic_store(&written, at);
		if (at % 100 == 0 && ops(shared)->rotate)
			(void)ops(shared)->rotate(shared_writer->self, &c, NULL);
	}
	return NULL;
}

static void
reads_beside_a_writer(conform *cf)
{
	dbn_call c = DBN_CALL_INIT;
	dbn_audit_head head;
	fake_plugin w;
	pthread_t t;

	CF_OK(cf, open_writer(cf, &w, &head));
	shared = cf;
	shared_writer = &w;
	CF_NEED(cf, pthread_create(&t, NULL, keep_writing, NULL) == 0, "no thread");
	while (atomic_load(&written) < 100)
		usleep(1000);
	for (int i = 0; i < 50 && !cf->failed; i++) {
		uint64_t least = atomic_load(&written);
		seen v = { .next = 1 };

		CF_CHECK(cf, ops(cf)->read(w.self, 1, &c, see, &v, &cf->err) == DBN_OK, "cannot read");
		forget(cf);
		CF_CHECK(cf, v.bad == 0 && v.count >= least, "read %llu of %llu records, %llu differ",
			(unsigned long long)v.count, (unsigned long long)least, (unsigned long long)v.bad);
	}
	atomic_store(&stop, true);
	pthread_join(t, NULL);
	fake_plugin_close(&w);
	expect(cf, 1, atomic_load(&written));
}

static const conform_case cases[] = {
	{ "append.reads_back", appends_and_reads_back, 0, 0 },
	{ "append.any_line", lines_may_be_long_and_strange, 0, 0 },
	{ "append.all_or_nothing", a_full_disk_takes_all_or_nothing, 0, 0 },
	{ "open.goes_on", goes_on_where_it_ended, 0, 0 },
	{ "open.one_writer", one_writer_at_a_time, 0, 0 },
	{ "open.is_needed", needs_an_open_stream, 0, 0 },
	{ "open.torn_end", a_torn_end_is_set_aside, 0, 0 },
	{ "open.after_kill", killed_in_mid_append, 0, 60 },
	{ "sync.durable", sync_tells_what_is_durable, 0, 0 },
	{ "read.from", reads_from_a_number, 0, 0 },
	{ "read.beside_a_writer", reads_beside_a_writer, 0, 60 },
	{ "rotate.goes_on", rotation_goes_on, 0, 0 },
	{ "memory.may_fail", memory_may_fail, 0, 0 }
};

int
main(int argc, char **argv)
{
	return conform_main(argc, argv, DBN_KIND_AUDIT, cases, sizeof(cases) / sizeof(cases[0]));
}
