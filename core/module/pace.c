/* pace.c: see pace.h. Each takes the next free moment and moves the one after it; many threads need no clock between them. */
#include "pace.h"

#include <errno.h>
#include <poll.h>

#include "call.h"
#include "clock.h"
#include "error.h"

#define BYTES_LEAST 4096

/* When this one may begin; `lasts`: how long after it the next. */
static int64_t
take (struct pace *pace, int64_t *next, int64_t lasts)
{
	pthread_mutex_lock (&pace->mutex);
	int64_t now = clock_boot (), from = now > *next ? now : *next;
	*next = from + lasts;
	pthread_mutex_unlock (&pace->mutex);
	return from;
}

static int
wait_until (struct larder_call *call, int64_t from, struct larder_error *error)
{
	struct pollfd cancel = { module_host.cancel_fd (call), POLLIN, 0 };
	for (int64_t left; (left = from - clock_boot ()) > 0;) {
		int ms = (int) ((left < NS_PER_S ? left : NS_PER_S) / (NS_PER_S / 1000)) + 1;
		int ready = poll (&cancel, 1, ms);
		if (ready < 0 && errno != EINTR)
			return larder_fail_errno (error, errno, "cannot wait");
		if (ready > 0 || module_host.cancelled (call))
			return larder_fail (error, LARDER_E_CANCELLED, "cancelled");
	}
	return 0;
}

int
pace_request (struct larder_call *call, struct larder_error *error)
{
	struct pace *pace = call ? call->pace : NULL;
	if (!pace || !pace->requests)
		return 0;
	int64_t from = take (pace, &pace->requests_from, NS_PER_S / (int64_t) pace->requests);
	return call->urgent ? 0 : wait_until (call, from, error);
}

/* Not more than a tenth of a second moves, so that many take turns and none is silent for long. */
int64_t
pace_bytes (struct larder_call *call, uint64_t count, struct larder_error *error)
{
	struct pace *pace = call ? call->pace : NULL;
	if (!pace || !pace->bandwidth || count == 0)
		return (int64_t) count;
	uint64_t most = pace->bandwidth / 10 > BYTES_LEAST ? pace->bandwidth / 10 : BYTES_LEAST;
	if (count > most)
		count = most;
	int64_t from = take (pace, &pace->bytes_from, (int64_t) ((double) count * (double) NS_PER_S / (double) pace->bandwidth));
	int code = call->urgent ? 0 : wait_until (call, from, error);
	return code < 0 ? code : (int64_t) count;
}
