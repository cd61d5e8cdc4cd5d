#!/bin/bash
# test-abi-headers.sh: every public header compiles alone as strict C99, C11 and C++17, for applications and for
# authors of modules, whose macros must not need more either.
set -u
include=$TOP_SRCDIR/core/include
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
number=0
read -r -a cc <<<"${CC:-cc}"
read -r -a cxx <<<"${CXX:-c++}"

# compile NAME LANGUAGE STANDARD: the text on standard input
compile () {
	local compiler=("${cc[@]}") suffix=c
	[ "$2" = c ] || { compiler=("${cxx[@]}"); suffix=cc; }
	cat >"$work/try.$suffix"
	number=$((number + 1))
	if "${compiler[@]}" -std="$3" -Wall -Wextra -Wpedantic -Werror -I"$include" -c -o "$work/try.o" "$work/try.$suffix" 2>"$work/said"; then
		echo "ok $number - test-abi-headers-$1-$3"
	else
		echo "not ok $number - test-abi-headers-$1-$3"
		head -n 20 "$work/said" | sed 's/^/# /'
	fi
}

for standard in c99 c11 c++17; do
	language=c; [ $standard != c++17 ] || language=c++
	for header in types larder models infra; do
		compile "$header" $language $standard <<<"#include <larder/$header.h>"
	done
	for header in driver codec lock; do
		start=$(printf '#define LARDER_API_VERSION 0\n#include <larder/%s.h>\n' "$header")
		compile "$header" $language $standard <<<"$start"
		compile "$header-table" $language $standard <<TABLE
$start
#if defined __GNUC__
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif
static const struct larder_$header table = { LARDER_${header^^}_HEAD };
LARDER_${header^^} (table)
TABLE
	done
done

# An author states the contract; there is no default.
for header in driver codec lock; do
	number=$((number + 1))
	echo "#include <larder/$header.h>" >"$work/try.c"
	if "${cc[@]}" -I"$include" -c -o "$work/try.o" "$work/try.c" 2>"$work/said" || ! grep -q 'define LARDER_API_VERSION' "$work/said"; then
		echo "not ok $number - test-abi-headers-$header-wants-a-version"
	else
		echo "ok $number - test-abi-headers-$header-wants-a-version"
	fi
done
echo "1..$number"
