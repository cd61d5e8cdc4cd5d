/* remove.c: larder_transfer_remove: objects by name, or everything below a prefix, a page at a time. */
#include "transfer.h"

#include <string.h>

#include "arena.h"
#include "error.h"
#include "store.h"

struct removing { struct transfer transfer; struct larder_store *store; };

/* Where a page of keys is removed from. */
struct batch { struct transfer *transfer; struct larder_store *store; const struct larder_info *at; size_t count, last; };

/* They are told in about their order. */
static const struct larder_info *
info_of (struct batch *batch, const char *key)
{
	for (size_t n = 0; n < batch->count; n++) {
		size_t at = (batch->last + n) % batch->count;
		if (strcmp (batch->at[at].key, key) == 0)
			return &batch->at[batch->last = at];
	}
	return NULL;
}

static int
on_removed (void *context, const char *key, int code, const struct larder_error *error)
{
	struct batch *batch = context;
	const struct larder_info *info = info_of (batch, key);
	struct transfer *transfer = batch->transfer;
	const char *from = arena_printf (transfer->arena, "%s%s", store_prefix (batch->store), key);
	if (code == 0 && !(transfer->request->flags & LARDER_DRY_RUN))
		manifest_removed (transfer->manifest, key);
	if (code == 0)
		count_event (transfer, &(struct larder_event) {
			.size = sizeof (struct larder_event), .from = from ? from : key,
			.storage_class = info ? info->storage_class : NULL, .length = info ? info->length : 0, .written = info ? info->mtime : 0,
			.action = transfer->request->flags & LARDER_DRY_RUN ? "would-remove" : "removed",
		});
	else
		count_failed (transfer, from ? from : key, NULL, error, code, false);
	return 0;
}

static void
tell_before (const struct batch *batch, const char *key)
{
	if (batch->transfer->request->flags & LARDER_TELL_BEFORE)
		count_before (batch->transfer, "removes", arena_printf (batch->transfer->arena, "%s%s", store_prefix (batch->store), key), NULL);
}

int
remove_keys (struct transfer *transfer, struct larder_store *store, const struct larder_info *at, size_t count, struct larder_error *error)
{
	struct batch batch = { transfer, store, at, count, 0 };
	const char **keys = arena_alloc (transfer->arena, (count + 1) * sizeof *keys);
	if (!keys)
		return larder_fail_memory (error);
	for (size_t i = 0; i < count; i++) {
		keys[i] = at[i].key;
		tell_before (&batch, at[i].key);
	}
	if (transfer->request->flags & LARDER_DRY_RUN) {
		for (size_t i = 0; i < count; i++)
			on_removed (&batch, keys[i], 0, NULL);
		return 0;
	}
	uint64_t before = transfer->sum.scanned;
	int code = larder_remove (store, keys, count, on_removed, &batch, error);
	/* What was reported one by one is counted; only a failure of the whole is still to be told. */
	return code < 0 && (transfer->sum.scanned - before < count || code == LARDER_E_CANCELLED) ? code : 0;
}

static int
remove_named (struct removing *removing, const char *key, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	struct larder_error why = LARDER_ERROR_INIT;
	int code = larder_stat (removing->store, removing->transfer.arena, key, NULL, &info, &why);
	if (code < 0 && code != LARDER_E_INTEGRITY) {        /* what is damaged is there, and may go */
		if (error)
			larder_give (error, &why);
		return code;
	}
	info.key = key;
	return remove_keys (&removing->transfer, removing->store, &info, 1, error);
}

static int
remove_below (struct removing *removing, const char *prefix, struct larder_error *error)
{
	struct transfer *transfer = &removing->transfer;
	CLEANUP_ARENA struct larder_arena *keys = arena_new (), *next = arena_new ();
	struct larder_arena *whole = transfer->arena;
	CLEANUP_PAGE struct page page = { .last = false };
	const char *after = NULL;
	int code = keys && next ? 0 : larder_fail_memory (error);
	while (code == 0 && !page.last && !transfer_stopped (transfer)) {
		struct larder_arena *turn = keys;
		keys = next;
		next = turn;
		arena_clear (keys);
		page.arena = transfer->arena = keys;
		code = page_read (removing->store, prefix, after, &page, error);
		if (code == 0 && page.count > 0)
			code = remove_keys (transfer, removing->store, page.at, page.count, error);
		transfer->arena = whole;
		if (page.count > 0)
			after = page.at[page.count - 1].key;
	}
	return code;
}

static int
remove_tree (struct removing *removing, const char *address, const char *path, struct larder_error *error)
{
	struct transfer *transfer = &removing->transfer;
	size_t length = strlen (path);
	bool folder = length == 0 || path[length - 1] == '/';
	uint64_t before = transfer->sum.scanned;
	const char *prefix = folder ? path : arena_printf (transfer->arena, "%s/", path);
	int code = prefix ? 0 : larder_fail_memory (error);
	if (code == 0 && !folder) {
		code = remove_named (removing, path, error);
		if (code == LARDER_E_NOTFOUND)
			code = 0;
	}
	if (code == 0)
		code = remove_below (removing, prefix, error);
	if (code < 0 || transfer->sum.scanned > before || transfer->stop)
		return code;
	return larder_fail_next (error, LARDER_E_NOTFOUND, "'larder ls' lists what is there", "nothing at '%s'", address);
}

static int
remove_address (struct removing *removing, const char *address, struct larder_error *error)
{
	struct transfer *transfer = &removing->transfer;
	struct larder_address parsed;
	int code = transfer_store_address (transfer, address, &parsed, &removing->store, error);
	if (code < 0)
		return code;
	if (transfer->request->flags & LARDER_RECURSIVE) {
		code = remove_tree (removing, address, parsed.path, error);
	} else {
		code = *parsed.path ? remove_named (removing, parsed.path, error) : larder_fail_next (error, LARDER_E_INVALID, "name one object, or --recursive for everything in it",
			"'%s' is a whole store", address);
		if (code < 0 && error && !error->next[0] && anything_below (removing->store, transfer->arena, parsed.path))
			larder_explain (error, LARDER_DETAIL_NEXT, "for everything below it: --recursive");
	}
	larder_store_close (removing->store);
	removing->store = NULL;
	return code;
}

int
larder_transfer_remove (struct larder *larder, const char *const *addresses, size_t count, uint32_t flags, larder_event_fn event,
                        void *context, struct larder_summary *ret_summary, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct larder_transfer request = { .size = sizeof request, .flags = flags };
	struct removing removing = {
		.transfer = {
			.larder = larder, .request = &request, .event = event, .context = context, .arena = arena, .root = -1,
			.sum = { .size = sizeof removing.transfer.sum }, .mutex = PTHREAD_MUTEX_INITIALIZER,
		},
	};
	struct transfer *transfer = &removing.transfer;
	if (!arena)
		return larder_fail_memory (error);
	for (size_t i = 0; i < count && !transfer_stopped (transfer); i++) {
		struct larder_error one = LARDER_ERROR_INIT;
		int code = remove_address (&removing, addresses[i], &one);
		if (code < 0)
			count_failed (transfer, addresses[i], NULL, &one, code, false);
	}
	return count_end (transfer, 0, ret_summary, error);
}
