/* SPDX-License-Identifier: MIT */
/*
 * Starting and ending a helper, and asking it.  A helper that is gone is an error
 * of the connection, at once and for good; nothing waits for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proxy.h"

extern char **environ;

static bool
start(const proxy *p, struct dbn_conn *c, int data, int control)
{
	char *copy = strdup(p->options ? p->options : ""), *argv[40], *end = NULL;
	posix_spawn_file_actions_t fa;
	int n = 0, rc;

	argv[n++] = (char *)(uintptr_t)p->helper;
	argv[n++] = (char *)(uintptr_t)p->plugin;
	for (char *w = copy ? strtok_r(copy, ";", &end) : NULL; w && n < 39; w = strtok_r(NULL, ";", &end))
		argv[n++] = w;
	argv[n] = NULL;
	(void)posix_spawn_file_actions_init(&fa);
	/* dup2 onto itself would keep close-on-exec: move them out of the way. */
	rc = posix_spawn_file_actions_adddup2(&fa, data, 3);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&fa, control, 4);
	if (rc == 0)
		rc = posix_spawn(&c->pid, p->helper, &fa, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&fa);
	free(copy);
	return rc == 0;
}

/* A socket pair whose numbers are past those the helper uses. */
static bool
pair(int fd[2])
{
	int raw[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, raw) != 0)
		return false;
	fd[0] = fcntl(raw[0], F_DUPFD_CLOEXEC, 10);
	fd[1] = fcntl(raw[1], F_DUPFD_CLOEXEC, 10);
	(void)close(raw[0]);
	(void)close(raw[1]);
	return fd[0] >= 0 && fd[1] >= 0;
}

static void
close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

dbn_status
proxy_spawn(const proxy *p, struct dbn_conn **out, dbn_error **err)
{
	struct dbn_conn *c = (struct dbn_conn *)plug_zalloc(p->host, 1, sizeof *c);
	int data[2] = { -1, -1 }, control[2] = { -1, -1 };
	bool ok;

	if (!c)
		return plug_nomem(p->host, err);
	c->host = p->host;
	(void)pthread_mutex_init(&c->mutex, NULL);
	ok = pair(data) && pair(control) && start(p, c, data[1], control[1]);
	close_fd(data[1]);
	close_fd(control[1]);
	c->data = data[0];
	c->control = control[0];
	if (!ok) {
		proxy_reap(c);
		return plug_fail_status(p->host, err, DBN_E_PLUGIN, "cannot start the helper process");
	}
	*out = c;
	return DBN_OK;
}

void
proxy_reap(struct dbn_conn *c)
{
	close_fd(c->data);
	close_fd(c->control);
	while (c->pid > 0 && waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	wire_free(&c->out);
	wire_free(&c->in);
	(void)pthread_mutex_destroy(&c->mutex);
	c->host->release(c->host, c);
}

wire *
proxy_message(struct dbn_conn *c)
{
	wire_reset(&c->out);
	return &c->out;
}

/* Deadlines travel as what is left of them. */
void
proxy_put_call(struct dbn_conn *c, const dbn_call *call)
{
	uint64_t now = c->host->now_ns(c->host), left = 0;

	if (call && call->deadline_ns)
		left = call->deadline_ns > now ? call->deadline_ns - now : 1;
	put_u64(&c->out, left);
}

dbn_status
proxy_get_error(struct dbn_conn *c, wire *w, dbn_status status, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f, .status = status };
	dbn_text state = get_text(w), message = get_text(w);

	if (state.len == 5)
		memcpy(f.sqlstate, state.ptr, 5);
	f.detail = get_text(w);
	f.hint = get_text(w);
	f.constraint = get_text(w);
	f.relation = get_text(w);
	f.column = get_text(w);
	f.native_code = (int64_t)get_u64(w);
	f.position = get_u32(w);
	f.retryable = get_u32(w);
	return plug_fail(c->host, err, &f, "%.*s", (int)message.len, message.ptr ? message.ptr : "");
}

static dbn_status
gone(struct dbn_conn *c, uint32_t op, dbn_error **err)
{
	dbn_fail_info f = { .struct_size = (uint32_t)sizeof f };

	c->dead = true;
	c->state.broken = 1;
	/* A commit whose answer is missing may have happened. */
	memcpy(f.sqlstate, op == OP_END ? "08007" : "08006", 6);
	return plug_fail(c->host, err, &f, "the helper process has ended");
}

dbn_status
proxy_ask(struct dbn_conn *c, uint32_t op, dbn_error **err)
{
	wire_head h = { .code = (int32_t)op };

	if (c->out.bad)
		return plug_fail_status(c->host, err, DBN_E_LIMIT, "too much for a message");
	if (c->dead)
		return gone(c, 0, err); /* nothing was sent */
	if (!wire_send(c->data, &h, &c->out) || !wire_receive(c->data, &h, &c->in))
		return gone(c, op, err);
	c->state.txn = h.txn;
	c->state.broken = h.broken;
	c->state.in_flight = h.in_flight;
	if (h.code < 0) {
		wire e = c->in;

		e.at = h.error_at < e.len ? h.error_at : e.len;
		return proxy_get_error(c, &e, h.code, err);
	}
	return h.code;
}
