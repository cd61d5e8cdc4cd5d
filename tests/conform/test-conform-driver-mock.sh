#!/bin/bash
# localfs-mock keeps every promise, with and without versions, but for the one of a probe: it speaks to no server.
suite=$TOP_BUILDDIR/larder-driver-test
module=$LARDER_MODULE_DIR/driver-localfs-mock.so
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
count=0 failed=0
for versioning in no yes; do
	out=$("$suite" "$module" --operations 1500 root="$work/$versioning" create=yes fsync=no versioning=$versioning)
	status=$?
	unsupported=$(grep "unsupported:" <<< "$out" | grep -vc "unsupported: probe ")
	count=$((count + 1))
	if [ $status = 0 ] && [ "$unsupported" = $([ $versioning = yes ] && echo 0 || echo 2) ]
	then echo "ok $count - conform-driver-mock-versioning-$versioning"
	else echo "not ok $count - conform-driver-mock-versioning-$versioning"; failed=1; grep -A1 "^not ok\|unsupported:\|seed" <<< "$out" | sed 's/^/# /'
	fi
done
# What it leaves behind: no private file, and no folder of a key.
left=$(find "$work/no" -path '*/.larder/tmp/*' -o -path '*/.larder/uploads/*' -o -path '*/.larder/data/*' -type f -o -path '*/.larder/meta/*' -type f)
count=$((count + 1))
if [ -d "$work/no" ] && [ -z "$left" ]
then echo "ok $count - conform-driver-mock-nothing-left"
else echo "not ok $count - conform-driver-mock-nothing-left"; failed=1; head -5 <<< "$left" | sed 's/^/# /'
fi
# Options are checked before the driver sees them: what is required, what is not known, what is no value of its type.
mkdir "$work/none"
while IFS='|' read -r name options said; do
	out=$("$suite" "$module" $options 2>&1)
	status=$?
	count=$((count + 1))
	if [ $status = 2 ] && grep -q -- "$said" <<< "$out"
	then echo "ok $count - conform-driver-mock-option-$name"
	else echo "not ok $count - conform-driver-mock-option-$name"; failed=1; echo "# exit $status: $out" | head -5
	fi
done <<< "missing|create=yes|driver 'localfs-mock': 'root' is missing
unknown|root=$work/none rooot=x|did you mean 'root'?
mistyped|root=$work/none create=perhaps|'create' is 'perhaps', expected yes or no
bare|root=$work/none create|'create' is not an option"
echo "1..$count"
exit $failed
