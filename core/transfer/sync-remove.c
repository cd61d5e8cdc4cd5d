/* sync-remove.c: what the source does not have, kept aside until both listings were whole, then removed. */
#include "sync.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "store.h"
#include "text.h"

enum { AT_ONCE = 1000, MOST = 1000, MOST_PERCENT = 50, FEW = 10 };

/* Before the key and the etag, each with its NUL. */
struct leftover { uint64_t length; int64_t mtime; size_t key, etag; };

bool
sync_is_private (const struct side *side)
{
	return !side->store && strncmp (text_last (side->at.key), ".tmp-", 5) == 0;
}

int
sync_leftover (struct sync *sync, struct larder_error *error)
{
	const struct entry *at = &sync->to.at;
	bool goes = (at->kind == ENTRY_FILE || (at->kind == ENTRY_FOLDER && at->info)) && !(at->info && manifest_is_one (sync->transfer.manifest, at->info->key));
	if (!(sync->request->flags & LARDER_SYNC_DELETE) || !goes || sync_is_private (&sync->to) || shadow_over (&sync->covered, at->key))
		return 0;
	int code = sync->leftover ? 0 : file_temporary_stream (&sync->leftover, error);
	if (code == 0 && !sync->to.store)
		code = shadow_push (&sync->leaving, at->key, error);
	if (code < 0)
		return code;
	sync->removing++;
	const char *etag = at->info && at->info->etag ? at->info->etag : "";
	const struct leftover kept = { at->length, at->mtime, strlen (at->key) + 1, strlen (etag) + 1 };
	bool good = fwrite (&kept, sizeof kept, 1, sync->leftover) == 1 && fwrite (at->key, kept.key, 1, sync->leftover) == 1
		&& fwrite (etag, kept.etag, 1, sync->leftover) == 1;
	return good ? 0 : larder_fail_errno (error, errno, "cannot keep the names that go");
}

/* ---- may they go? ---- */

static uint64_t
share_of (uint64_t there, uint64_t percent)
{
	return there / 100 * percent + there % 100 * percent / 100;
}

/* What was asked for; else both ceilings, but a share of a handful says nothing. */
static uint64_t
most_of (const struct larder_sync *request, uint64_t there)
{
	uint64_t most = request->delete_most ? request->delete_most : UINT64_MAX;
	uint64_t share = request->delete_most_percent ? share_of (there, request->delete_most_percent) : UINT64_MAX;
	if (!request->delete_most && !request->delete_most_percent) {
		most = MOST;
		share = share_of (there, MOST_PERCENT);
		share = share > FEW ? share : FEW;
	}
	return most < share ? most : share;
}

static int
fail_many (const struct sync *sync, uint64_t most, struct larder_error *error)
{
	char next[96];
	snprintf (next, sizeof next, "--dry-run --delete-most %llu shows them; without --dry-run they go", (unsigned long long) sync->removing);
	return larder_fail_next (error, LARDER_E_CONFLICT, next, "nothing was removed: %llu of %llu would go from '%s', and at most %llu may",
		(unsigned long long) sync->removing, (unsigned long long) sync->there, sync->request->to, (unsigned long long) most);
}

static int
check (const struct sync *sync, struct larder_error *error)
{
	uint64_t most = most_of (sync->request, sync->there);
	if (sync->seen == 0 && !(sync->request->flags & LARDER_SYNC_EMPTY_SOURCE))
		return sync_fail_empty (sync, error);
	if (sync->from.doubt)
		return larder_fail_next (error, LARDER_E_CONFLICT, "make all of it readable, then run it again",
			"nothing was removed: not all of '%s' could be read", sync->request->from);
	if (sync->removing > most)
		return fail_many (sync, most, error);
	return 0;
}

/* The copies are done by then: whoever reads the refusal must not look for them in vain, or do them again. */
static int
fail_after_copies (const struct sync *sync, int code, struct larder_error *error)
{
	uint64_t copied = sync->transfer.sum.done;
	if (!error || copied == 0 || (sync->transfer.request->flags & LARDER_DRY_RUN))
		return code;
	struct larder_error why = *error;
	return larder_fail_next (error, code, why.next, "%s; %llu %s copied before, and %s", why.message, (unsigned long long) copied, copied == 1 ? "was" : "were",
		copied == 1 ? "stays" : "stay");
}

/* ---- they go ---- */

static void
remove_file (struct sync *sync, const char *key)
{
	struct transfer *transfer = &sync->transfer;
	bool dry = transfer->request->flags & LARDER_DRY_RUN;
	const char *path = target_join (transfer->arena, sync->to.name, key);
	int failed = dry ? 0 : file_unlink_beneath (sync->to.root, key);
	struct larder_error error = LARDER_ERROR_INIT;
	if (failed < 0) {
		int code = larder_fail_errno (&error, -failed, "cannot remove '%s'", path ? path : key);
		count_failed (transfer, path ? path : key, NULL, &error, code, false);
		return;
	}
	if (!dry)
		file_trim_parents (sync->to.root, key);
	count_event (transfer, &(struct larder_event) {
		.size = sizeof (struct larder_event), .from = path ? path : key, .action = dry ? "would-remove" : "removed",
	});
}

/* A batch of names, as many as one request takes; fewer at the end. */
static int
read_batch (struct sync *sync, struct larder_info *at, size_t *ret_count, struct larder_error *error)
{
	struct larder_arena *arena = sync->transfer.arena;
	struct leftover kept;
	size_t count = 0;
	while (count < AT_ONCE && fread (&kept, sizeof kept, 1, sync->leftover) == 1) {
		char *key = arena_alloc (arena, kept.key), *etag = arena_alloc (arena, kept.etag);
		if (!key || !etag)
			return larder_fail_memory (error);
		if (fread (key, kept.key, 1, sync->leftover) != 1 || fread (etag, kept.etag, 1, sync->leftover) != 1)
			break;
		at[count++] = (struct larder_info) { .size = sizeof *at, .key = key, .etag = *etag ? etag : NULL, .length = kept.length, .mtime = kept.mtime };
	}
	*ret_count = count;
	return ferror (sync->leftover) ? larder_fail_errno (error, errno, "cannot read the names that go") : 0;
}

static void
plan_batch (struct plan *plan, const struct larder_info *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		plan_remove (plan, at[i].key, &(struct seen) { .there = true, .length = at[i].length, .mtime = at[i].mtime, .etag = at[i].etag });
}

/* As whole keys of the store. */
static int
add_prefix (const struct sync *sync, struct larder_info *at, size_t count, struct larder_error *error)
{
	for (size_t i = 0; i < count; i++)
		if (!(at[i].key = arena_printf (sync->transfer.arena, "%s%s", sync->to.prefix, at[i].key)))
			return larder_fail_memory (error);
	return 0;
}

static bool
is_beside (const char *key, const char *other)
{
	size_t folder = (size_t) (text_last (key) - key);
	return folder == (size_t) (text_last (other) - other) && strncmp (key, other, folder) == 0;
}

/* They come folder by folder: each is made durable once. */
static int
remove_files (struct sync *sync, const struct larder_info *at, size_t count, struct larder_error *error)
{
	struct transfer *transfer = &sync->transfer;
	int failed = 0;
	for (size_t i = 0; i < count && failed == 0 && !transfer_stopped (transfer); i++) {
		remove_file (sync, at[i].key);
		if (!(transfer->request->flags & LARDER_DRY_RUN) && (i + 1 == count || !is_beside (at[i].key, at[i + 1].key)))
			failed = file_settle_removal (sync->to.root, at[i].key);
	}
	return failed < 0 ? larder_fail_errno (error, -failed, "cannot make it durable that files are gone from '%s'", sync->to.name) : 0;
}

static int
remove_batch (struct sync *sync, size_t *ret_count, struct larder_error *error)
{
	struct transfer *transfer = &sync->transfer;
	struct larder_info *at = arena_alloc (transfer->arena, AT_ONCE * sizeof *at);
	int code = at ? read_batch (sync, at, ret_count, error) : larder_fail_memory (error);
	if (code < 0 || *ret_count == 0)
		return code;
	if (transfer->plan)
		plan_batch (transfer->plan, at, *ret_count);
	if (sync->to.store) {
		code = add_prefix (sync, at, *ret_count, error);
		return code == 0 ? remove_keys (transfer, sync->to.store, at, *ret_count, error) : code;
	}
	return remove_files (sync, at, *ret_count, error);
}

int
sync_remove (struct sync *sync, struct larder_error *error)
{
	struct transfer *transfer = &sync->transfer;
	if (sync->removing == 0)
		return 0;
	int code = check (sync, error);
	if (code < 0)
		return fail_after_copies (sync, code, error);
	if (fflush (sync->leftover) != 0 || fseeko (sync->leftover, 0, SEEK_SET) < 0)
		return larder_fail_errno (error, errno, "cannot keep the names that go");
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_arena *whole = transfer->arena;
	size_t count = 1;
	if (!arena)
		return larder_fail_memory (error);
	transfer->arena = arena;
	while (code == 0 && count > 0 && !transfer_stopped (transfer)) {
		arena_clear (arena);
		code = remove_batch (sync, &count, error);
	}
	transfer->arena = whole;
	return code;
}

/* ---- and what waited for them ---- */

static void
add_one (struct sync *sync, struct item *item)
{
	struct transfer *transfer = &sync->transfer;
	struct larder_error error = LARDER_ERROR_INIT;
	const char *key = item->path;
	if (!(transfer->request->flags & LARDER_DRY_RUN)) {
		item_add (item, "", key);
		return;
	}
	/* What is in the way still is. */
	int code = target_name (transfer, "", key, item, &error);
	if (code < 0)
		count_failed (transfer, item->from, NULL, &error, code, false);
	else
		count_done (transfer, item, item->store ? item->info.length : (uint64_t) item->facts.st_size);
	item_free (item);
}

void
sync_add_later (struct sync *sync)
{
	items_add_waiting (&sync->transfer);
	while (sync->later) {
		struct item *item = sync->later;
		sync->later = (struct item *) (void *) item->task.next;
		item->task.next = NULL;
		add_one (sync, item);
	}
}
