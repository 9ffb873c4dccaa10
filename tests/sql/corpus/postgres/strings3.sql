# strings that go on behind a new line
SELECT E'a\n'@/'b\tc' AS x
SELECT E'a''@{x@|\\@|\'@}'@/  'b\@{n@|x41@|u00e9@|'''@}'@/'c' AS x
SELECT 'a\'@/'b\n' AS x, 'it''s'@/'''s' AS y
!refused: SELECT U&'\0061'@/'\0062' AS x
SELECT id FROM users WHERE name = E'an'@/'n' OR name = 'B'@/'ob' ORDER BY 1
!refused: SELECT E'a' 'b' AS x
!refused: SELECT 'a'@/E'b' AS x
# sizes of arrays mean nothing
SELECT @{'{1,2,3,4}'::int[3]@|CAST('{1,2}' AS int[1])@|'{}'::int[2][1]@|ARRAY[1, 2]::bigint[5]@|CAST('{a}' AS varchar(3)[2])@|CAST('{1}' AS int ARRAY[4])@} AS a
# pg_catalog before a function means the same; forms of the language are no functions
SELECT pg_catalog.@{lower(name)@|upper(name)@|length(name)@|substr(name, 2)@|btrim(name)@} AS x FROM users ORDER BY id
SELECT pg_catalog.@{count(*)@|max(age)@|sum(DISTINCT age)@} AS x FROM users
!refused(a form of the language): SELECT pg_catalog.@{coalesce(1, 2)@|nullif(1, 2)@|greatest(1, 2)@|least(1, 2)@|trim('x')@|position('x' IN 'y')@|position('x', 'y')@|overlay('x' PLACING 'y' FROM 1)@|extract(year FROM now())@} AS x
# a class of operators is the index's
!refused(a class of operators): INSERT INTO teams (id, title) VALUES (1, 'x') ON CONFLICT (@{id int4_ops@|id COLLATE "C" text_ops@|title pg_catalog.text_ops@|(id) int4_ops@}) DO NOTHING
!refused(MINUS): SELECT id FROM users @{@|WHERE id > 1 @|u @}MINUS @{SELECT 1@|(SELECT 1)@|VALUES (1)@}
# two outputs of one name
!refused(the name of two outputs): SELECT id AS a, age AS a FROM users ORDER BY a
SELECT id, u.id, age FROM users u ORDER BY id
