/* role-rights.c: what the role of role = auto may do. Pure. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"

/* ---- its rights: of what AWS's own policies for it have, what the kinds of resources that are selected need, on those alone ----
 * Of file systems those to restore, too, for that is what 'backup restore' and drills do as this role: into the one, a new one or another; none may be removed. */

/* `on`: what is added to the address of each, or a resource of its own ("arn:…", "*"). A mark of NULL is for all. */
#define COPIES "copies"              /* for all, of a plan that has some */
static const struct right { const char *mark, *on, *actions[11]; } rights[] = {
	{ ":elasticfilesystem:", "", { "elasticfilesystem:Backup", "elasticfilesystem:DescribeTags", NULL } },
	{ ":elasticfilesystem:", "arn:aws:elasticfilesystem:*:*:file-system/*", { "elasticfilesystem:CreateFileSystem", "elasticfilesystem:DescribeFileSystems", "elasticfilesystem:Restore",
		"elasticfilesystem:TagResource", NULL } },
	{ ":elasticfilesystem:", "*", { "kms:CreateGrant", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", NULL } },
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
	{ COPIES, "*", { "backup:CopyFromBackupVault", NULL } },
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
		if (strncmp (right->actions[0], "kms:", 4) == 0)         /* keys of what is there, and for nothing else */
			json_object_set_new (statement, "Condition", json_pack ("{s:{s:o}}", "StringLike", "kms:ViaService", json_sprintf ("%.*s.*.amazonaws.com", (int) strcspn (right->mark + 1, ":"), right->mark + 1)));
		json_array_append_new (statements, statement);
	}
	json_decref (resources);
}

/* The addresses in any order, ended by NULL. */
int
backup_rights (const char **arns, size_t count, bool copies, struct larder_arena *arena, const char **ret, struct larder_error *error)
{
	json_t *statements = json_array ();
	qsort (arns, count, sizeof *arns, by_text);
	for (size_t n = 0; n < sizeof rights / sizeof *rights; n++) {
		struct right right = rights[n];
		bool of_copies = right.mark && strcmp (right.mark, COPIES) == 0;
		right.mark = of_copies ? NULL : right.mark;
		if (copies || !of_copies)
			add_right (statements, &right, arns);
	}
	json_t *policy = json_pack ("{s:s, s:o}", "Version", "2012-10-17", "Statement", statements);
	char *text = policy ? json_dumps (policy, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	*ret = arena_copy (arena, text);
	free (text);
	json_decref (policy);
	return *ret ? 0 : larder_fail_memory (error);
}

/* ---- as lines ask for it ---- */

bool
backup_role_is_auto (const struct line *line)
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
			if (backup_role_is_auto (&desired->at[m]) && path_member_length (desired->at[m].path) == length && strncmp (desired->at[m].path, path, length) == 0)
				list[(*ret_count)++] = path_member (desired->arena, path + length + strlen (".resource"));
	}
	return list;
}

int
backup_rights_wanted (const struct lines *desired, const char **ret, struct larder_error *error)
{
	size_t count;
	const char **arns = wanted (desired, &count);
	bool copies = false;
	for (size_t n = 0; n < desired->count; n++)
		copies = copies || path_matches ("rule[*].copy[*]", desired->at[n].path);
	return arns ? backup_rights (arns, count, copies, desired->arena, ret, error) : larder_fail_memory (error);
}
