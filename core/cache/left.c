/* left.c: what lies in a model's home and no record names: a load that was not finished, files of a publication that never came to its commit, and what stood
 * where a link had to go. doc/dev/cache.md says when each may go, and why nobody can need it then. */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "error.h"
#include "file.h"
#include "locks.h"

struct looking {
	const struct cache *cache;
	struct larder_arena *arena;
	const struct place *place;
	left_fn each;
	void *context;
	uint64_t newest;                 /* before the names were looked at: it only grows */
};

/* "7-RANDOM": 7; else 0. */
static uint64_t
number_of (const char *name)
{
	char *end = NULL;
	uint64_t number = *name >= '1' && *name <= '9' ? strtoull (name, &end, 10) : 0;
	return end && *end == '-' ? number : 0;
}

/* 1: the record of its number names it, or is damaged, and may have; 0: not; or why nobody can tell. */
static int
is_named (const struct looking *looking, uint64_t number, const char *name, struct larder_error *error)
{
	struct record record;
	int code = record_look (looking->cache->root, looking->place->home, number, looking->arena, &record, error);
	return code <= 0 ? code : record.damaged || (record.data && strcmp (record.data, name) == 0);
}

static int
take (void *context, const char *name, struct larder_error *error)
{
	const struct looking *looking = context;
	uint64_t number = number_of (name);
	struct left left = { .kind = number ? LEFT_PUBLICATION : strcmp (name, "fill") == 0 ? LEFT_FILL : LEFT_ASIDE, .number = number,
		.dead = number && number <= looking->newest };
	if (left.kind == LEFT_ASIDE && strncmp (name, ASIDE, strlen (ASIDE)) != 0)
		return 0;
	int code = number ? is_named (looking, number, name, error) : 0;
	if (code != 0)
		return code < 0 ? code : 0;
	left.path = arena_printf (looking->arena, "%s/%s", looking->place->home, name);
	struct stat facts;
	if (!left.path)
		return larder_fail_memory (error);
	if (fstatat (looking->cache->root, left.path, &facts, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : cache_fail (looking->cache, errno, "look at", left.path, error);
	left.since = facts.st_ctim.tv_sec * NS_PER_S + facts.st_ctim.tv_nsec;
	left.length = file_tree_size (looking->cache->root, left.path);
	return looking->each (looking->context, &left, error);
}

int
left_each (const struct cache *cache, struct larder_arena *arena, const struct place *place, left_fn each, void *context, struct larder_error *error)
{
	struct looking looking = { cache, arena, place, each, context, 0 };
	int code = record_newest (cache->root, place->home, &looking.newest, error);
	return code < 0 ? code : file_each_name (cache->root, place->home, take, &looking, error);
}

/* ---- what nobody can need any more ---- */

struct clearing { const struct cache *cache; struct larder_arena *arena; const struct place *place; bool fills; int64_t now; uint64_t newest; };

static void
remove_left (const struct cache *cache, const struct left *left)
{
	if (file_unlink_beneath (cache->root, left->path) < 0)
		file_remove_tree (cache->root, left->path);
}

static int
clear_one (void *context, const struct left *left, struct larder_error *error)
{
	const struct clearing *clearing = context;
	bool over = (left->kind == LEFT_FILL && clearing->fills) || left->dead || (left->kind == LEFT_ASIDE && clearing->now - left->since >= clearing->cache->section->hold);
	(void) error;
	if (over)
		remove_left (clearing->cache, left);
	return 0;
}

/* A generation that said that there is none, behind which another came. */
static int
clear_gone (void *context, uint64_t generation, struct larder_error *error)
{
	const struct clearing *clearing = context;
	struct record record;
	const char *path = record_path (clearing->arena, clearing->place->home, generation);
	(void) error;
	if (path && generation < clearing->newest && record_read (clearing->cache->root, clearing->place->home, generation, clearing->arena, &record, NULL) == 1 && !record.data)
		(void) file_unlink_beneath (clearing->cache->root, path);
	return 0;
}

void
left_clear (const struct cache *cache, struct larder_arena *arena, const struct place *place, bool fills)
{
	struct clearing clearing = { cache, arena, place, fills, cache_now (cache), 0 };
	(void) left_each (cache, arena, place, clear_one, &clearing, NULL);
	if (record_newest (cache->root, place->home, &clearing.newest, NULL) == 0)
		(void) record_each (cache->root, place->home, clear_gone, &clearing, NULL);
	const char *inside = arena_printf (arena, "%s/fill", place->home);
	if (inside)
		(void) file_settle_removal (cache->root, inside);          /* before the link is switched: whoever finds that in its place looks for nothing */
	file_draft_clear (cache->root, place->home);
}

/* ---- what a filler may be at work on ---- */

/* A number that is taken: whoever linked files for it and sleeps cannot commit them. What is there stays, under the next number; or none is there. */
static int
fence (struct cache *cache, struct larder_arena *arena, const struct place *place, uint64_t number, struct larder_error *error)
{
	uint64_t newest = 0;
	struct record record = { .data = NULL };
	int code = record_newest (cache->root, place->home, &newest, error);
	while (code == 0 && newest < number) {
		code = newest ? record_read (cache->root, place->home, newest, arena, &record, error) : 0;
		if (code >= 0)
			code = record.data ? publish (cache, arena, place, place_data (arena, place, record.data), newest, &record, error) : publish_gone (cache, arena, place, newest, error);
		if (code == 0)
			code = record_newest (cache->root, place->home, &newest, error);
	}
	return code;
}

static int
give_up (struct cache *cache, struct larder_arena *arena, const struct place *place, const struct left *left, struct larder_error *error)
{
	int code = left->kind == LEFT_PUBLICATION ? fence (cache, arena, place, left->number, error) : 0;
	struct looking looking = { .cache = cache, .arena = arena, .place = place };
	if (code == 0 && left->kind == LEFT_PUBLICATION)
		code = is_named (&looking, left->number, strrchr (left->path, '/') + 1, error);
	if (code > 0)
		return larder_fail_next (error, LARDER_E_CONFLICT, "it stays", "'%s' was published just now", place->path);
	if (code == 0)
		remove_left (cache, left);
	return code;
}

int
left_evict (struct cache *cache, struct larder_arena *arena, const struct place *place, const struct left *left, struct larder_error *error)
{
	struct lock *lock = NULL;
	struct larder_lease lease = { .size = sizeof lease };
	struct larder_error unheard = LARDER_ERROR_INIT;
	if (left->dead || left->kind == LEFT_ASIDE) {
		remove_left (cache, left);
		return 0;
	}
	int code = cache->section->lock ? lock_open (cache->larder, cache->section->lock, &lock, error) : 0;
	if (code == 0 && lock)
		code = lock_try (lock, arena, place->lock, cache->section->lease, "larder model evict", &lease, error);
	if (code == 0) {
		code = give_up (cache, arena, place, left, error);
		if (lock)
			(void) lock_release (lock, arena, &lease, &unheard);
	}
	lock_close (lock);
	return code;
}
