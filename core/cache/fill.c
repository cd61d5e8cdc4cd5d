/* fill.c: one that fills: loads into private files below the model's home, compares them with what the source told, and publishes. A
 * thread of its own renews the lease while bytes move. */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checksum.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "locks.h"
#include "note.h"
#include "text.h"
#include "transfer.h"

enum { TURNS = 3, LOOK_EVERY_MS = 200 };
#define NOTE_EVERY (5 * NS_PER_S)

/* A lease under renewal. */
struct keeping {
	struct filling *filling;
	pthread_t thread;
	bool running;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool over;                       /* under the mutex */
	atomic_ullong moved;             /* bytes so far */
	uint64_t moved_then;             /* at the last renewal */
	int64_t began, noted;            /* boot clock; noted: when the note was last tried to be written; 0: never */
	atomic_llong renewed;            /* boot clock */
	atomic_bool lost;
	uint64_t total;
	atomic_ullong had;               /* of it, before anything moved: what a worker that died has left */
	struct larder *part;             /* under which it loads: cancelled alone */
	const char *state;               /* folder of the engine's journals */
	struct larder_error failed;      /* of a file; the run itself only counts */
};

/* Two thirds of the lease without a renewal: whatever the clock of the lock's service says, it has not run out by now, and soon may. The
 * boot clock counts the time that this process or machine was stopped. */
static bool
is_lost (struct keeping *keeping)
{
	const struct filling *filling = keeping->filling;
	if (filling->lock && clock_boot () - atomic_load (&keeping->renewed) >= filling->cache->section->lease / 3 * 2)
		atomic_store (&keeping->lost, true);
	return atomic_load (&keeping->lost);
}

static const char *
note_of (const struct keeping *keeping, uint64_t moved, int64_t now, char ret[NOTE_ROOM])
{
	struct note note;
	note_begin (&note);
	note.done = moved + atomic_load (&keeping->had);
	note.done = note.done < keeping->total ? note.done : keeping->total;
	note.total = keeping->total;
	note.spent = now - keeping->began;
	note_write (&note, ret);
	return ret;
}

/* Only while bytes move: a worker that hangs gives its lease up by itself. Often enough that those who wait see them move; and once before
 * the first have come. */
static bool
is_due (const struct keeping *keeping, uint64_t moved, int64_t now)
{
	if (!keeping->noted)
		return true;
	return moved != keeping->moved_then
		&& (now - keeping->noted >= NOTE_EVERY || now - atomic_load (&keeping->renewed) >= keeping->filling->cache->section->lease / 3);
}

static void
renew (struct keeping *keeping)
{
	struct filling *filling = keeping->filling;
	uint64_t moved = atomic_load (&keeping->moved);
	int64_t now = clock_boot ();
	char note[NOTE_ROOM];
	if (!is_due (keeping, moved, now))
		return;
	keeping->noted = now;
	struct larder_lease lease = filling->lease;
	struct larder_error error = LARDER_ERROR_INIT;
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	lease.length = filling->cache->section->lease;
	lease.note = note_of (keeping, moved, now, note);
	int code = arena ? lock_renew (filling->lock, arena, &lease, &error) : LARDER_E_LIMIT;
	if (code == 0) {
		keeping->moved_then = moved;
		atomic_store (&keeping->renewed, now);
	} else if (code == LARDER_E_CONFLICT) {
		atomic_store (&keeping->lost, true);
	}
}

static void *
keep (void *context)
{
	struct keeping *keeping = context;
	pthread_mutex_lock (&keeping->mutex);
	while (!keeping->over && !is_lost (keeping)) {
		struct timespec until;
		clock_gettime (CLOCK_MONOTONIC, &until);
		until.tv_nsec += LOOK_EVERY_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		(void) pthread_cond_timedwait (&keeping->wake, &keeping->mutex, &until);
		if (keeping->over)
			break;
		pthread_mutex_unlock (&keeping->mutex);
		if (!is_lost (keeping))
			renew (keeping);
		pthread_mutex_lock (&keeping->mutex);
	}
	if (!keeping->over)                      /* one that waits for a silent server hears of nothing else */
		larder_cancel (keeping->part);
	pthread_mutex_unlock (&keeping->mutex);
	return NULL;
}

static int
keeping_begin (struct keeping *keeping, struct larder_error *error)
{
	pthread_condattr_t monotonic;
	sigset_t all, before;
	pthread_mutex_init (&keeping->mutex, NULL);
	pthread_condattr_init (&monotonic);
	pthread_condattr_setclock (&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init (&keeping->wake, &monotonic);
	pthread_condattr_destroy (&monotonic);
	int code = larder_part_open (keeping->filling->cache->larder, &keeping->part, error);
	if (code < 0 || !keeping->filling->lock)
		return code;
	sigfillset (&all);
	pthread_sigmask (SIG_BLOCK, &all, &before);
	int failed = pthread_create (&keeping->thread, NULL, keep, keeping);
	pthread_sigmask (SIG_SETMASK, &before, NULL);
	keeping->running = failed == 0;
	return failed ? larder_fail_errno (error, failed, "cannot start the thread that renews the lease") : 0;
}

static void
keeping_end (struct keeping *keeping)
{
	pthread_mutex_lock (&keeping->mutex);
	keeping->over = true;
	pthread_cond_signal (&keeping->wake);
	pthread_mutex_unlock (&keeping->mutex);
	if (keeping->running)
		pthread_join (keeping->thread, NULL);
	pthread_cond_destroy (&keeping->wake);
	pthread_mutex_destroy (&keeping->mutex);
	larder_part_close (keeping->part);
}

/* ---- loading ---- */

static int
on_event (void *context, const struct larder_event *event)
{
	struct keeping *keeping = context;
	const struct filling *filling = keeping->filling;
	int code = 0;
	if (strcmp (event->action, "progress") == 0) {
		atomic_fetch_add (&keeping->moved, event->bytes);
		if (event->total && event->total < keeping->total && !event->growing)
			atomic_store (&keeping->had, keeping->total - event->total);
	}
	if (event->error && event->error->code < 0)
		keeping->failed = *event->error;
	if (filling->event && (strcmp (event->action, "progress") == 0 || strcmp (event->action, "again") == 0))
		code = filling->event (filling->context, event);
	return code == 0 && is_lost (keeping) ? LARDER_E_CANCELLED : code;
}

/* Was it loaded whole by a worker that died before it published? The engine gives a file its name only when it was compared, with the object's
 * time on it. */
static bool
is_loaded (const struct cache *cache, const char *path, const struct record_file *file)
{
	struct stat facts;
	return fstatat (cache->root, path, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG (facts.st_mode) && (uint64_t) facts.st_size == file->length
		&& facts.st_mtim.tv_sec == file->mtime / NS_PER_S;
}

static int
load_one (struct keeping *keeping, const struct record *wanted, const char *from, const char *into, struct larder_error *error)
{
	struct filling *filling = keeping->filling;
	struct larder_summary sum = { .size = sizeof sum };
	const char *to = cache_path (filling->cache, filling->arena, into);
	const struct larder_transfer request = { .size = sizeof request, .from = &from, .count = 1, .to = to, .attributes = { .size = sizeof request.attributes } };
	if (is_loaded (filling->cache, into, wanted->files))
		return 0;
	if (!to)
		return larder_fail_memory (error);
	return transfer_with_state (keeping->part, &request, keeping->state, on_event, keeping, &sum, error);
}

static int
load_many (struct keeping *keeping, const char *from, const char *into, struct larder_error *error)
{
	struct filling *filling = keeping->filling;
	struct larder_summary sum = { .size = sizeof sum };
	struct larder_sync request = { .size = sizeof request, .from = from, .to = cache_path (filling->cache, filling->arena, into) };
	if (!request.to)
		return larder_fail_memory (error);
	return sync_with_state (keeping->part, &request, keeping->state, on_event, keeping, &sum, error);
}

/* A folder for each version of the source: what was loaded of another is never taken for it. */
static const char *
private_path (const struct filling *filling, const struct record *wanted)
{
	const struct place *place = filling->place;
	uint64_t sum = 0;
	for (size_t i = 0; i < wanted->count; i++) {
		const struct record_file *file = &wanted->files[i];
		sum = crc64nvme (sum, file->path, strlen (file->path) + 1);
		sum = crc64nvme (sum, &file->length, sizeof file->length);
		sum = crc64nvme (sum, &file->mtime, sizeof file->mtime);
		sum = file->etag ? crc64nvme (sum, file->etag, strlen (file->etag) + 1) : sum;
	}
	return arena_printf (filling->arena, "%s/fill/%016" PRIx64 "%s%s", place->home, sum, place->folder ? "" : "/", place->folder ? "" : text_last (place->path));
}

/* Under the same cancel as the load. */
static int
describe_again (struct keeping *keeping, struct record *ret, struct larder_error *error)
{
	const struct filling *filling = keeping->filling;
	struct cache cache = *filling->cache;
	cache.larder = keeping->part;
	cache.source = NULL;
	int code = source_describe (&cache, filling->arena, filling->place, ret, error);
	larder_store_close (cache.source);
	return code;
}

/* What was loaded of the source must be what the record will say. */
static int
load (struct keeping *keeping, struct record *wanted, const char **ret_into, struct larder_error *error)
{
	struct filling *filling = keeping->filling;
	const struct place *place = filling->place;
	for (int turn = 0; turn < TURNS; turn++) {
		struct record now;
		const char *from = arena_printf (filling->arena, "%s%s", store_prefix (filling->cache->source), place->key), *into = private_path (filling, wanted);
		if (!from || !into)
			return larder_fail_memory (error);
		int code = place->folder ? load_many (keeping, from, into, error) : load_one (keeping, wanted, from, into, error);
		if (code < 0 && keeping->failed.code == code && error)
			*error = keeping->failed;
		if (code == 0)
			code = describe_again (keeping, &now, error);
		if (code < 0)
			return code;
		*ret_into = into;
		if (source_same (wanted, &now))
			return 0;
		*wanted = now;
	}
	return larder_fail_next (error, LARDER_E_CONFLICT, "try again when nobody writes to it", "'%s%s' was replaced each time it was loaded", store_prefix (filling->cache->source), place->key);
}

int
fill (struct filling *filling, const struct record *wanted, uint64_t after, struct record *ret, struct larder_error *error)
{
	struct cache *cache = filling->cache;
	const struct place *place = filling->place;
	struct keeping keeping = { .filling = filling, .began = clock_boot (), .renewed = filling->since, .total = wanted->length };
	const char *fills = arena_printf (filling->arena, "%s/fill", place->home), *state = arena_printf (filling->arena, "%s/fill/state", place->home), *into = NULL;
	if (!fills || !state || !(keeping.state = cache_path (cache, filling->arena, state)))
		return larder_fail_memory (error);
	*ret = *wanted;
	int code = keeping_begin (&keeping, error);
	if (code == 0)
		code = folder_make (cache, state, error);
	bool made = code == 0;
	if (code == 0)
		code = load (&keeping, ret, &into, error);
	filling->lost = is_lost (&keeping);
	if (code == 0 && filling->lost)
		code = larder_fail (error, LARDER_E_CANCELLED, "the lease of '%s' ran out while it was loaded", place->path);
	if (code == 0)
		code = publish (cache, filling->arena, place, into, after, ret, error);
	uint64_t newest = 0;
	bool gone = made && faccessat (cache->root, state, F_OK, 0) < 0 && errno == ENOENT;     /* somebody took it for what a dead one left */
	filling->beaten = code < 0 && (gone || (record_newest (cache->root, place->home, &newest, NULL) == 0 && newest > after));
	if (filling->beaten)                     /* else whoever switched the link has done so */
		file_remove_tree (cache->root, fills);      /* what was loaded of other versions, too */
	keeping_end (&keeping);
	return code;
}
