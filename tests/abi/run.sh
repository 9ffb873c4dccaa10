#!/bin/sh
# SPDX-License-Identifier: MIT
# What other people's binaries lean on: layouts, types and functions of the
# public headers against the golden record, the symbols of the library against
# its map and the headers.  Prints TAP.  A wanted change of the border makes the
# record anew, in the same commit: make abi-golden.
set -u
export LC_ALL=C
here=$DBN_TOP_SRC/tests/abi
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
		sed 's/^/# /' "$tmp/out" | head -n 40
		bad=1
	fi
}

# Debug information is the compiler's own business: always the same flags.
cc=${DBN_CC:-cc}
sh "$here/witness.sh" "$inc" >"$tmp/witness.c" &&
	$cc -std=gnu11 -g -O0 -fPIC -shared -I"$inc" "$tmp/witness.c" -o "$tmp/witness.so" >"$tmp/out" 2>&1
result $? "the headers give a witness"

if test "${1:-}" = --golden; then
	abidw --no-show-locs --no-corpus-path --no-comp-dir-path --no-elf-needed --type-id-style hash \
		"$tmp/witness.so" >"$2"
	exit $?
fi

if command -v abidiff >/dev/null 2>&1; then
	# any exit status but 0 is a change: the "incompatible" bit alone misses some
	abidiff --no-show-locs "$here/dbnexus-0.abi" "$tmp/witness.so" >"$tmp/out" 2>&1
	result $? "types and functions are those of the golden record"
	# and the record would notice: a member in mid-struct, a parameter of another type
	mkdir -p "$tmp/inc" && cp -R "$inc/dbnexus" "$tmp/inc/"
	chmod -R u+w "$tmp/inc"
	sed 's/^\(	uint64_t timeout_ns;.*limits.time of the configuration.*\)$/	uint64_t inserted;\n\1/' \
		"$inc/dbnexus/session.h" >"$tmp/inc/dbnexus/session.h"
	$cc -std=gnu11 -g -O0 -fPIC -shared -I"$tmp/inc" "$tmp/witness.c" -o "$tmp/changed.so" >"$tmp/out" 2>&1 &&
		! abidiff "$here/dbnexus-0.abi" "$tmp/changed.so" >"$tmp/out" 2>&1
	result $? "a member put into the middle of a struct is noticed"
fi

# layouts that are frozen, or promised to begin with struct_size
for std in gnu11; do
	$cc -std=$std -fsyntax-only -Wall -Wextra -Werror -I"$inc" "$here/layout.c" >"$tmp/out" 2>&1
	result $? "layouts"
done

# ---- symbols ----
map=$DBN_TOP_SRC/libcore/libdbnexus.map
sed -n 's/^	\(dbn_[a-z0-9_]*\);$/\1/p' "$map" >"$tmp/map"
sort -uc "$tmp/map" 2>"$tmp/out"
result $? "the map is in order, each name once"
sort -u "$tmp/map" >"$tmp/sorted" && mv "$tmp/sorted" "$tmp/map"
sed -n 's/^__typeof__(\([a-z0-9_]*\)).*/\1/p' "$tmp/witness.c" | sort -u >"$tmp/declared"
{ comm -23 "$tmp/declared" "$tmp/map" | sed 's/$/ is DBN_API and not in the map/'
  comm -13 "$tmp/declared" "$tmp/map" | sed 's/$/ is in the map and in no header/'; } >"$tmp/out"
test ! -s "$tmp/out"
result $? "the map names what the headers declare"
lib=$(find "$DBN_TOP_BUILD/libcore/.libs" -name 'libdbnexus.so' 2>/dev/null | head -n 1)
if test -n "$lib"; then
	nm -D --defined-only "$lib" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | sort -u >"$tmp/exported"
	case ${DBN_SANITIZED:-} in
	'') ;;
	*) grep '^dbn_' "$tmp/exported" >"$tmp/own"; mv "$tmp/own" "$tmp/exported" ;;
	esac
	{ comm -23 "$tmp/map" "$tmp/exported" | sed 's/$/ is not defined/'
	  comm -13 "$tmp/map" "$tmp/exported" | sed 's/$/ is exported beyond the map/'; } >"$tmp/out"
	test ! -s "$tmp/out"
	result $? "the library exports the map and nothing else"
fi

echo "1..$n"
exit $bad
