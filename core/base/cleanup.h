/* cleanup.h: owned locals. `CLEANUP_FREE char *text = …` is freed when its scope ends. */
#ifndef LARDER_BASE_CLEANUP_H
#define LARDER_BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free_at (void *at) { free (*(void **) at); }
static inline void cleanup_close_at (int *fd) { if (*fd >= 0) (void) close (*fd); }

#define CLEANUP(function) __attribute__ ((cleanup (function)))
#define CLEANUP_FREE CLEANUP (cleanup_free_at)
#define CLEANUP_CLOSE CLEANUP (cleanup_close_at)

/* Hand an owned pointer on: the local forgets it. */
#define TAKE(pointer) __extension__ ({ __typeof__ (pointer) taken_ = (pointer); (pointer) = NULL; taken_; })

#endif
