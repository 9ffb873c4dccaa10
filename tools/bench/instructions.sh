#!/bin/sh
# SPDX-License-Identifier: MIT
# Instructions per operation on both sides, counted by callgrind: the difference
# between a long and a short run, so that opening and closing do not count.  The
# audit writer's thread is in it.
# usage: instructions.sh BENCH DIR
set -eu
bench=$1
dir=$2
command -v valgrind >/dev/null 2>&1 || { echo "instructions.sh: please install valgrind" >&2; exit 1; }

count()
{
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bench" "$dir" once "$1" "$2" "$3" 2>&1 |
		sed -n 's/.*Collected : *//p'
}

printf '%-20s %12s %12s %8s\n' work sqlite3 dbnexus ratio
while read -r work short long; do
	r1=$(count raw "$work" "$short")
	r2=$(count raw "$work" "$long")
	s1=$(count stack "$work" "$short")
	s2=$(count stack "$work" "$long")
	awk -v w="$work" -v n="$((long - short))" -v r="$((r2 - r1))" -v s="$((s2 - s1))" \
		'BEGIN { printf "%-20s %12.0f %12.0f %8.3f\n", w, r / n, s / n, s / r }'
done <<END
point 1000 6000
insert 200 1200
update 200 1200
batch 5 25
scan 1 4
END
