#!/bin/bash
# The codec suite passes on our codecs, and on the faulty one exactly the promises of its fault fail.
suite=$TOP_BUILDDIR/larder-codec-test
count=0

line ()
{
	count=$((count + 1))
	if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

for codec in png webp jpeg; do
	[ -f "$LARDER_MODULE_DIR/codec-$codec.so" ] || continue
	out=$("$suite" "$LARDER_MODULE_DIR/codec-$codec.so")
	status=$?
	grep -v '^ok\|^1\.\.' <<< "$out" | sed 's/^/# /'
	line $status "test-conform-codec-$codec"
done

# fault, then the promises it breaks
while read -r fault broken; do
	# its leaks are meant: the suite must notice them, not the sanitizer
	out=$(ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" "$suite" "$LARDER_MODULE_DIR/codec-faulty.so" "fault=$fault")
	status=$?
	failed=$(sed -n 's/^not ok [0-9]* - //p' <<< "$out" | tr '\n' ' ')
	want=0; [ -z "$broken" ] || want=1
	if [ "${failed% }" = "$broken" ] && [ $status = $want ]; then line 0 "test-conform-codec-faulty-$fault"; else
		echo "# failed: $failed"
		echo "# to fail: $broken (exit status $status)"
		grep '^#' <<< "$out" | head -20
		line 1 "test-conform-codec-faulty-$fault"
	fi
done << 'END'
none
inexact round-trip-sizes round-trip-formats
grey-rows truncated-refused
ignores-limits limits-before-allocation
leaks encode-abandoned memory-given-back
keeps-abandoned encode-abandoned memory-given-back
ignores-cancel cancel-honoured
hides-source-failure source-failure-told
hides-trailing trailing-noted
short-read-is-end source-short-reads source-failure-told
hides-sink-failure sink-failure-told
missing-rows encode-missing-rows-refused
endless-rows decode-too-many-rows-refused
newer-struct struct-sizes
overruns-rows stride-wider
orientation-9 facts-possible
memory-unannounced memory-announced
shared-state states-independent
touches-outputs outputs-untouched-on-failure
wordless failures-worded
asks-the-time host-functions-of-codecs-only
any-size largest-size-refused-first
END

"$suite" /nonexistent.so > /dev/null 2>&1
[ $? = 2 ]; line $? "test-conform-codec-missing-file"
"$suite" "$LARDER_MODULE_DIR/codec-faulty.so" nonsense=1 > /dev/null 2>&1
[ $? = 2 ]; line $? "test-conform-codec-unknown-option"
echo "1..$count"
