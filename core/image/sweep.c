/* sweep.c: claims that nobody finished are removed. A claim is a thumbnail whose image is missing; doc/dev/ingest.md. */
#include "job.h"

#include <larder/driver.h>

#include <string.h>

#include "arena.h"
#include "error.h"
#include "template.h"
#include "transfer.h"

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

/* One run. */
struct sweep {
	struct transfer transfer;        /* counts and tells */
	struct larder_store *images, *thumbnails;
	int64_t age;                     /* at least so old */
};

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

/* 1: a claim that nobody finished; *ret_claim is what it looks like. */
static int
is_orphan (struct sweep *sweep, struct turn *turn, const char *key, struct larder_info *ret_claim, struct larder_error *error)
{
	int code = larder_stat (sweep->thumbnails, turn->arena, key, NULL, ret_claim, error);
	if (code < 0)
		return code == LARDER_E_NOTFOUND ? 0 : code;
	if (!info_metadata (ret_claim, META_IMAGE) || !ret_claim->etag || ret_claim->mtime > turn->oldest)
		return 0;
	code = find_image (sweep->images, turn, ret_claim, error);
	return code == LARDER_E_NOTFOUND ? 1 : code;
}

/* The age is looked at again on the object itself, and the removal asks for the etag that was judged: a claim renewed
 * since the listing stays. */
static void
sweep_key (struct sweep *sweep, struct turn *turn, const char *key)
{
	struct larder_info claim = { .size = sizeof claim };
	struct larder_error why = LARDER_ERROR_INIT;
	bool dry = sweep->transfer.request->flags & LARDER_DRY_RUN;
	const char *address = arena_printf (turn->arena, "%s%s", store_prefix (sweep->thumbnails), key);
	int code = is_orphan (sweep, turn, key, &claim, &why), removed = 0;
	if (code > 0 && !dry)
		removed = store_remove_seen (sweep->thumbnails, key, &claim, &why);
	if (removed == LARDER_E_UNSUPPORTED)
		larder_explain (&why, LARDER_DETAIL_NEXT, "a live claim cannot be told from a dead one there: keep versions in that bucket, or remove it by larder rm when no ingest is running");
	if (code == 0 || removed == LARDER_E_CONFLICT || removed == LARDER_E_NOTFOUND)
		count_unchanged (&sweep->transfer);
	else if (code < 0 || removed < 0)
		count_failed (&sweep->transfer, address, NULL, &why, code < 0 ? code : removed, false);
	else
		count_event (&sweep->transfer, &(struct larder_event) {
			.size = sizeof (struct larder_event), .action = dry ? "would-remove" : "removed", .from = address, .bytes = claim.length,
		});
}

static int
sweep_stores (struct sweep *sweep, struct larder_error *error)
{
	char after[KEY_MOST + 1] = "";
	for (int code = TURN_FULL; code == TURN_FULL && !transfer_stopped (&sweep->transfer);) {
		CLEANUP_ARENA struct larder_arena *arena = arena_new ();
		if (!arena)
			return larder_fail_memory (error);
		struct turn turn = { .arena = arena, .oldest = module_host.store_now () - sweep->age };
		struct larder_listing listing = { .size = sizeof listing, .prefix = "", .delimiter = "", .start_after = *after ? after : NULL };
		code = larder_list (sweep->thumbnails, &listing, gather, &turn, error);
		for (size_t i = 0; i < turn.count && code >= 0 && !transfer_stopped (&sweep->transfer); i++)
			sweep_key (sweep, &turn, turn.keys[i]);
		if (code < 0)
			return code;
		if (turn.last && strlen (turn.last) < sizeof after)
			memcpy (after, turn.last, strlen (turn.last) + 1);
	}
	return 0;
}

int
larder_images_gc (struct larder *larder, const char *name, int64_t older_than, uint32_t flags, larder_event_fn event, void *context,
                  struct larder_summary *ret_summary, struct larder_error *error)
{
	const struct larder_transfer request = { .size = sizeof request, .flags = flags & LARDER_DRY_RUN };
	struct sweep sweep = {
		.transfer = {
			.larder = larder, .request = &request, .event = event, .context = context, .root = -1, .mutex = PTHREAD_MUTEX_INITIALIZER,
			.sum = { .size = sizeof sweep.transfer.sum },
		},
	};
	const struct schema_pipeline *pipeline = NULL;
	int code = pipeline_find (larder, name, &pipeline, error);
	if (code == 0 && pipeline->thumbnail_store) {
		sweep.age = older_than > pipeline->grace ? older_than : pipeline->grace;
		code = larder_store_open (larder, pipeline->store, &sweep.images, error);
		if (code == 0)
			code = larder_store_open (larder, pipeline->thumbnail_store, &sweep.thumbnails, error);
		if (code == 0)
			code = sweep_stores (&sweep, error);
		larder_store_close (sweep.images);
		larder_store_close (sweep.thumbnails);
	}
	return count_end (&sweep.transfer, code, ret_summary, error);
}
