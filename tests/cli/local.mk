# The tool as people use it: scripts against the built program, with the mock profile.
TESTS += %D%/test-cli-tables.py %D%/test-cli-objects.py %D%/test-cli-same-place.py %D%/test-cli-descriptors.py %D%/test-cli-output.py %D%/test-cli-broken-module.py %D%/test-cli-errors.py %D%/test-cli-privileged.py %D%/test-cli-ingest.py %D%/test-cli-versions.py %D%/test-cli-sync.py %D%/test-cli-plan.py %D%/test-cli-archive.py %D%/test-cli-restore.py %D%/test-cli-members.py %D%/test-cli-replica.py
EXTRA_DIST += %D%/tool.py %D%/test-cli-tables.py %D%/test-cli-objects.py %D%/test-cli-same-place.py %D%/test-cli-descriptors.py %D%/test-cli-output.py %D%/test-cli-broken-module.py %D%/test-cli-errors.py %D%/test-cli-privileged.py %D%/test-cli-ingest.py %D%/test-cli-versions.py %D%/test-cli-sync.py %D%/test-cli-plan.py %D%/test-cli-archive.py %D%/test-cli-restore.py %D%/test-cli-members.py %D%/test-cli-replica.py

check_LTLIBRARIES += tests/cli/driver-canary.la
tests_cli_driver_canary_la_SOURCES = %D%/driver-canary.c
tests_cli_driver_canary_la_CPPFLAGS = $(IN_INCLUDE)
tests_cli_driver_canary_la_LDFLAGS = $(LDFLAGS_MODULE) -rpath /nowhere

# The tool without the shared library, which the loader would not find for a program of more rights.
check_PROGRAMS += tests/cli/larder-whole
tests_cli_larder_whole_SOURCES = $(larder_SOURCES)
tests_cli_larder_whole_CPPFLAGS = $(larder_CPPFLAGS)
tests_cli_larder_whole_LDADD = libcoretest.la libbase.la $(JANSSON_LIBS) -lpthread
TESTS += %D%/test-cli-deadline.py %D%/test-cli-pace.py %D%/test-cli-any-order.py %D%/test-cli-sync-links.py %D%/test-cli-sync-lists.py %D%/test-cli-verify.py %D%/test-cli-manifest.py %D%/test-cli-efs.py %D%/test-cli-infra.py %D%/test-cli-own.py %D%/test-cli-words.py %D%/test-cli-costs.py
EXTRA_DIST += %D%/test-cli-deadline.py %D%/test-cli-pace.py %D%/test-cli-any-order.py %D%/test-cli-sync-links.py %D%/test-cli-sync-lists.py %D%/test-cli-verify.py %D%/test-cli-manifest.py %D%/test-cli-efs.py %D%/test-cli-infra.py %D%/test-cli-own.py %D%/test-cli-words.py %D%/test-cli-costs.py
TESTS += %D%/test-cli-drill.py %D%/test-cli-days.py %D%/test-cli-replication.py %D%/test-cli-recovery.py %D%/test-cli-cdn.py %D%/test-cli-clock.py %D%/test-cli-lifecycle.py %D%/test-cli-nested.py
EXTRA_DIST += %D%/test-cli-drill.py %D%/test-cli-days.py %D%/test-cli-replication.py %D%/test-cli-recovery.py %D%/place.py %D%/test-cli-cdn.py %D%/test-cli-clock.py %D%/test-cli-lifecycle.py %D%/test-cli-nested.py
