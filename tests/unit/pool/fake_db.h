/* SPDX-License-Identifier: MIT */
/*
 * A database that is not there: a driver in this program whose connections
 * fail, hang or die as a test wants, and a clock that only the test moves.
 */
#ifndef FAKE_DB_H
#define FAKE_DB_H

#include "pool/connset.h"

struct dbn_conn {
	struct fake_db *db;
	uint32_t id, txn;
	bool dead;                       /* broken, and a ping fails */
	uint64_t epoch;
	struct dbn_conn *next;
};

typedef struct fake_db {
	_Atomic uint64_t now;
	dbn_dialect dialect;
	dbn_pool_env env;
	/* what is to go wrong */
	dbn_status connect_fails;        /* DBN_OK: it does not */
	uint32_t connect_fails_times;    /* 0: always, while connect_fails is set */
	bool reset_fails, ping_fails;
	uint64_t connect_takes_ns, jitter;
	void (*yield)(struct fake_db *db); /* in every call that would block; may be NULL */
	/* what happened */
	_Atomic uint32_t connects, failed_connects, disconnects, pings, resets, full_resets, cancels;
	_Atomic uint32_t prepares, closes, live;
	_Atomic uint64_t last_cancelled, last_timeout;
	pthread_mutex_t lock;
	struct dbn_conn *conns;
} fake_db;

extern const dbn_driver_ops fake_ops;
void fake_db_init(fake_db *db);
void fake_db_fini(fake_db *db);
/* Options of a set on it: no threads, max 2, min 0, acquire timeout 1 s, nothing else. */
dbn_connset_opts fake_opts(fake_db *db);
void fake_db_kill_all(fake_db *db);

#endif
