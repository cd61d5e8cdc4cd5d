/* driver-odd-longer.c: of a newer core: one operation more, and options one pointer longer. Both are cut. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

struct state { const char *place; int64_t count; };
struct longer_option { struct larder_option option; const char *more; };
struct longer_driver { struct larder_driver driver; int (*more) (void); };

static const struct longer_option options[] = {
	{ { .key = "place", .type = LARDER_STRING, .at = offsetof (struct state, place), .def = "here" }, "m" },
	{ { .key = "count", .type = LARDER_INT, .at = offsetof (struct state, count), .def = "7" }, "m" },
	{ { 0 }, NULL }
};

static int
more (void)
{
	return 1;
}

#pragma GCC diagnostic ignored "-Woverride-init"
static const struct longer_driver longer = {
	.driver = {
		FIXTURE_DRIVER ("odd-longer"),
		.head = { sizeof longer, 0, LARDER_KIND_DRIVER, sizeof (struct longer_option) },
		.options = &options[0].option, .self_size = sizeof (struct state),
	},
	.more = more,
};
LARDER_DRIVER (longer.driver)
