/* verify-manifest.c: larder_verify of a store with its manifests: what runs say they wrote, against what is there now. Both come in byte order. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "sync.h"

#include <inttypes.h>
#include <string.h>

#include "arena.h"
#include "checksum.h"
#include "cleanup.h"
#include "error.h"
#include "store.h"
#include "text.h"
#include <larder/driver.h>

struct checking {
	struct transfer transfer;
	const struct larder_sync *request;
	struct larder_store *store;
	const char *prefix;
	struct manifests *manifests;
	struct manifest_line line;    /* the next that nothing was found for */
	bool any;                     /* there is one */
	struct larder_arena *arena;   /* of one address: a page may be behind any number of keys that are missing */
};

/* ---- one object and its line ---- */

#define NEXT_OF_REPLICA "what was written within minutes may be on its way; else 'larder replication check' and 'larder replication repair' of this store, without --replica, tell and copy what is not there"

/* What a service copies keeps its version, what is copied otherwise gets another: of a replica that tells nothing. */
static bool
version_counts (const struct item *item, const struct larder_info *now)
{
	return manifest_has_version (&item->info) && (!store_replica (item->store) || manifest_is_told (item->info.version, now->version));
}

static int
differs (struct item *item, const char *what, const struct larder_info *now, struct larder_error *error)
{
	char then[32], since[32];
	item->differs = true;
	return larder_fail_next (error, LARDER_E_INTEGRITY, store_replica (item->store) ? NEXT_OF_REPLICA
			: "if nobody wrote it since, bring back what it was ('larder versions' lists what there is); else sync or archive put leaves a newer line",
		"'%s' is not what the manifest '%s' tells: %s; %" PRIu64 " bytes were written at %s, there are %" PRIu64 " of %s", item->from, item->manifest, what, item->info.length,
		text_from_time (item->info.mtime, then), now->length, text_from_time (now->mtime, since));
}

/* Of its checksum, can it be taken of bytes? */
static bool
has_checksum (const struct larder_info *told)
{
	return told->checksum && !told->checksum_composite && checksum_is_ours (told->checksum_type);
}

/* By its bytes; where its line has no checksum of them, the store's own is looked at on the way. */
static int
judge_bytes (struct item *item, const struct larder_info *now, struct larder_error *error)
{
	char sum[32];
	const struct larder_info *told = &item->info;
	int code = object_sum (item->transfer, item->store, now, has_checksum (told) ? told->checksum_type : LARDER_CHECKSUM_CRC64NVME, sum, error);
	if (code < 0)
		return code;
	if (has_checksum (told))
		return strcmp (sum, told->checksum) == 0 ? 0 : differs (item, "it has other bytes", now, error);
	return version_counts (item, now) || manifest_is_told (told->etag, now->etag) ? 0 : differs (item, "it was written again, and nothing tells its bytes of then", now, error);
}

static int
judge (struct item *item, const struct larder_info *now, struct larder_error *error)
{
	const struct larder_info *told = &item->info;
	bool same = false, versions = version_counts (item, now) && manifest_has_version (now);
	bool known = same_as_told (told, now, &same);
	if (told->length != now->length)
		return differs (item, "it has another length", now, error);
	if (known && !same)
		return differs (item, "its checksum is another", now, error);
	if (versions && !manifest_is_told (told->version, now->version))
		return differs (item, known ? "it was written again, with the same bytes" : "it was written again", now, error);
	bool enough = known || versions || (!has_checksum (told) && manifest_is_told (told->etag, now->etag));
	return enough && !(item->transfer->request->flags & LARDER_VERIFY_DOWNLOAD) ? 0 : judge_bytes (item, now, error);
}

/* For item->same; by the threads. */
static int
as_told (struct item *item, bool *ret_same, struct larder_error *error)
{
	struct larder_info now = { .size = sizeof now };
	item->to = NULL;
	int code = larder_stat (item->store, item->arena, item->info.key, NULL, &now, error);
	now.key = item->info.key;
	if (code == 0)
		code = judge (item, &now, error);
	*ret_same = code == 0;
	return code;
}

static void
compare_lengths (struct checking *checking, struct item *item, const struct larder_info *now)
{
	struct larder_error why = LARDER_ERROR_INIT;
	int code = item->info.length == now->length ? 0 : differs (item, "it has another length", now, &why);
	if (code < 0)
		count_unlike (&checking->transfer, "differs", item->from, NULL, &why, code);
	else
		count_event (&checking->transfer, &(struct larder_event) { .size = sizeof (struct larder_event), .action = "same", .from = item->from, .bytes = now->length });
	item_free (item);
}

static int
compare (struct checking *checking, const char *address, const struct larder_info *now, struct larder_error *error)
{
	const struct manifest_line *line = &checking->line;
	const struct larder_info told = manifest_info (line);
	struct item *item = item_new (&checking->transfer, address);
	if (!item)
		return 0;
	item->manifest = arena_copy (item->arena, line->manifest);
	item->verify = true;
	if (!item->manifest || !item_of_object (item, checking->store, &told)) {
		item_free (item);
		return larder_fail_memory (error);
	}
	item->same = as_told;
	if (checking->request->flags & LARDER_SYNC_SIZE_ONLY)
		compare_lengths (checking, item, now);
	else
		item_add (item, "", line->key);
	return 0;
}

/* ---- both in order ---- */

static int
next_line (struct checking *checking, struct larder_error *error)
{
	int code;
	while ((code = manifests_next (checking->manifests, &checking->line, error)) == 1)
		if (sync_takes (checking->request, checking->line.key + strlen (checking->prefix)))
			break;
	checking->any = code == 1;
	return code < 0 ? code : 0;
}

static const char *
address_of (struct checking *checking, const char *key)
{
	arena_clear (checking->arena);
	return arena_printf (checking->arena, "%s%s", store_prefix (checking->store), key);
}

static int
tell_missing (struct checking *checking, struct larder_error *error)
{
	char time[32];
	const struct manifest_line *line = &checking->line;
	struct larder_error why = LARDER_ERROR_INIT;
	const char *address = address_of (checking, line->key);
	if (!address)
		return larder_fail_memory (error);
	int code = larder_fail_next (&why, LARDER_E_INTEGRITY, store_replica (checking->store) ? NEXT_OF_REPLICA
			: "'larder undelete' brings it back where versions are kept; else write it again. What goes by 'larder sync --delete' is in its manifest, and not missed",
		"'%s' is not there, and the manifest '%s' tells of %" PRIu64 " bytes that were written at %s", address, line->manifest, line->length, text_from_time (line->time, time));
	count_unlike (&checking->transfer, "missing", address, NULL, &why, code);
	return next_line (checking, error);
}

/* A key that is there. */
static int
take (struct checking *checking, const struct larder_info *info, struct larder_error *error)
{
	int code = 0;
	while (code == 0 && checking->any && strcmp (checking->line.key, info->key) < 0)
		code = tell_missing (checking, error);
	if (code < 0 || manifest_place_has (manifests_place (checking->manifests), checking->store, info->key) || !sync_takes (checking->request, info->key + strlen (checking->prefix)))
		return code;
	const char *address = address_of (checking, info->key);
	if (!address)
		return larder_fail_memory (error);
	if (!checking->any || strcmp (checking->line.key, info->key) != 0) {
		count_skipped (&checking->transfer, address, "not in a manifest");
		return 0;
	}
	code = compare (checking, address, info, error);
	return code < 0 ? code : next_line (checking, error);
}

static int
merge (struct checking *checking, struct larder_error *error)
{
	struct transfer *transfer = &checking->transfer;
	char last[PAGE_KEY_ROOM];
	const char *after = NULL;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_PAGE struct page page = { .arena = arena };
	int code = arena ? next_line (checking, error) : larder_fail_memory (error);
	while (code == 0 && !page.last && !transfer_stopped (transfer)) {
		code = page_read (checking->store, checking->prefix, after, &page, error);
		for (size_t i = 0; code == 0 && i < page.count && !transfer_stopped (transfer); i++)
			code = take (checking, &page.at[i], error);
		if (code == 0 && page.count) {
			const char *key = page.at[page.count - 1].key;
			after = memcpy (last, key, strlen (key) + 1);
		}
		arena_clear (arena);
	}
	while (code == 0 && checking->any && !transfer_stopped (transfer))
		code = tell_missing (checking, error);
	return code;
}

/* ---- the whole ---- */

static int
open_manifests (struct checking *checking, struct larder_error *error)
{
	int code = manifests_open (checking->store, checking->prefix, &checking->manifests, error);
	if (code < 0 || manifests_count (checking->manifests) > 0)
		return code;
	return larder_fail_next (error, LARDER_E_NOTFOUND, "'larder sync' and 'larder archive put' into that store leave one each", "no manifest below '%s%s'",
		store_prefix (manifests_place (checking->manifests)->store), manifests_place (checking->manifests)->prefix);
}

static int
run (struct checking *checking, struct larder_error *error)
{
	struct transfer *transfer = &checking->transfer;
	struct larder_address address = { .size = sizeof address };
	const char *from = checking->request->from, *whole = strchr (from, ':') ? from : arena_printf (transfer->arena, "%s:", from);
	int code = whole && checking->arena ? transfer_store_address (transfer, whole, &address, &checking->store, error) : larder_fail_memory (error);
	if (code < 0)
		return code;
	checking->prefix = side_prefix (address.path, transfer->arena);
	const char *to = checking->prefix ? store_prefix (checking->store) : NULL;
	code = to ? target_begin (transfer, to, error) : larder_fail_memory (error);
	if (code == 0)
		code = open_manifests (checking, error);
	if (code == 0)
		code = merge (checking, error);
	pool_drain (transfer->pool);
	if (code == 0 && transfer->sum.scanned == 0 && !transfer_stopped (transfer))
		code = larder_fail_next (error, LARDER_E_NOTFOUND, "'larder ls' lists what is there", "nothing below '%s', nor in its manifests", from);
	return code;
}

int
verify_manifest (struct larder *larder, const struct larder_sync *request, larder_event_fn event, void *context, struct larder_summary *ret_summary,
                 struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct checking checking = { .request = request, .arena = arena };
	const struct larder_transfer looks = {
		.size = sizeof looks, .flags = request->flags & LARDER_VERIFY_DOWNLOAD, .from = &request->from, .count = 1, .attributes = { .size = sizeof looks.attributes },
	};
	if (request->to)
		return larder_fail_next (error, LARDER_E_INVALID, "name the store alone: what it is compared with its manifests tell", "'%s' is one address too many", request->to);
	int code = transfer_begin (&checking.transfer, larder, &looks, event, context, error);
	if (code < 0)
		return code;
	code = run (&checking, error);
	manifests_close (checking.manifests);
	code = transfer_end (&checking.transfer, code, ret_summary, error);
	larder_store_close (checking.store);
	return code;
}
