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

/* SET[MEMBER]BELOW of each text in a list is a member of its own. */
static void
add_members (struct lines *lines, const char *set, const char *member, const char *below, const json_t *list, const char *key)
{
	const json_t *one;
	size_t index;
	char *inner = path_of_member (lines->arena, set, member, below);
	json_array_foreach (list, index, one) {
		const char *name = key ? backup_text (one, key) : json_is_string (one) ? json_string_value (one) : "";
		if (inner && *name)
			lines_add_in (lines, inner, name, "", "yes");
	}
	lines->failed = lines->failed || !inner;
}

static void
add_rule (struct lines *lines, const json_t *rule)
{
	const char *name = backup_text (rule, "RuleName");
	const json_t *life = json_object_get (rule, "Lifecycle");
	if (!*name)
		return;
	lines_add_in (lines, "rule", name, ".vault", backup_text (rule, "TargetBackupVaultName"));
	lines_add_in (lines, "rule", name, ".schedule", backup_text (rule, "ScheduleExpression"));
	add_number (lines, name, ".cold-after", json_object_get (life, "MoveToColdStorageAfterDays"));
	lines_add_in (lines, "rule", name, ".zone", backup_text (rule, "ScheduleExpressionTimezone"));
	add_number (lines, name, ".start-within", json_object_get (rule, "StartWindowMinutes"));
	add_number (lines, name, ".end-within", json_object_get (rule, "CompletionWindowMinutes"));
	add_number (lines, name, ".delete-after", json_object_get (life, "DeleteAfterDays"));
	add_members (lines, "rule", name, ".copy", json_object_get (rule, "CopyActions"), "DestinationBackupVaultArn");
}

static void
add_selection (struct lines *lines, const char *id, const json_t *selection)
{
	const char *name = backup_text (selection, "SelectionName");
	if (!*name)
		return;
	lines_add_in (lines, "selection", name, ".id", id);
	lines_add_in (lines, "selection", name, ".role", backup_text (selection, "IamRoleArn"));
	add_members (lines, "selection", name, ".resource", json_object_get (selection, "Resources"), NULL);
}

int
backup_tell (const struct backup_state *state, struct larder_arena *arena, larder_line_fn line, void *context, struct larder_error *error)
{
	struct lines lines;
	const json_t *one;
	size_t index;
	lines_begin (&lines, arena);
	lines_add (&lines, "id", state->arn);
	json_array_foreach (json_object_get (state->plan, "Rules"), index, one)
		add_rule (&lines, one);
	json_array_foreach (state->selections, index, one)
		add_selection (&lines, backup_text (one, "id"), json_object_get (one, "selection"));
	int code = lines_sort (&lines, error);
	return code < 0 ? code : lines_tell (&lines, line, context, error);
}
