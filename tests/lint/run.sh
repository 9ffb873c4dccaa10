#!/bin/sh
# SPDX-License-Identifier: MIT
# Rules of the house that a compiler does not know.  Prints TAP.
set -u
export LC_ALL=C
cd "$DBN_TOP_SRC" || exit 99
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
n=0 bad=0

# The lines of $tmp/out are the breaches.
result() # name
{
	n=$((n + 1))
	if test ! -s "$tmp/out"; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' "$tmp/out" | head -n 40
		bad=1
	fi
}

# Sources without their comments, lines kept: file:line:text.
code() # files
{
	awk '
	FNR == 1 { inside = 0 }
	{
		line = $0; out = ""
		while (line != "") {
			if (inside) {
				at = index(line, "*/")
				if (!at) { line = ""; break }
				line = substr(line, at + 2); inside = 0
			} else if (match(line, /"([^"\\]|\\.)*"|\/\*/)) {
				if (substr(line, RSTART, 2) == "/*") {
					out = out substr(line, 1, RSTART - 1)
					line = substr(line, RSTART + 2); inside = 1
				} else {
					out = out substr(line, 1, RSTART + RLENGTH - 1)
					line = substr(line, RSTART + RLENGTH)
				}
			} else { out = out line; line = "" }
		}
		print FILENAME ":" FNR ":" out
	}' "$@"
}

sources=$(find libcore plugins tools -name '*.[ch]' | sort)
code $sources >"$tmp/code"
sed 's/"[^"]*"/""/g' "$tmp/code" >"$tmp/bare"

# ---- a folder of libcore includes only those above it ----
order='base error value conf crypto async plugin sql permission shard cache audit metrics pool plan session query entity'
grep -E '^libcore/[a-z]+/[^:]*:[0-9]+:[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$tmp/code" |
	awk -F: -v order="$order" '
	BEGIN { n = split(order, o, " "); for (i = 1; i <= n; i++) rank[o[i]] = i }
	{
		split($1, path, "/"); folder = path[2]
		match($3, /"[^"]*"/); inc = substr($3, RSTART + 1, RLENGTH - 2)
		if (split(inc, part, "/") < 2) { print $1 ":" $2 ": \"" inc "\" without its folder"; next }
		if (!(folder in rank)) { print $1 ": a folder that the order does not name"; next }
		if (!(part[1] in rank)) { print $1 ":" $2 ": \"" inc "\" is of no folder of libcore"; next }
		if (rank[part[1]] > rank[folder]) print $1 ":" $2 ": " folder " includes " part[1]
	}' >"$tmp/out"
result "folders of libcore include only those above them"

# ---- public headers know nothing of the inside ----
grep -E '^libcore/include/[^:]*:[0-9]+:[[:space:]]*#[[:space:]]*include' "$tmp/code" |
	grep -vE 'include[[:space:]]*<(dbnexus/(plugin/)?[a-z]+\.h|std(bool|def|int|arg)\.h)>' >"$tmp/out"
result "public headers include public headers"

# ---- plugins and tools see installed headers only ----
grep -E '^(plugins|tools)/[^:]*:[0-9]+:[[:space:]]*#[[:space:]]*include[[:space:]]*"(base|error|value|conf|crypto|async|plugin|sql|permission|shard|cache|audit|metrics|pool|plan|session|query|entity)/' \
	"$tmp/code" | grep '^plugins/' >"$tmp/out"
result "plugins include nothing of the inside"

grep -E '^plugins/[^:]*:[0-9]+:[[:space:]]*#[[:space:]]*include.*libcore/' "$tmp/code" |
	grep -v '"../../libcore/base/iso\.h"' >"$tmp/out"
code libcore/base/iso.[ch] | grep -E '#[[:space:]]*include' |
	grep -vE '"base/iso\.h"|<dbnexus/types\.h>' >>"$tmp/out"
result "plugins compile in base/iso.c and nothing else of the core"

# ---- the calendar and what reads it have one source ----
grep -E '719468|146097|\{ 31, 28, 31' "$tmp/code" | grep -v '^libcore/base/iso\.c:' >"$tmp/out"
result "dates are reckoned in base/iso.c only"

# ---- third-party libraries have one home each ----
home() # header pattern, allowed path pattern
{
	grep -E "#[[:space:]]*include[[:space:]]*<$1" "$tmp/code" | grep -vE "^($2)" >>"$tmp/out"
}
: >"$tmp/out"
home 'ltdl\.h' 'libcore/plugin/'
home 'openssl/' 'libcore/crypto/'
home 'uv\.h' 'libcore/async/'
home 'libconfig\.h' 'libcore/conf/|plugins/permission-rbac/'
home 'sqlite3\.h' 'plugins/driver-sqlite/|tools/bench/'
result "third-party headers stay at home"

# ---- banned functions ----
grep -nE '(^|[^A-Za-z0-9_.>])(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|strerror|gets|alloca)[[:space:]]*\(' \
	"$tmp/code" | cut -d: -f2- >"$tmp/out"
grep -E '^(libcore|plugins)/' "$tmp/code" |
	grep -E '(^|[^A-Za-z0-9_.>])(setlocale|signal|sigaction|srand|rand)[[:space:]]*\(' >>"$tmp/out"
result "no banned function"

grep -E '^libcore/' "$tmp/code" | grep -v '^libcore/base/mem\.c:' |
	grep -E '(^|[^A-Za-z0-9_.>])(malloc|calloc|realloc|strdup|strndup|asprintf|vasprintf|reallocarray)[[:space:]]*\(' \
	>"$tmp/out"
result "libcore allocates through base/mem.h"

grep -E '^(libcore|plugins)/' "$tmp/code" |
	grep -E '(^|[^A-Za-z0-9_.>])(printf|puts|putchar|perror|abort|exit)[[:space:]]*\(' >"$tmp/out"
grep -E '^(libcore|plugins)/' "$tmp/bare" | grep -E '[^A-Za-z0-9_](stdout|stderr)[^A-Za-z0-9_]' >>"$tmp/out"
result "the library prints nothing and does not exit"

grep -E ':[0-9]+:.*//' "$tmp/code" | grep -vE '"[^"]*//[^"]*"' >"$tmp/out"
result "comments are /* */"

# ---- one SPDX line per file, at its head ----
find . \( -name build -o -name 'build-*' -o -name _build -o -name _inst -o -name build-aux -o -name .git -o -name autom4te.cache -o -name .deps -o -name .libs \) \
	-prune -o -type f \( -name '*.[ch]' -o -name '*.cc' -o -name '*.cpp' -o -name '*.sh' -o -name local.mk \
	-o -name '*.m4' -o -name '*.am' -o -name '*.ac' -o -name '*.in' -o -name '*.map' -o -name '*.conf' \) -print |
	grep -vE '^\./(aclocal\.m4|m4/(libtool|lt.*)\.m4|Makefile\.in|config\.h\.in)|corpus|/autotools/' | sort |
while read -r f; do
	case $f in */dbnexus-*/*) continue ;; esac
	c=$(grep -c 'SPDX-License-Identifier: MIT' "$f")
	head -n 3 "$f" | grep -q 'SPDX-License-Identifier: MIT' || echo "$f: not in its first lines"
done >"$tmp/out"
result "every file begins with its SPDX line"

# ---- the page about errors knows every code, and no other ----
grep -oE '\bDBN_E_[A-Z_]+ = -[0-9]+' libcore/include/dbnexus/types.h | sed 's/ =.*//' | sort >"$tmp/codes"
grep -oE '^\| `DBN_E_[A-Z_]+`' docs/errors.md | tr -d '|` ' | sort >"$tmp/documented"
diff "$tmp/codes" "$tmp/documented" | grep '^[<>]' |
	sed 's/^</only in types.h:/; s/^>/only in docs\/errors.md:/' >"$tmp/out"
test -s "$tmp/codes" || echo "no codes found" >>"$tmp/out"
grep -vE '^\| [^|]+ \| [^|]+ \| [^|]+ \| (yes|no) \|$' docs/errors.md | grep '^| `DBN_E_' >>"$tmp/out"
result "docs/errors.md has every code once, with all columns"
grep -ohE '\bDBN_E_[A-Z_]+' $sources docs/*.md README.md 2>/dev/null | sort -u |
	grep -vxF -f "$tmp/codes" >"$tmp/out"
result "every DBN_E_ name is a code"

# ---- plugins keep no state outside of their instances ----
: >"$tmp/out"
if test -z "${DBN_SANITIZED:-}" && command -v readelf >/dev/null 2>&1; then
	for so in $(find "$DBN_TOP_BUILD/plugins" -path '*/.libs/*.so' 2>/dev/null); do
		readelf -SW "$so" | sed -n 's/^ *\[ *\([0-9]*\)\] \(\.data\|\.bss\|\.tdata\|\.tbss\) .*/\1/p' >"$tmp/sections"
		readelf -sW "$so" | awk -v so="${so##*/}" '
		NR == FNR { want[$1] = 1; next }
		($4 == "OBJECT" || $4 == "TLS") && ($7 in want) && $3 > 0 &&
			$8 !~ /^(completed\.|__dso_handle)/ && !seen[$8]++ { print so ": " $8 }' \
			"$tmp/sections" - >>"$tmp/out"
	done
fi
result "plugins have no writable globals"

echo "1..$n"
exit $bad
