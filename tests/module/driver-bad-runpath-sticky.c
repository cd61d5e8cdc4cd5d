/* driver-bad-runpath-sticky.c: everyone may put a library into the folder of its RUNPATH. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

__attribute__ ((constructor)) static void
loaded (void)
{
	fixture_mark ('b');
}

static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-runpath-sticky") };
LARDER_DRIVER (driver)
