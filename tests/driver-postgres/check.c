/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

dbn_status
pgt_connect(conform *cf, const char *url, struct dbn_conn **c)
{
	const dbn_driver_ops *ops = (const dbn_driver_ops *)cf->plugin.desc->ops;
	dbn_connect_opts o = { .call = DBN_CALL_INIT };

	o.url = (dbn_text){ url, strlen(url) };
	*c = NULL;
	return ops->connect(cf->plugin.self, &o, c, &cf->err);
}

dbn_status
pgt_connect_set(conform *cf, fake_plugin *fp, const char *const *settings, const char *url,
	struct dbn_conn **c)
{
	dbn_connect_opts o = { .call = DBN_CALL_INIT };
	dbn_status rc = fake_plugin_again(fp, &cf->plugin, settings, &cf->err);

	*c = NULL;
	o.url = (dbn_text){ url, strlen(url) };
	if (rc == DBN_OK)
		rc = ((const dbn_driver_ops *)fp->desc->ops)->connect(fp->self, &o, c, &cf->err);
	return rc;
}

bool
pgt_text(drv *d, struct dbn_conn *c, const char *sql, char *out, size_t size)
{
	dbn_rowset r = { .struct_size = (uint32_t)sizeof r };
	struct dbn_cursor *cur = NULL;
	drv_stmt s;
	dbn_outcome o;
	bool ok;

	*out = 0;
	if (!conform_ok_at(d->cf, __FILE__, __LINE__, sql, drv_prepare(d, c, sql, "", &s)))
		return false;
	ok = conform_ok_at(d->cf, __FILE__, __LINE__, sql,
		drv_execute(d, &s, DBN_NO_ARGS, DBN_EXEC_ROWS, &o, &cur));
	if (cur) {
		ok = conform_ok_at(d->cf, __FILE__, __LINE__, sql, d->ops->fetch(cur, 1, &r, &d->cf->err));
		if (ok) {
			dbn_text t = dbn_text_of(&r.cells[0]);

			(void)snprintf(out, size, "%.*s", (int)t.len, t.ptr ? t.ptr : "");
		}
		d->ops->close_cursor(cur);
	}
	d->ops->close_stmt(s.s);
	return ok;
}

int64_t
pgt_pid(drv *d, struct dbn_conn *c)
{
	return drv_int(d, c, "SELECT pg_backend_pid()", "", DBN_NO_ARGS);
}

void
pgt_await_sleep(drv *d, struct dbn_conn *witness, int64_t pid)
{
	for (int i = 0; i < 1200 && drv_int(d, witness, "SELECT count(*) FROM pg_stat_activity "
			"WHERE pid = $1::int AND wait_event = 'PgSleep'", "", DBN_ARGS(pid)) != 1; i++)
		(void)poll(NULL, 0, 10);
}

bool
pgt_broken(drv *d, struct dbn_conn *c)
{
	dbn_conn_state st = { .struct_size = (uint32_t)sizeof st };

	d->ops->state(c, &st);
	return st.broken != 0;
}

void
pgt_forget_error(conform *cf)
{
	dbn_error_free(cf->err);
	cf->err = NULL;
}

int
main(int argc, char **argv)
{
	const struct { const conform_case *cases; size_t n; } parts[] = {
		{ pgt_types, pgt_ntypes }, { pgt_groups, pgt_ngroups }, { pgt_loads, pgt_nloads },
		{ pgt_reach, pgt_nreach }, { pgt_stops, pgt_nstops },
	};
	conform_case all[64];
	size_t n = 0;

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		for (size_t j = 0; j < parts[i].n; j++) {
			if (n == sizeof all / sizeof *all)
				abort();
			all[n++] = parts[i].cases[j];
		}
	return conform_main(argc, argv, DBN_KIND_DRIVER, all, n);
}

struct dbn_conn *
pgt_connect_again(conform *cf)
{
	struct dbn_conn *c = NULL;

	for (int i = 0; i < 600 && pgt_connect(cf, conform_arg(cf, "url", ""), &c) != DBN_OK; i++) {
		pgt_forget_error(cf);
		(void)poll(NULL, 0, 50);
	}
	return c;
}

void
pgt_await_crash(drv *d, struct dbn_conn *witness)
{
	dbn_error *kept = d->cf->err;

	if (!witness)
		return;
	d->cf->err = NULL;
	for (int i = 0; i < 1200 && drv_run(d, witness, "SELECT 1", "", DBN_NO_ARGS, NULL) == DBN_OK; i++)
		(void)poll(NULL, 0, 50);
	pgt_forget_error(d->cf);
	d->ops->disconnect(witness);
	d->cf->err = kept;
}
