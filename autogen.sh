#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes configure; with --tour or --check it also installs what is missing,
# builds in build/ and shows or tests what was built.  Needs only a POSIX shell.
set -eu
umask 022
src=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "$src"

usage()
{
	cat <<'END'
usage: ./autogen.sh [--tour | --check]

  (nothing)  make configure, as packagers expect
  --tour     install what building needs, build in build/, run the tour
  --check    the same with what the tests need, and run the whole test suite;
             the last line counts the test cases

Packages are installed with apt where it is there, through sudo if need be;
elsewhere the names of what is missing are listed.
END
}

# What is needed: set | how to see that it is there | Debian package | its name
# elsewhere.  Sets: build (and tour), test.
needs()
{
	cat <<'END'
build|command cc|gcc libc6-dev|a C11 compiler (gcc or clang)
build|header stdio.h|libc6-dev|the headers of the C library
build|command make|make|GNU make
build|command autoconf|autoconf|autoconf 2.69 or newer
build|command automake|automake|automake 1.16 or newer
build|command libtoolize|libtool|libtool 2.4
build|command pkg-config|pkg-config|pkg-config or pkgconf
build|header ltdl.h|libltdl-dev|libltdl with its header
build|module libconfig|libconfig-dev|libconfig 1.5 or newer
build|module libcrypto|libssl-dev|OpenSSL 3 (libcrypto)
build|module jansson|libjansson-dev|jansson 2.13 or newer
build|module libuv|libuv1-dev|libuv 1.40 or newer
build|module sqlite3|libsqlite3-dev|SQLite 3.35 or newer
build|module libmariadb|libmariadb-dev|MariaDB Connector/C, or MySQL's client library
build|file /usr/share/zoneinfo/zone1970.tab|tzdata|tzdata (zone1970.tab and iso3166.tab)
test|command c++|g++|a C++17 compiler (g++ or clang++)
test|module criterion|libcriterion-dev|Criterion 2.4
test|module libpq|libpq-dev|libpq, PostgreSQL's client library
test|header pg_query.h|libpg-query-dev|libpg_query, PostgreSQL's grammar as a library
test|command openssl|openssl|openssl, the command (certificates of test servers)
test|command ip|iproute2|ip, the command (a network of a test's own)
test|server initdb|postgresql|the PostgreSQL server programs (nothing is started)
test|server mariadbd|mariadb-server|the MariaDB server programs (nothing is started)
test|command abidw|abigail-tools|abidw and abidiff of libabigail
END
}

is_there()
{
	case $1 in
	command) command -v "$2" >/dev/null 2>&1 ;;
	header) printf '#include <%s>\n' "$2" | cc -E - >/dev/null 2>&1 ;;
	module) pkg-config --exists "$2" >/dev/null 2>&1 ;;
	file) test -r "$2" ;;
	server)
		command -v "$2" >/dev/null 2>&1 || test -x "/usr/sbin/$2" ||
			ls /usr/lib/postgresql/*/bin/"$2" >/dev/null 2>&1 ;;
	esac
}

# Sets packages and wanted to what is missing of the sets in $1.
missing()
{
	packages=
	wanted=
	while IFS='|' read -r set how package name; do
		case " $1 " in *" $set "*) ;; *) continue ;; esac
		# shellcheck disable=SC2086 # two words, by construction
		is_there $how && continue
		packages="$packages $package"
		wanted="$wanted
  $name"
	done <<END
$(needs)
END
}

# Runs as root: no questions, no service is started, no database cluster is
# made; what is put in place for that is taken away again.
root_part='
set -eu
policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/zz-dbnexus.conf
made=
undo() { for f in $made; do rm -f "$f"; done; }
trap undo EXIT
trap "exit 130" INT TERM HUP
if ! test -e "$policy"; then
	made="$made $policy"
	printf "#!/bin/sh\nexit 101\n" >"$policy"
	chmod 755 "$policy"
fi
case " $* " in *" postgresql "*)
	made="$made $cluster"
	mkdir -p "${cluster%/*}"
	echo "create_main_cluster = false" >"$cluster" ;;
esac
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
apt-get -q -y -o DPkg::Lock::Timeout=300 update
apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef \
	-o Dpkg::Options::=--force-confold install --no-install-recommends "$@"
'

install_missing()
{
	missing "$1"
	test -n "$packages" || return 0
	if ! command -v apt-get >/dev/null 2>&1; then
		echo "autogen.sh: please install:$wanted" >&2
		exit 1
	fi
	if test "$(id -u)" -eq 0; then
		root=
	elif command -v sudo >/dev/null 2>&1; then
		root=sudo
	else
		echo "autogen.sh: neither root nor sudo; please have these installed:" >&2
		echo " $packages" >&2
		exit 1
	fi
	echo "autogen.sh: installing$packages"
	# shellcheck disable=SC2086 # words, by construction
	$root sh -c "$root_part" sh $packages </dev/null
	missing "$1"
	if test -n "$packages"; then
		echo "autogen.sh: still missing:$wanted" >&2
		exit 1
	fi
}

# Started as root (through sudo) on somebody's clone: the rest is theirs, so
# that build/ belongs to them.
give_up_root()
{
	test "$(id -u)" -eq 0 || return 0
	command -v setpriv >/dev/null 2>&1 || return 0
	uid=$(stat -c %u .)
	gid=$(stat -c %g .)
	test "$uid" -ne 0 || return 0
	as="setpriv --reuid=$uid --regid=$gid --clear-groups"
	# Out of reach for its owner (a folder of root above it): go on as root.
	$as test -w "$src" 2>/dev/null || return 0
	echo "autogen.sh: going on as user $uid, the owner of $src"
	home=$(getent passwd "$uid" 2>/dev/null | cut -d: -f6)
	exec $as env HOME="${home:-/}" sh ./autogen.sh "$1"
}

make_configure()
{
	autoreconf -fi
}

jobs_of()
{
	nproc 2>/dev/null || echo 1
}

build()
{
	make_configure
	mkdir -p build
	cd build
	../configure "$@"
	make -j"$(jobs_of)"
}

run_check()
{
	rc=0
	# Whatever happens, the totals are printed, and last.
	make -j"$(jobs_of)" check || rc=$?
	if test "$rc" -ne 0; then
		make -s failures || :
	fi
	make -s totals 2>/dev/null || rc=1
	exit "$rc"
}

case ${1-} in
'')
	make_configure
	;;
--tour)
	install_missing 'build'
	give_up_root --tour
	build
	make -s tour
	;;
--check)
	install_missing 'build test'
	give_up_root --check
	build
	run_check
	;;
-h | --help)
	usage
	;;
*)
	usage >&2
	exit 2
	;;
esac
