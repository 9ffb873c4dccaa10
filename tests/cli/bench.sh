#!/bin/sh
# SPDX-License-Identifier: MIT
# The benchmark does the same work on both sides: a short run of it, on the servers
# too that are there.
. "$DBN_TOP_SRC/tests/cli/tap.sh"

try sh "$DBN_TOP_SRC/tools/bench/servers.sh" "$DBN_TOP_SRC/tests" \
	"$DBN_TOP_BUILD/tools/bench/bench" "$work/bench.d" --rounds 2 --scale 500
is 'a short run' exits_showing 0 '32 sessions, callbacks'
is 'where things ran is said' out_has '^Placement: [a-z]* ('
for name in 'point select' insert update 'batch of 100' 'batch of 1,000' 'batch of 100,000' \
	'entities, keys, 100' 'scan of 10,000 rows' 'scan of 1,000,000'; do
	is "$name is measured" out_has "^sqlite  *$name  *[0-9]"
done
try sh "$DBN_TOP_SRC/tools/bench/servers.sh" --place beside "$DBN_TOP_SRC/tests" true
is 'no other place' exits_saying 2 'is apart, one or free, not "beside"'
try "$DBN_TOP_BUILD/tools/bench/pool" 50
is 'the pool alone is measured' exits_showing 0 '99.9 %'
try "$DBN_TOP_BUILD/tools/bench/compile" --rounds 2 --scale 1000
is 'compiling is measured' exits_showing 0 'mysql  *compile: a long comment  *n^'
finish
