/* driver-bad-null-open.c: two required operations are missing: both must be named. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

/* Designators that come later win. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-null-open"), .open = NULL, .list = NULL };
LARDER_DRIVER (driver)
