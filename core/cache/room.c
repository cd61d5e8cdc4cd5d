/* room.c: space: what a fill needs, and whole models removed to make it. Those used least lately go first; what is pinned, or a reader has a
 * lease of, stays. */
#include "cache.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "text.h"
#include "transfer.h"

/* One generation that could go, or with `left` what no record names. */
struct candidate { const struct place *place; const struct record *record; const struct left *left; bool current, kept; };

struct room {
	struct cache *cache;
	struct larder_arena *arena;
	struct candidate *at;
	size_t count, most;
	uint64_t held;                   /* bytes of all generations */
	const struct place *place;       /* while its generations are listed */
	const struct place *own;         /* of the one that room is made for: what it loads into is its own, and goes when it is there */
	uint64_t newest;
	int64_t now;
};

static int
add (struct room *room, const struct record *record, const struct left *left, struct larder_error *error)
{
	struct candidate *at = arena_more (room->arena, room->at, room->count, &room->most, sizeof *at);
	if (!at)
		return larder_fail_memory (error);
	bool current = !left && record->generation == room->newest, leased = room->now - record->used < room->cache->section->hold;
	room->at = at;
	room->at[room->count++] = (struct candidate) {
		.place = room->place, .record = record, .left = left, .current = current,
		.kept = left ? left->kind == LEFT_ASIDE && leased : leased || (current && place_is_pinned (room->cache, room->arena, room->place)),
	};
	room->held += record->length;
	return 0;
}

static int
add_left (void *context, const struct left *left, struct larder_error *error)
{
	struct room *room = context;
	struct record *record = arena_alloc (room->arena, sizeof *record);
	struct left *copy = arena_alloc (room->arena, sizeof *copy);
	if (left->kind != LEFT_ASIDE && room->own && strcmp (room->own->home, room->place->home) == 0)
		return 0;
	if (!record || !copy)
		return larder_fail_memory (error);
	*copy = *left;
	*record = (struct record) { .length = left->length, .used = left->since };
	return add (room, record, copy, error);
}

static int
add_generation (void *context, uint64_t generation, struct larder_error *error)
{
	struct room *room = context;
	struct record *record = arena_alloc (room->arena, sizeof *record);
	if (!record)
		return larder_fail_memory (error);
	int code = record_look (room->cache->root, room->place->home, generation, room->arena, record, error);
	if (code <= 0 || !(record->data || record->damaged))
		return code < 0 ? code : 0;
	code = lease_latest (room->cache, room->arena, room->place, record, error);
	if (code < 0)
		return code;
	return add (room, record, NULL, error);
}

static int
add_place (void *context, struct larder_arena *arena, const struct place *place, const struct record *newest, struct larder_error *error)
{
	struct room *room = context;
	struct place *copy = arena_alloc (room->arena, sizeof *copy);
	(void) arena;
	if (!copy)
		return larder_fail_memory (error);
	*copy = (struct place) {
		.path = arena_copy (room->arena, place->path), .key = arena_copy (room->arena, place->key), .home = arena_copy (room->arena, place->home),
		.lock = arena_copy (room->arena, place->lock), .folder = place->folder,
	};
	room->place = copy;
	room->newest = newest ? newest->generation : 0;
	if (!copy->path || !copy->key || !copy->home || !copy->lock)
		return larder_fail_memory (error);
	int code = record_each (room->cache->root, copy->home, add_generation, room, error);
	return code == 0 ? left_each (room->cache, room->arena, copy, add_left, room, error) : code;
}

/* Replaced generations first, then by last use. */
static int
by_use (const void *a, const void *b)
{
	const struct candidate *one = a, *other = b;
	if (one->current != other->current)
		return one->current ? 1 : -1;
	return one->record->used < other->record->used ? -1 : one->record->used > other->record->used;
}

static int
survey (struct room *room, struct larder_error *error)
{
	room->now = cache_now (room->cache);
	int code = places_each (room->cache, add_place, room, error);
	if (code == 0 && room->count)
		qsort (room->at, room->count, sizeof *room->at, by_use);
	return code;
}

/* Under the next number, with the lease it has: a reader took it just before it was to go. */
static int
bring_back (struct cache *cache, struct larder_arena *arena, const struct place *place, const struct record *record, struct larder_error *error)
{
	struct record again = *record;
	struct larder_error unheard = LARDER_ERROR_INIT;
	const char *from = place_data (arena, place, record->data);
	int code = from ? publish (cache, arena, place, from, record->generation + 1, &again, error) : larder_fail_memory (error);
	if (code == 0)
		(void) lease_take (cache, arena, place, &again, record->used + cache->section->hold - cache_now (cache), &unheard);
	return code;
}

/* 1: a reader has a lease that was not there when the candidates were looked at; or nobody can tell. */
static int
is_leased (const struct cache *cache, struct larder_arena *arena, const struct candidate *candidate, struct record *ret_now)
{
	*ret_now = *candidate->record;
	return record_look (cache->root, candidate->place->home, candidate->record->generation, arena, ret_now, NULL) != 1
		|| lease_latest (cache, arena, candidate->place, ret_now, NULL) < 0 || ret_now->used != candidate->record->used;
}

/* A generation that says "gone" comes first: whoever was just about to publish one comes after it, or not at all. A lease that was taken before that is
 * seen behind it, and brings the model back before its link has gone. */
static int
give_up (struct cache *cache, struct larder_arena *arena, const struct candidate *candidate, struct larder_error *error)
{
	struct record now;
	const struct place *place = candidate->place;
	int leased = is_leased (cache, arena, candidate, &now), code = 0;
	if (!leased && candidate->current) {
		code = publish_gone (cache, arena, place, candidate->record->generation, error);
		if (code == 0 && (leased = is_leased (cache, arena, candidate, &now)) && !now.damaged)         /* of what is damaged nobody knows what to bring back */
			code = bring_back (cache, arena, place, &now, error);
		else if (code == 0)
			code = present_settle (cache, arena, place, &now, error);
		if (code == 0)
			left_clear (cache, arena, place, false);
	}
	return code < 0 ? code : leased ? larder_fail_next (error, LARDER_E_CONFLICT, "it stays", "'%s' was loaded just now", place->path) : 0;
}

static int
remove_candidate (struct cache *cache, struct larder_arena *arena, const struct candidate *candidate, struct larder_error *error)
{
	const struct record *record = candidate->record;
	if (candidate->left)
		return left_evict (cache, arena, candidate->place, candidate->left, error);
	int code = give_up (cache, arena, candidate, error);
	if (code < 0)
		return code;
	publish_remove (cache, candidate->place, record);
	const char *path = record_path (arena, candidate->place->home, record->generation);
	int failed = path ? file_unlink_beneath (cache->root, path) : -ENOMEM;
	lease_clear (cache, arena, candidate->place);
	return failed < 0 && failed != -ENOENT ? cache_fail (cache, -failed, "remove", path ? path : candidate->place->path, error) : 0;
}

static int
fail_room (const struct cache *cache, const struct place *place, uint64_t need, uint64_t room, const char *what, struct larder_error *error)
{
	char needed[32], there[32];
	return larder_fail_next (error, LARDER_E_NOSPACE, "unpin or evict models (larder model ls, larder model evict), or give it more room",
		"'%s' needs %s, and the cache '%s' has %s %s", place->path, text_from_size (need, needed), cache->section->root, text_from_size (room, there), what);
}

/* Of its own accord: nothing that somebody may be at work on, where no lock tells of him, nor what only a new generation would let go. */
static bool
may_take_left (const struct room *room, const struct candidate *candidate)
{
	const struct left *left = candidate->left;
	return left->kind == LEFT_ASIDE || left->dead || (left->kind == LEFT_FILL && room->cache->section->lock);
}

int
room_for (struct cache *cache, struct larder_arena *arena, const struct place *place, uint64_t length, struct larder_error *error)
{
	struct statvfs disk;
	struct room room = { .cache = cache, .arena = arena, .own = place };
	uint64_t quota = cache->section->quota;
	bool full = fstatvfs (cache->root, &disk) == 0 && disk.f_blocks > 0 && (uint64_t) disk.f_bavail * disk.f_frsize < length;
	if (!full && !quota)
		return 0;
	int code = survey (&room, error);
	uint64_t available = full ? (uint64_t) disk.f_bavail * disk.f_frsize : UINT64_MAX, left = quota ? quota > room.held ? quota - room.held : 0 : UINT64_MAX;
	for (size_t i = 0; code == 0 && i < room.count && (available < length || left < length); i++) {
		const struct candidate *candidate = &room.at[i];
		if (candidate->kept || (candidate->current && strcmp (candidate->place->path, place->path) == 0) || (candidate->left && !may_take_left (&room, candidate)))
			continue;
		if (remove_candidate (cache, arena, candidate, error) < 0)
			continue;
		available += available == UINT64_MAX ? 0 : candidate->record->length;
		left += left == UINT64_MAX ? 0 : candidate->record->length;
	}
	if (code < 0 || (available >= length && left >= length))
		return code;
	return available < length ? fail_room (cache, place, length, available, "free on its disk", error) : fail_room (cache, place, length, left, "left of its quota", error);
}

/* ---- larder_model_evict ---- */

struct evicting {
	struct transfer transfer;        /* counts and tells */
	const struct larder_model_evict *request;
	struct room room;
	uint64_t freed;
};

/* 1: one of those named; 0: not. Without names: all. */
static int
is_named (struct evicting *evicting, const struct candidate *candidate, struct larder_error *error)
{
	const struct larder_model_evict *request = evicting->request;
	for (size_t i = 0; i < request->count; i++) {
		struct larder_model_name model = { .size = sizeof model };
		struct place place;
		larder_give (&model, (const char *) request->models + i * request->stride);
		int code = place_of (evicting->room.cache, evicting->room.arena, &model, &place, error);
		if (code < 0)
			return code;
		if (strcmp (place.path, candidate->place->path) == 0)
			return 1;
	}
	return request->count == 0;
}

/* Its generation may be the next one by now, with the same files. */
static void
leave_fenced (struct room *room, const struct place *place)
{
	for (size_t i = 0; i < room->count; i++)
		room->at[i].kept |= room->at[i].current && strcmp (room->at[i].place->home, place->home) == 0;
}

static void
evict_one (struct evicting *evicting, const struct candidate *candidate)
{
	struct room *room = &evicting->room;
	struct larder_error why = LARDER_ERROR_INIT;
	const struct record *record = candidate->record;
	char until[32];
	bool dry = evicting->request->flags & LARDER_MODEL_DRY_RUN;
	int code = candidate->kept ? larder_fail_next (&why, LARDER_E_CONFLICT, "larder model unpin, or wait until 'hold' of the [cache] has passed",
		"'%s' is pinned, or held for readers until %s", candidate->place->path, text_from_time (record->used + room->cache->section->hold, until)) : dry ? 0 : remove_candidate (room->cache, room->arena, candidate, &why);
	if (code < 0) {
		if (!candidate->left || evicting->request->count)        /* else somebody is at work on it, and it was not asked for */
			count_failed (&evicting->transfer, candidate->place->path, NULL, &why, code, true);
		return;
	}
	if (candidate->left && candidate->left->kind == LEFT_PUBLICATION)
		leave_fenced (room, candidate->place);
	const struct larder_event event = { .size = sizeof event, .action = dry ? "would-remove" : "removed", .from = candidate->place->path, .bytes = record->length };
	count_event (&evicting->transfer, &event);
	evicting->freed += record->length;
}

/* One of those that were not named, is it its turn? */
static bool
is_due (const struct evicting *evicting, const struct candidate *candidate)
{
	if (evicting->request->flags & LARDER_MODEL_OLD)
		return !candidate->current && !(candidate->left && candidate->left->kind == LEFT_FILL) && !candidate->kept;
	return evicting->freed < evicting->request->bytes && !candidate->kept;
}

static int
evict (struct evicting *evicting, struct larder_error *error)
{
	struct room *room = &evicting->room;
	const struct larder_model_evict *request = evicting->request;
	size_t named = 0;
	int code = survey (room, error);
	for (size_t i = 0; code == 0 && i < room->count && !transfer_stopped (&evicting->transfer); i++) {
		/* of those named, the current generation first: what was left is dead behind it */
		const struct candidate *candidate = &room->at[request->count ? room->count - 1 - i : i];
		int wanted = is_named (evicting, candidate, error);
		if (wanted < 0)
			return wanted;
		named += (size_t) wanted;
		if (wanted && (request->count ? !(request->flags & LARDER_MODEL_OLD && candidate->current) : is_due (evicting, candidate)))
			evict_one (evicting, candidate);
	}
	if (code == 0 && request->count && !named)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "larder model ls shows those that are", "none of these models is in the cache '%s'", room->cache->section->root);
	if (code == 0 && !request->count && evicting->freed < request->bytes)
		return larder_fail_next (error, LARDER_E_NOSPACE, "unpin some, or wait until 'hold' of the [cache] has passed", "all that may go came to %" PRIu64 " of %" PRIu64 " bytes",
			evicting->freed, request->bytes);
	return code;
}

int
larder_model_evict (struct larder *larder, const struct larder_model_evict *asked, larder_event_fn event, void *context, struct larder_summary *ret_summary,
                    struct larder_error *error)
{
	struct larder_model_evict request = { .size = sizeof request };
	CLEANUP_CACHE struct cache cache = CACHE_NONE;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	larder_give (&request, asked);
	const struct larder_transfer none = { .size = sizeof none, .flags = request.flags & LARDER_MODEL_DRY_RUN ? LARDER_DRY_RUN : 0 };
	struct evicting evicting = { .request = &request, .room = { .cache = &cache, .arena = arena } };
	int code = arena ? cache_open (&cache, larder, request.cache, error) : larder_fail_memory (error);
	if (code == 0)
		code = transfer_begin (&evicting.transfer, larder, &none, event, context, error);
	return code < 0 ? code : transfer_end (&evicting.transfer, evict (&evicting, error), ret_summary, error);
}
