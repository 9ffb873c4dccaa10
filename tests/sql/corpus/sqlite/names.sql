# SPDX-License-Identifier: MIT
# Names: quoted, mixed case, reserved, qualified, shadowed.
SELECT "from", "order" FROM "select"
