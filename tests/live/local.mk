# Real servers on loopback. They are found through LARDER_SERVERS; one that is missing fails its tests.
TESTS += %D%/test-live-install.sh %D%/test-live-servers.py %D%/test-live-proxy.py
if WITH_AWS
TESTS += %D%/test-live-conform.py %D%/test-live-class.py
TESTS += %D%/test-live-ingest-kill.py %D%/test-live-ingest-fallback.py %D%/test-live-errors.py %D%/test-live-scenario.py %D%/test-live-cases.py
endif
check_LTLIBRARIES += tests/live/clock-shift.la
tests_live_clock_shift_la_SOURCES = %D%/clock-shift.c
tests_live_clock_shift_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
EXTRA_DIST += %D%/test-live-ingest-kill.py %D%/test-live-ingest-fallback.py %D%/test-live-errors.py %D%/test-live-scenario.py
EXTRA_DIST += %D%/test-live-conform.py %D%/test-live-class.py %D%/README.md %D%/test-live-install.sh %D%/test-live-servers.py %D%/test-live-proxy.py
EXTRA_DIST += %D%/profiles/versitygw.ini %D%/profiles/minio-tls.ini

# A driver alone, led by scripts.
check_PROGRAMS += tests/live/s3-do
tests_live_s3_do_SOURCES = \
	%D%/s3-do.c tests/conform/driver/host.c tests/conform/driver/load.c tests/conform/driver/ops.c tests/conform/driver/suite.h core/base/fail.c
tests_live_s3_do_CPPFLAGS = $(IN_CONFIG) -I$(top_srcdir)/tests/conform
tests_live_s3_do_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_live_s3_do_LDADD = libconfig.la libbase.la $(INIH_LIBS) $(JANSSON_LIBS)
if WITH_AWS
# The capability table, printed.
check_PROGRAMS += tests/live/s3-table
tests_live_s3_table_SOURCES = %D%/s3-table.c core/base/fail.c
tests_live_s3_table_CPPFLAGS = $(IN_AWS) -I$(top_srcdir)/drivers/s3 -DLARDER_API_VERSION=0
tests_live_s3_table_LDADD = libs3wire.la libbase.la
TESTS += %D%/test-live-pace.py %D%/test-live-verify.py %D%/test-live-manifest.py %D%/test-live-urls.py %D%/test-live-copies.py %D%/test-live-journals.py
EXTRA_DIST += %D%/test-live-pace.py %D%/test-live-verify.py %D%/test-live-manifest.py %D%/test-live-urls.py %D%/test-live-copies.py %D%/test-live-journals.py
TESTS += %D%/test-live-dangers.py %D%/test-live-database.py %D%/test-live-recovery.py %D%/test-live-recovery-backup.py %D%/test-live-backup.py %D%/test-live-efs-control.py %D%/test-live-objects.py %D%/test-live-table.py %D%/test-live-versions.py %D%/test-live-removed.py %D%/test-live-replication.py %D%/test-live-transfer.py %D%/test-live-sync.py %D%/test-live-cache.py
TESTS += %D%/test-live-options.py %D%/test-live-pairings.py %D%/test-live-settings.py
TESTS += %D%/test-live-drill.py %D%/test-live-drill-backup.py %D%/test-live-strategy.py %D%/test-live-glacier.py
TESTS += %D%/test-live-nginx.py %D%/test-live-nginx-mock.py %D%/test-live-nginx-browser.py
TESTS += %D%/test-live-infra.py %D%/test-live-cdn-check.py %D%/test-live-cdn-edge.py %D%/test-live-cdn-invalidate.py %D%/test-live-cdn-key.py %D%/test-live-cdn-sign.py %D%/test-live-cloudfront.py %D%/test-live-policy.py %D%/test-live-terraform.py
endif
EXTRA_DIST += %D%/test-live-replication.py %D%/test-live-policy.py %D%/test-live-removed.py %D%/test-live-cases.py %D%/session.py %D%/test-live-versions.py %D%/test-live-dangers.py %D%/test-live-database.py %D%/test-live-recovery.py %D%/test-live-recovery-backup.py %D%/test-live-backup.py %D%/test-live-efs-control.py %D%/test-live-objects.py %D%/test-live-table.py

# Who we are: sources of credentials, played by tests/lib/identity_services.py.
if WITH_AWS
TESTS += %D%/test-live-identity.py %D%/test-live-probe.py %D%/test-live-sweep.py
endif
EXTRA_DIST += %D%/test-live-identity.py %D%/test-live-probe.py %D%/test-live-sweep.py
EXTRA_DIST += %D%/test-live-transfer.py %D%/test-live-sync.py %D%/test-live-cache.py %D%/syncing.py %D%/test-live-options.py %D%/test-live-pairings.py %D%/test-live-settings.py
EXTRA_DIST += %D%/test-live-nginx.py %D%/test-live-nginx-mock.py %D%/test-live-nginx-browser.py
EXTRA_DIST += %D%/edge_place.py %D%/test-live-infra.py %D%/test-live-cdn-check.py %D%/test-live-cdn-edge.py %D%/test-live-cdn-invalidate.py %D%/test-live-cdn-key.py %D%/test-live-cdn-sign.py %D%/test-live-cloudfront.py %D%/test-live-terraform.py
EXTRA_DIST += %D%/test-live-drill.py %D%/test-live-drill-backup.py %D%/test-live-strategy.py %D%/test-live-glacier.py %D%/strategy_whole.py %D%/strategy_buckets.py %D%/strategy_filesystem.py %D%/strategy_cdn.py %D%/strategy_backup.py %D%/database_place.py %D%/backup_place.py
