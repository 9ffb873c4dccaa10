# SPDX-License-Identifier: MIT
# Servers beyond the loopback, by whole stacks that say nothing about TLS.
if ENABLE_STACK
if ENABLE_DRIVER_POSTGRES
TESTS += %D%/postgres
endif
if ENABLE_DRIVER_MYSQL
TESTS += %D%/mariadb
endif
endif
EXTRA_DIST += %D%/off-loopback %D%/postgres %D%/mariadb
