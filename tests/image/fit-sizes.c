/* fit-sizes.c: for each "width height box-width box-height" on stdin, the fitted size on stdout. */
#include <stdio.h>

#include "resize.h"

int
main (void)
{
	unsigned width, height, box_width, box_height;
	while (scanf ("%u %u %u %u", &width, &height, &box_width, &box_height) == 4) {
		uint32_t to_width, to_height;
		resize_fit (width, height, box_width, box_height, &to_width, &to_height);
		printf ("%u %u\n", to_width, to_height);
	}
	return 0;
}
