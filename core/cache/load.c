/* load.c: larder_model_load: there, or filled by one while the others wait. */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "locks.h"
#include "note.h"
#include "random.h"
#include "text.h"

#define STAND_BACK (2 * NS_PER_S)     /* longer than whoever waits takes between two looks */
#define TELL_FIRST (5 * NS_PER_S)
#define TELL_EVERY (30 * NS_PER_S)
enum { LOOK_EVERY_MS = 200 };

/* One load under way. */
struct loading {
	struct cache *cache;
	struct larder_arena *arena, *turn;   /* of the caller; of one look */
	const struct place *place;
	const struct larder_model_load *request;
	larder_event_fn event;
	void *context;
	struct lock *lock;
	bool unlocked;                       /* the lock's service does not answer: on without it */
	bool waited;
	uint64_t beyond;                     /* generations up to this one are known to be damaged */
	int64_t began, wait, asked;          /* boot clock; asked: for the lock, the last time */
	int64_t stands_back;                 /* until then: whose source was silent lets the others have the lock first */
	int64_t told, tell_after;            /* the last time, and how long until the next */
	char note[NOTE_ROOM];                /* of the holder, and since when it says so */
	int64_t noted;
	struct note holder;                  /* what it means now */
};

static int
tell (struct loading *loading, const char *action, const char *reason)
{
	const struct larder_event event = { .size = sizeof event, .action = action, .from = loading->place->path, .reason = reason };
	return loading->event ? loading->event (loading->context, &event) : 0;
}

/* 1, and told with the lease of this reader; 0: it went before that was taken. One that was asked for and cannot be taken is an error, else a warning. */
static int
give (const struct cache *cache, struct larder_arena *arena, const struct place *place, const struct record *record, int64_t hold, struct larder_model *ret,
      struct larder_error *error)
{
	struct larder_error untaken = LARDER_ERROR_INIT;
	if (!lease_take (cache, arena, place, record, hold, &untaken))
		return 0;
	if (untaken.code < 0 && hold > 0) {
		if (error)
			*error = untaken;
		return untaken.code;
	}
	present_tell (cache, arena, place, record, ret);
	if (untaken.code < 0 && !(ret->warning = arena_printf (arena, "%s (%s)", untaken.message, untaken.next)))
		return larder_fail_memory (error);
	return 1;
}

static int
found (struct loading *loading, const struct record *record, uint32_t how, struct larder_model *ret, struct larder_error *error)
{
	int code = give (loading->cache, loading->arena, loading->place, record, loading->request->hold, ret, error);
	ret->how = how;
	return code;
}

/* Is what is here what the source has? */
static int
revalidate (struct loading *loading, const struct record *record, bool *ret_same, struct larder_error *error)
{
	struct record now;
	*ret_same = true;
	if (!(loading->request->flags & LARDER_MODEL_REVALIDATE))
		return 0;
	int code = source_describe (loading->cache, loading->turn, loading->place, &now, error);
	*ret_same = code == 0 && source_same (record, &now);
	return code;
}

/* The folders above the records opened anew: on NFS that makes names appear which others made meanwhile. */
static void
look_anew (const struct cache *cache)
{
	static const char *const above[] = { ".", ".larder", GENERATIONS };
	for (size_t i = 0; i < sizeof above / sizeof *above; i++) {
		CLEANUP_CLOSE int fd = openat (cache->root, above[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		(void) fd;
	}
}

/* Is all that is here damaged? Its record may be, too. */
static int
is_beyond (const struct loading *loading, struct larder_error *error)
{
	uint64_t newest = 0;
	int code = loading->beyond ? record_newest (loading->cache->root, loading->place->home, &newest, error) : 0;
	return code < 0 ? code : loading->beyond && newest <= loading->beyond;
}

/* 1: it is there, whole, and told; 0: not; or a code. */
static int
look (struct loading *loading, struct larder_model *ret, struct larder_error *error)
{
	struct cache *cache = loading->cache;
	struct record record;
	bool same = true;
	uint32_t how = loading->waited ? LARDER_MODEL_WAITED : LARDER_MODEL_HIT;
	int code = cache_root (cache, error);
	if (code < 0 || cache->root < 0)
		return code;
	look_anew (cache);
	code = is_beyond (loading, error);
	if (code != 0)
		return code < 0 ? code : 0;
	code = present_settle (cache, loading->arena, loading->place, &record, error);
	if (code <= 0 || !present_whole (cache, loading->turn, loading->place, &record))
		return code < 0 ? code : 0;
	code = revalidate (loading, &record, &same, error);
	return code < 0 ? code : same ? found (loading, &record, how, ret, error) : 0;
}

/* ---- filling ---- */

static int
fill_now (struct loading *loading, struct lock *lock, const struct larder_lease *lease, struct larder_model *ret, struct larder_error *error)
{
	struct cache *cache = loading->cache;
	struct record wanted, record;
	struct filling filling = {
		.cache = cache, .arena = loading->arena, .place = loading->place, .lock = lock, .event = loading->event, .context = loading->context,
	};
	if (lock) {
		filling.lease = *lease;
		filling.since = loading->asked;
	}
	int code = source_describe (cache, loading->arena, loading->place, &wanted, error);
	if (code < 0)
		return code;
	uint64_t after = 0;
	code = record_newest (cache->root, loading->place->home, &after, error);
	if (code == 0)
		code = adopt (cache, loading->arena, loading->place, &wanted, after, &record, error);
	if (code == 0)
		code = room_for (cache, loading->arena, loading->place, wanted.length, error);
	else if (code > 0)
		return found (loading, &record, LARDER_MODEL_ADOPTED, ret, error);
	if (code == 0)
		code = fill (&filling, &wanted, after, &record, error);
	if (code < 0 && (filling.beaten || filling.lost) && !larder_is_cancelled (cache->larder)) {
		if (filling.lost && clock_boot () - loading->began >= loading->wait)
			return larder_fail_next (error, LARDER_E_UNAVAILABLE, "look after the source, or wait longer (--wait): what came is kept", "'%s' was not there after all the time to wait: its source "
				"sent nothing for two thirds of the lease", loading->place->path);
		loading->stands_back = filling.lost ? clock_boot () + STAND_BACK : 0;
		loading->waited = true;
		return 0;
	}
	return code < 0 ? code : found (loading, &record, LARDER_MODEL_FILLED, ret, error);
}

/* Looked at again under the lock: whoever had it before may have filled it. */
static int
fill_locked (struct loading *loading, const struct larder_lease *lease, struct larder_model *ret, struct larder_error *error)
{
	struct larder_error unheard = LARDER_ERROR_INIT;
	bool waited = loading->waited;
	loading->waited = true;
	int code = look (loading, ret, error);
	loading->waited = waited;
	if (code == 0)
		code = fill_now (loading, loading->lock, lease, ret, error);
	(void) lock_release (loading->lock, loading->turn, lease, &unheard);   /* one that is lost is nobody's loss */
	return code;
}

/* ---- waiting ---- */

static int
wait_a_little (struct loading *loading, struct larder_error *error)
{
	uint32_t chance = 0;
	struct larder_call call = larder_call_begin (loading->cache->larder, NULL);
	random_bytes (&chance, sizeof chance);
	struct pollfd cancel = { .fd = call.cancel_fd, .events = POLLIN };
	(void) poll (&cancel, cancel.fd >= 0 ? 1 : 0, LOOK_EVERY_MS / 2 + (int) (chance % LOOK_EVERY_MS));
	return larder_is_cancelled (loading->cache->larder) ? larder_fail_cancelled (error) : 0;
}

/* One that hangs writes no note: the time since the last one is his, too. */
static void
ask_holder (struct loading *loading, char ret[NOTE_ROOM])
{
	struct larder_lease lease = { .size = sizeof lease };
	struct larder_error unheard = LARDER_ERROR_INIT;
	int64_t now = clock_boot ();
	if (lock_holder (loading->lock, loading->turn, loading->place->lock, &lease, &unheard) == 0) {
		const char *says = lease.note && *lease.note ? lease.note : "somebody who says no more";
		if (strncmp (says, loading->note, sizeof loading->note - 1) != 0)
			loading->noted = now;
		snprintf (loading->note, sizeof loading->note, "%s", says);
	}
	note_read (*loading->note ? loading->note : "somebody", &loading->holder);
	loading->holder.spent += now - loading->noted;
	note_tell (&loading->holder, ret);
}

static int
fail_late (struct loading *loading, struct larder_error *error)
{
	char waited[32], holder[NOTE_ROOM];
	ask_holder (loading, holder);
	return larder_fail_next (error, LARDER_E_CONFLICT, "wait longer (--wait), or look after who fills it", "'%s' was not there after %s; it is filled by %s", loading->place->path,
		text_from_duration (clock_boot () - loading->began, waited), holder);
}

static int
tell_waiting (struct loading *loading)
{
	char holder[NOTE_ROOM];
	ask_holder (loading, holder);
	const struct larder_event event = {
		.size = sizeof event, .action = "waiting", .from = loading->place->path, .to = loading->holder.holder, .reason = holder,
		.bytes = loading->holder.done, .total = loading->holder.total, .spent = loading->holder.spent,
	};
	return loading->event ? loading->event (loading->context, &event) : 0;
}

/* Held by somebody else. He is told of at once, then ever less often. */
static int
wait_for_it (struct loading *loading, struct larder_error *error)
{
	int64_t now = clock_boot ();
	loading->waited = true;
	if (now - loading->began >= loading->wait)
		return fail_late (loading, error);
	if (now - loading->told >= loading->tell_after) {
		loading->tell_after = !loading->told ? TELL_FIRST : 2 * loading->tell_after < TELL_EVERY ? 2 * loading->tell_after : TELL_EVERY;
		loading->told = now;
		int code = tell_waiting (loading);
		if (code < 0)
			return larder_fail (error, code, "cancelled");
	}
	return wait_a_little (loading, error);
}

static int
try_lock (struct loading *loading, struct larder_lease *lease, struct larder_error *error)
{
	const struct schema_cache *section = loading->cache->section;
	struct note self;
	char note[NOTE_ROOM];
	note_begin (&self);
	note_write (&self, note);
	if (!loading->lock && section->lock) {
		int code = lock_open (loading->cache->larder, section->lock, &loading->lock, error);
		if (code == LARDER_E_NOTFOUND && error)                 /* it is not the model that is missing */
			code = error->code = LARDER_E_INVALID;
		if (code < 0)
			return code;
	}
	loading->asked = clock_boot ();
	return loading->lock ? lock_try (loading->lock, loading->arena, loading->place->lock, section->lease, note, lease, error) : LARDER_E_UNAVAILABLE;
}

/* A lock saves work and protects nothing: without its service the work is done all the same. */
static int
without_lock (struct loading *loading, const struct larder_error *why, struct larder_model *ret, struct larder_error *error)
{
	char reason[700];
	snprintf (reason, sizeof reason, "the lock does not answer, so others may load it too: %s", why->message);
	if (!loading->unlocked && loading->cache->section->lock)
		(void) tell (loading, "unlocked", reason);
	loading->unlocked = true;
	return fill_now (loading, NULL, NULL, ret, error);
}

static bool
is_answerless (int code)
{
	return code == LARDER_E_UNAVAILABLE || code == LARDER_E_DENIED || code == LARDER_E_RETRY || code == LARDER_E_NOSPACE || code == LARDER_E_NOTREADY || code == LARDER_E_UNSUPPORTED;
}

/* 1: told; 0: once more; or a code. */
static int
turn (struct loading *loading, struct larder_model *ret, struct larder_error *error)
{
	struct larder_lease lease = { .size = sizeof lease };
	struct larder_error why = LARDER_ERROR_INIT;
	int code = look (loading, ret, error);
	if (code != 0)
		return code;
	code = cache_writable (loading->cache, loading->place, error);
	if (code < 0)
		return code;
	if (clock_boot () < loading->stands_back)
		return wait_a_little (loading, error);
	code = try_lock (loading, &lease, &why);
	if (code == 0)
		return fill_locked (loading, &lease, ret, error);
	if (code == LARDER_E_CONFLICT)
		return wait_for_it (loading, error);
	if (is_answerless (code))
		return without_lock (loading, &why, ret, error);
	if (error)
		*error = why;
	return code;
}

int
load_place (struct cache *cache, struct larder_arena *arena, const struct place *place, const struct larder_model_load *request, uint64_t beyond, larder_event_fn event,
            void *context, struct larder_model *ret, struct larder_error *error)
{
	struct loading loading = {
		.cache = cache, .arena = arena, .turn = arena_new (), .place = place, .request = request, .event = event, .context = context, .began = clock_boot (), .beyond = beyond,
		.wait = request->wait == LARDER_NO_TIME ? cache->section->wait : request->wait,
	};
	int code = loading.turn ? 0 : larder_fail_memory (error);
	while (code == 0) {
		arena_clear (loading.turn);
		code = turn (&loading, ret, error);
	}
	lock_close (loading.lock);
	arena_free (loading.turn);
	return code < 0 ? code : 0;
}

int
larder_model_load (struct larder *larder, struct larder_arena *arena, const struct larder_model_load *asked, larder_event_fn event, void *context,
                   struct larder_model *ret, struct larder_error *error)
{
	struct larder_model_load request = { .size = sizeof request };
	struct larder_model model = { .size = sizeof model };
	struct place place;
	struct record record;
	CLEANUP_CACHE struct cache cache = CACHE_NONE;
	larder_give (&request, asked);
	int code = cache_open (&cache, larder, request.model.cache, error);
	if (code == 0)
		code = place_of (&cache, arena, &request.model, &place, error);
	if (code < 0)
		return code;
	if (!(request.flags & LARDER_MODEL_REVALIDATE) && present_fast (&cache, arena, &place, &record))
		code = give (&cache, arena, &place, &record, request.hold, &model, error);
	if (code == 0)
		code = load_place (&cache, arena, &place, &request, 0, event, context, &model, error);
	if (code < 0)
		return code;
	larder_give (ret, &model);
	return 0;
}
