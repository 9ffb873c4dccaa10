# SPDX-License-Identifier: MIT
# Plugins for tests: one good source built with one thing wrong each, and a few
# that do something.  -z lazy: an undefined symbol must be found by the loader.
dbn_test_plugin_ldflags = -module -avoid-version -shared -rpath /nowhere $(DBN_SANITIZE) $(DBN_COVERAGE)
dbn_test_plugins =

dbn_test_plugins += %D%/shard-good.la
%C%_shard_good_la_SOURCES = %D%/broken.c
%C%_shard_good_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"good"'
%C%_shard_good_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-no-symbol.la
%C%_shard_no_symbol_la_SOURCES = %D%/broken.c
%C%_shard_no_symbol_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"no-symbol"' -DT_NO_SYMBOL
%C%_shard_no_symbol_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-symbol-is-code.la
%C%_shard_symbol_is_code_la_SOURCES = %D%/broken.c
%C%_shard_symbol_is_code_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"symbol-is-code"' -DT_SYMBOL_IS_CODE
%C%_shard_symbol_is_code_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-symbol-is-short.la
%C%_shard_symbol_is_short_la_SOURCES = %D%/broken.c
%C%_shard_symbol_is_short_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"symbol-is-short"' -DT_SYMBOL_IS_SHORT
%C%_shard_symbol_is_short_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-undefined-symbol.la
%C%_shard_undefined_symbol_la_SOURCES = %D%/broken.c
%C%_shard_undefined_symbol_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"undefined-symbol"' -DT_UNDEFINED
%C%_shard_undefined_symbol_la_LDFLAGS = $(dbn_test_plugin_ldflags) -Wl,-z,lazy
dbn_test_plugins += %D%/shard-wrong-magic.la
%C%_shard_wrong_magic_la_SOURCES = %D%/broken.c
%C%_shard_wrong_magic_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"wrong-magic"' -DT_MAGIC=0x12345678u
%C%_shard_wrong_magic_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-other-major.la
%C%_shard_other_major_la_SOURCES = %D%/broken.c
%C%_shard_other_major_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"other-major"' -DT_MAJOR=7
%C%_shard_other_major_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-other-minor.la
%C%_shard_other_minor_la_SOURCES = %D%/broken.c
%C%_shard_other_minor_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"other-minor"' -DT_MINOR=99
%C%_shard_other_minor_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-claims-more.la
%C%_shard_claims_more_la_SOURCES = %D%/broken.c
%C%_shard_claims_more_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"claims-more"' -DT_SIZE=60000
%C%_shard_claims_more_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-claims-less.la
%C%_shard_claims_less_la_SOURCES = %D%/broken.c
%C%_shard_claims_less_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"claims-less"' -DT_SIZE=4
%C%_shard_claims_less_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-unknown-kind.la
%C%_shard_unknown_kind_la_SOURCES = %D%/broken.c
%C%_shard_unknown_kind_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"unknown-kind"' -DT_KIND=9
%C%_shard_unknown_kind_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-wrong-kind.la
%C%_shard_wrong_kind_la_SOURCES = %D%/broken.c
%C%_shard_wrong_kind_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"wrong-kind"' -DT_KIND=DBN_KIND_CACHE
%C%_shard_wrong_kind_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-unknown-threads.la
%C%_shard_unknown_threads_la_SOURCES = %D%/broken.c
%C%_shard_unknown_threads_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"unknown-threads"' -DT_THREADS=0
%C%_shard_unknown_threads_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-unknown-flag.la
%C%_shard_unknown_flag_la_SOURCES = %D%/broken.c
%C%_shard_unknown_flag_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"unknown-flag"' -DT_FLAGS=0x80000000u
%C%_shard_unknown_flag_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-reserved.la
%C%_shard_reserved_la_SOURCES = %D%/broken.c
%C%_shard_reserved_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"reserved"' -DT_RESERVED=1
%C%_shard_reserved_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-no-name.la
%C%_shard_no_name_la_SOURCES = %D%/broken.c
%C%_shard_no_name_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='""'
%C%_shard_no_name_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-bad-name.la
%C%_shard_bad_name_la_SOURCES = %D%/broken.c
%C%_shard_bad_name_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"../x"'
%C%_shard_bad_name_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-other-name.la
%C%_shard_other_name_la_SOURCES = %D%/broken.c
%C%_shard_other_name_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"somebody"'
%C%_shard_other_name_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-no-version.la
%C%_shard_no_version_la_SOURCES = %D%/broken.c
%C%_shard_no_version_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"no-version"' -DT_VERSION=NULL
%C%_shard_no_version_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-no-create.la
%C%_shard_no_create_la_SOURCES = %D%/broken.c
%C%_shard_no_create_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"no-create"' -DT_CREATE=NULL
%C%_shard_no_create_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-no-destroy.la
%C%_shard_no_destroy_la_SOURCES = %D%/broken.c
%C%_shard_no_destroy_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"no-destroy"' -DT_DESTROY=NULL
%C%_shard_no_destroy_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-no-ops.la
%C%_shard_no_ops_la_SOURCES = %D%/broken.c
%C%_shard_no_ops_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"no-ops"' -DT_NO_OPS
%C%_shard_no_ops_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-ops-too-small.la
%C%_shard_ops_too_small_la_SOURCES = %D%/broken.c
%C%_shard_ops_too_small_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"ops-too-small"' -DT_OPS_SIZE=4
%C%_shard_ops_too_small_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-ops-unknown-flag.la
%C%_shard_ops_unknown_flag_la_SOURCES = %D%/broken.c
%C%_shard_ops_unknown_flag_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"ops-unknown-flag"' -DT_OPS_FLAGS=0x40
%C%_shard_ops_unknown_flag_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-missing-op.la
%C%_shard_missing_op_la_SOURCES = %D%/broken.c
%C%_shard_missing_op_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"missing-op"' -DT_ROUTE=NULL
%C%_shard_missing_op_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-missing-ops.la
%C%_shard_missing_ops_la_SOURCES = %D%/broken.c
%C%_shard_missing_ops_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"missing-ops"' -DT_ROUTE=NULL -DT_BIND=NULL
%C%_shard_missing_ops_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-older-ops.la
%C%_shard_older_ops_la_SOURCES = %D%/broken.c
%C%_shard_older_ops_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"older-ops"' -DT_OPS_SIZE='offsetof(dbn_shard_ops,slices)'
%C%_shard_older_ops_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-bad-offset.la
%C%_shard_bad_offset_la_SOURCES = %D%/broken.c
%C%_shard_bad_offset_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"bad-offset"' -DT_OFFSET=4096
%C%_shard_bad_offset_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-bad-default.la
%C%_shard_bad_default_la_SOURCES = %D%/broken.c
%C%_shard_bad_default_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"bad-default"' -DT_DEFAULT='"many"'
%C%_shard_bad_default_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-create-news.la
%C%_shard_create_news_la_SOURCES = %D%/broken.c
%C%_shard_create_news_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"create-news"' -DT_CREATE=news_create
%C%_shard_create_news_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-create-silent.la
%C%_shard_create_silent_la_SOURCES = %D%/broken.c
%C%_shard_create_silent_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"create-silent"' -DT_CREATE=silent_create
%C%_shard_create_silent_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-create-fails.la
%C%_shard_create_fails_la_SOURCES = %D%/broken.c
%C%_shard_create_fails_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"create-fails"' -DT_CREATE=failing_create
%C%_shard_create_fails_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/audit-broken-promise.la
%C%_audit_broken_promise_la_SOURCES = %D%/broken.c
%C%_audit_broken_promise_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_NAME='"broken-promise"' -DT_AUDIT_OPS -DT_KIND=DBN_KIND_AUDIT -DT_OPS_FLAGS=7
%C%_audit_broken_promise_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-asks.la
%C%_shard_asks_la_SOURCES = %D%/asks.c
%C%_shard_asks_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/permission-asks.la
%C%_permission_asks_la_SOURCES = %D%/asks.c
%C%_permission_asks_la_CPPFLAGS = $(AM_CPPFLAGS) -DT_PERMISSION
%C%_permission_asks_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/driver-blocks.la
%C%_driver_blocks_la_SOURCES = %D%/blocks.c
%C%_driver_blocks_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/cache-wrap.la
%C%_cache_wrap_la_SOURCES = %D%/wrap.c
%C%_cache_wrap_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/shard-probe.la
%C%_shard_probe_la_SOURCES = %D%/probe.c %D%/probe.h
%C%_shard_probe_la_LDFLAGS = $(dbn_test_plugin_ldflags)
dbn_test_plugins += %D%/permission-serial.la
%C%_permission_serial_la_SOURCES = %D%/serial.c
%C%_permission_serial_la_LDFLAGS = $(dbn_test_plugin_ldflags)

check_LTLIBRARIES += $(dbn_test_plugins)
