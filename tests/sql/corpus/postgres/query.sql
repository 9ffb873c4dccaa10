# SPDX-License-Identifier: MIT
# SELECT and its clauses.
SELECT @{@|DISTINCT @|ALL @}@{name@|team_id, age@|*@} FROM users@{@| WHERE age > 20@}@{@| ORDER BY 1@}@{@| LIMIT 2@}
