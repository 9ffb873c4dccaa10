#!/bin/sh
# SPDX-License-Identifier: MIT
# The printer of totals counts cases, and a program that hides a failure is one.
. "$DBN_TOP_SRC/tests/cli/tap.sh"

# log NAME RESULT: standard input is the log.
log()
{
	cat >"$1.log"
	printf ':test-result: %s\n' "$2" >"$1.trs"
}
total() { try sh "$DBN_TOP_SRC/tests/totals.sh" "$@"; last=$(tail -n 1 out); }
last_is() { test "$last" = "$1" && exits "$2"; }

printf '[\033[0;34m====\033[0m] Synthesis: Tested: 15 | Passing: 15 | Failing: 0 | Crashing: 0\n' | log a PASS
total a.log
is 'Criterion' last_is '15 passed, 0 failed, 0 skipped' 0
printf '[SKIP] x::y: no\n[====] Synthesis: Tested: 3 | Passing: 1 | Failing: 2 | Crashing: 1\n' | log b FAIL
total a.log b.log
is 'failures, crashes, skips' last_is '16 passed, 2 failed, 1 skipped' 1
printf 'ok 1 - a\nok 2 - b # SKIP no\nnot ok 3 - c\n1..3\n' | log c FAIL
total c.log
is 'TAP' last_is '1 passed, 1 failed, 1 skipped' 1
echo hello | log d PASS
total d.log
is 'a program without cases is one' last_is '1 passed, 0 failed, 0 skipped' 0
: | log e SKIP
total e.log
is 'a skipped program' last_is '0 passed, 0 failed, 1 skipped' 0
printf 'ok 1 - a\n' | log f FAIL
total f.log
is 'a program that died after its cases' last_is '1 passed, 1 failed, 0 skipped' 1
printf '[====] Synthesis: Tested: 0 | Passing: 0 | Failing: 0 | Crashing: 0\n' | log g PASS
total g.log
is 'a program that tested nothing' last_is '0 passed, 1 failed, 0 skipped' 1
total nosuch.log
is 'a program that did not run' last_is '0 passed, 1 failed, 0 skipped' 1
finish
