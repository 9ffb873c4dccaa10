/* SPDX-License-Identifier: MIT */
/*
 * A connection for a session: who asks, for which statement, in which line it
 * waits.  The session's wait token lets dbn_session_cancel() end the wait.
 */
#include "session/session_impl.h"

void
dbn_session__asks(dbn_session *s, const dbn_plan *plan, dbn_borrow *b)
{
	b->session = s->id;
	b->user = s->who.user.len ? s->who.user : s->subject->user;
	b->roles = s->subject->roles;
	b->nroles = (uint32_t)s->subject->nroles;
	b->place = s->place;
	b->token = &s->wait;
	if (plan) {
		b->statement = plan->id;
		b->fingerprint = plan->fingerprint;
	}
}

dbn_status
dbn_session__borrow(dbn_session *s, dbn_database *db, uint32_t node, const dbn_plan *plan,
	dbn_borrow *b, dbn_pconn **out, dbn_error **err)
{
	dbn_pconn **hint = dbn_session__hint(s, db, node, b->want);
	dbn_connset *set;
	dbn_status rc = dbn_session__set(s, db, node, &set, err);

	if (rc != DBN_OK)
		return rc;
	dbn_session__asks(s, plan, b);
	b->hint = *hint;
	rc = dbn_connset_borrow(set, b, out, err);
	if (rc == DBN_OK)
		*hint = *out;
	return rc;
}
