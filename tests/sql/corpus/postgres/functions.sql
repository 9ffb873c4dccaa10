# SPDX-License-Identifier: MIT
# Functions, aggregates and windows' functions that are listed as pure.

# ---- aggregates ----
SELECT @{count(*)@|count(age)@|count(DISTINCT age)@|min(age)@|max(name)@|sum(age)@|sum(DISTINCT age)@|avg(score)@|avg(age)@|min(created)@|bool_and(active)@|bool_or(active)@|every(active)@|bit_and(id)@|bit_or(id)@|string_agg(name, ',')@|array_agg(id)@|count(age + 1)@|sum(age * 2)@|max(length(name))@|count(NULL)@} FROM users@{@| WHERE id > 2@| GROUP BY team_id@| WHERE false@}
SELECT team_id, @{count(*)@|count(age)@|sum(id)@|max(age)@|string_agg(name, ';')@|bool_or(active)@} FILTER (WHERE @{id > 2@|active@|age IS NOT NULL AND id < 6@}) FROM users GROUP BY team_id@{@| ORDER BY team_id@}
SELECT @{sum(num)@|avg(i4)@|min(i8)@|max(f8)@|sum(f4)@|avg(num)@|bit_or(i4)@|sum(i2)@|count(num)@} FROM nums@{@| WHERE id < 4@}
SELECT @{max(at)@|min(d)@|max(t)@|sum(span)@|avg(span)@|count(span)@} FROM events@{@| GROUP BY kind@}
SELECT sum(amount) @{/ count(*)@|- min(amount)@|+ 1@|> 10@|* 2 + 1@} AS r FROM orders
SELECT upper(@{min(name)@|max(name)@|string_agg(name, '')@}) FROM users@{@| GROUP BY team_id@}
SELECT u.name, count(@{o.id@|*@|DISTINCT o.state@}) FROM users u LEFT JOIN orders o ON o.user_id = u.id GROUP BY u.name@{@| ORDER BY 2, 1@}
# ---- text ----
SELECT id, @{upper(a)@|lower(a)@|length(a)@|char_length(a)@|character_length(a)@|octet_length(a)@|bit_length(a)@|initcap(a)@|reverse(a)@|md5(a)@|ascii(a)@|trim(a)@|btrim(a)@|btrim(a, 'p')@|ltrim(a)@|ltrim(a, 'p')@|rtrim(a)@|rtrim(a, 'n')@|left(a, 2)@|right(a, 2)@|left(a, -1)@|substr(a, 2)@|substr(a, 2, 2)@|substring(a, 1, 3)@|replace(a, 'a', 'o')@|translate(a, 'a', 'b')@|strpos(a, 'n')@|split_part(a, ' ', 1)@|starts_with(a, 'p')@|concat(a, b)@|concat(a, 1, b, NULL)@|concat_ws('-', a, b, c)@|coalesce(a, b)@|coalesce(a, b, 'none')@|nullif(a, '')@|greatest(a, b)@|least(a, b, 'm')@|length(a) + 1@|upper(substr(a, 1, 1)) || lower(substr(a, 2))@} AS r FROM texts
SELECT id FROM texts WHERE @{length(a) > 4@|upper(a) = 'PLAIN'@|substr(a, 1, 1) = 'p'@|coalesce(a, '') = ''@|nullif(a, '') IS NULL@|starts_with(a, 'pl')@|strpos(a, 'n') > 0@|left(a, 1) IN ('p', 't')@|replace(a, 'i', '') LIKE 'pl%'@|lower(a) BETWEEN 'a' AND 'q'@|concat(a, b) <> ''@|greatest(a, b) = a@}
SELECT @{upper('a')@|chr(65)@|length('abc')@|lower('ÄB')@|concat('a', 'b')@|left('abc', 2)@|right('abc', 2)@|replace('aXb', 'X', 'y')@|substr('abcdef', 2, 3)@|split_part('a,b', ',', 2)@|translate('abc', 'ab', 'xy')@|reverse('abc')@|trim('  x ')@|md5('x')@|initcap('a b')@|strpos('abc', 'c')@|UPPER('a')@|Lower('A')@|octet_length('é')@|length('a' || 'b')@|length(upper(lower('Abc')))@}
# ---- numbers ----
SELECT id, @{abs(i4)@|sign(i4)@|ceil(num)@|ceiling(f8)@|floor(num)@|round(num)@|round(num, 1)@|trunc(num)@|trunc(num, 2)@|mod(i4, 3)@|power(i2, 2)@|sqrt(abs(i4))@|cbrt(f4)@|atan(f4)@|atan2(f4, 1)@|sin(f4)@|cos(f4)@|tan(f4)@|degrees(f4)@|radians(f4)@|greatest(i2, i4)@|least(i2, i4, 5)@|coalesce(i2, 0)@|nullif(i2, 0)@|coalesce(num, f8)@|abs(-i4)@|-abs(i4)@|abs(i2) + abs(i4)@} AS r FROM nums WHERE id IN (1, 3, 5)
SELECT @{abs(-1)@|sign(-2.5)@|ceil(1.2)@|floor(-1.2)@|round(2.5)@|round(2.345, 2)@|trunc(2.9)@|mod(7, 3)@|power(2, 10)@|sqrt(2)@|cbrt(27)@|exp(1)@|ln(2)@|log(100)@|log(2, 8)@|pi()@|pi() * 2@|acos(0.5)@|asin(0.5)@|greatest(1, 2, 3)@|least(3, 2.5)@|coalesce(NULL, 1)@|nullif(1, 1)@|abs(1 - 5)@|degrees(pi())@|random() < 2@}
# ---- dates ----
SELECT id, @{date_trunc('month', at)@|date_trunc('year', d)@|date_part('year', d)@|date_part('dow', at)@|extract(year FROM d)@|extract(month FROM at)@|extract(day FROM d)@|extract(hour FROM t)@|extract(minute FROM at)@|extract(second FROM at)@|extract(dow FROM d)@|extract(doy FROM d)@|extract(epoch FROM at)@|extract(quarter FROM d)@|extract(week FROM d)@|to_char(d, 'YYYY-MM-DD')@|to_char(at, 'HH24:MI')@|extract(day FROM span)@|coalesce(d, '2000-01-01')@|greatest(d, '2024-02-01')@|date_trunc('hour', span)@} AS r FROM events
SELECT @{make_date(2024, 2, 29)@|extract(year FROM make_date(2024, 1, 1))@|date_trunc('month', '2024-05-06'::timestamp)@|to_char(1234.5, '9999.9')@|now() > '2020-01-01'@|extract(year FROM now()) > 2000@|date_part('year', current_date) > 2000@} AS r
# ---- json ----
SELECT id, @{jsonb_typeof(body)@|jsonb_typeof(body -> 'a')@|coalesce(body ->> 's', 'none')@|length(body ->> 's')@|upper(body ->> 's')@} AS r FROM docs
SELECT id, jsonb_array_length(body) FROM docs WHERE jsonb_typeof(body) = 'array'
# ---- arguments that are parameters ----
@args 'Abc', 2 @ SELECT @{left($1, $2)@|substr($1, $2)@|coalesce($1, 'x') || $2::int@|concat($1::text, $2::int)@|CASE WHEN length($1) > $2 THEN 'long' END@}
# ---- still to come ----
SELECT @{string_agg(name, ',' ORDER BY id)@|array_agg(id ORDER BY id DESC)@|array_agg(DISTINCT age ORDER BY age)@|json_agg(name)@|jsonb_agg(id)@|jsonb_object_agg(id, name)@|percentile_cont(0.5) WITHIN GROUP (ORDER BY age)@|mode() WITHIN GROUP (ORDER BY age)@|count(ALL age)@|stddev(age)@|variance(age)@|corr(id, age)@} FROM users
SELECT @{substring(a FROM 1 FOR 2)@|substring(a FROM 2)@|position('n' IN a)@|overlay(a PLACING 'x' FROM 1)@|trim(BOTH 'p' FROM a)@|trim(LEADING FROM a)@} FROM texts
!refused: SELECT @{length(VARIADIC ARRAY['a'])@|make_interval(days => 1)@|lag(id) IGNORE NULLS OVER ()@} FROM users
SELECT EXTRACT('year' FROM d) FROM events
