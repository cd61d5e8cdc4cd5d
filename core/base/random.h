/* random.h: unguessable bytes from the kernel. Aborts if there are none: nothing safe could follow. */
#ifndef LARDER_BASE_RANDOM_H
#define LARDER_BASE_RANDOM_H
#include <stddef.h>
void random_bytes (void *into, size_t count);
#endif
