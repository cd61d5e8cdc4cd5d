/* action.c: a backup beside those of the plan, and what was kept coming back. */
#include "backup.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "arguments.h"
#include "error.h"
#include "give.h"

struct acting {
	struct backup *backup;
	struct larder_call *call;
	struct larder_arena *arena;
	struct larder_action asked;
	const char *resource, *rule, *point, *to, *role;
	const char *try;                 /* look at it all, and begin nothing */
	struct backup_state state;
	const char *id;                  /* of the job */
};

/* Jobs by what the service calls them, their ids and what they made, which is `result` here. */
static const struct kind { const char *name, *path, *id, *status, *result, *made; } kinds[] = {
	{ "backup", "backup-jobs", "BackupJobId", "State", "point", "RecoveryPointArn" },
	{ "restore", "restore-jobs", "RestoreJobId", "Status", "resource", "CreatedResourceArn" },
};

static const struct kind *
kind_of (const char *name)
{
	for (size_t n = 0; n < sizeof kinds / sizeof *kinds; n++)
		if (strcmp (kinds[n].name, name) == 0)
			return &kinds[n];
	return NULL;
}

static int
read_arguments (struct acting *acting, struct larder_error *error)
{
	const struct argument known[] = {
		{ "resource", &acting->resource }, { "rule", &acting->rule }, { "point", &acting->point }, { "to", &acting->to }, { "role", &acting->role }, { "try", &acting->try }, { NULL, NULL },
	};
	return arguments_read (acting->asked.kind, &acting->asked.arguments, known, error);
}

/* ---- by what the plan says ---- */

static int
find_plan (struct acting *acting, struct larder_error *error)
{
	int code = backup_find (acting->backup, acting->call, acting->arena, acting->asked.target, &acting->state, error);
	return code != 0 ? code : larder_fail_next (error, LARDER_E_NOTFOUND, "larder infra apply makes it", "there is no backup plan '%s'", acting->asked.target);
}

static bool
selects (const json_t *selection, const char *resource)
{
	const json_t *one;
	size_t index;
	json_array_foreach (json_object_get (selection, "Resources"), index, one)
		if (json_is_string (one) && strcmp (json_string_value (one), resource) == 0)
			return true;
	return false;
}

/* As whom: who is to do so for the plan. NULL resource: any of them. */
static int
find_role (struct acting *acting, struct larder_error *error)
{
	const json_t *one;
	size_t index;
	json_array_foreach (acting->state.selections, index, one) {
		const json_t *selection = json_object_get (one, "selection");
		if (!acting->role && (!acting->resource || selects (selection, acting->resource)))
			acting->role = backup_text (selection, "IamRoleArn");
	}
	if (acting->role)
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "name it in `resources` of the [backup], and larder infra apply", "the backup plan '%s' does not select '%s'", acting->asked.target,
		acting->resource ? acting->resource : "anything");
}

static int
find_rule (const struct acting *acting, const json_t **ret, struct larder_error *error)
{
	const json_t *rules = json_object_get (acting->state.plan, "Rules"), *one;
	const char *names = "";
	size_t index;
	json_array_foreach (rules, index, one) {
		if (acting->rule && strcmp (backup_text (one, "RuleName"), acting->rule) == 0)
			return *ret = one, 0;
		names = names ? arena_printf (acting->arena, "%s%s%s", names, *names ? ", " : "", backup_text (one, "RuleName")) : NULL;
	}
	if (!names)
		return larder_fail_memory (error);
	if (!acting->rule && json_array_size (rules) == 1)
		return *ret = json_array_get (rules, 0), 0;
	return larder_fail_next (error, LARDER_E_INVALID, names, acting->rule ? "the backup plan '%s' has no rule '%s'" : "the backup plan '%s' has several rules: say which", acting->asked.target, acting->rule);
}

/* ---- a backup ---- */

/* One of that resource that no plan asked for, and that is under way: its id; NULL. */
static int
find_under_way (struct acting *acting, const char *vault, struct larder_error *error)
{
	CLEANUP_JSON json_t *all = NULL;
	const json_t *one;
	size_t index;
	const struct larder_pair of = { "resourceArn", acting->resource };
	int code = backup_list (acting->backup, acting->call, acting->arena, "backup-jobs/", &of, "BackupJobs", &all, error);
	json_array_foreach (all, index, one) {
		bool ours = !json_is_object (json_object_get (one, "CreatedBy")) && strcmp (backup_text (one, "BackupVaultName"), vault) == 0;
		if (ours && backup_state_of (backup_text (one, "State")) == LARDER_ACTION_RUNNING)
			acting->id = arena_copy (acting->arena, backup_text (one, "BackupJobId"));
	}
	return code;
}

static int
ask (struct acting *acting, json_t *body, struct larder_error *error)
{
	CLEANUP_JSON json_t *reply = NULL;
	const struct kind *kind = kind_of (acting->asked.kind);
	int code = backup_ask (acting->backup, acting->call, acting->arena, "PUT", kind->path, body, NULL, NULL, &reply, NULL, error);
	if (code < 0)
		return code;
	acting->id = arena_copy (acting->arena, backup_text (reply, kind->id));
	return acting->id && *acting->id ? 0 : larder_fail (error, LARDER_E_INTEGRITY, "the reply tells of no job");
}

static int
start_backup (struct acting *acting, struct larder_error *error)
{
	const json_t *rule = NULL;
	int code = acting->resource ? find_role (acting, error) : larder_fail (error, LARDER_E_INVALID, "a backup is of a resource");
	if (code == 0)
		code = find_rule (acting, &rule, error);
	if (code == 0)
		code = find_under_way (acting, backup_text (rule, "TargetBackupVaultName"), error);
	if (code < 0 || acting->id || acting->try)
		return code;
	json_t *body = json_pack ("{s:O, s:s, s:s, s:s, s:O*}", "BackupVaultName", json_object_get (rule, "TargetBackupVaultName"), "ResourceArn", acting->resource, "IamRoleArn", acting->role,
		"IdempotencyToken", acting->asked.client_token, "Lifecycle", json_object_get (rule, "Lifecycle"));
	return ask (acting, body, error);
}

/* ---- a restore ---- */

/* What the service kept beside the files; a new file system wants a name of its own, one that is there takes them in a folder of their own. */
static json_t *
metadata_of (const struct acting *acting, const json_t *kept)
{
	json_t *metadata = json_deep_copy (kept);
	if (!metadata)
		return NULL;
	json_object_set_new (metadata, "newFileSystem", json_string (acting->to ? "false" : "true"));
	if (acting->to) {
		const char *slash = strrchr (acting->to, '/');
		json_object_set_new (metadata, "file-system-id", json_string (slash ? slash + 1 : acting->to));
	} else {
		json_object_set_new (metadata, "CreationToken", json_string (acting->asked.client_token));
	}
	return metadata;
}

/* The vault in whose list it is. */
static int
read_kept (struct acting *acting, json_t **ret, struct larder_error *error)
{
	const json_t *rule = NULL;
	size_t index;
	bool absent = true;
	json_array_foreach (json_object_get (acting->state.plan, "Rules"), index, rule) {
		const char *path = arena_printf (acting->arena, "backup-vaults/%s/recovery-points/%s/restore-metadata", backup_text (rule, "TargetBackupVaultName"), acting->point);
		int code = path ? backup_ask (acting->backup, acting->call, acting->arena, "GET", path, NULL, NULL, "ResourceNotFoundException", ret, &absent, error) : larder_fail_memory (error);
		if (code < 0 || !absent)
			return code;
	}
	return larder_fail_next (error, LARDER_E_NOTFOUND, "larder backup ls tells what there is", "no vault of the backup plan '%s' holds '%s'", acting->asked.target, acting->point);
}

static int
start_restore (struct acting *acting, struct larder_error *error)
{
	CLEANUP_JSON json_t *kept = NULL;
	int code = acting->point ? find_role (acting, error) : larder_fail (error, LARDER_E_INVALID, "a restore is of a recovery point");
	if (code == 0)
		code = read_kept (acting, &kept, error);
	if (code < 0 || acting->try)
		return code;
	json_t *metadata = metadata_of (acting, json_object_get (kept, "RestoreMetadata"));
	json_t *body = metadata ? json_pack ("{s:s, s:o, s:s, s:s, s:O*}", "RecoveryPointArn", acting->point, "Metadata", metadata, "IamRoleArn", acting->role, "IdempotencyToken",
		acting->asked.client_token, "ResourceType", json_object_get (kept, "ResourceType")) : NULL;
	return body ? ask (acting, body, error) : larder_fail_memory (error);
}

/* ---- begun, and asked about ---- */

static int
give (struct larder_call *call, const char *text, const char **ret, struct larder_error *error)
{
	*ret = give_text (call, text);
	return *ret ? 0 : larder_fail_memory (error);
}

static int
start (struct acting *acting, struct larder_error *error)
{
	int code = aws_server_has_all (acting->backup->server, error);
	if (code == 0)
		code = backup_refuse_read_only (acting->backup, error);
	if (code == 0)
		code = read_arguments (acting, error);
	if (code == 0)
		code = find_plan (acting, error);
	if (code < 0)
		return code;
	code = strcmp (acting->asked.kind, "backup") == 0 ? start_backup (acting, error) : start_restore (acting, error);
	backup_state_end (&acting->state);
	return code;
}

int
backup_action_start (void *self, struct larder_call *call, const struct larder_action *action, const char **ret_token, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct acting acting = { .backup = self, .call = call, .arena = arena, .asked = { .size = sizeof acting.asked } };
	larder_give (&acting.asked, action);
	if (!arena)
		return larder_fail_memory (error);
	if (!kind_of (acting.asked.kind))
		return larder_fail (error, LARDER_E_UNSUPPORTED, "AWS Backup has no action '%s'", acting.asked.kind);
	int code = start (&acting, error);
	return code < 0 ? code : give (call, acting.id ? acting.id : "", ret_token, error);
}

int
backup_job (struct backup *backup, struct larder_call *call, struct larder_arena *arena, const char *kind, const char *id, json_t **ret, struct larder_error *error)
{
	bool absent = false;
	const char *path = arena_printf (arena, "%s/%s", kind_of (kind)->path, id);
	int code = path ? backup_ask (backup, call, arena, "GET", path, NULL, NULL, "ResourceNotFoundException", ret, &absent, error) : larder_fail_memory (error);
	return code == 0 && absent ? larder_fail_next (error, LARDER_E_NOTFOUND, "larder backup status tells which there are", "there is no %s job '%s'", kind, id) : code;
}

static int
give_result (struct larder_call *call, const json_t *job, const struct kind *kind, struct larder_progress *progress, struct larder_error *error)
{
	struct larder_pair *pair = larder_host->arena (call, sizeof *pair);
	if (!pair)
		return larder_fail_memory (error);
	pair->name = kind->result;
	progress->results = (struct larder_pairs) { pair, 1, sizeof *pair };
	return give (call, backup_text (job, kind->made), &pair->value, error);
}

/* As its services word it that the role may not. */
static bool
is_about_role (const char *why)
{
	static const char *const words[] = { "privilege", "permission", "denied", "authorized", NULL };
	for (const char *const *word = words; *word; word++)
		if (strcasestr (why, *word))
			return true;
	return false;
}

/* A role that backs up need not be one that may restore, and the service's words tell neither which it was nor what it lacks. NULL: no memory. */
static const char *
message_of (struct larder_arena *arena, const json_t *job, const struct kind *kind, uint32_t state)
{
	const char *why = backup_text (job, "StatusMessage"), *told = *why ? why : backup_text (job, kind->status);
	if (state != LARDER_ACTION_FAILED || strcmp (kind->name, "restore") != 0)
		return told;
	return arena_printf (arena, "%s (as %s%s)", told, backup_text (job, "IamRoleArn"), is_about_role (told) ? ", which needs what AWSBackupServiceRolePolicyForRestores allows; --role names another" : "");
}

int
backup_action_poll (void *self, struct larder_call *call, const char *kind, const char *token, struct larder_progress *ret_progress, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_JSON json_t *job = NULL;
	const struct kind *of = kind_of (kind);
	struct larder_progress progress = { .size = sizeof progress };
	if (!of)
		return larder_fail (error, LARDER_E_INVALID, "AWS Backup has no action '%s'", kind);
	int code = arena ? backup_job (self, call, arena, kind, token, &job, error) : larder_fail_memory (error);
	if (code < 0)
		return code;
	progress.state = backup_state_of (backup_text (job, of->status));
	progress.percent = backup_percent (job);
	code = give (call, message_of (arena, job, of, progress.state), &progress.message, error);
	if (code == 0 && progress.state == LARDER_ACTION_DONE)
		code = give_result (call, job, of, &progress, error);
	if (code == 0)
		larder_give (ret_progress, &progress);
	return code;
}
