/* each.c: every model of a cache; pins, and when each was used last. */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "file.h"

static const char *
pin_of (struct larder_arena *arena, const struct place *place)
{
	return arena_printf (arena, "%s/pin", place->home);
}

bool
place_is_pinned (const struct cache *cache, struct larder_arena *arena, const struct place *place)
{
	struct stat facts;
	const char *pin = pin_of (arena, place);
	return pin && (fstatat (cache->root, pin, &facts, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT);    /* where nobody can tell it stays */
}

/* ---- the homes, in byte order of the paths ---- */

struct homes { struct larder_arena *arena; const char **at; size_t count, room; };

static int
add_home (void *context, const char *name, struct larder_error *error)
{
	struct homes *homes = context;
	if (name[0] == '.')
		return 0;
	const char **at = arena_more (homes->arena, homes->at, homes->count, &homes->room, sizeof *at);
	if (!at)
		return larder_fail_memory (error);
	homes->at = at;
	homes->at[homes->count] = arena_printf (homes->arena, GENERATIONS "/%s", name);
	return homes->at[homes->count++] ? 0 : larder_fail_memory (error);
}

static int
by_name (const void *a, const void *b)
{
	return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* 0: nothing was published there. */
static int
newest_of (const struct cache *cache, const char *home, struct larder_arena *arena, struct record *ret, struct larder_error *error)
{
	uint64_t newest = 0;
	int code = record_newest (cache->root, home, &newest, error);
	return code == 0 ? record_look (cache->root, home, newest, arena, ret, error) : code;
}

int
places_each (struct cache *cache, place_fn each, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *names = arena_new (), *one = arena_new ();
	struct homes homes = { .arena = names };
	int code = !names || !one ? larder_fail_memory (error) : cache->root < 0 ? 0 : file_each_name (cache->root, GENERATIONS, add_home, &homes, error);
	if (homes.count)
		qsort (homes.at, homes.count, sizeof *homes.at, by_name);
	for (size_t i = 0; code == 0 && i < homes.count; i++) {
		struct record newest;
		struct place place;
		arena_clear (one);
		int there = code = larder_is_cancelled (cache->larder) ? larder_fail_cancelled (error) : newest_of (cache, homes.at[i], one, &newest, error);
		if (code >= 0)
			code = there && !newest.damaged ? place_of_record (cache, one, &newest, &place, error) : place_of_home (cache, one, homes.at[i], &place, NULL);
		if (code < 0 && (!there || (there > 0 && newest.damaged))) {
			code = 0;                /* nobody's */
			continue;
		}
		if (code == 0)
			code = each (context, one, &place, there ? &newest : NULL, error);
	}
	return code;
}

/* ---- telling ---- */

struct telling { struct cache *cache; struct larder_arena *arena; const struct place *place; larder_model_fn model; void *context; uint64_t newest; };

/* By the path of its own folder. */
static int
tell (struct telling *telling, struct record *record, bool newest, struct larder_error *error)
{
	struct larder_model model = { .size = sizeof model };
	int code = lease_latest (telling->cache, telling->arena, telling->place, record, error);
	if (code < 0)
		return code;
	present_tell (telling->cache, telling->arena, telling->place, record, &model);
	const char *path = record->damaged ? record_path (telling->arena, telling->place->home, record->generation)
		: place_data (telling->arena, telling->place, record->data);
	model.state = record->damaged ? LARDER_MODEL_DAMAGED : LARDER_MODEL_WHOLE;
	/* a publisher that died may not have switched the link yet */
	if (!newest || record->damaged || present_generation (telling->cache, telling->arena, telling->place) != record->generation)
		model.path = path ? cache_path (telling->cache, telling->arena, path) : NULL;
	model.pinned = newest && place_is_pinned (telling->cache, telling->arena, telling->place);
	model.current = newest;
	return model.path ? telling->model (telling->context, &model) : LARDER_E_LIMIT;
}

static int
tell_generation (void *context, uint64_t generation, struct larder_error *error)
{
	struct telling *telling = context;
	struct record record;
	if (generation == telling->newest)
		return 0;
	int code = record_look (telling->cache->root, telling->place->home, generation, telling->arena, &record, error);
	if (code <= 0 || !(record.data || record.damaged))
		return code < 0 ? code : 0;
	return tell (telling, &record, false, error);
}

/* One that is being loaded or was not finished, or what stood where a link had to go. */
static int
tell_left (void *context, const struct left *left, struct larder_error *error)
{
	const struct telling *telling = context;
	bool aside = left->kind == LEFT_ASIDE;
	const struct larder_model model = {
		.size = sizeof model, .state = aside ? LARDER_MODEL_ASIDE : LARDER_MODEL_UNFINISHED, .path = cache_path (telling->cache, telling->arena, left->path),
		.key = telling->place->key, .length = left->length, .filled = left->since, .used = left->since,
		.held = left->since + (aside ? telling->cache->section->hold : 0),
	};
	return model.path ? telling->model (telling->context, &model) : larder_fail_memory (error);
}

static int
tell_place (void *context, struct larder_arena *arena, const struct place *place, const struct record *newest, struct larder_error *error)
{
	struct telling *telling = context;
	telling->arena = arena;
	telling->place = place;
	struct record current;
	telling->newest = newest ? newest->generation : 0;
	if (newest)
		current = *newest;
	bool there = newest && (newest->damaged || (newest->data && present_whole (telling->cache, arena, place, newest)));
	int code = there ? tell (telling, &current, true, error) : 0;
	if (code == 0 && newest)
		code = record_each (telling->cache->root, place->home, tell_generation, telling, error);
	return code == 0 ? left_each (telling->cache, arena, place, tell_left, telling, error) : code;
}

int
larder_model_each (struct larder *larder, const char *name, larder_model_fn model, void *context, struct larder_error *error)
{
	CLEANUP_CACHE struct cache cache = CACHE_NONE;
	struct telling telling = { .cache = &cache, .model = model, .context = context };
	int code = cache_open (&cache, larder, name, error);
	return code < 0 ? code : places_each (&cache, tell_place, &telling, error);
}

/* ---- pins ---- */

int
larder_model_pin (struct larder *larder, const struct larder_model_name *asked, bool pinned, struct larder_error *error)
{
	struct larder_model_name model = { .size = sizeof model };
	struct place place;
	struct record record;
	CLEANUP_CACHE struct cache cache = CACHE_NONE;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	larder_give (&model, asked);
	int code = arena ? cache_open (&cache, larder, model.cache, error) : larder_fail_memory (error);
	if (code == 0)
		code = place_of (&cache, arena, &model, &place, error);
	if (code == 0 && !present_fast (&cache, arena, &place, &record))
		code = larder_fail_next (error, LARDER_E_NOTFOUND, "load it first: larder model load", "'%s' is not in the cache '%s'", place.path, cache.section->root);
	if (code < 0)
		return code;
	const char *pin = pin_of (arena, &place);
	if (!pin)
		return larder_fail_memory (error);
	if (pinned)
		return file_publish (cache.root, pin, "", 0, 0644, FILE_REPLACE, true, error);
	int failed = file_unlink_beneath (cache.root, pin);
	return failed < 0 && failed != -ENOENT ? cache_fail (&cache, -failed, "remove", pin, error) : 0;
}
