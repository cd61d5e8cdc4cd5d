/* manifest-place.c: where the manifests of a store lie, and which keys they take. */
#include "manifest.h"

#include <string.h>

#include "arena.h"
#include "error.h"
#include "store.h"

bool
manifest_takes_key (const char *key)
{
	size_t length = strlen (key);
	for (const char *part = key; part; part = strchr (part, '/'), part += part != NULL)
		if (strcspn (part, "/") == 2 && strncmp (part, "..", 2) == 0)
			return false;
	return length > 0 && length <= MANIFEST_KEY_MOST;
}

const char *
manifest_where (const struct larder *larder)
{
	const struct schema_larder *settings = larder_settings_of (larder);
	return settings && settings->manifests && *settings->manifests ? settings->manifests : NULL;
}

static int
open_place (struct manifest_place *place, struct larder *larder, const struct larder_store *of, const char *where, struct larder_error *error)
{
	struct larder_address address = { .size = sizeof address };
	int code = larder_address_parse (larder, place->arena, where, &address, error);
	size_t length = code == 0 ? strlen (address.path) : 0;
	while (length > 0 && address.path[length - 1] == '/')
		length--;
	if (code == 0 && (!address.store || length == 0))
		code = larder_fail_next (error, LARDER_E_INVALID, "[larder] manifests = STORE:PREFIX", "'%s' is no place for manifests", where);
	if (code == 0)
		code = store_open_or_itself (larder, address.store, &place->store, error);
	if (code < 0)
		return code;
	place->all = arena_printf (place->arena, "%.*s/", (int) length, address.path);
	place->of = store_place (of, place->arena);
	place->prefix = place->all && place->of ? arena_printf (place->arena, "%s%s/", place->all, place->of) : NULL;
	return place->prefix ? 0 : larder_fail_memory (error);
}

int
manifest_place_begin (struct manifest_place *place, struct larder *larder, const struct larder_store *of, struct larder_error *error)
{
	const char *where = manifest_where (larder);
	*place = (struct manifest_place) { .arena = arena_new () };
	if (!place->arena)
		return larder_fail_memory (error);
	if (!where)
		return larder_fail_next (error, LARDER_E_INVALID, "say where they go, and from then on each run leaves one: [larder] manifests = STORE:PREFIX",
			"no manifests are kept: [larder] has no manifests");
	return open_place (place, larder, of, where, error);
}

bool
manifest_place_has (const struct manifest_place *place, const struct larder_store *of, const char *key)
{
	return store_instance (place->store) == store_instance (of) && strcmp (store_bucket (place->store), store_bucket (of)) == 0
		&& strncmp (key, place->all, strlen (place->all)) == 0;
}

void
manifest_place_end (struct manifest_place *place)
{
	larder_store_close (place->store);
	arena_free (place->arena);
	*place = (struct manifest_place) { .arena = NULL };
}
