/* driver-bad-option-type.c: an option is of a type that does not exist. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

static const struct larder_option options[] = { { .key = "odd", .type = 77, .at = 0 }, { 0 } };

/* Designators that come later win. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-option-type"), .options = options, .self_size = 8 };
LARDER_DRIVER (driver)
