/* snapshot.c: the snapshots of an instance, and copies of them that stay, here or in another region. */
#include "rds.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "arguments.h"
#include "cleanup.h"
#include "clock.h"
#include "error.h"
#include "give.h"
#include "text.h"

enum { NAME_MOST = 255 };
#define WHAT "cannot look at the snapshots"

/* ---- what there is ---- */

static uint32_t
state_of (const char *status)
{
	if (strcmp (status, "available") == 0)
		return LARDER_ACTION_DONE;
	return strncmp (status, "failed", 6) == 0 || strncmp (status, "incompatible", 12) == 0 ? LARDER_ACTION_FAILED : LARDER_ACTION_RUNNING;
}

/* -1: not told. */
static int32_t
percent_of (const struct rds_snapshot *snapshot)
{
	int64_t percent;
	return text_int (snapshot->percent, &percent) == 0 && percent >= 0 && percent <= 100 ? (int32_t) percent : -1;
}

struct telling { larder_backup_fn told; void *context; };

static int
tell (void *context, const struct rds_snapshot *snapshot, struct larder_error *error)
{
	const struct telling *telling = context;
	struct larder_backup one = {
		.size = sizeof one, .id = snapshot->id, .resource = snapshot->arn_of, .kind = snapshot->type, .state = state_of (snapshot->status), .status = snapshot->status, .bytes = UINT64_MAX,
		.percent = percent_of (snapshot),
	};
	if (text_time (*snapshot->original ? snapshot->original : snapshot->created, &one.begun) < 0)
		one.begun = 0;
	return telling->told (telling->context, &one, error);
}

/* Page by page. */
static int
each_of (struct rds *rds, struct larder_call *call, const struct rds_instance *instance, const char *name, rds_snapshot_fn each, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const char *marker = NULL;
	int code = arena ? 0 : larder_fail_memory (error);
	do {
		struct aws_request request;
		struct aws_reply reply = { 0 };
		if (code < 0)
			return code;
		rds_describe_snapshots (&request, arena, name, marker);
		code = rds_look (rds, call, arena, &request, WHAT, "DBInstanceNotFound", &reply, error);
		if (code > 0)
			code = rds_snapshots_read (reply.body, reply.length, arena, instance->arn, each, context, &marker, error);
		else
			marker = NULL;
	} while (marker);
	return code;
}

static int
find_instance (struct rds *rds, struct larder_call *call, struct larder_arena *arena, const char *name, struct rds_instance *ret, struct larder_error *error)
{
	int there = rds_find (rds, call, arena, name, ret, error);
	return there != 0 ? (there < 0 ? there : 0) : larder_fail_next (error, LARDER_E_NOTFOUND, "look at `instance` of its [database]", "there is no database '%s'", name);
}

int
rds_backups (void *self, struct larder_call *call, const struct larder_backups *request, larder_backup_fn backup, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct rds *rds = self;
	struct larder_backups asked = { .size = sizeof asked };
	struct rds_instance instance;
	struct telling telling = { backup, context };
	larder_give (&asked, request);
	int code = arena ? aws_server_has_all (rds->server, error) : larder_fail_memory (error);
	if (code == 0)
		code = find_instance (rds, call, arena, asked.identity, &instance, error);
	return code < 0 || asked.what != LARDER_BACKUPS_POINTS ? code : each_of (rds, call, &instance, asked.identity, tell, &telling, error);
}

/* ---- one of a name ---- */

static int
keep_one (void *context, const struct rds_snapshot *snapshot, struct larder_error *error)
{
	(void) error;
	*(struct rds_snapshot *) context = *snapshot;
	return 0;
}

int
rds_find_snapshot (struct rds *rds, struct larder_call *call, struct larder_arena *arena, const char *name, struct rds_snapshot *ret, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply = { 0 };
	const char *marker;
	*ret = (struct rds_snapshot) { .id = NULL };
	rds_describe_snapshot (&request, arena, name);
	int code = rds_look (rds, call, arena, &request, WHAT, "DBSnapshotNotFound", &reply, error);
	if (code > 0)
		code = rds_snapshots_read (reply.body, reply.length, arena, "", keep_one, ret, &marker, error);
	return code < 0 ? code : ret->id != NULL;
}

/* ---- a copy ---- */

struct copying {
	struct rds *rds;
	struct larder_call *call;
	struct larder_arena *arena;
	struct rds there;                /* of the region that it goes to */
	struct larder_action asked;
	const char *point, *to, *region, *key, *try;
	struct rds_snapshot from;
};

static int
read_arguments (struct copying *copying, struct larder_error *error)
{
	const struct argument known[] = {
		{ "point", &copying->point }, { "to", &copying->to }, { "region", &copying->region }, { "key", &copying->key }, { "try", &copying->try }, { NULL, NULL },
	};
	int code = arguments_read (copying->asked.kind, &copying->asked.arguments, known, error);
	if (code < 0)
		return code;
	if (copying->point && copying->to && text_is_name (copying->to, NAME_MOST))
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "a letter, then letters, digits and single hyphens, none at the end, 255 at the most", "no snapshot can be called '%s'", copying->to ? copying->to : "");
}

/* The same account in another region; NULL or "": this one. */
static int
open_there (const struct rds *rds, const char *region, struct rds *ret, struct larder_error *error)
{
	struct aws_settings settings = aws_settings_on (rds->server, &rds->aws);
	*ret = *rds;
	if (!region || !*region || strcmp (region, aws_client_region (rds->client)) == 0)
		return 0;
	settings.region = (char *) (uintptr_t) region;
	ret->client = NULL;
	return aws_client_open (larder_host, rds->name, "rds", &settings, &ret->client, error);
}

static void
close_there (const struct rds *rds, struct rds *there)
{
	if (there->client != rds->client)
		aws_client_close (there->client);
}

static int
find_from (struct copying *copying, struct larder_error *error)
{
	int there = rds_find_snapshot (copying->rds, copying->call, copying->arena, copying->point, &copying->from, error);
	if (there < 0)
		return there;
	if (!there || strcmp (copying->from.instance, copying->asked.target) != 0)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "larder database snapshots tells which there are", "database '%s' has no snapshot '%s'", copying->asked.target, copying->point);
	if (state_of (copying->from.status) != LARDER_ACTION_DONE)
		return larder_fail (error, LARDER_E_NOTREADY, "the snapshot '%s' is not there yet: the service tells '%s'", copying->point, copying->from.status);
	if (copying->there.client == copying->rds->client || !copying->from.encrypted || copying->key)
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "--key: a key of that region", "the snapshot '%s' is encrypted, and its key is not in %s", copying->point, copying->region);
}

/* 1: by this very copy; 0: no; CONFLICT. */
static int
look_at_target (struct copying *copying, const char *token, struct larder_error *error)
{
	struct rds_snapshot made;
	int there = rds_find_snapshot (&copying->there, copying->call, copying->arena, copying->to, &made, error);
	const char *tag = there > 0 ? rds_tag (made.tags, made.tag_count, RDS_COPY_TAG) : NULL;
	if (there <= 0 || (tag && strcmp (tag, token) == 0))
		return there;
	return larder_fail_next (error, LARDER_E_CONFLICT, "another --to", "a snapshot '%s' is there already", copying->to);
}

static int
begin (struct copying *copying, const char *token, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply = { 0 };
	char what[600];
	bool far = copying->there.client != copying->rds->client;
	const struct rds_copy copy = { far ? copying->from.arn : copying->point, copying->to, copying->key, token, &copying->from };
	snprintf (what, sizeof what, "cannot copy the snapshot '%.200s' as '%.255s'", copying->point, copying->to);
	rds_copy_snapshot (&request, copying->arena, &copy);
	int code = rds_exchange (&copying->there, copying->call, copying->arena, &request, what, &reply, error);
	if (code < 0 || !reply.fault)
		return code;
	if (rds_is_refusal (&reply, "DBSnapshotAlreadyExists")) {              /* ours, where the first answer was lost */
		code = look_at_target (copying, token, error);
		if (code != 0)
			return code < 0 ? code : 0;
	}
	return aws_fault_error (reply.fault, what, error);
}

static int
copy (struct copying *copying, struct larder_error *error)
{
	const char *token = arena_printf (copying->arena, "%s@%s", copying->asked.target, copying->point);
	int code = token ? find_from (copying, error) : larder_fail_memory (error);
	if (code == 0)
		code = look_at_target (copying, token, error);
	return code != 0 || copying->try ? (code < 0 ? code : 0) : begin (copying, token, error);
}

/* "REGION/NEW", of this region "/NEW". */
int
rds_copy_start (void *self, struct larder_call *call, const struct larder_action *action, const char **ret_token, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct copying copying = { .rds = self, .call = call, .arena = arena, .asked = *action };
	int code = arena ? read_arguments (&copying, error) : larder_fail_memory (error);
	if (code == 0)
		code = open_there (copying.rds, copying.region, &copying.there, error);
	if (code < 0)
		return code;
	code = copy (&copying, error);
	close_there (copying.rds, &copying.there);
	if (code < 0)
		return code;
	*ret_token = give_text (call, arena_printf (arena, "%s/%s", copying.region ? copying.region : "", copying.to));
	return *ret_token ? 0 : larder_fail_memory (error);
}

struct polling { struct rds *rds; struct larder_call *call; struct larder_arena *arena; struct rds_snapshot made, from; };

/* Of what its tag tells, where that is there still. */
static int
find_copied (struct polling *polling, struct larder_error *error)
{
	const char *tag = rds_tag (polling->made.tags, polling->made.tag_count, RDS_COPY_TAG), *at = tag ? strchr (tag, '@') : NULL;
	return at ? rds_find_snapshot (polling->rds, polling->call, polling->arena, at + 1, &polling->from, error) : 0;
}

/* Its address, and a "left" for each tag that it has otherwise than what it was copied from. */
static int
tell_done (struct polling *polling, struct larder_progress *progress, struct larder_error *error)
{
	struct larder_pair *pairs = larder_host->arena (polling->call, (1 + RDS_TAGS_MOST) * sizeof *pairs);
	const char *tags[RDS_TAGS_MOST];
	int code = find_copied (polling, error);
	if (code < 0)
		return code;
	int count = rds_tags_left (polling->arena, polling->from.tags, polling->from.tag_count, polling->made.tags, polling->made.tag_count, tags);
	if (!pairs || count < 0)
		return larder_fail_memory (error);
	pairs[0] = (struct larder_pair) { "point", give_text (polling->call, polling->made.arn) };
	for (int n = 0; n < count; n++)
		pairs[1 + n] = (struct larder_pair) { "left", give_text (polling->call, tags[n]) };
	for (int n = 0; n <= count; n++)
		if (!pairs[n].value)
			return larder_fail_memory (error);
	progress->results = (struct larder_pairs) { pairs, (size_t) count + 1, sizeof *pairs };
	return 0;
}

static int
give_progress (struct polling *polling, struct larder_progress *progress, struct larder_error *error)
{
	progress->message = give_text (polling->call, polling->made.status);
	progress->state = state_of (polling->made.status);
	progress->percent = percent_of (&polling->made);
	if (!progress->message)
		return larder_fail_memory (error);
	return progress->state == LARDER_ACTION_DONE ? tell_done (polling, progress, error) : 0;
}

int
rds_copy_poll (void *self, struct larder_call *call, const char *token, struct larder_progress *progress, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct rds *rds = self, there;
	struct polling polling = { .rds = rds, .call = call, .arena = arena };
	const char *slash = strchr (token, '/'), *region = arena && slash ? arena_copy_bytes (arena, token, (size_t) (slash - token)) : NULL;
	if (!region)
		return slash ? larder_fail_memory (error) : larder_fail (error, LARDER_E_INVALID, "'%s' is no copy of RDS", token);
	int code = open_there (rds, region, &there, error);
	if (code < 0)
		return code;
	code = rds_find_snapshot (&there, call, arena, slash + 1, &polling.made, error);
	close_there (rds, &there);
	if (code == 0)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "the same command begins it anew", "the snapshot '%s', which was being made, is gone", slash + 1);
	return code < 0 ? code : give_progress (&polling, progress, error);
}
