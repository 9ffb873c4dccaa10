/* SPDX-License-Identifier: MIT */
/*
 * Layouts on 64-bit machines, as the compiler sees them.  What is frozen for ever
 * is written out; what may grow has its struct_size first, and its members stay
 * where they are.
 */
#include <dbnexus/dbnexus.h>
#include <dbnexus/plugin/audit.h>
#include <dbnexus/plugin/cache.h>
#include <dbnexus/plugin/driver.h>
#include <dbnexus/plugin/permission.h>
#include <dbnexus/plugin/shard.h>

#define SIZE(type, n) _Static_assert(sizeof(type) == (n), "size of " #type)
#define AT(type, member, n) _Static_assert(offsetof(type, member) == (n), #type "." #member " moved")
#define SIZED(type) AT(type, struct_size, 0); \
	_Static_assert(sizeof(((type *)0)->struct_size) == 4, #type ".struct_size is 32 bits")
/* headed by a dbn_call, which has its own */
#define CALLED(type) AT(type, call, 0)

#if UINTPTR_MAX == UINT64_MAX
/* frozen for ever */
SIZE(dbn_value, 24);
AT(dbn_value, type, 0);
AT(dbn_value, flags, 4);
AT(dbn_value, aux, 6);
AT(dbn_value, u, 8);
AT(dbn_value, len, 16);
SIZE(dbn_text, 16);
AT(dbn_text, ptr, 0);
AT(dbn_text, len, 8);
SIZE(dbn_bytes, 16);
AT(dbn_bytes, ptr, 0);
AT(dbn_bytes, len, 8);
SIZE(dbn_array, 16);
AT(dbn_array, items, 0);
AT(dbn_array, count, 8);
AT(dbn_array, stride, 12);
SIZE(dbn_interval, 16);
AT(dbn_interval, days, 8);
AT(dbn_interval, months, 12);
SIZE(dbn_field_opt, 32);

/* the first thing that the core reads of a plugin */
AT(dbn_plugin_descriptor, magic, 4);
AT(dbn_plugin_descriptor, abi_major, 8);
AT(dbn_plugin_descriptor, abi_minor, 10);
AT(dbn_plugin_descriptor, kind, 12);
AT(dbn_host, abi_major, 4);
AT(dbn_host, abi_minor, 6);
#endif

SIZED(dbn_plugin_descriptor);
SIZED(dbn_host);
SIZED(dbn_call);
SIZED(dbn_inner);
SIZED(dbn_create_info);
SIZED(dbn_fail_info);
SIZED(dbn_metrics_service);
SIZED(dbn_secret_service);
SIZED(dbn_sql_service);
SIZED(dbn_predicate_service);
SIZED(dbn_poll_service);
SIZED(dbn_dialect);
SIZED(dbn_conn_state);
SIZED(dbn_access);
SIZED(dbn_column_info);
SIZED(dbn_stmt_info);
SIZED(dbn_outcome);
SIZED(dbn_exec_item);
SIZED(dbn_rowset);
SIZED(dbn_column_desc);
SIZED(dbn_effect_desc);
SIZED(dbn_relation_info);
SIZED(dbn_token);
SIZED(dbn_driver_ops);
SIZED(dbn_driver_async_1);
SIZED(dbn_driver_bulk_1);
SIZED(dbn_driver_position_1);
SIZED(dbn_driver_changes_1);
SIZED(dbn_driver_notify_1);
SIZED(dbn_io_want);
CALLED(dbn_connect_opts);
CALLED(dbn_reset_opts);
CALLED(dbn_prepare_opts);
CALLED(dbn_exec_opts);
CALLED(dbn_many_opts);
CALLED(dbn_begin_opts);
CALLED(dbn_end_opts);
SIZED(dbn_cache_ops);
SIZED(dbn_permission_ops);
SIZED(dbn_shard_ops);
SIZED(dbn_audit_ops);

SIZED(dbn_identity);
SIZED(dbn_query_opts);
SIZED(dbn_result);
SIZED(dbn_txn_opts);
SIZED(dbn_metric);
SIZED(dbn_entity);
SIZED(dbn_cond);
SIZED(dbn_find_opts);

/* The numbers of types never change. */
_Static_assert(DBN_NULL == 0 && DBN_BOOL == 1 && DBN_INT64 == 2 && DBN_UINT64 == 3 &&
	DBN_FLOAT == 4 && DBN_DOUBLE == 5 && DBN_DECIMAL == 6 && DBN_TEXT == 7 && DBN_BYTES == 8 &&
	DBN_DATE == 9 && DBN_TIME == 10 && DBN_TIMETZ == 11 && DBN_TIMESTAMP == 12 &&
	DBN_TIMESTAMPTZ == 13 && DBN_INTERVAL == 14 && DBN_UUID == 15 && DBN_JSON == 16 &&
	DBN_ENUM == 17 && DBN_ARRAY == 18 && DBN_LIST == 19 && DBN_EXTENSION == 20, "value types");
_Static_assert(DBN_KIND_DRIVER == 1 && DBN_KIND_CACHE == 2 && DBN_KIND_PERMISSION == 3 &&
	DBN_KIND_SHARD == 4 && DBN_KIND_AUDIT == 5, "plugin kinds");
_Static_assert(DBN_PLUGIN_MAGIC == 0x44424e58u, "magic");

extern int dbn_layout_is_checked;
