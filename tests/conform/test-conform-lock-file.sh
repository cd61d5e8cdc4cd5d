#!/bin/bash
# The lock suite on lock-file: every promise holds, in a folder that is made; and what is said where it cannot work.
suite=$TOP_BUILDDIR/larder-lock-test
module=$LARDER_MODULE_DIR/lock-file.so
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
count=0

line ()
{
	count=$((count + 1))
	if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; sed 's/^/# /' "$work/out"; fi
}

"$suite" "$module" "root=$work/a/b" > "$work/out" 2>&1
line $? "test-conform-lock-file-promises"
! ls "$work/a/b" | grep -v '^conformance-[0-9a-f]*%3[0-9A-F][0-9A-Za-z%_.+-]*\.lock$' > "$work/out"
line $? "test-conform-lock-file-names"
"$suite" "$module" "root=/dev/null/x" > "$work/out" 2>&1
[ $? = 2 ] && grep -q "cannot open the folder '/dev/null/x' of the locks" "$work/out"
line $? "test-conform-lock-file-no-folder"
echo "1..$count"
