#!/bin/bash
# What localfs-mock does on the disk: readable files, repair, cp -a, damage, links, a full disk, left-overs.
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
"$TOP_BUILDDIR/tests/conform/mock-disk" "$LARDER_MODULE_DIR/driver-localfs-mock.so" "$work"
