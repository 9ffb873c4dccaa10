/* SPDX-License-Identifier: MIT */
/*
 * Cases that are of some databases and not of others, and a policy that allows all.
 */
#ifndef TESTS_INTEGRATION_EACH_H
#define TESTS_INTEGRATION_EACH_H

#include <string.h>

#include "lib/stack.h"

#define ALL "{ id = \"all\"; roles = [ \"admin\" ]; relation = \"*\"; actions = [ \"read\", \"write\" ]; columns = [ \"*\" ]; }," \
	"{ id = \"ddl\"; roles = [ \"admin\" ]; database = \"main\"; actions = [ \"admin.ddl\" ]; }"

enum { LITE = 1, PG = 2, MY = 4, EACH = 7 };

static inline int
here(void)
{
	return strcmp(stack_database(), "postgres") == 0 ? PG : strcmp(stack_database(), "mysql") == 0 ? MY : LITE;
}

#endif
