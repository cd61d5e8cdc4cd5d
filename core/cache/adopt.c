/* adopt.c: files that lay in the cache's folder before the cache knew of them. Size by size as the source tells, they are taken over without
 * a byte read; larder_model_verify compares them later. */
#include "cache.h"

#include <fcntl.h>
#include <string.h>

#include "error.h"
#include "cleanup.h"
#include "file.h"

/* A plain file of that size, and no link on the way to it. */
static bool
fits (const struct cache *cache, const char *path, uint64_t length)
{
	struct stat facts;
	CLEANUP_CLOSE int fd = file_open_beneath (cache->root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	return fd >= 0 && fstat (fd, &facts) == 0 && S_ISREG (facts.st_mode) && (uint64_t) facts.st_size == length;
}

static bool
all_fit (const struct cache *cache, struct larder_arena *arena, const struct place *place, const struct record *wanted)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const char *path = place->folder ? arena_printf (arena, "%s/%s", place->path, wanted->files[i].path) : place->path;
		if (!path || !fits (cache, path, wanted->files[i].length))
			return false;
	}
	return true;
}

int
adopt (struct cache *cache, struct larder_arena *arena, const struct place *place, const struct record *wanted, uint64_t after, struct record *ret,
       struct larder_error *error)
{
	if (!all_fit (cache, arena, place, wanted))
		return 0;
	*ret = *wanted;
	ret->adopted = true;
	int code = publish (cache, arena, place, place->path, after, ret, error);
	return code < 0 ? code : 1;
}
