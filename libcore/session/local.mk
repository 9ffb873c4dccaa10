# SPDX-License-Identifier: MIT
dbn_core_sources += \
	%D%/args.c \
	%D%/async.c \
	%D%/async_calls.c \
	%D%/async_group.c \
	%D%/async_impl.h \
	%D%/async_pool.c \
	%D%/async_stmt.c \
	%D%/audit.c \
	%D%/borrow.c \
	%D%/cached.c \
	%D%/drive.c \
	%D%/end.c \
	%D%/exec.c \
	%D%/facts.h \
	%D%/many.c \
	%D%/planning.c \
	%D%/report.c \
	%D%/retry.c \
	%D%/rows.c \
	%D%/run.c \
	%D%/session.c \
	%D%/session_impl.h \
	%D%/txn.c \
	%D%/keeper.c \
	%D%/logfile.c \
	%D%/service_sql.c \
	%D%/service_socket.c \
	%D%/services.c \
	%D%/stack.c \
	%D%/stack.h \
	%D%/stack_db.c \
	%D%/stack_impl.h \
	%D%/stack_parts.c \
	%D%/stats.c
