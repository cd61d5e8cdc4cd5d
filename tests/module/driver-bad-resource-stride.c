/* driver-bad-resource-stride.c: says that a row of its resources takes no room. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

static const struct larder_resource_type rows[] = { { .name = "shelf" }, { 0 } };
static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-resource-stride"), .resources = rows, .resource_stride = 0 };
LARDER_DRIVER (driver)
