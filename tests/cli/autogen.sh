#!/bin/sh
# SPDX-License-Identifier: MIT
# autogen.sh on machines that lack something.
. "$DBN_TOP_SRC/tests/cli/tap.sh"
mkdir src bin
cp "$DBN_TOP_SRC/autogen.sh" src/ || exit 1
# A machine with a shell and little else: no apt, no compiler.
for tool in sh sed grep cat id dirname ls env printf test mkdir rm stat cut tail head; do
	path=$(command -v $tool) && case $path in /*) ln -s "$path" bin/$tool ;; esac
done

try env PATH="$work/bin" sh src/autogen.sh --tour
is 'without apt it stops' exits 1
is '... and lists what to install by name' err_has 'compiler'
is '... make too' err_has 'GNU make'
is '... but not what only tests need' sh -c '! grep -q Criterion err'
try env PATH="$work/bin" sh src/autogen.sh --check
is 'for the tests it lists theirs too' err_has 'Criterion'
is 'nothing was built' test ! -e src/build -a ! -e src/configure
try sh src/autogen.sh --frobnicate
is 'an unknown option is usage' exits_saying 2 'usage'
try sh src/autogen.sh --help
is 'help' exits_showing 0 '--tour'

# An apt that is there is not called when nothing is missing.
cat >bin/apt-get <<'END'
#!/bin/sh
echo called >>"$APT_LOG"
exit 1
END
chmod 755 bin/apt-get
sed -n '/^case ${1-} in/q;p' src/autogen.sh >src/functions.sh
cat >>src/functions.sh <<'END'
needs() { echo "build|command sh|dash|a shell"; }
install_missing build
END
try env PATH="$work/bin:$PATH" APT_LOG="$work/apt.log" sh src/functions.sh
is 'nothing missing: nothing installed' exits 0
is '... and apt was not called' test ! -e apt.log
sed -i 's/command sh/command nosuchcommand/' src/functions.sh
if test "$(id -u)" -ne 0; then
	printf '#!/bin/sh\nexec "$@"\n' >bin/sudo
	chmod 755 bin/sudo
fi
sed -i 's,/usr/sbin/policy-rc.d,'"$work"'/policy-rc.d,' src/functions.sh
try env PATH="$work/bin:$PATH" APT_LOG="$work/apt.log" sh src/functions.sh
is 'something missing: apt is called' test -s apt.log
is '... a failure of it is one of ours' test "$status" -ne 0
is '... and what was put in place is gone' test ! -e policy-rc.d
finish
