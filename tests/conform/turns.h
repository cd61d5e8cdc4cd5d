/* turns.h: the turns that the host of a suite gives: requests at once, and bytes few at a time, so that whoever asks must go on with the rest. */
#ifndef LARDER_TESTS_TURNS_H
#define LARDER_TESTS_TURNS_H

#include <larder/types.h>

static int
host_pace_request (struct larder_call *call, struct larder_error *error)
{
	(void) call, (void) error;
	return 0;
}

static int64_t
host_pace_bytes (struct larder_call *call, uint64_t count, struct larder_error *error)
{
	(void) call, (void) error;
	return (int64_t) (count < 5000 ? count : 5000);
}

#endif
