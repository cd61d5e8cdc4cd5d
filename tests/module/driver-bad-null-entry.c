/* driver-bad-null-entry.c: its entry gives no table. */
#include "fixture.h"

const struct larder_head *
larder_module_entry (const struct larder_host *host)
{
	(void) host;
	return NULL;
}
