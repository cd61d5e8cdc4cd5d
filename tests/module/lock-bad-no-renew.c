/* lock-bad-no-renew.c: a lock provider that can do nothing but open and close. */
#include "fixture.h"

static int
lock_open (void *self, struct larder_call *call, const struct larder_lock_open *request, struct larder_error *error)
{
	(void) self, (void) call, (void) request, (void) error;
	return 0;
}

static void
lock_close (void *self)
{
	(void) self;
}

static const struct larder_lock lock = {
	.head = LARDER_LOCK_HEAD, .name = "bad-no-renew", .version = "1", .summary = "a fixture of the tests", .open = lock_open, .close = lock_close,
};
LARDER_LOCK (lock)
