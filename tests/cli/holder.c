/* SPDX-License-Identifier: MIT */
/*
 * holder CONFIG USER: a program that runs with a stack, in a transaction that has
 * written, until its standard input ends.  Prints "ready" when it has.
 */
#include <stdio.h>

#include <dbnexus/dbnexus.h>

static int
hold(dbn_session *s, dbn_error **err)
{
	if (dbn_begin(s, NULL, err) != DBN_OK ||
		dbn_exec(s, "INSERT INTO item (name) VALUES ('secret')", DBN_NO_ARGS, NULL, err) != DBN_OK)
		return 1;
	(void)printf("ready\n");
	(void)fflush(stdout);
	while (getchar() != EOF)
		continue;
	return dbn_rollback(s, err) == DBN_OK ? 0 : 1;
}

int
main(int argc, char **argv)
{
	dbn_session *s = NULL;
	dbn_error *err = NULL;
	dbn_pool *pool = NULL;
	int rc = 1;

	if (argc == 3 && dbn_pool_open(argv[1], &pool, &err) == DBN_OK &&
		dbn_session_open_as(pool, argv[2], &s, &err) == DBN_OK)
		rc = hold(s, &err);
	if (err)
		(void)fprintf(stderr, "%s\n%s\n", dbn_error_message(err), dbn_error_detail(err));
	dbn_error_free(err);
	dbn_session_close(s);
	dbn_pool_close(pool);
	return rc;
}
