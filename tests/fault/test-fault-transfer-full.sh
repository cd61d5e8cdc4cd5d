#!/bin/bash
# A full disk under plain transfers, a real one: exit 7 with the bytes needed and free, a next step, nothing half written, what
# was there stays, and the rest is not tried (c-T20). Likewise out of inodes.
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
echo 1..21

head -c 300000 /dev/urandom >"$work/fits"
head -c 3000000 /dev/urandom >"$work/large"
mount -t tmpfs -o size=1m,mode=755 tmpfs "$work/small" || exit 99

larder put "$work/large" images:large
check large-is-stored is $code 0
larder get images:large "$work/small/got"
check get both
check get-tells-room grep -q "(3000000 bytes are needed, 1048576 are free)" "$work/said"
check get-nothing-half is "$(ls -A "$work/small")" ""
echo before >"$work/small/got"
larder get images:large "$work/small/got"
check get-over-a-file both
check get-over-a-file-keeps-it is "$(cat "$work/small/got")" before
rm "$work/small/got"
larder cp "$work/large" "$work/small/copied"
check cp both
check cp-tells-room grep -q "(3000000 bytes are needed, 1048576 are free)" "$work/said"
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
check put-tells-room grep -qE "\(3000000 bytes are needed, [0-9]+ are free\)" "$work/said"

# Many that do not all fit: it ends with those under way, and what is there is whole.
rm -rf "$work/small/"*
mkdir "$work/many"
for i in $(seq 300); do head -c 65536 /dev/urandom >"$work/many/$i"; done
larder put -r "$work/many/" images:many/
larder get -r --jobs 2 --json images:many/ "$work/small/many/"
check many both
check many-ends-early is "$(sed -nE 's/.*"type":"summary","scanned":([0-9]+),.*"failed":[12],.*/\1/p' "$work/said" | awk '{ print ($1 > 10 && $1 < 20) }')" 1
check many-whole-ones-stay is "$(cd "$work/small/many" && for i in *; do cmp -s "$i" "$work/many/$i" || echo "$i"; done; ls -A | grep '^[.]')" ""
umount "$work/small" && mount -t tmpfs -o size=4m,nr_inodes=12,mode=755 tmpfs "$work/small" || exit 99
larder get -r --jobs 2 images:many/ "$work/small/many/"
check no-inode both
check no-inode-is-told grep -q "no inode is free" "$work/said"
exit $failed
