/* document.c: a plan and its selections as the service wants them, made of lines and of what is there. Pure. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

/* The object of that name in a list; NULL: none. */
static const json_t *
named (const json_t *list, const char *key, const char *name)
{
	const json_t *one;
	size_t index;
	json_array_foreach (list, index, one)
		if (strcmp (backup_text (one, key), name) == 0)
			return one;
	return NULL;
}

/* A copy of it without what is set anew; or a new one. */
static json_t *
begun (const json_t *list, const char *key, const char *name, const char *const *dropped)
{
	const json_t *there = named (list, key, name);
	json_t *ret = there ? json_deep_copy (there) : json_object ();
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

/* Of a copy, too, what has no path here stays: its own lifecycle. */
static void
set_copy (json_t *rule, const char *to, const json_t *was)
{
	static const char *const nothing[] = { NULL };
	json_array_append_new (member_of (rule, "CopyActions", json_array), begun (json_object_get (was, "CopyActions"), "DestinationBackupVaultArn", to, nothing));
}

static void
set_rule (struct larder_arena *arena, json_t *rule, const char *field, const char *value, const json_t *was)
{
	const char *rest, *to;
	if (strcmp (field, ".vault") == 0)
		json_object_set_new (rule, "TargetBackupVaultName", json_string (value));
	else if (strcmp (field, ".schedule") == 0)
		json_object_set_new (rule, "ScheduleExpression", json_string (value));
	else if (strcmp (field, ".cold-after") == 0)
		json_object_set_new (member_of (rule, "Lifecycle", json_object), "MoveToColdStorageAfterDays", json_integer (strtoll (value, NULL, 10)));
	else if (strcmp (field, ".delete-after") == 0)
		json_object_set_new (member_of (rule, "Lifecycle", json_object), "DeleteAfterDays", json_integer (strtoll (value, NULL, 10)));
	else if ((to = path_member_of (arena, field, ".copy", &rest)))
		set_copy (rule, to, was);
}

static const char *const rule_dropped[] = { "RuleId", "CopyActions", "ScheduleExpression", NULL };

/* The rule of that name among those made so far. */
static json_t *
rule_of (json_t *rules, const char *name, const json_t *was)
{
	json_t *life, *rule = (json_t *) (uintptr_t) named (rules, "RuleName", name);
	if (rule)
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
backup_plan (const char *name, const struct lines *desired, const json_t *was)
{
	json_t *plan = was ? json_deep_copy (was) : json_object (), *rules = json_array ();
	json_object_set_new (plan, "BackupPlanName", json_string (name));
	for (size_t n = 0; n < desired->count; n++) {
		const char *field, *rule = path_member_of (desired->arena, desired->at[n].path, "rule", &field);
		if (rule)
			set_rule (desired->arena, rule_of (rules, rule, was), field, desired->at[n].value, named (json_object_get (was, "Rules"), "RuleName", rule));
	}
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
backup_selections (const struct lines *desired, const json_t *was)
{
	json_t *ret = json_object ();
	for (size_t n = 0; n < desired->count; n++) {
		const char *field, *rest, *resource, *name = path_member_of (desired->arena, desired->at[n].path, "selection", &field);
		json_t *selection = name ? selection_of (ret, name, was) : NULL;
		if (selection && strcmp (field, ".role") == 0)
			json_object_set_new (selection, "IamRoleArn", json_string (desired->at[n].value));
		else if (selection && (resource = path_member_of (desired->arena, field, ".resource", &rest)))
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
