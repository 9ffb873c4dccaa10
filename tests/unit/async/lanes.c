/* SPDX-License-Identifier: MIT */
/*
 * Groups over a driver of the test's own (answers.h).  Plain program, so that it runs
 * under ThreadSanitizer.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <dbnexus/value.h>

#include "answers.h"
#include "base/clock.h"
#include "pool/group.h"

/* ---- members ---- */

enum { N = 300 };
typedef struct one {
	dbn_member m;
	dbn_value v;
	atomic_int how;                  /* 0: under way */
	dbn_status rc;
	int64_t answer;
} one;

static one ones[N];
static dbn_pstmt_recipe recipe = { .id = 7 };
static atomic_int left, forgot;

static void
ended(dbn_member *m, uint32_t how, dbn_pconn *conn, struct dbn_cursor *cur, dbn_error *why)
{
	one *o = DBN_TASK_OF(one, m, m);
	dbn_rowset set = { .struct_size = (uint32_t)sizeof set };

	if (how == DBN_MEMBER_ANSWERED && cur && conn->ops->fetch(cur, 10, &set, NULL) == DBN_OK)
		o->answer = set.cells[0].u.i64;
	o->rc = dbn_error_code(why);
	dbn_error_free(why);
	atomic_store(&o->how, (int)how);
	atomic_fetch_sub(&left, 1);
}

static void
forgotten(dbn_member *m)
{
	(void)m;
	atomic_fetch_add(&forgot, 1);
}

static void
go(dbn_group *g, int how, size_t n, uint64_t deadline)
{
	atomic_store(&mode, how);
	atomic_store(&left, (int)n);
	memset(ones, 0, sizeof ones);
	for (size_t i = 0; i < n; i++) {
		ones[i].v = dbn_v_i64((int64_t)i);
		ones[i].m.recipe = &recipe;
		ones[i].m.values = &ones[i].v;
		ones[i].m.nvalues = 1;
		ones[i].m.deadline_ns = deadline;
		ones[i].m.done = ended;
		ones[i].m.forgotten = forgotten;
		dbn_group_submit(g, &ones[i].m);
	}
}

static size_t
finish(size_t n, int how)
{
	size_t same = 0;

	while (atomic_load(&left) > 0)
		(void)poll(NULL, 0, 1);
	for (size_t i = 0; i < n; i++)
		same += atomic_load(&ones[i].how) == how && (how != DBN_MEMBER_ANSWERED ||
			ones[i].answer == (int64_t)i * 2);
	return same;
}

int
main(void)
{
	static const uint32_t limits[DBN_WORK_CLASSES] = { 2, 2, 2 };
	dbn_dialect dialect = { .struct_size = (uint32_t)sizeof dialect };
	dbn_connset_opts so = { .name = "fake", .ops = &answers_ops, .dialect = &dialect, .url = "fake:", .min = 1,
		.max = 4, .statements = 8, .acquire_timeout_ns = UINT64_C(30000000000) };
	dbn_group_opts go_ = { .connections = 2, .async = &answers_async };
	dbn_group *g = NULL;
	int before;

	alarm(120);
	if (dbn_connset_open(&so, &go_.set, NULL) != DBN_OK || dbn_workers_new(limits, &go_.workers, NULL) != DBN_OK ||
		dbn_reactor_start(&go_.reactor, NULL) != DBN_OK || dbn_group_open(&go_, &g, NULL) != DBN_OK)
		return 99;
	go(g, IN_ORDER, N, 0);
	result(finish(N, DBN_MEMBER_ANSWERED) == N, "each member gets its own answer");
	before = atomic_load(&closed);
	go(g, SWAPPED, N, 0);
	(void)finish(N, DBN_MEMBER_FAILED);
	{
		size_t wrong = 0, failed = 0;

		for (size_t i = 0; i < N; i++) {
			int how = atomic_load(&ones[i].how);

			wrong += how == DBN_MEMBER_ANSWERED && ones[i].answer != (int64_t)i * 2;
			failed += how == DBN_MEMBER_FAILED && ones[i].rc == DBN_E_PLUGIN;
		}
		result(wrong == 0 && failed > 0 && atomic_load(&closed) > before,
			"replies out of order are an error and end the connection");
	}
	go(g, LOST, N, 0);
	result(finish(N, DBN_MEMBER_ALONE) == N, "members of a lost connection run alone");
	go(g, SILENT, 20, dbn_now_ns() + 100000000);
	result(finish(20, DBN_MEMBER_FAILED) == 20 && ones[3].rc == DBN_E_TIMEOUT, "deadlines give members up");
	before = atomic_load(&cancelled);
	go(g, SILENT, 20, 0);
	for (size_t i = 0; i < 20; i++)
		dbn_group_abandon(&ones[i].m);
	result(finish(20, DBN_MEMBER_FAILED) == 20 && ones[3].rc == DBN_E_CANCELLED, "so does cancelling");
	while (atomic_load(&forgot) < 20)
		(void)poll(NULL, 0, 1);
	go(g, IN_ORDER, N, 0);
	result(finish(N, DBN_MEMBER_ANSWERED) == N, "and all goes on afterwards");
	dbn_group_close(g);
	dbn_workers_free(go_.workers);
	dbn_reactor_stop(go_.reactor);
	dbn_connset_close(go_.set);
	result(atomic_load(&opened) == atomic_load(&closed), "no connection is left");
	printf("1..%d\n", tests);
	return failures ? 1 : 0;
}
