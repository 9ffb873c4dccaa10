/* SPDX-License-Identifier: MIT */
/*
 * The same over the stack: permission, a best-effort audit trail and metrics
 * are on, the cache is off (or on, for the cached read).
 */
#include "bench.h"
#include "bench_user.h"

#include <inttypes.h>
#include <string.h>

DBN_ENTITY_DEFINE(bench_user, "users", USER_ROWS);
DBN_ENTITY_DEFINE(bench_keyed, "keyed", KEYED_ROWS);

struct stack {
	dbn_pool *pool;
	dbn_session *session;
	struct row *rows;                /* of a batch */
	dbn_value *values;
	bench_keyed *keyed;
	unsigned nrows;
};

static void
must(dbn_status rc, dbn_error *err, const char *what)
{
	if (rc == DBN_OK)
		return;
	fprintf(stderr, "bench: %s\n%s\n", dbn_error_message(err), dbn_error_detail(err));
	die(what, dbn_status_name(rc));
}

static void
write_policy(const char *dir)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof path, "%s/policy.conf", dir);
	f = fopen(path, "w");
	if (!f)
		die("cannot write", path);
	fputs("version = 1;\n"
	      "roles = ( { name = \"bench\"; } );\n"
	      "users = ( { name = \"bench\"; roles = [ \"bench\" ]; } );\n"
	      "rules = (\n"
	      "  { id = \"users\"; roles = [ \"bench\" ]; relation = \"users\"; actions = [ \"read\", \"update\" ]; },\n"
	      "  { id = \"big\"; roles = [ \"bench\" ]; relation = \"big\"; actions = [ \"read\" ]; },\n"
	      "  { id = \"log\"; roles = [ \"bench\" ]; relation = \"log\"; actions = [ \"insert\" ]; },\n"
	      "  { id = \"keyed\"; roles = [ \"bench\" ]; relation = \"keyed\"; actions = [ \"read\", \"insert\" ]; }\n"
	      ");\n", f);
	fclose(f);
}

struct stack *
stack_open(const char *dir, const struct stack_opts *o)
{
	struct stack *s = calloc(1, sizeof *s);
	int sqlite = strcmp(o->driver, "sqlite") == 0;
	dbn_config *config = NULL;
	dbn_error *err = NULL;
	char text[4096], path[4096], pool[64] = "";

	if (!s)
		die("stack", "out of memory");
	write_policy(dir);
	snprintf(path, sizeof path, "%s/%s.conf", dir, o->name);
	if (o->connections)
		snprintf(pool, sizeof pool, "pool = { max = %u; };", o->connections);
	snprintf(text, sizeof text,
		"version = 1;\n"
		"databases = { main = { driver = { plugin = \"%s\"; url = \"%s\";\n"
		"  %s }; %s }; };\n"
		"permission = { plugin = \"rbac\"; settings = { file = \"policy.conf\"; }; };\n"
		"%s"
		"audit = ( { name = \"trail\"; plugin = \"file\"; guarantee = \"best_effort\";\n"
		"            settings = { path = \"%s.audit\"; }; } );\n",
		o->driver, o->url, sqlite ? "settings = { synchronous = \"normal\"; };" : "", pool,
		o->cache ? "cache = { plugin = \"memory\"; ttl = \"1 h\"; };\n" : "", o->name);
	dbn_text t = { text, strlen(text) };
	must(dbn_config_open_text(t, path, DBN_CONFIG_NO_ENV, &config, &err), err, "configuration");
	must(dbn_pool_open_config(config, &s->pool, &err), err, "open");
	dbn_config_free(config);
	must(dbn_session_open_as(s->pool, "bench", &s->session, &err), err, "session");
	return s;
}

struct dbn_pool *
stack_pool(struct stack *s)
{
	return s->pool;
}

void
stack_close(struct stack *s)
{
	dbn_session_close(s->session);
	dbn_pool_close(s->pool);
	free(s->rows);
	free(s->values);
	free(s->keyed);
	free(s);
}

/* The same cells, read as the same types. */
static uint64_t
read_row(const dbn_rows *rows)
{
	const dbn_value *v = dbn_rows_cells(rows);

	return row_sum(v[0].u.i64, v[1].u.ptr, (size_t)v[1].len, v[2].u.i64, v[3].u.f64);
}

static uint64_t
selects(struct stack *s, const struct job *job)
{
	uint64_t sum = 0;
	dbn_error *err = NULL;

	for (unsigned i = 0; i < job->n; i++) {
		dbn_rows *rows;

		must(dbn_query(s->session, "SELECT id, name, age, score FROM users WHERE id = ?",
			DBN_ARGS(key_of((unsigned)job->from + i)), &rows, &err), err, "select");
		must(dbn_rows_next(rows, &err), err, "select");
		sum += read_row(rows);
		dbn_rows_close(rows);
	}
	return sum;
}

static uint64_t
scans(struct stack *s, const char *sql, unsigned n)
{
	uint64_t sum = 0;
	dbn_error *err = NULL;

	for (unsigned i = 0; i < n; i++) {
		dbn_rows *rows;
		dbn_status rc;

		must(dbn_query(s->session, sql, DBN_NO_ARGS, &rows, &err), err, "scan");
		while ((rc = dbn_rows_next(rows, &err)) == DBN_OK)
			sum += read_row(rows);
		if (rc != DBN_DONE)
			must(rc, err, "scan");
		dbn_rows_close(rows);
	}
	return sum;
}

static const char insert_sql[] = "INSERT INTO log (id, name, age, score) VALUES (?, ?, ?, ?)";

static uint64_t
inserts(struct stack *s, unsigned n, int64_t from)
{
	uint64_t sum = 0;
	dbn_error *err = NULL;

	for (unsigned i = 0; i < n; i++) {
		dbn_result result = { .struct_size = (uint32_t)sizeof result };
		struct row r;

		row_make(&r, from + i);
		must(dbn_exec(s->session, insert_sql, DBN_ARGS(r.id, r.name, r.age, r.score), &result, &err),
			err, "insert");
		sum += result.affected + (uint64_t)r.id;
	}
	return sum;
}

static uint64_t
updates(struct stack *s, unsigned n)
{
	uint64_t sum = 0;
	dbn_error *err = NULL;

	for (unsigned i = 0; i < n; i++) {
		dbn_result result = { .struct_size = (uint32_t)sizeof result };

		must(dbn_exec(s->session, "UPDATE users SET age = ? WHERE id = ?",
			DBN_ARGS((int64_t)i % 90, key_of(i)), &result, &err), err, "update");
		sum += result.affected;
	}
	return sum;
}

static void
room(struct stack *s, unsigned n)
{
	if (n <= s->nrows)
		return;
	s->rows = realloc(s->rows, n * sizeof *s->rows);
	s->values = realloc(s->values, n * 4 * sizeof *s->values);
	s->keyed = realloc(s->keyed, n * sizeof *s->keyed);
	s->nrows = n;
	if (!s->rows || !s->values || !s->keyed)
		die("batch", "out of memory");
}

static uint64_t
batches(struct stack *s, const struct job *job)
{
	int64_t id = job->from;
	uint64_t sum = 0;
	dbn_error *err = NULL;

	room(s, job->batch);
	for (unsigned i = 0; i < job->n; i++) {
		dbn_result result = { .struct_size = (uint32_t)sizeof result };

		for (unsigned k = 0; k < job->batch; k++, id++) {
			struct row *r = &s->rows[k];
			dbn_value *v = s->values + (size_t)k * 4;

			row_make(r, id);
			v[0] = dbn_v_i64(r->id);
			v[1] = dbn_v_text(r->name);
			v[2] = dbn_v_i64(r->age);
			v[3] = dbn_v_f64(r->score);
			sum += (uint64_t)r->id;
		}
		must(dbn_exec_many(s->session, insert_sql, dbn_args_of(s->values, (size_t)job->batch * 4),
			job->batch, &result, NULL, &err), err, "batch");
		sum += result.affected;
	}
	return sum;
}

static uint64_t
keyed_batches(struct stack *s, const struct job *job)
{
	int64_t id = job->from;
	uint64_t sum = 0;
	dbn_error *err = NULL;

	room(s, job->batch);
	for (unsigned i = 0; i < job->n; i++) {
		for (unsigned k = 0; k < job->batch; k++, id++) {
			struct row *r = &s->rows[k];

			row_make(r, id);
			s->keyed[k] = bench_keyed_init();
			s->keyed[k].name = r->name;
			s->keyed[k].age = r->age;
			s->keyed[k].score = r->score;
		}
		must(bench_keyed_insert_batch(s->session, s->keyed, job->batch, &err), err, "keyed batch");
		for (unsigned k = 0; k < job->batch; k++)
			sum += s->keyed[k].id > 0;
	}
	return sum;
}

uint64_t
stack_run(struct stack *s, const struct job *job)
{
	switch (job->work) {
	case WORK_SELECT:
		return selects(s, job);
	case WORK_INSERT:
		return inserts(s, job->n, job->from);
	case WORK_UPDATE:
		return updates(s, job->n);
	case WORK_BATCH:
		return batches(s, job);
	case WORK_KEYS:
		return keyed_batches(s, job);
	case WORK_SCAN:
		return scans(s, "SELECT id, name, age, score FROM users", job->n);
	case WORK_BIG:
		return scans(s, "SELECT id, name, age, score FROM big", job->n);
	default:
		return 0;
	}
}

uint64_t
stack_cached_reads(struct stack *s, unsigned n)
{
	uint64_t sum = 0;
	dbn_error *err = NULL;

	for (unsigned i = 0; i < n; i++) {
		bench_user u = bench_user_init();

		must(bench_user_find_by_id(s->session, 4711, &u, &err), err, "cached read");
		sum += (uint64_t)u.id;
		bench_user_clear(&u);
	}
	return sum;
}

/* What is counted where a record is lost. */
static void
add_lost(const dbn_metric *m, void *user)
{
	if (strcmp(m->name, "audit.lost") == 0)
		*(int64_t *)user += m->value;
}

void
stack_print_losses(struct stack *s, const char *name)
{
	int64_t lost = 0;
	dbn_error *err = NULL;

	must(dbn_pool_metrics(s->pool, add_lost, &lost, &err), err, "metrics");
	if (lost)
		printf("%-9s (%" PRId64 " records of the trail were lost: the disk is too slow for this)\n",
			name, lost);
}
