# Each folder of tests lists its own; unit tests are listed by room.
CHECK_SCALES =
check-scale: $(CHECK_SCALES)
.PHONY: check-scale check-scale-keys check-scale-mock
LIBS_UNIT = libcoretest.la $(CHECK_LIBS)
CFLAGS_UNIT = $(AM_CFLAGS) $(CHECK_CFLAGS)
# First of all, beside tests that load no module: while `make install` links one anew it is not in its place.
TESTS += tests/module/test-hello-driver.sh
include tests/unit/base.mk
include tests/unit/config.mk
include tests/unit/module.mk
include tests/unit/store.mk
include tests/unit/infra.mk
include tests/unit/cdn.mk
include tests/unit/archive.mk
include tests/unit/transfer.mk
include tests/unit/cache.mk
include tests/unit/cli.mk
include tests/unit/image.mk
include tests/unit/aws.mk
include tests/unit/cloudfront.mk
include tests/unit/nginx.mk
include tests/unit/efs-control.mk
include tests/unit/s3.mk
include tests/unit/localfs-mock.mk
include tests/unit/http.mk
include tests/unit/codecs.mk
include tests/module/local.mk
include tests/abi/local.mk
include tests/conform/local.mk
include tests/cache/local.mk
include tests/infra/local.mk
include tests/cli/local.mk
include tests/image/local.mk
include tests/fault/local.mk
include tests/lib/local.mk
include tests/bench/local.mk
include tests/live/local.mk
include tests/python/local.mk
include tests/style/local.mk
