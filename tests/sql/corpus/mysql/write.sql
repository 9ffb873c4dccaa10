# SPDX-License-Identifier: MIT
# INSERT, UPDATE, DELETE and the dialect's own forms.
INSERT INTO kv(k) VALUES ('n')
UPDATE kv SET n = n + 1@{@| WHERE k = 'x'@}
DELETE FROM kv@{@| WHERE n > 1@}
