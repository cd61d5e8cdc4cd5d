/* jobs.c: what AWS Backup keeps, and what it is doing: recovery points, and jobs that make them. */
#include "backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "error.h"

struct listing { struct backup *backup; struct larder_call *call; struct larder_arena *arena; larder_backup_fn told; void *context; };

/* ---- what a document tells ---- */

uint32_t
backup_state_of (const char *status)
{
	static const char *const running[] = { "CREATED", "PENDING", "RUNNING", "ABORTING", "CREATING", NULL }, *const done[] = { "COMPLETED", "AVAILABLE", NULL };
	for (const char *const *one = running; *one; one++)
		if (strcmp (status, *one) == 0)
			return LARDER_ACTION_RUNNING;
	for (const char *const *one = done; *one; one++)
		if (strcmp (status, *one) == 0)
			return LARDER_ACTION_DONE;
	return LARDER_ACTION_FAILED;
}

static int64_t
time_of (const json_t *object, const char *name)
{
	return (int64_t) (json_number_value (json_object_get (object, name)) * 1000) * (NS_PER_S / 1000);
}

static uint64_t
bytes_of (const json_t *object)
{
	const json_t *bytes = json_object_get (object, "BackupSizeInBytes");
	return json_is_integer (bytes) && json_integer_value (bytes) >= 0 ? (uint64_t) json_integer_value (bytes) : UINT64_MAX;
}

/* "93.0" */
int32_t
backup_percent (const json_t *job)
{
	const char *text = backup_text (job, "PercentDone");
	double percent = *text ? strtod (text, NULL) : -1;
	return percent >= 0 && percent <= 100 ? (int32_t) percent : -1;
}

static const char *
or_null (const char *text)
{
	return *text ? text : NULL;
}

static int
tell (const struct listing *listing, const json_t *object, const char *id, const char *status, struct larder_error *error)
{
	const struct larder_backup one = {
		.size = sizeof one, .id = backup_text (object, id), .resource = backup_text (object, "ResourceArn"), .kind = or_null (backup_text (object, "ResourceType")),
		.place = or_null (backup_text (object, "BackupVaultName")), .state = backup_state_of (backup_text (object, status)), .status = backup_text (object, status),
		.message = or_null (backup_text (object, "StatusMessage")), .begun = time_of (object, "CreationDate"), .ended = time_of (object, "CompletionDate"),
		.expires = time_of (json_object_get (object, "CalculatedLifecycle"), "DeleteAt"), .bytes = bytes_of (object), .percent = backup_percent (object),
	};
	return listing->told (listing->context, &one, error);
}

/* ---- of each vault of the plan ---- */

static int
list_vault (const struct listing *listing, const char *vault, bool jobs, struct larder_error *error)
{
	CLEANUP_JSON json_t *all = NULL;
	const json_t *one;
	size_t index;
	const struct larder_pair of = { "backupVaultName", vault };
	const char *path = jobs ? "backup-jobs/" : arena_printf (listing->arena, "backup-vaults/%s/recovery-points/", vault);
	int code = path ? backup_list (listing->backup, listing->call, listing->arena, path, jobs ? &of : NULL, jobs ? "BackupJobs" : "RecoveryPoints", &all, error) : larder_fail_memory (error);
	json_array_foreach (all, index, one)
		if (code == 0)
			code = tell (listing, one, jobs ? "BackupJobId" : "RecoveryPointArn", jobs ? "State" : "Status", error);
	return code;
}

static int
list_plan (const struct listing *listing, const char *plan, bool jobs, struct larder_error *error)
{
	struct backup_state state;
	CLEANUP_JSON json_t *seen = json_object ();
	const json_t *rule;
	size_t index;
	int code = backup_find (listing->backup, listing->call, listing->arena, plan, &state, error);
	if (code == 0)
		return larder_fail_next (error, LARDER_E_NOTFOUND, "larder infra apply makes it", "there is no backup plan '%s'", plan);
	code = code < 0 ? code : 0;
	json_array_foreach (code < 0 ? NULL : json_object_get (state.plan, "Rules"), index, rule) {
		const char *vault = backup_text (rule, "TargetBackupVaultName");
		if (code < 0 || json_object_get (seen, vault))
			continue;
		json_object_set_new (seen, vault, json_true ());
		code = list_vault (listing, vault, jobs, error);
	}
	backup_state_end (&state);
	return code;
}

static int
look_at_job (const struct listing *listing, const char *id, struct larder_error *error)
{
	CLEANUP_JSON json_t *job = NULL;
	int code = backup_job (listing->backup, listing->call, listing->arena, "backup", id, &job, error);
	return code < 0 ? code : tell (listing, job, "BackupJobId", "State", error);
}

int
backup_backups (void *self, struct larder_call *call, const struct larder_backups *request, larder_backup_fn backup, void *context, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const struct listing listing = { self, call, arena, backup, context };
	struct larder_backups asked = { .size = sizeof asked };
	larder_give (&asked, request);
	int code = arena ? aws_server_has_all (listing.backup->server, error) : larder_fail_memory (error);
	if (code < 0)
		return code;
	return asked.id ? look_at_job (&listing, asked.id, error) : list_plan (&listing, asked.identity, asked.what == LARDER_BACKUPS_JOBS, error);
}
