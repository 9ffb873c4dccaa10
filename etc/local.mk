# SPDX-License-Identifier: MIT
# Commented samples; tests/cli checks them.
examplesdir = $(docdir)/examples
dist_examples_DATA = %D%/embedded.conf %D%/policy.conf %D%/sharded.conf
