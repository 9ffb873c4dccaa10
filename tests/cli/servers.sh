#!/bin/sh
# SPDX-License-Identifier: MIT
# The tour and the example of the README on PostgreSQL and MariaDB: nothing but
# the line with the database changes.
case ${1-} in
postgres | mysql)
	. "$DBN_TOP_SRC/tests/cli/tap.sh"
	url=${DBN_TEST_PG_URL-}
	test "$1" = postgres || url=$DBN_TEST_MYSQL_URL
	try sh "$DBN_TOP_SRC/tools/tour/tour.sh" "$dbnexus" "$DBN_TOP_BUILD/tools/tour/tour" \
		/usr/share/zoneinfo "$work/tour.d" "$1" "$url"
	is "the tour on $1" exits_showing 0 'did what they say'
	is '... was there' grep -q "plugin = \"$1\"" "$work/tour.d/tour.conf"
	lib=$DBN_TOP_BUILD/libcore/.libs
	export LD_LIBRARY_PATH="$lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
	awk -v dir=. -f "$DBN_TOP_SRC/tests/cli/extract.awk" "$DBN_TOP_SRC/README.md"
	quoted=$(printf '%s' "$url" | sed 's/[&\\|]/\\&/g')
	sed -i "s|plugin = \"sqlite\"; url = \"sqlite:books.db\"|plugin = \"$1\"; url = \"$quoted\"|" app.conf
	try ${CC:-cc} -std=c11 -Wno-unused-function $DBN_TEST_CFLAGS -I"$DBN_TOP_SRC/libcore/include" books.c \
		-o books -L"$lib" -ldbnexus
	is "the example of the README compiles" exits 0
	try ./books
	is "... prints on $1 what it prints on SQLite" diff -u expected out
	try "$dbnexus" -c app.conf query --as ana --format csv "SELECT * FROM book"
	is '... the command sees what ana may see' out_is 'id,title
1,A Fire Upon the Deep'
	finish
	;;
esac
# Both, each with a server of its own; the cases are numbered through.
n=0
status=0
for one in postgres:with-postgres mysql:with-mariadb; do
	out=$("$DBN_TOP_SRC/tests/servers/${one#*:}" sh "$0" "${one%%:*}" 2>&1)
	rc=$?
	if test $rc -eq 77; then
		echo "1..0 # SKIP ${one#*:}: no server"
		exit 77
	fi
	test $rc -eq 0 || status=1
	printf '%s\n' "$out" | grep -v '^1\.\.' |
		awk -v n=$n '/^(not )?ok [0-9]+/ { k = match($0, /[0-9]+/); $0 = substr($0, 1, k - 1) (++n) substr($0, k + RLENGTH) } { print }'
	n=$((n + $(printf '%s\n' "$out" | grep -c '^\(not \)\{0,1\}ok ')))
done
echo "1..$n"
exit $status
