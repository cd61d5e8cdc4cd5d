/* fetch.c: what a restore has made readable, fetched into --to: objects as a sync of just these keys, bundles as their members. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "restoring.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "sort.h"
#include "store.h"
#include "text.h"
#include "unpack.h"

/* ---- bundles ---- */

struct fetching { struct restoring *all; struct unpack unpack; struct larder_arena *arena; const char **behind; size_t count, room; };

/* Its folder: what its members' keys begin with. */
static size_t
folder_length (const char *key)
{
	return (size_t) (text_last (key) - key);
}

/* An older bundle of the folder is not there yet: the newer ones wait, for where both have a file that of the newest is to stay. */
static bool
has_older (const struct fetching *fetching, const char *key)
{
	for (size_t n = 0; n < fetching->count; n++)
		if (folder_length (fetching->behind[n]) == folder_length (key) && strncmp (fetching->behind[n], key, folder_length (key)) == 0)
			return true;
	return false;
}

static int
hold_back (struct fetching *fetching, const char *key, struct larder_error *error)
{
	if (has_older (fetching, key))
		return 0;
	const char **more = arena_more (fetching->arena, fetching->behind, fetching->count, &fetching->room, sizeof *fetching->behind);
	if (!more || !(more[fetching->count] = arena_copy (fetching->arena, key)))
		return larder_fail_memory (error);
	fetching->behind = more;
	fetching->count++;
	return 0;
}

static int
set (struct restoring *all, const struct job_object *object, enum job_state state, struct larder_error *error)
{
	all->states[object->state]--;
	all->states[state]++;
	return restore_set (&all->job, object, state, error);
}

/* Does what one bundle failed with say nothing of the others? */
static bool
is_its_own (int code)
{
	return code == LARDER_E_CONFLICT || code == LARDER_E_NOTFOUND || code == LARDER_E_INTEGRITY || code == LARDER_E_LIMIT;
}

/* Found ready and refused all the same: its days were over before its bytes were asked for, or the service is not as far yet. It is wanted as before. */
static int
set_again (struct restoring *all, const struct job_object *object, struct larder_error *error)
{
	(void) restoring_again (all, object->key);
	return set (all, object, JOB_WANTED, error);
}

static int
want_again (struct fetching *fetching, const struct job_object *object, struct larder_error *error)
{
	int code = set_again (fetching->all, object, error);
	return code == 0 && !object->only ? hold_back (fetching, object->key, error) : code;
}

static int
unpack_one (struct fetching *fetching, const struct job_object *object, struct larder_error *error)
{
	struct restoring *all = fetching->all;
	struct larder_error why = LARDER_ERROR_INIT;
	int failed = 0, code = unpack_bundle (&fetching->unpack, all->store, object, &failed, &why);
	if (code == 0 && failed == LARDER_E_NOTREADY)
		return want_again (fetching, object, error);
	if (code < 0 && !is_its_own (code)) {
		if (error)
			*error = why;
		return code;
	}
	if (code == LARDER_E_CONFLICT)
		(void) restoring_overwritten (all, object);
	else if (code < 0)
		(void) restoring_fail (all, object, code, &why);
	if (all->code == 0)
		all->code = failed;
	return set (all, object, code < 0 || failed ? JOB_FAILED : JOB_FETCHED, error);
}

static int
take_bundle (void *context, const struct job_object *object, struct larder_error *error)
{
	struct fetching *fetching = context;
	if (!object->bundle || object->state == JOB_FETCHED || object->state == JOB_FAILED)
		return 0;
	if (!object->only && !restoring_is_ready (object->state))
		return hold_back (fetching, object->key, error);
	bool waits = !restoring_is_ready (object->state) || (!object->only && has_older (fetching, object->key));
	return waits ? 0 : unpack_one (fetching, object, error);
}

static int
unpack_all (struct restoring *all, struct larder_error *error)
{
	struct fetching fetching = { .all = all, .arena = arena_new () };
	int code = fetching.arena ? unpack_begin (&fetching.unpack, all->larder, all->asked.to, all->event, all->context, error) : larder_fail_memory (error);
	if (code == 0) {
		code = restore_each (&all->job, take_bundle, &fetching, error);
		code = unpack_end (&fetching.unpack, code, error);
	}
	arena_free (fetching.arena);
	return code;
}

/* ---- the others ---- */

/* What a sync of them tells. Keys that did not come are sorted, as those of the job are, with the state that they are to have. */
struct listed { struct restoring *all; struct sort *failed; const char *key; enum job_state state; uint64_t refused; struct larder_error why; };

/* One that cannot be read any more is none that failed. */
static int
on_event (void *context, const struct larder_event *event)
{
	struct listed *listed = context;
	const char *prefix = store_prefix (listed->all->store);
	bool failed = strcmp (event->action, "failed") == 0 || strcmp (event->action, "refused") == 0;
	if (!failed || !event->from || strncmp (event->from, prefix, strlen (prefix)) != 0)
		return restoring_tell (listed->all, event);
	const char *key = event->from + strlen (prefix);
	bool refused = event->error && event->error->code == LARDER_E_NOTREADY;
	const char state = refused ? JOB_WANTED : JOB_READY;
	listed->refused += refused;
	int code = sort_add (listed->failed, key, &state, 1, &listed->why);
	if (code < 0)
		return code;
	return refused ? restoring_again (listed->all, key) : restoring_tell (listed->all, event);
}

static int
next_failed (struct listed *listed, struct larder_error *error)
{
	const void *with;
	size_t count;
	listed->key = NULL;
	int code = sort_next (listed->failed, &listed->key, &with, &count, error);
	if (code == 1)
		listed->state = (enum job_state) *(const char *) with;
	else
		listed->key = NULL;
	return code < 0 ? code : 0;
}

static int
mark (void *context, const struct job_object *object, struct larder_error *error)
{
	struct listed *listed = context;
	int code = 0;
	if (object->bundle || !restoring_is_ready (object->state))
		return 0;
	while (code == 0 && listed->key && strcmp (listed->key, object->key) < 0)
		code = next_failed (listed, error);
	bool came = !listed->key || strcmp (listed->key, object->key) != 0;
	if (code == 0 && (came || listed->state == JOB_WANTED))
		code = set (listed->all, object, came ? JOB_FETCHED : JOB_WANTED, error);
	return code;
}

/* Whatever came is fetched, also where others failed: those end the run, and the next one tries them again. */
static int
mark_all (struct listed *listed, int code, struct larder_error *error)
{
	struct larder_error why = LARDER_ERROR_INIT;
	int marked = next_failed (listed, &why);
	if (marked == 0)
		marked = restore_each (&listed->all->job, mark, listed, &why);
	if (code == 0 && marked < 0 && error)
		*error = why;
	return code < 0 ? code : marked;
}

/* What an earlier run fetched is the same already. */
static int
fetch_listed (struct restoring *all, struct larder_error *error)
{
	char list[40];
	CLEANUP_SORT struct sort *failed = sort_new (SORT_MEMORY);
	struct listed listed = { .all = all, .failed = failed, .why = LARDER_ERROR_INIT };
	struct larder_summary sum = { .size = sizeof sum };
	snprintf (list, sizeof list, "/proc/self/fd/%d", all->ready);
	const struct larder_sync request = { .size = sizeof request, .from = store_prefix (all->store), .to = all->asked.to, .only = list };
	if (!failed)
		return larder_fail_memory (error);
	int code = larder_sync (all->larder, &request, on_event, &listed, &sum, error);
	if (listed.why.code < 0 && error)
		*error = listed.why;
	bool ended = sum.ended || (code < 0 && sum.failed + sum.refused == 0), others = sum.failed + sum.refused > listed.refused;
	if (!ended && !others && sum.scanned < all->listed)
		return larder_fail_next (error, LARDER_E_CONFLICT, "run it again: it tells which", "%" PRIu64 " of %" PRIu64 " that could be read were gone before they were fetched", all->listed - sum.scanned, all->listed);
	return ended ? code : mark_all (&listed, others ? code : 0, error);
}

/* What cannot be read any more is told as such afterwards, and is none that failed. */
static int
on_version (void *context, const struct larder_event *event)
{
	bool refused = event->error && event->error->code == LARDER_E_NOTREADY;
	return refused ? 0 : restoring_tell (context, event);
}

/* A sync knows the latest alone. */
static int
take_version (void *context, const struct job_object *object, struct larder_error *error)
{
	struct restoring *all = context;
	const char *to = all->asked.to, *from = arena_printf (all->arena, "%s%s", store_prefix (all->store), object->key);
	bool ended = *to && strchr ("/:", to[strlen (to) - 1]);
	const struct larder_transfer request = {
		.size = sizeof request, .from = &from, .count = 1, .to = arena_printf (all->arena, "%s%s%s", to, ended ? "" : "/", object->key),
		.attributes = { .size = sizeof request.attributes }, .version = all->asked.version,
	};
	if (!restoring_is_ready (object->state))
		return 0;
	struct larder_error why = LARDER_ERROR_INIT;
	int code = from && request.to ? larder_transfer (all->larder, &request, on_version, all, NULL, &why) : larder_fail_memory (&why);
	if (code == LARDER_E_NOTREADY)
		return set_again (all, object, error);
	if (code < 0 && error)
		*error = why;
	return code < 0 ? code : set (all, object, JOB_FETCHED, error);
}

/* Bundles first: where an object has the name of a member, the object is what comes. */
int
restoring_fetch (struct restoring *all, struct larder_error *error)
{
	int code = all->bundles > 0 ? unpack_all (all, error) : 0;
	if (code == 0 && all->asked.version && all->listed > 0)
		return restore_each (&all->job, take_version, all, error);
	return code == 0 && all->listed > 0 ? fetch_listed (all, error) : code;
}
