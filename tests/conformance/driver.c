/* SPDX-License-Identifier: MIT */
/*
 * conform-driver: is this driver a good one?  --arg url=URL names a database
 * that the suite may fill; each case gets an empty one, so use @TMP@ in it.
 */
#include <stdlib.h>
#include <string.h>

#include "conformance/driver.h"

int
main(int argc, char **argv)
{
	const struct { const conform_case *cases; size_t n; } parts[] = {
		{ drv_cases_basic, drv_ncases_basic }, { drv_cases_rows, drv_ncases_rows },
		{ drv_cases_values, drv_ncases_values }, { drv_cases_txn, drv_ncases_txn },
		{ drv_cases_stop, drv_ncases_stop }, { drv_cases_access, drv_ncases_access },
		{ drv_cases_many, drv_ncases_many }, { drv_cases_catalog, drv_ncases_catalog },
		{ drv_cases_long, drv_ncases_long },
	};
	conform_case all[256];
	size_t n = 0;

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		for (size_t j = 0; j < parts[i].n; j++) {
			if (n == sizeof all / sizeof *all)
				abort();
			all[n++] = parts[i].cases[j];
		}
	return conform_main(argc, argv, DBN_KIND_DRIVER, all, n);
}
