# SPDX-License-Identifier: MIT
# make tour: a walk through the stack, below the build directory.
noinst_PROGRAMS += %D%/tour
%C%_tour_SOURCES = %D%/places.c %D%/places.h %D%/tour.c
%C%_tour_LDFLAGS = -no-install $(AM_LDFLAGS)
%C%_tour_LDADD = libcore/libdbnexus.la
EXTRA_DIST += %D%/policy.conf %D%/tour.conf %D%/tour.sh

tour_data = /usr/share/zoneinfo
.PHONY: tour clean-tour
tour: %D%/tour tools/dbnexus/dbnexus $(dbn_plugin_LTLIBRARIES)
	@DBNEXUS_PLUGIN_PATH=`$(dbn_built_plugin_path)` $(SHELL) $(srcdir)/%D%/tour.sh \
	  $(abs_top_builddir)/tools/dbnexus/dbnexus $(abs_top_builddir)/%D%/tour \
	  $(tour_data) $(abs_top_builddir)/tour.d
clean-tour:
	-rm -rf tour.d
