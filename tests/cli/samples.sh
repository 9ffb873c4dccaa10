#!/bin/sh
# SPDX-License-Identifier: MIT
# The samples of etc/ are sound configurations, and so is the tour's.
. "$DBN_TOP_SRC/tests/cli/tap.sh"

cp "$DBN_TOP_SRC"/etc/*.conf . && chmod 644 ./*.conf
for sample in embedded sharded; do
	try "$dbnexus" -c $sample.conf check
	is "$sample.conf is sound" exits 0
done
mkdir secrets && echo word >secrets/db && chmod 600 secrets/db
for sample in postgres mysql; do
	test -e "$DBN_TOP_BUILD/plugins/driver-$sample/.libs/driver-$sample.so" || continue
	sed -i -e "s,/run/secrets/dbnexus-db,$work/secrets/db," -e "s,/etc/ssl/certs/internal-ca.pem,$work/secrets/db," \
		-e "s,/var/log/dbnexus,$work,; s,/run/dbnexus,$work," $sample.conf
	try "$dbnexus" -c $sample.conf check
	is "$sample.conf is sound" exits 0
done
rm -r secrets
is 'nothing was made by looking' test "$(ls | tr '\n' ' ')" = 'embedded.conf err mysql.conf out policy.conf postgres.conf sharded.conf '
try "$dbnexus" -c "$DBN_TOP_SRC/tools/tour/tour.conf" check
is 'the configuration of the tour is sound' exits 0
finish
