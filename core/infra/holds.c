/* holds.c: what a bucket holds. As long as it is kept by that, so is who may read it, and what is copied from it: neither is taken from objects that stay. */
#include "resource.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <string.h>

#include "error.h"
#include "instance.h"

enum { COUNTED_MOST = 1000 };    /* a page: who holds more is told as such */

static int
count_item (void *context, const struct larder_info *info, struct larder_error *error)
{
	size_t *count = context;
	(void) info, (void) error;
	(*count)++;
	return 0;
}

/* Old versions and delete markers keep a bucket, too. */
static int
count (struct larder_infra *infra, const struct resource *one, size_t *ret, struct larder_error *error)
{
	struct instance *instance = one->instance;
	struct larder_call call = larder_call_begin (infra->larder, one->arena);
	struct larder_page page = { .size = sizeof page };
	const struct larder_list request = {
		.size = sizeof request, .bucket = one->identity, .prefix = "", .delimiter = "", .most = COUNTED_MOST, .versions = instance->caps & LARDER_CAP_VERSIONS,
	};
	instance_enter (instance);
	int code = instance->module->driver->list (instance->self, &call, &request, count_item, ret, &page, error);
	instance_leave (instance);
	return code;
}

/* Was it looked for already in this run, for another part of the same bucket? That one is over: they follow each other. */
static bool
was_empty (const struct larder_infra *infra, const struct resource *one)
{
	for (size_t n = 0; n < infra->count; n++)
		if (strcmp (infra->at[n].identity, one->identity) == 0 && strcmp (infra->at[n].backend, one->backend) == 0 && infra->at[n].holds_nothing)
			return true;
	return false;
}

int
resource_refuse_held (struct larder_infra *infra, struct resource *one, struct larder_error *error)
{
	bool part = !one->driver && (strcmp (one->type, "access") == 0 || strcmp (one->type, "replication") == 0);
	size_t held = 0;
	if (!part || !one->instance->module->driver->list || was_empty (infra, one))
		return 0;
	struct larder_error why = LARDER_ERROR_INIT;
	int code = count (infra, one, &held, &why);
	one->holds_nothing = code == 0 && !held;
	if (held)
		return larder_fail_next (error, LARDER_E_CONFLICT, "larder rm -r --all-versions empties it, when all of it is to go", "bucket '%s' holds objects: %zu%s, old versions counted",
			one->identity, held, held < COUNTED_MOST ? "" : " or more");
	if (code < 0 && code != LARDER_E_NOTFOUND && error)
		larder_give (error, &why);
	return code == LARDER_E_NOTFOUND ? 0 : code;
}
