#!/bin/bash
# The lock suite bites: with each fault of lock-faulty exactly the line of that promise fails; with none, none. The
# faults are tried side by side: the suite waits for leases to end.
suite=$TOP_BUILDDIR/larder-lock-test
module=$LARDER_MODULE_DIR/lock-faulty.so
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
count=0

line ()
{
	count=$((count + 1))
	if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

faults="
none|
no-token|a lease has its name, a token, a fence and a length
double|what is held is CONFLICT, for its holder and for another instance
ghost-holder|a lock that nobody holds is NOTFOUND
tells-token|holder tells note, fence and what is left, never the token
renew-adds|renew extends from now and replaces the note
renew-note|renew extends from now and replaces the note
renew-released|renew of a released lease is CONFLICT, and takes nothing
renew-ended|renew of a lease that ended is CONFLICT, and takes nothing
renew-foreign|renew with another token is CONFLICT, and changes nothing
release-nothing|release lets another in
release-foreign|release with another token frees nothing, and is no error
release-error|release of a lost lease is no error
never-ends|a lease ends by itself, and not before
early-end|a lease ends by itself, and not before
old-holder|who lost a lease can do nothing to the next holder
fence-again|the fence grows with every acquisition
same-token|no two tokens are alike
race|of sixteen tries at once exactly one gets the lock
one-lock|locks taken at once do not disturb each other
per-process|another process is kept out, and of four at once exactly one gets in
fold-names|names of any characters are locks apart
cut-note|notes of any text come back
close-keeps|a lease of a closed instance ends by itself
newer-struct|structs of an older caller are filled no further than their size
short-lived|texts of a call live as long as its arena
touch-output|outputs are untouched by a failure
no-message|a failure names the lock, and does without a place to say it
wall-clock|a jump of the wall clock changes no lease
asks-store|the clock of stores is left alone
cancel-takes|a cancelled try ends within a second, and holds only if it says so
prints|nothing is printed
leaks|memory is given back
"

run ()
{
	mkdir "$work/$1"
	# its leaks are meant: the suite must notice them, not the sanitizer
	ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" "$suite" "$module" "folder=$work/$1" "fault=$1" > "$work/$1.out" 2>&1
	echo $? > "$work/$1.status"
}

while IFS='|' read -r fault promise; do
	[ -z "$fault" ] || run "$fault" &
done <<< "$faults"
wait

while IFS='|' read -r fault promise; do
	[ -n "$fault" ] || continue
	failed=$(sed -n 's/^not ok [0-9]* - //p' "$work/$fault.out" | tr '\n' '|')
	want=0; [ -z "$promise" ] || want=1
	[ "${failed%|}" = "$promise" ] && [ "$(cat "$work/$fault.status")" = $want ]
	verdict=$?
	[ $verdict = 0 ] || { echo "# failed: $failed status $(cat "$work/$fault.status")"; grep '^#' "$work/$fault.out" | head -20; }
	line $verdict "test-conform-lock-faulty-$fault"
done <<< "$faults"

# Every promise has a fault that breaks it.
sed -n 's/^ok [0-9]* - //p' "$work/none.out" | sort > "$work/promises"
sed -n 's/^[^|]*|\(..*\)$/\1/p' <<< "$faults" | sort -u | diff "$work/promises" - > "$work/said" && [ -s "$work/promises" ]
verdict=$?
sed 's/^/# /' "$work/said"
line $verdict "test-conform-lock-every-promise-has-a-fault"

"$suite" /nonexistent.so > /dev/null 2>&1
[ $? = 2 ]; line $? "test-conform-lock-missing-file"
"$suite" "$module" "folder=$work" nonsense=1 > /dev/null 2>&1
[ $? = 2 ]; line $? "test-conform-lock-unknown-option"
"$suite" "$module" "folder=$work/nowhere" > /dev/null 2>&1
[ $? = 2 ]; line $? "test-conform-lock-cannot-open"
"$suite" "$LARDER_MODULE_DIR/codec-faulty.so" > /dev/null 2>&1
[ $? = 2 ]; line $? "test-conform-lock-no-lock-provider"

# The tool runs it as it runs the other suites.
mkdir "$work/check"
"$TOP_BUILDDIR/larder" module check "$module" "folder=$work/check" > "$work/said" 2>&1
status=$?
[ $status = 0 ] && grep -q '^ok .*memory is given back' "$work/said"
line $? "test-conform-lock-module-check"
"$TOP_BUILDDIR/larder" --json module check "$module" "folder=$work/check" fault=double > "$work/said" 2>&1
[ $? = 1 ] && grep -q '"kept":false,"text":"2 - what is held' "$work/said"
line $? "test-conform-lock-module-check-broken"
echo "1..$count"
