/* driver-bad-rpath.c: it has an RPATH, which its libraries would inherit. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

__attribute__ ((constructor)) static void
loaded (void)
{
	fixture_mark ('b');
}

static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-rpath") };
LARDER_DRIVER (driver)
