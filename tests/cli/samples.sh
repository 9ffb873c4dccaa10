#!/bin/sh
# SPDX-License-Identifier: MIT
# The samples of etc/ are sound configurations, and so is the tour's.
. "$DBN_TOP_SRC/tests/cli/tap.sh"

cp "$DBN_TOP_SRC"/etc/*.conf . && chmod 644 ./*.conf
for sample in embedded sharded; do
	try "$dbnexus" -c $sample.conf check
	is "$sample.conf is sound" exits 0
done
is 'nothing was made by looking' test "$(ls | tr '\n' ' ')" = 'embedded.conf err out policy.conf sharded.conf '
try "$dbnexus" -c "$DBN_TOP_SRC/tools/tour/tour.conf" check
is 'the configuration of the tour is sound' exits 0
finish
