# SPDX-License-Identifier: MIT
# Writes each block of a page that follows "<!-- file: NAME -->" to dir/NAME.
/^<!-- file: .* -->$/ { name = $0; sub(/^<!-- file: /, "", name); sub(/ -->$/, "", name); next }
/^```/ {
	if (inside) { close(dir "/" name); inside = 0; name = "" }
	else if (name != "") { inside = 1; printf "" > (dir "/" name) }
	next
}
inside { print > (dir "/" name) }
