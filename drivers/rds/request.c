/* request.c: what RDS is asked. Pure. */
#include "wire.h"

#include <stdio.h>

void
rds_describe (struct aws_request *request, struct larder_arena *arena, const char *instance)
{
	struct aws_form form;
	aws_form_begin (&form, request, arena, "DescribeDBInstances", RDS_VERSION);
	aws_form_add (&form, "DBInstanceIdentifier", instance);
	aws_form_end (&form);
}

static void
add_members (struct aws_form *form, const char *list, const char *const *names)
{
	char name[120];
	for (unsigned n = 1; *names; n++, names++) {
		snprintf (name, sizeof name, "%s.member.%u", list, n);
		aws_form_add (form, name, *names);
	}
}

void
rds_modify (struct aws_request *request, struct larder_arena *arena, const char *instance, const struct rds_change *change)
{
	struct aws_form form;
	aws_form_begin (&form, request, arena, "ModifyDBInstance", RDS_VERSION);
	aws_form_add (&form, "DBInstanceIdentifier", instance);
	aws_form_add (&form, "BackupRetentionPeriod", change->retention);
	aws_form_add (&form, "PreferredBackupWindow", change->window);
	aws_form_add (&form, "DeletionProtection", change->protection);
	add_members (&form, "CloudwatchLogsExportConfiguration.EnableLogTypes", change->enable);
	add_members (&form, "CloudwatchLogsExportConfiguration.DisableLogTypes", change->disable);
	aws_form_end (&form);
}

void
rds_delete (struct aws_request *request, struct larder_arena *arena, const char *instance, const char *snapshot)
{
	struct aws_form form;
	aws_form_begin (&form, request, arena, "DeleteDBInstance", RDS_VERSION);
	aws_form_add (&form, "DBInstanceIdentifier", instance);
	aws_form_add (&form, "SkipFinalSnapshot", snapshot ? "false" : "true");
	aws_form_add (&form, "FinalDBSnapshotIdentifier", snapshot);
	aws_form_add (&form, "DeleteAutomatedBackups", "false");
	aws_form_end (&form);
}

void
rds_describe_snapshot (struct aws_request *request, struct larder_arena *arena, const char *snapshot)
{
	struct aws_form form;
	aws_form_begin (&form, request, arena, "DescribeDBSnapshots", RDS_VERSION);
	aws_form_add (&form, "DBSnapshotIdentifier", snapshot);
	aws_form_end (&form);
}
