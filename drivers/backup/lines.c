/* lines.c: a plan and its selections as lines. Pure. */
#include "wire.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "lines.h"

static void
add_number (struct lines *lines, const char *rule, const char *below, const json_t *value)
{
	char number[32];
	snprintf (number, sizeof number, "%lld", (long long) json_integer_value (value));
	if (json_is_integer (value))
		lines_add_in (lines, "rule", rule, below, number);
}

static void
add_copies (struct lines *lines, const char *rule, const json_t *copies)
{
	const json_t *one;
	size_t index;
	const char *set = path_of_member (lines->arena, "rule", rule, ".copy"), *told;
	json_array_foreach (copies, index, one) {
		told = set ? backup_copy_told (one, lines->arena) : NULL;
		if (told && *backup_text (one, "DestinationBackupVaultArn"))
			lines_add_in (lines, set, backup_text (one, "DestinationBackupVaultArn"), "", told);
		lines->failed = lines->failed || !told;
	}
}

bool
backup_has_vault (const json_t *vaults, const char *name)
{
	const json_t *one;
	size_t index;
	json_array_foreach (vaults, index, one)
		if (strcmp (backup_text (one, "BackupVaultName"), name) == 0)
			return true;
	return false;
}

static void
add_rule (struct lines *lines, const json_t *rule, const json_t *vaults)
{
	const char *name = backup_text (rule, "RuleName"), *vault = backup_text (rule, "TargetBackupVaultName");
	const json_t *life = json_object_get (rule, "Lifecycle");
	if (!*name)
		return;
	lines_add_in (lines, "rule", name, ".vault", vault);
	lines_add_in (lines, "rule", name, ".vault-missing", backup_has_vault (vaults, vault) ? NULL : vault);
	lines_add_in (lines, "rule", name, ".schedule", backup_text (rule, "ScheduleExpression"));
	add_number (lines, name, ".cold-after", json_object_get (life, "MoveToColdStorageAfterDays"));
	add_number (lines, name, ".delete-after", json_object_get (life, "DeleteAfterDays"));
	for (const struct backup_field *field = backup_fields; field->below; field++)
		lines_add_in (lines, "rule", name, field->below, backup_field_told (field, rule, lines->arena));
	add_copies (lines, name, json_object_get (rule, "CopyActions"));
	const char *others = path_of_member (lines->arena, "rule", name, ".other");
	backup_tell_others (lines, others, "", rule, backup_rule_known);
	backup_tell_others (lines, others, "Lifecycle.", life, backup_life_known);
}

static void
add_selection (struct lines *lines, const char *id, const json_t *selection)
{
	const char *name = backup_text (selection, "SelectionName");
	if (!*name)
		return;
	lines_add_in (lines, "selection", name, ".id", id);
	lines_add_in (lines, "selection", name, ".role", backup_text (selection, "IamRoleArn"));
	const char *set = path_of_member (lines->arena, "selection", name, ".resource");
	const json_t *one;
	size_t index;
	json_array_foreach (json_object_get (selection, "Resources"), index, one)
		if (set && json_is_string (one))
			lines_add_in (lines, set, json_string_value (one), "", "yes");
	lines->failed = lines->failed || !set;
	backup_tell_others (lines, path_of_member (lines->arena, "selection", name, ".other"), "", selection, backup_selection_known);
}

int
backup_tell (const struct backup_state *state, struct larder_arena *arena, larder_line_fn line, void *context, struct larder_error *error)
{
	struct lines lines;
	const json_t *one;
	size_t index;
	lines_begin (&lines, arena);
	lines_add (&lines, "id", state->arn);
	backup_tell_others (&lines, "other", "", state->plan, backup_plan_known);
	json_array_foreach (json_object_get (state->plan, "Rules"), index, one)
		add_rule (&lines, one, state->vaults);
	json_array_foreach (state->selections, index, one)
		add_selection (&lines, backup_text (one, "id"), json_object_get (one, "selection"));
	int code = lines_sort (&lines, error);
	return code < 0 ? code : lines_tell (&lines, line, context, error);
}
