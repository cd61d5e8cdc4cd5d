# One ingest or sweep a process, and a driver that lets tests decide who goes on and who dies.
check_PROGRAMS += tests/fault/ingest-run
tests_fault_ingest_run_SOURCES = %D%/ingest-run.c
tests_fault_ingest_run_CPPFLAGS = $(IN_IMAGE)
tests_fault_ingest_run_LDADD = libcoretest.la
check_LTLIBRARIES += driver-gated.la
driver_gated_la_SOURCES = %D%/driver-gated.c %D%/inner.h
driver_gated_la_CPPFLAGS = $(IN_BASE)
driver_gated_la_LDFLAGS = $(LDFLAGS_MODULE) -rpath /nowhere
TESTS += %D%/test-fault-ingest-kill.py %D%/test-fault-ingest-model.py %D%/test-fault-ingest-refused.py %D%/test-fault-ingest-undecided.py %D%/test-fault-ingest-mounts.sh
EXTRA_DIST += doc/dev/ingest.md %D%/test-fault-ingest-kill.py %D%/test-fault-ingest-model.py %D%/test-fault-ingest-refused.py %D%/test-fault-ingest-undecided.py %D%/test-fault-ingest-mounts.sh

# What a transfer makes of places that lose bytes, or have no room for them.
check_LTLIBRARIES += driver-lossy.la tests/fault/lossy-disk.la
check_LTLIBRARIES += tests/fault/folding-disk.la
tests_fault_folding_disk_la_SOURCES = %D%/folding-disk.c
tests_fault_folding_disk_la_CFLAGS = $(AM_CFLAGS) -fvisibility=default
tests_fault_folding_disk_la_LDFLAGS = $(LDFLAGS_MODULE) -rpath /nowhere
driver_lossy_la_SOURCES = %D%/driver-lossy.c %D%/inner.h
driver_lossy_la_CPPFLAGS = $(IN_BASE)
driver_lossy_la_LDFLAGS = $(LDFLAGS_MODULE) -rpath /nowhere
tests_fault_lossy_disk_la_SOURCES = %D%/lossy-disk.c
tests_fault_lossy_disk_la_CFLAGS = $(AM_CFLAGS) -fvisibility=default
tests_fault_lossy_disk_la_LDFLAGS = $(LDFLAGS_MODULE) -rpath /nowhere
TESTS += %D%/test-fault-spelling.py
EXTRA_DIST += %D%/test-fault-spelling.py
TESTS += %D%/test-fault-move.py %D%/test-fault-swapped.py %D%/test-fault-source.py %D%/test-fault-transfer-full.sh %D%/test-fault-transfer-kill.py %D%/test-fault-manifest-kill.py %D%/test-fault-archive-kill.py
EXTRA_DIST += %D%/test-fault-move.py %D%/test-fault-swapped.py %D%/test-fault-source.py %D%/test-fault-transfer-full.sh %D%/test-fault-transfer-kill.py %D%/test-fault-manifest-kill.py %D%/test-fault-archive-kill.py %D%/kill_place.py %D%/kill_transfers.py

# Preloaded by the power cut tests.
check_LTLIBRARIES += tests/fault/recorder.la
tests_fault_recorder_la_SOURCES = %D%/recorder.c
tests_fault_recorder_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
tests_fault_recorder_la_LIBADD = -ldl
TESTS += %D%/test-fault-power-cut.py %D%/test-fault-power-model.py %D%/test-fault-power-transfer.py
EXTRA_DIST += %D%/test-fault-power-cut.py %D%/test-fault-power-model.py %D%/test-fault-power-transfer.py %D%/power.py

# A proxy that does what networks and servers do at bad moments, by scenarios.
if WITH_AWS
check_PROGRAMS += tests/fault/fault-proxy
tests_fault_fault_proxy_SOURCES = %D%/fault.h %D%/fault-proxy.c %D%/fault-head.c %D%/fault-rules.c %D%/fault-acts.c tests/bench/null-line.c tests/lib/loopback.c tests/lib/loopback.h
tests_fault_fault_proxy_CPPFLAGS = $(IN_BASE) -I$(top_srcdir)/tests/bench -I$(top_srcdir)/tests/lib
tests_fault_fault_proxy_CFLAGS = $(AM_CFLAGS) $(AWS_CFLAGS) $(JANSSON_CFLAGS)
tests_fault_fault_proxy_LDADD = $(AWS_LIBS) $(JANSSON_LIBS)
TESTS += %D%/test-fault-matrix.py %D%/test-fault-matrix-versitygw.py %D%/test-fault-matrix-moto.py %D%/test-fault-machine.py %D%/test-fault-link.py %D%/test-fault-clock.py %D%/test-fault-parts.py
endif
EXTRA_DIST += %D%/README.md %D%/test-fault-parts.py %D%/link.py %D%/moving.py %D%/test-fault-link.py %D%/test-fault-clock.py %D%/matrix.py %D%/test-fault-matrix.py %D%/test-fault-matrix-versitygw.py %D%/test-fault-matrix-moto.py %D%/test-fault-machine.py %D%/faults.py %D%/scenarios %D%/guards %D%/check_guards.py

# Preloaded: calls that fail or do less than was asked.
check_LTLIBRARIES += tests/fault/bad-calls.la
tests_fault_bad_calls_la_SOURCES = %D%/bad-calls.c %D%/going-wrong.c %D%/going-wrong.h
tests_fault_bad_calls_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
tests_fault_bad_calls_la_LIBADD = -ldl
check_LTLIBRARIES += tests/fault/bad-memory.la
tests_fault_bad_memory_la_SOURCES = %D%/bad-memory.c %D%/going-wrong.c %D%/going-wrong.h
tests_fault_bad_memory_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere

# Preloaded: calls to a mount, counted.
check_LTLIBRARIES += tests/fault/counted-calls.la
tests_fault_counted_calls_la_SOURCES = %D%/counted-calls.c
tests_fault_counted_calls_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
tests_fault_counted_calls_la_LIBADD = -ldl

# A file system with the manners of NFS.
if HAVE_FUSE
check_PROGRAMS += tests/fault/nfs-like
tests_fault_nfs_like_SOURCES = %D%/nfs-like.c %D%/going-wrong.c %D%/going-wrong.h
tests_fault_nfs_like_CFLAGS = $(AM_CFLAGS) $(FUSE_CFLAGS)
tests_fault_nfs_like_LDADD = $(FUSE_LIBS)
endif
