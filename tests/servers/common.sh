# SPDX-License-Identifier: MIT
# What scripts share that run a command beside a server of their own: a temporary
# directory, certificates, a free port, another user than root.  To be read with
# ".", not run.

# DBN_TEST_SERVERS=no: as on a machine that has none.
if test "${DBN_TEST_SERVERS-}" = no; then
	echo "${0##*/}: DBN_TEST_SERVERS=no" >&2
	exit 77
fi

# A directory that is gone afterwards, in $dir; becomes the current one.  $from is
# the one before.
make_dir()
{
	from=$PWD
	dir=
	server=
	trap finish EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	dir=$(mktemp -d "${TMPDIR:-/tmp}/$1.XXXXXX")
	# Servers refuse root: become somebody else.
	as=
	if test "$(id -u)" -eq 0; then
		chown nobody "$dir"
		as="setpriv --reuid=nobody --regid=$(id -g nobody) --clear-groups --"
	fi
	chmod 755 "$dir"
	cd "$dir"
	: >log
}

# Does process $1 run?  A dead one that nobody has waited for does not.
runs()
{
	kill -0 "$1" 2>/dev/null || return 1
	case $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) in
	Z*) return 1 ;;
	esac
}

# Waits until process $1 is gone, at most $2 tenths of a second.
gone()
{
	n=0
	while runs "$1"; do
		test $n -lt "$2" || return 1
		sleep 0.1
		n=$((n + 1))
	done
}

# Ends the server, asked by signal $stop, and leaves with the status that led here.
# Whoever starts it leaves its process id in the file "started", so that one that
# was started again, or is only starting, is found too.
finish()
{
	rc=$?
	# To the end now: a second signal must not leave half of it behind.
	trap - EXIT
	trap '' INT TERM HUP
	set +e
	if test -n "$dir" && test -s "$dir/started"; then
		server=$(cat "$dir/started")
	fi
	if test -n "$server"; then
		kill -CONT "$server" 2>/dev/null
		kill -"$stop" "$server" 2>/dev/null
		if ! gone "$server" 100; then
			kill -QUIT "$server" 2>/dev/null
			gone "$server" 50 || kill -KILL "$server" 2>/dev/null
		fi
		wait "$server" 2>/dev/null
	fi
	cd /
	if test -n "$dir"; then
		rm -rf "$dir"
	fi
	exit $rc
}

# ca.crt signed server.crt (for localhost), other-ca.crt did not.
make_certificates()
{
	for ca in ca other-ca; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
			-subj "/CN=DBNexus test $ca" -keyout "$ca.key" -out "$ca.crt" 2>>log || return 1
	done
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=localhost" \
		-keyout server.key -out server.csr 2>>log || return 1
	printf 'subjectAltName=DNS:localhost\n' >san
	openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 \
		-extfile san -out server.crt 2>>log || return 1
	chmod 600 ./*.key
	openssl rand -hex 12 >password
	if test -n "$as"; then
		chown nobody ./*
	fi
}

# A port of the loopback that nobody listens on, in $port; below those that outgoing
# connections get, so that it is free too when a server is started again.
free_port()
{
	n=0
	while test $n -lt 200; do
		port=$((20000 + ($$ * 7 + n * 131 + $(date +%N | cut -c1-5 | sed 's/^0*/1/')) % 12000))
		if ! grep -qi ":$(printf %04X "$port") 00000000:0000 0A" /proc/net/tcp 2>/dev/null; then
			return 0
		fi
		n=$((n + 1))
	done
	return 1
}
