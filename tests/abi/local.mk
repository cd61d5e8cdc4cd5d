# What crosses between separately built binaries: headers, offsets, symbols.
check_PROGRAMS += tests/abi/offsets
tests_abi_offsets_SOURCES = tests/abi/offsets.c
tests_abi_offsets_CPPFLAGS = $(IN_INCLUDE)
TESTS += tests/abi/test-abi-headers.sh tests/abi/test-abi-binaries.sh
EXTRA_DIST += tests/abi/test-abi-headers.sh tests/abi/test-abi-binaries.sh tests/abi/offsets-0.golden
