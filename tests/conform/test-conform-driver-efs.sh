#!/bin/bash
# efs keeps every promise it makes, on a plain folder; without network code; nothing is left.
suite=$TOP_BUILDDIR/larder-driver-test
module=$LARDER_MODULE_DIR/driver-efs.so
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
out=$("$suite" "$module" --operations 1500 root="$work/root")
status=$?
if [ $status = 0 ] && grep -q "^# [0-9]* hold, 0 do not" <<< "$out"; then echo "ok 1 - conform-driver-efs"; else echo "not ok 1 - conform-driver-efs"; failed=1; grep -A1 "^not ok\|seed" <<< "$out" | sed 's/^/# /'; fi
left=$(find "$work/root" -type f)
if [ -d "$work/root" ] && [ -z "$left" ]; then echo "ok 2 - conform-driver-efs-nothing-left"; else echo "not ok 2 - conform-driver-efs-nothing-left"; failed=1; head -5 <<< "$left" | sed 's/^/# /'; fi
if ldd "$module" | grep -qE "curl|ssl|crypto"; then echo "not ok 3 - conform-driver-efs-no-network"; failed=1; else echo "ok 3 - conform-driver-efs-no-network"; fi
echo "1..3"
exit ${failed:-0}
