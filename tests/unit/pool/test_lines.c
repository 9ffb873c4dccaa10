/* SPDX-License-Identifier: MIT */
/* Lines of users and shares: limits, weights, order inside a line. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "fake_db.h"

#define WAITERS 200

static fake_db db;
static dbn_connset *set;
static dbn_connset_opts o;
static dbn_error *err;
static dbn_waiter waiters[WAITERS];
static char order[WAITERS + 1];
static size_t ntold;
static dbn_pconn *last;

static void
setup(void)
{
	fake_db_init(&db);
	o = fake_opts(&db);
	o.max = 1;
	o.acquire_timeout_ns = UINT64_MAX;
}

static void
teardown(void)
{
	dbn_connset_close(set);
	fake_db_fini(&db);
}

TestSuite(lines, .init = setup, .fini = teardown);

static void
told(dbn_waiter *w, void *user)
{
	(void)user;
	order[ntold++] = w->who[0];
	last = w->given;
}

static dbn_borrow
asks(const char *user, const dbn_text *role)
{
	return (dbn_borrow){ .session = 1, .user = dbn_text_z(user), .roles = role,
		.nroles = role ? 1 : 0 };
}

static void
queue(size_t i, const char *user, const dbn_text *role)
{
	dbn_borrow b = asks(user, role);
	dbn_pconn *c;

	cr_assert_eq(dbn_connset_borrow_async(set, &b, &waiters[i], told, NULL, &c, &err), DBN_E_BUSY);
}

static dbn_pconn *
take(const char *user, const dbn_text *role)
{
	dbn_borrow b = asks(user, role);
	dbn_pconn *c = NULL;

	cr_assert_eq(dbn_connset_borrow(set, &b, &c, &err), DBN_OK, "%s", dbn_error_message(err));
	return c;
}

/* Give back and take, n times; the order of who got it is in order[]. */
static void
serve(dbn_pconn *c, size_t n)
{
	last = c;
	for (size_t i = 0; i < n; i++)
		dbn_connset_release(last);
}

static size_t
count(char who, size_t first)
{
	size_t n = 0;

	for (size_t i = 0; i < first; i++)
		n += order[i] == who;
	return n;
}

Test(lines, by_default_all_stand_in_one)
{
	dbn_pconn *c;

	cr_assert_eq(dbn_connset_open(&o, &set, &err), DBN_OK);
	c = take("x", NULL);
	for (size_t i = 0; i < 30; i++)
		queue(i, i < 20 ? "a" : "b", NULL);
	serve(c, 31);
	cr_assert_eq(ntold, 30);
	cr_assert_eq(count('a', 20), 20);
}

Test(lines, by_user_each_gets_its_turn)
{
	dbn_pconn *c;

	o.sharing = DBN_SHARING_USER;
	cr_assert_eq(dbn_connset_open(&o, &set, &err), DBN_OK);
	c = take("x", NULL);
	for (size_t i = 0; i < 100; i++)
		queue(i, "a", NULL);
	for (size_t i = 100; i < 110; i++)
		queue(i, "b", NULL);
	serve(c, 111);
	cr_assert_eq(ntold, 110);
	cr_assert_eq(count('b', 20), 10, "%s", order);
	cr_assert_eq(count('a', 20), 10, "%s", order);
}

Test(lines, weights_of_roles)
{
	static const dbn_share_opts shares[] = { { "web", 3, 0 }, { "report", 1, 0 } };
	static const dbn_text web = { "web", 3 }, report = { "report", 6 };
	dbn_pconn *c;

	o.sharing = DBN_SHARING_ROLE;
	o.shares = shares;
	o.nshares = 2;
	cr_assert_eq(dbn_connset_open(&o, &set, &err), DBN_OK);
	c = take("x", NULL);
	for (size_t i = 0; i < 80; i++)
		queue(i, "r", &report);
	for (size_t i = 80; i < 160; i++)
		queue(i, "w", &web);
	serve(c, 40);
	cr_assert_eq(count('w', 40), 30, "%s", order);
	cr_assert_eq(count('r', 40), 10, "%s", order);
	/* nobody of "web" is left: the others get all */
	serve(last, 121);
	cr_assert_eq(ntold, 160);
}

Test(lines, who_was_away_has_saved_nothing_up)
{
	static const dbn_share_opts shares[] = { { "web", 1, 0 }, { "report", 1, 0 } };
	static const dbn_text web = { "web", 3 }, report = { "report", 6 };
	dbn_pconn *c;

	o.sharing = DBN_SHARING_ROLE;
	o.shares = shares;
	o.nshares = 2;
	cr_assert_eq(dbn_connset_open(&o, &set, &err), DBN_OK);
	c = take("x", NULL);
	for (size_t i = 0; i < 60; i++)
		queue(i, "w", &web);
	serve(c, 40);
	for (size_t i = 60; i < 100; i++)
		queue(i, "r", &report);
	serve(last, 20);
	cr_assert_geq(count('w', 60), 49, "%s", order);
	serve(last, 41);
	cr_assert_eq(ntold, 100);
}

Test(lines, a_limit_of_users_holds_nobody_else_up)
{
	dbn_pconn *a, *b;

	o.max = 3;
	o.min = 3;
	o.per_user = 1;
	cr_assert_eq(dbn_connset_open(&o, &set, &err), DBN_OK);
	while (dbn_connset_work(set))
		continue;
	a = take("a", NULL);
	queue(0, "a", NULL);
	queue(1, "a", NULL);
	b = take("b", NULL);
	cr_assert_eq(ntold, 0, "a has one and two are free");
	dbn_connset_release(b);
	cr_assert_eq(ntold, 0);
	dbn_connset_release(a);
	cr_assert_eq(ntold, 1);
	dbn_connset_release(last);
	cr_assert_eq(ntold, 2);
	dbn_connset_release(last);
}

Test(lines, a_limit_of_roles)
{
	static const dbn_share_opts shares[] = { { "report", 1, 1 } };
	static const dbn_text report = { "report", 6 };
	dbn_pconn *a, *b, *c;

	o.max = o.min = 3;
	o.shares = shares;
	o.nshares = 1;
	cr_assert_eq(dbn_connset_open(&o, &set, &err), DBN_OK);
	while (dbn_connset_work(set))
		continue;
	a = take("a", &report);
	queue(0, "b", &report);
	b = take("x", NULL);
	c = take("y", NULL);
	cr_assert_eq(ntold, 0);
	a->discard = true;
	dbn_connset_release(a);
	cr_assert_eq(ntold, 0, "its connection is gone");
	cr_assert(dbn_connset_work(set));
	cr_assert_eq(ntold, 1);
	dbn_connset_release(last);
	dbn_connset_release(b);
	dbn_connset_release(c);
	(void)dbn_connset_maintain(set, db.now);
}

Test(lines, one_writer_many_readers)
{
	dbn_borrow b = { .want = DBN_WANT_WRITE, .session = 1, .user = DBN_TEXT_LIT("w") };
	dbn_pconn *w, *c;

	db.dialect.capabilities = DBN_CAP_ONE_WRITER;
	o.max = 1;
	cr_assert_eq(dbn_connset_open(&o, &set, &err), DBN_OK);
	cr_assert_eq(dbn_connset_borrow(set, &b, &w, &err), DBN_OK);
	cr_assert(w->writer);
	cr_assert_eq(dbn_connset_borrow_async(set, &b, &waiters[0], told, NULL, &c, &err), DBN_E_BUSY);
	c = take("r", NULL);
	cr_assert_not(c->writer, "a waiting writer holds up no reader");
	dbn_connset_release(c);
	cr_assert_eq(ntold, 0);
	dbn_connset_release(w);
	cr_assert_eq(ntold, 1);
	dbn_connset_release(last);
}
