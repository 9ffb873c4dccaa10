#!/bin/sh
# SPDX-License-Identifier: MIT
# What the pages show is compiled, run and checked.
. "$DBN_TOP_SRC/tests/cli/tap.sh"
cc=${CC:-cc}
include="-I$DBN_TOP_SRC/libcore/include"
strict='-std=c11 -Wall -Wextra -Werror -Wno-unused-function'
lib=$DBN_TOP_BUILD/libcore/.libs
export LD_LIBRARY_PATH="$lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

page()
{
	cd "$work" && rm -rf "$1" && mkdir "$1" && cd "$1" || exit 1
	awk -v dir=. -f "$DBN_TOP_SRC/tests/cli/extract.awk" "$DBN_TOP_SRC/$2"
}
same_as_expected() { diff -u expected out >err; }

page readme README.md
try $cc $strict $DBN_TEST_CFLAGS $include books.c -o books -L"$lib" -ldbnexus
is 'README: the taste compiles' exits 0
try ./books
is 'README: it runs and prints what is shown' same_as_expected
try "$dbnexus" -c app.conf check
is 'README: its configuration is sound' exits 0
try "$dbnexus" -c app.conf query --as ana --format csv "SELECT * FROM book"
is 'README: the command sees what ana may see' out_is 'id,title
1,A Fire Upon the Deep'
try "$dbnexus" query --url sqlite:books.db --policy policy.conf --as ana --format csv "SELECT * FROM book"
is 'README: also without a configuration' out_has 'A Fire Upon the Deep'
try "$dbnexus" -c app.conf audit verify
is 'README: the trail is sound' exits_showing 0 'sound'

page configure docs/configure.md
try "$dbnexus" -c small.conf check
is 'configure: the smallest configuration is sound' exits 0

page link docs/link-libcore.md
try $cc $strict $DBN_TEST_CFLAGS $include statements.c -o statements -L"$lib" -ldbnexus
is 'link-libcore: the program compiles' exits 0
try ./statements
is 'link-libcore: it prints what is shown' same_as_expected

page entities docs/entities.md
printf '#include <dbnexus/dbnexus.h>\n#include "team.h"\n%s\n%s\n' 'DBN_ENTITY_DEFINE(team, "team", TEAM_ROWS);' \
	'DBN_ENTITY_DEFINE(member, "member", MEMBER_ROWS);' >team.c
try $cc $strict -Werror=int-conversion $include -c team.c
is 'entities: the declarations compile' exits 0

cd "$work" && rm -rf async && mkdir async && cd async || exit 1
cp "$DBN_TOP_SRC"/docs/examples/async-*.c .
for loop in epoll libuv; do
	case $loop in libuv) libs=$(pkg-config --libs libuv) ;; *) libs= ;; esac
	try $cc $strict -D_GNU_SOURCE $DBN_TEST_CFLAGS $include async-$loop.c -o async-$loop -L"$lib" -ldbnexus $libs
	is "async: the example for $loop compiles" exits 0
	try ./async-$loop
	is "async: it reads every row in a loop of its own" out_is '100 sessions, sum of squares 338350'
done

page plugin docs/write-a-plugin.md
try $cc -std=c11 -Wall -Wextra -Wpedantic -Werror $include -fPIC -fvisibility=hidden shard-stripes.c \
	-o shard-stripes.so -shared -Wl,-z,defs -Wl,-z,now
is 'write-a-plugin: the plugin compiles' exits 0
try "$dbnexus" plugins describe ./shard-stripes.so
is 'write-a-plugin: it is a plugin' exits_showing 0 'keys that stay together'
try env DBNEXUS_LIBEXEC="$DBN_TOP_BUILD/tests/conformance" "$dbnexus" plugins check ./shard-stripes.so \
	--quirks stripes.quirks
is 'write-a-plugin: and a good one' exits_showing 0 '[1-9] passed, 0 failed'

# "name (default" in the page, for every setting of the schema that has one.
defaults_agree()
{
	sed 's/"//g; s/^\.[A-Z]* //' "$DBN_TOP_SRC/docs/man/dbnexus.conf.5" | tr '\n' ' ' | tr -s ' ' >page
	cat "$DBN_TOP_SRC"/libcore/conf/stack*.c | tr '\n\t' '  ' | tr -s ' ' |
		sed 's/DBN_ITEM/\n&/g; s/TIME(/\n&/g' | sed -n \
		-e 's/^DBN_ITEM[_RANGE]*([^"]*, "\([a-z_]*\)", "\([^"]*\)", [^"].*/\1 (\2/p' \
		-e 's/^TIME([^"]*"\([a-z_]*\)", "\([^"]*\)".*/\1 (\2/p' | grep -v '^version ' >wanted
	test "$(wc -l <wanted)" -ge 35 || { echo "only $(wc -l <wanted) settings were found"; return 1; } >err
	rc=0
	while read -r line; do
		grep -qF -e "$line;" -e "$line:" -e "$line)" page || { echo "$line): not so in dbnexus.conf(5)"; rc=1; }
	done <wanted >err
	return $rc
}
is 'dbnexus.conf(5): its defaults are those of the library' defaults_agree

try "$DBN_TOP_BUILD/tools/sqldoc/sqldoc" "$DBN_TOP_SRC/tools/sqldoc/head.md"
cp out sql.md
try diff -u "$DBN_TOP_SRC/docs/sql.md" sql.md
is 'sql: the page is what the tables say (make sql-doc)' exits 0
finish
