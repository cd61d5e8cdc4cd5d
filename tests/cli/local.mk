# The tool as people use it: scripts against the built program, with the mock profile.
TESTS += %D%/test-cli-tables.py %D%/test-cli-objects.py %D%/test-cli-same-place.py %D%/test-cli-descriptors.py %D%/test-cli-output.py %D%/test-cli-errors.py %D%/test-cli-ingest.py
EXTRA_DIST += %D%/tool.py %D%/test-cli-tables.py %D%/test-cli-objects.py %D%/test-cli-same-place.py %D%/test-cli-descriptors.py %D%/test-cli-output.py %D%/test-cli-errors.py %D%/test-cli-ingest.py

check_LTLIBRARIES += tests/cli/driver-canary.la
tests_cli_driver_canary_la_SOURCES = %D%/driver-canary.c
tests_cli_driver_canary_la_CPPFLAGS = $(IN_INCLUDE)
tests_cli_driver_canary_la_LDFLAGS = $(LDFLAGS_MODULE) -rpath /nowhere
