#!/bin/bash
# test-abi-binaries.sh: what crosses between binaries: the offsets of all public fields, one symbol a module, no
# writable data in a module but the pointer to the host, of liblarder the functions of larder.h alone, and of the
# drivers' private library those of its headers.
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

# writable FILE: names of its writable data. Tables are relocated once, then read-only (.data.rel.ro).
writable () {
	objdump -t "$1" | sed -nE 's/^[0-9a-f]+ .{7} [.]t?(data|bss)\t[0-9a-f]+ +([.]hidden )?(.*)$/\3/p'
}
# exported FILE: names others can link to. What begins with __ is the compiler's.
exported () {
	nm -D --defined-only "$1" | awk '{ print $3 }' | grep -v '^__asan_\|^__odr_asan' | sort
}
compilers='__.*|completed[.][0-9]+|[.]t?(data|bss).*|_edata|_end'

found=0
for module in "$TOP_BUILDDIR"/.libs/driver-*.so "$TOP_BUILDDIR"/.libs/codec-*.so "$TOP_BUILDDIR"/.libs/lock-*.so; do
	[ -e "$module" ] || continue
	name=$(basename "$module" .so)
	grep -q "^libdir='/nowhere'" "$TOP_BUILDDIR/$name.la" && continue   # a fixture of some test
	found=$((found + 1))
	exported "$module" >"$work/said"
	[ "$(cat "$work/said")" = larder_module_entry ]
	verdict "one-symbol-$name"
	writable "$module" | tee "$work/writable" >"$work/said"
	grep -q '^larder_host$' "$work/writable"   # else we look in the wrong place
	verdict "host-pointer-$name"
	grep -vE "^(larder_host|$compilers)$" "$work/writable" >"$work/said"
	[ ! -s "$work/said" ]
	verdict "no-writable-data-$name"
done
[ $found -gt 0 ]
verdict modules-were-found

# The functions that larder.h declares, and those that liblarder exports: the same.
sed -n 's/^LARDER_API .*[ *]\(larder_[a-z_]*\) (.*/\1/p' "$TOP_SRCDIR"/core/include/larder/{larder,models,infra,cdn,archive,recovery}.h | sort >"$work/declared"
exported "$TOP_BUILDDIR/.libs/liblarder.so" >"$work/exported"
diff "$work/declared" "$work/exported" >"$work/said"
verdict liblarder-exports-larder-h

# The same of the private library, where it is built, with http.h, alike.h, aws.h, body.h, policy.h, terraform.h and tree.h. No driver may change what another sees.
private="$TOP_BUILDDIR/.libs/liblarder-aws.so"
if [ -e "$private" ]; then
	sed -n 's/^[a-z][a-z0-9_ ]*[ *]\(\(http\|aws\)_[a-z0-9_]*\) (.*/\1/p' "$TOP_SRCDIR"/drivers/{http/http,aws/alike,aws/aws,aws/body,aws/policy,aws/terraform,aws/tree}.h | sort >"$work/declared"
	exported "$private" >"$work/exported"
	diff "$work/declared" "$work/exported" >"$work/said"
	verdict private-library-exports-its-headers
	writable "$private" | grep -vE "^($compilers)$" >"$work/said"
	[ ! -s "$work/said" ]
	verdict private-library-has-no-writable-data
fi
echo "1..$number"
