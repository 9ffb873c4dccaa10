# SPDX-License-Identifier: MIT
TESTS += %D%/run.sh
EXTRA_DIST += %D%/run.sh
