/* sweep.c: claims that nobody finished are removed. A claim is a thumbnail whose image is missing; doc/dev/ingest.md. */
#include "sweep.h"

#include <larder/driver.h>

#include <string.h>

#include "arena.h"
#include "error.h"

/* Keys of one turn: removed between the listings, never inside one, since a driver may be called one at a time. */
enum { KEYS_A_TURN = 256, TURN_FULL = 1 };

struct turn {
	struct larder_arena *arena;
	const char *keys[KEYS_A_TURN];
	const char *last;
	size_t count;
	int64_t oldest;                  /* whatever changed later is too young */
};

static int
gather (void *context, const struct larder_info *info)
{
	struct turn *turn = context;
	turn->last = arena_copy (turn->arena, info->key);
	if (!turn->last)
		return LARDER_E_LIMIT;
	if (info->mtime <= turn->oldest)
		turn->keys[turn->count++] = turn->last;
	return turn->count == KEYS_A_TURN ? TURN_FULL : 0;
}

/* NOTFOUND when neither the image of the claim is there, nor the one in another format that it was to replace. */
static int
find_image (struct larder_store *images, struct turn *turn, const struct larder_info *claim, struct larder_error *error)
{
	const char *names[] = { META_IMAGE, META_FORMER };
	int code = LARDER_E_NOTFOUND;
	for (size_t i = 0; i < 2 && code == LARDER_E_NOTFOUND; i++) {
		struct larder_info image = { .size = sizeof image };
		const char *key = info_metadata (claim, names[i]);
		if (key)
			code = larder_stat (images, turn->arena, key, NULL, &image, error);
	}
	return code;
}

/* The age is looked at again on the object itself, and the removal asks for the etag that was judged: a claim renewed
 * since the listing stays. */
static int
sweep_key (struct larder_store *images, struct larder_store *thumbnails, struct turn *turn, const char *key, uint64_t *removed, struct larder_error *error)
{
	struct larder_info claim = { .size = sizeof claim };
	int code = larder_stat (thumbnails, turn->arena, key, NULL, &claim, error);
	if (code < 0)
		return code == LARDER_E_NOTFOUND ? 0 : code;
	if (!info_metadata (&claim, META_IMAGE) || !claim.etag || claim.mtime > turn->oldest)
		return 0;
	code = find_image (images, turn, &claim, error);
	if (code != LARDER_E_NOTFOUND)
		return code;
	code = store_remove_seen (thumbnails, key, &claim, error);
	*removed += code == 0;
	return code == LARDER_E_CONFLICT || code == LARDER_E_NOTFOUND ? 0 : code;
}

static int
sweep_stores (struct larder_store *images, struct larder_store *thumbnails, int64_t grace, uint64_t *removed, struct larder_error *error)
{
	char after[KEY_MOST + 1] = "";
	for (int code = TURN_FULL; code == TURN_FULL;) {
		CLEANUP_ARENA struct larder_arena *arena = arena_new ();
		if (!arena)
			return larder_fail_memory (error);
		struct turn turn = { .arena = arena, .oldest = module_host.store_now () - grace };
		struct larder_listing listing = { .size = sizeof listing, .prefix = "", .delimiter = "", .start_after = *after ? after : NULL };
		code = larder_list (thumbnails, &listing, gather, &turn, error);
		for (size_t i = 0; i < turn.count && code >= 0; i++) {
			int status = sweep_key (images, thumbnails, &turn, turn.keys[i], removed, error);
			code = status < 0 ? status : code;
		}
		if (code < 0)
			return code;
		if (turn.last && strlen (turn.last) < sizeof after)
			memcpy (after, turn.last, strlen (turn.last) + 1);
	}
	return 0;
}

int
image_sweep (struct larder *larder, const char *name, uint64_t *ret_removed, struct larder_error *error)
{
	const struct schema_pipeline *pipeline;
	struct larder_store *images = NULL, *thumbnails = NULL;
	uint64_t removed = 0;
	int code = pipeline_find (larder, name, &pipeline, error);
	if (code < 0 || !pipeline->thumbnail_store)
		return code;
	code = larder_store_open (larder, pipeline->store, &images, error);
	if (code == 0)
		code = larder_store_open (larder, pipeline->thumbnail_store, &thumbnails, error);
	if (code == 0)
		code = sweep_stores (images, thumbnails, pipeline->grace, &removed, error);
	larder_store_close (images);
	larder_store_close (thumbnails);
	if (code == 0)
		*ret_removed = removed;
	return code;
}
