/* SPDX-License-Identifier: MIT */
/*
 * Sleeping on a word of memory and waking who does.  Waking does not look at the
 * word: its memory may be gone, and a thread that sleeps elsewhere is at worst
 * woken for nothing.  Any thread.
 */
#ifndef DBN_BASE_FUTEX_H
#define DBN_BASE_FUTEX_H

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DBN_FUTEX_ALL FUTEX_BITSET_MATCH_ANY

/* All who sleep with one of the bits. */
static inline void
dbn_futex_wake(_Atomic uint32_t *word, uint32_t bits)
{
	(void)syscall(SYS_futex, word, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, bits);
}

/* Sleeps while the word is still seen; until_ns of the monotonic clock, 0: no limit.
 * False: the time is over. */
static inline bool
dbn_futex_wait(_Atomic uint32_t *word, uint32_t seen, uint64_t until_ns, uint32_t bits)
{
	struct timespec ts = { (time_t)(until_ns / 1000000000u), (long)(until_ns % 1000000000u) };
	long rc = syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, seen, until_ns ? &ts : NULL,
		NULL, bits);

	return rc == 0 || errno != ETIMEDOUT;
}

#endif
