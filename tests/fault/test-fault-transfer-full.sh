#!/bin/bash
# A full disk under plain transfers, a real one: exit 7, a next step, nothing half written, and what was there stays.
# Mounted as root on a folder of our own, or as anybody in a namespace of one's own.
[ "$(id -u)" = 0 ] || exec "$TOP_SRCDIR/tests/lib/own-root.sh" "$BASH" "$(realpath "$0")"
work=$(mktemp -d) || exit 99
trap 'umount -l "$work/small" 2>/dev/null; rm -rf "$work"' EXIT
mkdir "$work/small" "$work/store"
export LARDER_ROOT=$work/store
number=0 failed=0
check () # NAME COMMAND…
{
	number=$((number + 1))
	local name=$1; shift
	if "$@"; then echo "ok $number - test-fault-transfer-full-$name"; else echo "not ok $number - test-fault-transfer-full-$name"; sed 's/^/# /' "$work/said"; failed=1; fi
}
larder () # ARGUMENT…; the code in $code
{
	"$TOP_BUILDDIR/larder" --config "$TOP_SRCDIR/etc/larder.ini" --profile mock "$@" >"$work/said" 2>&1
	code=$?
}
is () { [ "$1" = "$2" ]; }
both () { is "$code" 7 && grep -q 'next: ' "$work/said"; }
echo 1..13

head -c 300000 /dev/urandom >"$work/fits"
head -c 3000000 /dev/urandom >"$work/large"
mount -t tmpfs -o size=1m,mode=755 tmpfs "$work/small" || exit 99

larder put "$work/large" images:large
check large-is-stored is $code 0
larder get images:large "$work/small/got"
check get both
check get-nothing-half is "$(ls -A "$work/small")" ""
echo before >"$work/small/got"
larder get images:large "$work/small/got"
check get-over-a-file both
check get-over-a-file-keeps-it is "$(cat "$work/small/got")" before
rm "$work/small/got"
larder cp "$work/large" "$work/small/copied"
check cp both
check cp-nothing-half is "$(ls -A "$work/small")" ""
larder mv "$work/large" "$work/small/moved"
check mv both
check mv-source-stays is "$(stat -c %s "$work/large")" 3000000
larder put "$work/fits" images:a/1 && larder put "$work/fits" images:a/2 && larder cp images:large images:a/3 && larder put "$work/fits" images:a/4
larder get -r images:a/ "$work/small/many/"
check get-many both
check get-many-whole-ones-stay is "$(find "$work/small/many" -type f ! -exec cmp -s {} "$work/fits" \; -print)" ""
check get-many-large-one-is-not-there is "$(find "$work/small/many" -name 3)" ""
LARDER_ROOT=$work/small/root larder put "$work/large" images:large
check put both
exit $failed
