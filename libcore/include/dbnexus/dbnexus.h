/* SPDX-License-Identifier: MIT */
/* Everything an application needs. */
#ifndef DBNEXUS_H
#define DBNEXUS_H

#include <dbnexus/async.h>
#include <dbnexus/config.h>
#include <dbnexus/entity.h>
#include <dbnexus/error.h>
#include <dbnexus/future.h>
#include <dbnexus/plugins.h>
#include <dbnexus/policy.h>
#include <dbnexus/pool.h>
#include <dbnexus/query.h>
#include <dbnexus/session.h>
#include <dbnexus/trail.h>
#include <dbnexus/types.h>
#include <dbnexus/value.h>

#endif
