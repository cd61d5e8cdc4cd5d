/* driver-bad-runpath-relative.c: the folder of its RUNPATH is relative. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

__attribute__ ((constructor)) static void
loaded (void)
{
	fixture_mark ('b');
}

static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-runpath-relative") };
LARDER_DRIVER (driver)
