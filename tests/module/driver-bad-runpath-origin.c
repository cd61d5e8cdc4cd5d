/* driver-bad-runpath-origin.c: the folder of its RUNPATH depends on where it lies. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

__attribute__ ((constructor)) static void
loaded (void)
{
	fixture_mark ('b');
}

static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-runpath-origin") };
LARDER_DRIVER (driver)
