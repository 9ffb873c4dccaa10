/* SPDX-License-Identifier: MIT */
/*
 * On which processors this process runs: over a server on those that servers.sh has
 * left to it (DBN_BENCH_CPUS, see docs/bench.md), else on all that it found.  Threads
 * made later stay where the one was that made them.
 */
#include "bench.h"

#ifdef __linux__
#include <sched.h>

/* "0,1,5" */
static int
cpus_of(const char *list, cpu_set_t *out)
{
	CPU_ZERO(out);
	for (;;) {
		char *end;
		unsigned long cpu = strtoul(list, &end, 10);

		if (end == list || cpu >= CPU_SETSIZE)
			return 0;
		CPU_SET(cpu, out);
		if (*end == '\0')
			return 1;
		if (*end != ',')
			return 0;
		list = end + 1;
	}
}

void
place_for(const struct database *d)
{
	static cpu_set_t all;
	static int seen;
	const char *list = getenv("DBN_BENCH_CPUS");
	cpu_set_t some;

	if (!list)
		return;
	if (!seen && sched_getaffinity(0, sizeof all, &all) != 0)
		die("DBN_BENCH_CPUS", "the processors of this process cannot be learnt");
	seen = 1;
	if (!cpus_of(list, &some))
		die("DBN_BENCH_CPUS", "not numbers of processors with commas between them");
	if (sched_setaffinity(0, sizeof some, d->file ? &all : &some) != 0)
		die("DBN_BENCH_CPUS", "this process may not run there");
}
#else
void
place_for(const struct database *d)
{
	(void)d;
}
#endif
