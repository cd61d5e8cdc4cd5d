/* driver-bad-other-name.c: calls itself otherwise than its file. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

/* Designators that come later win. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = { FIXTURE_DRIVER ("another"), .version = "1" };
LARDER_DRIVER (driver)
