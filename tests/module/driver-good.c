/* driver-good.c: nothing wrong with it; its constructor leaves a mark. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

__attribute__ ((constructor)) static void
loaded (void)
{
	fixture_mark ('g');
}

/* Designators that come later win. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = { FIXTURE_DRIVER ("good") };
LARDER_DRIVER (driver)
