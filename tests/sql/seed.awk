# SPDX-License-Identifier: MIT
# Puts the bugs of seeds.txt that are for one file into a copy of it.
#   awk -v file=print.c -v list=LIST -f seed.awk seeds.txt SOURCE >COPY
# LIST gets the number and the name of each that found its place.
BEGIN {
	print "extern int dbn_seed_bug;"
	printf "" >list
}
FNR == NR {
	if (substr($0, 1, 2) == "= ") {
		name[++n] = $2
		of[n] = $3
	} else if (substr($0, 1, 1) == "@") {
		context[n] = substr($0, 2)
	} else if (substr($0, 1, 1) == "-") {
		old[n] = substr($0, 2)
	} else if (substr($0, 1, 1) == "+") {
		line = substr($0, 2)
		gsub(/SEED/, "(dbn_seed_bug == " n ")", line)
		new[n] = new[n] line "\n"
	}
	next
}
{
	for (k = 1; k <= n; k++) {
		if (of[k] != file || done[k])
			continue
		if (k in context && $0 == context[k])
			seen[k] = 1
		if ($0 == old[k] && (!(k in context) || seen[k])) {
			printf "%s", new[k]
			done[k] = 1
			print k, name[k] >list
			next
		}
	}
	print
}
