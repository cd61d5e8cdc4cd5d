#!/bin/bash
# larder-driver-test --resources: the types of our drivers keep every promise; with each fault of driver-faulty exactly that one's line fails.
suite=$TOP_BUILDDIR/larder-driver-test
states=$TOP_SRCDIR/tests/conform
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
count=0 failed=0
say () # RESULT NAME
{
	count=$((count + 1))
	[ "$1" = "ok" ] || failed=1
	echo "$1 $count - conform-resources-$2"
}
# holds NAME DRIVER OPTION…: all promises of all sections of its file
holds ()
{
	local name=$1 driver=$2
	shift 2
	out=$("$suite" "$LARDER_MODULE_DIR/driver-$driver.so" --resources "$states/resources-$name.ini" "$@")
	if [ $? = 0 ] && ! grep -q "^not ok\|unsupported:" <<< "$out" && [ "$(grep -c "^ok" <<< "$out")" = $((11 * $(grep -c "^\[" "$states/resources-$name.ini"))) ]
	then say ok "$name"
	else say "not ok" "$name"; grep -A1 "^not ok\|unsupported:" <<< "$out" | sed 's/^/# /'
	fi
}
holds mock localfs-mock root="$work/mock" create=yes fsync=no
holds efs efs root="$work/efs"
holds faulty faulty
[ ! -e "$LARDER_MODULE_DIR/driver-nginx.so" ] || holds nginx nginx root="$work/nginx"
left=$(find "$work" -path '*resources/*' -type f -o -name settings)
[ -z "$left" ] && say ok nothing-left || { say "not ok" nothing-left; echo "# $left"; }

while IFS='|' read -r fault promise; do
	out=$("$suite" "$LARDER_MODULE_DIR/driver-faulty.so" --resources "$states/resources-faulty.ini" fault="$fault")
	status=$?
	broken=$(sed -n 's/^not ok [0-9]* - thing: //p' <<< "$out")
	if grep -qxF -- "$promise" <<< "$broken" && [ "$(head -n 1 <<< "$broken")" = "$promise" ] && [ $status = 1 ]
	then say ok "$fault"
	else say "not ok" "$fault"; echo "# exit $status, broken: $broken" | tr '\n' ' '; echo
	fi
done <<< "resource-absent|what is not there is absent, and no failure
resource-cancel|a cancelled create makes nothing
resource-made|made, it is told as it was asked for
resource-order|lines come in byte order, each path once
resource-twice|made again, as after a lost answer, it is there once
resource-idle|an update without a difference changes nothing
resource-alone|each path changes alone, and back
resource-keeps|each path goes alone, and comes back
resource-remains|removed, it is absent
resource-gone|removed again it is gone all the same"

sed 's/\[thing/[holey/' "$states/resources-faulty.ini" > "$work/holey.ini"
"$suite" "$LARDER_MODULE_DIR/driver-faulty.so" --resources "$work/holey.ini" | grep -q "^not ok 1 - holey: the table has each path" && say ok a-table-with-holes || say "not ok" a-table-with-holes
sed 's/\[thing/[wordy/' "$states/resources-faulty.ini" > "$work/wordy.ini"
"$suite" "$LARDER_MODULE_DIR/driver-faulty.so" --resources "$work/wordy.ini" | grep -A1 "^not ok 1 - wordy: the table has each path" | grep -q "words of 'sizes'" && say ok words-of-no-path || say "not ok" words-of-no-path
sed 's/\[thing/[shapeless/' "$states/resources-faulty.ini" > "$work/shapeless.ini"
"$suite" "$LARDER_MODULE_DIR/driver-faulty.so" --resources "$work/shapeless.ini" | grep -A1 "^not ok 1 - shapeless: the table has each path" | grep -q "pattern of 'size' cannot be read" && say ok a-pattern-of-nothing || say "not ok" a-pattern-of-nothing
for text in "" "tag[a] = x" "[thing one]
size" "[thing]"; do
	echo "$text" > "$work/none.ini"
	"$suite" "$LARDER_MODULE_DIR/driver-faulty.so" --resources "$work/none.ini" 2>"$work/said"
	[ $? = 2 ] && grep -q "has no sections" "$work/said" && say ok no-states || say "not ok" no-states
done
echo "1..$count"
exit $failed
