/* pace.c: see pace.h. Each request takes the next free moment and moves the one after it; many threads need no clock between them. */
#include "pace.h"

#include <errno.h>
#include <poll.h>

#include "clock.h"
#include "error.h"
#include "store.h"

void
pace_begin (struct pace *pace, const struct larder *larder)
{
	const struct schema_larder *settings = larder_settings_of (larder);
	*pace = (struct pace) {
		.mutex = PTHREAD_MUTEX_INITIALIZER, .bandwidth = settings ? settings->bandwidth : 0, .requests = settings ? (uint64_t) settings->requests : 0,
	};
}

static int64_t
later (int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* When it may begin. */
static int64_t
take (struct pace *pace, uint64_t bytes)
{
	pthread_mutex_lock (&pace->mutex);
	int64_t now = clock_boot (), from = now;
	if (pace->bandwidth) {
		from = later (from, pace->bytes_from);
		pace->bytes_from = later (now, pace->bytes_from) + (int64_t) ((double) bytes * (double) NS_PER_S / (double) pace->bandwidth);
	}
	if (pace->requests) {
		from = later (from, pace->requests_from);
		pace->requests_from = later (now, pace->requests_from) + NS_PER_S / (int64_t) pace->requests;
	}
	pthread_mutex_unlock (&pace->mutex);
	return from;
}

int
pace_wait (struct pace *pace, struct larder *larder, uint64_t bytes, struct larder_error *error)
{
	if (!pace->bandwidth && !pace->requests)
		return 0;
	int64_t from = take (pace, bytes), left;
	struct pollfd cancel = { larder_call_begin (larder, NULL).cancel_fd, POLLIN, 0 };
	while ((left = from - clock_boot ()) > 0) {
		int ms = (int) (left / (NS_PER_S / 1000)) + 1;
		if (poll (&cancel, 1, ms < 1000 ? ms : 1000) < 0 && errno != EINTR)
			return larder_fail_errno (error, errno, "cannot wait");
		if (larder_is_cancelled (larder))
			return larder_fail_cancelled (error);
	}
	return 0;
}
