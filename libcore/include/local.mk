# SPDX-License-Identifier: MIT
dbn_includedir = $(includedir)/dbnexus
dbn_include_HEADERS = \
	%D%/dbnexus/async.h \
	%D%/dbnexus/config.h \
	%D%/dbnexus/dbnexus.h \
	%D%/dbnexus/entity.h \
	%D%/dbnexus/error.h \
	%D%/dbnexus/future.h \
	%D%/dbnexus/plugins.h \
	%D%/dbnexus/policy.h \
	%D%/dbnexus/pool.h \
	%D%/dbnexus/query.h \
	%D%/dbnexus/session.h \
	%D%/dbnexus/trail.h \
	%D%/dbnexus/types.h \
	%D%/dbnexus/value.h
dbn_plugin_includedir = $(includedir)/dbnexus/plugin
dbn_plugin_include_HEADERS = \
	%D%/dbnexus/plugin/abi.h \
	%D%/dbnexus/plugin/audit.h \
	%D%/dbnexus/plugin/cache.h \
	%D%/dbnexus/plugin/driver.h \
	%D%/dbnexus/plugin/host.h \
	%D%/dbnexus/plugin/permission.h \
	%D%/dbnexus/plugin/shard.h
