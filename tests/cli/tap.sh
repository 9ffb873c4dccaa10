# SPDX-License-Identifier: MIT
# For the shell tests of the command: TAP output, a work directory of its own,
# and "try" which runs a command and keeps its status and output.
set -u
: "${DBN_TOP_SRC:?run by make check}" "${DBN_TOP_BUILD:?run by make check}"
dbnexus=$DBN_TOP_BUILD/tools/dbnexus/dbnexus
cases=0
bad=0
work=$(mktemp -d "${TMPDIR:-/tmp}/dbnexus-cli.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
cd "$work" || exit 1
umask 022
# LeakSanitizer falls over the thread-local memory of libraries that come with a
# driver (it is found out of place after dlopen), and takes what the loader and
# libpq's Kerberos keep there for lost.
mkdir "$work/.lsan" && printf 'leak:ld-linux\nleak:krb5\n' >"$work/.lsan/lost"
export LSAN_OPTIONS="use_tls=0:suppressions=$work/.lsan/lost:print_suppressions=0${LSAN_OPTIONS:+:$LSAN_OPTIONS}"

# is NAME TEST...: one case.
is()
{
	cases=$((cases + 1))
	name=$1
	shift
	if "$@"; then
		echo "ok $cases - $name"
	else
		echo "not ok $cases - $name"
		bad=$((bad + 1))
		echo "# exit status ${status-}"
		sed 's/^/# out: /' out 2>/dev/null
		sed 's/^/# err: /' err 2>/dev/null
	fi
}

# try COMMAND...: leaves $status, and the files out and err.
try()
{
	status=0
	"$@" >out 2>err </dev/null || status=$?
}

exits() { test "$status" -eq "$1"; }
out_has() { grep -q -e "$1" out; }
err_has() { grep -q -e "$1" err; }
out_lacks() { ! grep -q -e "$1" out; }
out_is() { test "$(cat out)" = "$1"; }
# both STATUS WHERE PATTERN
exits_saying() { exits "$1" && err_has "$2"; }
exits_showing() { exits "$1" && out_has "$2"; }

finish()
{
	echo "1..$cases"
	test "$bad" -eq 0
	exit
}
