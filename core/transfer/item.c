/* item.c: from the thread that finds items to the threads that copy them. An item owns all it needs, for whatever found it
 * has gone on by then. */
#include "parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "arena.h"
#include "error.h"
#include "store.h"

struct item *
item_new (struct transfer *transfer, const char *from)
{
	struct item *item = calloc (1, sizeof *item);
	struct larder_arena *arena = item ? arena_new () : NULL;
	transfer->found++;
	if (arena) {
		*item = (struct item) { .transfer = transfer, .arena = arena, .fd = -1, .stream = -1, .beneath = -1, .from = arena_copy (arena, from), .stored = { .size = sizeof item->stored } };
		if (item->from)
			return item;
	}
	struct larder_error error = LARDER_ERROR_INIT;
	count_failed (transfer, from, NULL, &error, larder_fail_memory (&error), false);
	arena_free (arena);
	free (item);
	return NULL;
}

/* A copy that was asked for; true also when there was nothing to copy. */
static bool
copied (struct larder_arena *arena, const char *text, const char **ret)
{
	*ret = arena_copy (arena, text);
	return *ret || !text;
}

bool
item_expect (struct item *item, const struct expected *expected)
{
	struct expected *kept = arena_alloc (item->arena, sizeof *kept);
	if (!kept)
		return false;
	*kept = *expected;
	item->expected = kept;
	return copied (item->arena, expected->from.etag, &kept->from.etag) && copied (item->arena, expected->to.etag, &kept->to.etag);
}

bool
item_of_object (struct item *item, struct larder_store *store, const struct larder_info *info)
{
	item->store = store;
	item->info = (struct larder_info) {
		.size = sizeof item->info, .length = info->length, .mtime = info->mtime, .checksum_type = info->checksum_type,
		.checksum_composite = info->checksum_composite,
	};
	return copied (item->arena, info->key, &item->info.key) && copied (item->arena, info->etag, &item->info.etag)
	       && copied (item->arena, info->version, &item->info.version) && copied (item->arena, info->storage_class, &item->info.storage_class) && copied (item->arena, info->checksum, &item->info.checksum);
}

void
item_close (struct item *item)
{
	if (item->fd >= 0)
		close (item->fd);
	item->fd = -1;
}

void
item_free (struct item *item)
{
	item_close (item);
	arena_free (item->arena);
	free (item);
}

static int
look_at (struct item *item, struct larder_error *error)
{
	return fstat (item->fd, &item->facts) < 0 ? larder_fail_errno (error, errno, "cannot look at '%s'", item->from) : 0;
}

int
item_open (struct item *item, struct larder_error *error)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	if (item->fd >= 0)
		return 0;
	if (item->stream >= 0) {
		int code = spool (item->transfer, item->stream, &item->fd, error);
		return code == 0 ? look_at (item, error) : code;
	}
	int fd = item->beneath >= 0 && item->follow ? file_open_within (item->beneath, item->below, flags) : item->beneath >= 0 ? file_open_beneath (item->beneath, item->below, flags, 0) : open (item->from, flags);
	if (fd < 0)
		return larder_fail_errno (error, item->beneath >= 0 ? -fd : errno, "cannot read '%s'", item->from);
	item->fd = fd;
	return look_at (item, error);
}

static uint64_t
size_of (const struct item *item)
{
	return item->store ? item->info.length : (uint64_t) item->facts.st_size;
}

/* What the service throttled, or broke off, goes behind the rest as long as the rest gets through; an item three times. */
static bool
goes_behind (struct item *item, int code, const struct larder_error *error)
{
	enum { TRIES_MOST = 3 };
	struct transfer *transfer = item->transfer;
	if (code != LARDER_E_UNAVAILABLE || item->stream >= 0)
		return false;
	if (error->status == 503 || error->status == 429)
		pool_slow_down (transfer->pool);
	if (++item->tries >= TRIES_MOST || atomic_load (&transfer->succeeded) == item->succeeded || transfer_stopped (transfer))
		return false;
	item_close (item);
	return pool_add_behind (transfer->pool, &item->task);
}

/* A conflict of a plan's operation whose both sides are as they were planned upon is of two keys that exclude each other: no drift. */
static bool
is_in_the_way (struct item *item, int code)
{
	if (code != LARDER_E_CONFLICT)
		return false;
	item_close (item);
	bool so = !item->expected || expect_holds (item);
	item_close (item);
	return so;
}

/* Where keys are kept as files, what stands in the way of this one may be about to go. */
static bool
waits_for_room (struct item *item, bool in_the_way)
{
	struct transfer *transfer = item->transfer;
	if (!in_the_way)
		return false;
	pthread_mutex_lock (&transfer->mutex);
	bool waits = transfer->room_most > 0;
	if (waits) {
		transfer->room_most--;
		item->task.next = transfer->waiting ? &transfer->waiting->task : NULL;
		transfer->waiting = item;
	}
	pthread_mutex_unlock (&transfer->mutex);
	return waits;
}

/* Told before a byte goes, and not after: whoever keeps account of it must not lose one to a kill. Where a look does not tell, something may be there. Of what is created nobody keeps
 * account: that is told when it is done. */
static void
tell_before (struct item *item)
{
	struct transfer *transfer = item->transfer;
	struct larder_info there = { .size = sizeof there };
	if (!(transfer->request->flags & LARDER_TELL_BEFORE) || !transfer->store)
		return;
	item->creates = transfer->request->flags & LARDER_CREATE_ONLY || larder_stat (transfer->store, item->arena, item->path, NULL, &there, NULL) == LARDER_E_NOTFOUND;
	if (!item->creates)
		count_before (transfer, "replaces", item->from, item->to);
}

static int
copy_unless_same (struct item *item, bool *ret_same, struct larder_error *error)
{
	struct transfer *transfer = item->transfer;
	item->succeeded = atomic_load (&transfer->succeeded);
	if (transfer_stopped (transfer))
		return LARDER_E_CANCELLED;
	int code = item->same ? item->same (item, ret_same, error) : 0;
	count_decided (transfer, item, code == 0 && !*ret_same, size_of (item));
	if (code < 0 || *ret_same)
		return code;
	item->differs = item->verify;
	if (!item->verify)
		tell_before (item);
	return item->verify ? verify_differs (item->from, item->to, "the bytes differ", error) : copy_item (transfer, item, error);
}

static void
finish (struct item *item)
{
	struct transfer *transfer = item->transfer;
	struct manifest *manifest = transfer->request->flags & LARDER_DRY_RUN ? NULL : transfer->manifest;
	item->stored.length = size_of (item);
	if (item->removal)
		manifest_removed (manifest, item->path);
	else
		manifest_add (manifest, item->path, &item->stored);
	if (item->creates)
		count_before (transfer, "creates", item->from, item->to);
	count_done (transfer, item, size_of (item));
}

static void
run (struct task *task)
{
	struct item *item = (struct item *) (void *) task;
	struct transfer *transfer = item->transfer;
	struct larder_error error = LARDER_ERROR_INIT;
	bool same = false;
	int code = copy_unless_same (item, &same, &error);
	if (goes_behind (item, code, &error))
		return;
	bool in_the_way = is_in_the_way (item, code);
	if (waits_for_room (item, in_the_way))
		return;
	if (code == 0 && item->verify)
		verify_same (item);
	else if (code == 0 && same)
		settle (item);
	else if (code == 0)
		finish (item);
	else if (item->differs)
		count_unlike (transfer, "differs", item->from, item->to, &error, code);
	else if (code != LARDER_E_CANCELLED || larder_is_cancelled (transfer->larder))
		count_failed (transfer, item->from, item->to, &error, code, (in_the_way && item->expected) || copy_is_refusal (transfer, item, code));
	if (code < 0)
		count_spared (transfer, size_of (item));
	pool_done (transfer->pool, size_of (item));
	item_free (item);
}

/* Its bytes go through buffers here. */
static bool
is_medium (const struct item *item)
{
	struct transfer *transfer = item->transfer;
	bool stays = item->store && transfer->store && store_copies_within (item->store, transfer->store, false);
	return size_of (item) > MEDIUM_FROM && !item->removal && !stays;
}

void
item_add (struct item *item, const char *last, const char *rel)
{
	struct transfer *transfer = item->transfer;
	struct larder_error error = LARDER_ERROR_INIT;
	int code = target_name (transfer, last, rel, item, &error);
	if (code < 0) {
		count_failed (transfer, item->from, NULL, &error, code, false);
		item_free (item);
	} else if (transfer->store && *item->path == '\0') {
		count_skipped (transfer, item->from, "the folder itself");
		item_free (item);
	} else if (!transfer->take || !transfer->take (item)) {
		item->task.run = run;
		item->task.large = size_of (item) >= PARTS_FROM && !(transfer->request->flags & LARDER_DRY_RUN);
		item->task.medium = !item->task.large && is_medium (item);
		count_item (transfer, item, size_of (item));
		pool_add (transfer->pool, &item->task);
	}
}

/* The store was asked, and said that something is in the way: now it is asked again. */
void
items_add_waiting (struct transfer *transfer)
{
	transfer->room_most = 0;
	while (transfer->waiting) {
		struct item *item = transfer->waiting;
		transfer->waiting = (struct item *) (void *) item->task.next;
		item->task.next = NULL;
		pool_add (transfer->pool, &item->task);
	}
}
