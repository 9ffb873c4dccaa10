#!/bin/sh
# SPDX-License-Identifier: MIT
# The benchmark does the same work on both sides: a short run of it.
. "$DBN_TOP_SRC/tests/cli/tap.sh"

try "$DBN_TOP_BUILD/tools/bench/bench" "$work/bench.d" 3 500
is 'a short run' exits_showing 0 'cached entity read'
for name in 'point select' insert update 'batch insert of 100' 'scan of 10,000 rows'; do
	is "$name is measured" out_has "^$name  *[0-9]"
done
try "$DBN_TOP_BUILD/tools/bench/pool" 50
is 'the pool alone is measured' exits_showing 0 '99.9 %'
finish
