# SPDX-License-Identifier: MIT
# Pages for people; what they show is compiled and run by tests/cli/docs.sh.
dist_doc_DATA += \
	%D%/abi-changelog.md \
	%D%/architecture.md \
	%D%/async.md \
	%D%/bench.md \
	%D%/configure.md \
	%D%/entities.md \
	%D%/errors.md \
	%D%/link-libcore.md \
	%D%/pool.md \
	%D%/sql.md \
	%D%/threads.md \
	%D%/types.md \
	%D%/write-a-plugin.md
dbn_examplesrcdir = $(docdir)/examples
dbn_templatedir = $(docdir)/examples/template
dist_dbn_template_DATA = plugins/template/Makefile plugins/template/README.md plugins/template/fail.h \
	plugins/template/audit.c plugins/template/cache.c plugins/template/driver.c \
	plugins/template/permission.c plugins/template/shard.c
dist_dbn_examplesrc_DATA = %D%/examples/async-epoll.c %D%/examples/async-libuv.c
dist_man_MANS += \
	%D%/man/dbnexus.1 \
	%D%/man/dbnexus.conf.5 \
	%D%/man/dbnexus-policy.5
