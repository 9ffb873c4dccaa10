/* SPDX-License-Identifier: MIT */
/*
 * The dispatcher over audit-file, as built: files and their rights, rotation,
 * kills, edits that the verifier names, and files that must be refused.
 */
#include <criterion/criterion.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/verify.h"
#include "lib/fake_host.h"

#define SECOND UINT64_C(1000000000)

static char dir[64], path[96], plugin[512];
static fake_plugin fp;
static dbn_audit *a;

static void
setup(void)
{
	const char *top = getenv("DBN_TOP_BUILD");

	(void)snprintf(dir, sizeof(dir), "/tmp/test-audit-XXXXXX");
	cr_assert(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/sub/trail.log", dir);
	(void)snprintf(plugin, sizeof(plugin), "%s/plugins/audit-file/.libs/audit-file.so",
		top ? top : ".");
}

static void
remove_all(const char *where)
{
	struct dirent *e;
	DIR *d = opendir(where);

	while (d && (e = readdir(d)) != NULL) {
		char name[400];

		(void)snprintf(name, sizeof(name), "%s/%s", where, e->d_name);
		(void)unlink(name);
	}
	if (d)
		closedir(d);
	(void)rmdir(where);
}

static void
teardown(void)
{
	char sub[80];

	(void)snprintf(sub, sizeof(sub), "%s/sub", dir);
	remove_all(sub);
	remove_all(dir);
}

TestSuite(audit_file, .init = setup, .fini = teardown, .timeout = 60);

static dbn_status
load(fake_plugin *p, const char *more, dbn_error **err)
{
	char set[128];
	const char *settings[] = { set, more, NULL };

	(void)snprintf(set, sizeof(set), "path=%s", path);
	return fake_plugin_open(p, plugin, NULL, settings, NULL, err);
}

static dbn_status
try_open(const char *more, dbn_audit_guarantee g, dbn_error **err)
{
	dbn_audit_sink_conf sink = { .name = DBN_TEXT_LIT("trail"), .guarantee = g,
		.on_failure = DBN_AUDIT_STOP };
	dbn_audit_conf conf = { .sinks = &sink, .nsinks = 1 };
	dbn_status rc = load(&fp, more, err);

	if (rc != DBN_OK)
		return rc;
	sink.self = fp.self;
	sink.ops = fp.desc->ops;
	rc = dbn_audit_open(&conf, &a, err);
	if (rc != DBN_OK)
		fake_plugin_close(&fp);
	return rc;
}

static void
open_trail(const char *more, dbn_audit_guarantee g)
{
	dbn_error *err = NULL;

	cr_assert_eq(try_open(more, g, &err), DBN_OK, "%s", dbn_error_message(err));
}

static void
close_trail(void)
{
	dbn_audit_close(a, SECOND);
	fake_plugin_close(&fp);
	cr_assert_eq(atomic_load(&fp.fh.live), 0);
}

static void
refused(dbn_status want, const char *word)
{
	dbn_error *err = NULL, *cause;

	cr_assert_eq(try_open(NULL, DBN_AUDIT_BEFORE_ACK, &err), want, "%s", dbn_error_message(err));
	cause = err;
	cr_assert(strstr(dbn_error_message(cause), word), "%s", dbn_error_message(err));
	dbn_error_free(err);
}

static void
write_some(int count)
{
	dbn_audit_event ev = { .action = DBN_AUDIT_INSERT, .outcome = DBN_AUDIT_OK,
		.user = DBN_TEXT_LIT("alice"), .statement = DBN_TEXT_LIT("INSERT INTO t VALUES (?)") };
	uint64_t op;

	for (int i = 0; i < count; i++) {
		cr_assert_eq(dbn_audit_intent(a, &ev, &op, NULL), DBN_OK);
		cr_assert_eq(dbn_audit_outcome(a, &ev, op, NULL), DBN_OK);
	}
}

static dbn_audit_report
verify(const dbn_audit_verify_opts *o)
{
	dbn_audit_report r;
	dbn_error *err = NULL;
	fake_plugin p;

	cr_assert_eq(load(&p, NULL, &err), DBN_OK);
	cr_assert_eq(dbn_audit_verify(p.self, p.desc->ops, o, &r, &err), DBN_OK, "%s",
		dbn_error_message(err));
	fake_plugin_close(&p);
	return r;
}

static int
count_rotated(void)
{
	char sub[80];
	struct dirent *e;
	int n = 0;
	DIR *d;

	(void)snprintf(sub, sizeof(sub), "%s/sub", dir);
	d = opendir(sub);
	while (d && (e = readdir(d)) != NULL)
		n += strncmp(e->d_name, "trail.log.0", 11) == 0;
	closedir(d);
	return n;
}

Test(audit_file, files_are_the_owners_only)
{
	struct stat st;
	char lock[128];

	open_trail(NULL, DBN_AUDIT_BEFORE_ACK);
	write_some(1);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0600);
	(void)snprintf(lock, sizeof(lock), "%s.lock", path);
	cr_assert_eq(stat(lock, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0600);
	(void)snprintf(lock, sizeof(lock), "%s/sub", dir);
	cr_assert_eq(stat(lock, &st), 0);
	cr_assert_eq(st.st_mode & 0777, 0700);
	close_trail();
	cr_assert_eq(verify(NULL).damage, DBN_AUDIT_SOUND);
}

Test(audit_file, a_second_writer_is_refused)
{
	fake_plugin first;
	dbn_audit *trail;

	open_trail(NULL, DBN_AUDIT_BEFORE_ACK);
	first = fp;
	trail = a;
	refused(DBN_E_BUSY, "another process writes");
	fp = first;
	fp.info.host = &fp.fh.host;
	fp = first;
	a = trail;
	dbn_audit_close(a, SECOND);
}

Test(audit_file, the_chain_goes_on_over_rotated_files)
{
	dbn_audit_report r;

	for (int i = 0; i < 3; i++) {
		open_trail("rotate_size=3000", DBN_AUDIT_BEFORE_ACK);
		write_some(10);
		close_trail();
	}
	cr_assert_geq(count_rotated(), 5);
	r = verify(NULL);
	cr_assert_eq(r.damage, DBN_AUDIT_SOUND, "%s", r.what);
	cr_assert_eq(r.last_seq, 3 * 22);
}

Test(audit_file, only_so_many_rotated_files_are_kept)
{
	const dbn_audit_verify_opts o = { .allow_pruned = true };
	dbn_error *err = NULL;
	dbn_audit_report r;
	char set[128];
	const char *settings[] = { set, "rotate_size=2000", "keep=3", NULL };
	dbn_audit_sink_conf sink = { .name = DBN_TEXT_LIT("trail"), .guarantee = DBN_AUDIT_BEFORE_ACK };
	dbn_audit_conf conf = { .sinks = &sink, .nsinks = 1 };

	(void)snprintf(set, sizeof(set), "path=%s", path);
	cr_assert_eq(fake_plugin_open(&fp, plugin, NULL, settings, NULL, &err), DBN_OK);
	sink.self = fp.self;
	sink.ops = fp.desc->ops;
	cr_assert_eq(dbn_audit_open(&conf, &a, &err), DBN_OK);
	write_some(40);
	close_trail();
	cr_assert_eq(count_rotated(), 3);
	cr_assert_eq(verify(NULL).damage, DBN_AUDIT_MISSING);
	r = verify(&o);
	cr_assert_eq(r.damage, DBN_AUDIT_SOUND, "%s", r.what);
	cr_assert_gt(r.first_seq, 1);
	cr_assert_eq(r.last_seq, 82);
}

/* Change one byte in the middle of the file. */
static void
change_byte(long at_line)
{
	FILE *f = fopen(path, "r+");
	char line[2048];
	long start = 0;

	for (long i = 0; i < at_line; i++) {
		start = ftell(f);
		cr_assert(fgets(line, sizeof(line), f));
	}
	cr_assert_eq(fseek(f, start + 20, SEEK_SET), 0);
	cr_assert_eq(fputc('#', f), '#');
	(void)fclose(f);
}

Test(audit_file, one_changed_byte_names_its_record)
{
	dbn_audit_report r;

	open_trail(NULL, DBN_AUDIT_BEFORE_ACK);
	write_some(10);
	close_trail();
	change_byte(7);
	r = verify(NULL);
	cr_assert_eq(r.damage, DBN_AUDIT_EDITED);
	cr_assert_eq(r.bad_seq, 7);
	cr_assert_eq(r.bad_line, 7);
	/* And an application will not write behind a damaged last record. */
	change_byte(22);
	refused(DBN_E_INTEGRITY, "damaged");
}

Test(audit_file, verifying_needs_no_lock)
{
	open_trail(NULL, DBN_AUDIT_BEFORE_ACK);
	write_some(5);
	cr_assert_eq(verify(NULL).damage, DBN_AUDIT_SOUND);
	cr_assert_eq(verify(NULL).last_seq, 11);
	write_some(5);
	close_trail();
	cr_assert_eq(verify(NULL).last_seq, 22);
}

Test(audit_file, a_file_moved_away_stops_the_writer)
{
	dbn_audit_event ev = { .action = DBN_AUDIT_INSERT, .outcome = DBN_AUDIT_OK };
	dbn_error *err = NULL;
	char other[128];
	uint64_t op;

	open_trail(NULL, DBN_AUDIT_BEFORE_ACK);
	write_some(1);
	(void)snprintf(other, sizeof(other), "%s.moved", path);
	cr_assert_eq(rename(path, other), 0);
	cr_assert_eq(dbn_audit_intent(a, &ev, &op, &err), DBN_E_AUDIT);
	dbn_error_free(err);
	cr_assert_eq(rename(other, path), 0);
	cr_assert_eq(dbn_audit_intent(a, &ev, &op, &err), DBN_OK, "and back again it goes on");
	close_trail();
	cr_assert_eq(verify(NULL).damage, DBN_AUDIT_SOUND);
}

Test(audit_file, files_that_are_not_ours_are_refused)
{
	char target[128];

	open_trail(NULL, DBN_AUDIT_BEFORE_ACK);
	close_trail();
	cr_assert_eq(chmod(path, 0666), 0);
	refused(DBN_E_IO, "others may write");
	cr_assert_eq(chmod(path, 0600), 0);
	(void)snprintf(target, sizeof(target), "%s/target", dir);
	cr_assert_eq(rename(path, target), 0);
	cr_assert_eq(symlink(target, path), 0);
	refused(DBN_E_IO, "cannot open");
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(mkfifo(path, 0600), 0);
	refused(DBN_E_IO, "not a file");
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(mkdir(path, 0700), 0);
	refused(DBN_E_IO, "cannot open");
	cr_assert_eq(rmdir(path), 0);
}

Test(audit_file, a_file_of_something_else_is_refused)
{
	FILE *f;

	open_trail(NULL, DBN_AUDIT_BEFORE_ACK);
	close_trail();
	f = fopen(path, "w");
	(void)fputs("this is\nnot a trail\n", f);
	(void)fclose(f);
	refused(DBN_E_INTEGRITY, "not a record");
	cr_assert_eq(verify(NULL).damage, DBN_AUDIT_EDITED);
}

Test(audit_file, a_missing_directory_of_a_missing_directory_is_an_error)
{
	(void)snprintf(path, sizeof(path), "%s/no/such/trail.log", dir);
	refused(DBN_E_IO, "cannot make the directory");
}

/* Killed at any moment: what was acknowledged is there, and the chain is whole. */
Test(audit_file, nothing_acknowledged_is_lost_by_a_kill)
{
	dbn_audit_report r;

	for (int round = 0; round < 5; round++) {
		uint64_t got, told = 0, before;
		int fd[2], status;
		pid_t pid;

		before = access(path, F_OK) == 0 ? verify(NULL).last_seq : 0;
		cr_assert_eq(pipe(fd), 0);
		pid = fork();
		if (pid == 0) {
			dbn_audit_event ev = { .action = DBN_AUDIT_INSERT, .outcome = DBN_AUDIT_OK };
			uint64_t op, done = 0;

			if (try_open("rotate_size=20000", DBN_AUDIT_BEFORE_ACK, NULL) != DBN_OK)
				_exit(1);
			for (;;) {
				if (dbn_audit_intent(a, &ev, &op, NULL) != DBN_OK ||
				    dbn_audit_outcome(a, &ev, op, NULL) != DBN_OK)
					_exit(2);
				done += 2;
				if (write(fd[1], &done, sizeof(done)) != (ssize_t)sizeof(done))
					_exit(3);
			}
		}
		close(fd[1]);
		while (told < 40 + (uint64_t)round * 30 &&
		       read(fd[0], &got, sizeof(got)) == (ssize_t)sizeof(got))
			told = got;
		kill(pid, SIGKILL);
		while (read(fd[0], &got, sizeof(got)) == (ssize_t)sizeof(got))
			told = got;
		close(fd[0]);
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		cr_assert(WIFSIGNALED(status), "the writer ended by itself: %d", WEXITSTATUS(status));
		open_trail("rotate_size=20000", DBN_AUDIT_BEFORE_ACK);
		close_trail();
		r = verify(NULL);
		cr_assert_eq(r.damage, DBN_AUDIT_SOUND, "%s", r.what);
		cr_assert_geq(r.last_seq, before + told);
	}
}
