/* SPDX-License-Identifier: MIT */
/*
 * The border of a database driver.  dbn_conn, dbn_stmt and dbn_cursor belong to
 * the driver; the core never looks inside.  Unless said otherwise: one thread at
 * a time per connection (statements and cursors count as their connection);
 * structs are borrowed for the call; outputs are written only on DBN_OK.
 * A failed operation leaves the connection usable unless state() says broken.
 */
#ifndef DBN_PLUGIN_DRIVER_H
#define DBN_PLUGIN_DRIVER_H

#include <dbnexus/plugin/host.h>

DBN_BEGIN_DECLS

struct dbn_conn;
struct dbn_stmt;
struct dbn_cursor;

/** [database.][schema.]name as the server knows it; database is not sent. */
typedef struct dbn_name {
	dbn_text schema, name;
} dbn_name;

/* ---- describe ---- */
typedef uint32_t dbn_dialect_id;
enum { DBN_DIALECT_SQLITE = 1, DBN_DIALECT_POSTGRES = 2, DBN_DIALECT_MYSQL = 3 };

enum {
	DBN_CAP_RETURNING = 1u << 0,      /* INSERT ... RETURNING */
	DBN_CAP_MULTI_ROW = 1u << 1,      /* VALUES with many rows */
	DBN_CAP_SAVEPOINT = 1u << 2,
	DBN_CAP_TWO_PHASE = 1u << 3,
	DBN_CAP_ONE_WRITER = 1u << 4,     /* one writing connection per node (a file) */
	DBN_CAP_REQUIRE_FN = 1u << 5,     /* dbn_require(cond, text) in RETURNING raises */
	DBN_CAP_ACCESS_CHECK = 1u << 6,   /* prepare enforces the expected accesses */
	DBN_CAP_SERVER_ROLES = 1u << 7,   /* assume() works */
	DBN_CAP_CANCEL = 1u << 8,
	DBN_CAP_ROW_CELLS_STABLE = 1u << 9 /* fetch of many rows costs no copies */
};

/** Facts of the dialect, as data.  Texts are static. */
typedef struct dbn_dialect {
	uint32_t struct_size;
	dbn_dialect_id id;
	uint64_t capabilities;
	dbn_text default_schema;          /* "main", "public", the database's name */
	uint32_t max_params, max_statement_bytes; /* 0: no limit known */
	uint32_t isolation_levels;        /* bit per DBN_ISOLATION_.. it gives */
	uint32_t default_isolation;
	dbn_text version;                 /* of the library or server: "3.40.1" */
} dbn_dialect;

/* ---- connect ---- */
typedef struct dbn_connect_opts {
	dbn_call call;
	dbn_text url;                     /* "sqlite:/var/lib/app.db": absolute already */
	dbn_text server_role;             /* second lock, or empty */
	uint32_t read_only;               /* 1: this connection never writes */
	uint32_t create;                  /* 1: make the database if it is not there */
	uint64_t statement_timeout_ns;    /* the server gives a statement up after that by itself: a
	                                     coarse second line behind deadlines; 0: no limit */
} dbn_connect_opts;

enum { DBN_TXN_NONE = 0, DBN_TXN_OPEN = 1, DBN_TXN_FAILED = 2 };
typedef struct dbn_conn_state {
	uint32_t struct_size;
	uint32_t txn;                     /* DBN_TXN_.. */
	uint32_t broken;                  /* 1: close it, never reuse it */
	uint32_t in_flight;               /* statements not answered yet */
	uint64_t server_epoch;            /* moves when the peer behind it changed */
} dbn_conn_state;

enum { DBN_RESET_SOFT = 0, DBN_RESET_FULL = 1 };
typedef struct dbn_reset_opts {
	dbn_call call;
	uint32_t how;                     /* SOFT: between borrowers; FULL: after administration */
	uint32_t reserved0;
} dbn_reset_opts;

/* ---- prepare ---- */
enum {
	DBN_ACT_READ = 1u << 0, DBN_ACT_INSERT = 1u << 1, DBN_ACT_UPDATE = 1u << 2,
	DBN_ACT_DELETE = 1u << 3, DBN_ACT_EXECUTE = 1u << 4, DBN_ACT_DDL = 1u << 5,
	DBN_ACT_SETTINGS = 1u << 6, DBN_ACT_ROUTINE = 1u << 7
};
#define DBN_ACT_WRITE (DBN_ACT_INSERT | DBN_ACT_UPDATE | DBN_ACT_DELETE)

/** Something the statement may touch.  column empty: the relation as a whole
 *  (count(*), insert, delete), and what triggers, views and foreign keys do to it
 *  by themselves, whichever columns that takes.  For DBN_ACT_EXECUTE,
 *  relation.name is a function. */
typedef struct dbn_access {
	uint32_t struct_size, action;
	dbn_name relation;
	dbn_text column;
} dbn_access;

enum {
	DBN_PREPARE_KEEP = 1u << 0,       /* will be run many times */
	DBN_PREPARE_ADMIN = 1u << 1,      /* administrative: no access list, runs as written */
	DBN_PREPARE_READ_ONLY = 1u << 2,  /* must not write */
	DBN_PREPARE_AS_STORED = 1u << 3   /* a cell that is not exactly of its wanted type comes as
	                                     it is stored, with the type it has; else an error */
};
typedef struct dbn_prepare_opts {
	dbn_call call;
	uint32_t flags, reserved0;
	dbn_array param_types;            /* dbn_type each; DBN_NULL: take what is bound */
	dbn_array result_types;           /* wanted dbn_type of each column; DBN_NULL: the driver's choice */
	dbn_array accesses;               /* dbn_access: all that may be touched; a surplus is DBN_E_ACCESS */
} dbn_prepare_opts;

typedef struct dbn_column_info {
	uint32_t struct_size;
	dbn_type type;                    /* DBN_NULL: differs by row (SQLite) */
	dbn_text name;                    /* tied to the statement */
} dbn_column_info;

typedef struct dbn_stmt_info {
	uint32_t struct_size;
	uint32_t nparams;
	dbn_array columns;                /* dbn_column_info; tied to the statement */
	uint32_t read_only, reserved0;
} dbn_stmt_info;

/* ---- execute ---- */
enum {
	DBN_EXEC_ROWS = 1u << 0,          /* a cursor is wanted */
	DBN_EXEC_KEYS = 1u << 1           /* the generated key is wanted */
};
typedef struct dbn_exec_opts {
	dbn_call call;
	uint64_t statement_no;            /* for cancel(); moves by one each execution */
	uint32_t flags;
	uint32_t max_rows;                /* more are not expected, but may come; 0: not known */
	uint64_t max_bytes;               /* of one result; 0: no limit */
} dbn_exec_opts;

/** Did it reach the server, did it run? */
enum { DBN_SENT_NO = 0, DBN_SENT_YES = 1, DBN_SENT_MAYBE = 2 };
typedef struct dbn_outcome {
	uint32_t struct_size;
	dbn_status status;                /* of this item */
	dbn_error *error;                 /* returned: free through the host */
	uint32_t sent;                    /* DBN_SENT_.. */
	uint32_t txn;                     /* state of the transaction afterwards */
	uint64_t affected;
	dbn_value generated_key;          /* of several rows: of the last; DBN_NULL: none */
	dbn_text commit_position;         /* for replicas; tied to the next execution */
} dbn_outcome;

typedef struct dbn_exec_item {
	uint32_t struct_size, flags;
	struct dbn_stmt *stmt;
	const dbn_value *values;          /* nrows rows of nvalues */
	uint64_t nrows;
	uint32_t nvalues, reserved0;
	int64_t *keys;                    /* with DBN_EXEC_KEYS, or NULL: written on DBN_OK, the generated
	                                     key of each row, 0: none, or not known.  Rows of one item
	                                     that have keys still travel together.  Borrowed until the
	                                     outcome is given. */
} dbn_exec_item;

enum { DBN_MANY_ATOMIC = 1, DBN_MANY_EACH = 2, DBN_MANY_FLUSH = 3 };
typedef struct dbn_many_opts {
	dbn_call call;
	uint32_t how;                     /* all or nothing; each by itself; one flush */
	uint32_t reserved0;
	uint64_t statement_no;
} dbn_many_opts;

/** A block of rows, row-major.  Tied to the next fetch, buffer or close. */
typedef struct dbn_rowset {
	uint32_t struct_size;
	uint32_t ncols;
	const dbn_value *cells;
	uint32_t nrows, reserved0;
} dbn_rowset;

/* ---- transactions ---- */
enum {
	DBN_ISOLATION_DEFAULT = 0, DBN_ISOLATION_READ_UNCOMMITTED = 1,
	DBN_ISOLATION_READ_COMMITTED = 2, DBN_ISOLATION_REPEATABLE_READ = 3,
	DBN_ISOLATION_SNAPSHOT = 4, DBN_ISOLATION_SERIALIZABLE = 5
};
typedef struct dbn_begin_opts {
	dbn_call call;
	uint32_t isolation;               /* stronger satisfies, weaker is refused */
	uint32_t read_only, deferrable, reserved0;
	dbn_text snapshot_id, global_id;
} dbn_begin_opts;

enum {
	DBN_END_COMMIT = 1, DBN_END_ROLLBACK = 2, DBN_END_PREPARE = 3,
	DBN_END_COMMIT_PREPARED = 4, DBN_END_ROLLBACK_PREPARED = 5
};
typedef struct dbn_end_opts {
	dbn_call call;
	dbn_text global_id;
	dbn_text *commit_position;        /* out, may be NULL; tied to the next call */
} dbn_end_opts;

enum { DBN_SAVEPOINT_SET = 1, DBN_SAVEPOINT_RELEASE = 2, DBN_SAVEPOINT_ROLLBACK = 3 };

/* ---- catalogue ---- */
enum { DBN_RELATION_TABLE = 1, DBN_RELATION_VIEW = 2, DBN_RELATION_VIRTUAL = 3, DBN_RELATION_SYSTEM = 4 };
enum {
	DBN_COLUMN_NOT_NULL = 1u << 0, DBN_COLUMN_GENERATED = 1u << 1,
	DBN_COLUMN_IDENTITY = 1u << 2, DBN_COLUMN_HIDDEN = 1u << 3,
	DBN_COLUMN_DEFAULT = 1u << 4, DBN_COLUMN_BINARY = 1u << 5
};
typedef struct dbn_column_desc {
	uint32_t struct_size, flags;
	dbn_text name, declared, collation;
	dbn_type type;                    /* DBN_NULL: not known */
	uint32_t key_part;                /* 1.. in the primary key */
	dbn_array inputs;                 /* uint32_t ordinals a generated column reads */
} dbn_column_desc;

/** What the database does by itself when the relation is touched. */
enum {
	DBN_EFFECT_VIEW_READS = 1,        /* a view reads `on` */
	DBN_EFFECT_TRIGGER_READS = 2, DBN_EFFECT_TRIGGER_WRITES = 3, /* `on` is a guess if !sure */
	DBN_EFFECT_CASCADE_DELETE = 4, DBN_EFFECT_CASCADE_UPDATE = 5,
	DBN_EFFECT_FK_READS = 6
};
typedef struct dbn_effect_desc {
	uint32_t struct_size, what;
	dbn_name on;
	dbn_text by;                      /* name of the trigger, constraint or view */
	uint32_t actions;                 /* DBN_ACT_.. on this relation that set it off */
	uint32_t does;                    /* DBN_ACT_.. that it then does on `on`; 0: not known */
} dbn_effect_desc;

/** What a relation is not: written rows stay whatever becomes of the transaction, or
 *  of a statement that fails after some of them.  A view is what any table behind it is;
 *  where they are not known, it is not transactional. */
enum { DBN_RELATION_NOT_TRANSACTIONAL = 1u << 0 };

typedef struct dbn_relation_info {
	uint32_t struct_size, kind;
	dbn_name name;                    /* canonical spelling */
	dbn_array columns;                /* dbn_column_desc */
	dbn_array effects;                /* dbn_effect_desc */
	uint64_t version;                 /* equal versions mean equal descriptions */
	void *memory;                     /* one block of host->alloc: the core releases it */
	uint32_t facts, reserved0;        /* DBN_RELATION_NOT_.. */
} dbn_relation_info;

/** A short opaque value that moves: a schema version, a commit position. */
typedef struct dbn_token {
	uint32_t struct_size, len;
	uint8_t bytes[48];
} dbn_token;

typedef struct dbn_driver_ops {
	uint32_t struct_size, flags;
	/** Facts and capabilities.  Required.  No I/O. */
	dbn_status (*describe)(void *self, dbn_dialect *out, dbn_error **err);
	/** Required.  Blocks up to the deadline.  DBN_E_CONN, DBN_E_TIMEOUT. */
	dbn_status (*connect)(void *self, const dbn_connect_opts *, struct dbn_conn **out, dbn_error **err);
	/** Required.  Frees statements and cursors of it too; never fails. */
	void (*disconnect)(struct dbn_conn *);
	/** Required.  Is the peer there? */
	dbn_status (*ping)(struct dbn_conn *, const dbn_call *, dbn_error **err);
	/** Required.  Undo what a borrower may have left; failing means: close it. */
	dbn_status (*reset)(struct dbn_conn *, const dbn_reset_opts *, dbn_error **err);
	/** Required.  No I/O, cheap. */
	void (*state)(struct dbn_conn *, dbn_conn_state *out);
	/** Stop statement_no if it still runs; a later one is never hit.  Any thread. */
	dbn_status (*cancel)(struct dbn_conn *, uint64_t statement_no, dbn_error **err);
	/** Take on a role of the server (empty: the login's own). */
	dbn_status (*assume)(struct dbn_conn *, dbn_text server_role, const dbn_call *, dbn_error **err);
	/** Required.  info is tied to the statement. */
	dbn_status (*prepare)(struct dbn_conn *, dbn_text sql, const dbn_prepare_opts *,
		struct dbn_stmt **out, dbn_stmt_info *info, dbn_error **err);
	/** Required. */
	void (*close_stmt)(struct dbn_stmt *);
	/** Required.  Values are borrowed until the cursor is closed (cur not NULL) or
	 *  the call returns.  *cur NULL afterwards: no rows follow. */
	dbn_status (*execute)(struct dbn_stmt *, const dbn_value *v, size_t nv, const dbn_exec_opts *,
		dbn_outcome *out, struct dbn_cursor **cur, dbn_error **err);
	/** Many executions in one go, an outcome each. */
	dbn_status (*execute_many)(struct dbn_conn *, const dbn_exec_item *items, size_t n,
		const dbn_many_opts *, dbn_outcome *outs, dbn_error **err);
	/** Required.  1..max_rows rows, or DBN_DONE (then affected is final in *out of
	 *  execute for statements that write and return rows). */
	dbn_status (*fetch)(struct dbn_cursor *, uint32_t max_rows, dbn_rowset *out, dbn_error **err);
	/** Take the rest off the wire, at most max_bytes: the connection is free. */
	dbn_status (*buffer)(struct dbn_cursor *, uint64_t max_bytes, dbn_error **err);
	/** Required. */
	void (*close_cursor)(struct dbn_cursor *);
	/** Required. */
	dbn_status (*begin)(struct dbn_conn *, const dbn_begin_opts *, dbn_error **err);
	/** Required for COMMIT and ROLLBACK.  DBN_E_UNKNOWN_OUTCOME if the reply was lost.
	 *  COMMIT_PREPARED and ROLLBACK_PREPARED: DBN_E_NOT_FOUND where there is none of that
	 *  global_id (any more).  A rollback need not survive a crash of the server: what
	 *  list_prepared() still gives is decided again. */
	dbn_status (*end)(struct dbn_conn *, uint32_t how, const dbn_end_opts *, dbn_error **err);
	/** depth 1.. names the savepoint. */
	dbn_status (*savepoint)(struct dbn_conn *, uint32_t how, uint32_t depth, const dbn_call *, dbn_error **err);
	dbn_status (*list_prepared)(struct dbn_conn *, dbn_text prefix, const dbn_call *,
		dbn_status (*each)(dbn_text gid, int64_t age_us, void *user), void *user, dbn_error **err);
	/** Required.  Describe one relation; DBN_E_NOT_FOUND. */
	dbn_status (*relation)(struct dbn_conn *, const dbn_name *, const dbn_call *,
		dbn_relation_info *out, dbn_error **err);
	/** Required.  All relations of a schema, or those named like pattern->name. */
	dbn_status (*relations)(struct dbn_conn *, const dbn_name *pattern, const dbn_call *,
		dbn_status (*each)(const dbn_name *, uint32_t kind, void *user), void *user, dbn_error **err);
	/** Required.  Moves whenever any relation changes. */
	dbn_status (*schema_epoch)(struct dbn_conn *, const dbn_call *, dbn_token *out, dbn_error **err);
} dbn_driver_ops;

/* ---- extension "dbn.driver.async/1": poll style, no callbacks out of the plugin ---- */
#define DBN_DRIVER_ASYNC_1 "dbn.driver.async/1"
typedef struct dbn_io_want {
	uint32_t struct_size;
	int32_t fd;                       /* -1: none */
	uint32_t events;                  /* 1 read, 2 write */
	uint32_t ready;                   /* replies that take() would give now */
	uint64_t wake_ns;                 /* advance again then; 0: no timer */
} dbn_io_want;

typedef struct dbn_driver_async_1 {
	uint32_t struct_size, reserved0;
	/** Begin to connect; advance() until DBN_OK (DBN_E_BUSY: not yet). */
	dbn_status (*connect_start)(void *self, const dbn_connect_opts *, struct dbn_conn **out, dbn_error **err);
	/** Begin to prepare; the reply comes through take() under its tag. */
	dbn_status (*prepare_start)(struct dbn_conn *, dbn_text sql, const dbn_prepare_opts *,
		struct dbn_stmt **out, uint64_t tag, dbn_error **err);
	/** Queue one execution; many may be in flight.  Never blocks.  The tag is also
	 *  its statement_no for cancel(). */
	dbn_status (*submit)(struct dbn_conn *, const dbn_exec_item *, uint64_t tag, dbn_error **err);
	/** End of a group: an error does not pass it. */
	dbn_status (*sync)(struct dbn_conn *, uint64_t group, dbn_error **err);
	/** Move bytes; never blocks.  DBN_OK: nothing left to wait for; DBN_E_BUSY: see want. */
	dbn_status (*advance)(struct dbn_conn *, dbn_io_want *want, dbn_error **err);
	/** The next finished item in order.  DBN_DONE: none yet.  An item is finished
	 *  when its group is: outcomes say what became of it (undone, not run). */
	dbn_status (*take)(struct dbn_conn *, uint64_t *tag, dbn_outcome *out, struct dbn_cursor **cur, dbn_error **err);
	/** Facts of a statement whose prepare_start() was taken; tied to the statement. */
	dbn_status (*stmt_info)(struct dbn_stmt *, dbn_stmt_info *out, dbn_error **err);
} dbn_driver_async_1;

/* ---- extension "dbn.driver.bulk/1" ---- */
#define DBN_DRIVER_BULK_1 "dbn.driver.bulk/1"
struct dbn_bulk;
typedef struct dbn_driver_bulk_1 {
	uint32_t struct_size, reserved0;
	dbn_status (*open)(struct dbn_conn *, const dbn_name *relation, const dbn_text *columns, size_t ncolumns,
		const dbn_call *, struct dbn_bulk **out, dbn_error **err);
	dbn_status (*write)(struct dbn_bulk *, const dbn_value *values, size_t nrows, dbn_error **err);
	dbn_status (*close)(struct dbn_bulk *, uint32_t commit, uint64_t *rows, dbn_error **err);
} dbn_driver_bulk_1;

/* ---- extension "dbn.driver.position/1": replicas ---- */
#define DBN_DRIVER_POSITION_1 "dbn.driver.position/1"
typedef struct dbn_driver_position_1 {
	uint32_t struct_size, reserved0;
	dbn_status (*now)(struct dbn_conn *, const dbn_call *, dbn_token *out, dbn_error **err);
	dbn_status (*wait)(struct dbn_conn *, const dbn_token *, const dbn_call *, dbn_error **err);
} dbn_driver_position_1;

/* ---- extensions "dbn.driver.changes/1", "dbn.driver.notify/1" ---- */
#define DBN_DRIVER_CHANGES_1 "dbn.driver.changes/1"
typedef struct dbn_driver_changes_1 {
	uint32_t struct_size, reserved0;
	/** Relations changed by others since the token; the token moves on. */
	dbn_status (*since)(struct dbn_conn *, dbn_token *inout, const dbn_call *,
		dbn_status (*each)(const dbn_name *, void *user), void *user, dbn_error **err);
} dbn_driver_changes_1;

#define DBN_DRIVER_NOTIFY_1 "dbn.driver.notify/1"
typedef struct dbn_driver_notify_1 {
	uint32_t struct_size, reserved0;
	dbn_status (*send)(struct dbn_conn *, dbn_text channel, dbn_text payload, const dbn_call *, dbn_error **err);
	dbn_status (*listen)(struct dbn_conn *, dbn_text channel, const dbn_call *, dbn_error **err);
	dbn_status (*take)(struct dbn_conn *, dbn_text *channel, dbn_text *payload, dbn_error **err);
} dbn_driver_notify_1;

DBN_END_DECLS
#endif
