/* SPDX-License-Identifier: MIT */
/*
 * Administrative statements of the three dialects: known by their words, one each,
 * whatever stands inside; and those that reach past the statement, refused by name.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "error/error.h"
#include "sql/parse.h"

struct known {
	dbn_dialect_id on;
	const char *sql;
	uint32_t kind;
	const char *word, *name;
};

#define LITE DBN_DIALECT_SQLITE
#define PG DBN_DIALECT_POSTGRES
#define MY DBN_DIALECT_MYSQL
#define DDL DBN_ADMIN_DDL
#define SETTINGS DBN_ADMIN_SETTINGS
#define ROUTINE DBN_ADMIN_ROUTINE

static const struct known knowns[] = {
	{ PG, "create table if not exists s.t (a int[] default '{}', b jsonb check (b ? 'x'))", DDL, "CREATE TABLE", "t" },
	{ PG, "CREATE UNLOGGED TABLE t AS SELECT a @> b, c ->> 'x', d #> '{a}' FROM u", DDL, "CREATE TABLE", "t" },
	{ PG, "CREATE UNIQUE INDEX CONCURRENTLY i ON ONLY t (a)", DDL, "CREATE INDEX", "t" },
	{ PG, "CREATE INDEX ON t (a)", DDL, "CREATE INDEX", "t" },
	{ PG, "CREATE OR REPLACE VIEW v AS SELECT 1; ", DDL, "CREATE VIEW", "v" },
	{ PG, "CREATE MATERIALIZED VIEW IF NOT EXISTS v AS SELECT 1", DDL, "CREATE VIEW", "v" },
	{ PG, "CREATE FUNCTION f(a int) RETURNS int AS $x$ SELECT 1; SELECT $1 $x$ LANGUAGE sql", DDL, "CREATE FUNCTION", "" },
	{ PG, "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN 1 = 1 THEN 2 END; SELECT 3; END", DDL,
	  "CREATE FUNCTION", "" },
	{ PG, "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT ''a;b'''", DDL, "CREATE FUNCTION", "" },
	{ PG, "CREATE RULE r AS ON DELETE TO t DO INSTEAD (DELETE FROM u; NOTIFY x)", DDL, "CREATE RULE", "" },
	{ PG, "CREATE TYPE mood AS ENUM ('a', 'b')", DDL, "CREATE TYPE", "" },
	{ PG, "ALTER TABLE ONLY t ADD c int", DDL, "ALTER TABLE", "t" },
	{ PG, "DROP TABLE IF EXISTS t, s.u CASCADE", DDL, "DROP TABLE", "t,u" },
	{ PG, "DROP VIEW v, w, x RESTRICT", DDL, "DROP VIEW", "v,w,x" },
	{ PG, "TRUNCATE ONLY t, u *, ONLY v CASCADE", DDL, "TRUNCATE", "t,u,v" },
	{ PG, "LOCK t, u IN SHARE MODE", SETTINGS, "LOCK", "t,u" },
	{ PG, "TRUNCATE t", DDL, "TRUNCATE", "t" },
	{ PG, "TRUNCATE TABLE ONLY s.t RESTART IDENTITY CASCADE", DDL, "TRUNCATE", "t" },
	{ PG, "COMMENT ON COLUMN t.a IS 'b; c'", DDL, "COMMENT", "" },
	{ PG, "REFRESH MATERIALIZED VIEW v", DDL, "REFRESH", "v" },
	{ PG, "GRANT SELECT ON t TO a", DDL, "GRANT", "" },
	{ PG, "SET LOCAL statement_timeout = '5s'", SETTINGS, "SET", "" },
	{ PG, "SET CONSTRAINTS ALL DEFERRED", SETTINGS, "SET", "" },
	{ PG, "SHOW search_path", SETTINGS, "SHOW", "" },
	{ PG, "LOCK TABLE ONLY t IN EXCLUSIVE MODE", SETTINGS, "LOCK", "t" },
	{ PG, "CALL p(1, 'x')", ROUTINE, "CALL", "" },
	{ PG, "DO $$ BEGIN EXECUTE 'x'; END $$ LANGUAGE plpgsql", ROUTINE, "DO", "" },
	{ PG, "COPY t FROM '/x' WITH (FORMAT csv)", ROUTINE, "COPY", "" },
	{ PG, "NOTIFY c, 'x'", ROUTINE, "NOTIFY", "" },
	{ PG, "CREATE TABLE t (a text DEFAULT E'x\\';y')", DDL, "CREATE TABLE", "t" },
	{ PG, "CREATE TABLE t (a int) /* ; /* ; */ ; */ -- ;", DDL, "CREATE TABLE", "t" },
	{ MY, "CREATE TABLE `t` (a INT, b JSON) ENGINE=InnoDB COMMENT='a;b'", DDL, "CREATE TABLE", "t" },
	{ MY, "CREATE OR REPLACE DEFINER=`x`@`%` SQL SECURITY INVOKER VIEW v AS SELECT 1", DDL, "CREATE VIEW", "v" },
	{ MY, "CREATE DEFINER = CURRENT_USER TRIGGER g BEFORE INSERT ON t FOR EACH ROW BEGIN SET NEW.a := 1; "
	  "IF NEW.b THEN SET @x = 2; END IF; CASE NEW.c WHEN 1 THEN SET @y = 1; END CASE; END", DDL, "CREATE TRIGGER", "" },
	{ MY, "CREATE TRIGGER g AFTER DELETE ON t FOR EACH ROW INSERT INTO u VALUES (OLD.id)", DDL, "CREATE TRIGGER", "" },
	{ MY, "CREATE PROCEDURE p(IN a INT, OUT b INT) BEGIN BEGIN END; l: LOOP LEAVE l; END LOOP l; REPEAT SET b = 1; "
	  "UNTIL 1 END REPEAT; SELECT CASE WHEN a THEN 1 ELSE 2 END; END;", DDL, "CREATE PROCEDURE", "" },
	{ MY, "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM t; DELETE FROM u; END", DDL, "CREATE EVENT", "" },
	{ MY, "CREATE FULLTEXT INDEX i ON t (a)", DDL, "CREATE INDEX", "t" },
	{ MY, "RENAME TABLE t TO u", DDL, "RENAME", "t,u" },
	{ MY, "RENAME TABLE t TO u, v TO x.w", DDL, "RENAME", "t,u,v,w" },
	{ MY, "DROP TABLE IF EXISTS `t`, x.`u`", DDL, "DROP TABLE", "t,u" },
	{ MY, "DROP TEMPORARY TABLE t, u", DDL, "DROP TABLE", "t,u" },
	{ MY, "TRUNCATE t", DDL, "TRUNCATE", "t" },
	{ MY, "ANALYZE LOCAL TABLE t", DDL, "ANALYZE", "" },
	{ MY, "OPTIMIZE TABLE t, u", DDL, "OPTIMIZE", "t,u" },
	{ MY, "SET @a := 1, @@session.max_statement_time = 5", SETTINGS, "SET", "" },
	{ MY, "SHOW CREATE TABLE t", SETTINGS, "SHOW", "" },
	{ MY, "CALL p(@a)", ROUTINE, "CALL", "" },
	{ MY, "DO sleep(0)", ROUTINE, "DO", "" },
	{ MY, "LOAD DATA INFILE '/x' INTO TABLE t FIELDS TERMINATED BY ';'", ROUTINE, "LOAD", "" },
	{ MY, "CREATE TABLE t (a VARCHAR(5) DEFAULT n'x', b INT DEFAULT 0x10, c BIT DEFAULT b'1') # ;", DDL, "CREATE TABLE", "t" },
	{ LITE, "create trigger g instead of delete on v begin delete from t where old.id = id; select 1; end;", DDL,
	  "CREATE TRIGGER", "" },
	{ LITE, "REINDEX t", DDL, "REINDEX", "" },
	{ LITE, "CREATE TABLE [a b] (\"x;y\")", DDL, "CREATE TABLE", "a b" },
};

/* "t,u" */
static const char *
names_of(const dbn_sql_stmt *s)
{
	static char out[200];
	size_t n = 0;

	out[0] = '\0';
	for (uint32_t i = 0; i < s->nadmin_names && n < sizeof out; i++)
		n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s", i ? "," : "",
			DBN_TEXT_ARG(s->admin_names[i].name));
	return out;
}

Test(admin, known_by_their_words)
{
	for (size_t i = 0; i < sizeof knowns / sizeof *knowns; i++) {
		const struct known *k = &knowns[i];
		dbn_error *err = NULL;
		dbn_sql_stmt *s = NULL;
		dbn_arena a;

		dbn_arena_init(&a, 0);
		if (dbn_sql_parse(&a, dbn_sql_dialect_get(k->on), NULL, dbn_text_z(k->sql), &s, &err) != DBN_OK) {
			cr_expect(false, "%s: %s", k->sql, dbn_error_message(err));
		} else {
			cr_expect_eq(s->kind, DBN_STMT_ADMIN, "%s", k->sql);
			cr_expect_eq(s->admin, k->kind, "%s: %u", k->sql, s->admin);
			cr_expect(dbn_text_eqz(s->admin_word, k->word), "%s: %.*s", k->sql, DBN_TEXT_ARG(s->admin_word));
			cr_expect_str_eq(names_of(s), k->name, "%s: %s", k->sql, names_of(s));
		}
		dbn_error_free(err);
		dbn_arena_free(&a);
	}
}

static const struct {
	dbn_dialect_id on;
	const char *sql, *says;
} refused[] = {
	{ PG, "TRUNCATE t; DROP TABLE u", "more than one statement" },
	{ PG, "CREATE FUNCTION f() RETURNS int LANGUAGE sql RETURN 1; DROP TABLE t", "more than one statement" },
	{ PG, "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END; DROP TABLE t", "more than one" },
	{ PG, "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1;", "expected END" },
	{ PG, "CREATE TABLE t (a int); -- x\nDROP TABLE u", "more than one statement" },
	{ PG, "CREATE VIEW v AS (SELECT 1; SELECT 2)", "more than one statement" },
	{ PG, "CREATE TABLE t AS SELECT $1", "placeholder" },
	{ PG, "DO $$ BEGIN; END", "unterminated" },
	{ PG, "SET search_path = x", "depends on" }, { PG, "SET \"search_path\" TO x", "depends on" },
	{ PG, "SET U&\"search\\005fpath\" TO x", "depends on" },
	{ PG, "SET LOCAL Standard_Conforming_Strings = off", "depends on" },
	{ PG, "SET SESSION AUTHORIZATION x", "depends on" }, { PG, "SET LOCAL ROLE x", "depends on" },
	{ PG, "RESET ROLE", "depends on" }, { PG, "RESET ALL", "depends on" }, { PG, "SET SCHEMA 'x'", "depends on" },
	{ PG, "SET NAMES 'latin1'", "depends on" }, { PG, "SET TIME ZONE 'x'", "depends on" },
	{ PG, "SET TRANSACTION READ ONLY", "depends on" }, { PG, "DISCARD ALL", "DISCARD" },
	{ PG, "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "depends on" },
	{ PG, "LISTEN x", "LISTEN" }, { PG, "UNLISTEN *", "LISTEN" }, { PG, "LOAD 'x'", "loads code" },
	{ PG, "PREPARE p AS SELECT 1", "PREPARE" }, { PG, "EXECUTE p", "EXECUTE" }, { PG, "DEALLOCATE ALL", "DEALLOCATE" },
	{ PG, "DECLARE c CURSOR FOR SELECT 1", "DECLARE" }, { PG, "CLOSE c", "CLOSE" },
	{ PG, "COPY t FROM STDIN", "STDIN" }, { PG, "COPY (SELECT 1) TO stdout", "STDOUT" },
	{ PG, "ALTER SYSTEM SET x = 1", "server itself" }, { PG, "EXPLAIN ANALYZE DELETE FROM t", "EXPLAIN" },
	{ PG, "PREPARE TRANSACTION 'x'", "transaction control" }, { PG, "ABORT", "transaction control" },
	{ PG, "COMMIT PREPARED 'x'", "transaction control" }, { PG, "PRAGMA x", "expected" }, { PG, "USE x", "expected" },
	{ PG, "SELECT 1 INTO x", "SELECT INTO" },
	{ MY, "TRUNCATE t; DROP TABLE u", "more than one statement" },
	{ MY, "CREATE TRIGGER g AFTER DELETE ON t FOR EACH ROW BEGIN DELETE FROM u; END; DROP TABLE t", "more than one" },
	{ MY, "CREATE TRIGGER g AFTER DELETE ON t FOR EACH ROW IF 1 THEN DELETE FROM u; END IF", "more than one" },
	{ MY, "CREATE PROCEDURE p() BEGIN SELECT 1;", "expected END" },
	{ MY, "CREATE TABLE t (a INT) /*! ENGINE=x */", "that the server runs" }, { MY, "CREATE TABLE t /*M! x */ (a INT)", "that the server runs" },
	{ MY, "CREATE TABLE t AS SELECT ?", "placeholder" },
	{ MY, "SET sql_mode = ''", "depends on" }, { MY, "SET @x = 1, @@session.sql_mode = ''", "depends on" },
	{ MY, "SET `sql_mode` = ''", "depends on" }, { MY, "SET @@`SQL_MODE` = ''", "depends on" },
	{ MY, "SET NAMES latin1", "depends on" }, { MY, "SET autocommit = 0", "depends on" }, { MY, "SET ROLE x", "depends on" },
	{ MY, "SET CHARACTER SET x", "depends on" }, { MY, "SET STATEMENT max_statement_time = 1 FOR DELETE FROM t", "depends on" },
	{ MY, "SET TRANSACTION READ ONLY", "depends on" }, { MY, "SET PASSWORD = 'x'", "depends on" },
	{ MY, "ANALYZE SELECT f(1)", "EXPLAIN" }, { MY, "ANALYZE FORMAT=JSON DELETE FROM t", "EXPLAIN" },
	{ MY, "DESCRIBE t", "EXPLAIN" }, { MY, "EXPLAIN UPDATE t SET a = 1", "EXPLAIN" },
	{ MY, "HANDLER t OPEN", "HANDLER" }, { MY, "USE x", "USE" }, { MY, "KILL 1", "KILL" },
	{ MY, "LOCK TABLES t READ", "LOCK" }, { MY, "UNLOCK TABLES", "LOCK" }, { MY, "XA START 'x'", "transaction control" },
	{ MY, "LOAD DATA LOCAL INFILE 'x' INTO TABLE t", "LOCAL" }, { MY, "LOAD XML LOCAL INFILE 'x' INTO TABLE t", "LOCAL" },
	{ MY, "EXECUTE IMMEDIATE 'DROP TABLE t'", "EXECUTE" }, { MY, "PREPARE s FROM 'DROP TABLE t'", "PREPARE" },
	{ MY, "INSTALL PLUGIN x SONAME 'y'", "loads code" }, { MY, "SHUTDOWN", "server itself" }, { MY, "RESET MASTER", "server itself" },
	{ MY, "CHANGE MASTER TO MASTER_HOST = 'x'", "server itself" }, { MY, "SIGNAL SQLSTATE '45000'", "SIGNAL" },
	{ MY, "SELECT a INTO OUTFILE '/x' FROM t", "INTO OUTFILE" }, { MY, "SELECT 1 INTO @x", "SELECT ... INTO" },
	{ LITE, "CREATE TRIGGER g AFTER DELETE ON t BEGIN DELETE FROM u; END; DROP TABLE t", "more than one" },
	{ LITE, "CREATE TRIGGER g AFTER DELETE ON t BEGIN DELETE FROM u;", "expected END" },
	{ LITE, "VACUUM; VACUUM", "more than one" }, { LITE, "TRUNCATE t", "expected" }, { LITE, "SET x = 1", "expected" },
	{ LITE, "CREATE FUNCTION f", "expected TABLE" }, { LITE, "PRAGMA x = ?", "placeholder" },
	{ LITE, "EXPLAIN QUERY PLAN SELECT 1", "EXPLAIN" }, { LITE, "SAVEPOINT x", "transaction control" },
};

Test(admin, refused_by_name)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		dbn_error *err = NULL;
		dbn_sql_stmt *s = NULL;
		dbn_arena a;
		dbn_status rc;

		dbn_arena_init(&a, 0);
		rc = dbn_sql_parse(&a, dbn_sql_dialect_get(refused[i].on), NULL, dbn_text_z(refused[i].sql), &s, &err);
		cr_expect(rc != DBN_OK && strstr(dbn_error_message(err), refused[i].says), "%s: %s", refused[i].sql,
			rc == DBN_OK ? "accepted" : dbn_error_message(err));
		dbn_error_free(err);
		dbn_arena_free(&a);
	}
}
