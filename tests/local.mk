# SPDX-License-Identifier: MIT
# What every test sees: where the trees are, the plugins as they were built, and
# the names of the cases in its log (tests/totals.sh counts them).
AM_TESTS_ENVIRONMENT = \
	CRITERION_VERBOSITY_LEVEL=1; export CRITERION_VERBOSITY_LEVEL; \
	DBN_TOP_SRC='$(abs_top_srcdir)'; export DBN_TOP_SRC; \
	CC='$(CC)'; export CC; \
	DBN_TEST_CFLAGS='$(DBN_SANITIZE)'; export DBN_TEST_CFLAGS; \
	DBN_TOP_BUILD='$(abs_top_builddir)'; export DBN_TOP_BUILD; \
	DBN_CC='$(CC)'; export DBN_CC; DBN_CXX='$(CXX)'; export DBN_CXX; \
	DBN_SANITIZED='$(DBN_SANITIZE)$(DBN_COVERAGE)'; export DBN_SANITIZED; \
	DBNEXUS_PLUGIN_PATH=`$(dbn_built_plugin_path)`; export DBNEXUS_PLUGIN_PATH;
dbn_built_plugin_path = for p in $(dbn_plugin_LTLIBRARIES); do \
	printf ':%s' "$(abs_top_builddir)/$${p%/*}/.libs"; done | cut -c2-

# The numbers of the last make check, and the logs of what failed in it.
.PHONY: totals failures
totals:
	@$(SHELL) $(top_srcdir)/tests/totals.sh $(TEST_LOGS)
failures:
	@for log in $(TEST_LOGS); do \
	  grep -q '^:test-result: PASS' $${log%.log}.trs 2>/dev/null || \
	    { echo "==== $${log%.log}"; tail -n 200 $$log; }; \
	done

# Plain thread programs (Criterion does not start under ThreadSanitizer): also run
# on their own in a build with --enable-sanitizers=thread.
dbn_thread_tests =
dbn_thread_needs =
.PHONY: check-threads
check-threads: $(dbn_thread_tests) $(dbn_thread_needs) $(dbn_plugin_LTLIBRARIES) $(check_LTLIBRARIES)
	@$(AM_TESTS_ENVIRONMENT) rc=0; for t in $(dbn_thread_tests); do \
	  echo "== $$t"; $$t || { echo "$$t: exit $$?"; rc=1; }; \
	done; exit $$rc

# Branch coverage of libcore by the whole suite, after ./configure --enable-coverage.
# Exclusion markers would hide what is not covered, so there are none.
.PHONY: coverage
coverage:
	@test -n '$(DBN_COVERAGE)' || { echo 'coverage: configure with --enable-coverage' >&2; exit 1; }
	@command -v gcovr >/dev/null || { echo "coverage: please install gcovr" >&2; exit 1; }
	@! grep -rn 'COV_EXCL' $(top_srcdir)/libcore || { echo 'coverage: markers are not wanted' >&2; exit 1; }
	@find . -name '*.gcda' -exec rm -f {} +
	-$(MAKE) $(AM_MAKEFLAGS) check
	gcovr --root $(top_srcdir) --object-directory . --filter '$(abs_top_srcdir)/libcore/' \
	  --branches --sort-uncovered --print-summary

EXTRA_DIST += %D%/totals.sh
include %D%/abi/local.mk
include %D%/cli/local.mk
include %D%/compile-fail/local.mk
include %D%/conformance/local.mk
include %D%/driver-sqlite/local.mk
include %D%/driver-mysql/local.mk
include %D%/driver-postgres/local.mk
include %D%/failure/local.mk
include %D%/plugins-pg/local.mk
include %D%/helper-process/local.mk
include %D%/headers/local.mk
include %D%/lint/local.mk
include %D%/unit/async/local.mk
include %D%/unit/audit/local.mk
include %D%/unit/base/local.mk
include %D%/unit/cache/local.mk
include %D%/unit/crypto/local.mk
include %D%/unit/error/local.mk
include %D%/unit/metrics/local.mk
include %D%/unit/shard/local.mk
include %D%/unit/conf/local.mk
include %D%/unit/value/local.mk
include %D%/plugins/local.mk
include %D%/unit/plugin/local.mk
include %D%/sql/local.mk
include %D%/unit/sql/local.mk
include %D%/fuzz/local.mk
include %D%/unit/permission/local.mk
include %D%/unit/plan/local.mk
include %D%/unit/pool/local.mk
include %D%/security/local.mk
include %D%/fault/local.mk
include %D%/integration/local.mk
include %D%/tls/local.mk
include %D%/types/local.mk
include %D%/unit/entity/local.mk
include %D%/unit/query/local.mk
