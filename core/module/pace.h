/* pace.h: no more requests and bytes a second than the user allows, for all calls of a handle together. */
#ifndef LARDER_MODULE_PACE_H
#define LARDER_MODULE_PACE_H

#include <pthread.h>
#include <larder/types.h>

struct pace {
	pthread_mutex_t mutex;
	uint64_t bandwidth, requests;      /* a second; 0: no limit */
	int64_t bytes_from, requests_from; /* on the boot clock: when the next may begin */
};

/* The functions of the host table; see types.h. */
int pace_request (struct larder_call *call, struct larder_error *error);
int64_t pace_bytes (struct larder_call *call, uint64_t count, struct larder_error *error);

#endif
