/* random.c: bytes from the kernel. */
#include "random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/types.h>

void
random_bytes (void *into, size_t count)
{
	unsigned char *at = into;
	while (count > 0) {
		ssize_t got = getrandom (at, count, 0);
		if (got < 0 && errno != EINTR)
			abort ();
		if (got > 0) {
			at += got;
			count -= (size_t) got;
		}
	}
}
