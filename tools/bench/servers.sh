#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a command beside a PostgreSQL and a MariaDB server of its own, those that are
# installed.   servers.sh [--place apart|one|free] TESTS_DIR COMMAND [ARG]...
# Where on this machine, see docs/bench.md:
#   apart  servers on the upper half of the processors, the command on the lower half
#          while it works over a server (DBN_BENCH_CPUS tells it which: place.c)
#   one    everything on one processor
#   free   left to the scheduler
# apart is the default where there are two processors, free where there is one.
set -eu
place=${BENCH_PLACE-}
if test "$1" = --place; then
	place=$2
	shift 2
fi
servers=$1/servers
shift

# The processors this may run on, one a line: "0-2,5" is 0 1 2 5.
cpus=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status 2>/dev/null | tr , '\n' |
	awk -F- '{ for (i = $1; i <= $NF; i++) print i }')
n=$(printf '%s\n' "$cpus" | grep -c . || :)
if ! command -v taskset >/dev/null 2>&1; then
	n=0
fi
# cpus_from FIRST LAST: of the list, with commas between.
cpus_from()
{
	printf '%s\n' "$cpus" | sed -n "$1,$2p" | paste -s -d , -
}

on=
if test -z "$place"; then
	if test "$n" -ge 2; then place=apart; else place=free; fi
fi
case $place in
apart)
	test "$n" -ge 2 || { echo "servers.sh: apart wants two processors and taskset" >&2; exit 1; }
	on="taskset -c $(cpus_from $((n / 2 + 1)) "$n")"
	DBN_BENCH_CPUS=$(cpus_from 1 $((n / 2)))
	DBN_BENCH_PLACE="apart (servers on processor ${on##* }, this process on $DBN_BENCH_CPUS while it works over a server)"
	export DBN_BENCH_CPUS
	set -- taskset -c "$(cpus_from 1 "$n")" "$@" ;;
one)
	test "$n" -ge 1 || { echo "servers.sh: one wants taskset" >&2; exit 1; }
	on="taskset -c $(cpus_from "$n" "$n")"
	DBN_BENCH_PLACE="one (everything on processor ${on##* })" ;;
free)
	DBN_BENCH_PLACE="free (left to the scheduler)" ;;
*)
	echo "servers.sh: --place is apart, one or free, not \"$place\"" >&2
	exit 2 ;;
esac
export DBN_BENCH_PLACE
if "$servers/with-mariadb" true 2>/dev/null; then
	set -- "$servers/with-mariadb" --set innodb-buffer-pool-size=512M "$@"
else
	echo "servers.sh: without MariaDB" >&2
fi
if "$servers/with-postgres" true 2>/dev/null; then
	set -- "$servers/with-postgres" --set shared_buffers=512MB --set max_wal_size=4GB "$@"
else
	echo "servers.sh: without PostgreSQL" >&2
fi
# shellcheck disable=SC2086 # words
exec $on "$@"
