/* SPDX-License-Identifier: MIT */
/*
 * Who holds which connection and who waits, as lines of JSON: for the
 * application, and for `dbnexus pool` through service.c.  Any thread.
 */
#include <jansson.h>
#include <stdlib.h>

#include "base/str.h"
#include "pool/breaker.h"
#include "session/stack_impl.h"

typedef struct telling {
	dbn_str *out;
	const char *set;
	bool failed;
} telling;

/* One object, one line; takes the reference. */
static void
line(telling *t, json_t *o)
{
	char *text = o ? json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;

	json_decref(o);
	if (!text) {
		t->failed = true;
		return;
	}
	dbn_str_adds(t->out, text);
	dbn_str_addc(t->out, '\n');
	free(text);
}

/* Text that may have been cut, or come from anywhere: what is no UTF-8 ends it. */
static void
put_text(json_t *o, const char *name, const char *text)
{
	if (text && *text)
		(void)json_object_set_new(o, name, json_stringn(text, dbn_utf8_valid(text, strlen(text))));
}

static void
put(json_t *o, const char *name, uint64_t v)
{
	(void)json_object_set_new(o, name, json_integer(v > INT64_MAX ? INT64_MAX : (json_int_t)v));
}

static json_t *
object(const telling *t, const char *what)
{
	json_t *o = json_object();

	put_text(o, "what", what);
	put_text(o, "set", t->set);
	return o;
}

static void
tell_item(const dbn_report_item *i, void *user)
{
	static const char *const words[] = { "", "connection", "waiter", "share" };
	telling *t = user;
	json_t *o = object(t, words[i->what]);

	if (i->what == DBN_REPORT_SHARE) {
		put_text(o, "role", i->user);
		put(o, "weight", i->weight);
		put(o, "max", i->max);
		put(o, "in_use", i->in_use);
		put(o, "waiting", i->waiting);
		put(o, "turns", i->grants);
		line(t, o);
		return;
	}
	put_text(o, "state", i->state);
	put(o, "age_ms", i->age_ns / 1000000u);
	if (i->session)
		put(o, "session", i->session);
	put_text(o, "user", i->user);
	(void)json_object_set_new(o, "transaction", json_boolean(i->in_txn));
	(void)json_object_set_new(o, "writes", json_boolean(i->writer));
	if (i->what == DBN_REPORT_CONNECTION) {
		put(o, "life_ms", i->life_ns / 1000000u);
		put(o, "prepared", i->statements);
		put_text(o, "statement", i->fingerprint);
		put_text(o, "place", i->place);
	}
	line(t, o);
}

static void
tell_set(telling *t, dbn_connset *set)
{
	dbn_connset_counts c;
	json_t *o;

	dbn_connset_count(set, &c);
	t->set = dbn_connset_name(set);
	o = object(t, "set");
	put(o, "open", c.open);
	put(o, "busy", c.busy);
	put(o, "max", c.max);
	put(o, "waiting", c.waiting);
	put(o, "connecting", c.connecting);
	put_text(o, "breaker", dbn_breaker_state(c.breaker));
	put(o, "opened", c.opened);
	put(o, "closed", c.closed);
	put(o, "waits", c.waits);
	put(o, "groups", c.groups);
	put(o, "grouped", c.grouped);
	put(o, "timeouts", c.timeouts);
	put(o, "connect_failures", c.connect_failures);
	put(o, "reset_failures", c.reset_failures);
	put(o, "leaks", c.leaks);
	line(t, o);
	dbn_connset_report(set, tell_item, t);
}

dbn_status
dbn_pool__report(dbn_pool *p, dbn_str *out)
{
	telling t = { .out = out };

	for (size_t i = 0; i < p->ngauges; i++)
		tell_set(&t, p->gauges[i].set);
	return t.failed ? DBN_E_NOMEM : out->status;
}

dbn_status
dbn_pool_report(dbn_pool *p, char **lines, dbn_error **err)
{
	dbn_status rc;
	dbn_str out;

	DBN_ERR_CLEAR(err);
	if (!lines)
		return dbn_fail(err, DBN_E_INVALID, "dbn_pool_report() needs a place for the report");
	*lines = NULL;
	rc = dbn_pool__usable(p, err);
	if (rc != DBN_OK)
		return rc;
	dbn_str_init(&out, 0);
	if (dbn_pool__report(p, &out) == DBN_OK)
		*lines = dbn_str_take(&out);
	dbn_str_free(&out);
	return *lines ? DBN_OK : dbn_fail_nomem(err);
}
