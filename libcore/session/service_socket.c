/* SPDX-License-Identifier: MIT */
/*
 * metrics = { socket = "..."; }: a Unix socket where a running stack answers
 * questions of its own user (and of root): one word in a line, then lines of
 * JSON, then the end.  One thread, one client at a time, each with a time limit.
 * The other side is dbn_config_ask().
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "conf/build.h"
#include "session/stack_impl.h"

#define WAIT_SECONDS 2

struct dbn_socket {
	dbn_pool *pool;
	pthread_t thread;
	int fd, stop[2];
	bool runs, bound;
	struct sockaddr_un at;
};

/* ---- both sides ---- */

static dbn_status
address(const char *path, struct sockaddr_un *at, dbn_error **err)
{
	size_t n = strlen(path);

	memset(at, 0, sizeof *at);
	at->sun_family = AF_UNIX;
	if (n >= sizeof at->sun_path)
		return dbn_fail_hint(err, DBN_E_CONFIG, "Put the socket into a folder with a shorter path.",
			"metrics.socket \"%s\" is longer than the %zu bytes that a socket's path may have",
			path, sizeof at->sun_path - 1);
	memcpy(at->sun_path, path, n + 1);
	return DBN_OK;
}

static dbn_status
failed(dbn_error **err, const char *what, const char *path, int number)
{
	char why[128] = "";

	return dbn_fail(err, DBN_E_IO, "%s \"%s\": %s", what, path, strerror_r(number, why, sizeof why));
}

static int
new_socket(void)
{
	struct timeval limit = { WAIT_SECONDS, 0 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fd;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	return fd;
}

static bool
send_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = send(fd, p, n, MSG_NOSIGNAL);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

/* ---- the stack's side ---- */

static void
add_metric(const dbn_metric *m, void *user)
{
	dbn_str *out = user;

	/* names of metrics need no escapes */
	dbn_str_addf(out, "{\"what\":\"metric\",\"name\":\"%s\",\"kind\":\"%s\",\"value\":%lld}\n", m->name,
		m->kind == 1 ? "counter" : "gauge", (long long)m->value);
}

static void
answer(dbn_pool *p, dbn_text question, dbn_str *out)
{
	if (dbn_text_eqz(question, "pool"))
		(void)dbn_pool__report(p, out);
	else if (dbn_text_eqz(question, "metrics"))
		(void)dbn_pool_metrics(p, add_metric, out, NULL);
	else
		dbn_str_adds(out, "{\"what\":\"error\",\"message\":\"ask for pool or metrics\"}\n");
}

static bool
may_ask(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 &&
		(who.uid == geteuid() || who.uid == 0);
}

static void
serve(struct dbn_socket *s, int fd)
{
	struct timeval limit = { WAIT_SECONDS, 0 };
	char word[32];
	size_t n = 0;
	dbn_str out;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	if (!may_ask(fd))
		return;
	while (n < sizeof word && (n == 0 || word[n - 1] != '\n')) {
		ssize_t r = recv(fd, word + n, 1, 0);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return;
		n++;
	}
	dbn_str_init(&out, 0);
	answer(s->pool, dbn_text_n(word, n - 1), &out);
	dbn_str_adds(&out, "{\"what\":\"end\"}\n");
	if (out.status == DBN_OK)
		(void)send_all(fd, dbn_str_z(&out), out.len);
	dbn_str_free(&out);
}

static void *
run(void *arg)
{
	struct dbn_socket *s = arg;
	struct pollfd what[2] = { { s->fd, POLLIN, 0 }, { s->stop[0], POLLIN, 0 } };

	for (;;) {
		int fd;

		if (poll(what, 2, -1) < 0 && errno != EINTR)
			break;
		if (what[1].revents)
			break;
		if (!(what[0].revents & POLLIN))
			continue;
		fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		serve(s, fd);
		(void)close(fd);
	}
	return NULL;
}

/* A file is there: the socket of a stack that runs, of one that does not, or no socket. */
static dbn_status
clear_away(const struct sockaddr_un *at, dbn_error **err)
{
	struct stat st;
	dbn_status rc = DBN_OK;
	int fd;

	if (lstat(at->sun_path, &st) != 0)
		return DBN_OK;
	if (!S_ISSOCK(st.st_mode))
		return dbn_fail(err, DBN_E_CONFIG, "metrics.socket \"%s\" is there and is no socket",
			at->sun_path);
	fd = new_socket();
	if (fd < 0)
		return failed(err, "cannot make the socket", at->sun_path, errno);
	if (connect(fd, (const struct sockaddr *)at, sizeof *at) == 0)
		rc = dbn_fail_hint(err, DBN_E_CONFIG, "Give each its own metrics.socket.",
			"another stack answers at metrics.socket \"%s\"", at->sun_path);
	else if (unlink(at->sun_path) != 0 && errno != ENOENT)
		rc = failed(err, "cannot remove the old socket", at->sun_path, errno);
	(void)close(fd);
	return rc;
}

static dbn_status
listen_at(struct dbn_socket *s, dbn_error **err)
{
	dbn_status rc = clear_away(&s->at, err);

	if (rc != DBN_OK)
		return rc;
	s->fd = new_socket();
	if (s->fd < 0 || bind(s->fd, (const struct sockaddr *)&s->at, sizeof s->at) != 0)
		return failed(err, "cannot make the socket", s->at.sun_path, errno);
	s->bound = true;
	/* nobody can connect before listen(): there is no moment of wider rights */
	if (chmod(s->at.sun_path, 0600) != 0 || listen(s->fd, 8) != 0 || pipe2(s->stop, O_CLOEXEC) != 0)
		return failed(err, "cannot listen at", s->at.sun_path, errno);
	return DBN_OK;
}

dbn_status
dbn_pool__socket_open(dbn_pool *p, dbn_error **err)
{
	struct dbn_socket *s;
	sigset_t all, old;
	dbn_status rc;

	if (!p->conf->metrics_socket)
		return DBN_OK;
	s = dbn_zalloc(sizeof *s);
	if (!s)
		return dbn_fail_nomem(err);
	p->socket = s;
	s->pool = p;
	s->fd = s->stop[0] = s->stop[1] = -1;
	rc = address(p->conf->metrics_socket, &s->at, err);
	if (rc == DBN_OK)
		rc = listen_at(s, err);
	if (rc != DBN_OK)
		return rc;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	s->runs = pthread_create(&s->thread, NULL, run, s) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	return s->runs ? DBN_OK : dbn_fail_hint(err, DBN_E_LIMIT, "The system may limit threads.",
		"cannot start the thread of metrics.socket");
}

void
dbn_pool__socket_close(dbn_pool *p)
{
	struct dbn_socket *s = p->socket;

	if (!s)
		return;
	p->socket = NULL;
	if (s->runs) {
		(void)close(s->stop[1]); /* the other end sees it */
		s->stop[1] = -1;
		(void)pthread_join(s->thread, NULL);
	}
	if (s->bound)
		(void)unlink(s->at.sun_path);
	for (int i = 0; i < 2; i++)
		if (s->stop[i] >= 0)
			(void)close(s->stop[i]);
	if (s->fd >= 0)
		(void)close(s->fd);
	dbn_free(s);
}

/* ---- the other side ---- */

#define END "{\"what\":\"end\"}\n"

static dbn_status
read_answer(int fd, dbn_str *out)
{
	char part[4096];
	size_t end = sizeof END - 1;

	for (;;) {
		ssize_t n = recv(fd, part, sizeof part, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return DBN_E_IO;
		if (n == 0)
			break;
		dbn_str_add(out, part, (size_t)n);
	}
	if (out->status != DBN_OK)
		return out->status;
	if (out->len < end || memcmp(out->ptr + out->len - end, END, end) != 0)
		return DBN_E_IO;
	out->len -= end;
	out->ptr[out->len] = '\0';
	return DBN_OK;
}

static dbn_status
ask(const char *path, const char *what, dbn_str *out, dbn_error **err)
{
	struct sockaddr_un at;
	dbn_status rc = address(path, &at, err);
	int fd;

	if (rc != DBN_OK)
		return rc;
	fd = new_socket();
	if (fd < 0 || connect(fd, (const struct sockaddr *)&at, sizeof at) != 0) {
		int number = errno;

		if (fd >= 0)
			(void)close(fd);
		if (number == ENOENT || number == ECONNREFUSED)
			return dbn_fail_hint(err, DBN_E_CONN, "The program that opened the stack must run, "
				"with the same metrics.socket.", "no stack answers at \"%s\"", path);
		return failed(err, "cannot ask the stack at", path, number);
	}
	rc = send_all(fd, what, strlen(what)) && send_all(fd, "\n", 1) ? read_answer(fd, out) : DBN_E_IO;
	(void)close(fd);
	if (rc == DBN_E_NOMEM)
		return dbn_fail_nomem(err);
	return rc == DBN_OK ? rc : dbn_fail_hint(err, DBN_E_IO, "Only its own user and root may ask.",
		"the stack at \"%s\" did not answer", path);
}

dbn_status
dbn_config_ask(const dbn_config *config, const char *what, char **lines, dbn_error **err)
{
	dbn_stack_conf *conf = NULL;
	dbn_problems problems;
	dbn_str out;
	dbn_status rc;

	DBN_ERR_CLEAR(err);
	if (!config || !what || !lines)
		return dbn_fail(err, DBN_E_INVALID,
			"dbn_config_ask() needs a configuration, a question and a place for the answer");
	*lines = NULL;
	dbn_problems_init(&problems);
	dbn_str_init(&out, 0);
	rc = dbn_stack_load(config, &problems, &conf) == DBN_OK ? DBN_OK : dbn_fail_nomem(err);
	if (rc == DBN_OK && !conf->metrics_socket)
		rc = dbn_fail_hint(err, DBN_E_CONFIG, "Write metrics = { socket = \"app.sock\"; };",
			"the configuration has no metrics.socket to ask a running stack at");
	if (rc == DBN_OK)
		rc = ask(conf->metrics_socket, what, &out, err);
	if (rc == DBN_OK) {
		dbn_str_adds(&out, "");
		*lines = dbn_str_take(&out);
		if (!*lines)
			rc = dbn_fail_nomem(err);
	}
	dbn_str_free(&out);
	dbn_stack_free(conf);
	dbn_problems_free(&problems);
	return rc;
}
