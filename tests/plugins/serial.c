/* SPDX-License-Identifier: MIT */
/*
 * permission-serial: the template's provider, but with the strictest thread
 * word, so that the core has to lock around its snapshots too.
 */
#include <dbnexus/plugin/permission.h>

#define DBN_THREADS_PARALLEL DBN_THREADS_SERIAL
#include "../../plugins/template/permission.c"
