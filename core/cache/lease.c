/* lease.c: readers' leases: times of files, by the clock of the mount's server, from which `hold` of the section counts. The time of the record's own file is one;
 * who may not set that has a file of his own beside it, where the folder's mode lets him. */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "text.h"

#define HELD "held"
#define LEASE_EVERY (60 * NS_PER_S)   /* renewed no more often than that */

static int64_t
time_of (const struct stat *facts)
{
	return facts->st_mtim.tv_sec * NS_PER_S + facts->st_mtim.tv_nsec;
}

static bool
is_fresh (const struct cache *cache, int64_t used, int64_t from)
{
	int64_t every = cache->section->hold / 2;
	return used + (every < LEASE_EVERY ? every : LEASE_EVERY) > from;
}

/* ---- files of their own ---- */

int
lease_folder (const struct cache *cache, const struct place *place, struct larder_error *error)
{
	char inside[1400];
	if (!(cache->dir_mode & 0022))
		return 0;
	snprintf (inside, sizeof inside, "%s/" HELD "/x", place->home);
	return file_make_parents (cache->root, inside, cache->dir_mode | 01000, true, error);    /* nobody takes another's away */
}

/* Every file of readers: the number of its generation, and its name below the root. */
struct reading { const struct cache *cache; const struct place *place; struct larder_arena *arena; uint64_t generation; int64_t *used; };

static int
take_latest (void *context, const char *name, struct larder_error *error)
{
	const struct reading *reading = context;
	struct stat facts;
	const char *path = arena_printf (reading->arena, "%s/" HELD "/%s", reading->place->home, name);
	if (!path)
		return larder_fail_memory (error);
	if (strtoull (name, NULL, 10) != reading->generation)
		return 0;
	if (fstatat (reading->cache->root, path, &facts, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : cache_fail (reading->cache, errno, "look at", path, error);
	if (time_of (&facts) > *reading->used)
		*reading->used = time_of (&facts);
	return 0;
}

static int
each_held (const struct reading *reading, int (*each) (void *context, const char *name, struct larder_error *error), struct larder_error *error)
{
	const char *folder = arena_printf (reading->arena, "%s/" HELD, reading->place->home);
	return folder ? file_each_name (reading->cache->root, folder, each, (void *) (uintptr_t) reading, error) : larder_fail_memory (error);
}

int
lease_latest (const struct cache *cache, struct larder_arena *arena, const struct place *place, struct record *record, struct larder_error *error)
{
	const struct reading reading = { cache, place, arena, record->generation, &record->used };
	return each_held (&reading, take_latest, error);
}

static int
clear_one (void *context, const char *name, struct larder_error *error)
{
	const struct reading *reading = context;
	struct record record;
	const char *path = arena_printf (reading->arena, "%s/" HELD "/%s", reading->place->home, name);
	(void) error;
	if (path && record_read (reading->cache->root, reading->place->home, strtoull (name, NULL, 10), reading->arena, &record, NULL) == 0)
		(void) file_unlink_beneath (reading->cache->root, path);
	return 0;
}

void
lease_clear (const struct cache *cache, struct larder_arena *arena, const struct place *place)
{
	const struct reading reading = { .cache = cache, .place = place, .arena = arena };
	(void) each_held (&reading, clear_one, NULL);
}

/* ---- taking one ---- */

/* From now, by the server's clock, or from ahead of it: that takes the time it tells, and the file's owner. 0 or an errno. */
static int
touch_record (const struct cache *cache, const char *path, int64_t from, bool ahead)
{
	const struct timespec at = { .tv_sec = from / NS_PER_S, .tv_nsec = from % NS_PER_S }, times[2] = { at, at };
	return utimensat (cache->root, path, ahead ? times : NULL, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
}

static int
touch_own (const struct cache *cache, const char *path, int64_t from, bool ahead)
{
	struct stat facts;
	const struct timespec at = { .tv_sec = from / NS_PER_S, .tv_nsec = from % NS_PER_S }, times[2] = { at, at };
	CLEANUP_CLOSE int fd = file_open_beneath (cache->root, path, O_RDONLY | O_NOFOLLOW, 0);
	bool made = fd == -ENOENT;
	if (made)
		fd = file_open_beneath (cache->root, path, O_RDONLY | O_CREAT | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -fd;
	if (fstat (fd, &facts) < 0)
		return errno;
	if (!made && is_fresh (cache, time_of (&facts), from))
		return 0;
	return futimens (fd, ahead ? times : NULL) == 0 ? 0 : errno;
}

static int
take (const struct cache *cache, struct larder_arena *arena, const struct place *place, const char *path, int64_t from, bool ahead)
{
	int failed = touch_record (cache, path, from, ahead);
	if (failed != EACCES && failed != EPERM)
		return failed;
	const char *own = arena_printf (arena, "%s/" HELD "/%s.%" PRIu32, place->home, strrchr (path, '/') + 1, (uint32_t) geteuid ());
	return own && touch_own (cache, own, from, ahead) == 0 ? 0 : failed;
}

static void
explain (const struct cache *cache, const struct place *place, const struct record *record, const char *path, int errnum, struct larder_error *ret)
{
	char until[32];
	struct larder_error why = LARDER_ERROR_INIT;
	bool shut = errnum == EROFS;
	(void) cache_fail (cache, errnum, "take a reader's lease by", path, &why);
	(void) larder_fail_next (ret, LARDER_E_DENIED, shut ? "take it where the mount can be written, as an init container does: larder model load --hold"
		: "load it as the user who fills, or give the section a dir-mode that lets others write, as 775", "'%s' may be evicted from %s on: %s", place->path,
		text_from_time (record->used + cache->section->hold, until), why.message);
}

/* Taken first and looked behind: an eviction commits that the model is gone and looks at the leases after that, so one of the two sees the other. */
bool
lease_take (const struct cache *cache, struct larder_arena *arena, const struct place *place, const struct record *record, int64_t hold, struct larder_error *ret_untaken)
{
	const char *path = record_path (arena, place->home, record->generation);
	int64_t shortest = cache->section->hold, more = hold > shortest ? hold - shortest : 0, now = clock_wall ();
	uint64_t newest = 0;
	/* one that lies ahead may be a longer one, or this machine's clock behind: then the server is asked */
	if (!path || (more == 0 && record->used <= now && is_fresh (cache, record->used, now)))
		return true;
	now = cache_now (cache);
	if (is_fresh (cache, record->used, now + more))
		return true;
	int failed = take (cache, arena, place, path, now + more, more > 0);
	if (failed == ENOENT || failed == ESTALE)
		return false;
	if (failed) {
		explain (cache, place, record, path, failed, ret_untaken);
		return true;
	}
	return record_newest (cache->root, place->home, &newest, NULL) == 0 && newest == record->generation;
}
