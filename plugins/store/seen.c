/* seen.c: when a lease ends.
 *
 * On the machine that took it: by the boot clock, as the provider `file` does. A holder elsewhere has a clock that cannot be
 * compared with ours, and is not: each renewal writes the object anew, so an object that stays as it is for the length of its
 * lease, by our own boot clock, is nobody's any more. Who comes late need not wait that long from then on: the service says
 * when it wrote the lease, and when it wrote an object that we have just asked it to write, so by its one clock the lease has
 * an age. That is asked once for each state of a lock; a service that says no times, or refuses, costs patience alone. */
#include "lock-store.h"

#include <stdio.h>

#include "clock.h"

#define GRAIN NS_PER_S   /* services tell whole seconds */

/* Has it been written since we came? Two at once are as good: one of them has. */
static void
touch (const struct locks *locks, struct larder_call *call, const char *key)
{
	const char *text, *etag = NULL;
	char now[40];
	(void) snprintf (now, sizeof now, "%lld\n", (long long) larder_host->wall ());
	int code = locks->store->read (locks->store->context, call, key, &text, &etag, NULL);
	if (code == 0 || code == LARDER_E_NOTFOUND)
		(void) locks->store->write (locks->store->context, call, key, now, code == 0 ? etag : NULL, &etag, NULL);
}

/* By the service's clock, at least; 0 when it does not tell. */
static int64_t
age_of (const struct locks *locks, struct larder_call *call, const char *key)
{
	char clock[KEY_ROOM];
	int64_t before = 0, now = 0;
	const struct larder_lock_store *store = locks->store;
	if (!store->written || snprintf (clock, sizeof clock, "%sclock", locks->prefix) >= (int) sizeof clock
	    || store->written (store->context, call, key, &before, NULL) < 0)
		return 0;
	touch (locks, call, clock);
	if (store->written (store->context, call, clock, &now, NULL) < 0 || now - before <= GRAIN)
		return 0;
	return now - before - GRAIN;
}

/* Since when this state is known; false: it is new. */
static bool
look_up (struct locks *locks, const struct lease_record *record, int64_t *ret_since)
{
	bool known = false;
	pthread_mutex_lock (&locks->mutex);
	for (unsigned i = 0; i < SEEN_MOST && !known; i++) {
		const struct seen *seen = &locks->seen[i];
		known = seen->turn == record->turn && strcmp (seen->owner, record->owner) == 0;
		if (known)
			*ret_since = seen->since;
	}
	pthread_mutex_unlock (&locks->mutex);
	return known;
}

/* The oldest makes room: whoever had it begins to count anew. */
static void
note (struct locks *locks, const struct lease_record *record, int64_t since)
{
	pthread_mutex_lock (&locks->mutex);
	struct seen *seen = &locks->seen[locks->next++ % SEEN_MOST];
	(void) snprintf (seen->owner, sizeof seen->owner, "%s", record->owner);
	seen->turn = record->turn;
	seen->since = since;
	pthread_mutex_unlock (&locks->mutex);
}

int64_t
seen_left (struct locks *locks, struct larder_call *call, const struct kept *kept)
{
	const struct lease_record *record = &kept->record;
	int64_t now = larder_host->boot (), since = now, left;
	if (!*record->owner)
		return 0;
	if (lease_is_here (record, locks->boot)) {
		left = record->boot_end - now;
	} else {
		if (!look_up (locks, record, &since)) {
			int64_t age = age_of (locks, call, kept->key);
			since = larder_host->boot () - age;
			note (locks, record, since);
		}
		left = record->length - (now - since);
	}
	return lease_within (left, record->length);
}
