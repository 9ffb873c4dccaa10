#!/bin/sh
# SPDX-License-Identifier: MIT
# dbnexus pool: a stack that runs in another program is asked who holds what.
. "$DBN_TOP_SRC/tests/cli/tap.sh"
holder=$DBN_TOP_BUILD/tests/cli/holder

cat >policy.conf <<'END'
version = 1;
roles = ( { name = "keeper"; } );
users = ( { name = "kim"; roles = [ "keeper" ]; } );
rules = (
  { id = "keep"; roles = [ "keeper" ]; relation = "*"; actions = [ "read", "write" ]; },
  { id = "make"; roles = [ "keeper" ]; database = "main"; actions = [ "admin.ddl" ]; }
);
END
cat >app.conf <<'END'
version = 1;
databases  = { main = { driver = { plugin = "sqlite"; url = "sqlite:app.db"; };
                        pool = { sharing = "role"; shares = ( { role = "keeper"; weight = 3; max = 9; } ); }; }; };
permission = { plugin = "rbac"; settings = { file = "policy.conf"; }; };
metrics    = { socket = "app.sock"; };
END
ended() { ! test -S app.sock; }
private() { test "$(stat -c %a app.sock)" = 600; }

try "$dbnexus" -c app.conf query --as kim 'CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)'
is 'a table is made' exits 0
is 'its socket is gone with it' ended
try "$dbnexus" -c app.conf pool
is 'nobody runs: it says so' exits_saying 1 'no stack answers'
is '... and what to do' err_has 'must run'

mkfifo words
"$holder" app.conf kim >ready <words &
child=$!
exec 9>words
while ! test -s ready && kill -0 "$child" 2>/dev/null; do sleep 0.05; done
is 'a program runs' test -s ready
is 'its socket is for its user only' private
try "$dbnexus" -c app.conf pool --format json
is 'the holder is shown' exits_showing 0 '"state":"busy".*"user":"kim","transaction":true.*"statement":"INSERT'
is '... with no literal' out_lacks 'secret'
is '... where it was taken' out_has '"place":"[^"]*holder+0x'
is '... the set' out_has '"what":"set","set":"main","open":1,"busy":1,"max":9,"waiting":0,"connecting":0,"breaker":"closed"'
is '... the shares' out_has '"what":"share","set":"main","role":"keeper","weight":3,"max":9,"in_use":1'
is '... and no end' out_lacks '"end"'
try "$dbnexus" -c app.conf pool --format csv
is 'as CSV' exits_showing 0 '^main,connection,busy,kim,[0-9]*,yes,'
try "$dbnexus" -c app.conf pool
is 'as a table' exits_showing 0 'weight 3, 1 of 9 in use'
try "$dbnexus" -c app.conf pool now
is 'a word too many is usage' exits_saying 2 'no further words'
try "$dbnexus" pool
is 'no configuration is usage' exits_saying 2 'which configuration'
try env DBNEXUS_SET='metrics.socket=/nowhere/x' "$dbnexus" -c app.conf pool
is 'another socket: nobody there' exits_saying 1 'no stack answers'
try "$holder" app.conf kim
is 'a second stack wants a socket of its own' exits_saying 1 'another stack answers'
exec 9>&-
wait "$child"
status=$?
is 'it ends' exits 0
is '... and its socket with it' ended

: >app.sock
try "$holder" app.conf kim
is 'what is no socket is not removed' exits_saying 1 'is no socket'
rm app.sock
long=$(printf '%0120d' 1)
try env DBNEXUS_SET="metrics.socket=$long" "$holder" app.conf kim
is 'a path that is too long' exits_saying 1 'longer than'
sed '/metrics/d' app.conf >plain.conf
try "$dbnexus" -c plain.conf pool
is 'no socket is configured' exits_saying 2 'metrics.socket'
finish
