#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header compiles alone, as C11 and as C++17, without a warning, with
# every compiler there is.  Plugin headers have no hidden padding.  Prints TAP.
set -u
export LC_ALL=C
inc=$DBN_TOP_SRC/libcore/include
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
n=0 bad=0

result() # status name
{
	n=$((n + 1))
	if test "$1" -eq 0; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# /' "$tmp/out" | head -n 20
		bad=1
	fi
}

common='-fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror'
c="-std=c11 $common -Wstrict-prototypes -Wmissing-prototypes -Wvla -x c"
cxx="-std=c++17 $common -x c++"

compilers() # the one configured, then the others that are there
{
	echo "$1"
	shift
	for other; do
		command -v "$other" >/dev/null 2>&1 && echo "$other"
	done
}

for h in $(cd "$inc" && find dbnexus -name '*.h' | sort); do
	# included twice: the guard works
	printf '#include <%s>\n#include <%s>\nextern int dbn_header_test;\n' "$h" "$h" >"$tmp/t.c"
	padded=
	case $h in dbnexus/plugin/*) padded=-Wpadded ;; esac
	compilers "${DBN_CC:-cc}" gcc clang | sort -u | while read -r cc; do
		echo "$cc|$c $padded"
	done >"$tmp/list"
	compilers "${DBN_CXX:-c++}" g++ clang++ | sort -u | while read -r cc; do
		echo "$cc|$cxx $padded"
	done >>"$tmp/list"
	while IFS='|' read -r cc flags; do
		$cc $flags -I"$inc" "$tmp/t.c" >"$tmp/out" 2>&1
		result $? "$h with $cc $(echo "$flags" | cut -d' ' -f1) $padded"
	done <"$tmp/list"
done

# what must not be in a header that others compile
grep -rnE '#[[:space:]]*include[[:space:]]*[<"]config\.h|\bHAVE_[A-Z]' "$inc" >"$tmp/out"
test $? -ne 0
result $? "no config.h and no HAVE_ in a public header"

# an application that includes the umbrella sees every header for applications
: >"$tmp/out"
for h in "$inc"/dbnexus/*.h; do
	h=${h##*/}
	test "$h" = dbnexus.h || grep -q "#include <dbnexus/$h>" "$inc/dbnexus/dbnexus.h" ||
		echo "dbnexus.h does not include $h" >>"$tmp/out"
	grep -q "dbnexus/$h" "$DBN_TOP_SRC/libcore/include/local.mk" ||
		echo "$h is not installed" >>"$tmp/out"
done
for h in "$inc"/dbnexus/plugin/*.h; do
	grep -q "dbnexus/plugin/${h##*/}" "$DBN_TOP_SRC/libcore/include/local.mk" ||
		echo "plugin/${h##*/} is not installed" >>"$tmp/out"
done
test ! -s "$tmp/out"
result $? "every header is installed, and in dbnexus.h"

echo "1..$n"
exit $bad
