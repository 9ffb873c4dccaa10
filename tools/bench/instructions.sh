#!/bin/sh
# SPDX-License-Identifier: MIT
# Instructions per operation on both sides, counted by callgrind: the difference
# between a long and a short run, so that opening and closing do not count.  Those of
# this process: a server's are its own.  "caller" is the thread that runs the
# statements, "all" has the audit writer too (valgrind knows no SHA instructions, so
# hashing counts for more than it costs).
# usage: instructions.sh BENCH DIR [DATABASE]...
set -eu
bench=$1
dir=$2
shift 2
if test $# -eq 0; then
	set -- sqlite ${DBN_TEST_PG_URL:+postgres} ${DBN_TEST_MYSQL_URL:+mysql}
fi
command -v valgrind >/dev/null 2>&1 || { echo "instructions.sh: please install valgrind" >&2; exit 1; }
mkdir -p "$dir"

# count DATABASE SIDE WORK N: instructions of the caller and of all threads.
count()
{
	rm -f "$dir"/cg.out*
	valgrind -q --tool=callgrind --separate-threads=yes --callgrind-out-file="$dir/cg.out" \
		"$bench" "$dir" once "$2" "$3" "$4" "$1" >/dev/null
	caller=$(sed -n 's/^totals: *//p' "$dir"/cg.out-01)
	all=$(cat "$dir"/cg.out-* | awk '/^totals:/ { n += $2 } END { printf "%.0f", n }')
	echo "$caller $all"
}

# table DATABASE; lines of WORK SHORT LONG on standard input.
table()
{
	printf '\n%-12s %12s %12s %12s %14s %10s\n' "$1" raw caller all 'caller ratio' 'all ratio'
	database=$1
	while read -r work short long; do
		# shellcheck disable=SC2046 # two words each
		set -- $(count "$database" raw "$work" "$short") $(count "$database" raw "$work" "$long") \
			$(count "$database" stack "$work" "$short") $(count "$database" stack "$work" "$long")
		awk -v w="$work" -v n="$((long - short))" -v r="$(($4 - $2))" -v c="$(($7 - $5))" \
			-v a="$(($8 - $6))" 'BEGIN { printf "%-12s %12.0f %12.0f %12.0f %14.3f %10.3f\n", \
				w, r / n, c / n, a / n, c / r, a / r }'
	done
}

for database; do
	if test "$database" = sqlite; then
		table sqlite <<END
point 1000 6000
insert 200 1200
update 200 1200
batch 5 25
scan 1 4
END
		# shellcheck disable=SC2046
		set -- $(count sqlite stack cached 1000) $(count sqlite stack cached 6000)
		printf 'cached entity read: %d (caller), %d (all)\n' $((($3 - $1) / 5000)) \
			$((($4 - $2) / 5000))
	else
		table "$database" <<END
point 200 1200
insert 100 600
update 100 600
batch 5 25
scan 1 4
END
	fi
done
rm -f "$dir"/cg.out*
