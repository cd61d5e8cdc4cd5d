/* restore.c: an instance as it was at a time, as a new one beside it, and what the restore does not take set right before it is done. */
#include "rds.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "arguments.h"
#include "clock.h"
#include "cleanup.h"
#include "error.h"
#include "give.h"
#include "text.h"

#define STALE NS_PER_DAY   /* whoever asks for the latest does not mean one of yesterday */
enum { NAME_MOST = 63 };

struct restoring {
	struct rds *rds;
	struct larder_call *call;
	struct larder_arena *arena;
	struct larder_action asked;
	const char *to, *at;             /* at NULL: the latest */
	const char *try;                 /* look at it all, and begin nothing */
	struct rds_instance source, made;
};

static int
read_arguments (struct restoring *restoring, struct larder_error *error)
{
	const struct argument known[] = { { "to", &restoring->to }, { "at", &restoring->at }, { "try", &restoring->try }, { NULL, NULL } };
	int code = arguments_read (restoring->asked.kind, &restoring->asked.arguments, known, error);
	if (code < 0)
		return code;
	if (restoring->to && text_is_name (restoring->to, NAME_MOST))
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "a letter, then letters, digits and single hyphens, none at the end, 63 at the most", "no database can be called '%s'",
		restoring->to ? restoring->to : "");
}

/* ---- can it be restored, and to what time? ---- */

static int
find_source (struct restoring *restoring, struct larder_error *error)
{
	const char *name = restoring->asked.target;
	int there = rds_find (restoring->rds, restoring->call, restoring->arena, name, &restoring->source, error);
	if (there < 0)
		return there;
	if (!there)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "look at `instance` of its [database]; of one that was removed, what is kept restores by the service's own tools", "there is no database '%s'", name);
	if (*restoring->source.cluster)
		return larder_fail_next (error, LARDER_E_UNSUPPORTED, "aws rds restore-db-cluster-to-point-in-time", "database '%s' is of the cluster '%s', which is restored as a whole", name, restoring->source.cluster);
	if (*restoring->source.latest)
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "retention = 7d, or how long you want, and larder infra apply: from its first backup on it can be restored", "database '%s' keeps no backups to restore from", name);
}

/* "": nobody tells. */
static int
find_earliest (const struct restoring *restoring, const char **ret, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply = { 0 };
	*ret = "";
	rds_describe_window (&request, restoring->arena, restoring->asked.target);
	int code = rds_look (restoring->rds, restoring->call, restoring->arena, &request, "cannot look from when on the database can be restored", "DBInstanceAutomatedBackupNotFound", &reply, error);
	return code <= 0 ? code : rds_window_read (reply.body, reply.length, restoring->arena, ret, error);
}

static int
check_time (const struct restoring *restoring, struct larder_error *error)
{
	int64_t at, latest, earliest = 0;
	char from[32], until[32], next[160];
	const char *told;
	if (!restoring->at || text_time (restoring->at, &at) < 0 || text_time (restoring->source.latest, &latest) < 0)
		return 0;
	int code = find_earliest (restoring, &told, error);
	if (code < 0)
		return code;
	bool begins = *told && text_time (told, &earliest) == 0;
	if (at <= latest && (!begins || at >= earliest))
		return 0;
	snprintf (next, sizeof next, "a time %s%s%s %s, or --latest", begins ? "from " : "", begins ? text_from_time (earliest, from) : "", begins ? " to" : "no later than", text_from_time (latest, until));
	return larder_fail_next (error, LARDER_E_INVALID, next, "database '%s' cannot be restored to %s", restoring->asked.target, restoring->at);
}

/* ---- is it there already? ---- */

static bool
is_stale (const struct restoring *restoring, const struct rds_instance *made)
{
	int64_t created;
	return !restoring->at && rds_state (made->status) == LARDER_RESOURCE_READY && text_time (made->created, &created) == 0 && larder_host->wall () - created > STALE;
}

/* 1: by this very restore; 0: no; CONFLICT: another has the name. */
static int
look_at_target (struct restoring *restoring, struct larder_error *error)
{
	struct rds_instance *made = &restoring->made;
	int there = rds_find (restoring->rds, restoring->call, restoring->arena, restoring->to, made, error);
	const char *tag = there > 0 ? rds_tag (made->tags, made->tag_count, RDS_RESTORE_TAG) : NULL;
	if (there <= 0)
		return there;
	if (!tag || strcmp (tag, restoring->asked.client_token) != 0)
		return larder_fail_next (error, LARDER_E_CONFLICT, "another --to: a restore always makes a new one", tag ? "a database '%s' is there already, by another restore: %s" : "a database '%s' is there already",
			restoring->to, tag);
	if (is_stale (restoring, made))
		return larder_fail_next (error, LARDER_E_CONFLICT, "another --to; or --at with the time of that one", "a database '%s' is there already, restored to what was the latest at %s", restoring->to, made->created);
	return 1;
}

/* ---- how far is it? ---- */

/* It can be reached by then, and is not as its source is. NULL: no memory. */
static const char *
unsettled (struct larder_arena *arena, const struct rds_instance *made, uint64_t settable)
{
	const char *words = rds_traits_words (arena, settable);
	return words ? arena_printf (arena, *words ? "%s, not yet set as its source has it: %s" : "%s, being set as its source has it", made->status, words) : NULL;
}

/* Of one that is there, and only looked at: known by its tag. Whether what could be set was asked for in another run nobody tells. */
static int
tell_how_far (const struct restoring *restoring, struct larder_error *error)
{
	const struct rds_instance *made = &restoring->made;
	uint32_t state = rds_state (made->status);
	bool ready = state == LARDER_RESOURCE_READY;
	uint64_t settable = rds_traits_lacking (&restoring->source, made) & rds_traits_settable ();
	if (ready && !settable && !made->changing)
		return 0;
	if (state == LARDER_RESOURCE_FAILED)
		return larder_fail_next (error, LARDER_E_UNAVAILABLE, "look at its events in the console of RDS; then another --to", "the restore of '%s' to '%s' came to nothing: the service tells '%s'", restoring->asked.target, restoring->to, made->status);
	const char *told = ready ? unsettled (restoring->arena, made, settable) : made->status;
	if (!told)
		return larder_fail_memory (error);
	return larder_fail_next (error, LARDER_E_NOTREADY, ready && !made->changing ? "the same command without -n goes on with it; what it tells as left the service does not take, and -n keeps telling it" : "the same command without -n goes on with it",
		"the restore of '%s' to '%s' is begun, and not done: the service tells '%s'", restoring->asked.target, restoring->to, told);
}

/* ---- begun ---- */

static int
begin (struct restoring *restoring, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply = { 0 };
	char what[200];
	const struct rds_restore restore = { restoring->asked.target, restoring->to, restoring->at, restoring->asked.client_token, &restoring->source };
	snprintf (what, sizeof what, "cannot restore database '%.60s' as '%.63s'", restoring->asked.target, restoring->to);
	rds_restore (&request, restoring->arena, &restore);
	int code = rds_exchange (restoring->rds, restoring->call, restoring->arena, &request, what, &reply, error);
	if (code < 0 || !reply.fault)
		return code;
	if (rds_is_refusal (&reply, "DBInstanceAlreadyExists")) {             /* ours, where the first answer was lost */
		code = look_at_target (restoring, error);
		if (code != 0)
			return code < 0 ? code : 0;
	}
	code = aws_fault_error (reply.fault, what, error);
	if (code == LARDER_E_NOTFOUND)
		larder_explain (error, LARDER_DETAIL_NEXT, "look at the source's subnet, parameter and option groups: one that it names is gone");
	return code;
}

/* "SOURCE/NEW" */
static int
give_token (const struct restoring *restoring, const char **ret, struct larder_error *error)
{
	*ret = give_text (restoring->call, arena_printf (restoring->arena, "%s/%s", restoring->asked.target, restoring->to));
	return *ret ? 0 : larder_fail_memory (error);
}

static int
start (struct restoring *restoring, struct larder_error *error)
{
	int code = read_arguments (restoring, error);
	if (code == 0)
		code = find_source (restoring, error);
	if (code == 0)
		code = look_at_target (restoring, error);
	if (code != 0)
		return code < 0 ? code : restoring->try ? tell_how_far (restoring, error) : 0;
	code = check_time (restoring, error);
	return code < 0 || restoring->try ? code : begin (restoring, error);
}

int
rds_action_start (void *self, struct larder_call *call, const struct larder_action *action, const char **ret_token, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct restoring restoring = { .rds = self, .call = call, .arena = arena, .asked = { .size = sizeof restoring.asked } };
	larder_give (&restoring.asked, action);
	if (!arena)
		return larder_fail_memory (error);
	bool copies = strcmp (restoring.asked.kind, "copy") == 0;
	if (!copies && strcmp (restoring.asked.kind, "restore") != 0)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "RDS has no action '%s'", restoring.asked.kind);
	int code = aws_server_has_all (restoring.rds->server, error);
	if (code == 0)
		code = rds_refuse_read_only (restoring.rds, error);
	if (code == 0 && copies)
		return rds_copy_start (self, call, &restoring.asked, ret_token, error);
	if (code == 0)
		code = start (&restoring, error);
	return code < 0 ? code : give_token (&restoring, ret_token, error);
}

/* ---- until it is as its source is ---- */

struct polling { struct rds *rds; struct larder_call *call; struct larder_arena *arena; const char *source, *name; struct rds_instance from, made; };

static struct rds_settled *
settled_of (struct rds *rds, const char *name)
{
	pthread_mutex_lock (&rds->mutex);
	struct rds_settled *one = rds->settled;
	while (one && strcmp (one->name, name) != 0)
		one = one->next;
	pthread_mutex_unlock (&rds->mutex);
	return one;
}

static int
note_settled (struct rds *rds, const char *name, uint64_t left, struct larder_error *error)
{
	pthread_mutex_lock (&rds->mutex);
	struct rds_settled *one = arena_alloc (rds->arena, sizeof *one);
	const char *copy = arena_copy (rds->arena, name);
	if (one && copy) {
		*one = (struct rds_settled) { copy, left, rds->settled };
		rds->settled = one;
	}
	pthread_mutex_unlock (&rds->mutex);
	return one && copy ? 0 : larder_fail_memory (error);
}

/* Asked for once in a run: 1, or 0 while it may not be changed yet. What the answer does not tell as asked for was not taken, and is left. */
static int
settle (const struct polling *polling, uint64_t which, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply = { 0 };
	struct rds_instance after;
	char what[200];
	snprintf (what, sizeof what, "cannot give database '%.63s' what '%.63s' has", polling->name, polling->source);
	rds_settle (&request, polling->arena, polling->name, &polling->from, &polling->made, which);
	int code = rds_exchange (polling->rds, polling->call, polling->arena, &request, what, &reply, error);
	if (code == 0 && reply.fault)
		return rds_is_refusal (&reply, "InvalidDBInstanceState") ? 0 : aws_fault_error (reply.fault, what, error);
	if (code == 0)
		code = rds_instance_read (reply.body, reply.length, polling->arena, &after, error);
	if (code == 0)
		code = note_settled (polling->rds, polling->name, rds_traits_lacking (&polling->from, &after), error);
	return code < 0 ? code : 1;
}

/* Where it answers, and a "left" for each that it has otherwise than its source. */
static int
tell_done (const struct polling *polling, uint64_t left, struct larder_progress *progress, struct larder_error *error)
{
	struct larder_pair *pairs = larder_host->arena (polling->call, (RDS_TRAITS + RDS_TAGS_MOST + 2) * sizeof *pairs);
	const struct rds_instance *from = &polling->from, *made = &polling->made;
	const char *tags[RDS_TAGS_MOST];
	size_t count = 0;
	int tag_count = rds_tags_left (polling->arena, from->tags, from->tag_count, made->tags, made->tag_count, tags);
	if (!pairs || tag_count < 0)
		return larder_fail_memory (error);
	pairs[count++] = (struct larder_pair) { "endpoint", give_text (polling->call, polling->made.address) };
	pairs[count++] = (struct larder_pair) { "port", give_text (polling->call, polling->made.port) };
	for (size_t n = 0; n < RDS_TRAITS; n++)
		if (left & UINT64_C (1) << n)
			pairs[count++] = (struct larder_pair) { "left", give_text (polling->call, rds_trait_told (polling->arena, n, from, made)) };
	for (int n = 0; n < tag_count; n++)
		pairs[count++] = (struct larder_pair) { "left", give_text (polling->call, tags[n]) };
	for (size_t n = 0; n < count; n++)
		if (!pairs[n].value)
			return larder_fail_memory (error);
	progress->state = LARDER_ACTION_DONE, progress->percent = 100, progress->message = NULL;
	progress->results = (struct larder_pairs) { pairs, count, sizeof *pairs };
	return 0;
}

static int
tell_unsettled (struct polling *polling, uint64_t settable, struct larder_progress *progress, struct larder_error *error)
{
	const char *told = unsettled (polling->arena, &polling->made, settable);
	progress->message = told ? give_text (polling->call, told) : NULL;
	return progress->message ? 0 : larder_fail_memory (error);
}

static int poll_it (struct polling *polling, struct larder_progress *progress, struct larder_error *error);

static int
compare (struct polling *polling, struct larder_progress *progress, struct larder_error *error)
{
	int there = rds_find (polling->rds, polling->call, polling->arena, polling->source, &polling->from, error);
	if (there <= 0)
		return there < 0 ? there : larder_fail_next (error, LARDER_E_NOTFOUND, "look at its groups, retention and protection, and set them by hand",
			"database '%s' is restored, but '%s', which it was restored from, is gone: nobody can tell what it is to have", polling->name, polling->source);
	const struct rds_settled *settled = settled_of (polling->rds, polling->name);
	uint64_t lacking = rds_traits_lacking (&polling->from, &polling->made), settable = lacking & rds_traits_settable () & ~(settled ? settled->left : 0);
	int asked = settable && !settled ? settle (polling, settable, error) : 0;
	if (asked != 0)                 /* by one that does not wait, too, it is done when nothing more can be set */
		return asked < 0 ? asked : poll_it (polling, progress, error);
	return settable || polling->made.changing ? tell_unsettled (polling, settable, progress, error) : tell_done (polling, lacking, progress, error);
}

static int
poll_it (struct polling *polling, struct larder_progress *progress, struct larder_error *error)
{
	int there = rds_find (polling->rds, polling->call, polling->arena, polling->name, &polling->made, error);
	if (there <= 0)
		return there < 0 ? there : larder_fail_next (error, LARDER_E_NOTFOUND, "the same command begins it anew", "database '%s', which was being restored, is gone", polling->name);
	uint32_t state = rds_state (polling->made.status);
	progress->message = give_text (polling->call, polling->made.status);
	progress->state = state == LARDER_RESOURCE_FAILED ? LARDER_ACTION_FAILED : LARDER_ACTION_RUNNING;
	return state == LARDER_RESOURCE_READY ? compare (polling, progress, error) : 0;
}

int
rds_action_poll (void *self, struct larder_call *call, const char *kind, const char *token, struct larder_progress *ret_progress, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const char *slash = strchr (token, '/');
	struct larder_progress progress = { .size = sizeof progress, .percent = -1 };
	if (strcmp (kind, "copy") == 0) {
		int code = rds_copy_poll (self, call, token, &progress, error);
		if (code == 0)
			larder_give (ret_progress, &progress);
		return code;
	}
	if (strcmp (kind, "restore") != 0 || !slash)
		return larder_fail (error, LARDER_E_INVALID, "'%s' is no restore of RDS", token);
	const char *source = arena ? arena_copy_bytes (arena, token, (size_t) (slash - token)) : NULL;
	struct polling polling = { .rds = self, .call = call, .arena = arena, .source = source, .name = slash + 1 };
	if (!source)
		return larder_fail_memory (error);
	int code = poll_it (&polling, &progress, error);
	if (code == 0)
		larder_give (ret_progress, &progress);
	return code;
}
