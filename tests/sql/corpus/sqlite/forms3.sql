!refused(MINUS): SELECT id FROM users @{@|WHERE id > 1 @|u @}MINUS @{SELECT 1@|VALUES (1)@}
