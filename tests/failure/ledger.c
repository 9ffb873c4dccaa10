/* SPDX-License-Identifier: MIT */
/*
 * What must be in fault_rows: each id was promised to be there, promised not to
 * be, or nobody knows.  Ids taken together stand or fall together.  One mutex.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define MAX_IDS 4000000

typedef struct entry {
	int32_t group;              /* index of the first id */
	uint8_t fate, seen, written;
} entry;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static entry *entries;
static size_t nentries, cap;

int64_t
ledger_take(size_t n)
{
	size_t first;

	(void)pthread_mutex_lock(&mutex);
	while (nentries + n > cap) {
		size_t bigger = cap ? cap * 2 : 65536;
		entry *e = bigger <= MAX_IDS * 2u ? realloc(entries, bigger * sizeof *e) : NULL;

		if (!e) {
			printf("Bail out! no room for more ids\n");
			exit(1);
		}
		entries = e;
		cap = bigger;
	}
	first = nentries;
	for (size_t i = 0; i < n; i++)
		entries[nentries++] = (entry){ .group = (int32_t)first };
	(void)pthread_mutex_unlock(&mutex);
	return (int64_t)first;
}

void
ledger_put(int64_t first, size_t n, dbn_status rc)
{
	(void)pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < n; i++) {
		entries[(size_t)first + i].written = 1;
		entries[(size_t)first + i].fate = rc == DBN_OK ? ROW_THERE
			: rc == DBN_E_UNKNOWN_OUTCOME ? ROW_EITHER : ROW_ABSENT;
	}
	(void)pthread_mutex_unlock(&mutex);
}

size_t
ledger_count(int what)
{
	size_t n = 0;

	(void)pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < nentries; i++)
		n += entries[i].written && entries[i].fate == what;
	(void)pthread_mutex_unlock(&mutex);
	return n;
}

static void
look_at(int64_t id, const char *word, const char *when)
{
	char want[40];

	(void)snprintf(want, sizeof want, "row %lld", (long long)id);
	if (id < 0 || (size_t)id >= nentries || strcmp(word, want) != 0)
		tap_note("%s: a row nobody wrote: %lld \"%s\"", when, (long long)id, word);
	else if (entries[id].seen++)
		tap_note("%s: row %lld is there twice", when, (long long)id);
	else if (entries[id].fate == ROW_ABSENT && entries[id].written) {
		tap_note("%s: row %lld is there, its writer was told it was not", when, (long long)id);
		entries[id].fate = ROW_THERE; /* said once */
	}
}

static dbn_status
read_rows(world *w, const char *when, bool last)
{
	dbn_session *s = session_make(w->direct);
	dbn_rows *rows = NULL;
	dbn_error *err = NULL;
	const char *word = NULL;
	dbn_status rc;
	int64_t id;

	rc = dbn_query(s, "SELECT id, word FROM fault_rows", DBN_ARGS(), &rows, &err);
	while (rc == DBN_OK && (rc = dbn_rows_next(rows, &err)) == DBN_OK) {
		rc = dbn_rows_scan(rows, DBN_OUT(&id, &word), &err);
		if (rc == DBN_OK)
			look_at(id, word, when);
	}
	if (rc != DBN_DONE && (last || rc != DBN_E_CONN))
		tap_note("%s: cannot read the rows: %s", when, dbn_error_message(err));
	dbn_error_free(err);
	dbn_rows_close(rows);
	dbn_session_close(s);
	return rc;
}

void
ledger_check(world *w, const char *when)
{
	(void)pthread_mutex_lock(&mutex);
	for (int try = 0; try < 100; try++) { /* connections of before the failure are lost */
		for (size_t i = 0; i < nentries; i++)
			entries[i].seen = 0;
		if (read_rows(w, when, try == 99) == DBN_DONE)
			break;
		sleep_ms(50);
	}
	for (size_t i = 0; i < nentries; i++) {
		if (entries[i].fate == ROW_THERE && entries[i].written && !entries[i].seen) {
			tap_note("%s: row %zu was acknowledged and is lost", when, i);
			entries[i].fate = ROW_ABSENT;
		}
		if (!entries[i].seen != !entries[entries[i].group].seen)
			tap_note("%s: half of a transaction: row %zu is %sthere, row %d is not so", when, i,
				entries[i].seen ? "" : "not ", entries[i].group);
	}
	(void)pthread_mutex_unlock(&mutex);
}

void
ledger_reset(world *w)
{
	dbn_session *s = session_make(w->direct);

	must(s, "DELETE FROM fault_rows");
	dbn_session_close(s);
	(void)pthread_mutex_lock(&mutex);
	free(entries);
	entries = NULL;
	nentries = cap = 0;
	(void)pthread_mutex_unlock(&mutex);
}
