# The null server; scripts that measure run it and the peers, and are no tests. Its own test is one.
if WITH_AWS
check_PROGRAMS += tests/bench/null-server
tests_bench_null_server_SOURCES = %D%/null.h %D%/null-server.c %D%/null-line.c %D%/null-content.c %D%/null-names.c \
	%D%/null-request.c %D%/null-list.c %D%/null-s3.c tests/lib/loopback.c tests/lib/loopback.h
tests_bench_null_server_CPPFLAGS = $(IN_BASE) -I$(top_srcdir)/tests/lib
tests_bench_null_server_CFLAGS = $(AM_CFLAGS) $(AWS_CFLAGS)
tests_bench_null_server_LDADD = libbase.la $(AWS_LIBS)
check_PROGRAMS += tests/bench/measure
tests_bench_measure_SOURCES = %D%/measure.c
check_PROGRAMS += tests/bench/floor
tests_bench_floor_SOURCES = %D%/floor.c core/base/fail.c
tests_bench_floor_CPPFLAGS = $(IN_AWS)
tests_bench_floor_CFLAGS = $(AM_CFLAGS) $(AWS_CFLAGS)
tests_bench_floor_LDADD = $(LIBS_UNIT_AWS)
check_PROGRAMS += tests/bench/cdn-sign
tests_bench_cdn_sign_SOURCES = %D%/cdn-sign.c
tests_bench_cdn_sign_CPPFLAGS = -I$(top_srcdir)/core/include
tests_bench_cdn_sign_CFLAGS = $(AM_CFLAGS) $(AWS_CFLAGS)
tests_bench_cdn_sign_LDADD = liblarder.la $(AWS_LIBS)
TESTS += %D%/test-bench-null.py
TESTS += %D%/test-bench-scale.py
# A million keys; `make check` takes a hundred thousand.
CHECK_SCALES += check-scale-keys
check-scale-keys: tests/bench/null-server tests/bench/measure all
	LARDER_KEYS=1000000 LARDER_STREAM_GIB=60 TOP_SRCDIR='$(abs_top_srcdir)' TOP_BUILDDIR='$(abs_top_builddir)' LARDER_MODULE_DIR='$(abs_top_builddir)/.libs' \
		$(PYTHON3) $(top_srcdir)/tests/bench/test-bench-scale.py
endif
EXTRA_DIST += %D%/null.py %D%/test-bench-null.py %D%/test-bench-scale.py %D%/turns.py %D%/peers.py %D%/peer.py %D%/bench-large.py %D%/bench-small.py %D%/bench-keys.py \
	%D%/bench-sync.py %D%/bench-faults.py %D%/bench-ingest.py %D%/bench-ingest-minio.py %D%/bench-cdn-sign.py
EXTRA_DIST += %D%/peer-libs3.c %D%/strategy.py %D%/bench-python.py %D%/bench-infra.py %D%/strategy_tf.py
