/* SPDX-License-Identifier: MIT */
/*
 * Sizes and durations with their units.  Pure functions.
 */
#include "conf/schema.h"

struct unit {
	const char *name;
	uint64_t factor;
};

static bool
parse_unit(dbn_text t, const struct unit *units, size_t n, uint64_t *out)
{
	size_t digits = 0;
	uint64_t v;
	dbn_text unit;

	while (digits < t.len && t.ptr[digits] >= '0' && t.ptr[digits] <= '9')
		digits++;
	if (!dbn_parse_uint64(dbn_text_n(t.ptr, digits), &v))
		return false;
	if (digits > 1 && t.ptr[0] == '0')
		return false;
	unit = dbn_text_n(t.ptr + digits, t.len - digits);
	while (unit.len && unit.ptr[0] == ' ') {
		unit.ptr++;
		unit.len--;
	}
	for (size_t i = 0; i < n; i++)
		if (dbn_text_eqz(unit, units[i].name))
			return !__builtin_mul_overflow(v, units[i].factor, out) && *out != UINT64_MAX;
	return false;
}

bool
dbn_conf_parse_size(dbn_text t, uint64_t *bytes)
{
	static const struct unit units[] = {
		{ "B", 1 },
		{ "KiB", UINT64_C(1) << 10 }, { "MiB", UINT64_C(1) << 20 },
		{ "GiB", UINT64_C(1) << 30 }, { "TiB", UINT64_C(1) << 40 },
		{ "kB", 1000 }, { "MB", 1000000 }, { "GB", UINT64_C(1000000000) },
		{ "TB", UINT64_C(1000000000000) },
	};

	return parse_unit(t, units, sizeof units / sizeof *units, bytes);
}

bool
dbn_conf_parse_duration(dbn_text t, uint64_t *ns)
{
	static const struct unit units[] = {
		{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", UINT64_C(1000000000) },
		{ "min", UINT64_C(60000000000) }, { "h", UINT64_C(3600000000000) },
		{ "d", UINT64_C(86400000000000) },
	};

	if (dbn_text_eqz(t, "never")) {
		*ns = UINT64_MAX;
		return true;
	}
	return parse_unit(t, units, sizeof units / sizeof *units, ns);
}
