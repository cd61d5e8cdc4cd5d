/* driver-bad-retrieval-stride.c: says that a row of its retrievals takes no room. */
#include "fixture.h"

FIXTURE_DRIVER_OPS

static const struct larder_retrieval rows[] = { { "GLACIER", "Standard", 1 }, { 0 } };
static const struct larder_driver driver = { FIXTURE_DRIVER ("bad-retrieval-stride"), .retrievals = rows, .retrieval_stride = 0 };
LARDER_DRIVER (driver)
