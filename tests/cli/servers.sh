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
	# A role of the server beneath: the policy lets kim write, the server does not.
	if test "$1" = postgres; then
		"$DBN_TEST_PG_BIN/psql" -qX "$url" -c 'CREATE ROLE shop_reader' \
			-c 'GRANT SELECT ON book TO shop_reader' >sql.log 2>&1
	else
		# a role adds to what the login may
		mariadb --no-defaults -u tester --socket="$DBN_TEST_MYSQL_SOCKET" dbn -e "CREATE ROLE shop_reader;
			CREATE USER looker@'%'; GRANT SELECT ON dbn.* TO looker@'%';
			GRANT shop_reader TO looker@'%'" >sql.log 2>&1
		sed -i 's|mysql://[a-z]*@|mysql://looker@|' app.conf
	fi
	cp sql.log err
	is 'the server has a role' test ! -s sql.log
	sed "s|^databases.*url = \(\"[^\"]*\"\); }; };.*|databases = { main = { driver = { plugin = \"$1\"; url = \1; };\
		server_roles = ( { role = \"keeper\"; server_role = \"shop_reader\"; } ); }; };|" app.conf >roles.conf
	try "$dbnexus" -c roles.conf query --as kim --format csv "SELECT id FROM book"
	is '... its grants let read' out_is 'id
1'
	try "$dbnexus" -c roles.conf query --as kim "DELETE FROM book"
	is '... and nothing else, whatever the policy says' exits 3
	is '... which the error says' err_has 'denied\|not allowed\|permission\|right'
	try "$dbnexus" -c roles.conf query --as ana "SELECT id FROM book"
	is 'a user without a role of the server is refused' exits_saying 3 'server_roles'
	sed 's/; } ); }; };/; }, { server_role = "nosuch"; } ); }; };/' roles.conf >wrong.conf
	try "$dbnexus" -c wrong.conf query --as ana "SELECT id FROM book"
	is 'a role that is not there fails' exits 1
	# A password from a file, over TLS with the certificate checked.
	if test "$1" = postgres; then
		at="postgres://secured@localhost:$DBN_TEST_PG_PORT/postgres?sslmode=verify-full" dir=$DBN_TEST_PG_DIR more=
	else
		at="mysql://secured@localhost:$DBN_TEST_MYSQL_PORT/dbn" dir=$DBN_TEST_MYSQL_DIR more='tls = "verify-full";'
	fi
	cat >tls.conf <<END
version = 1;
databases = { main = { driver = { plugin = "$1"; url = "$at";
    secrets = { password = "file:$dir/password"; }; settings = { ca = "$dir/ca.crt"; $more }; }; }; };
permission = { plugin = "rbac"; settings = { file = "policy.conf"; }; };
END
	try "$dbnexus" -c tls.conf query --as ana --format csv "SELECT 1 AS one"
	is 'a password from a file, the certificate checked' out_is 'one
1'
	sed 's/ca\.crt/other-ca.crt/' tls.conf >other.conf
	try "$dbnexus" -c other.conf query --as ana "SELECT 1"
	is 'a certificate of somebody else is refused' exits_saying 1 'ertificate'
	echo wrong >wrong.txt && chmod 600 wrong.txt
	sed "s|file:[^\"]*|file:$work/wrong.txt|" tls.conf >wrong.conf
	try "$dbnexus" -c wrong.conf query --as ana "SELECT 1"
	is 'a wrong password too' exits 1
	is '... and is not repeated' sh -c '! grep -q wrong.txt err || ! grep -qw wrong err'
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
