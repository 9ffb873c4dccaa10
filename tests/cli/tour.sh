#!/bin/sh
# SPDX-License-Identifier: MIT
# The tour does what it shows, and it fails where something does not happen.
. "$DBN_TOP_SRC/tests/cli/tap.sh"
data=/usr/share/zoneinfo
if ! test -r $data/zone1970.tab; then
	echo '1..0 # SKIP no tzdata'
	exit 77
fi
tour() { try sh "$DBN_TOP_SRC/tools/tour/tour.sh" "$@"; }

tour "$dbnexus" "$DBN_TOP_BUILD/tools/tour/tour" $data "$work/tour.d"
is 'the tour passes' exits_showing 0 'did what they say'
tour /bin/true "$DBN_TOP_BUILD/tools/tour/tour" $data "$work/tour.d"
is 'a command that does nothing fails it' exits_saying 1 'FAILED'
tour "$dbnexus" "$DBN_TOP_BUILD/tools/tour/tour" "$work" "$work/tour.d"
is 'data that is missing fails it' exits_saying 1 'FAILED'
finish
