/* driver-bad-option-outside.c: an option fills a field behind the end of the instance. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

static const struct larder_option options[] = { { .key = "far", .type = LARDER_SIZE, .at = 4 }, { 0 } };

/* Designators that come later win. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-option-outside"), .options = options, .self_size = 8 };
LARDER_DRIVER (driver)
