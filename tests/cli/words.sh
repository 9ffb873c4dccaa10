#!/bin/sh
# SPDX-License-Identifier: MIT
# The command without any database: usage, help, plugins, check.
. "$DBN_TOP_SRC/tests/cli/tap.sh"

try "$dbnexus" --version
is 'the version' out_has '^dbnexus [0-9]'
try "$dbnexus" --help
is 'help is output, not an error' exits_showing 0 'exit status'
for command in check plugins query explain audit pool; do
	try "$dbnexus" "$command" --help
	is "help of $command" exits_showing 0 "dbnexus.* $command"
done
try "$dbnexus"
is 'no command is usage' exits_saying 2 'which command'
try "$dbnexus" frobnicate
is 'an unknown command is usage' exits_saying 2 'frobnicate'
try "$dbnexus" query --as bob 'SELECT 1'
is 'nothing to open is usage' exits_saying 2 'neither --config'
try "$dbnexus" query --url sqlite:x.db 'SELECT 1'
is 'nobody who asks is usage' exits_saying 2 '--as'
try "$dbnexus" query --url sqlite:x.db --as bob 'SELECT 1'
is 'no policy is a configuration error' exits 2
is '... that says what to do' err_has 'allow-all\|ALLOW_ALL\|policy'
is '... and made no file' test ! -e x.db
sh -c '"$1" --help >/dev/full' sh "$dbnexus" 2>err
status=$?
is 'a full disk is a failure' exits 1

try "$dbnexus" plugins list --format json
is 'plugins are listed' out_has '"kind":"cache","name":"memory"'
try "$dbnexus" plugins list --format csv
is '... as CSV too' out_has '^cache,memory,'
try "$dbnexus" plugins describe cache-memory
is 'a plugin is described' exits_showing 0 'capacity'
try "$dbnexus" plugins describe memory --format json
is '... also without its kind' exits_showing 0 '"setting":"capacity","type":"size"'
try "$dbnexus" plugins describe nosuch
is 'an unknown plugin fails' exits_saying 1 'nosuch'
export DBNEXUS_LIBEXEC="$DBN_TOP_BUILD/tests/conformance"
try "$dbnexus" plugins check cache-memory --set 'capacity=1 MiB'
is 'a plugin is checked' exits_showing 0 '[1-9][0-9]* passed, 0 failed'
is '... the report says what was given' out_has 'set  *capacity=1 MiB'
try "$dbnexus" plugins check permission-rbac --only resolve.roles
is 'a plugin that requires a setting says so' exits_showing 1 'requires a setting: --set file=VALUE'
try "$dbnexus" plugins check permission-rbac --set file=nosuch --only memory.may_fail --format json
is 'a case that says it again and again is cut short' exits_showing 1 '; and [0-9]* more"'
try "$dbnexus" plugins check cache-memory --only no.such_case
is 'a case that is not there is a failure' exits_saying 1 'no case'
plain=$DBN_TOP_BUILD/tests/conformance/.libs/plain-cache.so
try env ASAN_OPTIONS=detect_leaks=0 "$dbnexus" plugins check "$plain" --set fault=keys --only key.is_exact --format json
is 'a broken one fails' exits_showing 1 '"case":"key.is_exact","result":"failed","note":"cache.c:'
try env DBNEXUS_LIBEXEC="$work" "$dbnexus" plugins check cache-memory
is 'without the suites it says so' exits_saying 1 'not installed'
try "$dbnexus" plugins check cache-memory --set no
is 'a wrong setting is the report of a failure' exits 1
try "$dbnexus" plugins list --only x.y
is 'options of check belong to it' exits_saying 2 'plugins check'
echo text >driver-no.so
try "$dbnexus" plugins describe ./driver-no.so
is 'a file that is no plugin is refused by its path' exits_saying 2 'driver-no.so'
try env DBNEXUS_PLUGIN_PATH="$work" "$dbnexus" plugins list --format json
is '... and listed with what is wrong' out_has 'driver-no.so","problem":"'

cat >policy.conf <<'END'
version = 1;
roles = ( { name = "all"; } );
users = ( { name = "bob"; roles = [ "all" ]; } );
rules = ( { id = "all"; roles = [ "all" ]; relation = "*"; actions = [ "*" ]; } );
END
cat >good.conf <<'END'
version = 1;
databases  = { main = { driver = { plugin = "sqlite"; url = "sqlite:app.db"; }; }; };
permission = { plugin = "rbac"; settings = { file = "policy.conf"; }; };
cache      = { plugin = "memory"; };
audit      = ( { name = "trail"; plugin = "file"; settings = { path = "trail/app.log"; }; } );
END
try "$dbnexus" -c good.conf check
is 'a sound configuration' exits 0
is '... is only read' test ! -e app.db -a ! -e trail
try "$dbnexus" -c good.conf check --explain --format json
is 'settings with their places' out_has '"setting":"cache.plugin","value":"memory","from":".*good.conf:4"'
try env DBNEXUS_SET='cache.ttl=1 min' "$dbnexus" -c good.conf check --explain --format json
is '... also from the environment' out_has '"setting":"cache.ttl","value":"1 min","from":"DBNEXUS_SET'
sed 's/ driver = { plugin = "sqlite"/ server_roles = ( { server_role = "x"; }, { role = "a"; server_role = "y"; } );&/' \
	good.conf >roles.conf
try "$dbnexus" -c roles.conf check
is 'a role of the server that is never used' exits_saying 2 'never used'
sed 's/, { role = "a"; server_role = "y"; }//' roles.conf >one.conf
try "$dbnexus" -c one.conf query --as bob 'SELECT 1'
is 'SQLite knows none' exits_saying 2 'no roles of a server'
cat >bad.conf <<'END'
version = 1;
databases  = { main = { driver = { plugin = "sqlite"; url = "sqlite:app.db"; }; pool = { reader = 4; }; }; };
permission = { plugin = "rbac"; settings = { fil = "policy.conf"; }; };
cache      = { plugin = "memory"; ttl = "5 lightyears"; };
END
try "$dbnexus" -c bad.conf check
is 'a wrong configuration' exits 2
is 'every problem with its line: 2' err_has 'bad.conf:2: .*reader'
is '3' err_has 'bad.conf:3: .*fil'
is '4' err_has 'bad.conf:4: .*ttl'
is '... and the nearest known word' err_has 'readers'
try "$dbnexus" -c bad.conf check --format json
is 'problems as rows' out_has '"file":".*bad.conf","line":4,"problem":'
cat >wrong-policy.conf <<'END'
version = 1;
roles = ( { name = "all"; } );
users = ( { name = "bob"; roles = [ "al" ]; } );
rules = ( { id = "all"; roles = [ "all" ]; relation = "*"; actions = [ "reed" ]; },
          { id = "own"; roles = [ "all" ]; relation = "t"; actions = [ "read" ]; using = "owner = "; } );
END
sed 's/policy.conf/wrong-policy.conf/' good.conf >with-wrong-policy.conf
try "$dbnexus" -c with-wrong-policy.conf check
is 'a wrong policy' exits 2
is 'every problem with its line: 3' err_has 'wrong-policy.conf:3: .*al'
is '4' err_has 'wrong-policy.conf:4: .*reed'
sed -i 's/"al"/"all"/; s/"reed"/"read"/' wrong-policy.conf
try "$dbnexus" -c with-wrong-policy.conf check
is 'a wrong condition' exits_saying 2 'wrong-policy.conf:5'
printf 'version = 1;\nx = \n' >torn.conf
try "$dbnexus" -c torn.conf check
is 'a file that does not parse' exits_saying 2 'torn.conf:[23]'
: >empty.conf
try "$dbnexus" -c empty.conf check
is 'an empty file' exits_saying 2 'databases'
head -c 300000 /dev/urandom >noise.conf
try "$dbnexus" -c noise.conf check
is 'noise' exits 2
# Cut anywhere, a configuration or a policy is sound or refused: never more.
survives()
{
	for n in $(seq 1 "$2" "$(wc -c <"$1")"); do
		head -c "$n" "$1" >cut.conf
		try "$dbnexus" -c "$3" check
		test "$status" -eq 0 || test "$status" -eq 2 || return 1
	done
}
is 'a configuration cut anywhere' survives good.conf 17 cut.conf
sed 's/policy.conf/cut.conf/' good.conf >with-cut-policy.conf
is 'a policy cut anywhere' survives wrong-policy.conf 13 with-cut-policy.conf
head -c 3000 /dev/urandom >cut.conf
try "$dbnexus" -c with-cut-policy.conf check
is 'a policy of noise' exits_saying 2 'cut.conf'
: >cut.conf
try "$dbnexus" -c with-cut-policy.conf check
is 'an empty policy' exits_saying 2 'cut.conf'
rm cut.conf
try "$dbnexus" -c with-cut-policy.conf check
is 'a missing policy is named, and where' exits_saying 2 'with-cut-policy.conf:[0-9]*: cannot open policy.*cut.conf'
try "$dbnexus" -c with-cut-policy.conf check --format json
is '... as a row' out_has '"file":"[^"]*with-cut-policy.conf","line":[0-9]*,"problem":"cannot open policy'
try "$dbnexus" -c with-cut-policy.conf query --as bob 'SELECT 1'
is '... and the place, where it is opened' exits_saying 2 'with-cut-policy.conf:'
# What is wrong before anything is checked stands in the same form, and once.
sed 's/version = 1/version = 01/' good.conf >octal.conf
try "$dbnexus" -c octal.conf check
is 'a number that libconfig would misread' exits_saying 2 '^dbnexus: octal.conf:[0-9]*: the number 01 has leading zeros'
is '... told once' test "$(grep -c 'leading zeros' err)" -eq 1
try "$dbnexus" -c octal.conf check --format json
is '... as a row' out_has '"file":"octal.conf","line":[0-9]*,"problem":"the number 01'
try "$dbnexus" -c octal.conf query --as bob 'SELECT 1'
is '... by any command' test "$(grep -c 'leading zeros' err)" -eq 1
# What opening would refuse, check does not call sound.
sed 's/plugin = "file"/guarantee = "transactional"; &/' good.conf >refused.conf
try "$dbnexus" -c refused.conf check
is 'a guarantee that the plugin cannot give' exits_saying 2 'refused.conf:[0-9]*: .*within transactions'
sed 's/^cache .*/cache = { plugin = "memory"; front = { plugin = "memory"; }; };/' good.conf >refused.conf
try "$dbnexus" -c refused.conf check
is 'a cache before a cache' exits_saying 2 'refused.conf:[0-9]*: .*not possible yet'
try "$dbnexus" -c nosuch.conf check
is 'a missing file is named' err_has 'nosuch.conf'
is '... and a failure' test "$status" -ne 0

try "$dbnexus" audit verify nosuch.log
is 'a missing trail is named' exits_saying 1 'nosuch.log'
try "$dbnexus" -c good.conf audit verify --sink nosuch
is 'a missing sink is named' exits_saying 2 'nosuch'
finish
