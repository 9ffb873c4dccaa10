/* SPDX-License-Identifier: MIT */
/*
 * Forms of expressions that one or two dialects have: arrays, JSON, patterns, typed
 * literals, intervals, row values.
 */
#include <stdio.h>
#include <string.h>

#include "sql/generate_impl.h"

/* A form by its text, in which $ and a class stand for something of that class: $i, $t;
 * a great letter for a column, without which the form is of no use: @A, @J. */
static bool
fill(struct gen *g, const char *form)
{
	dbn_str *out = g->out, own;
	bool good = true;

	dbn_str_init(&own, 0);
	g->out = &own;
	for (; good && *form; form++) {
		if (*form == '$' && form[1] && strchr("intdsb", form[1])) {
			gen_atom(g, *++form);
		} else if (*form == '@' && form[1] && strchr("AWJD", form[1])) {
			char class[2] = { *++form, '\0' };

			if (class[0] == 'J' || class[0] == 'D')
				class[0] = class[0] == 'J' ? 'j' : 'd';
			good = gen_column(g, class);
		} else {
			dbn_str_addc(&own, *form);
		}
	}
	g->out = out;
	if (good)
		gen_put(g, "%s", dbn_str_z(&own));
	dbn_str_free(&own);
	return good;
}

/* One of the forms of this class: "i(...)". */
static bool
one_of(struct gen *g, const char *const *forms, char class)
{
	const char *fit[48];
	unsigned n = 0;

	for (; *forms && n < 48; forms++)
		if (**forms == class)
			fit[n++] = *forms + 1;
	return n && fill(g, fit[gen_below(g, n)]);
}

/* ---- values ---- */

static const char *const postgres_values[] = {
	"i(ARRAY[$i, 7, $i])[2]", "icardinality(ARRAY[$i, $i])", "icoalesce(@A[1], 3)",
	"icoalesce(cardinality(@A[1:2]), $i)", "iposition('a' IN $t)", "i($i # 5)", "i($i & 12 | 1)",
	"i(($i & 15) << 2 >> 1)", "i~($i)", "i@ (-($i))", "iCAST(extract(day FROM $d) AS int)",
	"iCAST(($i % 5) ^ 2 AS int)", "iCAST(|/ 16.0 AS int)", "icardinality(ARRAY[[$i], [2]])",
	"icoalesce((@J ->> 'n')::numeric::int, 0)", "iint4 '12'", "i(SELECT max(e) FROM unnest(ARRAY[$i, 2]) e)",
	"i($i OPERATOR(pg_catalog.+) 1)", "ipg_catalog.abs($i)", "iCAST(extract(year FROM $s) AS int)",
	"tsubstring($t FROM 1 FOR 2)", "ttrim(BOTH 'a' FROM $t)", "toverlay($t PLACING 'x' FROM 1 FOR 1)",
	"tcoalesce(@J ->> 'a', $t)", "tcoalesce(@J #>> '{a,b}', '-')", "tarray_to_string(ARRAY[$t, $t], '/')",
	"tcoalesce(@W[1], $t)", "tnormalize($t)", "tE'a\\tb'", "t$q$ox's$q$", "tU&'d\\0061t'", "t($t)::text",
	"tarray_to_string(@A || 4, ',')", "tcoalesce((@J -> 'tags')::text, '[]')", "tpg_catalog.lower($t)",
	"ttext 'x'", "tcoalesce((@J #- '{a}')::text, '')", "tarray_to_string(ARRAY(SELECT z.title FROM "
	"teams z ORDER BY z.id), ',')", "tsubstring($t SIMILAR '%#\"n#\"%' ESCAPE '#')",
	"narray_length(ARRAY[$i, 1], 1) * 1.5", "nnumeric '2.50'", "nround($n, 1)", "nextract(epoch FROM $s)",
	"d($d + 1)", "dCAST($d + INTERVAL '1' MONTH AS date)", "dDATE '2024-03-01'",
	"s($s + INTERVAL '2' HOUR)", "s($s - INTERVAL '1-2' YEAR TO MONTH)", "sdate_trunc('month', $s)",
	"s($s::timestamp AT TIME ZONE 'UTC' AT TIME ZONE 'UTC')", "s($d + INTERVAL '1 02:03' DAY TO MINUTE)",
	NULL
};

static const char *const mysql_values[] = {
	"i($i DIV 3)", "i($i MOD 5)", "iCAST(($i & 15) ^ 3 AS SIGNED)", "iCAST($i & 7 | 8 AS SIGNED)",
	"iposition('e' IN $t)", "itimestampdiff(DAY, '2024-01-01', $d)", "iextract(year FROM $d)",
	"iconvert($i, SIGNED)", "iextract(month FROM $s)", "icoalesce(json_value(@J, '$.n'), 0)",
	"icoalesce(json_length(@A), 0)", "iCAST(($i & 7) << 2 >> 1 AS SIGNED)", "itimestampdiff(HOUR, $s, '2024-12-31')",
	"tsubstring($t FROM 1 FOR 2)", "ttrim(BOTH 'a' FROM $t)", "t_utf8mb4'x'", "t'a' 'b'",
	"tconvert($t USING utf8mb4)", "tconvert($i, CHAR)", "tcoalesce(json_value(@J, '$.a'), '-')",
	"tcoalesce(json_extract(@J, '$.tags'), '[]')", "tcoalesce(json_value(@W, '$[0]'), $t)",
	"ttrim('d' FROM $t)", "t'back\\\\slash'",
	"n($i * 1.5)", "nCAST($i AS DECIMAL(10,2))", "nround($n, 1)",
	"d(@D + INTERVAL 2 DAY)", "ddate_sub(@D, INTERVAL 1 MONTH)", "dDATE '2024-03-01'",
	"ddate_add(@D, INTERVAL $i DAY)", "dtimestampadd(WEEK, 1, @D)",
	"s(TIMESTAMP '2024-03-01 10:00:00' + INTERVAL 90 MINUTE)", "sdate_add(TIMESTAMP '2024-03-01 10:00:00', "
	"INTERVAL '1:30' HOUR_MINUTE)", "sTIMESTAMP '2024-01-05 11:30:00' - INTERVAL '1 2' DAY_HOUR", NULL
};

static const char *const sqlite_values[] = {
	"i($i & 12 | 1)", "i(($i & 15) << 2 >> 1)", "i~($i)", "ijson_extract('{\"a\": 5}', '$.a')",
	"i('{\"a\": 5}' ->> '$.a')", "iiif($i > 3, $i, 0)", "iinstr($t, 'a')", "icoalesce(@A ->> 0, 3)",
	"icoalesce(json_array_length(@A), 0)", "icoalesce(@J ->> '$.n', 0)", "i0x1f", "i(SELECT max(value) FROM "
	"json_each('[1, 5]'))", "tcoalesce(@J ->> '$.s', $t)", "tcoalesce(@W ->> 0, '-')", "ttrim($t, 'a')",
	"tcoalesce(@J -> '$.tags', '[]')", "tiif($i > 3, $t, 'x')", "n($n * 1.5)", "nround($n, 1)",
	"ddate($d, '+1 day')", "sdatetime($s, '-1 hour')", NULL
};

bool
gen_form(struct gen *g, char class)
{
	return one_of(g, gen_postgres(g) ? postgres_values : gen_mysql(g) ? mysql_values : sqlite_values,
		class);
}

/* ---- conditions ---- */

static const char *const postgres_conditions[] = {
	"$i = ANY (ARRAY[1, 2, $i])", "$i <> ALL (ARRAY[4, 5])", "$i >= SOME ('{1,20}'::int[])",
	"$i = ANY (ARRAY(SELECT z.id FROM teams z))", "$t LIKE ANY (ARRAY['a%', '%e%'])",
	"ARRAY[$i, 2] @> ARRAY[2]", "ARRAY[$i] <@ ARRAY[1, 2, 3, 25]", "@A && ARRAY[1, 5]", "@A @> ARRAY[1]",
	"@W @> ARRAY['a']", "@A[1] = 1", "@A = '{}'::int[]",
	"@J ? 'a'", "@J ?| ARRAY['a', 'k']", "@J ?& ARRAY['a', 'n']", "@J @> '{\"n\": 1.5}'",
	"@J <@ '{\"a\": null, \"s\": \"text\", \"z\": 1}'", "@J @? '$.a'", "@J @@ '$.n > 1'", "@J -> 'a' IS NOT NULL",
	"@J #> '{a,b}' IS NULL", "(@J ->> 'n')::numeric > 1",
	"$t ~ '[a-p]'", "$t ~* '^A'", "$t !~ 'x$'", "$t !~* 'QQ'", "$t ~~ '%n%'", "$t !~~ 'x%'", "$t ~~* 'A%'",
	"$t !~~* '%ZZ'", "$t ^@ 'a'", "$t ILIKE 'A%'", "$t NOT ILIKE '%Q%'", "$t SIMILAR TO '%(a|e)%'",
	"$t NOT SIMILAR TO 'x#%' ESCAPE '#'", "$d < DATE '2024-06-01'", "$s >= TIMESTAMP '2023-01-01 00:00:00'",
	"$s < timestamp '2024-02-01' + interval '6' month", "($d, $d + 1) OVERLAPS (DATE '2024-01-01', INTERVAL '40' DAY)",
	"$i BETWEEN SYMMETRIC 50 AND 1", "$i NOT BETWEEN SYMMETRIC 4 AND 3", "($i > 3) IS UNKNOWN",
	"($i > 3) IS NOT UNKNOWN", "$t ISNULL", "$i NOTNULL", "$t IS NFC NORMALIZED", "$t IS NORMALIZED",
	"$i OPERATOR(pg_catalog.<>) 3", "$t COLLATE \"C\" < 'q'", NULL
};

static const char *const mysql_conditions[] = {
	"$t REGEXP '[a-p]'", "$t NOT REGEXP 'x$'", "$t RLIKE '^[a-z]'", "$t SOUNDS LIKE 'ann'",
	"($i > 3) XOR ($i > 20)", "$i > 0 && $i < 60", "!($i = 3)", "($i > 3) IS UNKNOWN",
	"($i > 3) IS NOT UNKNOWN", "$d > '2024-02-01' - INTERVAL 1 MONTH", "$s < TIMESTAMP '2024-02-01 00:00:00'",
	"BINARY $t = 'ann'", "json_value(@J, '$.n') > 1", "json_contains(@A, '1')", "$i DIV 2 > 1",
	"$i MOD 2 = 1", "$d BETWEEN DATE '2024-01-01' AND DATE '2024-12-31'", "(@D + INTERVAL 2 DAY) > '2024-01-01'",
	NULL
};

static const char *const sqlite_conditions[] = {
	"$i == 1", "$i IS 25", "$i IS NOT 3", "$t ISNULL", "$i NOTNULL", "@J -> '$.a' IS NOT NULL",
	"@J ->> '$.n' > 1", "$i & 1", "$t || '!' <> '!'", "EXISTS (SELECT 1 FROM json_each('[1, 2, 25]') z "
	"WHERE z.value = $i)", NULL
};

/* Every now and then over a query. */
static void
any_query(struct gen *g)
{
	static const char *const words[] = { "ANY", "ALL", "SOME", NULL };

	gen_atom(g, 'i');
	gen_put(g, " %s %s (", gen_comparison(g), gen_pick(g, words));
	gen_query(g, "i", false, GEN_SUB);
	gen_put(g, ")");
}

bool
gen_form_condition(struct gen *g)
{
	const char *const *forms = gen_postgres(g) ? postgres_conditions : gen_mysql(g) ?
		mysql_conditions : sqlite_conditions;
	unsigned n = 0;

	if (!gen_sqlite(g) && g->depth < 3 && gen_chance(g, 12)) {
		any_query(g);
		return true;
	}
	while (forms[n])
		n++;
	/* Those over arrays and JSON first: a source that has them is rare. */
	for (unsigned i = 0; i < 6; i++) {
		const char *form = forms[gen_below(g, n)];

		if (strchr(form, '@') && fill(g, form))
			return true;
	}
	return fill(g, forms[gen_below(g, n)]);
}

/* ---- row values ---- */

static void
pair(struct gen *g, const char *word)
{
	gen_put(g, "%s(", word);
	gen_atom(g, 'i');
	gen_put(g, ", ");
	gen_atom(g, 'i');
	gen_put(g, ")");
}

void
gen_rows(struct gen *g)
{
	const char *word = !gen_sqlite(g) && gen_chance(g, 30) ? "ROW" : "";

	pair(g, word);
	switch (gen_below(g, 4)) {
	case 0:
		gen_put(g, gen_chance(g, 40) ? " NOT IN (%s" : " IN (%s", gen_sqlite(g) ? "VALUES " : "");
		for (unsigned i = 0, n = 1 + gen_below(g, 3); i < n; i++)
			gen_put(g, "%s(%u, %u)", i ? ", " : "", gen_below(g, 5), gen_below(g, 30));
		gen_put(g, ")");
		break;
	case 1:
		if (g->depth < 3) {
			gen_put(g, gen_chance(g, 50) ? " NOT IN (" : " IN (");
			gen_query(g, "ii", false, GEN_SUB);
			gen_put(g, ")");
			break;
		}
		/* fall through */
	case 2:
		gen_put(g, " %s ", gen_comparison(g));
		pair(g, word);
		break;
	default:
		gen_put(g, " <> ");
		pair(g, "");
		break;
	}
}
