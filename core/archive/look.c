/* look.c: a look at each object of a restore, by many threads; what is archived and not on its way is asked for. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "restoring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "clock.h"
#include "error.h"
#include "store.h"
#include "text.h"
#include "transfer.h"

#define SHORT (3600 * NS_PER_S)

/* One object, on its way to a thread and there: of the line of the job nothing is left by then. */
struct looking { struct task task; struct restoring *all; struct larder_arena *arena; struct job_object object; };

/* ---- what becomes of it ---- */

static int
tell_asked (struct looking *looking)
{
	struct restoring *all = looking->all;
	pthread_mutex_lock (&all->mutex);
	all->fresh++;
	int code = restoring_tell_object (all, "asked", &looking->object);
	pthread_mutex_unlock (&all->mutex);
	return code;
}

/* Told and failed: one at a time. */
static int
fail (struct looking *looking, int code, const struct larder_error *why)
{
	struct restoring *all = looking->all;
	pthread_mutex_lock (&all->mutex);
	int state = why ? restoring_fail (all, &looking->object, code, why) : restoring_overwritten (all, &looking->object);
	pthread_mutex_unlock (&all->mutex);
	return state;
}

/* A server that restores nothing archives nothing, unless it says of the object that it did: all of it can be read. */
static bool
is_plain (int code, const struct larder_info *info)
{
	bool standard = !info->storage_class || strcmp (info->storage_class, "STANDARD") == 0;
	return code == LARDER_E_CONFLICT || (code == LARDER_E_UNSUPPORTED && standard);
}

/* Its state by now, or a code that ends the run: what goes for one goes for all. */
static int
ask (struct looking *looking, const struct larder_info *info, struct larder_error *error)
{
	struct restoring *all = looking->all;
	const struct job_object *object = &looking->object;
	struct larder_error why = LARDER_ERROR_INIT;
	int code = store_restore (all->store, object->key, object->version, all->asked.tier, info->archive ? 0 : all->asked.days, &why);
	if (code == 0)
		return tell_asked (looking) < 0 ? LARDER_E_CANCELLED : JOB_ASKED;
	if (is_plain (code, info))
		return JOB_PLAIN;
	if (code == LARDER_E_NOTFOUND)
		return fail (looking, code, &why);
	*error = why;
	return code;
}

/* It may be gone before it is fetched. */
static bool
is_short (const struct restoring *all, const struct larder_info *info)
{
	return info->restore_expiry > 0 && info->restore_expiry - clock_wall () - all->ahead < SHORT;
}

/* The days of a copy that is there are counted anew. */
static int
extend (struct looking *looking, struct larder_error *error)
{
	const struct restoring *all = looking->all;
	const struct job_object *object = &looking->object;
	int code = store_restore (all->store, object->key, object->version, all->asked.tier, all->asked.days, error);
	return code < 0 ? code : JOB_READY;
}

static int
look (struct looking *looking, struct larder_error *error)
{
	const struct job_object *object = &looking->object;
	struct larder_info info = { .size = sizeof info };
	int code = larder_stat (looking->all->store, looking->arena, object->key, looking->all->asked.version, &info, error);
	if (code == LARDER_E_NOTFOUND)
		return fail (looking, code, error);
	if (code < 0)
		return code;
	looking->object.storage_class = info.storage_class;
	enum job_state seen = restore_seen (object, &info);
	if (seen == JOB_FAILED)
		return fail (looking, 0, NULL);
	if (object->state == JOB_PLAIN)
		return JOB_PLAIN;
	if (seen == JOB_READY && !(looking->all->asked.flags & LARDER_DRY_RUN) && is_short (looking->all, &info))
		return extend (looking, error);
	return seen == JOB_WANTED && looking->all->asks ? ask (looking, &info, error) : (int) seen;
}

/* ---- what is known of it ---- */

static int
list_ready (struct restoring *all, const char *key, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer line;
	buffer_init (&line, 64 << 10);
	text_percent (&line, key);
	buffer_add_char (&line, '\n');
	int status = line.failed ? -ENOMEM : file_write_all (all->ready, line.at, line.length);
	all->listed++;
	return status < 0 ? larder_fail_errno (error, -status, "cannot write a list of keys in TMPDIR") : 0;
}

/* What is to be asked for, and what was before. */
static void
count_cost (struct restoring *all, const struct job_object *object, int state)
{
	if (state == JOB_WANTED)
		estimate_add (all, object);
	if (object->paid || state == JOB_ASKED)
		estimate_add_paid (all, object);
}

/* Under the mutex. What can be read is fetched afterwards: members by their bundle, the rest by the list. */
static int
put_state (struct restoring *all, const struct job_object *object, int state, struct larder_error *error)
{
	int code = all->asked.flags & LARDER_DRY_RUN ? 0 : restore_set (&all->job, object, (enum job_state) state, error);
	if (restoring_is_ready (state) && !restoring_is_ready (object->state))
		(void) restoring_tell_object (all, "restored", object);
	if (!all->asks)
		count_cost (all, object, state);
	all->states[state]++;
	all->objects++;
	all->bytes += object->length;
	all->bundles += object->bundle && restoring_is_ready (state);
	return code == 0 && restoring_is_ready (state) && all->ready >= 0 && !object->bundle ? list_ready (all, object->key, error) : code;
}

static void
stop (struct restoring *all, int code, const struct larder_error *why)
{
	if (all->stopped)
		return;
	all->stopped = code;
	all->why = *why;
}

/* ---- threads ---- */

static void
run (struct task *task)
{
	struct looking *looking = (struct looking *) (void *) task;
	struct restoring *all = looking->all;
	struct larder_error why = LARDER_ERROR_INIT;
	pthread_mutex_lock (&all->mutex);
	bool goes = !all->stopped;
	pthread_mutex_unlock (&all->mutex);
	int state = goes ? look (looking, &why) : 0;
	pthread_mutex_lock (&all->mutex);
	int code = state > 0 ? put_state (all, &looking->object, state, &why) : state;
	if (code < 0)
		stop (all, code, &why);
	pthread_mutex_unlock (&all->mutex);
	pool_done (all->pool, 0);
	arena_free (looking->arena);
}

static int
give (struct restoring *all, const struct job_object *object, struct larder_error *error)
{
	struct larder_arena *arena = arena_new ();
	struct looking *looking = arena ? arena_alloc (arena, sizeof *looking) : NULL;
	if (looking) {
		*looking = (struct looking) { .task = { .run = run }, .all = all, .arena = arena, .object = *object };
		looking->object.only = NULL, looking->object.storage_class = NULL;     /* of the line, which is gone by then */
		looking->object.key = arena_copy (arena, object->key);
		looking->object.version = arena_copy (arena, object->version);
		looking->object.etag = arena_copy (arena, object->etag);
	}
	if (!looking || !looking->object.key || (object->version && !looking->object.version) || (object->etag && !looking->object.etag)) {
		arena_free (arena);
		return larder_fail_memory (error);
	}
	pool_add (all->pool, &looking->task);
	return 0;
}

/* The look before this one told what is wanted, and what that costs. */
static bool
is_known (const struct restoring *all, const struct job_object *object)
{
	return all->known && object->state != JOB_WANTED;
}

/* What is ready stays so while it is waited for the rest. */
static bool
is_settled (const struct restoring *all, const struct job_object *object)
{
	return object->state == JOB_FETCHED || object->state == JOB_FAILED || (all->waiting && restoring_is_ready (object->state));
}

static int
advance (void *context, const struct job_object *object, struct larder_error *error)
{
	struct restoring *all = context;
	if (larder_is_cancelled (all->larder))
		return larder_fail_cancelled (error);
	pthread_mutex_lock (&all->mutex);
	int code = all->stopped;
	bool settled = is_settled (all, object);
	if (code == 0 && (settled || is_known (all, object))) {
		all->settled += settled && restoring_is_ready (object->state);
		code = put_state (all, object, (int) object->state, error);
	} else if (code == 0)
		code = 1;
	pthread_mutex_unlock (&all->mutex);
	return code == 1 ? give (all, object, error) : code;
}

int
restoring_look (struct restoring *all, struct larder_error *error)
{
	all->stopped = 0;
	all->pool = transfer_pool (all->larder, 0);
	int code = all->pool ? restore_each (&all->job, advance, all, error) : larder_fail_memory (error);
	pool_free (all->pool);
	all->pool = NULL;
	if (all->stopped && error)
		*error = all->why;
	return all->stopped ? all->stopped : code;
}
