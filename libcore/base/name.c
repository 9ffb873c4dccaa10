/* SPDX-License-Identifier: MIT */
/*
 * Patterns over dotted names, compared part by part from the right.
 */
#include "base/name.h"
#include "base/str.h"

dbn_text
dbn_name_last(dbn_text name)
{
	size_t i = name.len;

	while (i > 0 && name.ptr[i - 1] != '.')
		i--;
	return dbn_text_n(name.ptr ? name.ptr + i : NULL, name.len - i);
}

int
dbn_name_match(dbn_text pattern, dbn_text name)
{
	int exact = 0;

	for (;;) {
		dbn_text p = dbn_name_last(pattern), n = dbn_name_last(name);

		if (!dbn_text_eqz(p, "*")) {
			if (!dbn_text_eq(p, n))
				return -1;
			exact++;
		}
		if (p.len == pattern.len)
			return exact; /* what the pattern leaves out matches anything */
		if (n.len == name.len)
			return -1;    /* the pattern asks for more parts than there are */
		pattern.len -= p.len + 1;
		name.len -= n.len + 1;
	}
}
