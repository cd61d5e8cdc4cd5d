/* clock.c: the clocks. */
#include "clock.h"

#include <time.h>

static int64_t
now (clockid_t which)
{
	struct timespec time;
	clock_gettime (which, &time);
	return (int64_t) time.tv_sec * NS_PER_S + time.tv_nsec;
}

int64_t clock_wall (void) { return now (CLOCK_REALTIME); }
int64_t clock_boot (void) { return now (CLOCK_BOOTTIME); }
int64_t clock_cpu (void) { return now (CLOCK_THREAD_CPUTIME_ID); }
int64_t clock_cpu_all (void) { return now (CLOCK_PROCESS_CPUTIME_ID); }
