/* lock-store.h: what the files of this provider share. */
#ifndef PLUGINS_STORE_LOCK_STORE_H
#define PLUGINS_STORE_LOCK_STORE_H

#include <pthread.h>

#include "lease.h"

enum { KEY_ROOM = 1024, SEEN_MOST = 32 };

/* A state of a lock that somebody elsewhere holds, and since when it has been so, by our boot clock. */
struct seen { char owner[OWNER_ROOM]; uint64_t turn; int64_t since; };

struct locks {
	const char *prefix, *machine;    /* options */
	const struct larder_lock_store *store;
	char boot[LEASE_BOOT_ROOM];
	pthread_mutex_t mutex;           /* of what follows; never held across an operation of the store */
	struct seen seen[SEEN_MOST];
	unsigned next;
};

/* A lock as the store has it. */
struct kept { char key[KEY_ROOM]; const char *etag; struct lease_record record; };

/* What is left of a lease, 0 when nobody holds it; never a code: where the service tells no times, they are not used. */
int64_t seen_left (struct locks *locks, struct larder_call *call, const struct kept *kept);

#endif
