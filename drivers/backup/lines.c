/* lines.c: a plan and its selections as lines. Pure. */
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"

enum { LINES_MOST = 1024 };

struct told { struct larder_arena *arena; struct larder_line at[LINES_MOST]; size_t count; bool failed; };

static const char *
text (const json_t *object, const char *name)
{
	return json_string_value (json_object_get (object, name));
}

/* "SET[MEMBER]BELOW" */
static char *
path_in (struct larder_arena *arena, const char *set, const char *member, const char *below)
{
	char *path = arena_alloc (arena, strlen (set) + 3 * strlen (member) + strlen (below) + 3), *to = path;
	if (!path)
		return NULL;
	to = stpcpy (stpcpy (to, set), "[");
	for (; *member; member++)
		to = *member == ']' ? stpcpy (to, "%5D") : *member == '%' ? stpcpy (to, "%25") : (*to = *member, to + 1);
	stpcpy (stpcpy (to, "]"), below);
	return path;
}

static void
add (struct told *told, char *path, const char *value)
{
	const char *copy = value ? arena_copy (told->arena, value) : NULL;
	if (!value)
		return;
	told->failed = told->failed || !path || !copy || told->count == LINES_MOST;
	if (!told->failed)
		told->at[told->count++] = (struct larder_line) { sizeof (struct larder_line), path, copy };
}

static void
add_days (struct told *told, const char *rule, const char *below, const json_t *days)
{
	char number[32];
	snprintf (number, sizeof number, "%lld", (long long) json_integer_value (days));
	if (json_is_integer (days))
		add (told, path_in (told->arena, "rule", rule, below), number);
}

static void
add_rule (struct told *told, const json_t *rule)
{
	const char *name = text (rule, "RuleName");
	const json_t *life = json_object_get (rule, "Lifecycle"), *copy;
	size_t index;
	if (!name)
		return;
	add (told, path_in (told->arena, "rule", name, ".vault"), text (rule, "TargetBackupVaultName"));
	add (told, path_in (told->arena, "rule", name, ".schedule"), text (rule, "ScheduleExpression"));
	add_days (told, name, ".cold-after", json_object_get (life, "MoveToColdStorageAfterDays"));
	add_days (told, name, ".delete-after", json_object_get (life, "DeleteAfterDays"));
	json_array_foreach (json_object_get (rule, "CopyActions"), index, copy) {
		char *set = path_in (told->arena, "rule", name, ".copy");
		const char *to = text (copy, "DestinationBackupVaultArn");
		add (told, set && to ? path_in (told->arena, set, to, "") : NULL, "yes");
	}
}

static void
add_selection (struct told *told, const json_t *selection)
{
	const char *name = text (selection, "SelectionName");
	const json_t *resource;
	size_t index;
	char *set = name ? path_in (told->arena, "selection", name, ".resource") : NULL;
	if (!set)
		return;
	add (told, path_in (told->arena, "selection", name, ".role"), text (selection, "IamRoleArn"));
	json_array_foreach (json_object_get (selection, "Resources"), index, resource)
		if (json_is_string (resource))
			add (told, path_in (told->arena, set, json_string_value (resource), ""), "yes");
}

static int
by_path (const void *a, const void *b)
{
	return strcmp (((const struct larder_line *) a)->path, ((const struct larder_line *) b)->path);
}

int
backup_tell (const struct backup_state *state, struct larder_arena *arena, larder_line_fn line, void *context, struct larder_error *error)
{
	struct told *told = arena_alloc (arena, sizeof *told);
	const json_t *one;
	size_t index;
	int code = 0;
	if (!told)
		return larder_fail_memory (error);
	told->arena = arena;
	add (told, arena_copy (arena, "id"), state->arn);
	json_array_foreach (json_object_get (state->plan, "Rules"), index, one)
		add_rule (told, one);
	json_array_foreach (state->selections, index, one)
		add_selection (told, json_object_get (one, "selection"));
	if (told->failed)
		return larder_fail (error, LARDER_E_LIMIT, "the plan has more than %d settings", LINES_MOST);
	qsort (told->at, told->count, sizeof *told->at, by_path);
	for (size_t n = 0; code == 0 && n < told->count; n++)
		if (n == 0 || strcmp (told->at[n].path, told->at[n - 1].path) != 0)
			code = line (context, &told->at[n], error);
	return code;
}
