#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a command beside a PostgreSQL and a MariaDB server of its own, those that are
# installed.   servers.sh TESTS_DIR COMMAND [ARG]...
set -eu
servers=$1/servers
shift
if "$servers/with-mariadb" true 2>/dev/null; then
	set -- "$servers/with-mariadb" --set innodb-buffer-pool-size=512M "$@"
else
	echo "servers.sh: without MariaDB" >&2
fi
if "$servers/with-postgres" true 2>/dev/null; then
	set -- "$servers/with-postgres" --set shared_buffers=512MB --set max_wal_size=4GB "$@"
else
	echo "servers.sh: without PostgreSQL" >&2
fi
exec "$@"
