/* sync-merge.c: two sides in one order, compared by what their listings hold. */
#include "sync.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "checksum.h"
#include "clock.h"
#include "error.h"
#include "parts.h"
#include "store.h"

/* ---- filters ---- */

static bool
matches_any (const char *const *globs, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++)
		if (fnmatch (globs[i], key, 0) == 0)
			return true;
	return false;
}

bool
sync_takes (const struct larder_sync *request, const char *key)
{
	if (request->shards > 1 && crc64nvme (0, key, strlen (key)) % request->shards != request->shard)
		return false;
	if (request->include_count && !matches_any (request->include, request->include_count, key))
		return false;
	return !matches_any (request->exclude, request->exclude_count, key);
}

/* ---- verdicts ---- */

/* How fine a clock wrote this: a header has whole seconds, a listing perhaps thousandths. */
static int64_t
grain (int64_t time)
{
	return time % NS_PER_S == 0 ? NS_PER_S : time % 1000000 == 0 ? 1000000 : 1;
}

/* Is it later than a clock of that grain tells of `other`? */
static bool
is_newer (int64_t one, int64_t other)
{
	return one - one % grain (other) > other;
}

bool
sync_same_time (int64_t one, int64_t other)
{
	int64_t coarse = grain (one) > grain (other) ? grain (one) : grain (other);
	return one / coarse == other / coarse;
}

bool
sync_objects_differ (const struct larder_info *from, const struct larder_info *to)
{
	if (from->etag && to->etag && strcmp (from->etag, to->etag) == 0)
		return false;
	if (from->checksum && to->checksum && from->checksum_type == to->checksum_type && !from->checksum_composite && !to->checksum_composite)
		return strcmp (from->checksum, to->checksum) != 0;
	/* Etags that differ say nothing: of parts, of what an encryption made, of another kind of service. A copy is younger than its source. */
	return is_newer (from->mtime, to->mtime);
}

bool
sync_differs (const struct larder_sync *request, const struct entry *from, const struct entry *to)
{
	if (from->length != to->length)
		return true;
	if (request->flags & LARDER_SYNC_CHECKSUM)
		return true;                          /* as far as a listing tells */
	if (request->flags & LARDER_SYNC_SIZE_ONLY)
		return false;
	if (request->flags & LARDER_SYNC_EXACT_TIMES)
		return from->info || to->info || from->mtime != to->mtime;      /* of objects a listing does not tell */
	if (from->info && to->info)
		return sync_objects_differ (from->info, to->info);
	if (from->mtime == 0 || to->mtime == 0)
		return to->info != NULL;
	if (to->info)
		return is_newer (from->mtime, to->mtime);
	return !sync_same_time (from->mtime, to->mtime);
}

/* ---- what becomes of one key ---- */

bool
sync_is_item (const struct entry *entry)
{
	return entry->kind == ENTRY_FILE || (entry->kind == ENTRY_FOLDER && entry->info);
}

const char *
sync_address (const struct side *side, struct larder_arena *arena)
{
	return side->store ? arena_printf (arena, "%s%s", side->name, side->at.key) : target_join (arena, side->name, side->at.key);
}

bool
sync_fill (struct item *item, const struct side *side)
{
	const struct entry *at = &side->at;
	if (!at->info) {
		item->facts = (struct stat) { .st_size = (off_t) at->length, .st_mode = at->mode, .st_mtim = { at->mtime / NS_PER_S, at->mtime % NS_PER_S } };
		item->beneath = side->root;
		item->follow = side->follow;
		item->below = arena_copy (item->arena, at->key);
		return item->below;
	}
	return item_of_object (item, side->store, at->info);
}

struct seen
sync_seen (const struct entry *entry)
{
	return (struct seen) { .there = true, .length = entry->length, .mtime = entry->mtime, .etag = entry->info ? entry->info->etag : NULL };
}

/* For the plan: what both sides have. */
static bool
keep_seen (struct item *item, const struct side *side, const struct entry *to)
{
	struct expected expected = { .from = sync_seen (&side->at) };
	if (to)
		expected.to = sync_seen (to);
	return item_expect (item, &expected);
}

/* A folder where the file is to come, or a file where its folder is: with --delete they go first. */
static bool
must_wait (struct sync *sync, const char *key)
{
	struct stat there;
	if (!(sync->request->flags & LARDER_SYNC_DELETE) || sync->transfer.store || sync->to.root < 0)
		return false;
	return shadow_over (&sync->leaving, key) || (fstatat (sync->to.root, key, &there, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR (there.st_mode));
}

/* What is asked when its turn has come. */
static int
(*how_same (const struct sync *sync, bool compare)) (struct item *item, bool *ret_same, struct larder_error *error)
{
	if (!sync->transfer.keep_times)
		return compare ? item_same : NULL;
	bool objects = sync->from.store || sync->transfer.store;
	return compare && objects ? exact_same : sync->from.store && !sync->transfer.store ? exact_look : NULL;
}

/* It is, but a journal may still tell of how it came (settle.c). */
static int
is_same (struct item *item, bool *ret_same, struct larder_error *error)
{
	(void) item;
	(void) error;
	*ret_same = true;
	return 0;
}

/* `same`: unless that says so of `to`, which may be NULL. */
static void
copy (struct sync *sync, const char *from, const struct entry *to, int (*same) (struct item *item, bool *ret_same, struct larder_error *error))
{
	struct item *item = item_new (&sync->transfer, from);
	struct larder_error error = LARDER_ERROR_INIT;
	if (!item)
		return;
	item->same = same;
	if (!sync_fill (item, &sync->from) || (sync->transfer.plan && !keep_seen (item, &sync->from, to))) {
		count_failed (&sync->transfer, from, NULL, &error, larder_fail_memory (&error), false);
		item_free (item);
	} else if (must_wait (sync, sync->from.at.key)) {
		item->path = arena_copy (item->arena, sync->from.at.key);
		item->task.next = sync->later ? &sync->later->task : NULL;
		sync->later = item;
	} else {
		item_add (item, "", sync->from.at.key);
	}
}

/* The size alone does not say that what broke off is of no use. */
static void
unchanged (struct sync *sync, const char *from, const struct entry *to)
{
	const struct entry *at = &sync->from.at;
	if (sync->transfer.unfinished && at->kind == ENTRY_FILE && at->length >= PARTS_FROM && !(sync->request->flags & LARDER_SYNC_SIZE_ONLY))
		copy (sync, from, to, is_same);
	else
		count_unchanged (&sync->transfer);
}

/* What stands behind it over there is left alone, like what stands behind a link that is not followed. */
static void
refuse_link (struct sync *sync, const char *name, int errnum)
{
	struct larder_error why = LARDER_ERROR_INIT;
	int code;
	if (errnum == EXDEV)
		code = larder_fail_next (&why, LARDER_E_INVALID, "copy on its own what it leads to", "the link '%s' leads out of '%s', or is an absolute one", name, sync->request->from);
	else if (errnum == ELOOP)
		code = larder_fail_next (&why, LARDER_E_INVALID, "remove the link", "the link '%s' leads back to where it lies, without an end", name);
	else
		code = larder_fail_errno (&why, errnum, "cannot follow the link '%s'", name);
	count_failed (&sync->transfer, name, NULL, &why, code, errnum == EXDEV || errnum == ELOOP);
}

int
sync_judge (struct sync *sync, const struct entry *to, struct larder_arena *arena, struct larder_error *error)
{
	struct transfer *transfer = &sync->transfer;
	const struct entry *from = &sync->from.at;
	struct larder_error why = LARDER_ERROR_INIT;
	const char *name = sync_address (&sync->from, arena);
	if (!name)
		return larder_fail_memory (error);
	if (from->kind == ENTRY_OTHER) {
		if (from->errnum)
			refuse_link (sync, name, from->errnum);
		else
			count_skipped (transfer, name, kind_of_file (from->mode));
		return shadow_push (&sync->covered, from->key, error);
	}
	if (!sync_is_item (from))
		return 0;
	if (from->info && !transfer->store && shadow_check (&transfer->shadow, from->key, &why) < 0)
		count_failed (transfer, name, NULL, &why, why.code, true);
	else if (to && to->kind == from->kind && (from->kind == ENTRY_FOLDER || !sync_differs (sync->request, from, to)))
		unchanged (sync, name, to);
	else
		copy (sync, name, to, how_same (sync, to && to->kind == ENTRY_FILE && from->length == to->length && (sync->request->flags & (LARDER_SYNC_CHECKSUM | LARDER_SYNC_EXACT_TIMES))));
	return 0;
}

/* ---- the merge ---- */

static int
next (struct sync *sync, struct side *side, struct larder_error *error)
{
	int code, takes;
	do {
		takes = code = side_next (side, error);
		if (code == 1 && side == &sync->from && side->at.kind != ENTRY_FOLDER)
			sync->seen++;
		if (code == 1)
			takes = sync_takes (sync->request, side->at.key) ? sync_list_takes (side, error) : 0;
	} while (code == 1 && takes == 0 && !transfer_stopped (&sync->transfer));
	if (takes < 0)
		return takes;
	if (code == 1 && side == &sync->to && sync_is_item (&side->at))
		sync->there++;
	return code;
}

int
sync_fail_empty (const struct sync *sync, struct larder_error *error)
{
	if (sync->request->flags & LARDER_SYNC_DELETE)
		return larder_fail_next (error, LARDER_E_CONFLICT, "look at it with 'larder ls'; to empty the destination: --allow-empty-source",
			"the source '%s' is empty: nothing was removed", sync->request->from);
	if (!sync->from.store || !*sync->from.prefix)
		return 0;
	return larder_fail_next (error, LARDER_E_NOTFOUND, "'larder ls' lists what is there", "nothing at '%s'", sync->request->from);
}

/* One step: the smaller key alone, or both of one name. Moves on whichever was used. */
static int
step (struct sync *sync, int *from, int *to, struct larder_arena *arena, struct larder_error *error)
{
	int order = *from != 1 ? 1 : *to != 1 ? -1 : strcmp (sync->from.at.key, sync->to.at.key);
	int code = order <= 0 ? sync->judge (sync, order == 0 ? &sync->to.at : NULL, arena, error) : sync->alone (sync, error);
	arena_clear (arena);
	if (code == 0 && order <= 0)
		*from = code = next (sync, &sync->from, error);
	if (code >= 0 && order >= 0)
		*to = code = next (sync, &sync->to, error);
	return code < 0 ? code : 0;
}

int
sync_merge (struct sync *sync, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	if (!arena)
		return larder_fail_memory (error);
	int from = next (sync, &sync->from, error);
	if (from < 0)
		return from;
	if (from == 0 && sync->seen == 0 && !sync->from.doubt && !(sync->request->flags & LARDER_SYNC_EMPTY_SOURCE)) {
		int code = sync_fail_empty (sync, error);
		if (code < 0)
			return code;
	}
	int to = next (sync, &sync->to, error), code = to < 0 ? to : 0;
	while (code == 0 && (from == 1 || to == 1) && !transfer_stopped (&sync->transfer))
		code = step (sync, &from, &to, arena, error);
	return code;
}
