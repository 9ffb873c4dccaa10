/* SPDX-License-Identifier: MIT */
/*
 * What the folders above may know of a session's database.
 */
#ifndef DBN_SESSION_FACTS_H
#define DBN_SESSION_FACTS_H

#include <dbnexus/plugin/driver.h>
#include <dbnexus/session.h>

/* Of the database that statements mean which name none; lives as long as the pool. */
const dbn_dialect *dbn_session__dialect(const dbn_session *s);

#endif
