/* driver-bad-future-abi.c: built for a contract that does not exist yet; with a constructor and options. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

struct state { const char *place; bool fast; };

static const struct larder_option options[] = {
	{ .key = "place", .type = LARDER_STRING, .at = offsetof (struct state, place) },
	{ .key = "fast", .type = LARDER_BOOL, .at = offsetof (struct state, fast) },
	{ 0 }
};

__attribute__ ((constructor)) static void
loaded (void)
{
	fixture_mark ('f');
}

/* Called after the refusal, it would leave a mark of its own. */
static int
open_mark (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error)
{
	fixture_mark ('o');
	return fixture_open (self, call, request, error);
}

/* Designators that come later win. */
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-future-abi"), 
	.head = { sizeof (struct larder_driver), 7, LARDER_KIND_DRIVER, sizeof (struct larder_option) },
	.options = options, .self_size = sizeof (struct state), .open = open_mark };
LARDER_DRIVER (driver)
