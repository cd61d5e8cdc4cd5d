/* driver-bad-unknown-kind.c: of a kind that nobody knows. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

/* Designators that come later win. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-unknown-kind"), .head = { sizeof (struct larder_driver), 0, 99, sizeof (struct larder_option) } };
LARDER_DRIVER (driver)
