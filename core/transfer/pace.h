/* pace.h: no more bytes and requests a second than the user allows. */
#ifndef LARDER_TRANSFER_PACE_H
#define LARDER_TRANSFER_PACE_H

#include <pthread.h>
#include <stdint.h>
#include <larder/larder.h>

struct pace {
	pthread_mutex_t mutex;
	uint64_t bandwidth, requests;      /* a second; 0: no limit */
	int64_t bytes_from, requests_from; /* on the boot clock: when the next may begin */
};

void pace_begin (struct pace *pace, const struct larder *larder);
/* Before a request that moves so many bytes. CANCELLED within the wait. */
int pace_wait (struct pace *pace, struct larder *larder, uint64_t bytes, struct larder_error *error);

#endif
