/* document.c: a plan and its selections as the service wants them, made of lines and of what is there. Pure. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"

/* The next line; false at the end. A feed of lines does not fail. */
static bool
next (struct larder_lines *lines, struct larder_line *ret)
{
	*ret = (struct larder_line) { .size = sizeof *ret };
	return lines->next (lines->context, ret, NULL) > 0;
}

static void
unescape (char *name)
{
	char *to = name;
	for (const char *from = name; *from; to++) {
		bool close = strncmp (from, "%5D", 3) == 0, percent = strncmp (from, "%25", 3) == 0;
		*to = close ? ']' : percent ? '%' : *from;
		from += close || percent ? 3 : 1;
	}
	*to = '\0';
}

int
backup_split (const char *path, const char *set, char name[256], char field[256])
{
	size_t length = strlen (set);
	const char *close = strncmp (path, set, length) == 0 && path[length] == '[' ? strchr (path, ']') : NULL;
	if (!close || close - path - (ptrdiff_t) length - 1 > 255 || strlen (close + 1) > 255)
		return 0;
	size_t count = (size_t) (close - path) - length - 1;
	memcpy (name, path + length + 1, count);
	name[count] = '\0';
	unescape (name);
	memcpy (field, close + 1, strlen (close + 1) + 1);
	return 1;
}

/* The object of that name in a list, as a copy without what is set anew; or a new one. */
static json_t *
begun (const json_t *list, const char *key, const char *name, const char *const *dropped)
{
	const json_t *one;
	size_t index;
	json_t *ret = NULL;
	json_array_foreach (list, index, one) {
		const char *its = json_string_value (json_object_get (one, key));
		if (!ret && its && strcmp (its, name) == 0)
			ret = json_deep_copy (one);
	}
	if (!ret)
		ret = json_object ();
	for (; *dropped; dropped++)
		json_object_del (ret, *dropped);
	json_object_set_new (ret, key, json_string (name));
	return ret;
}

/* ---- a plan ---- */

static json_t *
member_of (json_t *into, const char *name, json_t *(*make) (void))
{
	json_t *there = json_object_get (into, name);
	if (!there)
		json_object_set_new (into, name, make ());
	return json_object_get (into, name);
}

static void
set_rule (json_t *rule, const char *field, const char *value)
{
	char to[256], rest[256];
	if (strcmp (field, ".vault") == 0)
		json_object_set_new (rule, "TargetBackupVaultName", json_string (value));
	else if (strcmp (field, ".schedule") == 0)
		json_object_set_new (rule, "ScheduleExpression", json_string (value));
	else if (strcmp (field, ".cold-after") == 0)
		json_object_set_new (member_of (rule, "Lifecycle", json_object), "MoveToColdStorageAfterDays", json_integer (strtoll (value, NULL, 10)));
	else if (strcmp (field, ".delete-after") == 0)
		json_object_set_new (member_of (rule, "Lifecycle", json_object), "DeleteAfterDays", json_integer (strtoll (value, NULL, 10)));
	else if (backup_split (field, ".copy", to, rest))
		json_array_append_new (member_of (rule, "CopyActions", json_array), json_pack ("{s:s}", "DestinationBackupVaultArn", to));
}

static const char *const rule_dropped[] = { "RuleId", "CopyActions", "ScheduleExpression", NULL };

/* The rule of that name among those made so far. */
static json_t *
rule_of (json_t *rules, const char *name, const json_t *was)
{
	json_t *rule, *life;
	size_t index;
	json_array_foreach (rules, index, rule)
		if (strcmp (json_string_value (json_object_get (rule, "RuleName")), name) == 0)
			return rule;
	rule = begun (json_object_get (was, "Rules"), "RuleName", name, rule_dropped);
	life = json_object_get (rule, "Lifecycle");
	json_object_del (life, "DeleteAfterDays");
	json_object_del (life, "MoveToColdStorageAfterDays");
	if (life && json_object_size (life) == 0)
		json_object_del (rule, "Lifecycle");
	json_array_append_new (rules, rule);
	return rule;
}

json_t *
backup_plan (const char *name, struct larder_lines *lines, const json_t *was)
{
	json_t *plan = was ? json_deep_copy (was) : json_object (), *rules = json_array ();
	char rule[256], field[256];
	json_object_set_new (plan, "BackupPlanName", json_string (name));
	lines->rewind (lines->context);
	for (struct larder_line line; next (lines, &line);)
		if (backup_split (line.path, "rule", rule, field))
			set_rule (rule_of (rules, rule, was), field, line.value);
	json_object_set_new (plan, "Rules", rules);
	return plan;
}

json_t *
backup_plan_sent (const json_t *plan)
{
	json_t *ret = json_deep_copy (plan), *rule;
	size_t index;
	json_array_foreach (json_object_get (ret, "Rules"), index, rule)
		json_object_del (rule, "RuleId");
	return ret;
}

/* ---- selections ---- */

static const char *const selection_dropped[] = { "Resources", "IamRoleArn", NULL };

static json_t *
selection_of (json_t *into, const char *name, const json_t *was)
{
	if (!json_object_get (into, name)) {
		json_t *plain = json_array (), *one;
		size_t index;
		json_array_foreach (was, index, one)
			json_array_append (plain, json_object_get (one, "selection"));
		json_object_set_new (into, name, begun (plain, "SelectionName", name, selection_dropped));
		json_decref (plain);
	}
	return json_object_get (into, name);
}

json_t *
backup_selections (struct larder_lines *lines, const json_t *was)
{
	json_t *ret = json_object ();
	char name[256], field[256], resource[256], rest[256];
	lines->rewind (lines->context);
	for (struct larder_line line; next (lines, &line);) {
		if (!backup_split (line.path, "selection", name, field))
			continue;
		json_t *selection = selection_of (ret, name, was);
		if (strcmp (field, ".role") == 0)
			json_object_set_new (selection, "IamRoleArn", json_string (line.value));
		else if (backup_split (field, ".resource", resource, rest))
			json_array_append_new (member_of (selection, "Resources", json_array), json_string (resource));
	}
	return ret;
}

const char *
backup_selection_unfit (const json_t *selections, const char **ret_lack)
{
	const char *name;
	json_t *one;
	json_object_foreach ((json_t *) selections, name, one) {
		*ret_lack = !json_object_get (one, "IamRoleArn") ? "role" : json_array_size (json_object_get (one, "Resources")) == 0 ? "resource" : NULL;
		if (*ret_lack)
			return name;
	}
	return NULL;
}
