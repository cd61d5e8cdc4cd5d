#!/bin/bash
# efs keeps every promise it makes, on a plain folder; without network code; nothing is left.
suite=$TOP_BUILDDIR/larder-driver-test
module=$LARDER_MODULE_DIR/driver-efs.so
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
count=0
for metadata in no side; do
	out=$("$suite" "$module" --operations 1500 root="$work/$metadata" metadata=$metadata)
	status=$?
	count=$((count + 1))
	if [ $status = 0 ] && grep -q "^# [0-9]* hold, 0 do not" <<< "$out"; then echo "ok $count - conform-driver-efs-metadata-$metadata"
	else echo "not ok $count - conform-driver-efs-metadata-$metadata"; failed=1; grep -A1 "^not ok\|seed" <<< "$out" | sed 's/^/# /'; fi
	left=$(find "$work/$metadata" -type f)
	count=$((count + 1))
	if [ -d "$work/$metadata" ] && [ -z "$left" ]; then echo "ok $count - conform-driver-efs-nothing-left-$metadata"
	else echo "not ok $count - conform-driver-efs-nothing-left-$metadata"; failed=1; head -5 <<< "$left" | sed 's/^/# /'; fi
done
if ldd "$module" | grep -qE "curl|ssl|crypto"; then echo "not ok 5 - conform-driver-efs-no-network"; failed=1; else echo "ok 5 - conform-driver-efs-no-network"; fi
echo "1..5"
exit ${failed:-0}
