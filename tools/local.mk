# SPDX-License-Identifier: MIT
include %D%/dbnexus/local.mk
include %D%/tour/local.mk
include %D%/bench/local.mk
include %D%/sqldoc/local.mk
clean-local: clean-tour clean-bench
