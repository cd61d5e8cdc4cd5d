/* lock-lying.c: a lock provider which says that a lock is held, and then how in a way that cannot be; by the name of the lock. */
#define LARDER_API_VERSION 0
#include <larder/lock.h>

static int
lying_open (void *self, struct larder_call *call, const struct larder_lock_open *request, struct larder_error *error)
{
	(void) self, (void) call, (void) request, (void) error;
	return 0;
}

static void
lying_close (void *self)
{
	(void) self;
}

static int
lying_try_acquire (void *self, struct larder_call *call, const char *name, int64_t length, const char *note, struct larder_lease *ret,
                   struct larder_error *error)
{
	(void) self, (void) call, (void) note, (void) error;
	struct larder_lease lease = { .size = sizeof lease, .name = name, .token = "t", .fence = 1, .length = length };
	if (strcmp (name, "no-token") == 0)
		lease.token = NULL;
	if (strcmp (name, "empty-token") == 0)
		lease.token = "";
	if (strcmp (name, "no-fence") == 0)
		lease.fence = 0;
	if (strcmp (name, "over") == 0)
		lease.length = 0;
	if (strcmp (name, "longer") == 0)
		lease.length = length + 1;
	larder_give (ret, &lease);
	return 0;
}

static int
lying_renew (void *self, struct larder_call *call, const struct larder_lease *lease, struct larder_error *error)
{
	(void) self, (void) call, (void) lease, (void) error;
	return 0;
}

static int
lying_holder (void *self, struct larder_call *call, const char *name, struct larder_lease *ret, struct larder_error *error)
{
	(void) self, (void) call, (void) ret;
	return larder_fail (error, LARDER_E_NOTFOUND, "nobody holds '%s'", name);
}

static const struct larder_lock lock = {
	.head = LARDER_LOCK_HEAD, .name = "lying", .version = "0", .summary = "says what cannot be", .threads = LARDER_THREADS_PARALLEL,
	.self_size = 1, .open = lying_open, .close = lying_close, .try_acquire = lying_try_acquire, .renew = lying_renew,
	.release = lying_renew, .holder = lying_holder,
};
LARDER_LOCK (lock)
