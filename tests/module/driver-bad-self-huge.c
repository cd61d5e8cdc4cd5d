/* driver-bad-self-huge.c: wants an instance of 4 GiB. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

/* Designators that come later win. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-self-huge"), .self_size = (size_t) 4 << 30 };
LARDER_DRIVER (driver)
