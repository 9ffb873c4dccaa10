# SPDX-License-Identifier: MIT
include %D%/dbnexus/local.mk
