/* driver-bad-wrong-kind.c: a lock provider in a driver's file. */
#include "fixture.h"

static const struct larder_lock lock = { .head = LARDER_LOCK_HEAD, .name = "bad-wrong-kind", .version = "1", .summary = "a fixture of the tests" };
LARDER_LOCK (lock)
