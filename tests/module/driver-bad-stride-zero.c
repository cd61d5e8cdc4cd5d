/* driver-bad-stride-zero.c: says that its options take no room. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

/* Designators that come later win. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-stride-zero"), .head = { sizeof (struct larder_driver), 0, LARDER_KIND_DRIVER, 0 } };
LARDER_DRIVER (driver)
