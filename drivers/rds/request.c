/* request.c: what RDS is asked. Pure. */
#include "wire.h"

#include <stdio.h>
#include <string.h>

/* A page of what there is by that name; `marker` of the page before, or NULL. */
static void
describe (struct aws_request *request, struct larder_arena *arena, const char *action, const char *parameter, const char *name, const char *marker)
{
	struct aws_form form;
	aws_form_begin (&form, request, arena, action, RDS_VERSION);
	aws_form_add (&form, parameter, name);
	aws_form_add (&form, "Marker", marker);
	aws_form_end (&form);
}

void
rds_describe (struct aws_request *request, struct larder_arena *arena, const char *instance)
{
	describe (request, arena, "DescribeDBInstances", "DBInstanceIdentifier", instance, NULL);
}

void
rds_describe_window (struct aws_request *request, struct larder_arena *arena, const char *instance)
{
	describe (request, arena, "DescribeDBInstanceAutomatedBackups", "DBInstanceIdentifier", instance, NULL);
}

void
rds_describe_snapshot (struct aws_request *request, struct larder_arena *arena, const char *snapshot)
{
	describe (request, arena, "DescribeDBSnapshots", "DBSnapshotIdentifier", snapshot, NULL);
}

void
rds_describe_snapshots (struct aws_request *request, struct larder_arena *arena, const char *instance, const char *marker)
{
	describe (request, arena, "DescribeDBSnapshots", "DBInstanceIdentifier", instance, marker);
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

static void
add_tag (struct aws_form *form, size_t at, const char *key, const char *value)
{
	char name[64];
	snprintf (name, sizeof name, "Tags.Tag.%zu.Key", at);
	aws_form_add (form, name, key);
	snprintf (name, sizeof name, "Tags.Tag.%zu.Value", at);
	aws_form_add (form, name, value);
}

bool
rds_tag_is_carried (const char *name)
{
	return strcmp (name, RDS_RESTORE_TAG) != 0 && strcmp (name, RDS_COPY_TAG) != 0;
}

/* With more than one may have the service would refuse all of it; without ours nobody knew it again. */
void
rds_add_tags (struct aws_form *form, const struct larder_pair *tags, size_t count, const char *name, const char *value)
{
	size_t at = 1;
	add_tag (form, at++, name, value);
	for (size_t n = 0; n < count && at <= RDS_TAGS_MOST; n++)
		if (rds_tag_is_carried (tags[n].name))
			add_tag (form, at++, tags[n].name, tags[n].value);
}

void
rds_copy_snapshot (struct aws_request *request, struct larder_arena *arena, const struct rds_copy *copy)
{
	struct aws_form form;
	aws_form_begin (&form, request, arena, "CopyDBSnapshot", RDS_VERSION);
	aws_form_add (&form, "SourceDBSnapshotIdentifier", copy->from);
	aws_form_add (&form, "TargetDBSnapshotIdentifier", copy->to);
	aws_form_add (&form, "KmsKeyId", copy->key);
	rds_add_tags (&form, copy->source->tags, copy->source->tag_count, RDS_COPY_TAG, copy->token);
	aws_form_end (&form);
}
