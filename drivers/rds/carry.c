/* carry.c: what a restored instance is to have as its source has it. RDS would give it defaults: what the restore takes is named in it, the rest is set once the
 * instance is there, and what neither takes is told. Pure. */
#include "wire.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"

#define PENDING "PendingModifiedValues/"
#define FAST_OF_GP3 "3000"           /* what a volume of gp3 has anyhow, and may not be asked for below 400 GiB */
#define MUCH_OF_GP3 "125"

/* element: where an instance tells it; restore, modify: the parameter, NULL where the request takes none; listed: several, as parameter.1, … */
struct trait { const char *element, *restore, *modify, *words; bool listed; };

static const struct trait traits[] = {
	{ "DBInstanceClass", "DBInstanceClass", "DBInstanceClass", "class", false },
	{ "DBSubnetGroup/DBSubnetGroupName", "DBSubnetGroupName", NULL, "subnet group", false },
	{ "VpcSecurityGroups/VpcSecurityGroupMembership/VpcSecurityGroupId", "VpcSecurityGroupIds.VpcSecurityGroupId", "VpcSecurityGroupIds.VpcSecurityGroupId", "security groups", true },
	{ "DBParameterGroups/DBParameterGroup/DBParameterGroupName", "DBParameterGroupName", "DBParameterGroupName", "parameter group", false },
	{ "OptionGroupMemberships/OptionGroupMembership/OptionGroupName", "OptionGroupName", "OptionGroupName", "option group", false },
	{ "MultiAZ", "MultiAZ", "MultiAZ", "multi-AZ", false },
	{ "PubliclyAccessible", "PubliclyAccessible", "PubliclyAccessible", "public access", false },
	{ "Endpoint/Port", "Port", "DBPortNumber", "port", false },
	{ "StorageType", "StorageType", "StorageType", "storage type", false },
	{ "Iops", "Iops", "Iops", "operations a second", false },
	{ "StorageThroughput", "StorageThroughput", "StorageThroughput", "storage throughput", false },
	{ "MaxAllocatedStorage", "MaxAllocatedStorage", "MaxAllocatedStorage", "storage at the most", false },
	{ "AutoMinorVersionUpgrade", "AutoMinorVersionUpgrade", "AutoMinorVersionUpgrade", "minor upgrades", false },
	{ "CopyTagsToSnapshot", "CopyTagsToSnapshot", "CopyTagsToSnapshot", "tags of snapshots", false },
	{ "IAMDatabaseAuthenticationEnabled", "EnableIAMDatabaseAuthentication", "EnableIAMDatabaseAuthentication", "IAM authentication", false },
	{ "DeletionProtection", "DeletionProtection", "DeletionProtection", "deletion protection", false },
	{ "EnabledCloudwatchLogsExports/member", "EnableCloudwatchLogsExports.member", "CloudwatchLogsExportConfiguration.EnableLogTypes.member", "log exports", true },
	{ "NetworkType", "NetworkType", "NetworkType", "network type", false },
	{ "CACertificateIdentifier", "CACertificateIdentifier", "CACertificateIdentifier", "certificate authority", false },
	{ "DedicatedLogVolume", "DedicatedLogVolume", "DedicatedLogVolume", "dedicated log volume", false },
	{ "BackupRetentionPeriod", NULL, "BackupRetentionPeriod", "backup retention", false },
	{ "PreferredBackupWindow", NULL, "PreferredBackupWindow", "backup window", false },
	{ "PreferredMaintenanceWindow", NULL, "PreferredMaintenanceWindow", "maintenance window", false },
	{ "KmsKeyId", NULL, NULL, "encryption key", false },
	{ "MonitoringInterval", NULL, NULL, "enhanced monitoring, seconds", false },
	{ "PerformanceInsightsEnabled", NULL, NULL, "performance insights", false },
	{ "AssociatedRoles/DBInstanceRole/RoleArn", NULL, NULL, "roles", true },
	{ "DomainMemberships/DomainMembership/Domain", NULL, NULL, "directory", true },
	{ "ProcessorFeatures/ProcessorFeature/Value", NULL, NULL, "processor features", true },
	{ "MasterUserSecret/SecretArn", NULL, NULL, "password kept by Secrets Manager", false },
	{ "ReadReplicaDBInstanceIdentifiers/ReadReplicaDBInstanceIdentifier", NULL, NULL, "read replicas", true },
};
_Static_assert (sizeof traits / sizeof *traits == RDS_TRAITS, "RDS_TRAITS");

/* ---- reading ---- */

/* What is pending lists logs by what is to change. */
static const char *const logs_on = PENDING "PendingCloudwatchLogsExports/LogTypesToEnable/member";

static void
add_value (struct rds_trait *trait, const char *text)
{
	for (size_t n = 0; n < trait->count; n++)
		if (strcmp (trait->values[n], text) == 0)
			return;
	if (trait->count < RDS_VALUES_MOST)
		trait->values[trait->count++] = text;
}

/* A value that is pending stands for the one that is there. */
static void
take_trait (struct rds_instance *instance, size_t at, const char *text, bool pending)
{
	struct rds_trait *trait = &instance->traits[at];
	if (pending && !traits[at].listed)
		trait->count = 0;
	else if (!pending && trait->pending && !traits[at].listed)
		return;
	trait->pending = trait->pending || pending;
	add_value (trait, text);
}

void
rds_trait_read (struct rds_instance *instance, const char *path, const char *text)
{
	bool pending = strncmp (path, PENDING, strlen (PENDING)) == 0;
	const char *element = pending ? path + strlen (PENDING) : path;
	if (!*text)
		return;
	instance->changing = instance->changing || pending;
	for (size_t n = 0; n < RDS_TRAITS; n++) {
		bool port = pending && strcmp (element, "Port") == 0 && strcmp (traits[n].element, "Endpoint/Port") == 0;
		bool log = strcmp (path, logs_on) == 0 && strncmp (traits[n].element, "EnabledCloudwatch", 17) == 0;
		if (port || log || strcmp (element, traits[n].element) == 0)
			take_trait (instance, n, text, pending);
	}
}

/* ---- comparing ---- */

static bool
has (const struct rds_trait *trait, const char *value)
{
	for (size_t n = 0; n < trait->count; n++)
		if (strcmp (trait->values[n], value) == 0)
			return true;
	return false;
}

/* What a new instance has none of. */
static bool
is_nothing (const struct rds_trait *trait)
{
	return trait->count == 0 || (trait->count == 1 && (strcmp (trait->values[0], "false") == 0 || strcmp (trait->values[0], "0") == 0));
}

static bool
is_same (const struct rds_trait *a, const struct rds_trait *b)
{
	if (is_nothing (a) && is_nothing (b))
		return true;
	for (size_t n = 0; n < a->count; n++)
		if (!has (b, a->values[n]))
			return false;
	return a->count == b->count;
}

uint64_t
rds_traits_lacking (const struct rds_instance *source, const struct rds_instance *made)
{
	uint64_t lacking = 0;
	for (size_t n = 0; n < RDS_TRAITS; n++)
		if (!is_same (&source->traits[n], &made->traits[n]) && !(is_nothing (&source->traits[n]) && !traits[n].modify))
			lacking |= UINT64_C (1) << n;
	return lacking;
}

uint64_t
rds_traits_settable (void)
{
	uint64_t settable = 0;
	for (size_t n = 0; n < RDS_TRAITS; n++)
		if (traits[n].modify)
			settable |= UINT64_C (1) << n;
	return settable;
}

static const char *
all_values (struct larder_arena *arena, const struct rds_trait *trait)
{
	const char *text = trait->count ? trait->values[0] : "none";
	for (size_t n = 1; text && n < trait->count; n++)
		text = arena_printf (arena, "%s, %s", text, trait->values[n]);
	return text;
}

const char *
rds_trait_told (struct larder_arena *arena, size_t at, const struct rds_instance *source, const struct rds_instance *made)
{
	const char *was = all_values (arena, &source->traits[at]), *is = all_values (arena, &made->traits[at]);
	return was && is ? arena_printf (arena, "%s: the source has %s, this one %s", traits[at].words, was, is) : NULL;
}

const char *
rds_traits_words (struct larder_arena *arena, uint64_t which)
{
	const char *text = "";
	for (size_t n = 0; text && n < RDS_TRAITS; n++)
		if (which & UINT64_C (1) << n)
			text = arena_printf (arena, "%s%s%s", text, *text ? ", " : "", traits[n].words);
	return text;
}

int
rds_tags_left (struct larder_arena *arena, const struct larder_pair *source, size_t source_count, const struct larder_pair *made, size_t made_count, const char *ret[RDS_TAGS_MOST])
{
	int count = 0;
	for (size_t n = 0; n < source_count; n++) {
		const char *is = rds_tag (made, made_count, source[n].name);
		if (!rds_tag_is_carried (source[n].name) || (is && strcmp (is, source[n].value) == 0))
			continue;
		ret[count] = arena_printf (arena, "tag %s: the source has %s, this one %s", source[n].name, source[n].value, is ? is : "none");
		if (!ret[count++])
			return -1;
	}
	return count;
}

/* ---- requests ---- */

/* Of a volume whose speed comes with its size it is no matter of anybody's; and no volume of its own may not even be asked for everywhere. */
static bool
is_of_the_volume (const struct rds_instance *source, size_t at)
{
	const struct rds_trait *trait = &source->traits[at];
	const char *element = traits[at].element;
	if (strcmp (element, "DedicatedLogVolume") == 0)
		return is_nothing (trait);
	if (trait->count != 1 || (strcmp (element, "Iops") != 0 && strcmp (element, "StorageThroughput") != 0))
		return false;
	return strcmp (trait->values[0], "0") == 0 || strcmp (trait->values[0], *element == 'I' ? FAST_OF_GP3 : MUCH_OF_GP3) == 0;
}

static void
add_trait (struct aws_form *form, const char *parameter, const struct trait *trait, const struct rds_trait *given)
{
	char name[120];
	for (size_t n = 0; n < given->count; n++) {
		snprintf (name, sizeof name, trait->listed ? "%s.%zu" : "%s", parameter, n + 1);
		aws_form_add (form, name, given->values[n]);
	}
}

void
rds_restore (struct aws_request *request, struct larder_arena *arena, const struct rds_restore *restore)
{
	struct aws_form form;
	aws_form_begin (&form, request, arena, "RestoreDBInstanceToPointInTime", RDS_VERSION);
	aws_form_add (&form, "SourceDBInstanceIdentifier", restore->from);
	aws_form_add (&form, "TargetDBInstanceIdentifier", restore->to);
	aws_form_add (&form, restore->at ? "RestoreTime" : "UseLatestRestorableTime", restore->at ? restore->at : "true");
	for (size_t n = 0; n < RDS_TRAITS; n++)
		if (traits[n].restore && !is_of_the_volume (restore->source, n))
			add_trait (&form, traits[n].restore, &traits[n], &restore->source->traits[n]);
	rds_add_tags (&form, restore->source->tags, restore->source->tag_count, RDS_RESTORE_TAG, restore->token);
	aws_form_end (&form);
}

/* Logs that the source does not export. */
static void
add_logs_off (struct aws_form *form, const struct rds_trait *source, const struct rds_trait *made)
{
	char name[120];
	unsigned at = 1;
	for (size_t n = 0; n < made->count; n++)
		if (!has (source, made->values[n])) {
			snprintf (name, sizeof name, "CloudwatchLogsExportConfiguration.DisableLogTypes.member.%u", at++);
			aws_form_add (form, name, made->values[n]);
		}
}

void
rds_settle (struct aws_request *request, struct larder_arena *arena, const char *name, const struct rds_instance *source, const struct rds_instance *made, uint64_t which)
{
	struct aws_form form;
	aws_form_begin (&form, request, arena, "ModifyDBInstance", RDS_VERSION);
	aws_form_add (&form, "DBInstanceIdentifier", name);
	aws_form_add (&form, "ApplyImmediately", "true");
	for (size_t n = 0; n < RDS_TRAITS; n++) {
		if (!(which & UINT64_C (1) << n) || !traits[n].modify)
			continue;
		if (source->traits[n].count == 0 && !traits[n].listed)
			continue;
		if (strncmp (traits[n].element, "EnabledCloudwatch", 17) == 0)
			add_logs_off (&form, &source->traits[n], &made->traits[n]);
		add_trait (&form, traits[n].modify, &traits[n], &source->traits[n]);
	}
	aws_form_end (&form);
}
