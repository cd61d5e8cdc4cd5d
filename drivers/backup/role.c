/* role.c: role = auto: a role that AWS Backup takes, with the rights for what is selected and no more, named after the plan. */
#include "backup.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"

/* ---- its rights: of what AWS's own policies for it have, what the kinds of resources that are selected need, on those alone ---- */

/* `on`: what is added to the address of each, or a resource of its own ("arn:…", "*"). A mark of NULL is for all. */
static const struct right { const char *mark, *on, *actions[11]; } rights[] = {
	{ ":elasticfilesystem:", "", { "elasticfilesystem:Backup", "elasticfilesystem:DescribeTags", NULL } },
	{ ":rds:", "", { "rds:AddTagsToResource", "rds:CreateDBSnapshot", "rds:DescribeDBInstances", "rds:DescribeDBSnapshots", "rds:ListTagsForResource", NULL } },
	{ ":rds:", "arn:aws:rds:*:*:snapshot:awsbackup:*", { "rds:AddTagsToResource", "rds:CopyDBSnapshot", "rds:CreateDBSnapshot", "rds:DeleteDBSnapshot", "rds:DescribeDBSnapshots",
		"rds:ListTagsForResource", "rds:ModifyDBSnapshotAttribute", NULL } },
	{ ":s3:::", "", { "s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketNotification", "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetInventoryConfiguration", "s3:ListBucket",
		"s3:ListBucketVersions", "s3:PutBucketNotification", "s3:PutInventoryConfiguration", NULL } },
	{ ":s3:::", "/*", { "s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging", NULL } },
	{ ":s3:::", "arn:aws:events:*:*:rule/AwsBackupManagedRule*", { "events:DeleteRule", "events:DescribeRule", "events:DisableRule", "events:EnableRule", "events:ListTargetsByRule", "events:PutRule",
		"events:PutTargets", "events:RemoveTargets", NULL } },
	{ ":s3:::", "*", { "cloudwatch:GetMetricData", "events:ListRules", NULL } },
	{ ":s3:::", "*", { "kms:Decrypt", "kms:DescribeKey", NULL } },
	{ NULL, "arn:aws:backup:*:*:backup-vault:*", { "backup:CopyIntoBackupVault", "backup:DescribeBackupVault", NULL } },
	{ NULL, "*", { "tag:GetResources", NULL } },
};

static json_t *
texts (const char *const *from)
{
	json_t *list = json_array ();
	for (; *from; from++)
		json_array_append_new (list, json_string (*from));
	return list;
}

static int
by_text (const void *a, const void *b)
{
	return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
add_right (json_t *statements, const struct right *right, const char *const *arns)
{
	json_t *resources = json_array (), *statement;
	bool fixed = *right->on == '*' || *right->on == 'a';
	for (; *arns; arns++)
		if ((!right->mark || strstr (*arns, right->mark)) && !(fixed && json_array_size (resources)))
			json_array_append_new (resources, fixed ? json_string (right->on) : json_sprintf ("%s%s", *arns, right->on));
	if (json_array_size (resources)) {
		statement = json_pack ("{s:s, s:o, s:O}", "Effect", "Allow", "Action", texts (right->actions), "Resource", resources);
		if (strncmp (right->actions[0], "kms:", 4) == 0)         /* keys of what is read there, and for nothing else */
			json_object_set_new (statement, "Condition", json_pack ("{s:{s:s}}", "StringLike", "kms:ViaService", "s3.*.amazonaws.com"));
		json_array_append_new (statements, statement);
	}
	json_decref (resources);
}

/* The addresses in any order, ended by NULL. */
static int
rights_of (const char **arns, size_t count, struct larder_arena *arena, const char **ret, struct larder_error *error)
{
	json_t *statements = json_array ();
	qsort (arns, count, sizeof *arns, by_text);
	for (size_t n = 0; n < sizeof rights / sizeof *rights; n++)
		add_right (statements, &rights[n], arns);
	json_t *policy = json_pack ("{s:s, s:o}", "Version", "2012-10-17", "Statement", statements);
	char *text = policy ? json_dumps (policy, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	*ret = arena_copy (arena, text);
	free (text);
	json_decref (policy);
	return *ret ? 0 : larder_fail_memory (error);
}

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
	return aws_role_name ("backup", name, arena, &role, NULL) == 0 && selected (state, role, arena, &count);
}

int
backup_role_tell (struct backup *backup, struct larder_call *call, struct larder_arena *arena, const char *name, struct backup_state *state, struct larder_error *error)
{
	struct aws_made_role role = { .id = name, .service = BACKUP_SERVICE };
	const char *arn;
	json_t *one;
	size_t n, count;
	bool right = false;
	const char **arns = aws_role_name ("backup", name, arena, &role.name, NULL) == 0 ? selected (state, role.name, arena, &count) : NULL;
	if (!arns)
		return 0;
	int code = rights_of (arns, count, arena, &role.rights, error);
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

static bool
is_auto (const struct line *line)
{
	return path_matches ("selection[*].role", line->path) && line->value && strcmp (line->value, "auto") == 0;
}

/* Addresses that the lines select as our role. */
static const char **
wanted (const struct lines *desired, size_t *ret_count)
{
	const char **list = arena_alloc (desired->arena, (desired->count + 1) * sizeof *list);
	*ret_count = 0;
	for (size_t n = 0; list && n < desired->count; n++) {
		const char *path = desired->at[n].path;
		size_t length = path_member_length (path);
		if (!path_matches ("selection[*].resource[*]", path))
			continue;
		for (size_t m = 0; m < desired->count; m++)
			if (is_auto (&desired->at[m]) && path_member_length (desired->at[m].path) == length && strncmp (desired->at[m].path, path, length) == 0)
				list[(*ret_count)++] = path_member (desired->arena, path + length + strlen (".resource"));
	}
	return list;
}

bool
backup_role_asked (const struct lines *desired)
{
	for (size_t n = 0; n < desired->count; n++)
		if (is_auto (&desired->at[n]))
			return true;
	return false;
}

int
backup_role_set (struct backup *backup, struct larder_call *call, const char *name, struct lines *desired, struct larder_error *error)
{
	struct aws_made_role role = { .id = name, .service = BACKUP_SERVICE };
	const char *arn = NULL, **arns;
	size_t count;
	int code = aws_role_name ("backup", name, desired->arena, &role.name, error);
	if (code == 0)
		code = (arns = wanted (desired, &count)) ? rights_of (arns, count, desired->arena, &role.rights, error) : larder_fail_memory (error);
	if (code == 0)
		code = aws_role_set (backup->roles, call, desired->arena, &role, &arn, error);
	for (size_t n = 0; code == 0 && n < desired->count; n++)
		if (is_auto (&desired->at[n]))
			desired->at[n].value = arn;
	return code;
}

int
backup_role_remove (struct backup *backup, struct larder_call *call, struct larder_arena *arena, const char *name, struct larder_error *error)
{
	struct aws_made_role role = { .id = name, .service = BACKUP_SERVICE };
	int code = aws_role_name ("backup", name, arena, &role.name, error);
	return code == 0 ? aws_role_remove (backup->roles, call, arena, &role, error) : code;
}
