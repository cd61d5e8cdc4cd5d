/* backup.c: the driver of AWS Backup: options, life, one exchange, the resource type. */
#include "backup.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "terraform.h"
#include "traps.h"
#include "words.h"

static const struct larder_option options[] = { AWS_CLIENT_OPTIONS (struct backup, aws), { .key = NULL } };

static void
backup_close (void *self)
{
	struct backup *backup = self;
	aws_client_close (backup->client);
	aws_client_close (backup->roles);
	pthread_mutex_destroy (&backup->mutex);
	pthread_mutex_destroy (&backup->going);
	arena_free (backup->arena);
}

static int
backup_open (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error)
{
	struct backup *backup = self;
	struct larder_open asked = { .size = sizeof asked };
	(void) call;
	larder_give (&asked, request);
	backup->name = asked.name ? asked.name : "backup";
	backup->server = asked.server;
	backup->read_only = asked.read_only;
	const struct aws_settings settings = aws_settings_on (asked.server, &backup->aws);
	int code = aws_client_open (larder_host, backup->name, "backup", &settings, &backup->client, error);
	if (code == 0)
		code = aws_client_open (larder_host, backup->name, "iam", &settings, &backup->roles, error);
	backup->arena = code == 0 ? arena_new () : NULL;
	pthread_mutex_init (&backup->mutex, NULL);
	pthread_mutex_init (&backup->going, NULL);
	if (code == 0 && !backup->arena)
		code = larder_fail_memory (error);
	if (code < 0)
		backup_close (backup);
	return code;
}

/* ---- one exchange ---- */

static int
parse (const struct aws_reply *reply, json_t **ret, struct larder_error *error)
{
	*ret = reply->length ? json_loadb (reply->body, reply->length, JSON_REJECT_DUPLICATES, NULL) : json_object ();
	return *ret ? 0 : larder_fail_next (error, LARDER_E_INTEGRITY, "look whether something else than AWS Backup answers at that endpoint", "the reply is no JSON");
}

int
backup_ask (struct backup *backup, struct larder_call *call, struct larder_arena *arena, const char *method, const char *path, json_t *body, const struct larder_pair *query,
            const char *forgiven, json_t **ret, bool *ret_forgiven, struct larder_error *error)
{
	struct aws_request request;
	struct aws_reply reply = { 0 };
	char what[200];
	snprintf (what, sizeof what, "cannot %s '%.150s' of AWS Backup", strcmp (method, "GET") == 0 ? "read" : strcmp (method, "DELETE") == 0 ? "remove" : "write", path);
	backup_request (&request, arena, method, path, body, query);
	const struct aws_send send = { .arena = arena, .request = &request, .what = what, .plain_errors = true };
	int code = aws_exchange (backup->client, call, &send, forgiven, &reply, error);
	if (code < 0)
		return code;
	if (ret_forgiven)
		*ret_forgiven = code > 0;
	return code > 0 ? 0 : parse (&reply, ret, error);
}

int
backup_refuse_read_only (const struct backup *backup, struct larder_error *error)
{
	return backup->read_only ? larder_fail_read_only (error, backup->name) : 0;
}

/* ---- the type ---- */

static int
supports (void *self, const struct larder_resource *resource, const struct larder_line *line, struct larder_error *error)
{
	const struct backup *backup = self;
	(void) resource;
	int code = aws_server_has_all (backup->server, error);
	if (code < 0)
		return code;
	const char *region = aws_client_region (backup->client);
	if (aws_region_apart (region) && line && line->value && strcmp (line->value, "auto") == 0 && strstr (line->path, "].role"))
		return larder_fail (error, LARDER_E_UNSUPPORTED, "in %s a role is not made here: role = ARN", region);
	return 0;
}

static int
backup_read (void *self, struct larder_call *call, const struct larder_resource *resource, larder_line_fn line, void *context, uint32_t *ret_state,
             struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct backup *backup = self;
	struct backup_state state;
	unsigned times;
	int code = arena ? 0 : larder_fail_memory (error);
	*ret_state = LARDER_RESOURCE_ABSENT;
	if (code == 0)
		code = backup_note (backup, &backup->seen, resource->identity, &times, error);
	if (code == 0)
		code = backup_find (self, call, arena, resource->identity, &state, error);
	*ret_state = code > 0 ? LARDER_RESOURCE_READY : LARDER_RESOURCE_ABSENT;
	if (code <= 0)
		return code;
	code = backup_role_tell (self, call, arena, resource->identity, &state, error);
	if (code == 0)
		code = backup_tell (&state, arena, line, context, error);
	backup_state_end (&state);
	return code;
}

static const struct larder_path_rule paths[] = {
	{ "id", LARDER_STRING, LARDER_PATH_COMPUTED, "what others name it by" },
	{ "other[*]", LARDER_STRING, 0, "of the plan, by others: what it says, or its SHA-256" },
	{ "rule[*].cold-after", LARDER_INT, 0, "days" },
	{ "rule[*].copy[*]", LARDER_STRING, 0, "vault that copies go to: yes, or cold-after DAYS, delete-after DAYS" },
	{ "rule[*].delete-after", LARDER_INT, 0, "days" },
	{ "rule[*].end-within", LARDER_INT, LARDER_PATH_DOCUMENT, "minutes until it must be done, other than the service's 10080" },
	{ "rule[*].other[EnableContinuousBackup]", LARDER_STRING, 0, "by others: each change is kept, and not what was there at the time" },
	{ "rule[*].other[Lifecycle.OptInToArchiveForSupportedResources]", LARDER_STRING, 0, "by others: more kinds become cold" },
	{ "rule[*].other[TargetLogicallyAirGappedBackupVaultArn]", LARDER_STRING, 0, "by others: another vault" },
	{ "rule[*].other[*]", LARDER_STRING, LARDER_PATH_DOCUMENT, "of a rule, by others: what it says, or its SHA-256" },
	{ "rule[*].schedule", LARDER_STRING, LARDER_PATH_OPTIONAL, "when, six fields, UTC" },
	{ "rule[*].start-within", LARDER_INT, LARDER_PATH_DOCUMENT, "minutes until it must have begun, other than the service's 480" },
	{ "rule[*].vault", LARDER_STRING, LARDER_PATH_REQUIRED, "where" },
	{ "rule[*].vault-missing", LARDER_STRING, 0, "told alone: its vault, where that is gone" },
	{ "rule[*].zone", LARDER_STRING, 0, "time zone of when, other than UTC" },
	{ "selection[*].id", LARDER_STRING, LARDER_PATH_COMPUTED, "what the service calls it" },
	{ "selection[*].other[*]", LARDER_STRING, 0, "by others: what narrows or widens it" },
	{ "selection[*].resource[*]", LARDER_BOOL, 0, "what" },
	{ "selection[*].role", LARDER_STRING, LARDER_PATH_REQUIRED, "as whom" },
	{ 0 }
};

static const struct larder_resource_type resources[] = {
	{ .name = "backup", .summary = "a plan: what is backed up, where to, and when", .paths = paths, .path_stride = sizeof *paths, .read = backup_read, .create = backup_create,
	  .update = backup_update, .remove = backup_remove, .supports = supports, .traps = backup_traps, .trap_stride = sizeof *backup_traps, .known_traps = known_traps, .words = backup_words, .words_stride = sizeof *backup_words },
	{ 0 }
};

static int
backup_export (void *self, struct larder_call *call, const struct larder_export *request, const struct larder_sink *sink, struct larder_error *error)
{
	static const char *const services[] = { "backup", "iam", NULL };
	const struct backup *backup = self;
	const struct aws_terraform_export of = { "backup", backup->name, aws_client_region (backup->client), &backup->aws, services, backup_terraform };
	(void) call;
	return aws_terraform_export (&of, request, sink, error);
}

static const struct larder_driver driver = {
	.head = LARDER_DRIVER_HEAD, .name = "backup", .version = "0.1.0", .summary = "plans, vaults and selections of AWS Backup",
	.threads = LARDER_THREADS_PARALLEL, .options = options, .self_size = sizeof (struct backup), .resources = resources, .resource_stride = sizeof *resources,
	.open = backup_open, .close = backup_close, .policy = backup_policy, .export_resource = backup_export,
	.action_start = backup_action_start, .action_poll = backup_action_poll, .backups = backup_backups,
};
LARDER_DRIVER (driver)
