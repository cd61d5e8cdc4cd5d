/* faulty-restore.c: what driver-faulty has archived; a restore takes no time. */
#include "faulty.h"

#include <string.h>

#include "error.h"

#define DAY INT64_C (86400000000000)

int
check_restored (const struct faulty *self, const struct item *item, struct larder_error *error)
{
	const char *class = item->attributes.storage_class;
	if (item->restored || !class || strcmp (class, "GLACIER") != 0 || breaks (self, "restore", NULL, NULL))
		return 0;
	return larder_fail_next (error, LARDER_E_NOTREADY, "restore it", "'%s' is archived", item->key);
}

int
faulty_restore (void *context, struct larder_call *call, const struct larder_restore *request, struct larder_error *error)
{
	struct faulty *self = context;
	(void) call;
	pthread_mutex_lock (&self->lock);
	struct item *item = find (self, request->object.key, request->object.version);
	int code = item ? 0 : larder_fail (error, LARDER_E_NOTFOUND, "no object '%s'", request->object.key);
	if (code == 0)
		item->restored = larder_host->store_now () + request->days * DAY;
	pthread_mutex_unlock (&self->lock);
	return code;
}
