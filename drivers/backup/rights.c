/* rights.c: what a role must be allowed of a plan, its vaults, and the role that backs up. */
#include "backup.h"

#include <string.h>

#include "arena.h"
#include "error.h"
#include "policy.h"

static void
allow_plan (struct aws_asked *asked)
{
	aws_policy_allow (asked->policy, AWS_ANYTHING, NULL, ACTIONS ("backup-storage:MountCapsule", "backup:DescribeBackupJob", "backup:DescribeRestoreJob", "backup:ListBackupJobs",
		"backup:ListBackupPlans", "backup:ListBackupVaults"));
	aws_policy_on (asked->policy, "*");
	aws_policy_allow (asked->policy, "BackupPlans", NULL, ACTIONS ("backup:CreateBackupPlan", "backup:CreateBackupSelection", "backup:DeleteBackupPlan", "backup:DeleteBackupSelection",
		"backup:GetBackupPlan", "backup:GetBackupSelection", "backup:ListBackupSelections", "backup:TagResource", "backup:UpdateBackupPlan"));
	aws_policy_on (asked->policy, "arn:%s:backup:%s:*:backup-plan:*", asked->partition, asked->region);
}

static void
allow_vaults (struct aws_asked *asked)
{
	const struct aws_key any = { "*", asked->region, "backup" };         /* the account's own for backups, which has no name before it is used */
	aws_policy_allow (asked->policy, "BackupVaults", NULL, ACTIONS ("backup:CreateBackupVault", "backup:DeleteBackupVault", "backup:ListRecoveryPointsByBackupVault", "backup:ListTags",
		"backup:StartBackupJob", "backup:TagResource"));
	for (size_t n = 0; n < asked->desired.count; n++)
		if (path_matches ("rule[*].vault", asked->desired.at[n].path))
			aws_policy_on (asked->policy, "arn:%s:backup:%s:*:backup-vault:%s", asked->partition, asked->region, asked->desired.at[n].value);
	aws_policy_key (asked->policy, "BackupKeys", ACTIONS ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey", "kms:RetireGrant"), &any);
}

static void
allow_points (struct aws_asked *asked)
{
	aws_policy_allow (asked->policy, "BackupPoints", NULL, ACTIONS ("backup:GetRecoveryPointRestoreMetadata", "backup:StartRestoreJob"));
	aws_policy_on (asked->policy, "arn:%s:backup:%s:*:recovery-point:*", asked->partition, asked->region);
}

static int
allow_roles (struct aws_asked *asked, struct larder_error *error)
{
	const char *name;
	int code = 0;
	for (size_t n = 0; code == 0 && n < asked->desired.count; n++) {
		const struct line *line = &asked->desired.at[n];
		if (path_matches ("selection[*].role", line->path) && strcmp (line->value, "auto") != 0)
			aws_policy_pass (asked->policy, line->value, BACKUP_SERVICE);
	}
	if (!backup_role_asked (&asked->desired))
		return 0;
	code = aws_role_name (BACKUP_ROLE_KIND, asked->request->identity, asked->desired.arena, &name, error);
	if (code == 0)
		aws_policy_role (asked->policy, name, BACKUP_SERVICE);
	return code;
}

static int
allow_all (struct aws_asked *asked, const void *driver, struct larder_error *error)
{
	(void) driver;
	if (strcmp (asked->request->role, "operator") != 0)
		return 0;
	allow_plan (asked);
	allow_vaults (asked);
	allow_points (asked);
	return allow_roles (asked, error);
}

int
backup_policy (void *self, struct larder_call *call, const struct larder_policy *request, const struct larder_sink *sink, uint64_t *ret_most, struct larder_error *error)
{
	(void) call;
	return aws_policy_write (request, aws_client_region (((const struct backup *) self)->client), allow_all, NULL, sink, ret_most, error);
}
