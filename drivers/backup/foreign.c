/* foreign.c: what somebody else put into a plan, a rule or a selection, and what has no path of its own. Pure. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "checksum.h"

enum { VALUE_MOST = 100 };

/* Empty lists, no, and objects of nothing else: the service tells them of what nobody asked for. */
static bool
says_nothing (const json_t *value)
{
	const char *key;
	json_t *one;
	if (json_is_array (value))
		return json_array_size (value) == 0;
	if (json_is_object (value)) {
		json_object_foreach ((json_t *) value, key, one)
			if (!says_nothing (one))
				return false;
		return true;
	}
	return json_is_null (value) || json_is_false (value) || (json_is_string (value) && json_string_length (value) == 0);
}

static bool
is_known (const char *const *known, const char *name)
{
	while (*known && strcmp (*known, name) != 0)
		known++;
	return *known != NULL;
}

/* A text as it is, all else as JSON; what is too long to be read, by its SHA-256. NULL: no memory. */
static const char *
value_of (struct larder_arena *arena, const json_t *value)
{
	char hex[65];
	char *text = json_dumps (value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	size_t length = text ? strlen (text) : 0;
	const char *told = length > VALUE_MOST ? NULL : text;
	if (told && json_is_string (value) && !strchr (told, '\\'))
		told = json_string_value (value);
	if (text && !told) {
		sha256_hex (text, length, hex);
		told = arena_printf (arena, "SHA-256 %s", hex);
	} else
		told = arena_copy (arena, told);
	free (text);
	return told;
}

void
backup_tell_others (struct lines *lines, const char *set, const char *prefix, const json_t *object, const char *const *known)
{
	const char *name;
	json_t *value;
	json_object_foreach ((json_t *) object, name, value) {
		if (is_known (known, name) || says_nothing (value))
			continue;
		const char *member = arena_printf (lines->arena, "%s%s", prefix, name), *told = value_of (lines->arena, value);
		lines->failed = lines->failed || !set || !member || !told;
		if (!lines->failed)
			lines_add_in (lines, set, member, "", told);
	}
}

void
backup_drop_others (json_t *object, const struct lines *desired, const char *set, const char *prefix, const char *const *known)
{
	const char *name;
	json_t *value;
	void *next;
	json_object_foreach_safe (object, next, name, value) {
		const char *member = is_known (known, name) || says_nothing (value) ? NULL : arena_printf (desired->arena, "%s%s", prefix, name);
		if (member && set && !lines_in (desired, set, member, ""))
			json_object_del (object, name);
	}
}

/* ---- what has a path, and is told where it is not as the service fills it in ---- */

const struct backup_field backup_fields[] = {
	{ ".end-within", "CompletionWindowMinutes", "completion_window", "10080", true }, { ".start-within", "StartWindowMinutes", "start_window", "480", true },
	{ ".zone", "ScheduleExpressionTimezone", "schedule_expression_timezone", "Etc/UTC", false }, { 0 },
};

const char *
backup_field_told (const struct backup_field *field, const json_t *rule, struct larder_arena *arena)
{
	const json_t *value = json_object_get (rule, field->key);
	const char *text = json_is_integer (value) ? arena_printf (arena, "%lld", (long long) json_integer_value (value)) : json_string_value (value);
	return text && strcmp (text, field->usual) != 0 && strcmp (text, "UTC") != 0 ? text : NULL;
}

const char *const backup_plan_known[] = { "BackupPlanName", "Rules", NULL };
const char *const backup_rule_known[] = { "RuleName", "RuleId", "TargetBackupVaultName", "ScheduleExpression", "ScheduleExpressionTimezone", "StartWindowMinutes", "CompletionWindowMinutes",
	"Lifecycle", "CopyActions", NULL };
const char *const backup_life_known[] = { "MoveToColdStorageAfterDays", "DeleteAfterDays", "DeleteAfterEvent", NULL };
const char *const backup_selection_known[] = { "SelectionName", "IamRoleArn", "Resources", NULL };

/* ---- copies: one line for each, with its own life ---- */

const char *
backup_copy_told (const json_t *copy, struct larder_arena *arena)
{
	static const struct { const char *key, *word; } ages[] = { { "MoveToColdStorageAfterDays", "cold-after" }, { "DeleteAfterDays", "delete-after" } };
	static const char *const known[] = { "DestinationBackupVaultArn", "Lifecycle", NULL };
	const json_t *life = json_object_get (copy, "Lifecycle"), *age;
	const char *text = "";
	struct lines others;
	for (size_t n = 0; text && n < 2; n++)
		if (json_is_integer (age = json_object_get (life, ages[n].key)))
			text = arena_printf (arena, "%s%s%s %lld", text, *text ? ", " : "", ages[n].word, (long long) json_integer_value (age));
	lines_begin (&others, arena);
	backup_tell_others (&others, "", "", life, backup_life_known);
	backup_tell_others (&others, "", "", copy, known);
	for (size_t n = 0; text && n < others.count; n++) {
		const char *name = path_member (arena, others.at[n].path);
		text = name ? arena_printf (arena, "%s%s%s %s", text, *text ? ", " : "", name, others.at[n].value) : NULL;
	}
	return text && !*text ? "yes" : text;
}

json_t *
backup_copy_life (const char *text)
{
	static const struct { const char *word, *key; } ages[] = { { "cold-after ", "MoveToColdStorageAfterDays" }, { "delete-after ", "DeleteAfterDays" } };
	json_t *life = json_object ();
	for (size_t n = 0; n < 2; n++) {
		const char *at = text ? strstr (text, ages[n].word) : NULL;
		if (at)
			json_object_set_new (life, ages[n].key, json_integer (strtoll (at + strlen (ages[n].word), NULL, 10)));
	}
	return life;
}
