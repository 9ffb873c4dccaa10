#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes a C file that shows abidw every type and function of the public headers:
# each struct as the parameter of an exported function, each function as the type
# of an exported variable.  Made from the headers, so that nothing is left out.
# Usage: witness.sh INCLUDE_DIR
set -u
export LC_ALL=C
cd "$1" || exit 99
headers=$(find dbnexus -name '*.h' | sort)

# comments and bodies out of the way; one declaration a line
flat()
{
	awk '
	{
		while (1) {
			if (inside) {
				at = index($0, "*/")
				if (!at) { $0 = ""; break }
				$0 = substr($0, at + 2); inside = 0
			}
			at = index($0, "/*")
			if (!at) break
			rest = substr($0, at + 2); end = index(rest, "*/")
			if (end) $0 = substr($0, 1, at - 1) " " substr(rest, end + 2)
			else { $0 = substr($0, 1, at - 1); inside = 1; break }
		}
		print
	}' "$@"
}

echo '/* made by tests/abi/witness.sh */'
for h in $headers; do echo "#include <$h>"; done
flat $headers | grep -oE '^typedef struct [a-z_0-9]+ \{' | awk '{ print $3 }' | sort -u |
while read -r type; do
	echo "void dbn_witness_of_$type(const struct $type *x);"
	echo "void dbn_witness_of_$type(const struct $type *x) { (void)x; }"
done
flat $headers | tr '\n' ' ' | grep -oE 'DBN_API [^;{(]*\(' | grep -oE 'dbn_[a-z0-9_]+ *\(' | tr -d ' (' | sort -u |
while read -r fn; do
	echo "extern __typeof__($fn) *dbn_witness_call_$fn;"
	echo "__typeof__($fn) *dbn_witness_call_$fn;"
done
