#!/bin/bash
# A full disk and a read-only one, real ones: the right exit code, a next step, and nothing half written.
# Mounted as root on a folder of our own, or as anybody in a namespace of one's own.
[ "$(id -u)" = 0 ] || exec "$TOP_SRCDIR/tests/lib/own-root.sh" "$BASH" "$(realpath "$0")"
work=$(mktemp -d) || exit 99
trap 'umount -l "$work/store" 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/store"
pictures=$TOP_SRCDIR/doc/examples/pictures
export LARDER_ROOT=$work/store/root
number=0 failed=0
check () # NAME COMMAND…
{
	number=$((number + 1))
	local name=$1; shift
	if "$@"; then echo "ok $number - $name"; else echo "not ok $number - $name"; sed 's/^/# /' "$work/said"; failed=1; fi
}
ingest () # FILE JOB; the code in $code
{
	"$TOP_BUILDDIR/larder" --config "$TOP_SRCDIR/etc/larder.ini" --profile mock image ingest "$1" --user u --job "$2" --at 2026-11-25 >"$work/said" 2>&1
	code=$?
}
listed () { "$TOP_BUILDDIR/larder" -q --config "$TOP_SRCDIR/etc/larder.ini" --profile mock ls -r images: 2>/dev/null | grep -c "$1"; }
is () { [ "$1" = "$2" ]; }
echo 1..9

mount -t tmpfs -o size=200k,mode=755 tmpfs "$work/store" || exit 99
ingest "$pictures/window-interlaced.png" big
check test-fault-mounts-full-exit-7 is $code 7
check test-fault-mounts-full-next-step grep -q 'next: ' "$work/said"
check test-fault-mounts-full-nothing-half is "$(listed big)" 0
check test-fault-mounts-full-no-private-files is "$(find "$work/store" -name '.tmp-*' -o -path '*/.larder/tmp/*' | wc -l)" 0
umount "$work/store"

mount -t tmpfs -o size=20m,mode=755 tmpfs "$work/store" || exit 99
ingest "$pictures/dunes.png" first
check test-fault-mounts-writable-first is $code 0
mount -o remount,bind,ro "$work/store"
ingest "$pictures/moon-grey.png" second
check test-fault-mounts-read-only-exit-4 is $code 4
check test-fault-mounts-read-only-next-step grep -q 'next: ' "$work/said"
check test-fault-mounts-read-only-nothing-half is "$(listed second)" 0
check test-fault-mounts-read-only-still-reads is "$(listed first)" 2
exit $failed
