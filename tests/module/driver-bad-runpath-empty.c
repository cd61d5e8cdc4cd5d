/* driver-bad-runpath-empty.c: its RUNPATH holds an empty folder, which is the current one. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

__attribute__ ((constructor)) static void
loaded (void)
{
	fixture_mark ('b');
}

static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-runpath-empty") };
LARDER_DRIVER (driver)
