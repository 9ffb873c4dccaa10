/* SPDX-License-Identifier: MIT */
/*
 * Compiling statements without a database: a catalogue of made-up tables of every
 * name, a policy that lets "bench" do everything and "own" what is its own.
 * Tables: id bigint (the key), name, owner text, age, team_id bigint, score double.
 */
#ifndef BENCH_LAB_H
#define BENCH_LAB_H

#include "plan/plan.h"

typedef struct lab lab;

lab *lab_open(dbn_dialect_id id);
void lab_close(lab *l);
/* Lex, parse, resolve, authorise, rewrite and print; the plan is released.  *bytes (or
 * NULL): what it took.  An error is returned. */
dbn_status lab_compile(lab *l, bool own, dbn_text sql, size_t *bytes, dbn_error **err);
/* The same, and the plan: dbn_plan_release().  database: what the pool calls it. */
dbn_status lab_plan(lab *l, bool own, const char *database, dbn_text sql, dbn_plan **out,
	dbn_error **err);
/* The version of the tables that are not known yet; 1 without. */
void lab_set_version(lab *l, uint64_t version);

#endif
