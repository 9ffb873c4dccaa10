# SPDX-License-Identifier: MIT
# Commented samples; tests/cli checks them.
examplesdir = $(docdir)/examples
dist_examples_DATA = %D%/embedded.conf %D%/mysql.conf %D%/policy.conf %D%/postgres.conf %D%/sharded.conf
