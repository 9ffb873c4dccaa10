/* SPDX-License-Identifier: MIT */
/*
 * Eight threads meet at a declaration that nobody has used yet: they get one
 * model, and one text for each set of fields.  Plain program, so that it runs
 * under ThreadSanitizer.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "entities.h"
#include "entity/model.h"

enum { THREADS = 8, ROUNDS = 300, MASKS = 20 };

static pthread_barrier_t gate;
static const dbn_model *got[THREADS];
static const char *texts[THREADS][MASKS];
static atomic_int wrong;

static void
use(size_t me)
{
	dbn_model_variant *own;
	const dbn_model_variant *v;
	bool mask[16] = { false };

	if (dbn_model_get(&member_entity, &got[me], NULL) != DBN_OK) {
		atomic_fetch_add(&wrong, 1);
		return;
	}
	for (unsigned i = 0; i < MASKS; i++) {
		for (unsigned bit = 0; bit < 6; bit++)
			mask[2 + bit] = ((i + 1) >> bit & 1) != 0;
		if (dbn_model_variant_get(got[me], DBN_VARIANT_UPDATE, mask, &v, &own, NULL) != DBN_OK ||
			strncmp(v->sql.ptr, "UPDATE \"main\".\"member\" SET ", 27) != 0) {
			atomic_fetch_add(&wrong, 1);
			return;
		}
		texts[me][i] = v->sql.ptr;
		dbn_free(own);
	}
}

static void *
run(void *arg)
{
	size_t me = (size_t)(uintptr_t)arg;

	for (int round = 0; round < ROUNDS; round++) {
		(void)pthread_barrier_wait(&gate);
		use(me);
		(void)pthread_barrier_wait(&gate);
		if (me == 0) {
			for (size_t i = 1; i < THREADS; i++)
				if (got[i] != got[0])
					atomic_fetch_add(&wrong, 1);
			dbn_model_forget(&member_entity);
		}
	}
	return NULL;
}

int
main(void)
{
	pthread_t t[THREADS];

	(void)pthread_barrier_init(&gate, NULL, THREADS);
	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, run, (void *)(uintptr_t)i) != 0)
			return 99;
	for (size_t i = 0; i < THREADS; i++)
		(void)pthread_join(t[i], NULL);
	printf("%sok 1 - one model for all threads\n1..1\n", atomic_load(&wrong) ? "not " : "");
	return atomic_load(&wrong) != 0;
}
