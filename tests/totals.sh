#!/bin/sh
# SPDX-License-Identifier: MIT
# Counts test cases, not programs: reads the .log and .trs files that make check
# leaves and prints "N passed, N failed, N skipped" as its last line.  Criterion
# programs are counted by their synthesis, TAP programs by their lines, any other
# by its exit status.  A program that failed without a failing case (it crashed,
# or ran nothing) is one failed case.  Exits 1 if anything failed.
set -u
export LC_ALL=C
passed=0 failed=0 skipped=0

count_log()
{
	awk '
	{ gsub(/\033\[[0-9;]*m/, "") }
	/Synthesis: Tested:/ {
		synthesis = 1
		line = $0; gsub(/[^0-9]+/, " ", line); split(line, n, " ")
		ok += n[2]; bad += n[1] - n[2]
	}
	/^\[SKIP\]/ { cskip++ }
	/^ok [0-9]+.*# *[Ss][Kk][Ii][Pp]/ { tskip++; tap = 1; next }
	/^ok [0-9]+/ { tok++; tap = 1 }
	/^not ok [0-9]+.*# *[Tt][Oo][Dd][Oo]/ { tskip++; tap = 1; next }
	/^not ok [0-9]+/ { tbad++; tap = 1 }
	END {
		if (synthesis) print "known", ok + 0, bad + 0, cskip + 0
		else if (tap) print "known", tok + 0, tbad + 0, tskip + 0
		else print "unknown 0 0 0"
	}' "$1"
}

for log in "$@"; do
	trs=${log%.log}.trs
	result=$(sed -n 's/^:test-result: *//p' "$trs" 2>/dev/null | tail -n 1)
	set -- $(count_log "$log" 2>/dev/null || echo unknown 0 0 0)
	case $result in
	PASS)
		if test "$1" = unknown; then
			passed=$((passed + 1))
		elif test $(($2 + $3 + $4)) -eq 0; then
			echo "${log%.log}: ran no test case"
			failed=$((failed + 1))
		fi ;;
	SKIP)
		echo "${log%.log}: skipped"
		test "$1" = known || skipped=$((skipped + 1)) ;;
	*)
		echo "${log%.log}: ${result:-did not run}"
		test "${3:-0}" -gt 0 || failed=$((failed + 1)) ;;
	esac
	if test "$1" = known; then
		passed=$((passed + $2))
		failed=$((failed + $3))
		skipped=$((skipped + $4))
	fi
done
echo "$passed passed, $failed failed, $skipped skipped"
test "$failed" -eq 0
