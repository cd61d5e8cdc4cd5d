/* driver-bad-size-huge.c: says that its table has 4 GiB. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

/* Designators that come later win. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-size-huge"), .head = { (size_t) 4 << 30, 0, LARDER_KIND_DRIVER, sizeof (struct larder_option) } };
LARDER_DRIVER (driver)
