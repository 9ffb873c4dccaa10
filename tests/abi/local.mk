# SPDX-License-Identifier: MIT
TESTS += %D%/run.sh
EXTRA_DIST += %D%/run.sh %D%/witness.sh %D%/layout.c %D%/dbnexus-0.abi

# After a wanted change of the border, in the same commit.
.PHONY: abi-golden
abi-golden:
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(top_srcdir)/tests/abi/run.sh --golden $(top_srcdir)/tests/abi/dbnexus-0.abi >/dev/null
