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

/* The role of the server that this user's statements run under; NULL: the login's own. */
static dbn_status
server_role(const dbn_session *s, const dbn_database *db, const char **out, dbn_error **err)
{
	const dbn_conf_database *conf = db->conf;

	*out = NULL;
	for (size_t i = 0; i < conf->nserver_roles && !*out; i++) {
		const dbn_conf_server_role *r = &conf->server_roles[i];

		for (size_t k = 0; r->role && k < s->subject->nroles && !*out; k++)
			if (dbn_text_eqz(s->subject->roles[k], r->role))
				*out = r->server_role;
		if (!r->role)
			*out = r->server_role;
	}
	if (!conf->nserver_roles || *out)
		return DBN_OK;
	return dbn_fail_hint(err, DBN_E_DENIED,
		"Give one of the user's roles a role of the server, or end the list with one without \"role\".",
		"\"server_roles\" of database \"%s\" has none for user \"%.*s\"", conf->name,
		(int)s->subject->user.len, s->subject->user.ptr);
}

dbn_status
dbn_session__borrow(dbn_session *s, dbn_database *db, uint32_t node, const dbn_plan *plan,
	dbn_borrow *b, dbn_pconn **out, dbn_error **err)
{
	dbn_pconn **hint = dbn_session__hint(s, db, node, b->want);
	const char *role;
	dbn_connset *set;
	dbn_status rc = dbn_session__set(s, db, node, &set, err);

	if (rc != DBN_OK)
		return rc;
	dbn_session__asks(s, plan, b);
	b->hint = *hint;
	rc = server_role(s, db, &role, err);
	if (rc != DBN_OK)
		return rc;
	rc = dbn_connset_borrow(set, b, out, err);
	if (rc != DBN_OK)
		return rc;
	*hint = *out;
	rc = role ? dbn_pconn_assume(*out, role, b->deadline_ns == DBN_NO_WAIT ? 0 : b->deadline_ns, err) : DBN_OK;
	if (rc != DBN_OK) {
		dbn_connset_release(*out);
		*out = NULL;
	}
	return rc;
}
