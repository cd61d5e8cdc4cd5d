#!/bin/bash
# localfs-mock keeps every promise, with and without versions.
suite=$TOP_BUILDDIR/larder-driver-test
module=$LARDER_MODULE_DIR/driver-localfs-mock.so
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
count=0 failed=0
for versioning in no yes; do
	out=$("$suite" "$module" --operations 1500 root="$work/$versioning" create=yes fsync=no versioning=$versioning)
	status=$?
	unsupported=$(grep -c "unsupported:" <<< "$out")
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
echo "1..$count"
exit $failed
