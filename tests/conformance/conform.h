/* SPDX-License-Identifier: MIT */
/*
 * The frame of the conformance programs: one suite per plugin kind, run over
 * any plugin of that kind.  Each case runs in a process of its own with a fresh
 * instance, so a crash or a hang is one failed case.  Prints TAP.
 *
 *   conform-KIND [--set NAME=VALUE]... [--quirks FILE] [--arg NAME=VALUE]...
 *                [--only CASE] [--must-fail CASE]... [--in-process] PLUGIN.so
 *
 * --set goes to the plugin's settings; --arg and the quirks file (lines "name
 * value, and why") to the suite: how a plugin differs is declared there, never
 * asked by name.  In both, @TMP@ stands for a directory of the case's own.
 * --must-fail inverts: the run succeeds if each named case fails (the proof
 * that the suite catches a broken plugin).
 */
#ifndef TESTS_CONFORM_H
#define TESTS_CONFORM_H

#include <stdio.h>

#include "lib/fake_host.h"

typedef struct conform {
	fake_plugin plugin;           /* loaded; instance made before each case */
	const char *tmp;              /* a directory of this case, removed afterwards */
	dbn_error *err;               /* for the call at hand; freed between calls */
	const char *skipped;          /* why, or NULL */
	unsigned failed, checked;
	const char *const *args;      /* "name=value" of --arg, NULL-ended */
	const char *const *quirks;    /* "name value" lines, NULL-ended */
	const char *const *settings;  /* as given to the plugin */
	const char *path;             /* of the plugin */
	void *user;                   /* the suite's own */
} conform;

typedef struct conform_case {
	const char *name;             /* "rows.keep_until_next_fetch" */
	void (*run)(conform *cf);
	uint32_t flags;               /* CONFORM_.. */
	uint32_t seconds;             /* 0: 30 */
} conform_case;
enum {
	CONFORM_NO_INSTANCE = 1u << 0 /* the case makes its own */
};

/* Runs everything; what main() returns. */
int conform_main(int argc, char **argv, uint32_t kind, const conform_case *cases, size_t n);

/* What the quirks file (or --arg) says about name; NULL: nothing. */
const char *conform_quirk(const conform *cf, const char *name);
const char *conform_arg(const conform *cf, const char *name, const char *otherwise);
/* This case does not apply; return afterwards. */
void conform_skip(conform *cf, const char *why);
void conform_fail_at(conform *cf, const char *file, int line, const char *fmt, ...)
	DBN_PRINTF(4, 5);
/* Free cf->err; true if rc is DBN_OK, else a failed check that shows the error. */
bool conform_ok_at(conform *cf, const char *file, int line, const char *what, dbn_status rc);
/* The error is what was expected: status, and SQLSTATE unless NULL; frees it. */
bool conform_error_at(conform *cf, const char *file, int line, const char *what, dbn_status rc,
	dbn_status want, const char *sqlstate);
/* A second instance with the same settings. */
dbn_status conform_again(conform *cf, fake_plugin *fp);

/* Noted, and the case goes on. */
#define CF_CHECK(cf, cond, ...) \
	do { \
		(cf)->checked++; \
		if (!(cond)) \
			conform_fail_at((cf), __FILE__, __LINE__, __VA_ARGS__); \
	} while (0)
/* Noted, and the case (or helper returning void) ends. */
#define CF_NEED(cf, cond, ...) \
	do { \
		(cf)->checked++; \
		if (!(cond)) { \
			conform_fail_at((cf), __FILE__, __LINE__, __VA_ARGS__); \
			return; \
		} \
	} while (0)
/* The call must give DBN_OK; it takes &cf->err as its last argument. */
#define CF_OK(cf, call) \
	do { \
		if (!conform_ok_at((cf), __FILE__, __LINE__, #call, (call))) \
			return; \
	} while (0)
/* The call must fail with this status (and SQLSTATE, unless NULL). */
#define CF_FAILS(cf, call, status, sqlstate) \
	((void)conform_error_at((cf), __FILE__, __LINE__, #call, (call), (status), (sqlstate)))

#endif
