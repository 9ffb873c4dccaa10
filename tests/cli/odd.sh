#!/bin/sh
# SPDX-License-Identifier: MIT
# A database that somebody else made, with odd names, values and objects: what is
# shown is exact, what is refused is refused by name, and nothing is written.
. "$DBN_TOP_SRC/tests/cli/tap.sh"

cat >policy.conf <<'END'
version = 1;
roles = ( { name = "r"; } );
users = ( { name = "me"; roles = [ "r" ]; } );
rules = ( { id = "s"; roles = [ "r" ]; relation = "select"; actions = [ "read" ]; hide = [ "order" ]; using = "\"from\" < 10"; },
  { id = "g"; roles = [ "r" ]; relation = "gen"; actions = [ "read" ]; hide = [ "a" ]; },
  { id = "ddl"; roles = [ "r" ]; database = "main"; actions = [ "admin.ddl" ]; } );
END
cat >maker.conf <<'END'
version = 1;
roles = ( { name = "r"; } );
users = ( { name = "maker"; roles = [ "r" ]; } );
rules = ( { id = "ddl"; roles = [ "r" ]; database = "main"; actions = [ "admin.ddl" ]; } );
END
cat >app.conf <<'END'
version = 1;
databases = { main = { driver = { plugin = "sqlite"; url = "sqlite:odd.db"; create = true; }; }; };
permission = { plugin = "rbac"; settings = { file = "maker.conf"; }; };
END
made=0
while IFS= read -r sql; do
	try "$dbnexus" -c app.conf query --as maker "$sql"
	made=$((made + status))
done <<'END'
CREATE TABLE "select" ("from" INTEGER PRIMARY KEY, "order" TEXT, "a""b" TEXT, "it's" TEXT)
CREATE TABLE nopk (a, b)
CREATE TABLE wr (k TEXT PRIMARY KEY, v) WITHOUT ROWID
CREATE TABLE gen (a INTEGER, b INTEGER GENERATED ALWAYS AS (a*2) VIRTUAL, c TEXT AS (a||'x') STORED)
CREATE VIEW vw AS SELECT a, b FROM gen
CREATE TABLE seen (x)
CREATE TRIGGER tr AFTER INSERT ON gen BEGIN INSERT INTO seen VALUES (new.a); END
END
is 'the odd tables are made' test "$made" -eq 0
ask()
{
	try "$dbnexus" query --url sqlite:odd.db --allow-all --as me "$@"
}

ask "INSERT INTO \"select\" VALUES (1, 'x', 'q', 'z'), (9223372036854775807, NULL, '', 'tab	')"
is 'reserved words as names' exits_showing 0 '^2 rows affected$'
ask --format csv 'SELECT * FROM "select"'
is '... quotes in names, the largest integer, NULL beside an empty text' out_is "from,order,\"a\"\"b\",it's
1,x,q,z
9223372036854775807,,\"\",tab	"
ask 'SELECT from FROM select'
is 'a reserved word as it is: what to do' exits_saying 1 'double quotes'
ask "INSERT INTO nopk VALUES (1, 'one'), ('NaN', 2.5), (x'00ff', NULL), (9e999, -9e999), (-9223372036854775808, '')"
is 'columns without a type take anything' exits 0
ask --format json 'SELECT * FROM nopk'
is '... and give it back' out_is '{"a":1,"b":"one"}
{"a":"NaN","b":2.5}
{"a":"\\x00ff","b":null}
{"a":"inf","b":"-inf"}
{"a":-9223372036854775808,"b":""}'
ask 'SELECT rowid FROM nopk'
is 'a row number that is none of the columns is refused by name' exits_saying 1 'rowid'
ask "INSERT INTO wr VALUES ('k', 1) RETURNING k"
is 'a table without row numbers' exits_showing 0 '^ k$'
ask 'INSERT INTO gen (a) VALUES (21)'
is 'a generated column and a trigger' exits 0
ask --format csv 'SELECT vw.b, c, x FROM vw JOIN gen ON gen.a = vw.a JOIN seen ON x = vw.a'
is '... and a view' out_is 'b,c,x
42,21x,21'
ask 'UPDATE gen SET b = 3'
is 'a generated column cannot be set' exits_saying 1 'generated'
ask 'SELECT * FROM ""'
is 'an empty name' exits_saying 1 'empty'
ask 'SELECT * FROM sqlite_master'
is 'the tables of the database itself: why' exits_saying 3 'of the database itself'
ask --format json 'SELECT 1 AS a, 2 AS a'
is 'two columns of one name keep both' out_is '{"a":1,"a_2":2}'
ask "SELECT '$(printf '\033')[31mred' AS c"
is 'no control character reaches the terminal' out_has '\\x1b\[31mred'

try "$dbnexus" query --url sqlite:odd.db --policy policy.conf --as me --format csv 'SELECT * FROM "select"'
is 'a policy over odd names' out_is "from,\"a\"\"b\",it's
1,q,z"
try "$dbnexus" explain --url sqlite:odd.db --policy policy.conf --as me 'SELECT * FROM "select"'
is '... explained' exits_showing 0 'main.main.select'
try "$dbnexus" query --url sqlite:odd.db --policy policy.conf --as me 'SELECT * FROM gen'
is 'where everything is hidden, * says so' exits_saying 1 'no column'

if test -c /dev/full; then
	"$dbnexus" query --url sqlite:odd.db --allow-all --as me 'SELECT * FROM nopk' >/dev/full 2>err
	status=$?
	is 'output that cannot be written' exits_saying 1 'cannot write'
fi
many='WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i FROM n'
{ "$dbnexus" query --url sqlite:odd.db --allow-all --as me --format csv "$many" 2>err; echo $? >rc; } | head -n 1 >out
is 'a reader that goes away early' out_is 'i'
is '... ends it without a word' test ! -s err
finish
