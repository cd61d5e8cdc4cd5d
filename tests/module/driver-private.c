/* driver-private.c: a good driver with a private library, which has one in turn. The tests write folders into the
 * RUNPATH of each. */
#include "fixture.h"
#include "private.h"

FIXTURE_DRIVER_OPS

__attribute__ ((constructor)) static void
loaded (void)
{
	fixture_mark (private_answer () == 42 ? 'g' : '?');
}

static const struct larder_driver driver = { FIXTURE_DRIVER ("private") };
LARDER_DRIVER (driver)
