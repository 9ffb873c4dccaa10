# SPDX-License-Identifier: MIT
# Expressions: operators, their levels, literals, casts.
SELECT id FROM users WHERE @{age@|id + 1@|-id@} @{=@|<>@|<@|<=@|>@|>=@} @{25@|team_id@}
@args 25 @ SELECT name FROM users WHERE age @{=@|<>@} ?
