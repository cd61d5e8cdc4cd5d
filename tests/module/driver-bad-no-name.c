/* driver-bad-no-name.c: its table holds no name. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

/* Designators that come later win. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = { FIXTURE_DRIVER ("x"), .name = NULL };
LARDER_DRIVER (driver)
