# SPDX-License-Identifier: MIT
# Pages for people; what they show is compiled and run by tests/cli/docs.sh.
dist_doc_DATA += \
	%D%/abi-changelog.md \
	%D%/architecture.md \
	%D%/configure.md \
	%D%/entities.md \
	%D%/errors.md \
	%D%/link-libcore.md \
	%D%/pool.md \
	%D%/threads.md \
	%D%/write-a-plugin.md
dist_man_MANS += \
	%D%/man/dbnexus.1 \
	%D%/man/dbnexus.conf.5 \
	%D%/man/dbnexus-policy.5
