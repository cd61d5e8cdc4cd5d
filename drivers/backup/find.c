/* find.c: a plan by its name, with its selections, and the vaults. */
#include "backup.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"

int
backup_list (struct backup *backup, struct larder_call *call, struct larder_arena *arena, const char *path, const struct larder_pair *filter, const char *key, json_t **ret,
             struct larder_error *error)
{
	const char *token = NULL;
	json_t *all = json_array ();
	int code = all ? 0 : larder_fail_memory (error);
	do {
		json_t *page = NULL;
		const struct larder_pair query[] = { { "nextToken", token }, filter ? *filter : (struct larder_pair) { NULL, NULL }, { NULL, NULL } };
		if (code == 0)
			code = backup_ask (backup, call, arena, "GET", path, NULL, query, NULL, &page, NULL, error);
		if (code == 0)
			json_array_extend (all, json_object_get (page, key));
		token = code == 0 && *backup_text (page, "NextToken") ? arena_copy (arena, backup_text (page, "NextToken")) : NULL;
		json_decref (page);
	} while (token);
	if (code < 0)
		json_decref (all);
	else
		*ret = all;
	return code;
}

int
backup_vaults (struct backup *backup, struct larder_call *call, struct larder_arena *arena, json_t **ret, struct larder_error *error)
{
	return backup_list (backup, call, arena, "backup-vaults/", NULL, "BackupVaultList", ret, error);
}

int
backup_plans (struct backup *backup, struct larder_call *call, struct larder_arena *arena, json_t **ret, struct larder_error *error)
{
	return backup_list (backup, call, arena, "backup/plans/", NULL, "BackupPlansList", ret, error);
}

/* Two of one name, as two runs at once may have made them, are not told apart. */
static int
fail_twice (const char *what, const char *name, const char *one, const char *other, const char *next, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_CONFLICT, next, "two backup %s are called '%s': %s and %s", what, name, one, other);
}

/* Its id; NULL: none. */
static int
id_of (struct backup *backup, struct larder_call *call, struct larder_arena *arena, const char *name, const char **ret, struct larder_error *error)
{
	CLEANUP_JSON json_t *plans = NULL;
	const json_t *one;
	size_t index;
	*ret = NULL;
	int code = backup_plans (backup, call, arena, &plans, error);
	if (code < 0)
		return code;
	json_array_foreach (plans, index, one) {
		if (strcmp (backup_text (one, "BackupPlanName"), name) != 0)
			continue;
		if (*ret)
			return fail_twice ("plans", name, *ret, backup_text (one, "BackupPlanId"), "remove one of them, or give this one another name: plan = NAME", error);
		*ret = arena_copy (arena, backup_text (one, "BackupPlanId"));
	}
	return 0;
}

static int
add_selection (struct backup *backup, struct larder_call *call, struct larder_arena *arena, struct backup_state *state, const char *id, struct larder_error *error)
{
	CLEANUP_JSON json_t *one = NULL;
	const char *path = arena_printf (arena, "backup/plans/%s/selections/%s", state->id, id);
	int code = path ? backup_ask (backup, call, arena, "GET", path, NULL, NULL, NULL, &one, NULL, error) : larder_fail_memory (error);
	if (code == 0)
		json_array_append_new (state->selections, json_pack ("{s:s, s:O}", "id", id, "selection", json_object_get (one, "BackupSelection")));
	return code;
}

static int
check_names (const json_t *selections, struct larder_error *error)
{
	CLEANUP_JSON json_t *ids = json_object ();
	const json_t *one;
	size_t index;
	json_array_foreach (selections, index, one) {
		const char *name = backup_text (one, "SelectionName"), *other = json_string_value (json_object_get (ids, name));
		if (other)
			return fail_twice ("selections", name, other, backup_text (one, "SelectionId"), "remove one of them from the plan, by its id", error);
		json_object_set (ids, name, json_object_get (one, "SelectionId"));
	}
	return ids ? 0 : larder_fail_memory (error);
}

static int
read_selections (struct backup *backup, struct larder_call *call, struct larder_arena *arena, struct backup_state *state, struct larder_error *error)
{
	CLEANUP_JSON json_t *all = NULL;
	const json_t *one;
	size_t index;
	const char *path = arena_printf (arena, "backup/plans/%s/selections/", state->id);
	int code = path ? backup_list (backup, call, arena, path, NULL, "BackupSelectionsList", &all, error) : larder_fail_memory (error);
	if (code == 0)
		code = check_names (all, error);
	state->selections = json_array ();
	json_array_foreach (all, index, one)
		if (code == 0)
			code = add_selection (backup, call, arena, state, backup_text (one, "SelectionId"), error);
	return code;
}

int
backup_find (struct backup *backup, struct larder_call *call, struct larder_arena *arena, const char *name, struct backup_state *ret, struct larder_error *error)
{
	CLEANUP_JSON json_t *whole = NULL;
	*ret = (struct backup_state) { .id = NULL };
	int code = id_of (backup, call, arena, name, &ret->id, error);
	if (code < 0 || !ret->id)
		return code;
	const char *path = arena_printf (arena, "backup/plans/%s/", ret->id);
	code = path ? backup_ask (backup, call, arena, "GET", path, NULL, NULL, NULL, &whole, NULL, error) : larder_fail_memory (error);
	if (code == 0 && !json_is_object (json_object_get (whole, "BackupPlan")))
		code = larder_fail (error, LARDER_E_INTEGRITY, "the reply tells of no plan");
	if (code < 0)
		return code;
	ret->plan = json_incref (json_object_get (whole, "BackupPlan"));
	ret->arn = arena_copy (arena, backup_text (whole, "BackupPlanArn"));
	code = read_selections (backup, call, arena, ret, error);
	if (code == 0)
		code = backup_vaults (backup, call, arena, &ret->vaults, error);
	if (code < 0)
		backup_state_end (ret);
	return code < 0 ? code : 1;
}

void
backup_state_end (struct backup_state *state)
{
	json_decref (state->plan);
	json_decref (state->selections);
	json_decref (state->vaults);
	*state = (struct backup_state) { .id = NULL };
}
