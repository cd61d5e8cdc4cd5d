/* driver-bad-size-zero.c: says that its table has no bytes. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

/* Designators that come later win. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-size-zero"), .head = { 0, 0, LARDER_KIND_DRIVER, sizeof (struct larder_option) } };
LARDER_DRIVER (driver)
