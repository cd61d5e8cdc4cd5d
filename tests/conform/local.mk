# The conformance suites, installed: any module against its contract.
bin_PROGRAMS += larder-driver-test
larder_driver_test_SOURCES = \
	%D%/driver/main.c %D%/turns.h %D%/driver/suite.h %D%/driver/host.c %D%/driver/load.c %D%/driver/ops.c %D%/driver/objects.c %D%/driver/writes.c \
	%D%/driver/lists.c %D%/driver/more.c %D%/driver/parts.c %D%/driver/model.c %D%/driver/resources.c core/base/fail.c
larder_driver_test_CPPFLAGS = $(IN_CONFIG)
larder_driver_test_LDADD = libconfig.la libbase.la $(INIH_LIBS)

# A store that breaks one promise: the suite must notice which.
check_LTLIBRARIES += driver-faulty.la
driver_faulty_la_SOURCES = %D%/driver-faulty.c %D%/faulty-list.c %D%/faulty-parts.c %D%/faulty-resources.c %D%/faulty-restore.c %D%/faulty.h
driver_faulty_la_CPPFLAGS = $(IN_BASE)
driver_faulty_la_LDFLAGS = $(LDFLAGS_MODULE) -rpath /nowhere
driver_faulty_la_LIBADD = libbase.la
TESTS += %D%/test-conform-driver-faulty.sh %D%/test-conform-driver-mock.sh %D%/test-conform-resources.sh
EXTRA_DIST += %D%/test-conform-resources.sh %D%/resources-mock.ini %D%/resources-efs.ini %D%/resources-nginx.ini %D%/resources-cloudfront.ini %D%/resources-faulty.ini %D%/test-conform-driver-faulty.sh %D%/test-conform-driver-mock.sh

# The codec suite.
bin_PROGRAMS += larder-codec-test
larder_codec_test_SOURCES = \
	%D%/codec/main.c %D%/codec/suite.h %D%/codec/host.c %D%/codec/picture.c %D%/codec/run.c %D%/codec/pictures.c \
	%D%/codec/faults.c %D%/codec/limits.c core/base/fail.c
larder_codec_test_CPPFLAGS = $(IN_CONFIG)
larder_codec_test_LDADD = libconfig.la libbase.la $(INIH_LIBS) -lm
check_LTLIBRARIES += codec-faulty.la
codec_faulty_la_SOURCES = %D%/codec-faulty.c
codec_faulty_la_CPPFLAGS = $(IN_INCLUDE)
codec_faulty_la_LDFLAGS = $(LDFLAGS_MODULE) -rpath /nowhere
TESTS += %D%/test-conform-codec.sh
EXTRA_DIST += %D%/test-conform-codec.sh

# The lock suite, and a provider that breaks one promise.
bin_PROGRAMS += larder-lock-test
larder_lock_test_SOURCES = \
	%D%/lock/main.c %D%/turns.h %D%/lock/suite.h %D%/lock/host.c %D%/lock/instance.h %D%/lock/load.c %D%/lock/ops.c %D%/lock/leases.c \
	%D%/lock/races.c %D%/lock/answers.c %D%/lock/store.c %D%/lock/larder.c %D%/lock/flags.c core/base/fail.c
larder_lock_test_CPPFLAGS = $(IN_CONFIG)
larder_lock_test_LDADD = liblarder.la libconfig.la libbase.la $(INIH_LIBS)
check_LTLIBRARIES += lock-faulty.la
lock_faulty_la_SOURCES = %D%/lock-faulty.c
lock_faulty_la_CPPFLAGS = $(IN_BASE)
lock_faulty_la_LDFLAGS = $(LDFLAGS_MODULE) -rpath /nowhere
lock_faulty_la_LIBADD = libbase.la
TESTS += %D%/test-conform-driver-efs.sh
EXTRA_DIST += %D%/test-conform-driver-efs.sh
TESTS += %D%/test-conform-lock.sh %D%/test-conform-lock-file.py %D%/test-conform-lock-store.py %D%/test-conform-lock-workers.py
EXTRA_DIST += %D%/test-conform-lock.sh %D%/test-conform-lock-file.py %D%/test-conform-lock-store.py %D%/test-conform-lock-workers.py \
	%D%/locks.py
# A worker with a provider, told by lines what to do.
check_PROGRAMS += tests/conform/lock-worker
tests_conform_lock_worker_SOURCES = \
	%D%/lock-worker.c %D%/lock/suite.h %D%/lock/host.c %D%/lock/instance.h %D%/lock/load.c %D%/lock/flags.c %D%/lock/store.c %D%/lock/larder.c core/base/fail.c
tests_conform_lock_worker_CPPFLAGS = $(IN_CONFIG)
tests_conform_lock_worker_LDADD = liblarder.la libconfig.la libbase.la $(INIH_LIBS)

# Crash and scale tests of the mock, through the suite's host.
check_PROGRAMS += tests/conform/mock-worker
tests_conform_mock_worker_SOURCES = \
	%D%/mock-worker.c %D%/driver/host.c %D%/driver/load.c %D%/driver/ops.c %D%/driver/suite.h core/base/fail.c
tests_conform_mock_worker_CPPFLAGS = $(IN_CONFIG)
tests_conform_mock_worker_LDADD = libconfig.la libbase.la $(INIH_LIBS)
TESTS += %D%/test-conform-mock-crash.py %D%/test-conform-mock-listing.sh
EXTRA_DIST += %D%/test-conform-mock-crash.py %D%/test-conform-mock-listing.sh
check_PROGRAMS += tests/conform/mock-disk
tests_conform_mock_disk_SOURCES = \
	%D%/mock-disk.c %D%/driver/host.c %D%/driver/load.c %D%/driver/ops.c %D%/driver/suite.h core/base/fail.c
tests_conform_mock_disk_CPPFLAGS = $(IN_CONFIG)
tests_conform_mock_disk_LDADD = libconfig.la libbase.la $(INIH_LIBS)
TESTS += %D%/test-conform-mock-disk.sh
EXTRA_DIST += %D%/test-conform-mock-disk.sh
# 100,000 objects in one folder; `make check` takes 20,000.
CHECK_SCALES += check-scale-mock
check-scale-mock: tests/conform/mock-worker driver-localfs-mock.la
	LARDER_OBJECTS=100000 TOP_BUILDDIR='$(abs_top_builddir)' LARDER_MODULE_DIR='$(abs_top_builddir)/.libs' \
		$(BASH) $(top_srcdir)/tests/conform/test-conform-mock-listing.sh

if WITH_HIREDIS
TESTS += %D%/test-conform-lock-redis.py %D%/test-conform-lock-redis-tls.py
endif
EXTRA_DIST += %D%/test-conform-lock-redis.py %D%/test-conform-lock-redis-tls.py
