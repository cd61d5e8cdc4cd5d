/* driver-odd-shorter.c: of an older core: its table ends before copy. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

/* Designators that come later win. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = { FIXTURE_DRIVER ("odd-shorter"), 
	.head = { offsetof (struct larder_driver, copy), 0, LARDER_KIND_DRIVER, sizeof (struct larder_option) },
	.copy = (int (*) (void *, struct larder_call *, const struct larder_copy *, struct larder_info *, struct larder_error *)) (uintptr_t) 1 };
LARDER_DRIVER (driver)
