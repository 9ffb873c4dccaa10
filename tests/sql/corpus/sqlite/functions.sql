# SPDX-License-Identifier: MIT
# Functions, aggregates and windows.
SELECT @{count(*)@|min(age)@|max(name)@|sum(age)@|avg(score)@} FROM users@{@| GROUP BY team_id@}
