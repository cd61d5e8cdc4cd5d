/* clock.h: the two clocks, in ns. */
#ifndef LARDER_BASE_CLOCK_H
#define LARDER_BASE_CLOCK_H
#include <stdint.h>
int64_t clock_wall (void);   /* UTC */
int64_t clock_cpu (void);    /* what this thread has used */
int64_t clock_cpu_all (void); /* what all threads of the process have used */
int64_t clock_boot (void);   /* counts suspension, never jumps */
#define NS_PER_S INT64_C (1000000000)
#define NS_PER_DAY (86400 * NS_PER_S)
#endif
