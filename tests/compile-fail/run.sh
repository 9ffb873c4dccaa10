#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs cases.txt: the bad statements must not compile, for the reason that the
# case names, with the flags that the documentation recommends; the good ones
# must.  Then declarations that must not compile.  Prints TAP.
set -u
export LC_ALL=C
here=$DBN_TOP_SRC/tests/compile-fail
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
n=0 bad=0
flags="-S -o $tmp/out.s -Werror=int-conversion -Werror=incompatible-pointer-types -Werror=unused-result
	-Werror=implicit-function-declaration -I$DBN_TOP_SRC/libcore/include -I$DBN_TOP_SRC/tests/lib"

result() # status name
{
	n=$((n + 1))
	if test "$1" -eq 0; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# /' "$tmp/out" | head -n 12
		bad=1
	fi
}

# The first of each kind, and the others that are there.
ccs=$( (echo "${DBN_CC:-cc}"; command -v clang gcc | sed 's|.*/||') 2>/dev/null | sort -u | tr '\n' '|')
cxxs=$( (echo "${DBN_CXX:-c++}"; command -v clang++ g++ | sed 's|.*/||') 2>/dev/null | sort -u | tr '\n' '|')

# Compile $tmp/t.c; each compiler of the language must agree.
# want: 0 it compiles, 1 it does not and says $pattern
judge() # language want pattern name
{
	case $1 in
	c) list=$ccs std='-std=c11 -x c' ;;
	*) list=$cxxs std='-std=c++17 -x c++' ;;
	esac
	old=$IFS
	IFS='|'
	set -- "$1" "$2" "$3" "$4" $list
	IFS=$old
	lang=$1 want=$2 pattern=$3 name=$4
	shift 4
	for cc; do
		$cc $std $flags "$tmp/t.c" >"$tmp/out" 2>&1
		got=$?
		if test "$want" -eq 0; then
			result $got "$name: compiles ($cc, $lang)"
		elif test $got -eq 0; then
			echo "it compiled" >"$tmp/out"
			result 1 "$name: refused ($cc, $lang)"
		else
			grep 'error:' "$tmp/out" | grep -qE "$pattern"
			result $? "$name: refused ($cc, $lang)"
		fi
	done
}

statements() # text
{
	cat <<END
#include <team_member.h>
void f(dbn_session *s, dbn_rows *rows, dbn_builder *b, dbn_error **err);
void f(dbn_session *s, dbn_rows *rows, dbn_builder *b, dbn_error **err)
{
	member m = member_init();
	team t = team_init();
	tag g = tag_init();
	size_t count = 0;
	int n = 0;
	dbn_status rc = 0;
	{
		$1
	}
	(void)s, (void)rows, (void)b, (void)err, (void)m, (void)t, (void)g, (void)count, (void)n, (void)rc;
}
END
}

while IFS= read -r line; do
	case $line in
	'== '*)
		name=$(echo "$line" | sed 's/^== *//; s/ *|.*//')
		langs=$(echo "$line" | sed 's/^[^|]*| *//; s/ *|.*//')
		pattern=$(echo "$line" | sed 's/^[^|]*|[^|]*| *//')
		;;
	'good: '*)
		statements "${line#good: }" >"$tmp/t.c"
		for lang in $langs; do judge "$lang" 0 '' "$name"; done
		;;
	'bad: '*)
		statements "${line#bad: }" >"$tmp/t.c"
		for lang in $langs; do judge "$lang" 1 "$pattern" "$name"; done
		;;
	esac
done <"$here/cases.txt"

# ---- declarations ----
declaration() # rows of entity "thing", define?
{
	cat <<END
#include <team_member.h>
#define THING_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) $1
DBN_ENTITY_DECLARE(thing, THING_ROWS);
DBN_ENTITY_DEFINE(thing, "thing", THING_ROWS);
END
}
twin() # name pattern good bad
{
	for lang in c c++; do
		declaration "$3" >"$tmp/t.c"
		judge $lang 0 '' "$1"
		declaration "$4" >"$tmp/t.c"
		judge $lang 1 "$2" "$1"
	done
}
key='KEY(e, id, int64, DBN_GENERATED)'
who='FIELD(e, team_id, int64, DBN_PLAIN) FIELD(e, login, text, DBN_PLAIN)'
twin 'an entity without a key' 'needs a KEY' "$key" 'FIELD(e, id, int64, DBN_PLAIN)'
twin 'an unknown type word' 'DBN_C_(color|colour)|colou?r' "$key FIELD(e, x, text, DBN_PLAIN)" \
	"$key FIELD(e, x, colour, DBN_PLAIN)"
twin 'two fields of one name' 'redeclar|redefin|duplicate' "$key FIELD(e, x, text, DBN_PLAIN)" \
	"$key FIELD(e, x, text, DBN_PLAIN) FIELD(e, x, text, DBN_PLAIN)"
twin 'a relation by a field that is not there' 'thing__i_nobody|nobody' \
	"$key FIELD(e, team_id, int64, DBN_PLAIN) BELONGS_TO(e, team, team, team_id)" \
	"$key FIELD(e, team_id, int64, DBN_PLAIN) BELONGS_TO(e, team, team, nobody)"
twin 'a relation with too few columns' 'one column for each key field' \
	"$key $who BELONGS_TO(e, who, member, team_id, login)" \
	"$key $who BELONGS_TO(e, who, member, team_id)"
twin 'has many by a field that the other has not' 'tag__i_thing_id|thing_id' \
	"$key HAS_MANY(e, tags, tag, team_id)" "$key HAS_MANY(e, tags, tag, thing_id)"
twin 'a length of text' 'char|convert|integer|conversion' "$key FIELD(e, x, text, DBN_LEN(1, 2))" \
	"$key FIELD(e, x, text, DBN_LEN(1, \"two\"))"

echo "1..$n"
exit $bad
