/* SPDX-License-Identifier: MIT */
/*
 * Entities, conditions, values and the builder from C++17: declared, defined and
 * used by a C++ compiler.  Prints TAP.
 */
#include <cstdio>
#include <cstring>

#include <dbnexus/dbnexus.h>

#define BOOK_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY     (e, id,     int64, DBN_GENERATED) \
	FIELD   (e, title,  text,  DBN_LEN(1, 10)) \
	NULLABLE(e, pages,  int32, DBN_RANGE(1, 5000)) \
	NULLABLE(e, bought, date,  DBN_PLAIN) \
	NULLABLE(e, code,   uuid,  DBN_PLAIN) \
	BELONGS_TO(e, shelf, shelf, pages)
#define SHELF_ROWS(e, KEY, FIELD, NULLABLE, BELONGS_TO, HAS_MANY) \
	KEY     (e, number, int32, DBN_PLAIN) \
	HAS_MANY(e, books,  book,  pages)
DBN_ENTITY_DECLARE(shelf, SHELF_ROWS);
DBN_ENTITY_DECLARE(book, BOOK_ROWS);
DBN_ENTITY_DEFINE(shelf, "shelf", SHELF_ROWS);
DBN_ENTITY_DEFINE(book, "book", BOOK_ROWS);

static int count, bad;

static void
ok(bool good, const char *what)
{
	count++;
	bad += !good;
	std::printf("%sok %d - %s\n", good ? "" : "not ", count, what);
}

static void
entities()
{
	book b = book_init();
	dbn_error *err = nullptr;

	b.title = "C++";
	b.pages = dbn_some_int32(100);
	b.bought = dbn_some_date(dbn_date_make(2024, 2, 29));
	ok(book_check(&b, &err) == DBN_OK, "a good record passes");
	b.title = "a title too long";
	ok(book_check(&b, &err) == DBN_E_VALUE && std::strcmp(dbn_error_column(err), "title") == 0,
		"a long title does not");
	dbn_error_free(err);
	book_clear(&b);
	ok(b.title == nullptr && !b.pages.set, "cleared");
	book_cond c = book_and(book_title(DBN_EQ, "x"), book_not(book_pages_is_null()));
	ok(c.c.nleaves == 2 && !c.c.overflow, "conditions are values");
	book_opts o = book_opts_init();
	o.order[0] = book_by_title(DBN_DESC);
	ok(o.struct_size == sizeof o && o.order[0].o.field_plus_one == 2, "options");
	book_fields f = {};
	f.pages = true;
	ok(!f.title && f.pages, "field sets");
	ok(book_entity.relation_count == 1 && shelf_entity.relations[0].to == &book_entity,
		"relations point both ways");
}

static bool
same(dbn_args a)
{
	return a.n == 6 && a.v[0].type == DBN_INT64 && a.v[1].type == DBN_TEXT &&
		a.v[2].type == DBN_DOUBLE && a.v[3].type == DBN_BOOL && a.v[4].type == DBN_NULL &&
		a.v[5].type == DBN_UINT64;
}

static void
values()
{
	ok(same(DBN_ARGS(1, "two", 3.0, true, nullptr, 6ul)), "arguments are typed");
	ok(dbn_args(DBN_ARGS()).n == 0, "no arguments");
}

static void
builder()
{
	dbn_builder *b = dbn_builder_new();
	dbn_select *q = dbn_select_new(b);
	dbn_error *err = nullptr;
	dbn_text sql;
	dbn_args args;

	dbn_select_from(q, "book", "b");
	dbn_select_columns(q, DBN_NAMES("b.id", "b.title"));
	dbn_select_where(q, dbn_x_any_of(b, DBN_EXPRS(dbn_x_is(b, "b.pages", DBN_GT, DBN_V(300)),
		dbn_x_in(b, dbn_x_col(b, "b.title"), DBN_ARGS("x", "y")))));
	dbn_select_column(q, dbn_x_call(b, "random", DBN_EXPRS()), nullptr);
	ok(dbn_select_text(q, &sql, &args, &err) == DBN_OK, "a statement is built");
	ok(std::strcmp(sql.ptr, "SELECT \"b\".\"id\", \"b\".\"title\", random() FROM \"book\" AS \"b\" "
		"WHERE \"b\".\"pages\" > $1 OR \"b\".\"title\" IN ($2)") == 0 && args.n == 2, "its text");
	dbn_builder_free(b);
}

int
main()
{
	entities();
	values();
	builder();
	std::printf("1..%d\n", count);
	return bad != 0;
}
