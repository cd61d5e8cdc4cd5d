/* driver-bad-undefined.c: uses a function that nobody has. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

int nobody_has_this (void);

static int
check_calls (void *self, struct larder_call *call, const char *bucket, larder_finding_fn finding, void *context, struct larder_error *error)
{
	(void) self, (void) call, (void) bucket, (void) finding, (void) context, (void) error;
	return nobody_has_this ();
}

/* Designators that come later win. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-undefined"), .check = check_calls };
LARDER_DRIVER (driver)
