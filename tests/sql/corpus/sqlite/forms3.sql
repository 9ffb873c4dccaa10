!refused(MINUS): SELECT id FROM users @{@|WHERE id > 1 @|u @}MINUS @{SELECT 1@|VALUES (1)@}
SELECT 1 AS minus, minus.id FROM users minus ORDER BY 2
