/* members.c: a name that is no object may be that of a bundle's member: it is looked for in the indexes of every folder that it lies below. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "restoring.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "cleanup.h"
#include "error.h"
#include "index.h"
#include "store.h"
#include "text.h"

struct wanted { const char *key; const struct larder_info *bundle; uint64_t offset, times; };

int
wanted_add (struct wanted_list *list, const char *key, struct larder_error *error)
{
	struct wanted *more = arena_more (list->arena, list->at, list->count, &list->room, sizeof *list->at);
	const char *copy = more ? arena_copy (list->arena, key) : NULL;
	if (!copy)
		return larder_fail_memory (error);
	list->at = more;
	list->at[list->count++] = (struct wanted) { .key = copy };
	return 0;
}

const char *
wanted_first (const struct wanted_list *list)
{
	return list->at[0].key;
}

/* ---- a listing in which a bundle and its index are one ---- */

struct pairing {
	bool pairs;
	paired_fn each;
	void *context;
	struct larder_arena *arena;      /* of the bundle that waits for the next key */
	struct larder_info held;
	int code;
	struct larder_error why;
};

/* What a restore needs to know of it. False: no memory. */
static bool
keep (struct larder_arena *arena, const struct larder_info *info, struct larder_info *ret)
{
	*ret = (struct larder_info) {
		.size = sizeof *ret, .length = info->length, .mtime = info->mtime, .restore_state = info->restore_state, .key = arena_copy (arena, info->key),
		.version = arena_copy (arena, info->version), .etag = arena_copy (arena, info->etag), .storage_class = arena_copy (arena, info->storage_class),
	};
	return ret->key && (ret->version || !info->version) && (ret->etag || !info->etag) && (ret->storage_class || !info->storage_class);
}

static int
hand_on (struct pairing *pairing, const struct larder_info *info, bool indexed)
{
	if (!info->key)
		return 0;
	pairing->code = pairing->each (pairing->context, info, indexed, &pairing->why);
	return pairing->code;
}

static bool
is_index_of (const char *key, const char *bundle)
{
	size_t length = bundle ? strlen (bundle) : 0;
	return bundle && strncmp (key, bundle, length) == 0 && strcmp (key + length, BUNDLE_INDEX) == 0;
}

static int
pair (void *context, const struct larder_info *info)
{
	struct pairing *pairing = context;
	bool indexed = is_index_of (info->key, pairing->held.key);
	int code = hand_on (pairing, &pairing->held, indexed);
	pairing->held.key = NULL;
	if (code != 0 || indexed || info->flags & LARDER_INFO_PREFIX)
		return code;
	if (!pairing->pairs || !index_is_bundle (info->key))
		return hand_on (pairing, info, false);
	arena_clear (pairing->arena);
	if (keep (pairing->arena, info, &pairing->held))
		return 0;
	pairing->code = larder_fail_memory (&pairing->why);
	return pairing->code;
}

int
paired_list (struct larder_store *store, const char *prefix, const char *delimiter, bool pairs, paired_fn each, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const struct larder_listing listing = { .size = sizeof listing, .prefix = prefix, .delimiter = delimiter };
	struct pairing pairing = { .pairs = pairs, .each = each, .context = context, .arena = arena, .why = LARDER_ERROR_INIT };
	int code = arena ? larder_list (store, &listing, pair, &pairing, error) : larder_fail_memory (error);
	if (code == 0)
		code = hand_on (&pairing, &pairing.held, false);
	if (pairing.code < 0 && error)
		*error = pairing.why;
	return code;
}

/* ---- the names ---- */

static int
by_key (const void *a, const void *b)
{
	return strcmp (((const struct wanted *) a)->key, ((const struct wanted *) b)->key);
}

static void
sort_wanted (struct wanted_list *list)
{
	size_t kept = 0;
	qsort (list->at, list->count, sizeof *list->at, by_key);
	for (size_t n = 0; n < list->count; n++)
		if (kept == 0 || by_key (&list->at[kept - 1], &list->at[n]) != 0)
			list->at[kept++] = list->at[n];
	list->count = kept;
}

/* ---- the bundles of one folder ---- */

struct seen { struct seen *next; struct larder_info info; };
struct searching {
	struct restoring *all;
	struct wanted_list *list;
	struct larder_arena *arena;      /* of this folder */
	const char *folder;
	struct seen *seen;
	const struct larder_info *bundle;
	struct larder_info *kept;        /* the same, with the names: it has one of them */
};

/* Asking for its index has to wait until the listing is over. */
static int
note (void *context, const struct larder_info *info, bool indexed, struct larder_error *error)
{
	struct searching *searching = context;
	if (!indexed)
		return 0;
	struct seen *seen = arena_alloc (searching->arena, sizeof *seen);
	if (!seen || !keep (searching->arena, info, &seen->info))
		return larder_fail_memory (error);
	seen->next = searching->seen;
	searching->seen = seen;
	return 0;
}

static int
take (struct searching *searching, struct wanted *found, uint64_t offset, struct larder_error *error)
{
	struct larder_arena *arena = searching->list->arena;
	found->times++;
	if (found->bundle && searching->bundle->mtime < found->bundle->mtime)
		return 0;
	if (!searching->kept && (!(searching->kept = arena_alloc (arena, sizeof *searching->kept)) || !keep (arena, searching->bundle, searching->kept)))
		return larder_fail_memory (error);
	found->bundle = searching->kept;
	found->offset = offset;
	return 0;
}

static int
compare (void *context, const struct member *member, struct larder_error *error)
{
	struct searching *searching = context;
	struct wanted_list *list = searching->list;
	arena_clear (searching->all->each);
	const struct wanted key = { .key = arena_printf (searching->all->each, "%s%s", searching->folder, member->path) };
	struct wanted *found = key.key ? bsearch (&key, list->at, list->count, sizeof *list->at, by_key) : NULL;
	if (!key.key)
		return larder_fail_memory (error);
	return found ? take (searching, found, member->offset, error) : 0;
}

static int
search_folder (struct restoring *all, struct wanted_list *list, const char *key, size_t length, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct searching searching = { .all = all, .list = list, .arena = arena, .folder = arena ? arena_copy_bytes (arena, key, length) : NULL };
	const char *prefix = searching.folder ? arena_printf (arena, "%sbundle-", searching.folder) : NULL;
	int code = prefix ? paired_list (all->store, prefix, "/", true, note, &searching, error) : larder_fail_memory (error);
	for (const struct seen *seen = searching.seen; code == 0 && seen; seen = seen->next) {
		searching.bundle = &seen->info;
		searching.kept = NULL;
		code = index_each (all->store, seen->info.key, seen->info.length, compare, &searching, error);
	}
	return code;
}

/* ---- the folders ---- */

static size_t
shared (const char *a, const char *b)
{
	size_t length = 0;
	while (a[length] && a[length] == b[length])
		length++;
	return length;
}

/* Each folder that one of the names lies below, once: they are sorted, so one that the name before lies below too was searched with that. */
static int
search_above (struct restoring *all, struct wanted_list *list, size_t n, struct larder_error *error)
{
	const char *key = list->at[n].key;
	size_t before = n ? shared (list->at[n - 1].key, key) : 0;
	int code = n == 0 ? search_folder (all, list, key, 0, error) : 0;
	for (const char *end = strchr (key, '/'); code == 0 && end; end = strchr (end + 1, '/'))
		if ((size_t) (end - key) + 1 > before)
			code = search_folder (all, list, key, (size_t) (end - key) + 1, error);
	return code;
}

/* ---- the whole ---- */

/* Which one it is, for with several the newest has it all. */
static int
tell_found (struct restoring *all, const struct wanted *wanted)
{
	char date[32], reason[160];
	const char *from = arena_printf (all->each, "%s%s", store_prefix (all->store), wanted->key), *to = arena_printf (all->each, "%s%s", store_prefix (all->store), wanted->bundle->key);
	text_from_time (wanted->bundle->mtime, date);
	int length = snprintf (reason, sizeof reason, "in %s of %s", text_last (wanted->bundle->key), date);
	if (wanted->times > 1)
		snprintf (reason + length, sizeof reason - (size_t) length, ", the newest of %" PRIu64 " bundles that have it", wanted->times);
	const struct larder_event event = { .size = sizeof event, .action = "found", .from = from, .to = to, .reason = reason };
	return from && to ? restoring_tell (all, &event) : 0;
}

int
wanted_find (struct restoring *all, struct wanted_list *list, wanted_fn each, void *context, struct larder_error *error)
{
	int code = 0;
	sort_wanted (list);
	for (size_t n = 0; code == 0 && n < list->count; n++)
		code = search_above (all, list, n, error);
	for (size_t n = 0; code == 0 && n < list->count; n++) {
		const struct wanted *wanted = &list->at[n];
		arena_clear (all->each);
		if (!wanted->bundle)
			return larder_fail_next (error, LARDER_E_NOTFOUND, "'larder ls' lists the objects, and 'larder cat' of a bundle's .tar.index its members", "there is no object '%s%s', and it is in no bundle above it",
				store_prefix (all->store), wanted->key);
		code = tell_found (all, wanted);
		if (code == 0)
			code = each (context, wanted->bundle, wanted->offset, error);
	}
	return code;
}
