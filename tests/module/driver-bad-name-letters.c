/* driver-bad-name-letters.c: its table holds a name that is none. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

/* Designators that come later win. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = { FIXTURE_DRIVER ("Bad_Name!"), .version = "1" };
LARDER_DRIVER (driver)
