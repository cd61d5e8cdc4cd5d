/* present.c: what of a model is there: the link, the record it leads to, the files that the record tells of. */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"

/* Where the link of that generation leads, from the folder it is in. */
static const char *
link_target (struct larder_arena *arena, const struct place *place, const char *data)
{
	char up[3 * 256 + 1] = "";
	size_t depth = 0;
	for (const char *at = place->path; (at = strchr (at, '/')) && depth < 256; at++, depth++)
		memcpy (up + 3 * depth, "../", 4);
	const char *path = place_data (arena, place, data);
	return path ? arena_printf (arena, "%s%s", up, path) : NULL;
}

/* The generation that the link leads to; 0: it is no link of ours. */
uint64_t
present_generation (const struct cache *cache, struct larder_arena *arena, const struct place *place)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat (cache->root, place->path, target, sizeof target - 1);
	if (length <= 0)
		return 0;
	target[length] = '\0';
	const char *home = arena_printf (arena, "%s/", place->home), *at = home ? strstr (target, home) : NULL;
	return at ? strtoull (at + strlen (home), NULL, 10) : 0;
}

bool
present_whole (const struct cache *cache, struct larder_arena *arena, const struct place *place, const struct record *record)
{
	for (size_t i = 0; i < record->count; i++) {
		struct stat facts;
		const char *path = arena_printf (arena, "%s/%s/%s", place->home, record->data, record->files[i].path);
		if (!path || fstatat (cache->root, path, &facts, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG (facts.st_mode) || (uint64_t) facts.st_size != record->files[i].length)
			return false;
	}
	return true;
}

int
present_fast (const struct cache *cache, struct larder_arena *arena, const struct place *place, struct record *ret)
{
	if (cache->root < 0)
		return 0;
	uint64_t generation = present_generation (cache, arena, place);
	if (!generation || record_read (cache->root, place->home, generation, arena, ret, NULL) != 1 || !ret->data || strcmp (ret->path, place->path) != 0)
		return 0;
	return present_whole (cache, arena, place, ret);
}

/* A link that leads elsewhere goes; any other file is not ours to remove. */
static int
unlink_gone (const struct cache *cache, struct larder_arena *arena, const struct place *place, struct larder_error *error)
{
	if (!present_generation (cache, arena, place) || unlinkat (cache->root, place->path, 0) == 0 || errno == ENOENT)
		return 0;
	return cache_fail (cache, errno, "remove the link", place->path, error);
}

static int
lead_to (const struct cache *cache, struct larder_arena *arena, const struct place *place, const struct record *record, struct larder_error *error)
{
	if (!record->data)
		return unlink_gone (cache, arena, place, error);
	if (present_generation (cache, arena, place) == record->generation)
		return 0;
	const char *target = link_target (arena, place, record->data);
	left_clear (cache, arena, place, true);    /* before: whoever finds the link in its place looks for nothing that is left */
	return target ? publish_link (cache, arena, place, record->generation, target, error) : larder_fail_memory (error);
}

/* Looked at again after each switch: a publisher that was stopped just before its own switch may have put the link back meanwhile. */
int
present_settle (const struct cache *cache, struct larder_arena *arena, const struct place *place, struct record *ret, struct larder_error *error)
{
	uint64_t newest = 0, seen = 0;
	int code = record_newest (cache->root, place->home, &newest, error), there = 0;
	while (code == 0 && newest > seen) {
		seen = newest;
		there = record_read (cache->root, place->home, newest, arena, ret, error);     /* 0: it has gone meanwhile, and a newer one is there */
		code = there < 0 ? there : there ? lead_to (cache, arena, place, ret, error) : 0;
		if (code == 0)
			code = record_newest (cache->root, place->home, &newest, error);
	}
	return code < 0 ? code : there && ret->data;
}

void
present_tell (const struct cache *cache, struct larder_arena *arena, const struct place *place, const struct record *record, struct larder_model *ret)
{
	const char *inner = place->folder && record->data ? place_data (arena, place, record->data) : place->path;
	const struct record_file *one = record->count == 1 && !place->folder ? record->files : NULL;
	ret->path = inner ? cache_path (cache, arena, inner) : NULL;
	ret->key = place->key;
	ret->etag = one ? one->etag : NULL;
	ret->checksum = one ? one->checksum : NULL;
	ret->length = record->length;
	ret->files = record->count;
	ret->generation = record->generation;
	ret->filled = record->filled;
	ret->used = record->used < clock_wall () ? record->used : clock_wall ();
	ret->held = record->used + cache->section->hold;
	ret->current = true;
}
