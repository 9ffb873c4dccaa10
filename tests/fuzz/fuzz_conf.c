/* SPDX-License-Identifier: MIT */
/*
 * Configurations and assignments from anywhere: refused or taken, never worse.
 * libconfig must not see a mistake that our own scan let pass, and what is
 * printed must read back.
 */
#include <stdlib.h>
#include <string.h>

#include "conf/stack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
reads_back(dbn_config *c)
{
	char *value;

	if (dbn_config_get(c, "databases", &value, NULL, NULL) != DBN_OK)
		return;
	/* a single text is printed bare: it need not be libconfig's form */
	if ((value[0] == '{' || value[0] == '(') &&
		dbn_config_set(c, "copy", value, NULL) != DBN_OK)
		abort();
	dbn_config_free_text(value);
}

static void
as_text(const char *p, size_t n)
{
	dbn_problems problems;
	dbn_stack_conf *stack;
	dbn_config *c;
	dbn_error *err;

	if (dbn_config_open_text(dbn_text_n(p, n), "fuzz.conf", DBN_CONFIG_NO_ENV, &c, &err) != DBN_OK) {
		if (strstr(dbn_error_message(err), "syntax error"))
			abort();
		dbn_error_free(err);
		return;
	}
	dbn_problems_init(&problems);
	if (dbn_stack_load(c, &problems, &stack) != DBN_OK)
		abort();
	dbn_stack_free(stack);
	dbn_problems_free(&problems);
	reads_back(c);
	dbn_config_free(c);
}

static void
as_assignments(const char *p, size_t n)
{
	char *z = malloc(n + 1);
	dbn_config *c;
	dbn_error *err;

	if (!z)
		return;
	memcpy(z, p, n);
	z[n] = '\0';
	if (dbn_config_open_text(dbn_text_z("list = ( { name = \"a\"; } );"), NULL, DBN_CONFIG_NO_ENV,
		&c, NULL) == DBN_OK) {
		if (dbn_config_set_many(c, z, "fuzz", &err) != DBN_OK)
			dbn_error_free(err);
		dbn_config_free(c);
	}
	free(z);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;

	/* no files of this machine */
	if (size && memmem(p, size, "@include", 8))
		return 0;
	as_text(p, size);
	as_assignments(p, size);
	return 0;
}
