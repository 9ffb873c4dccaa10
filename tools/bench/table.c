/* SPDX-License-Identifier: MIT */
/*
 * Lines are printed as they are measured.  Columns of peers that were not found by
 * configure are left out; below the head it is said which.
 */
#include "table.h"

#include <stdio.h>
#include <string.h>

const char *const peer_names[PEERS] = { "libdbi", "unixODBC", "SOCI" };

static const int peer_built[PEERS] = {
#ifdef HAVE_LIBDBI
	[PEER_LIBDBI] = 1,
#endif
#ifdef HAVE_ODBC
	[PEER_ODBC] = 1,
#endif
#ifdef HAVE_SOCI
	[PEER_SOCI] = 1,
#endif
};

/* Three digits that count, with their unit. */
static void
number(char *out, size_t size, enum measure measure, double v)
{
	static const char *const ns[] = { "ns", "us", "ms", "s" };
	static const char *const rate[] = { "/s", "k/s", "M/s" };
	const char *const *units = measure == MEASURE_NS ? ns : rate;
	size_t n = measure == MEASURE_NS ? 4 : 3, at = 0;

	if (measure == MEASURE_PLAIN) {
		(void)snprintf(out, size, v < 9.9995 ? "%.3f" : "%.1f", v);
		return;
	}
	if (measure == MEASURE_RATIO) {
		(void)snprintf(out, size, v < 9.9995 ? "%.3f x" : "%.1f x", v);
		return;
	}
	if (measure == MEASURE_GROWTH) {
		(void)snprintf(out, size, "n^%.2f", v);
		return;
	}
	while (at + 1 < n && v >= 999.5) {
		v /= 1000;
		at++;
	}
	(void)snprintf(out, size, v < 9.995 ? "%.2f %s" : v < 99.95 ? "%.1f %s" : "%.0f %s", v, units[at]);
}

/* Is it as it should be?  "about": the interval holds the aim. */
static const char *
met(const struct table_line *l)
{
	if (l->aim <= 0)
		return "";
	if (l->at_least ? l->m.mid >= l->aim : l->m.mid <= l->aim)
		return "yes";
	return (l->at_least ? l->m.high >= l->aim : l->m.low <= l->aim) ? "about" : "NO";
}

void
table_head(void)
{
	printf("%-9s %-36s %9s  %-17s %-11s %-5s %9s %9s", "", "work", "measured", "95 %", "aim", "met", "raw",
		"dbnexus");
	for (int i = 0; i < PEERS; i++)
		if (peer_built[i])
			printf(" %8s", peer_names[i]);
	printf("  remark\n");
	for (int i = 0; i < PEERS; i++)
		if (!peer_built[i])
			printf("%-9s (not found by configure, no column: %s)\n", "", peer_names[i]);
}

void
table_line(const struct table_line *l)
{
	char mid[32], low[32], high[32], both[72], aim[48] = "", raw[32] = "", ours[32] = "";
	enum measure plain = l->measure == MEASURE_RATIO ? MEASURE_PLAIN : l->measure;

	number(mid, sizeof mid, l->measure, l->m.mid);
	number(low, sizeof low, plain, l->m.low);
	number(high, sizeof high, plain, l->m.high);
	(void)snprintf(both, sizeof both, "%s..%s", low, high);
	if (l->aim > 0) {
		char value[32];

		number(value, sizeof value, l->measure, l->aim);
		(void)snprintf(aim, sizeof aim, "%s %s", l->at_least ? ">=" : "<=", value);
	}
	if (l->raw > 0)
		number(raw, sizeof raw, l->own, l->raw);
	if (l->ours > 0)
		number(ours, sizeof ours, l->own, l->ours);
	printf("%-9s %-36s %9s  %-17s %-11s %-5s %9s %9s", l->where, l->what, mid,
		l->m.low < l->m.high ? both : "", aim, met(l), raw, ours);
	for (int i = 0; i < PEERS; i++)
		if (peer_built[i] && l->peers[i] > 0)
			printf(" %6.2f x", l->peers[i]);
		else if (peer_built[i])
			printf(" %8s", "");
	printf("%s%s\n", l->remark && *l->remark ? "  " : "", l->remark ? l->remark : "");
	(void)fflush(stdout);
}
