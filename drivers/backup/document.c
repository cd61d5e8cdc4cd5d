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

/* One that is as its line has it stays to the letter. */
static void
set_copy (struct larder_arena *arena, json_t *rule, const char *to, const char *value, const json_t *was)
{
	const json_t *there = named (json_object_get (was, "CopyActions"), "DestinationBackupVaultArn", to);
	const char *told = there ? backup_copy_told (there, arena) : NULL;
	json_t *copy = told && strcmp (told, value) == 0 ? json_deep_copy (there) : json_pack ("{s:s}", "DestinationBackupVaultArn", to), *life = backup_copy_life (value);
	if (!json_object_get (copy, "Lifecycle") && json_object_size (life))
		json_object_set (copy, "Lifecycle", life);
	json_decref (life);
	json_array_append_new (member_of (rule, "CopyActions", json_array), copy);
}

static void
set_field (json_t *rule, const char *below, const char *value)
{
	for (const struct backup_field *field = backup_fields; field->below; field++)
		if (strcmp (below, field->below) == 0)
			json_object_set_new (rule, field->key, field->number ? json_integer (strtoll (value, NULL, 10)) : json_string (value));
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
		set_copy (arena, rule, to, value, was);
	else
		set_field (rule, field, value);
}

static const char *const rule_dropped[] = { "RuleId", "CopyActions", "ScheduleExpression", NULL };

/* What is told of it, and is not to be. */
static void
drop_told (json_t *rule, const char *name, const struct lines *desired)
{
	const char *others = path_of_member (desired->arena, "rule", name, ".other");
	json_t *life = json_object_get (rule, "Lifecycle");
	for (const struct backup_field *field = backup_fields; field->below; field++)
		if (backup_field_told (field, rule, desired->arena) && !lines_in (desired, "rule", name, field->below))
			json_object_del (rule, field->key);
	backup_drop_others (rule, desired, others, "", backup_rule_known);
	backup_drop_others (life, desired, others, "Lifecycle.", backup_life_known);
	json_object_del (life, "DeleteAfterDays");
	json_object_del (life, "MoveToColdStorageAfterDays");
}

/* The rule of that name among those made so far. */
static json_t *
rule_of (json_t *rules, const char *name, const struct lines *desired, const json_t *was)
{
	json_t *life, *rule = (json_t *) (uintptr_t) named (rules, "RuleName", name);
	if (rule)
		return rule;
	rule = begun (json_object_get (was, "Rules"), "RuleName", name, rule_dropped);
	drop_told (rule, name, desired);
	life = json_object_get (rule, "Lifecycle");
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
	backup_drop_others (plan, desired, "other", "", backup_plan_known);
	for (size_t n = 0; n < desired->count; n++) {
		const char *field, *rule = path_member_of (desired->arena, desired->at[n].path, "rule", &field);
		if (rule)
			set_rule (desired->arena, rule_of (rules, rule, desired, was), field, desired->at[n].value, named (json_object_get (was, "Rules"), "RuleName", rule));
	}
	json_object_set_new (plan, "Rules", rules);
	return plan;
}

json_t *
backup_plan_sent (const json_t *plan)
{
	json_t *ret = json_deep_copy (plan), *rule;
	size_t index;
	json_array_foreach (json_object_get (ret, "Rules"), index, rule) {
		json_object_del (rule, "RuleId");
		if (json_array_size (json_object_get (rule, "CopyActions")) == 0)
			json_object_del (rule, "CopyActions");
		json_object_del (json_object_get (rule, "Lifecycle"), "DeleteAfterEvent");      /* told by the service, and refused by it */
	}
	return ret;
}

/* ---- selections ---- */

static const char *const selection_dropped[] = { "Resources", "IamRoleArn", NULL };

static json_t *
selection_of (json_t *into, const char *name, const struct lines *desired, const json_t *was)
{
	if (!json_object_get (into, name)) {
		json_t *plain = json_array (), *one;
		size_t index;
		json_array_foreach (was, index, one)
			json_array_append (plain, json_object_get (one, "selection"));
		json_object_set_new (into, name, begun (plain, "SelectionName", name, selection_dropped));
		json_decref (plain);
		backup_drop_others (json_object_get (into, name), desired, path_of_member (desired->arena, "selection", name, ".other"), "", backup_selection_known);
	}
	return json_object_get (into, name);
}

json_t *
backup_selections (const struct lines *desired, const json_t *was)
{
	json_t *ret = json_object ();
	for (size_t n = 0; n < desired->count; n++) {
		const char *field, *rest, *resource, *name = path_member_of (desired->arena, desired->at[n].path, "selection", &field);
		json_t *selection = name ? selection_of (ret, name, desired, was) : NULL;
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
