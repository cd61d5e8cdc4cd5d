/* versions.c: what a bucket does with versions, and removing them for good. */
#include "handle.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <stdlib.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "objects.h"

int
store_versioning (struct larder_store *store, uint32_t *ret_state, bool *ret_known, struct larder_error *error)
{
	if (!(store->instance->caps & LARDER_CAP_VERSIONS))
		return object_fail_unsupported (store, "keep versions", error);
	*ret_known = false;
	if (!store_can (store, offsetof (struct larder_driver, versioning)))
		return 0;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	if (!arena)
		return larder_fail_memory (error);
	struct larder_call call = larder_call_begin (store->larder, arena);
	instance_enter (store->instance);
	int code = store->driver->versioning (store->instance->self, &call, store->bucket, ret_state, error);
	instance_leave (store->instance);
	if (code == LARDER_E_DENIED)     /* who may list and write need not be let know */
		return 0;
	*ret_known = code == 0;
	return code;
}

struct removal { store_version_fn removed; void *context; };

static int
on_removed (void *context, size_t index, int code, const struct larder_info *info, const struct larder_error *error)
{
	const struct removal *removal = context;
	(void) info;
	return removal->removed (removal->context, index, code, error);
}

int
store_remove_versions (struct larder_store *store, const struct store_version *versions, size_t count, store_version_fn removed,
                       void *context, struct larder_error *error)
{
	int writable = store_writable (store, error);
	if (writable < 0)
		return writable;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_FREE struct larder_remove *items = calloc (count ? count : 1, sizeof *items);
	if (!arena || !items)
		return larder_fail_memory (error);
	for (size_t i = 0; i < count; i++)
		items[i] = (struct larder_remove) { .size = sizeof *items, .key = versions[i].key, .version = versions[i].version };
	struct removal removal = { removed, context };
	struct larder_call call = larder_call_begin (store->larder, arena);
	instance_enter (store->instance);
	int code = count == 0 ? 0
		: store->driver->remove (store->instance->self, &call, store->bucket, items, count, sizeof *items, on_removed, &removal, error);
	instance_leave (store->instance);
	return code;
}
