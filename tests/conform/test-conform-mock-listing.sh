#!/bin/bash
# 20,000 objects in one folder of the mock (100,000 with LARDER_OBJECTS=100000) list in order, in flat memory.
worker=$TOP_BUILDDIR/tests/conform/mock-worker
module=$LARDER_MODULE_DIR/driver-localfs-mock.so
objects=${LARDER_OBJECTS:-20000}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
failed=0
# a sanitizer would keep 256 MiB of what was freed
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=1"
echo 1..3
"$worker" "$module" "$work" fill 1000 && small=$("$worker" "$module" "$work" list)
rm -rf "$work/crashes"
"$worker" "$module" "$work" fill "$objects" && large=$("$worker" "$module" "$work" list)
echo "# 1000: $small; $objects: $large"
check () # NUMBER NAME CONDITION…
{
	local number=$1 name=$2; shift 2
	if "$@"; then echo "ok $number - $name"; else echo "not ok $number - $name"; failed=1; fi
}
check 1 conform-mock-listing-small test "${small% peak*}" = "items=1000 pages=1 ordered=yes"
check 2 conform-mock-listing-large test "${large% peak*}" = "items=$objects pages=$(((objects + 999) / 1000)) ordered=yes"
peak=${large##*=} base=${small##*=}
check 3 conform-mock-listing-flat test "${peak:-99999}" -le $((${base:-0} + 2048))
exit $failed
