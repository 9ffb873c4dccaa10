#!/bin/sh
# SPDX-License-Identifier: MIT
# A walk through the stack on real data: shows the commands it runs and what they
# print, and fails if anything is not as it says.
# usage: tour.sh DBNEXUS TOUR DATA WORK [PLUGIN URL]
# (absolute paths; WORK is made anew; PLUGIN URL: another, empty database)
set -u
export LC_ALL=C.UTF-8
src=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
dbnexus=$1
tour=$2
data=$3
work=$4
steps=0

fail()
{
	printf '\ntour: FAILED: %s\n' "$*" >&2
	exit 1
}

say()
{
	printf '\n== %s\n' "$*"
}

# run STATUS COMMAND...: show it, run it here, expect that exit status.
run()
{
	want=$1
	shift
	shown=
	for word in "$@"; do
		case $word in
		*\"* | *\$*) shown="$shown '$word'" ;;
		*[!A-Za-z0-9_./:=-]*) shown="$shown \"$word\"" ;;
		*) shown="$shown $word" ;;
		esac
	done
	printf '\n$%s\n' "$shown"
	case $1 in
	dbnexus) shift; "$dbnexus" "$@" >out.txt 2>&1; got=$? ;;
	tour) shift; "$tour" "$@" >out.txt 2>&1; got=$? ;;
	*) "$@" >out.txt 2>&1; got=$? ;;
	esac
	cat out.txt
	test "$got" -eq "$want" || fail "it exited with $got, not with $want"
	steps=$((steps + 1))
}

# The last output has this in it.
expect()
{
	grep -q -e "$1" out.txt || fail "its output does not have: $1"
}

refuse()
{
	! grep -q -e "$1" out.txt || fail "its output has: $1"
}

rm -rf "$work"
mkdir -p "$work" || fail "cannot make $work"
chmod 700 "$work"
cp "$src/policy.conf" "$work/"
if test $# -eq 6; then
	url=$(printf '%s' "$6" | sed 's/[&\\|]/\\&/g')
	sed -e "s|plugin = \"sqlite\"; url = \"[^\"]*\"|plugin = \"$5\"; url = \"$url\"|" \
		-e '/^# One SQLite file/s/SQLite file/database/' "$src/tour.conf" >"$work/tour.conf"
else
	cp "$src/tour.conf" "$work/"
fi
chmod 600 "$work/tour.conf" "$work/policy.conf"
cd "$work" || fail "cannot enter $work"
test -r "$data/iso3166.tab" || fail "no $data/iso3166.tab: install tzdata"

say "The stack is one file, who may do what is another"
run 0 cat tour.conf
run 0 cat policy.conf
run 0 dbnexus -c tour.conf check

say "Kim loads the countries and zones of tzdata: declared entities, batches of records"
run 0 tour tour.conf kim load "$data"
expect 'stored in three batches'
run 0 tour tour.conf kim show DE
expect 'Europe/Berlin'

say "Kim sees every column, Ana does not see the notes"
run 0 dbnexus -c tour.conf query --as kim "SELECT * FROM zone WHERE notes LIKE 'Tibet%' OR name = 'Asia/Urumqi'"
expect 'notes'
expect 'Xinjiang'
run 0 dbnexus -c tour.conf query --as ana "SELECT * FROM zone WHERE name = 'Asia/Urumqi'"
expect 'Asia/Urumqi'
refuse 'notes'
refuse 'Xinjiang'
run 0 dbnexus -c tour.conf query --as ana "SELECT c.name, count(*) AS zones FROM country c JOIN zone_use u ON u.country_code = c.code GROUP BY c.name ORDER BY 2 DESC, 1 LIMIT 3"
expect 'United States'

say "Asking for the notes by name does not help her"
run 1 dbnexus -c tour.conf query --as ana "SELECT name FROM zone WHERE notes IS NOT NULL"
expect 'notes'

say "What would be done with a statement, and why, without running it"
run 0 dbnexus -c tour.conf explain --as ana "SELECT * FROM zone WHERE name = 'Europe/Paris'"
expect 'look'

say "The second of two equal reads comes from the cache"
run 0 tour tour.conf ana cached JP
expect 'read 1: Japan, from the database'
expect 'read 2: Japan, from the cache'

say "What is rolled back has never been"
run 0 tour tour.conf kim rollback
expect 'after the rollback: '

say "Ana may not change anything, and she is told why"
run 3 dbnexus -c tour.conf query --as ana "DELETE FROM zone WHERE name = 'Europe/Paris'"
expect 'delete'
expect 'zone'

say "All of it stands in the audit trail, the denial too"
run 0 dbnexus audit tail -n 8 trail.log
expect 'denied'
run 0 dbnexus audit verify --save-head head.txt trail.log
expect 'sound'

say "Somebody changes one byte of the trail, so that it was not Ana"
line=$(grep -n '"outcome":"denied"' trail.log | head -n 1 | cut -d: -f1)
test -n "$line" || fail "no denial in the trail"
run 0 sed -i "${line}s/\"user\":\"ana\"/\"user\":\"bna\"/" trail.log
run 4 dbnexus audit verify trail.log
seq=$(sed -n "${line}p" trail.log | grep -o '"seq":[0-9]*' | head -n 1 | cut -d: -f2)
expect "record $seq is edited"

say "Cutting the end off shows against the head that was kept"
run 0 sed -i "${line}s/\"user\":\"bna\"/\"user\":\"ana\"/" trail.log
run 0 dbnexus audit verify --head head.txt trail.log
run 0 sed -i '$d' trail.log
run 4 dbnexus audit verify --head head.txt trail.log
expect 'cut'

printf '\ntour: all %d steps did what they say\n' "$steps"
