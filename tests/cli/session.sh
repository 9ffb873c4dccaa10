#!/bin/sh
# SPDX-License-Identifier: MIT
# The command on a database: what users see, may do, and are told.
. "$DBN_TOP_SRC/tests/cli/tap.sh"

cat >policy.conf <<'END'
version = 1;
roles = ( { name = "keeper"; }, { name = "reader"; } );
users = ( { name = "kim"; roles = [ "keeper" ]; }, { name = "ana"; roles = [ "reader" ]; } );
rules = (
  { id = "keep"; roles = [ "keeper" ]; relation = "*"; actions = [ "read", "write" ]; },
  { id = "make"; roles = [ "keeper" ]; database = "main"; actions = [ "admin.ddl" ]; },
  { id = "look"; roles = [ "reader" ]; relation = "item"; actions = [ "read" ]; hide = [ "secret" ]; }
);
END
cat >app.conf <<'END'
version = 1;
databases  = { main = { driver = { plugin = "sqlite"; url = "sqlite:app.db"; }; }; };
permission = { plugin = "rbac"; settings = { file = "policy.conf"; }; };
audit      = ( { name = "trail"; plugin = "file"; settings = { path = "app.log"; }; } );
END
kim() { try "$dbnexus" -c app.conf query --as kim "$@"; }
ana() { try "$dbnexus" -c app.conf query --as ana "$@"; }

kim 'CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price REAL, secret TEXT, photo BLOB)'
is 'a table is made' exits 0
kim --param 'text:A' --param null --param bytes:00ff "INSERT INTO item (name, price, photo) VALUES (?, ?, ?)"
is 'a row is inserted' exits_showing 0 '1 row affected'
kim --format json "INSERT INTO item (name, price, secret) VALUES ('', 2.5, 'x'), ('NULL', 3, 'y')"
is 'rows affected as JSON' out_is '{"affected":2}'

kim --format json 'SELECT id, name, price, photo FROM item ORDER BY id'
is 'JSON is exact' out_is '{"id":1,"name":"A","price":null,"photo":"\\x00ff"}
{"id":2,"name":"","price":2.5,"photo":null}
{"id":3,"name":"NULL","price":3.0,"photo":null}'
kim --format csv 'SELECT id, name, price FROM item ORDER BY id'
is 'CSV tells NULL from empty' out_is 'id,name,price
1,A,
2,"",2.5
3,NULL,3'
kim 'SELECT id, name, price FROM item ORDER BY id'
is 'a table tells NULL, empty and the word' out_is " id | name   | price
----+--------+-------
  1 | A      | NULL
  2 | ''     |   2.5
  3 | 'NULL' |     3
(3 rows)"
kim 'SELECT name FROM item WHERE id = 99'
is 'no row is no error' exits_showing 0 '(0 rows)'
kim --param 2 --format csv 'SELECT id FROM item WHERE id = ?'
is 'a parameter' out_is 'id
2'
printf 'SELECT id\nFROM item\nWHERE id = 3\n' >statement.sql
"$dbnexus" -c app.conf query --as kim --format csv - <statement.sql >out 2>err
status=$?
is 'a statement from standard input' out_is 'id
3'

ana --format json 'SELECT * FROM item WHERE id = 2'
is 'a hidden column is not there' out_is '{"id":2,"name":"","price":2.5,"photo":null}'
ana 'SELECT id, secret FROM item'
is 'naming it is a failure' test "$status" -ne 0
is '... that names it' err_has 'secret'
ana "DELETE FROM item WHERE id = 1"
is 'a denial has its own status' exits 3
is '... its reason' err_has 'delete'
is '... and the relation' err_has 'item'
kim --format csv 'SELECT count(*) AS n FROM item'
is '... and nothing happened' out_is 'n
3'
try "$dbnexus" -c app.conf query --as nobody 'SELECT id FROM item'
is 'an unknown user is denied' exits 3

kim 'SELECT id FROM item WHERE nosuch = 1'
is 'a wrong column' exits_saying 1 'nosuch'
is '... is pointed at' err_has '^ *^$'
is '... with line and column' err_has 'at line 1, column 27'
kim 'SELEC id'
is 'a wrong word is pointed at' err_has '^  ^$'
kim 'SELECT 1; SELECT 2'
is 'two statements are refused' exits 1
kim 'SELECT id FROM nosuch'
is 'a wrong table' exits_saying 1 'nosuch'
kim --param 1 'SELECT id FROM item'
is 'a parameter too many' exits 1
kim 'SELECT id FROM item WHERE id = ?'
is 'a parameter too few' exits 1

# Hostile statements: a clear error each, and the process lives to say it.
hostile()
{
	"$dbnexus" -c app.conf query --as kim - <hostile.sql >out 2>err
	status=$?
}
printf 'SELECT \0 1' >hostile.sql
hostile
is 'NUL' exits 1
printf 'SELECT "\377"' >hostile.sql
hostile
is 'invalid UTF-8' exits 1
awk 'BEGIN { printf "SELECT 1"; for (i = 0; i < 100000; i++) printf "+1" }' >hostile.sql
hostile
is '100,000 times 1+1' exits 1
awk 'BEGIN { printf "SELECT "; for (i = 0; i < 100000; i++) printf "("; }' >hostile.sql
hostile
is '100,000 parentheses' exits 1
awk 'BEGIN { printf "SELECT '\''"; for (i = 0; i < 1000000; i++) printf "x"; printf "'\''" }' >hostile.sql
hostile
is 'a statement of 1 MB' exits 1
is '... names the limit' err_has 'limit\|longer\|large'
: >hostile.sql
hostile
is 'nothing at all' exits 1

kim "INSERT INTO item (id, name) VALUES (10, char(27) || '[31mred' || char(10) || 'x')"
if test "$status" -ne 0; then
	kim --param "$(printf '\033[31mred\nx')" 'INSERT INTO item (id, name) VALUES (10, ?)'
fi
is 'a name with control characters' exits 0
kim 'SELECT name FROM item WHERE id = 10'
is '... does not drive the terminal' out_has '\\x1b\[31mred\\nx'
# Where a pseudo terminal can be had.
if script -qec true /dev/null >/dev/null 2>&1 </dev/null; then
	kim --param "$(printf 'w%.0s' 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0)" \
		'INSERT INTO item (id, name) VALUES (11, ?)'
	script -qec "stty cols 30; '$dbnexus' -c app.conf query --as kim 'SELECT id, name, secret FROM item WHERE id = 11'" \
		/dev/null </dev/null 2>/dev/null | sed 's/\x1b\[[0-9;]*m//g; s/\r//' >out
	is 'a table fits the terminal' sh -c 'grep -q ww out && ! grep -q "..............................." out'
fi

try "$dbnexus" -c app.conf explain --as ana 'SELECT * FROM item'
is 'explain names the rule' exits_showing 0 'look'
try "$dbnexus" -c app.conf explain --as ana --format json 'SELECT * FROM item'
is '... one line as JSON' test "$(wc -l <out)" -eq 1
try "$dbnexus" -c app.conf explain --as ana 'DELETE FROM item'
is 'explaining what is denied is denied' exits 3

try "$dbnexus" -c app.conf audit verify --save-head head
is 'the trail is sound' exits_showing 0 'sound'
try "$dbnexus" audit verify app.log
is '... also as a file' exits_showing 0 'sound'
try "$dbnexus" audit verify --format json app.log
is '... also as JSON' exits_showing 0 '"damage":null'
try "$dbnexus" audit tail -n 1000 --format json app.log
is 'the denial is in it' out_has '"outcome":"denied"'
is '... with the user' out_has '"user":"ana"'
is '... and no value of a statement' out_lacks 'red'
try "$dbnexus" audit tail -n 3 app.log
is 'tail shows as many as asked' test "$(wc -l <out)" -eq 5
cp app.log whole.log
line=$(grep -n '"outcome":"denied"' app.log | head -n 1 | cut -d: -f1)
seq=$(sed -n "${line}p" app.log | sed 's/.*"seq":\([0-9]*\).*/\1/')
sed "${line}s/\"user\":\"ana\"/\"user\":\"bna\"/" whole.log >app.log
try "$dbnexus" audit verify app.log
is 'one byte changed' exits_saying 4 "record $seq is edited"
is '... at its line' err_has "at line $line"
sed "${line}d" whole.log >app.log
try "$dbnexus" audit verify app.log
is 'a record taken out' exits_saying 4 "record $seq is missing"
sed '$d' whole.log >app.log
try "$dbnexus" audit verify app.log
is 'the end cut off shows no damage by itself' exits 0
try "$dbnexus" audit verify --head head app.log
is '... but against a head it does' exits_saying 4 'cut'
cp whole.log app.log
try "$dbnexus" audit verify --head head app.log
is 'the whole one reaches its head' exits 0

try "$dbnexus" query --url sqlite:app.db --as me 'SELECT id FROM item'
is 'no policy and no --allow-all is refused' exits 2
try "$dbnexus" query --url sqlite:app.db --allow-all --audit all.log --as me --format csv 'SELECT count(*) AS n FROM item'
is '--allow-all runs' exits_showing 0 '^n$'
try "$dbnexus" audit tail --format json all.log
is '... and is in the trail' out_has 'allow-all\|allow_all'
try "$dbnexus" query --url sqlite:nosuch.db --allow-all --as me 'SELECT 1'
is 'a database that is not there' test "$status" -ne 0
is '... is not made' test ! -e nosuch.db
try "$dbnexus" query --url sqlite:app.db --policy policy.conf --as ana --format csv 'SELECT id FROM item WHERE id = 1'
is 'a policy without a configuration' out_is 'id
1'
printf 'not a database at all, but long enough to look at: %01000d' 0 >noise.db
try "$dbnexus" query --url sqlite:noise.db --allow-all --as me 'SELECT 1'
is 'a file that is no database' test "$status" -ne 0
is '... is named' err_has 'noise.db\|database'
finish
