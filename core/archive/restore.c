/* restore.c: larder_archive_restore: which objects, what it costs, asked for, looked at, fetched. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/larder.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bill.h"
#include "buffer.h"
#include "checksum.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "file.h"
#include "restoring.h"
#include "store.h"
#include "text.h"
#include "transfer.h"

/* ---- events ---- */

int
restoring_tell (struct restoring *all, const struct larder_event *event)
{
	return all->event ? all->event (all->context, event) : 0;
}

static int
tell (struct restoring *all, const char *action, const struct job_object *object, const struct larder_error *error)
{
	if (all->asked.flags & LARDER_DRY_RUN)
		return 0;
	arena_clear (all->each);
	const char *from = arena_printf (all->each, "%s%s", store_prefix (all->store), object->key);
	const struct larder_event event = { .size = sizeof event, .action = action, .from = from, .bytes = error ? 0 : object->length, .error = error };
	return from ? restoring_tell (all, &event) : 0;
}

int
restoring_tell_object (struct restoring *all, const char *action, const struct job_object *object)
{
	return tell (all, action, object, NULL);
}

int
restoring_fail (struct restoring *all, const struct job_object *object, int code, const struct larder_error *why)
{
	if (all->code == 0)
		all->code = code;
	(void) tell (all, "failed", object, why);
	return JOB_FAILED;
}

int
restoring_overwritten (struct restoring *all, const struct job_object *object)
{
	struct larder_error why = LARDER_ERROR_INIT;
	int code = larder_fail_next (&why, LARDER_E_CONFLICT, "restore it again, if the new one is wanted", "'%s' was overwritten since its restore began", object->key);
	return restoring_fail (all, object, code, &why);
}

int
restoring_again (struct restoring *all, const char *key)
{
	arena_clear (all->each);
	const char *from = arena_printf (all->each, "%s%s", store_prefix (all->store), key);
	const struct larder_event event = { .size = sizeof event, .action = "again", .from = from, .reason = "its copy could be read, and cannot any more" };
	return from ? restoring_tell (all, &event) : 0;
}

bool
restoring_is_ready (int state)
{
	return state == JOB_READY || state == JOB_PLAIN;
}

/* ---- which job ---- */

/* The same request is the same job. */
static void
name_job (const struct restoring *all, char ret[JOB_ID_ROOM])
{
	const struct larder_archive_restore *asked = &all->asked;
	struct sha256 sha;
	char sum[65], numbers[40];
	sha256_begin (&sha);
	for (size_t n = 0; n < asked->count; n++)
		sha256_add_text (&sha, asked->addresses[n]);
	snprintf (numbers, sizeof numbers, "%u %u", (unsigned) asked->days, (unsigned) (asked->flags & (LARDER_RECURSIVE | LARDER_ARCHIVE_EXACT)));
	sha256_add_text (&sha, numbers);
	sha256_add_text (&sha, asked->list);
	sha256_add_text (&sha, asked->tier);
	sha256_add_text (&sha, asked->to);
	if (asked->version)
		sha256_add_text (&sha, asked->version);
	sha256_add_text (&sha, config_profile (larder_configuration (all->larder)));
	sha256_end_hex (&sha, sum);
	snprintf (ret, JOB_ID_ROOM, "%.16s", sum);
}

/* ---- a new job ---- */

static json_t *
head_of (const struct restoring *all)
{
	char now[32];
	text_from_time (clock_wall (), now);
	return json_pack ("{s:i, s:s, s:s, s:s, s:s, s:i, s:s*}", "larder-restore", 1, "begun", now, "tier", all->asked.tier, "store", all->store_name, "to", all->asked.to ? all->asked.to : "",
		"days", (int) all->asked.days, "version", all->asked.version);
}

/* All that it would come to. */
static void
count_archived (struct restoring *all)
{
	for (size_t n = 0; n < all->count; n++)
		all->objects += all->classes[n].is_archived ? all->classes[n].objects : 0;
	all->states[JOB_READY] = all->objects;
}

/* A sync of all of a store never goes into the same one; a version goes by a transfer, wherever it is wanted. */
static int
check_other_store (struct restoring *all, const char *name, struct larder_error *error)
{
	struct larder_store *to;
	int code = larder_store_open (all->larder, name, &to, error);
	if (code < 0)
		return code;
	code = store_writable (to, error);
	if (code == 0 && !all->asked.version && same_object (to, all->arena, all->store, "-", "-"))
		code = larder_fail_next (error, LARDER_E_INVALID, "a folder, or another store; without --to it can be read where it is", "'%s' lies in the store that is restored", all->asked.to);
	larder_store_close (to);
	return code;
}

/* Looked at before anything is asked for, and paid. A bundle goes into a store as it is, and into a folder as its members. A key that leads out of the folder is refused by a sync when it comes to it; a version is fetched alone, to a path that is
 * made of its key: so it is refused before it is asked for. */
static int
begin_target (struct restoring *all, struct larder_error *error)
{
	struct larder_address to = { .size = sizeof to }, from = { .size = sizeof from };
	int code = all->asked.to ? larder_address_parse (all->larder, all->arena, all->asked.to, &to, error) : 0;
	all->unpacks = all->asked.to && !to.store;
	if (code == 0 && all->asked.to)
		code = to.store ? check_other_store (all, to.store, error) : file_check_folder (to.path, error);
	if (code == 0 && all->unpacks && all->asked.version)
		code = larder_address_parse (all->larder, all->arena, all->asked.addresses[0], &from, error);
	return code == 0 && from.path ? target_check_local (from.path, error) : code;
}

static int
check_version (const struct restoring *all, struct larder_error *error)
{
	const char *address = all->asked.count == 1 && !all->asked.list && !(all->asked.flags & LARDER_RECURSIVE) ? all->asked.addresses[0] : "";
	bool one = *address && !strchr ("/:", address[strlen (address) - 1]);
	return one || !all->asked.version ? 0 : larder_fail_next (error, LARDER_E_INVALID, "name one object, STORE:KEY; 'larder versions' lists those that it has", "version '%s' is of one object", all->asked.version);
}

static int
begin_job (struct restoring *all, int folder, const char *id, struct larder_error *error)
{
	int code = check_version (all, error);
	if (code == 0)
		code = find_store (all, error);
	if (code == 0)
		code = begin_target (all, error);
	json_t *head = code == 0 ? head_of (all) : NULL;
	if (code == 0)
		code = head ? restore_begin (&all->job, folder, id, head, error) : larder_fail_memory (error);
	json_decref (head);
	if (code == 0)
		code = find_objects (all, error);
	if (code == 0)
		code = estimate_tell (all, error);
	all->objects = 0;
	if (code == 0 && all->asked.flags & LARDER_DRY_RUN)
		count_archived (all);
	else if (code == 0)
		code = restore_end (&all->job, error);
	return code;
}

/* ---- rounds ---- */

static void
drop_ready (struct restoring *all)
{
	if (all->ready >= 0)
		close (all->ready);
	all->ready = -1;
}

static int
look (struct restoring *all, struct larder_error *error)
{
	drop_ready (all);
	memset (all->states, 0, sizeof all->states);
	all->objects = all->bytes = all->listed = all->bundles = all->settled = all->fresh = 0;
	all->ready = all->asked.to ? file_temporary (error) : -1;
	return all->asked.to && all->ready < 0 ? all->ready : restoring_look (all, error);
}

/* Of a job that goes on a look tells what there is to ask for, if anything: it is asked for once that is told, and is not above the ceiling. */
static int
look_and_tell (struct restoring *all, struct larder_error *error)
{
	all->count = 0;
	int code = look (all, error);
	return code == 0 && all->states[JOB_WANTED] > 0 ? estimate_tell (all, error) : code;
}

static int
look_and_ask (struct restoring *all, struct larder_error *error)
{
	int code = all->asks ? 0 : look_and_tell (all, error);
	all->known = !all->asks;
	if (code == 0 && (all->asks || all->states[JOB_WANTED] > 0)) {
		all->asks = true;
		code = look (all, error);
	}
	all->asks = all->known = false;
	return code;
}

static int
go_round (struct restoring *all, struct larder_error *error)
{
	int code = look_and_ask (all, error);
	if (code == 0 && all->ready >= 0)
		code = restoring_fetch (all, error);
	drop_ready (all);
	return code;
}

static int
not_ready (const struct restoring *all, struct larder_error *error)
{
	char next[200];
	snprintf (next, sizeof next, "larder archive status %s tells how far it is; the same command goes on with it", all->job.id);
	return larder_fail_next (error, LARDER_E_NOTREADY, next, "on their way: %" PRIu64 " of %" PRIu64 " objects", all->states[JOB_ASKED] + all->states[JOB_WANTED], all->objects);
}

static int
wait_for_more (struct restoring *all, int64_t began, struct larder_error *error)
{
	int64_t now, wait = all->asked.wait;
	int code = pace_now (all, &now, error);
	if (code < 0)
		return code;
	int64_t pause = pace_pause (all, now - began), left = wait ? began + wait - now : pause;
	if (!(all->asked.flags & LARDER_ARCHIVE_WAIT) || left <= 0)
		return not_ready (all, error);
	return pace_rest (all, began, now, left < pause ? left : pause, error);
}

static bool
is_all_there (const struct restoring *all)
{
	return all->states[JOB_ASKED] + all->states[JOB_WANTED] == 0;
}

/* What was refused when it was to be fetched is looked at without a pause, the first time. Copies that were there long ago may be gone when the last one
 * comes: then all are looked at once more. */
static bool
goes_at_once (struct restoring *all, bool was_at_once)
{
	bool refused = all->states[JOB_WANTED] > 0 && !was_at_once;
	all->waiting = !is_all_there (all);
	return is_all_there (all) || refused;
}

static int
go_on (struct restoring *all, struct larder_error *error)
{
	int64_t began;
	bool at_once = false;
	int code = pace_now (all, &began, error);
	while (code == 0 && (code = go_round (all, error)) == 0 && !(is_all_there (all) && all->settled == 0)) {
		at_once = goes_at_once (all, at_once);
		code = at_once ? 0 : wait_for_more (all, began, error);
	}
	return code;
}

/* ---- the whole ---- */

static int
count_unfinished (void *context, const struct job_object *object, struct larder_error *error)
{
	struct restoring *all = context;
	(void) error;
	all->states[object->state]++;
	return 0;
}

/* One that came to its end begins anew: copies last for their days alone. */
static int
open_job (struct restoring *all, int folder, const char *id, bool *ret_new, struct larder_error *error)
{
	struct larder_error none = LARDER_ERROR_INIT;
	int code = restore_open (&all->job, folder, id, false, &none);
	*ret_new = code == LARDER_E_NOTFOUND;
	if (*ret_new)
		return 0;
	if (code == 0)
		code = restore_each (&all->job, count_unfinished, all, &none);
	*ret_new = code == 0 && all->states[JOB_WANTED] + all->states[JOB_ASKED] == 0 && (!all->asked.to || all->states[JOB_READY] + all->states[JOB_PLAIN] == 0);
	if (*ret_new) {
		restore_close (&all->job);
		memset (all->states, 0, sizeof all->states);
	}
	if (code < 0 && error)
		*error = none;
	return code;
}

static int
tell_job (const struct restoring *all, larder_archive_job_fn fn, struct larder_error *error)
{
	const struct larder_archive_job told = restore_facts (&all->job, all->states, all->objects, all->bytes);
	return fn ? fn (all->context, &told, error) : 0;
}

/* A dry run of a job that was begun: what the next run would ask for. */
static int
tell_rest (struct restoring *all, struct larder_error *error)
{
	int code = look_and_tell (all, error);
	uint64_t wanted = all->states[JOB_WANTED];
	drop_ready (all);
	memset (all->states, 0, sizeof all->states);
	all->states[JOB_READY] = wanted;
	all->states[JOB_ASKED] = all->objects - wanted;
	return code;
}

static int
run (struct restoring *all, int folder, larder_archive_job_fn job, struct larder_error *error)
{
	char id[JOB_ID_ROOM];
	bool is_new;
	name_job (all, id);
	int code = open_job (all, folder, id, &is_new, error);
	if (code == 0 && is_new)
		code = begin_job (all, folder, id, error);
	all->asks = is_new;
	if (code < 0 || (is_new && all->asked.flags & LARDER_DRY_RUN))
		return code;
	if (!all->store && (all->store_name = restore_text (&all->job, "store")))
		code = larder_store_open (all->larder, all->store_name, &all->store, error);
	if (code == 0 && !is_new)
		code = begin_target (all, error);
	if (code == 0 && all->asked.flags & LARDER_DRY_RUN)
		return tell_rest (all, error);
	if (code == 0)
		code = go_on (all, error);
	if (is_new && code < 0 && all->states[JOB_ASKED] + all->states[JOB_READY] + all->states[JOB_FETCHED] == 0)
		restore_drop (&all->job);
	int told = all->job.head && (code == 0 || code == LARDER_E_NOTREADY) ? tell_job (all, job, error) : 0;
	if (code == 0 && all->states[JOB_FAILED])
		code = larder_fail_next (error, all->code ? all->code : LARDER_E_CONFLICT, "each was told with its own next step, when it was found", "%" PRIu64 " of %" PRIu64 " failed",
			all->states[JOB_FAILED], all->objects);
	return code < 0 ? code : told;
}

static void
sum_up (const struct restoring *all, struct larder_summary *ret)
{
	const struct larder_summary sum = {
		.size = sizeof sum, .scanned = all->objects, .done = all->states[JOB_READY] + all->states[JOB_PLAIN] + all->states[JOB_FETCHED], .failed = all->states[JOB_FAILED],
		.skipped = all->states[JOB_ASKED] + all->states[JOB_WANTED], .bytes = all->bytes, .code = all->code,
	};
	if (ret)
		larder_give (ret, &sum);
}

int
larder_archive_restore (struct larder *larder, const struct larder_archive_restore *request, larder_archive_estimate_fn estimate, larder_archive_job_fn job,
                        larder_event_fn event, void *context, struct larder_summary *ret_summary, struct larder_error *error)
{
	struct restoring all = {
		.larder = larder, .asked = { .size = sizeof all.asked }, .estimate = estimate, .event = event, .context = context, .arena = arena_new (), .each = arena_new (),
		.job = JOB_NONE, .ready = -1, .mutex = PTHREAD_MUTEX_INITIALIZER, .why = LARDER_ERROR_INIT,
	};
	larder_give (&all.asked, request);
	int code = all.arena && all.each ? restore_folder (larder_state (larder), error) : larder_fail_memory (error);
	int folder = code;
	if (code >= 0)
		code = run (&all, folder, job, error);
	sum_up (&all, ret_summary);
	restore_close (&all.job);
	if (folder >= 0)
		close (folder);
	if (all.store)
		larder_store_close (all.store);
	arena_free (all.each);
	arena_free (all.arena);
	return code;
}
