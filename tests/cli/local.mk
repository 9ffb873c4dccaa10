# SPDX-License-Identifier: MIT
if HAVE_CRITERION
check_PROGRAMS += %D%/test_out %D%/test_public %D%/test_report %D%/test_words
TESTS += %D%/test_out %D%/test_public %D%/test_report %D%/test_words
endif
%C%_test_out_SOURCES  = %D%/test_out.c
%C%_test_out_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tools/dbnexus
%C%_test_out_CFLAGS   = $(AM_CFLAGS) $(CRITERION_CFLAGS)
%C%_test_out_LDADD    = tools/dbnexus/libcli.la libcore/libcore.la $(CRITERION_LIBS)
%C%_test_words_SOURCES  = %D%/test_words.c
%C%_test_words_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tools/dbnexus
%C%_test_words_CFLAGS   = $(AM_CFLAGS) $(CRITERION_CFLAGS)
%C%_test_words_LDADD    = tools/dbnexus/libcli.la libcore/libcore.la $(CRITERION_LIBS)

# Shell scripts that print TAP; most run the command over the plugins as built.
dbn_cli_scripts = %D%/autogen.sh %D%/totals.sh
dbn_cli_plugin_scripts = \
	%D%/bench.sh \
	%D%/docs.sh \
	%D%/odd.sh \
	%D%/pool.sh \
	%D%/samples.sh \
	%D%/session.sh \
	%D%/tour.sh \
	%D%/words.sh
TESTS += $(dbn_cli_scripts)
if ENABLE_STACK
if ENABLE_DRIVER_POSTGRES
if ENABLE_DRIVER_MYSQL
TESTS += %D%/servers.sh
endif
endif
if ENABLE_SHARD_HASH
TESTS += $(dbn_cli_plugin_scripts)
endif
endif
EXTRA_DIST += %D%/servers.sh $(dbn_cli_scripts) $(dbn_cli_plugin_scripts) %D%/extract.awk %D%/tap.sh
%C%_test_report_SOURCES  = %D%/test_report.c
%C%_test_report_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tools/dbnexus
%C%_test_report_CFLAGS   = $(AM_CFLAGS) $(CRITERION_CFLAGS)
%C%_test_report_LDADD    = tools/dbnexus/libcli.la libcore/libcore.la $(CRITERION_LIBS)
%C%_test_public_SOURCES = %D%/test_public.c
%C%_test_public_CPPFLAGS = $(AM_CPPFLAGS)
if ENABLE_PERMISSION_RBAC
%C%_test_public_CPPFLAGS += -DHAVE_RBAC
endif
%C%_test_public_CFLAGS  = $(AM_CFLAGS) $(CRITERION_CFLAGS)
%C%_test_public_LDADD   = libcore/libcore.la $(CRITERION_LIBS)
# What pool.sh looks at.
check_PROGRAMS += %D%/holder
%C%_holder_SOURCES = %D%/holder.c
%C%_holder_LDADD   = libcore/libdbnexus.la
