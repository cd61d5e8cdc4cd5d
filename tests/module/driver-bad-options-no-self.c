/* driver-bad-options-no-self.c: has options, but no instance that could hold them. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

static const struct larder_option options[] = { { .key = "lost", .type = LARDER_BOOL, .at = 0 }, { 0 } };

/* Designators that come later win. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-options-no-self"), .options = options };
LARDER_DRIVER (driver)
