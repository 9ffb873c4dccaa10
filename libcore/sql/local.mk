# SPDX-License-Identifier: MIT
dbn_sql_sources = \
	%D%/catalog.h \
	%D%/converts.c \
	%D%/copy.c \
	%D%/dialect.c %D%/dialect.h %D%/dialect_table.h \
	%D%/dialect_mysql.c %D%/dialect_postgres.c %D%/dialect_sqlite.c \
	%D%/grammar.c %D%/grammar.h \
	%D%/grammar_admin.def %D%/grammar_expr.def %D%/grammar_lex.def %D%/grammar_query.def %D%/grammar_write.def \
	%D%/leakproof.c \
	%D%/lex.c %D%/lex.h %D%/lex_pg.c %D%/lex_words.c \
	%D%/parse.c %D%/parse.h %D%/parser.h \
	%D%/parse_admin.c %D%/parse_call.c %D%/parse_expr.c %D%/parse_expr.h %D%/parse_form.c \
	%D%/parse_from.c %D%/parse_insert.c %D%/parse_join.c %D%/parse_literal.c %D%/parse_many.c %D%/parse_op.c %D%/parse_operand.c \
	%D%/parse_query.c %D%/parse_select.c %D%/parse_word.c %D%/parse_write.c \
	%D%/print.c %D%/print.h %D%/printer.h \
	%D%/print_call.c %D%/print_expr.c %D%/print_from.c %D%/print_order.c %D%/print_value.c %D%/print_write.c \
	%D%/resolve.c %D%/resolve.h %D%/resolver.h \
	%D%/resolve_expr.c %D%/resolve_from.c %D%/resolve_groups.c %D%/resolve_items.c %D%/resolve_names.c %D%/resolve_query.c %D%/resolve_write.c \
	%D%/scope.c \
	%D%/signatures.c \
	%D%/star.c \
	%D%/table_func.c \
	%D%/tree.c %D%/tree.h \
	%D%/walk.c
dbn_core_sources += $(dbn_sql_sources)
