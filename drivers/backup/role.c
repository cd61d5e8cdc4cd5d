/* role.c: role = auto: a role that AWS Backup takes, with the rights for what is selected and no more, named after the plan. */
#include "backup.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"

/* ---- told ---- */

static bool
is_named (const json_t *selection, const char *name)
{
	const char *arn = backup_text (selection, "IamRoleArn"), *slash = strrchr (arn, '/');
	return slash && strcmp (slash + 1, name) == 0;
}

/* Addresses that are selected as our role, in the arena; NULL: none. */
static const char **
selected (const struct backup_state *state, const char *role, struct larder_arena *arena, size_t *ret_count)
{
	const json_t *one, *arn;
	size_t n, m, most = 0, count = 0;
	json_array_foreach (state->selections, n, one)
		most += json_array_size (json_object_get (json_object_get (one, "selection"), "Resources"));
	const char **list = arena_alloc (arena, (most + 1) * sizeof *list);
	json_array_foreach (state->selections, n, one) {
		const json_t *selection = json_object_get (one, "selection");
		json_array_foreach (json_object_get (selection, "Resources"), m, arn)
			if (list && is_named (selection, role) && json_is_string (arn))
				list[count++] = json_string_value (arn);
	}
	*ret_count = count;
	return count ? list : NULL;
}

bool
backup_role_used (const struct backup_state *state, struct larder_arena *arena, const char *name)
{
	const char *role;
	size_t count;
	return aws_role_name (BACKUP_ROLE_KIND, name, arena, &role, NULL) == 0 && selected (state, role, arena, &count);
}

int
backup_role_tell (struct backup *backup, struct larder_call *call, struct larder_arena *arena, const char *name, struct backup_state *state, struct larder_error *error)
{
	struct aws_made_role role = { .id = name, .service = BACKUP_SERVICE };
	const char *arn;
	json_t *one;
	size_t n, count;
	bool right = false;
	const char **arns = aws_role_name (BACKUP_ROLE_KIND, name, arena, &role.name, NULL) == 0 ? selected (state, role.name, arena, &count) : NULL;
	if (!arns)
		return 0;
	bool copies = false;
	json_array_foreach (json_object_get (state->plan, "Rules"), n, one)
		copies = copies || json_array_size (json_object_get (one, "CopyActions")) > 0;
	int code = backup_rights (arns, count, copies, arena, &role.rights, error);
	if (code == 0)
		code = aws_role_find (backup->roles, call, arena, &role, &arn, &right, error);
	json_array_foreach (state->selections, n, one) {
		json_t *selection = json_object_get (one, "selection");
		if (code >= 0 && is_named (selection, role.name))
			json_object_set_new (selection, "IamRoleArn", json_string (code > 0 && right ? "auto" : "otherwise"));
	}
	return code < 0 ? code : 0;
}

/* ---- made ---- */

bool
backup_role_asked (const struct lines *desired)
{
	for (size_t n = 0; n < desired->count; n++)
		if (backup_role_is_auto (&desired->at[n]))
			return true;
	return false;
}

int
backup_role_set (struct backup *backup, struct larder_call *call, const char *name, struct lines *desired, struct larder_error *error)
{
	struct aws_made_role role = { .id = name, .service = BACKUP_SERVICE };
	const char *arn = NULL;
	int code = aws_role_name (BACKUP_ROLE_KIND, name, desired->arena, &role.name, error);
	if (code == 0)
		code = backup_rights_wanted (desired, &role.rights, error);
	if (code == 0)
		code = aws_role_set (backup->roles, call, desired->arena, &role, &arn, error);
	for (size_t n = 0; code == 0 && n < desired->count; n++)
		if (backup_role_is_auto (&desired->at[n]))
			desired->at[n].value = arn;
	return code;
}

int
backup_role_remove (struct backup *backup, struct larder_call *call, struct larder_arena *arena, const char *name, struct larder_error *error)
{
	struct aws_made_role role = { .id = name, .service = BACKUP_SERVICE };
	int code = aws_role_name (BACKUP_ROLE_KIND, name, arena, &role.name, error);
	return code == 0 ? aws_role_remove (backup->roles, call, arena, &role, error) : code;
}
