/* source.c: what the source has of a model now. */
#include "cache.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "text.h"
#include "transfer.h"

static int
take_file (struct larder_arena *arena, const char *path, const struct larder_info *info, struct record_file *ret, struct larder_error *error)
{
	int code = target_check_local (path, error);
	if (code < 0)
		return code;
	bool whole = info->checksum && !info->checksum_composite;
	*ret = (struct record_file) {
		.path = arena_copy (arena, path), .etag = arena_copy (arena, info->etag), .checksum = whole ? arena_copy (arena, info->checksum) : NULL,
		.checksum_type = whole ? info->checksum_type : LARDER_CHECKSUM_NONE, .length = info->length, .mtime = info->mtime,
	};
	return ret->path ? 0 : larder_fail_memory (error);
}

/* ---- many files ---- */

struct listed { struct larder_arena *arena; size_t prefix, room; struct record *record; struct larder_error *error; };

static int
add_listed (void *context, const struct larder_info *info)
{
	struct listed *listed = context;
	struct record *record = listed->record;
	const char *path = info->key + listed->prefix;
	size_t length = strlen (path);
	if (length == 0 || path[length - 1] == '/')          /* stands for a folder */
		return 0;
	struct record_file *files = arena_more (listed->arena, record->files, record->count, &listed->room, sizeof *files);
	if (!files)
		return larder_fail_memory (listed->error);
	record->files = files;
	int code = take_file (listed->arena, path, info, &record->files[record->count], listed->error);
	if (code == 0)
		record->length += record->files[record->count++].length;
	return code;
}

static int
describe_many (struct cache *cache, struct larder_arena *arena, const struct place *place, struct record *ret, struct larder_error *error)
{
	struct listed listed = { .arena = arena, .prefix = strlen (place->key), .record = ret, .error = error };
	const struct larder_listing listing = { .size = sizeof listing, .prefix = place->key, .delimiter = "" };
	int code = larder_list (cache->source, &listing, add_listed, &listed, error);
	if (code == 0 && ret->count == 0)
		code = larder_fail_next (error, LARDER_E_NOTFOUND, "larder ls shows what is there", "no object below '%s%s'", store_prefix (cache->source), place->key);
	return code;
}

static int
describe_one (struct cache *cache, struct larder_arena *arena, const struct place *place, struct record *ret, struct larder_error *error)
{
	struct larder_info info = { .size = sizeof info };
	int code = larder_stat (cache->source, arena, place->key, NULL, &info, error);
	ret->files = arena_alloc (arena, sizeof *ret->files);
	if (code == 0 && !ret->files)
		code = larder_fail_memory (error);
	if (code == 0)
		code = take_file (arena, text_last (place->path), &info, ret->files, error);
	ret->count = 1;
	ret->length = info.length;
	return code;
}

int
source_describe (struct cache *cache, struct larder_arena *arena, const struct place *place, struct record *ret, struct larder_error *error)
{
	*ret = (struct record) { .path = place->path, .key = place->key, .folder = place->folder };
	int code = cache_source (cache, error);
	if (code < 0)
		return code;
	return place->folder ? describe_many (cache, arena, place, ret, error) : describe_one (cache, arena, place, ret, error);
}

static bool
same_text (const char *a, const char *b)
{
	return a && b ? strcmp (a, b) == 0 : a == b;
}

bool
source_same (const struct record *a, const struct record *b)
{
	if (a->count != b->count || a->folder != b->folder)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct record_file *one = &a->files[i], *other = &b->files[i];
		bool summed = one->checksum && other->checksum && one->checksum_type == other->checksum_type;
		if (strcmp (one->path, other->path) != 0 || one->length != other->length
		    || (summed ? strcmp (one->checksum, other->checksum) != 0 : !same_text (one->etag, other->etag)))
			return false;
	}
	return true;
}
