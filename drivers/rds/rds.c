/* rds.c: the driver of RDS: how an existing instance is protected, and how it goes. */
#include "rds.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "policy.h"
#include "terraform.h"
#include "text.h"
#include "traps.h"
#include "words.h"

enum { SNAPSHOT_MOST = 255 };       /* characters of its name */

static const struct larder_option options[] = { AWS_CLIENT_OPTIONS (struct rds, aws), { .key = NULL } };

static void
rds_close (void *self)
{
	struct rds *rds = self;
	aws_client_close (rds->client);
	pthread_mutex_destroy (&rds->mutex);
	arena_free (rds->arena);
}

static int
rds_open (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error)
{
	struct rds *rds = self;
	struct larder_open asked = { .size = sizeof asked };
	(void) call;
	larder_give (&asked, request);
	rds->name = asked.name ? asked.name : "rds";
	rds->server = asked.server;
	rds->read_only = asked.read_only;
	const struct aws_settings settings = aws_settings_on (asked.server, &rds->aws);
	int code = aws_client_open (larder_host, rds->name, "rds", &settings, &rds->client, error);
	if (code < 0)
		return code;
	pthread_mutex_init (&rds->mutex, NULL);
	rds->arena = arena_new ();
	if (rds->arena)
		return 0;
	rds_close (rds);
	return larder_fail_memory (error);
}

/* ---- one exchange ---- */

int
rds_exchange (struct rds *rds, struct larder_call *call, struct larder_arena *arena, struct aws_request *request, const char *what, struct aws_reply *ret,
          struct larder_error *error)
{
	const struct aws_send send = { .arena = arena, .request = request, .what = what, .plain_errors = true };
	int code = aws_request_check (request, error);
	return code < 0 ? code : aws_send (rds->client, call, &send, ret, error);
}

bool
rds_is_refusal (const struct aws_reply *reply, const char *word)
{
	return reply->fault && strstr (reply->fault->code, word);
}

int
rds_look (struct rds *rds, struct larder_call *call, struct larder_arena *arena, struct aws_request *request, const char *what, const char *absent, struct aws_reply *ret,
      struct larder_error *error)
{
	int code = rds_exchange (rds, call, arena, request, what, ret, error);
	if (code < 0 || !ret->fault)
		return code < 0 ? code : 1;
	return rds_is_refusal (ret, absent) ? 0 : aws_fault_error (ret->fault, what, error);
}

int
rds_find (struct rds *rds, struct larder_call *call, struct larder_arena *arena, const char *name, struct rds_instance *ret, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply = { 0 };
	char what[200];
	snprintf (what, sizeof what, "cannot look at database '%.100s'", name);
	rds_describe (&request, arena, name);
	int code = rds_look (rds, call, arena, &request, what, "DBInstanceNotFound", &reply, error);
	if (code <= 0)
		return code;
	code = rds_instance_read (reply.body, reply.length, arena, ret, error);
	return code < 0 ? code : 1;
}

/* ---- what it is ---- */

/* "{date}" is the day. */
static int
snapshot_name (const char *asked, struct larder_arena *arena, const char **ret, struct larder_error *error)
{
	const char *date = strstr (asked, "{date}");
	int year, month, day;
	text_year_month (larder_host->wall (), &year, &month, &day);
	*ret = date ? arena_printf (arena, "%.*s%04d-%02d-%02d%s", (int) (date - asked), asked, year, month, day, date + strlen ("{date}")) : asked;
	return *ret ? 0 : larder_fail_memory (error);
}

static int
supports (void *self, const struct larder_resource *resource, const struct larder_line *line, struct larder_error *error)
{
	const struct rds *rds = self;
	(void) resource, (void) line;
	return aws_server_has_all (rds->server, error);
}

/* What the sections say of its final snapshot, NULL or "none" among it, and the name it would get today. Is one of that name there? 1, 0, or a code. One that no
 * snapshot can be called is not asked for: RDS would refuse the question, and the plan has a refusal of its own. */
static int
look_at_final (struct rds *rds, struct larder_call *call, const struct larder_resource *resource, struct larder_arena *arena, const char **ret_asked,
               const char **ret_name, struct larder_error *error)
{
	struct lines desired;
	struct rds_snapshot there;
	lines_begin (&desired, arena);
	int code = resource->desired ? lines_take (&desired, resource->desired, error) : 0;
	*ret_asked = lines_value (&desired, "final-snapshot");
	*ret_name = NULL;
	if (code < 0 || !*ret_asked || strcmp (*ret_asked, "none") == 0)
		return code;
	code = snapshot_name (*ret_asked, arena, ret_name, error);
	return code < 0 || !text_is_name (*ret_asked, SNAPSHOT_MOST) ? code : rds_find_snapshot (rds, call, arena, *ret_name, &there, error);
}

static int
tell_instance (const struct rds_instance *instance, const char *taken, struct larder_arena *arena, larder_line_fn line, void *context, struct larder_error *error)
{
	struct lines lines;
	lines_begin (&lines, arena);
	lines_add (&lines, "final-snapshot-there", taken);
	lines_add (&lines, "deletion-protection", strcmp (instance->protection, "true") == 0 ? "yes" : "no");
	lines_add (&lines, "class", instance->class);
	lines_add (&lines, "engine", instance->engine);
	lines_add (&lines, "id", instance->arn);
	lines_add (&lines, "maintenance", instance->maintenance);
	lines_add (&lines, "retention", instance->retention);
	lines_add (&lines, "state", instance->status);
	lines_add (&lines, "window", instance->window);
	for (size_t n = 0; n < instance->log_count; n++)
		lines_add_in (&lines, "log", instance->logs[n], "", "yes");
	int code = lines_sort (&lines, error);
	return code < 0 ? code : lines_tell (&lines, line, context, error);
}

static int
database_read (void *self, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *context, uint32_t *ret_state,
               struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct rds_instance instance;
	const char *asked, *taken;
	int code = arena ? rds_find (self, call, arena, resource->identity, &instance, error) : larder_fail_memory (error);
	*ret_state = code > 0 ? rds_state (instance.status) : LARDER_RESOURCE_ABSENT;
	if (code <= 0)
		return code;
	code = look_at_final (self, call, resource, arena, &asked, &taken, error);
	return code < 0 ? code : tell_instance (&instance, code > 0 ? taken : NULL, arena, line, context, error);
}

/* ---- changing it ---- */

/* NULL unless it is to be another. */
static const char *
changed (const struct lines *is, const struct lines *will, const char *path)
{
	const char *now = lines_value (is, path), *then = lines_value (will, path);
	return then && (!now || strcmp (now, then) != 0) ? then : NULL;
}

/* Names of logs that are in one list and not in the other. */
static int
logs_without (const struct lines *in, const struct lines *other, const char *ret[RDS_LOGS_MOST + 1], struct larder_error *error)
{
	size_t count = 0;
	for (size_t n = 0; n < in->count; n++) {
		const char *path = in->at[n].path;
		if (path_matches ("log[*]", path) && !lines_find (other, path) && count < RDS_LOGS_MOST && !(ret[count++] = path_member (in->arena, strchr (path, '['))))
			return larder_fail_memory (error);
	}
	return 0;
}

static int
change_of (const struct larder_resource *resource, struct larder_arena *arena, struct rds_change *ret, struct larder_error *error)
{
	struct lines is, will;
	lines_begin (&is, arena);
	lines_begin (&will, arena);
	*ret = (struct rds_change) { .retention = NULL };
	int code = lines_take (&is, resource->observed, error);
	if (code == 0)
		code = lines_take (&will, resource->desired, error);
	if (code < 0)
		return code;
	const char *protection = changed (&is, &will, "deletion-protection");
	ret->retention = changed (&is, &will, "retention");
	ret->window = changed (&is, &will, "window");
	ret->protection = protection ? (strcmp (protection, "yes") == 0 ? "true" : "false") : NULL;
	code = logs_without (&will, &is, ret->enable, error);
	return code < 0 ? code : logs_without (&is, &will, ret->disable, error);
}

int
rds_refuse_read_only (const struct rds *rds, struct larder_error *error)
{
	return rds->read_only ? larder_fail_read_only (error, rds->name) : 0;
}

static int
database_update (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct rds_change change;
	struct aws_request request;
	struct aws_reply reply = { 0 };
	char what[200];
	int code = arena ? rds_refuse_read_only (self, error) : larder_fail_memory (error);
	if (code == 0)
		code = change_of (resource, arena, &change, error);
	if (code < 0 || !(change.retention || change.window || change.protection || change.enable[0] || change.disable[0]))
		return code;
	snprintf (what, sizeof what, "cannot change database '%.100s'", resource->identity);
	rds_modify (&request, arena, resource->identity, &change);
	code = rds_exchange (self, call, arena, &request, what, &reply, error);
	return code == 0 && reply.fault ? aws_fault_error (reply.fault, what, error) : code;
}

/* ---- its end ---- */

static bool
is_going (const struct rds_instance *instance)
{
	return strcmp (instance->status, "deleting") == 0;
}

/* Looked at again: is it being deleted, or gone? Whoever asks twice, the first answer being lost, is told that its state does not allow it, or that its
 * final snapshot is there: ours, then. */
static bool
is_on_its_way (struct rds *rds, struct larder_call *call, struct larder_arena *arena, const char *name)
{
	struct rds_instance instance;
	struct larder_error unheard = LARDER_ERROR_INIT;
	int there = rds_find (rds, call, arena, name, &instance, &unheard);
	return there == 0 || (there > 0 && is_going (&instance));
}

/* 1: it is on its way already. Else 0 and the name, NULL for none, which must have been asked for; or a code. */
static int
final_snapshot (struct rds *rds, struct larder_call *call, const struct larder_resource *resource, struct larder_arena *arena, const char **ret,
                struct larder_error *error)
{
	const char *asked;
	int code = look_at_final (rds, call, resource, arena, &asked, ret, error);
	if (code == 0 && !asked)
		return larder_fail_next (error, LARDER_E_INVALID, "final-snapshot = NAME, or skip-final-snapshot = yes", "database '%s' has no name for its final snapshot", resource->identity);
	if (code == 0 && *ret && !text_is_name (asked, SNAPSHOT_MOST))
		return larder_fail_next (error, LARDER_E_INVALID, "a letter, then letters, digits and single hyphens, none at the end, 255 at the most", "no final snapshot of database '%s' can be called '%s'",
			resource->identity, asked);
	if (code <= 0 || is_on_its_way (rds, call, arena, resource->identity))
		return code;
	return larder_fail_next (error, LARDER_E_CONFLICT, "another name: {date} in it makes one a day", "a snapshot '%s' is there already, so database '%s' is not removed", *ret, resource->identity);
}

static int
delete_it (struct rds *rds, struct larder_call *call, struct larder_arena *arena, const char *name, const char *snapshot, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply = { 0 };
	char what[200];
	snprintf (what, sizeof what, "cannot remove database '%.100s'", name);
	rds_delete (&request, arena, name, snapshot);
	int code = rds_exchange (rds, call, arena, &request, what, &reply, error);
	if (code < 0 || !reply.fault || rds_is_refusal (&reply, "DBInstanceNotFound"))
		return code;
	if ((rds_is_refusal (&reply, "InvalidDBInstanceState") || rds_is_refusal (&reply, "DBSnapshotAlreadyExists")) && is_on_its_way (rds, call, arena, name))
		return 0;
	return aws_fault_error (reply.fault, what, error);
}

static int
database_remove (void *self, struct larder_call *call, const struct larder_resource *resource, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct rds_instance instance;
	const char *snapshot;
	int code = arena ? rds_refuse_read_only (self, error) : larder_fail_memory (error);
	if (code == 0)
		code = rds_find (self, call, arena, resource->identity, &instance, error);
	if (code <= 0 || is_going (&instance))
		return code < 0 ? code : 0;
	if (strcmp (instance.protection, "true") == 0)
		return larder_fail_next (error, LARDER_E_CONFLICT, "protect = no, and larder infra apply, when it is really to go", "database '%s' has deletion protection", resource->identity);
	code = final_snapshot (self, call, resource, arena, &snapshot, error);
	return code == 0 ? delete_it (self, call, arena, resource->identity, snapshot, error) : code < 0 ? code : 0;
}

/* ---- rights ---- */

/* The snapshot's name with anything for the day in it. */
static void
on_snapshot (const struct aws_asked *asked, const char *name)
{
	const char *date = strstr (name, "{date}");
	if (date)
		aws_policy_on (asked->policy, "arn:%s:rds:%s:*:snapshot:%.*s*%s", asked->partition, asked->region, (int) (date - name), name, date + strlen ("{date}"));
	else
		aws_policy_on (asked->policy, "arn:%s:rds:%s:*:snapshot:%s", asked->partition, asked->region, name);
}

static void
allow_removal (const struct aws_asked *asked, const char *snapshot)
{
	aws_policy_allow (asked->policy, "RdsRemove", NULL, ACTIONS ("rds:CreateDBSnapshot", "rds:DeleteDBInstance"));
	aws_policy_on (asked->policy, "arn:%s:rds:%s:*:db:%s", asked->partition, asked->region, asked->request->identity);
	if (!snapshot)
		return;
	aws_policy_allow (asked->policy, "RdsSnapshot", NULL, ACTIONS ("rds:CreateDBSnapshot"));
	on_snapshot (asked, snapshot);
}

/* A Sid for each database, for each has a condition of its own. */
static void
allow_tagged (const struct aws_asked *asked, const char *what, const char *const *actions, const char *const *kinds, const char *key)
{
	CLEANUP_BUFFER struct buffer sid;
	char from[300];
	buffer_init (&sid, 1024);
	buffer_add_text (&sid, what);
	aws_policy_word (&sid, asked->request->identity);
	aws_policy_allow (asked->policy, buffer_text (&sid), NULL, actions);
	for (; *kinds; kinds++)
		aws_policy_on (asked->policy, "arn:%s:rds:%s:*:%s:*", asked->partition, asked->region, *kinds);
	snprintf (from, sizeof from, "%.200s@*", asked->request->identity);
	aws_policy_when (asked->policy, "StringLike", key, from);
}

/* What is restored has any name, and is known by the tag that says from what. */
static void
allow_restore (const struct aws_asked *asked)
{
	static const char *const kinds[] = { "db", "og", "pg", "subgrp", NULL };
	static const char *const databases[] = { "db", NULL }, *const snapshots[] = { "og", "snapshot", NULL };
	aws_policy_allow (asked->policy, AWS_ANYTHING, NULL, ACTIONS ("rds:DescribeDBInstanceAutomatedBackups", "rds:DescribeDBInstances", "rds:DescribeDBSnapshots"));
	aws_policy_on (asked->policy, "*");
	allow_tagged (asked, "RdsCopy", ACTIONS ("rds:AddTagsToResource", "rds:CopyDBSnapshot"), snapshots, "aws:RequestTag/" RDS_COPY_TAG);
	allow_tagged (asked, "RdsRestore", ACTIONS ("rds:AddTagsToResource", "rds:RestoreDBInstanceToPointInTime"), kinds, "aws:RequestTag/" RDS_RESTORE_TAG);
	allow_tagged (asked, "RdsSettle", ACTIONS ("rds:ModifyDBInstance"), databases, "aws:ResourceTag/" RDS_RESTORE_TAG);
}

static int
allow_all (struct aws_asked *asked, const void *driver, struct larder_error *error)
{
	const char *name = lines_value (&asked->desired, "final-snapshot"), *snapshot = name && strcmp (name, "none") != 0 ? name : NULL;
	(void) driver, (void) error;
	if (strcmp (asked->request->role, "operator") != 0)
		return 0;
	aws_policy_allow (asked->policy, "RdsKeep", NULL, ACTIONS ("rds:ModifyDBInstance"));
	aws_policy_on (asked->policy, "arn:%s:rds:%s:*:db:%s", asked->partition, asked->region, asked->request->identity);
	if (!asked->request->stays)
		allow_removal (asked, snapshot);
	allow_restore (asked);
	return 0;
}

static int
database_policy (void *self, struct larder_call *call, const struct larder_policy *request, const struct larder_sink *sink, uint64_t *ret_most, struct larder_error *error)
{
	(void) call;
	return aws_policy_write (request, aws_client_region (((const struct rds *) self)->client), allow_all, NULL, sink, ret_most, error);
}

/* ---- the table ---- */

static const struct larder_path_rule paths[] = {
	{ "class", LARDER_STRING, LARDER_PATH_COMPUTED, "what it runs on" },
	{ "deletion-protection", LARDER_BOOL, LARDER_PATH_OPTIONAL | LARDER_PATH_KEEPS, "removal is refused while it is on" },
	{ "engine", LARDER_STRING, LARDER_PATH_COMPUTED, "what it is" },
	{ "final-snapshot", LARDER_STRING, LARDER_PATH_COMPUTED, "taken before it goes" },
	{ "final-snapshot-there", LARDER_STRING, LARDER_PATH_COMPUTED, "its name today, where there is one of that name already: then it would not go" },
	{ "id", LARDER_STRING, LARDER_PATH_COMPUTED, "what others name it by" },
	{ "log[*]", LARDER_BOOL, 0, "logs that are exported" },
	{ "maintenance", LARDER_STRING, LARDER_PATH_COMPUTED, "of each week, UTC; no backup window may be then" },
	{ "retention", LARDER_INT, LARDER_PATH_OPTIONAL, "days" },
	{ "state", LARDER_STRING, LARDER_PATH_COMPUTED, "as the service calls it" },
	{ "window", LARDER_STRING, LARDER_PATH_OPTIONAL, "of the daily backup, UTC" },
	{ 0 }
};

static const struct larder_resource_type resources[] = {
	{ .name = "database", .summary = "how a database instance is protected", .paths = paths, .path_stride = sizeof *paths, .read = database_read,
	  .update = database_update, .remove = database_remove, .supports = supports, .traps = database_traps, .trap_stride = sizeof *database_traps, .known_traps = known_traps, .words = database_words, .words_stride = sizeof *database_words },
	{ 0 }
};

static int
rds_export (void *self, struct larder_call *call, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error)
{
	static const char *const services[] = { "rds", NULL };
	const struct rds *rds = self;
	const struct aws_terraform_export of = { "rds", rds->name, aws_client_region (rds->client), &rds->aws, services, rds_terraform };
	(void) call;
	return aws_terraform_export (&of, request, sink, error);
}

static const struct larder_driver driver = {
	.head = LARDER_DRIVER_HEAD, .name = "rds", .version = "0.1.0", .summary = "how databases of RDS are protected",
	.threads = LARDER_THREADS_PARALLEL, .options = options, .self_size = sizeof (struct rds), .resources = resources, .resource_stride = sizeof *resources,
	.open = rds_open, .close = rds_close, .policy = database_policy, .export_resource = rds_export,
	.action_start = rds_action_start, .action_poll = rds_action_poll, .backups = rds_backups,
};
LARDER_DRIVER (driver)
