#!/bin/bash
# test-hello-driver.sh: a third party's modules against an installed larder: the example driver and the three
# skeletons are built outside the tree with pkg-config, load, and the driver keeps every promise.
set -u
top=$TOP_BUILDDIR source=$TOP_SRCDIR/doc/examples/hello-driver
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
unset MAKEFLAGS MFLAGS MAKELEVEL LARDER_MODULE_DIR

# try NAME COMMAND…: one case; what the command said is shown when it fails
try () {
	local name=$1; shift
	number=$((number + 1))
	if "$@" >"$work/said" 2>&1; then
		echo "ok $number - test-module-hello-$name"
	else
		echo "not ok $number - test-module-hello-$name"
		tail -n 30 "$work/said" | sed 's/^/# /'
	fi
}

installs () { make -C "$top" install DESTDIR="$work/root"; }
try installs installs
pc=$(find "$work/root" -name larder-module.pc)
bin=$(dirname "$(find "$work/root" -name larder -type f -perm -100 | head -n 1)")
export PKG_CONFIG_PATH=$(dirname "$pc") PKG_CONFIG_SYSROOT_DIR=$work/root
export PATH=$bin:$PATH LD_LIBRARY_PATH=$(dirname "$(find "$work/root" -name 'liblarder.so.0' | head -n 1)")
modules=$LD_LIBRARY_PATH/larder

mkdir "$work/hello"
cp "$source"/* "$work/hello"
chmod -R u+w "$work/hello"
try builds make -C "$work/hello" CFLAGS='-O2 -g -Wall -Wextra -Wpedantic -Werror'
one_symbol () { [ "$(nm -D --defined-only "$work/hello/driver-hello.so" | awk '{ print $3 }')" = larder_module_entry ]; }
try one-symbol one_symbol
try keeps-its-promises make -C "$work/hello" check
# What core would not open, the suite does not either: a required option left out, a number out of its range.
refused () { larder-driver-test "$work/hello/driver-hello.so" "${@:2}"; [ $? = 2 ] && larder-driver-test "$work/hello/driver-hello.so" "${@:2}" 2>&1 | grep -q -- "$1"; }
try required-option refused "driver 'hello': 'bucket' is missing"
try option-in-range refused "'capacity' is '0', less than 1 B" bucket=b capacity=0
info () { larder --json module info "$work/hello/driver-hello.so" | tee /dev/stderr | grep '"name":"hello"' | grep -q '"can_list":"yes"'; }
try info info
installs_module () {
	make -C "$work/hello" install MODULEDIR="$modules" && LARDER_MODULE_DIR=$modules larder module list | tee /dev/stderr | grep -q hello
}
try is-found-when-installed installs_module

# The skeletons: written, built without a warning, loaded under their names.
for kind in driver codec lock; do
	skeleton () {
		larder module new --kind "$kind" --into "$work" "my-$kind" \
			&& make -C "$work/my-$kind" CFLAGS='-O2 -g -Wall -Wextra -Werror' \
			&& larder --json module info "$work/my-$kind/$kind-my-$kind.so" | tee /dev/stderr | grep "\"kind\":\"$kind\"" | grep -q '"usable":true'
	}
	try "skeleton-$kind" skeleton
done
# What a beginning cannot do is said, line by line: its locks are those of one instance.
lock_promises () {
	larder module check "$work/my-lock/lock-my-lock.so" > "$work/promises"
	[ $? = 1 ] && grep -q '^ok .*release lets another in' "$work/promises" && grep -q '^not ok .*another process is kept out' "$work/promises"
}
try skeleton-lock-promises lock_promises
echo "1..$number"
