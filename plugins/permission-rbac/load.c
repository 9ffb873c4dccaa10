/* SPDX-License-Identifier: MIT */
/*
 * One file into one snapshot, or all of its problems in one error.  Also the
 * small readers of settings that the sections share.  No locks; the caller has
 * the instance's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rbac.h"

static dbn_text
tz(const char *z)
{
	dbn_text t = { z, z ? strlen(z) : 0 };

	return t;
}

static dbn_status
fail_info(const dbn_host *host, dbn_error **err, const dbn_fail_info *info, const char *fmt, ...)
	DBN_PRINTF(4, 5);

static dbn_status
fail_info(const dbn_host *host, dbn_error **err, const dbn_fail_info *info, const char *fmt, ...)
{
	va_list ap;
	dbn_status st;

	va_start(ap, fmt);
	st = host->fail(host, err, info, fmt, ap);
	va_end(ap);
	return st;
}

dbn_status
rbac_fail(const dbn_host *host, dbn_error **err, dbn_status status, const char *hint,
	const char *fmt, ...)
{
	dbn_fail_info info;
	va_list ap;
	dbn_status st;

	memset(&info, 0, sizeof(info));
	info.struct_size = (uint32_t)sizeof(info);
	info.status = status;
	info.hint = tz(hint);
	va_start(ap, fmt);
	st = host->fail(host, err, &info, fmt, ap);
	va_end(ap);
	return st;
}

dbn_status
rbac_fail_nomem(const dbn_host *host, dbn_error **err)
{
	return rbac_fail(host, err, DBN_E_NOMEM, NULL, "out of memory");
}

static void
add_line(struct rbac_reader *r, const char *line, size_t n)
{
	struct rbac_problems *p = &r->problems;

	if (p->len + n + 2 > p->cap) {
		size_t cap = (p->cap + n + 2) * 2;
		char *t = (char *)r->host->alloc(r->host, cap);

		if (!t) {
			p->failed = 1;
			return;
		}
		if (p->len)
			memcpy(t, p->text, p->len);
		r->host->release(r->host, p->text);
		p->text = t;
		p->cap = cap;
	}
	if (p->len)
		p->text[p->len++] = '\n';
	memcpy(p->text + p->len, line, n);
	p->len += n;
	p->text[p->len] = 0;
}

void
rbac_problem(struct rbac_reader *r, unsigned line, const char *fmt, ...)
{
	char buf[1024];
	va_list ap;
	int n, m;

	if (++r->problems.count > RBAC_PROBLEMS)
		return;
	n = line ? snprintf(buf, sizeof(buf), "%s:%u: ", r->shown, line)
		: snprintf(buf, sizeof(buf), "%s: ", r->shown);
	if (n < 0 || (size_t)n >= sizeof(buf))
		n = 0;
	va_start(ap, fmt);
	m = vsnprintf(buf + n, sizeof(buf) - (size_t)n, fmt, ap);
	va_end(ap);
	if (m < 0)
		m = 0;
	n += m;
	add_line(r, buf, (size_t)n < sizeof(buf) ? (size_t)n : sizeof(buf) - 1);
}

static unsigned
distance(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);
	unsigned row[40], prev, cur;

	if (na >= 39 || nb >= 39)
		return 99;
	for (unsigned j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= na; i++) {
		prev = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			cur = prev + (a[i - 1] != b[j - 1]);
			prev = row[j];
			if (row[j - 1] + 1 < cur)
				cur = row[j - 1] + 1;
			if (row[j] + 1 < cur)
				cur = row[j] + 1;
			row[j] = cur;
		}
	}
	return row[nb];
}

const char *
rbac_nearest(const char *word, const char *const *names, size_t n)
{
	const char *best = NULL;
	unsigned least = 4;

	for (size_t i = 0; i < n; i++) {
		unsigned d = distance(word, names[i]);

		if (d < least && d < strlen(names[i])) {
			least = d;
			best = names[i];
		}
	}
	return best;
}

/* What people write who come from SQL, and what it is called here. */
static const char *
called(const char *word, const char *const *names, size_t n)
{
	static const char *const words[][2] = { { "where", "using" }, { "filter", "using" },
		{ "row", "using" }, { "rows", "using" }, { "condition", "using" },
		{ "table", "relation" }, { "tables", "relation" }, { "name", "id" } };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		for (size_t k = 0; k < n && strcmp(words[i][0], word) == 0; k++)
			if (strcmp(names[k], words[i][1]) == 0)
				return names[k];
	return rbac_nearest(word, names, n);
}

void
rbac_known(struct rbac_reader *r, const config_setting_t *group, const char *what,
	const char *const *names, size_t n)
{
	int count = config_setting_length(group);

	for (int i = 0; i < count; i++) {
		const config_setting_t *m = config_setting_get_elem(group, (unsigned)i);
		const char *name = m ? config_setting_name(m) : NULL, *near;
		size_t k = 0;

		if (!name)
			continue;
		while (k < n && strcmp(names[k], name) != 0)
			k++;
		if (k < n)
			continue;
		near = called(name, names, n);
		rbac_problem(r, config_setting_source_line(m), "unknown setting \"%s\" of %s%s%s%s",
			name, what, near ? "; did you mean \"" : "", near ? near : "",
			near ? "\"?" : "");
	}
}

const config_setting_t *
rbac_list(struct rbac_reader *r, const config_setting_t *root, const char *name)
{
	const config_setting_t *l = config_setting_get_member(root, name);

	if (!l)
		return NULL;
	if (!config_setting_is_list(l)) {
		rbac_problem(r, config_setting_source_line(l), "%s must be a list of groups: ( { ... } )",
			name);
		return NULL;
	}
	for (int i = 0; i < config_setting_length(l); i++) {
		const config_setting_t *g = config_setting_get_elem(l, (unsigned)i);

		if (!config_setting_is_group(g)) {
			rbac_problem(r, config_setting_source_line(g), "%s[%d] must be a group: { ... }",
				name, i);
			return NULL;
		}
	}
	return l;
}

dbn_text
rbac_get_text(struct rbac_reader *r, const config_setting_t *g, const char *name, bool required)
{
	const config_setting_t *m = config_setting_get_member(g, name);
	const char *s;
	dbn_text none = { NULL, 0 };

	if (!m) {
		if (required)
			rbac_problem(r, config_setting_source_line(g), "\"%s\" is missing", name);
		return none;
	}
	if (config_setting_type(m) != CONFIG_TYPE_STRING) {
		rbac_problem(r, config_setting_source_line(m), "\"%s\" must be a text", name);
		return none;
	}
	s = config_setting_get_string(m);
	if (!*s) {
		rbac_problem(r, config_setting_source_line(m), "\"%s\" is empty", name);
		return none;
	}
	return rbac_text(&r->p->arena, s, strlen(s));
}

bool
rbac_get_bool(struct rbac_reader *r, const config_setting_t *g, const char *name, bool deflt)
{
	const config_setting_t *m = config_setting_get_member(g, name);

	if (!m)
		return deflt;
	if (config_setting_type(m) != CONFIG_TYPE_BOOL) {
		rbac_problem(r, config_setting_source_line(m), "\"%s\" must be true or false", name);
		return deflt;
	}
	return config_setting_get_bool(m) != 0;
}

dbn_text *
rbac_get_texts(struct rbac_reader *r, const config_setting_t *g, const char *name, uint32_t *n)
{
	const config_setting_t *m = config_setting_get_member(g, name);
	dbn_text *out;
	int count;

	*n = 0;
	if (!m)
		return NULL;
	if (config_setting_type(m) == CONFIG_TYPE_STRING) {
		out = (dbn_text *)rbac_take(&r->p->arena, 1, sizeof(*out));
		if (out) {
			out[0] = rbac_get_text(r, g, name, true);
			*n = out[0].ptr ? 1 : 0;
		}
		return out;
	}
	if (!config_setting_is_array(m) && !config_setting_is_list(m)) {
		rbac_problem(r, config_setting_source_line(m), "\"%s\" must be a list of texts", name);
		return NULL;
	}
	count = config_setting_length(m);
	out = (dbn_text *)rbac_take(&r->p->arena, (size_t)count, sizeof(*out));
	for (int i = 0; out && i < count; i++) {
		const config_setting_t *e = config_setting_get_elem(m, (unsigned)i);
		const char *s = config_setting_get_string(e);

		if (!s || !*s)
			rbac_problem(r, config_setting_source_line(e), "\"%s\" must be a list of texts",
				name);
		else
			out[(*n)++] = rbac_text(&r->p->arena, s, strlen(s));
	}
	return out;
}

/* ---- the file ---- */

static void
file_of(const struct stat *st, struct rbac_file *out)
{
	out->mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
	out->size = (uint64_t)st->st_size;
	out->ino = (uint64_t)st->st_ino;
	out->dev = (uint64_t)st->st_dev;
}

bool
rbac_stat(const char *path, struct rbac_file *out)
{
	struct stat st;

	memset(out, 0, sizeof(*out));
	if (stat(path, &st) != 0)
		return false;
	file_of(&st, out);
	return true;
}

static dbn_status
read_all(struct rbac *self, int fd, size_t size, char *buf, size_t *got, dbn_error **err)
{
	*got = 0;
	while (*got < size) {
		ssize_t k = read(fd, buf + *got, size - *got);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return rbac_fail(self->host, err, DBN_E_IO, NULL,
				"cannot read policy \"%s\" (errno %d)", self->path, errno);
		if (k == 0)
			break;
		*got += (size_t)k;
	}
	return DBN_OK;
}

/* The whole file; NUL-ended, host memory. */
static dbn_status
slurp(struct rbac *self, struct rbac_file *seen, char **out, size_t *n, dbn_error **err)
{
	struct stat st;
	char *buf = NULL;
	dbn_status rc;
	int fd = open(self->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) != 0) {
		rc = rbac_fail(self->host, err, DBN_E_CONFIG, "Check settings.file and its permissions.",
			"cannot open policy \"%s\": %s", self->path,
			errno == ENOENT ? "no such file" : errno == EACCES ? "permission denied"
			: "it cannot be read");
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		rc = rbac_fail(self->host, err, DBN_E_CONFIG, NULL,
			"cannot use policy \"%s\": not a regular file", self->path);
		goto out;
	}
	file_of(&st, seen);
	if ((uint64_t)st.st_size > RBAC_MAX_BYTES) {
		rc = rbac_fail(self->host, err, DBN_E_LIMIT, NULL,
			"policy \"%s\" is larger than 256 MiB", self->path);
		goto out;
	}
	buf = (char *)self->host->alloc(self->host, (size_t)st.st_size + 1);
	if (!buf) {
		rc = rbac_fail_nomem(self->host, err);
		goto out;
	}
	rc = read_all(self, fd, (size_t)st.st_size, buf, n, err);
	if (rc == DBN_OK)
		buf[*n] = 0;
out:
	if (fd >= 0)
		(void)close(fd);
	if (rc != DBN_OK)
		self->host->release(self->host, buf);
	else
		*out = buf;
	return rc;
}

static void
read_root(struct rbac_reader *r, const config_setting_t *root)
{
	static const char *const known[] = { "version", "attributes", "roles", "users", "rules" };
	const config_setting_t *v = config_setting_get_member(root, "version");

	rbac_known(r, root, "a policy", known, sizeof(known) / sizeof(known[0]));
	if (!v)
		rbac_problem(r, 0, "\"version\" is missing: this is version = 1");
	else if (config_setting_type(v) != CONFIG_TYPE_INT || config_setting_get_int(v) != 1)
		rbac_problem(r, config_setting_source_line(v), "version must be 1");
	rbac_read_people(r, root);
	rbac_read_rules(r, root);
}

static void
parse(struct rbac_reader *r, const char *text, size_t n)
{
	config_t cfg;

	rbac_scan(r, text, n);
	if (r->problems.count)
		return;
	config_init(&cfg);
	if (config_read_string(&cfg, text) != CONFIG_TRUE)
		rbac_problem(r, (unsigned)config_error_line(&cfg), "%s",
			config_error_text(&cfg) ? config_error_text(&cfg) : "syntax error");
	else
		read_root(r, config_root_setting(&cfg));
	config_destroy(&cfg);
}

static dbn_status
report(struct rbac_reader *r, dbn_error **err)
{
	dbn_fail_info info;
	char more[64] = "";

	if (r->problems.failed || r->p->arena.failed)
		return rbac_fail_nomem(r->host, err);
	if (!r->problems.count)
		return DBN_OK;
	memset(&info, 0, sizeof(info));
	info.struct_size = (uint32_t)sizeof(info);
	info.status = DBN_E_CONFIG;
	info.detail.ptr = r->problems.text;
	info.detail.len = r->problems.len;
	if (r->problems.count > RBAC_PROBLEMS)
		(void)snprintf(more, sizeof(more), ", the first %d in the detail", RBAC_PROBLEMS);
	return fail_info(r->host, err, &info, "policy \"%s\" has %u problem%s%s", r->shown,
		r->problems.count, r->problems.count == 1 ? "" : "s", more);
}

void
rbac_policy_free(struct dbn_policy *p)
{
	const dbn_host *host;

	if (!p || atomic_fetch_sub(&p->refs, 1) != 1)
		return;
	host = p->arena.host;
	rbac_arena_free(&p->arena);
	host->release(host, p);
}

dbn_status
rbac_load(struct rbac *self, struct rbac_file *seen, struct dbn_policy **out, dbn_error **err)
{
	struct rbac_reader r;
	char *text = NULL;
	size_t n = 0;
	dbn_status rc;

	memset(&r, 0, sizeof(r));
	r.host = self->host;
	r.path = r.shown = self->path;
	rc = slurp(self, seen, &text, &n, err);
	if (rc != DBN_OK)
		return rc;
	r.p = (struct dbn_policy *)self->host->alloc(self->host, sizeof(*r.p));
	if (!r.p) {
		rc = rbac_fail_nomem(self->host, err);
		goto out;
	}
	memset(r.p, 0, sizeof(*r.p));
	atomic_init(&r.p->refs, 1);
	r.p->arena.host = self->host;
	parse(&r, text, n);
	rc = report(&r, err);
	if (rc == DBN_OK)
		*out = r.p;
	else
		rbac_policy_free(r.p);
out:
	self->host->release(self->host, r.problems.text);
	self->host->release(self->host, text);
	return rc;
}
