// SPDX-License-Identifier: MIT
/*
 * SOCI: prepared statements with variables bound once.  No exception leaves this file.
 */
#include <soci/soci.h>

#include <cstring>
#include <memory>
#include <string>

#include "bench.h"
#include "table.h"

namespace {

struct row_of {
	long long id = 0, age = 0, key = 0;
	std::string name;
	double score = 0;
};

struct soci_conn {
	soci::session sql;
	row_of in, out;
	std::unique_ptr<soci::statement> select, scan, insert;

	soci_conn(const std::string &backend, const std::string &where, const std::string &prefix)
		: sql(backend, where)
	{
		if (backend == "sqlite3")
			sql << "PRAGMA synchronous = NORMAL";
		select.reset(new soci::statement((sql.prepare << "SELECT id, name, age, score FROM " << prefix
			<< "users WHERE id = :id", soci::into(out.id), soci::into(out.name),
			soci::into(out.age), soci::into(out.score), soci::use(in.key))));
		scan.reset(new soci::statement((sql.prepare << "SELECT id, name, age, score FROM " << prefix
			<< "users", soci::into(out.id), soci::into(out.name), soci::into(out.age),
			soci::into(out.score))));
		insert.reset(new soci::statement((sql.prepare << "INSERT INTO " << prefix
			<< "log (id, name, age, score) VALUES (:id, :name, :age, :score)", soci::use(in.id),
			soci::use(in.name), soci::use(in.age), soci::use(in.score))));
	}

	uint64_t
	read_rows(soci::statement &s)
	{
		uint64_t sum = 0;

		s.execute(false);
		while (s.fetch())
			sum += row_sum(out.id, out.name.c_str(), out.name.size(), out.age, out.score);
		return sum;
	}

	uint64_t
	insert_one(int64_t id)
	{
		row r;

		row_make(&r, id);
		in.id = r.id;
		in.name = r.name;
		in.age = r.age;
		in.score = r.score;
		insert->execute(true);
		return (uint64_t)insert->get_affected_rows() + (uint64_t)r.id;
	}
};

void *
open_soci(const raw_side *raw, const char *where, const char *prefix, char *no_driver, size_t size)
{
	std::string driver = raw->driver, text = where;
	place p;

	raw->place(where, &p);
	if (driver == "sqlite")
		text = std::string("db=") + p.database;
	else if (driver == "mysql")
		text = std::string("db=") + p.database + " user=" + p.user + " unix_socket=" + p.host;
	try {
		return new soci_conn(driver == "sqlite" ? "sqlite3" : driver == "postgres" ? "postgresql"
			: "mysql", text, driver == "sqlite" ? "" : prefix);
	} catch (const std::exception &e) {
		(void)snprintf(no_driver, size, "%s", e.what());
		return nullptr;
	}
}

void
close_soci(void *conn)
{
	delete static_cast<soci_conn *>(conn);
}

uint64_t
run_soci(void *conn, const job *j)
{
	soci_conn *c = static_cast<soci_conn *>(conn);
	uint64_t sum = 0;

	try {
		for (unsigned i = 0; i < j->n; i++)
			if (j->work == WORK_INSERT) {
				sum += c->insert_one(j->from + i);
			} else {
				c->in.key = key_of((unsigned)j->from + i);
				sum += c->read_rows(j->work == WORK_SELECT ? *c->select : *c->scan);
			}
	} catch (const std::exception &e) {
		die("SOCI", e.what());
	}
	return sum;
}

} // namespace

extern "C" const peer peer_soci = { PEER_SOCI, open_soci, close_soci, run_soci };
