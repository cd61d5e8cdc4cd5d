/* from-store.c: the objects an address names. A path ends at a separator: `logs` is the object logs and what
 * is below logs/, never logs.json. */
#include "transfer.h"

#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "store.h"
#include "text.h"

#define PAGE_MOST 1000

static int
keep_info (void *context, const struct larder_info *info)
{
	struct page *page = context;
	struct larder_info *kept = &page->at[page->count];
	*kept = (struct larder_info) { .size = sizeof *kept, .length = info->length, .mtime = info->mtime };
	kept->key = arena_copy (page->arena, info->key);
	kept->etag = arena_copy (page->arena, info->etag);
	kept->storage_class = arena_copy (page->arena, info->storage_class);
	kept->checksum = arena_copy (page->arena, info->checksum);
	kept->checksum_type = info->checksum_type;
	kept->checksum_composite = info->checksum_composite;
	if (!kept->key)
		return LARDER_E_LIMIT;
	return ++page->count == PAGE_MOST;
}

/* Sorted once for all of the pages. */
static int
page_read_sorted (struct larder_store *store, const struct larder_listing *request, struct page *page, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	int code = page->sorted ? 0 : store_sorted_begin (store, request, &page->sorted, error), kept = 0;
	while (code >= 0 && kept == 0 && (code = store_sorted_next (page->sorted, &info, error)) == 1)
		kept = keep_info (page, &info);
	page->last = code == 0;
	return code < 0 ? code : kept < 0 ? larder_fail_memory (error) : 0;
}

void
page_end (struct page *page)
{
	store_sorted_free (page->sorted);
	page->sorted = NULL;
}

int
page_read (struct larder_store *store, const char *prefix, const char *after, struct page *page, struct larder_error *error)
{
	page->count = 0;
	page->at = arena_alloc (page->arena, PAGE_MOST * sizeof *page->at);
	if (!page->at)
		return larder_fail_memory (error);
	struct larder_listing request = { .size = sizeof request, .prefix = prefix, .delimiter = "", .start_after = after };
	if (store_is_unsorted (store, &request))
		return page_read_sorted (store, &request, page, error);
	int code = larder_list (store, &request, keep_info, page, error);
	page->last = code == 0;
	return code > 0 ? 0 : code;
}

static void
take (struct transfer *transfer, struct larder_store *store, const struct larder_info *info, bool looked, const char *last, const char *rel)
{
	const char *from = arena_printf (transfer->arena, "%s%s", store_prefix (store), info->key);
	struct item *item = item_new (transfer, from ? from : info->key);
	struct larder_error error = LARDER_ERROR_INIT;
	if (!item)
		return;
	if (!transfer->store && shadow_check (&transfer->shadow, rel, &error) < 0) {
		count_failed (transfer, item->from, NULL, &error, error.code, true);
		item_free (item);
		return;
	}
	item->looked = looked;
	if (item_of_object (item, store, info)) {
		item_add (item, last, rel);
		return;
	}
	count_failed (transfer, item->from, NULL, &error, larder_fail_memory (&error), false);
	item_free (item);
}

/* The object of that very name. NOTFOUND is the caller's to judge. */
static int
take_named (struct transfer *transfer, struct larder_store *store, const char *key, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	int code = larder_stat (store, transfer->arena, key, transfer->request->version, &info, error);
	if (code < 0)
		return code;
	info.key = key;
	take (transfer, store, &info, true, text_last (key), "");
	return 0;
}

static int
take_below (struct transfer *transfer, struct larder_store *store, const char *prefix, const char *last, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *keys = arena_new (), *next = arena_new ();
	struct larder_arena *whole = transfer->arena;
	const char *after = NULL;
	CLEANUP_PAGE struct page page = { .last = false };
	int code = keys && next ? 0 : larder_fail_memory (error);
	while (code == 0 && !page.last && !transfer_stopped (transfer)) {
		/* `after` lives in the other arena: two take turns, so that memory stays flat. */
		struct larder_arena *turn = keys;
		keys = next;
		next = turn;
		arena_clear (keys);
		page.arena = keys;
		code = page_read (store, prefix, after, &page, error);
		transfer->arena = keys;
		for (size_t i = 0; code == 0 && i < page.count && !transfer_stopped (transfer); i++)
			take (transfer, store, &page.at[i], false, last, page.at[i].key + strlen (prefix));
		transfer->arena = whole;
		if (page.count > 0)
			after = page.at[page.count - 1].key;
	}
	shadow_clear (&transfer->shadow);
	return code;
}

/* Copying a prefix into itself would never end. */
static int
refuse_inside (struct transfer *transfer, struct larder_store *store, const char *prefix, const char *last, struct larder_error *error)
{
	if (!same_object (transfer->store, transfer->arena, store, "-", "-"))
		return 0;
	const char *target = target_join (transfer->arena, transfer->to, transfer->into ? last : "");
	size_t length = target ? strlen (target) : 0;
	if (length > 0 && target[length - 1] != '/')
		target = arena_printf (transfer->arena, "%s/", target);
	if (!target)
		return larder_fail_memory (error);
	if (strncmp (target, prefix, strlen (prefix)) != 0)
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "give a destination outside of it",
		"'%s' lies inside its own source '%s'", transfer->request->to, prefix);
}

static int
take_tree (struct transfer *transfer, struct larder_store *store, const char *address, const char *path, struct larder_error *error)
{
	size_t length = strlen (path);
	bool folder = length == 0 || path[length - 1] == '/';
	const char *prefix = folder ? path : arena_printf (transfer->arena, "%s/", path), *last = folder ? "" : text_last (path);
	uint64_t before = transfer->found;
	if (!prefix)
		return larder_fail_memory (error);
	int code = refuse_inside (transfer, store, prefix, last, error);
	if (code < 0)
		return code;
	if (!folder) {
		code = take_named (transfer, store, path, error);
		if (code < 0 && code != LARDER_E_NOTFOUND)
			return code;
	}
	code = take_below (transfer, store, prefix, last, error);
	if (code < 0 || transfer->found > before || length == 0 || transfer_stopped (transfer))
		return code;
	return larder_fail_next (error, LARDER_E_NOTFOUND, "'larder ls' lists what is there", "nothing at '%s'", address);
}

static int
stop_at_first (void *context, const struct larder_info *info)
{
	(void) context;
	(void) info;
	return 1;
}

bool
anything_below (struct larder_store *store, struct larder_arena *arena, const char *path)
{
	struct larder_listing request = { .size = sizeof request, .prefix = path, .delimiter = "" };
	if (*path && path[strlen (path) - 1] != '/')
		request.prefix = arena_printf (arena, "%s/", path);
	return request.prefix && larder_list (store, &request, stop_at_first, NULL, NULL) == 1;
}

static int
take_single (struct transfer *transfer, struct larder_store *store, const char *address, const char *path, struct larder_error *error)
{
	int code = LARDER_E_NOTFOUND;
	if (*path)
		code = take_named (transfer, store, path, error);
	else
		code = larder_fail_next (error, LARDER_E_INVALID, "name one object, or --recursive for everything in it",
			"'%s' is a whole store", address);
	if (code < 0 && error && !error->next[0] && anything_below (store, transfer->arena, path))
		larder_explain (error, LARDER_DETAIL_NEXT, "for everything below it: --recursive");
	return code;
}

int
from_store (struct transfer *transfer, const char *address, const struct larder_address *parsed, struct larder_error *error)
{
	struct larder_store *store = NULL;
	int code = transfer_open_source (transfer, parsed->store, &store, error);
	if (code < 0)
		return code;
	if (transfer->request->flags & LARDER_RECURSIVE)
		return take_tree (transfer, store, address, parsed->path, error);
	return take_single (transfer, store, address, parsed->path, error);
}
