#!/bin/bash
# test-abi-binaries.sh: what crosses between binaries: the offsets of all public fields, one symbol a module, no
# writable data in a module but the pointer to the host, and of liblarder the functions of larder.h alone.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0

# verdict NAME: whether the command before it succeeded; $work/said is shown when not
verdict () {
	local status=$?
	number=$((number + 1))
	[ $status = 0 ] && echo "ok $number - test-abi-$1" || { echo "not ok $number - test-abi-$1"; head -n 20 "$work/said" | sed 's/^/# /'; }
}

"$TOP_BUILDDIR/tests/abi/offsets" >"$work/offsets"
diff "$TOP_SRCDIR/tests/abi/offsets-0.golden" "$work/offsets" >"$work/said"
verdict offsets-as-in-the-golden-file

# Every struct of the headers is in the golden file: a new one cannot be forgotten.
grep -ho '^struct larder_[a-z_]* {' "$TOP_SRCDIR"/core/include/larder/*.h | awk '{ print $2 }' | sort >"$work/declared"
grep -o '^larder_[a-z_]*' "$TOP_SRCDIR/tests/abi/offsets-0.golden" | sort >"$work/listed"
diff <(sort -u "$work/declared") <(sort -u "$work/listed") >"$work/said"
verdict every-struct-is-listed

found=0
for module in "$TOP_BUILDDIR"/.libs/driver-*.so "$TOP_BUILDDIR"/.libs/codec-*.so "$TOP_BUILDDIR"/.libs/lock-*.so; do
	[ -e "$module" ] || continue
	name=$(basename "$module" .so)
	grep -q "^libdir='/nowhere'" "$TOP_BUILDDIR/$name.la" && continue   # a fixture of some test
	found=$((found + 1))
	nm -D --defined-only "$module" | awk '{ print $3 }' | grep -v '^__asan_\|^__odr_asan' >"$work/said"
	[ "$(cat "$work/said")" = larder_module_entry ]
	verdict "one-symbol-$name"
	# tables are relocated once, then read-only (.data.rel.ro); what begins with __ is the compiler's
	objdump -t "$module" | sed -nE 's/^[0-9a-f]+ .{7} [.]t?(data|bss)\t[0-9a-f]+ +([.]hidden )?(.*)$/\3/p' >"$work/writable"
	grep -q '^larder_host$' "$work/writable"   # else we look in the wrong place
	verdict "host-pointer-$name"
	grep -vE '^(larder_host|__.*|completed[.][0-9]+|[.]t?(data|bss).*|_edata|_end)$' "$work/writable" >"$work/said"
	[ ! -s "$work/said" ]
	verdict "no-writable-data-$name"
done
[ $found -gt 0 ]
verdict modules-were-found

# The functions that larder.h declares, and those that liblarder exports: the same.
sed -n 's/^LARDER_API .*[ *]\(larder_[a-z_]*\) (.*/\1/p' "$TOP_SRCDIR/core/include/larder/larder.h" | sort >"$work/declared"
nm -D --defined-only "$TOP_BUILDDIR/.libs/liblarder.so" | awk '{ print $3 }' | grep -v '^__asan_\|^__odr_asan' | sort >"$work/exported"
diff "$work/declared" "$work/exported" >"$work/said"
verdict liblarder-exports-larder-h
echo "1..$number"
