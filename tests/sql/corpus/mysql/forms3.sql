# forms of calls
SELECT CHAR(@{65@|65, 66@|id + 64@|228@} USING @{utf8mb4@|latin1@|ascii@|binary@}) AS v FROM users WHERE id < 3 ORDER BY id
!refused(JSON_VALUE): SELECT JSON_VALUE('{"a": 1}', '$.a' @{RETURNING INT@|RETURNING CHAR(3) NULL ON EMPTY@|NULL ON ERROR@|DEFAULT 1 ON EMPTY@}) AS v
!refused(WEIGHT_STRING): SELECT WEIGHT_STRING('a'@{@| AS CHAR(3)@| AS BINARY(3)@| LEVEL 1@}) AS v
!refused(MINUS): SELECT id FROM users @{@|WHERE id > 1 @|u @}MINUS @{SELECT 1@|(SELECT 1)@}
