dist_man_MANS +=
EXTRA_DIST += doc/dev/architecture.md doc/dev/abi.md doc/dev/testing.md
